"""Traces on an image that are straight enough to sum across."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import region_of
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

#: rows that are read at once
_BAND = 256
#: what a trace stands above the rows between traces, in their scatter
_CLEAR = 6.0
#: rows to each side of the middle of a trace, at most; and how far a trace may go up or down
_WIDEST, _STRAIGHT = 8, 0.35
#: pieces along a trace at which its middle is looked for
_PIECES = 8
_CURE = (
    "Give extracted spectra (option layout=spectra where they are), or an arc of lamps that light traces along x; "
    "a raw ramp is fitted first, by fit-ramp."
)


@dataclass(frozen=True)
class Traced:
    """Spectra that were summed.

    Attributes
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Sum across the trace, in the unit of the image.
    error : ndarray of float32, shape (n, pixels), or None
        One standard deviation.
    saturated : ndarray of bool, shape (n, pixels), or None
        Whether one of the pixels is.
    rows : ndarray of float64, shape (n,)
        Middle of each, from 0.
    """

    flux: Singles
    error: Singles | None
    saturated: Flags | None
    rows: Floats


def sum_traces(frame: FrameLike, job: Job) -> Traced:
    """Find traces along x, and sum across them.

    Parameters
    ----------
    frame : FrameLike
        An image.
    job : Job
        Progress and cancel.

    Returns
    -------
    Traced
        From the lowest row up.

    Raises
    ------
    InputError
        There are none, or they are not straight enough.
    """
    profile, middle = _profile(frame, job.part(0, 0.4))
    rows, half = _traces(profile, frame)
    return _summed(frame, rows, half, middle, job.part(0.4, 1))


def _profile(frame: FrameLike, job: Job) -> tuple[Floats, Floats]:
    """Light of each row that stands above its own level; and the row's level."""
    ny = frame.shape[0]
    active = region_of(frame).mask()
    profile, level = np.full(ny, np.nan), np.zeros(ny)
    for start in range(0, ny, _BAND):
        job.report(start / ny, "Looking for traces")
        stop = min(start + _BAND, ny)
        rows = frame.rows(start, stop)
        values = np.where(active[start:stop], rows.data, np.nan)
        if rows.dq is not None:
            values[(rows.dq & np.uint32(dq.DO_NOT_USE)) != 0] = np.nan
        good = np.isfinite(values)
        if not good.any():
            continue
        values[~good.any(axis=1)] = 0  # no median of theirs is warned of; they are not enough
        low = np.nanmedian(values, axis=1)
        scatter = 1.4826 * np.nanmedian(np.abs(values - low[:, None]), axis=1)
        scatter = np.maximum(scatter, 1e-9 + 1e-7 * np.abs(low))
        above = (values - low[:, None]) / scatter[:, None]
        # logarithms: a hot pixel weighs little, the many lines of a lamp much
        light = np.where(good & (above > 4), np.log1p(np.maximum(above, 0)), 0.0).sum(axis=1)
        enough = good.sum(axis=1) > 0.3 * values.shape[1]
        profile[start:stop] = np.where(enough, light, np.nan)
        level[start:stop] = np.nan_to_num(low)
    return profile, level


def _traces(profile: Floats, frame: FrameLike) -> tuple[Floats, int]:
    from scipy.signal import find_peaks

    there = np.isfinite(profile)
    if there.sum() < 3:
        raise InputError("No row of this image can be used.", path=frame.path, cure=_CURE)
    filled = np.where(there, profile, 0.0)
    low = float(np.percentile(profile[there], 20))
    scatter = 1.4826 * float(np.median(np.abs(profile[there & (profile <= np.median(profile[there]))] - low))) or 1.0
    strong = float(np.percentile(profile[there], 99.5))
    least = max(low + _CLEAR * max(scatter, 3.0), low + 0.25 * (strong - low))
    smooth = np.convolve(filled, [0.25, 0.5, 0.25], "same")
    peaks, _ = find_peaks(smooth, height=least, prominence=0.3 * (least - low), distance=3)
    if not peaks.size:
        raise InputError("No traces with lines stand out on this image.", path=frame.path, cure=_CURE)
    gaps = np.diff(peaks)
    spacing = float(np.median(gaps)) if gaps.size else 4.0 * _WIDEST
    half = int(np.clip((spacing - 1) // 2, 1, _WIDEST))
    inside = (peaks - half >= 0) & (peaks + half < len(profile))
    chosen = peaks[inside]
    if not chosen.size:
        raise InputError("No traces with lines stand out on this image.", path=frame.path, cure=_CURE)
    around = chosen[:, None] + np.arange(-half, half + 1)
    weight = np.maximum(filled[around] - low, 0)
    rows = (weight * around).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)
    return np.asarray(rows, np.float64), half


def _summed(frame: FrameLike, rows: Floats, half: int, level: Floats, job: Job) -> Traced:
    nx = frame.shape[1]
    active = region_of(frame).mask()
    count = len(rows)
    flux = np.full((count, nx), np.nan, np.float32)
    error: Singles | None = None
    full = np.zeros((count, nx), bool)
    drift = []
    for place, row in enumerate(rows):
        job.report(place / count, "Summing traces")
        first = round(float(row)) - half
        part = frame.rows(first, first + 2 * half + 1)
        values = np.array(part.data, np.float64) - level[first : first + 2 * half + 1, None]
        good = np.isfinite(values) & active[first : first + 2 * half + 1]
        if part.dq is not None:
            saturated = (part.dq & np.uint32(dq.SATURATED)) != 0
            full[place] = saturated.any(axis=0)
            good &= ((part.dq & np.uint32(dq.DO_NOT_USE)) == 0) | saturated
        # a bad pixel takes its column away where it is near the middle, else it is but the foot of the trace
        core = np.abs(np.arange(-half, half + 1)) <= max(1, half // 2)
        usable = good[core].all(axis=0) & (good.sum(axis=0) > half)
        flux[place] = np.where(usable, np.where(good, values, 0.0).sum(axis=0), np.nan)
        if part.err is not None:
            error = np.full((count, nx), np.nan, np.float32) if error is None else error
            variance = np.where(good & np.isfinite(part.err), np.square(part.err.astype(np.float64)), 0.0).sum(axis=0)
            error[place] = np.where(usable & (variance > 0), np.sqrt(variance), np.nan)
        drift.append(_drift(np.where(good, values, 0.0), half))
    worst = float(np.nanmedian(np.abs(drift))) if np.isfinite(drift).any() else 0.0
    if worst > _STRAIGHT * (2 * half + 1):
        raise InputError(
            f"The traces are not straight enough to sum: they go up or down by {worst:.1f} rows over the image, and "
            f"stand {2 * half + 1} rows apart.",
            path=frame.path,
            cure="Extract the spectra first, and give those.",
        )
    return Traced(flux, error, full if full.any() else None, rows)


def _drift(values: Floats, half: int) -> float:
    """How far the middle of a trace goes from one end to the other, rows."""
    column = values.sum(axis=0)
    bright = column > 0.1 * float(np.percentile(column, 99.5))
    offset = np.arange(-half, half + 1)[:, None]
    middles, places = [], []
    for piece in np.array_split(np.arange(values.shape[1]), _PIECES):
        here = piece[bright[piece]]
        weight = np.maximum(values[:, here], 0)
        if here.size and weight.sum() > 0:
            middles.append(float((weight * offset).sum() / weight.sum()))
            places.append(float(np.mean(piece)))
    if len(middles) < 3:
        return float("nan")
    slope = np.polyfit(places, middles, 1)[0]
    return float(slope * values.shape[1])
