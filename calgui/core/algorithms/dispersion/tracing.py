"""White light that a spectrograph draws out on a detector: where each wavelength of a trace lies across it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.images import active_rows
from calgui.core.algorithms.dispersion.paths import Paths
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.positions import Position
from calgui.core.algorithms.psf.centroids import EDGE, FAILED, SATURATED
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job
from calgui.core.spectra.axis import spectral_axis, wavelengths

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: part of the length, around the middle, in which traces are found
_MIDDLE = 16
#: pixels to each side in which the middle of a trace is fitted, at most
_WIDEST = 8
#: sigma of the flux from which a place counts
_FAINT = 5.0
#: part of the ranges that a trace is seen in, at least
_SEEN = 0.3
#: part of the pixels of a range across the trace that must be good
_GOOD = 0.5
_ROUNDS = 25
#: digits of places along a trace: an even dispersion leaves nothing
_DIGITS = 6
_CURE = (
    "Choose an image on which white light is drawn out along x or y, images of a fiber through three or more filters "
    "(WAVECEN), or a cube; the option threshold finds fainter traces."
)


@dataclass(frozen=True)
class Drawn:
    """Traces of one image.

    Attributes
    ----------
    paths : Paths
        x, y: the place across a trace as it was seen; along it, what even dispersion leaves of it, from its middle.
    axis : str
        ``x`` or ``y``, along which light is drawn out.
    step : ndarray of float64, shape (sources,)
        That even dispersion, µm per pixel.
    said : str
        Where wavelengths are from: ``WAVECAL``, ``CTYPE``, or ``WAVEMIN``.
    unlike : int
        Spectra of a WAVECAL that are not those of the traces; 0 for none.
    """

    paths: Paths
    axis: str
    step: Floats
    said: str
    unlike: int = 0


class _Image(NamedTuple):
    """Turned so that light is drawn out along the rows."""

    data: Floats
    variance: Floats
    good: Mask
    saturated: Mask


def follow_traces(
    frame: FrameLike,
    references: Mapping[str, FrameLike],
    places: tuple[Position, ...],
    options: tuple[float, int, int],
    job: Job,
) -> Drawn:
    """Find traces on an image, and fit where they are across, in ranges along them.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx).
    references : mapping
        ``WAVECAL``, if there is one.
    places : tuple of Position
        Points on traces; empty for those that are found.
    options : tuple
        Threshold (sigma), traces at most, ranges.
    job : Job
        Progress and cancel.

    Returns
    -------
    Drawn

    Raises
    ------
    InputError
        There are none, or wavelengths are not known.
    """
    threshold, most, slices = options
    job.report(0.05, "Looking for traces")
    rows = active_rows(frame)
    tried = []
    for axis in _axes(frame):
        image = _turned(rows.data, rows.err, rows.dq, axis)
        starts = _given(places, axis) if places else _starts(image, threshold, most)
        if len(starts):
            tried.append((axis, image, _followed(image, starts, slices)))
    seen = [float(np.mean(one.usable.mean(axis=1) > _SEEN) * one.usable.sum()) for _, _, one in tried]
    if not tried or max(seen) == 0:
        raise InputError("There are no traces of white light on this image.", path=frame.path, cure=_CURE)
    axis, image, found = tried[int(np.argmax(seen))]
    keep = found.usable.mean(axis=1) > (0 if places else _SEEN)
    found = _Followed(*(one[keep] for one in found))
    job.report(0.8, "Wavelengths along the traces")
    solution, said = _solution(frame, references, axis, found)
    made = _drawn(Frame(rows.data, rows.err, rows.dq, frame.header, frame.path), image, found, axis, solution, said)
    given = references.get("WAVECAL")
    return made if given is None or said == "WAVECAL" else replace(made, unlike=given.shape[0])


def _axes(frame: FrameLike) -> tuple[str, ...]:
    told = number(frame.header, "DISPAXIS")
    of_header = spectral_axis(frame.header, 2)
    return {1: ("x",), 2: ("y",)}.get(int(told or of_header or 0), ("x", "y"))


def _turned(data: Any, err: Any, bits: Any, axis: str) -> _Image:
    good = np.isfinite(data) & ((bits & np.uint32(dq.DO_NOT_USE)) == 0)
    saturated = (bits & np.uint32(dq.SATURATED)) != 0
    values = np.where(good, data, 0.0).astype(np.float64)
    if err is not None and np.any(good & (err > 0)):
        variance = np.where(good & (err > 0), err, np.inf).astype(np.float64) ** 2
    else:
        sample = values[good]
        noise = 1.4826 * float(np.median(np.abs(sample - np.median(sample)))) if sample.size else 1.0
        variance = np.where(good, (noise or 1.0) ** 2, np.inf)
    made = _Image(values, variance, good & np.isfinite(variance), saturated)
    return made if axis == "x" else _Image(made.data.T, made.variance.T, made.good.T, made.saturated.T)


def _profile(image: _Image, first: int, last: int, low: int = 0, high: int | None = None) -> tuple[Floats, Floats]:
    """Mean along a range, and its error; NaN where too few pixels can be used."""
    cut = np.s_[low:high, first:last]
    good = image.good[cut]
    count = good.sum(axis=1)
    enough = count >= max(1.0, _GOOD * (last - first))
    # a hit stands out of the other pixels of its row
    values = np.where(good, image.data[cut], np.nan)
    values[count == 0] = 0  # no median is warned of; nothing of these rows is kept
    middle = np.nanmedian(values, axis=1)
    scatter = 1.4826 * np.nanmedian(np.abs(values - middle[:, None]), axis=1)
    kept = good & (np.abs(image.data[cut] - middle[:, None]) <= 6 * np.maximum(scatter, 1e-12)[:, None])
    count = np.maximum(kept.sum(axis=1), 1)
    mean = np.where(kept, image.data[cut], 0).sum(axis=1) / count
    error = np.sqrt(np.where(kept, image.variance[cut], 0).sum(axis=1)) / count
    return np.where(enough, mean, np.nan), np.where(enough, error, np.nan)


def _starts(image: _Image, threshold: float, most: int) -> Floats:
    """Places across, in the middle of the length."""
    from scipy.signal import find_peaks

    length = image.data.shape[1]
    width = max(length // _MIDDLE, 4)
    profile, error = _profile(image, (length - width) // 2, (length + width) // 2)
    there = np.isfinite(profile)
    if there.sum() < 5:
        return np.empty(0)
    level = float(np.percentile(profile[there], 20))
    sigma = float(np.median(error[there]))
    filled = np.where(there, profile - level, 0.0)
    smooth = np.convolve(filled, [0.25, 0.5, 0.25], "same")
    least = max(threshold * sigma, 0.05 * float(np.percentile(smooth, 99.5)))
    peaks, told = find_peaks(smooth, height=least, prominence=0.5 * least, distance=3)
    brightest = np.sort(np.argsort(-told["peak_heights"], kind="stable")[:most])
    return np.asarray(peaks[brightest], np.float64)


def _given(places: tuple[Position, ...], axis: str) -> Floats:
    return np.array([one.y if axis == "x" else one.x for one in places])


class _Followed(NamedTuple):
    """Of each trace and range: middle along and across, its error, and whether it can be used."""

    along: Floats
    across: Floats
    error: Floats
    usable: Mask
    flags: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]


def _followed(image: _Image, starts: Floats, slices: int) -> _Followed:
    length = image.data.shape[1]
    ranges = [(int(one[0]), int(one[-1]) + 1) for one in np.array_split(np.arange(length), min(slices, length))]
    gaps = np.diff(np.sort(starts))
    half = int(np.clip((np.median(gaps) - 1) // 2 if gaps.size else _WIDEST, 2, _WIDEST))
    shape = (len(starts), len(ranges))
    along, across, error = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    flags = np.full(shape, FAILED, np.int64)
    middle = len(ranges) // 2
    for source, start in enumerate(starts):
        for order in (range(middle, len(ranges)), range(middle - 1, -1, -1)):
            known = [(float(middle), float(start))]
            if order.step < 0 and np.isfinite(across[source, middle]):
                known = [(float(middle), float(across[source, middle]))]
            for k in order:
                here = _predicted(known, k)
                made = _one(image, ranges[k], here, half)
                if made is None:
                    continue
                along[source, k], across[source, k], error[source, k], flags[source, k] = made
                if not made[3] & FAILED:
                    known.append((float(k), made[1]))
    ends = np.array(ranges, np.int64)
    shown = np.broadcast_to(ends[:, 0], shape), np.broadcast_to(ends[:, 1] - 1, shape)
    return _Followed(along, across, error, flags == 0, flags, *(np.array(one) for one in shown))


def _predicted(known: list[tuple[float, float]], k: int) -> float:
    """Where a trace leads to: by its last two places."""
    if len(known) < 3:
        return known[-1][1]
    (a, p), (b, q) = known[-3], known[-1]
    return q + (q - p) / (b - a) * (k - b) if a != b else q


def _one(image: _Image, piece: tuple[int, int], at: float, half: int) -> tuple[float, float, float, int] | None:
    """Middle along and across, its error and flags, of one range; None where nothing can be seen."""
    row = round(at)
    low, high = row - half, row + half + 1
    if low < 0 or high > image.data.shape[0]:
        return None
    profile, error = _profile(image, *piece, low, high)
    good = np.isfinite(profile) & (error > 0)
    if good.sum() < min(5, 2 * half + 1) or not good[half - 1 : half + 2].all():
        return None
    x = np.arange(low, high, dtype=np.float64)[good]
    fitted = _gauss(x, profile[good], error[good], at)
    if fitted is None:
        return None
    place, sigma, flux, flux_error = fitted
    flags = 0
    if not (abs(place - row) < half and flux > _FAINT * flux_error):
        flags |= FAILED
    core = image.saturated[max(row - 1, 0) : row + 2, piece[0] : piece[1]]
    if core.any():
        flags |= SATURATED
    if min(place, image.data.shape[0] - 1 - place) < 2:
        flags |= EDGE
    light = image.data[max(row - 1, 0) : row + 2, piece[0] : piece[1]]
    usable = image.good[max(row - 1, 0) : row + 2, piece[0] : piece[1]].all(axis=0)
    weight = np.where(usable, np.clip(light.sum(axis=0), 0, None), 0)
    columns = np.arange(*piece)
    along = float((weight * columns).sum() / weight.sum()) if weight.sum() > 0 else float(columns.mean())
    return along, place, sigma, flags


def _gauss(x: Floats, values: Floats, error: Floats, at: float) -> tuple[float, float, float, float] | None:
    """Place, its error, flux and its error of a Gaussian, integrated over pixels, on a level."""
    from scipy.special import ndtr

    edges = np.r_[x - 0.5], np.r_[x + 0.5]
    level = float(np.percentile(values, 15))
    light = np.clip(values - level, 0, None)
    if light.sum() <= 0:
        return None
    center = float((light * x).sum() / light.sum())
    width = float(np.sqrt(max((light * (x - center) ** 2).sum() / light.sum(), 0.25)))
    p = np.array([float(light.sum()), center if abs(center - at) < 2 else at, min(width, 2.0), level])
    damp = 1e-3
    chi2 = np.inf
    normal = np.eye(4)
    for _ in range(_ROUNDS):
        a, b = ((one - p[1]) / p[2] for one in edges)
        upper, lower = ndtr(b), ndtr(a)
        ga, gb = np.exp(-0.5 * a**2) / 2.5066282746, np.exp(-0.5 * b**2) / 2.5066282746
        model = p[0] * (upper - lower) + p[3]
        slopes = np.stack(
            [upper - lower, -p[0] * (gb - ga) / p[2], -p[0] * (gb * b - ga * a) / p[2], np.ones_like(x)], axis=1
        ) / error[:, None]  # fmt: skip
        left = (values - model) / error
        now = float(left @ left)
        normal = slopes.T @ slopes
        step = np.linalg.lstsq(normal + damp * np.diag(np.diag(normal)), slopes.T @ left, rcond=None)[0]
        damp = damp / 5 if now <= chi2 else damp * 5
        chi2 = now
        p = p + step
        p[2] = float(np.clip(abs(p[2]), 0.3, len(x)))
        if abs(step[1]) < 1e-5:
            break
    try:
        covariance = np.linalg.inv(normal)
    except np.linalg.LinAlgError:
        return None
    if not (np.isfinite(p).all() and covariance[1, 1] > 0 and covariance[0, 0] > 0):
        return None
    # where the shape is no Gaussian, its place is as uncertain as the misfit says
    larger = max(1.0, chi2 / max(len(x) - 4, 1)) ** 0.5
    return float(p[1]), larger * float(np.sqrt(covariance[1, 1])), float(p[0]), float(np.sqrt(covariance[0, 0]))


def _solution(frame: FrameLike, references: Mapping[str, FrameLike], axis: str, found: _Followed) -> tuple[Floats, str]:
    """Wavelengths along each trace, µm: (sources, length)."""
    length = frame.shape[1] if axis == "x" else frame.shape[0]
    count = len(found.across)
    if "WAVECAL" in references:
        made = _by_wavecal(references["WAVECAL"], axis, length, found)
        if made is not None:
            return made, "WAVECAL"
    told = wavelengths(frame.header, 1 if axis == "x" else 2, length)
    if told is not None:
        return np.broadcast_to(told / 1e3, (count, length)), "CTYPE"
    first, last = number(frame.header, "WAVEMIN"), number(frame.header, "WAVEMAX")
    if first is None or last is None or not 0 < first < last:
        raise InputError(
            "The wavelengths along the traces are not known: there is no WAVECAL for them, and WAVEMIN and WAVEMAX "
            "hold no range of µm.",
            path=frame.path,
            cure="Give --reference WAVECAL=FILE, or add WAVEMIN and WAVEMAX to the header.",
        )
    return np.broadcast_to(np.linspace(first, last, length), (count, length)), "WAVEMIN"


def _by_wavecal(reference: FrameLike, axis: str, length: int, found: _Followed) -> Floats | None:
    """Of a map of the detector: at each trace; of as many spectra as traces, in their order; of one: for all."""
    data = np.atleast_2d(np.asarray(reference.rows(0, reference.shape[0]).data, np.float64))
    if data.ndim != 2:
        return None
    if axis == "y" and data.shape[0] == length and data.shape[1] != length:
        data = data.T
    if data.shape[1] != length:
        return None
    count = len(found.across)
    if len(data) == 1:
        return np.asarray(np.broadcast_to(data, (count, length)))
    across = np.nanmedian(found.across, axis=1)
    if len(data) == count:
        return np.asarray(data[np.argsort(np.argsort(across, kind="stable"))])
    row = np.round(across).astype(int)
    if "trace" in text(reference.header, "LAYOUT").lower() or row.max() >= len(data):
        return None
    return np.asarray(data[row]) if np.isfinite(data[row]).mean() > _SEEN else None


def _drawn(frame: Frame, image: _Image, found: _Followed, axis: str, solution: Floats, said: str) -> Drawn:
    count, n = found.across.shape
    length = image.data.shape[1]
    pixels = np.arange(length, dtype=np.float64)
    wave, even, step = np.full((count, n), np.nan), np.full((count, n), np.nan), np.full(count, np.nan)
    middles = 0.5 * (found.first + found.last)
    for source in range(count):
        known = np.isfinite(solution[source])
        if known.sum() < 2:
            continue
        at = np.where(np.isfinite(found.along[source]), found.along[source], middles[source])
        wave[source] = np.interp(at, pixels[known], solution[source][known], left=np.nan, right=np.nan)
        slope, start = np.polyfit(pixels[known], solution[source][known], 1)
        step[source] = slope
        # along the trace: what an even dispersion leaves, from the middle of the detector
        even[source] = np.round(at - (wave[source] - start) / slope + (length - 1) / 2, _DIGITS)
    usable = found.usable & np.isfinite(wave)
    wave = np.where(np.isfinite(wave), wave, np.nanmean(wave, axis=1, keepdims=True))
    rising = np.argsort(np.nanmean(wave, axis=0), kind="stable")
    none = np.where(usable, 1e-4, np.nan)
    x, y, ex, ey = even, found.across, none, found.error
    if axis == "y":
        x, y, ex, ey = y, x, ey, ex
    start = np.full(count, (length - 1) / 2), np.nanmedian(found.across, axis=1)
    planes = np.stack([found.first[0], found.last[0]], axis=1) if count else np.empty((0, 2), np.int64)
    wave, x, y, ex, ey = (np.ascontiguousarray(one[:, rising]) for one in (wave, x, y, ex, ey))
    if axis == "y":
        start = start[::-1]
    paths = Paths(
        wave, x, y, ex, ey, usable[:, rising], found.flags[:, rising], start[0], start[1], planes[rising], frame, 2.0
    )
    return Drawn(paths, axis, step, said)
