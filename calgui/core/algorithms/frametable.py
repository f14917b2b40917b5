"""A look at each frame of a set beside the others: its level, noise, outliers, and whether it is the odd one out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.combine import Band, Combination, combine
from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.geometry import Region
from calgui.core.algorithms.kernels import compiled
from calgui.core.algorithms.known import known_median
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.registry import Table
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

#: pixels of each frame that are looked at before the whole of it is combined
_SAMPLE = 400_000
#: pixels that are read at a time
_BAND = 1 << 16
#: the sample is divided into so many rows and columns of cells to find a local offset, such as a leak of light
_CELLS = 8
#: a frame is odd beyond so many robust spreads of the set, and beyond this part of its own noise
_SPREADS, _OF_NOISE = 5.0, 0.1
#: noise above (below) that of the others by this factor is odd too
_NOISE_FACTOR = 1.25
#: outliers beyond this many sigma of the frame
OUTLIER_SIGMA = 5.0


@dataclass(frozen=True)
class FrameLook:
    """What one frame looks like beside the others; values in the unit of the frames.

    Attributes
    ----------
    median, sigma : float
        Of its pixels; sigma from the median absolute deviation.
    shift, noise : float
        Median of its difference from the mean of all, and its own noise from the robust sigma of that difference.
    local_shift : float
        Largest median of that difference (less ``shift``) in a part of the image.
    cell : int
        Pixels of such a part.
    outliers : int
        Samples further than `OUTLIER_SIGMA` times ``noise`` from the combination.
    pixels : int
        Samples that were looked at for outliers.
    """

    median: float
    sigma: float
    shift: float
    noise: float
    local_shift: float
    cell: int
    outliers: int = 0
    pixels: int = 0


def sample_frames(frames: Sequence[FrameLike], region: Region, reject: int, job: Job) -> list[FloatArray]:
    """Read evenly spaced rows of every frame.

    Parameters
    ----------
    frames : sequence of FrameLike
        Of one shape and unit.
    region : Region
        Says which pixels are reference pixels.
    reject : int
        Data-quality bits of samples that are left out.
    job : Job
        Progress and cancel.

    Returns
    -------
    list of ndarray of float32
        The same light-sensitive pixels of each frame; NaN for samples that are left out.

    Raises
    ------
    AlgorithmError
        There is no light-sensitive pixel, or none can be used.
    InputError
        No pixel of one of the frames can be used.
    """
    rows, columns = region.active()
    if rows.start >= rows.stop or columns.start >= columns.stop:
        raise AlgorithmError(
            f"All of the {region.nx} × {region.ny} pixels are reference pixels, which see no light.",
            cure="Choose a larger part of the detector.",
        )
    samples = [
        _sample(frame, region, reject, job.part(i / len(frames), (i + 1) / len(frames)))
        for i, frame in enumerate(frames)
    ]
    empty = [frame for frame, sample in zip(frames, samples, strict=True) if not np.isfinite(sample).any()]
    if len(empty) == len(frames):
        raise AlgorithmError(
            f"No pixel of {'these frames' if empty[1:] else 'this frame'} can be used: all are NaN or flagged.",
            path=None if empty[1:] else empty[0].path,
            cure="Look at their data quality, or reject fewer flags.",
        )
    if empty:
        raise InputError(
            "No pixel of this frame can be used: all are NaN or flagged.", path=empty[0].path, cure="Leave it out."
        )
    return samples


def first_look(samples: Sequence[FloatArray], job: Job) -> list[FrameLook]:
    """Look at a part of every frame beside the others.

    Parameters
    ----------
    samples : sequence of ndarray of float32
        From `sample_frames`.
    job : Job
        Asked for cancel.

    Returns
    -------
    list of FrameLook
        Without outliers, which take the whole frame.
    """
    # from the median a frame differs by exactly nothing in many pixels, which would hide its offset
    centre = combine([Frame(sample) for sample in samples], Combination("mean", "none")).data
    alone = 1 / math.sqrt(1 - 1 / len(samples)) if len(samples) > 1 else 1.0
    looks = []
    for sample in samples:
        job.check()
        difference = sample - centre
        shift, level = known_median(difference), known_median(sample)
        looks.append(
            FrameLook(
                level,
                robust_sigma(sample, level),
                shift,
                robust_sigma(difference, shift) * alone,
                *_local_shift(difference, shift),
            )
        )
    return looks


def count_outliers(looks: Sequence[FrameLook], band: Band, region: Region, reject: int) -> list[FrameLook]:
    """Add the outliers of one band of rows.

    Parameters
    ----------
    looks : sequence of FrameLook
        So far.
    band : Band
        With the samples of all frames.
    region : Region
        Says which pixels are reference pixels.
    reject : int
        Data-quality bits of samples that are left out.

    Returns
    -------
    list of FrameLook
    """
    count = compiled().count_outliers
    used = region.mask(band.start, band.stop).reshape(-1)
    centre = band.combined.data.reshape(-1)
    counted = int(np.count_nonzero(used))
    added = []
    for look, rows in zip(looks, band.inputs, strict=True):
        bits = 0 if rows.dq is None else rows.dq.ctypes.data
        found = count(
            np.uint64(rows.data.ctypes.data), np.uint64(bits), 0, centre.size, np.uint32(reject), centre, used,
            float(look.shift), OUTLIER_SIGMA * look.noise,
        )  # fmt: skip
        added.append(replace(look, outliers=look.outliers + int(found), pixels=look.pixels + counted))
    return added


def odd_ones(looks: Sequence[FrameLook]) -> dict[int, str]:
    """Which frames stand out from the others, and why.

    Parameters
    ----------
    looks : sequence of FrameLook
        One for each frame.

    Returns
    -------
    dict
        Index of the frame to the end of a sentence that begins with its name.
    """
    why: dict[int, str] = {}
    noise = np.array([look.noise for look in looks])
    usual_noise = float(np.median(noise))
    outliers = np.array([look.outliers / max(look.pixels, 1) for look in looks])
    levels = _away([look.shift for look in looks], usual_noise)
    # the largest of some sixty medians strays by chance alone, the more the fewer pixels they are made of
    chance = 6 * 1.25 / math.sqrt(max(min(look.cell for look in looks), 1))
    parts = _away([abs(look.local_shift) for look in looks], usual_noise, max(chance, _OF_NOISE))
    for index in sorted({*levels, *parts}):
        whole, part = levels.get(index, 0.0), parts.get(index, 0.0)
        where = "in a part of the image its level is" if part > whole else "its level is"
        why[index] = f"{where} {max(whole, part):.1f} times the noise of one frame away from the others"
    spread = robust_sigma(noise)
    for apart in np.flatnonzero(np.abs(noise - usual_noise) > max(_SPREADS * spread, 1e-9)):
        factor = noise[apart] / usual_noise if usual_noise else math.inf
        if not 1 / _NOISE_FACTOR < factor < _NOISE_FACTOR:
            why.setdefault(int(apart), f"its noise is {factor:.2f} times that of the others")
    usual = float(np.median(outliers))
    for many in np.flatnonzero(outliers > max(5 * usual, usual + _SPREADS * robust_sigma(outliers), 1e-3)):
        part_of = f"{100 * outliers[many]:.2f} % of its pixels are outliers"
        why.setdefault(int(many), f"{part_of}, of the others {100 * usual:.2f} %")
    return why


def _away(values: Sequence[float], noise: float, of_noise: float = _OF_NOISE) -> dict[int, float]:
    """Which values lie apart from the others, and by how many times the noise of one frame."""
    away = np.abs(np.array(values) - np.median(values))
    limit = max(_SPREADS * robust_sigma(np.array(values)), of_noise * noise)
    return {int(i): float(away[i] / noise) if noise else math.inf for i in np.flatnonzero(away > limit)}


def table(frames: Sequence[FrameLike], looks: Sequence[FrameLook], to_rate: float, odd: dict[int, str]) -> Table:
    """The table that shows the odd one out.

    Parameters
    ----------
    frames : sequence of FrameLike
        The inputs.
    looks : sequence of FrameLook
        One for each.
    to_rate : float
        Factor from the frames' unit to electrons per second.
    odd : dict
        From `odd_ones`.

    Returns
    -------
    Table
    """
    columns = (
        "File",
        "Date (UTC)",
        "Temperature (K)",
        "Median (e-/s)",
        "Sigma (e-/s)",
        "Offset from all (e-/s)",
        "Largest local offset (e-/s)",
        f"Outliers beyond {OUTLIER_SIGMA:g} sigma",
        "Remark",
    )
    rows = tuple(
        (
            file_name(frame),
            moment(frame),
            _temperature(frame),
            look.median * to_rate,
            look.sigma * to_rate,
            look.shift * to_rate,
            look.local_shift * to_rate,
            look.outliers,
            odd.get(index, ""),
        )
        for index, (frame, look) in enumerate(zip(frames, looks, strict=True))
    )
    return Table("Frames", columns, rows, tuple(sorted(odd)))


def moment(frame: FrameLike) -> str:
    """Start of an exposure as the header gives it.

    Parameters
    ----------
    frame : FrameLike
        Any frame.

    Returns
    -------
    str
        ``2026-03-11T05:00:00``; empty where DATE-OBS is missing.
    """
    date, time = str(frame.header.get("DATE-OBS", "")).strip(), str(frame.header.get("TIME-OBS", "")).strip()
    return f"{date}T{time}" if date and time and "T" not in date else date


def _temperature(frame: FrameLike) -> float | None:
    found = (number(frame.header, keyword) for keyword in ("IMGDTEMP", "IFSDTEMP"))
    return next((value for value in found if value is not None), None)


def _sample(frame: FrameLike, region: Region, reject: int, job: Job) -> FloatArray:
    """Evenly spaced light-sensitive rows of one frame, rejected samples NaN."""
    rows, columns = region.active()
    wide = max(1, columns.stop - columns.start)
    count = max(1, min(rows.stop - rows.start, _SAMPLE // wide))
    made = np.empty((count, columns.stop - columns.start), np.float32)
    chosen = np.linspace(rows.start, rows.stop - 1, count).astype(int)
    # where all rows are looked at they are read together: there may be very many short ones
    side = max(1, _BAND // wide) if count == rows.stop - rows.start else 1
    for turn, first in enumerate(range(0, count, side)):
        if turn % 16 == 0:
            job.report(first / count, "Looking at the frames")
        last = min(first + side, count)
        band = frame.rows(int(chosen[first]), int(chosen[last - 1]) + 1)
        made[first:last] = band.data[:, columns]
        if band.dq is not None:
            made[first:last][(band.dq[:, columns] & np.uint32(reject)) != 0] = np.nan
    made[~np.isfinite(made)] = np.nan
    return made


def _local_shift(difference: FloatArray, shift: float) -> tuple[float, int]:
    """Largest offset, with its sign, among the medians of the cells of a grid; and the pixels of a cell."""
    rows, columns = (_split(length) for length in difference.shape)
    sizes = np.outer(*((places >= 0).sum(axis=1) for places in (rows, columns))).reshape(-1)
    # all cells at once: a row and a column of NaN fill those that are one shorter
    padded = np.pad(difference, ((0, 1), (0, 1)), constant_values=np.nan)
    cells = padded[np.ix_(rows.reshape(-1), columns.reshape(-1))]
    cells = cells.reshape(*rows.shape, *columns.shape).swapaxes(1, 2).reshape(sizes.size, -1)[sizes >= 64]
    if not cells.size:
        return 0.0, 0
    ordered = np.sort(cells, axis=1)
    count = np.count_nonzero(np.isfinite(ordered), axis=1)
    ordered, count = ordered[count > 0], count[count > 0]
    line = np.arange(count.size)
    away = [float(value) for value in (ordered[line, (count - 1) // 2] + ordered[line, count // 2]) / 2 - shift]
    return max(away, key=abs, default=0.0), int(sizes[sizes >= 64].min())


def _split(length: int) -> npt.NDArray[np.intp]:
    """Places along an axis in so many parts, -1 where one is shorter than the longest."""
    parts = np.array_split(np.arange(length), _CELLS)
    made = np.full((_CELLS, max(part.size for part in parts)), -1)
    for row, part in zip(made, parts, strict=True):
        row[: part.size] = part
    return made
