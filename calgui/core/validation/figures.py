"""What is measured on the pixels of a file, once: fractions of flags, level, noise, how even it is."""

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import LocalStatistics, local_statistics
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.registry import Metric
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.validation.counts import describe_counts
from calgui.core.validation.lines import LINES, describe_lines
from calgui.core.validation.photons import QUIETEST, expected_noise, noise_floor, to_rate
from calgui.core.validation.sharp import sharp_points

BoolArray = npt.NDArray[np.bool_]

#: pixels on a side of the tiles in which level and noise are found: some eight tiles across a small picture
_LARGEST_BOX, _SMALLEST_BOX, _TILES = 64, 16, 8
#: outliers stand out by so many local sigma
OUTLIER_SIGMA = 7.0
#: of the levels of tiles: these parts are left out at both ends, as a tile with a star or an edge says little
_ENDS = 2.0
#: error of the median of a normal distribution, in that of the mean
_MEDIAN_ERROR = 1.2533
#: values that differ by a smaller part are the same
_SAME = 1e-4
_ALL_BITS = int(np.bitwise_or.reduce([np.uint32(flag.value) for flag in flags.FLAGS]))
_FRACTIONS: Mapping[str, tuple[int, str]] = {
    "do_not_use_fraction": (flags.DO_NOT_USE, "Part of the pixels that must not be used."),
    "saturated_fraction": (flags.SATURATED, "Part of the pixels flagged as saturated."),
    "hot_flag_fraction": (flags.HOT, "Part of the pixels flagged as hot."),
    "dead_flag_fraction": (flags.DEAD, "Part of the pixels flagged as dead."),
    "border_flag_fraction": (
        flags.REFERENCE_PIXEL,
        "Part of the pixels that see light, by their place, and are flagged as reference pixels.",
    ),
    "no_flat_fraction": (flags.NO_FLAT_FIELD, "Part of the pixels without a flat."),
}


def box_of(shape: tuple[int, ...]) -> int:
    """Side of the tiles for a picture of some shape, pixels."""
    return max(_SMALLEST_BOX, min(_LARGEST_BOX, min(shape) // _TILES))


def measure(frame: Frame, job: Job, *, pixels: bool = True, wanted: Collection[str] | None = None) -> dict[str, Metric]:
    """Measure what checks ask for.

    Parameters
    ----------
    frame : Frame
        An image, cube or ramp; of the last two only flags and missing values are counted.
    job : Job
        Progress and cancel.
    pixels : bool
        Whether its data are numbers of an image; False for a mask, whose data are flags.
    wanted : collection of str, optional
        Figures that are asked for: those that take a pass of their own are left out otherwise. All of them by default.

    Returns
    -------
    dict of str to Metric
        Reference pixels are left out. What cannot be said is left out.
    """
    light = _light(frame)
    count = int(np.count_nonzero(light)) * int(np.prod(frame.shape[:-2], dtype=np.int64))
    made: dict[str, Metric] = {"n_pixels": Metric(count, "pixel", "Pixels that see light.")}
    if not count:
        return made
    job.report(0.1, "Flags")
    good = _count_flags(frame, light, made)
    if not pixels:
        return made
    finite = np.isfinite(frame.data)
    lost = count - int(np.count_nonzero(finite & light))
    made["nan_fraction"] = Metric(lost / count, "", "Part of the pixels that have no finite value.")
    if frame.data.ndim != 2:
        return made
    good &= finite
    _count_errors(frame, good, made)
    image = np.ascontiguousarray(frame.data)
    job.report(0.3, "Level and noise")
    local = local_statistics(image, good, box_of(image.shape), job)
    if local is None:
        return made
    job.report(0.7, "Outliers")
    _describe(frame, image, good, local, made)
    job.report(0.8, "Rows and columns")
    if wanted is None or LINES.intersection(wanted):
        made |= describe_lines(image, good, float(np.median(local.level)), local.typical_sigma)
    if "level_error" in made and (rate := to_rate(frame.unit, frame.header)) is not None:
        error = made["level_error"].value
        assert isinstance(error, float)
        made["level_error_e_per_s"] = Metric(error * rate, "e-/s", "The same as a rate.")
    if wanted is None or "ceiling_fraction" in wanted:
        made["ceiling_fraction"] = _ceiling(image, good)
    if wanted is None or "sum" in wanted:
        total = float(np.sum(image, where=good, dtype=np.float64))
        made["sum"] = Metric(total, clean(frame.unit, 24), "Of all pixels.")
    if wanted is None or {"step_over_noise", "stuck_bits"}.intersection(wanted):
        made |= describe_counts(frame, good, float(np.median(local.level)), local.typical_sigma)
    made |= expected_noise(frame, made)
    floor = noise_floor(frame, local)
    if floor is not None:
        made["floor_over_expected"] = floor
    if wanted is not None and "sharp_fraction" in wanted:
        alone = sharp_points(frame)
        if alone is not None:
            made["sharp_fraction"] = Metric(alone.count / count, "", "Part of the pixels that stand out alone.")
    if wanted is not None and "odd_slope_sigma" in wanted:
        from calgui.core.validation.symmetry import uneven_beside_star

        made |= uneven_beside_star(frame, job)
    return made


def spread_of(local: LocalStatistics, count: int) -> float:
    """How much the levels of tiles range beyond what noise makes.

    Parameters
    ----------
    local : LocalStatistics
        Of an image.
    count : int
        Pixels that it was made of.

    Returns
    -------
    float
        In the unit of the image, without the highest and lowest tiles.
    """
    per_tile = max(1.0, count / local.level.size)
    low, high = np.percentile(local.level, [_ENDS, 100 - _ENDS])
    # noise alone spreads medians by some four of their errors
    return max(0.0, float(high - low) - 4 * _MEDIAN_ERROR * local.typical_sigma / math.sqrt(per_tile))


def _light(frame: Frame) -> BoolArray:
    if frame.data.ndim < 2:
        return np.ones(frame.shape, np.bool_)
    return region_of(frame).mask()


def _count_flags(frame: Frame, light: BoolArray, made: dict[str, Metric]) -> BoolArray:
    """Fractions of data-quality bits, of a ramp in its second read; which pixels of an image may be used."""
    if frame.dq is None:
        return light.copy()
    # a ramp may saturate on its way: lost is a pixel without two reads before that
    dq = frame.dq[:, 1] if frame.dq.ndim == 4 and frame.dq.shape[1] > 1 else frame.dq
    # flagged pixels are few, and these alone are looked at
    bits = dq.ravel()
    places = np.flatnonzero(bits)
    places = places[light.ravel()[places % light.size]]
    seen = bits[places]
    count = int(np.count_nonzero(light)) * (dq.size // light.size)
    for name, (bit, text) in _FRACTIONS.items():
        made[name] = Metric(int(np.count_nonzero(seen & np.uint32(bit))) / count, "", text)
    made["flagged_fraction"] = Metric(seen.size / count, "", "Part of the pixels with any flag.")
    strange = int(np.count_nonzero(seen & np.uint32(~_ALL_BITS & 0xFFFFFFFF)))
    made["unknown_flag_fraction"] = Metric(strange / count, "", "Part of the pixels with a flag that has no meaning.")
    usable = light.copy()
    if dq.ndim == 2:
        usable.ravel()[places[(seen & np.uint32(flags.DO_NOT_USE | flags.NON_SCIENCE)) != 0]] = False
    return usable


def _count_errors(frame: Frame, good: BoolArray, made: dict[str, Metric]) -> None:
    used = int(np.count_nonzero(good))
    if frame.err is None or not used:
        return
    right = (frame.err > 0) & (frame.err < np.inf)  # a comparison with NaN is False
    wrong = used - int(np.count_nonzero(right & good))
    made["bad_error_fraction"] = Metric(
        wrong / used, "", "Part of the usable pixels whose error is no positive number."
    )


def _describe(frame: Frame, image: Any, good: BoolArray, local: LocalStatistics, made: dict[str, Metric]) -> None:
    unit = clean(frame.unit, 24)
    level, noise = float(np.median(local.level)), local.typical_sigma
    made["level"] = Metric(level, unit, "Median of the tiles' medians.")
    made["noise"] = Metric(noise, unit, "Local noise: 1.4826 MAD in tiles.")
    rate = to_rate(frame.unit, frame.header)
    if rate is not None:
        made["level_e_per_s"] = Metric(level * rate, "e-/s", "The same as a rate.")
        made["noise_e_per_s"] = Metric(noise * rate, "e-/s", "The same as a rate.")
    if frame.err is not None:
        step = max(1, image.size // 200_000)
        errors = frame.err.ravel()[::step][good.ravel()[::step]]
        errors = errors[np.isfinite(errors) & (errors > 0)]
        if errors.size and noise > 0:
            quiet = float(np.percentile(local.sigma, QUIETEST))
            made["floor_over_error"] = Metric(
                quiet / float(np.percentile(errors, QUIETEST)), "", "Noise of the quietest fifth of the tiles over ERR."
            )
            made["noise_over_error"] = Metric(noise / float(np.median(errors)), "", "Noise found over ERR's median.")
    spread = spread_of(local, int(np.count_nonzero(good)))
    if noise > 0:
        made["uneven_sigma"] = Metric(spread / noise, "sigma", "Range of the tiles' levels in units of the noise.")
    if level != 0:
        # what is not seen above the noise is not held against a level near zero
        seen = spread / abs(level) if spread > noise else 0.0
        made["uneven_fraction"] = Metric(
            seen, "", "Range of the tiles' levels over the level, where it is above the noise."
        )
    if noise > 0:
        made["outlier_fraction"] = Metric(
            _outliers(image, good, local) / int(np.count_nonzero(good)),
            "",
            f"Part of the pixels {OUTLIER_SIGMA:g} sigma above their place.",
        )


def _ceiling(image: Any, good: BoolArray) -> Metric:
    """Pixels that stand at the largest value of all: where a converter ends, or a well is full."""
    highest = np.max(image, where=good, initial=-np.inf)
    there = np.count_nonzero((image >= highest - abs(highest) * _SAME) & good)
    # one pixel is always the highest
    others = max(0, int(there) - 1)
    return Metric(others / max(1, int(np.count_nonzero(good))), "", "Part of the pixels at the largest value.")


def _outliers(image: Any, good: BoolArray, local: LocalStatistics) -> int:
    """Pixels above the level of their tile; one number for each tile, which takes a tenth of `flag_excess`'s time."""
    ny, nx = image.shape
    rows, columns = local.level.shape
    limits = (local.level + OUTLIER_SIGMA * local.sigma).astype(np.float32)
    widths = np.diff(np.arange(columns + 1) * nx // columns)
    found = 0
    for row in range(rows):
        part = slice(row * ny // rows, (row + 1) * ny // rows)
        found += int(np.count_nonzero((image[part] > np.repeat(limits[row], widths)) & good[part]))
    return found
