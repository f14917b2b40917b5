"""A new sky beside the one in use: its level, its shape once scaled to it, and what stands in only one of them."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import ELECTRON_PER_S, scale_of
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import LocalStatistics, local_statistics
from calgui.core.algorithms.matching import Placement, place
from calgui.core.algorithms.profiles import histogram
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.algorithms.skies.cells import COARSE, Grid
from calgui.core.algorithms.skies.levels import level_of, sky_level
from calgui.core.algorithms.skies.sorting import check_sky
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame, Rows, bits_of
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import header_of, stand_out
from calgui.core.runs.comparing.values import Changes, Comparison

BoolArray = npt.NDArray[np.bool_]

_BOX = 64
#: a pixel came or went where the difference says so, in local sigma of the difference
CHANGE_SIGMA = 6.0
#: shapes that differ by more than this part of the level are worth a word
_SHAPE = 0.01
_BORDER = np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two skies of one part of a detector.

    Parameters
    ----------
    new, old : Frame
        In electron/s or electron by BUNIT, or adu with GAIN; the old one of this part of the detector, or of more.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        In electron/s. The difference is new less old, the old one scaled to the level of the new.

    Raises
    ------
    InputError
        When sizes, places or filters differ, a unit or time is missing, or nothing can be compared.
    """
    job = job or Job("Compare skies")
    where = place(new, old, "sky")
    check_sky(new, old)
    job.report(0.1, "Subtracting")
    ours, theirs = _rate(new, Placement(0, 0, where.ny, where.nx)), _rate(old, where)
    bits = bits_of(ours) | bits_of(theirs)
    good = region_of(new).mask() & np.isfinite(ours.data) & np.isfinite(theirs.data) & ((bits & _BORDER) == 0)
    levels = [sky_level(np.nan_to_num(rows.data), good) for rows in (ours, theirs)]
    if not all(math.isfinite(level.value) for level in levels):
        raise InputError("The two skies have no usable pixel in common.", path=old.path, cure="Choose another sky.")
    sure = all(level.value > 10 * level.error for level in levels)
    scale = levels[0].value / levels[1].value if sure else 1.0
    difference = np.asarray(ours.data - np.float32(scale) * theirs.data, np.float32)
    job.report(0.3, "Local noise")
    noise = local_statistics(difference, good, _BOX, job)
    assert noise is not None
    came, went = stand_out(difference, good, noise, CHANGE_SIGMA, job.part(0.4, 0.8))
    metrics = _metrics(new, old, (levels[0].value, levels[1].value), scale, difference, good, noise)
    err = None if ours.err is None or theirs.err is None else np.hypot(ours.err, np.float32(scale) * theirs.err)
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics, sure, int(came.sum()), int(went.sum())),
        old.path,
        difference=Frame(difference, err, bits, header_of(new, ELECTRON_PER_S)),
        metrics=metrics,
        changes=(Changes("new", np.argwhere(came)), Changes("gone", np.argwhere(went))),
        curves=(_histogram(difference, good, noise),),
    )


def _rate(frame: Frame, where: Placement) -> Rows:
    factor = np.float32(scale_of([frame]).to_rate)
    rows = where.band(frame, 0, where.ny)
    return Rows(
        np.asarray(rows.data * factor, np.float32),
        None if rows.err is None else np.asarray(rows.err * factor, np.float32),
        rows.dq,
    )


def _metrics(
    new: Frame,
    old: Frame,
    levels: tuple[float, float],
    scale: float,
    difference: FloatArray,
    good: BoolArray,
    noise: LocalStatistics,
) -> dict[str, Metric]:
    width = noise.typical_sigma
    cells = Grid.of(np.nan_to_num(difference), good, -6 * width, 6 * width, COARSE).means
    known = cells[np.isfinite(cells)]
    spread = math.sqrt(max(level_of(known).sigma ** 2 - (width / COARSE) ** 2, 0.0)) if known.size > 3 else None
    return {
        "new_level_e_per_s": Metric(levels[0], "e-/s", "Level of the new sky."),
        "old_level_e_per_s": Metric(levels[1], "e-/s", "Level of the sky in use."),
        "level_ratio": Metric(levels[0] / levels[1] if levels[1] else None, "", "New over old: how airglow varied."),
        "scale": Metric(scale, "", "What the old sky was multiplied by before it was subtracted."),
        "difference_noise_e_per_s": Metric(width, "e-/s", "Local noise of the difference, 1.4826 MAD."),
        "shape_e_per_s": Metric(
            spread, "e-/s", "Scatter of cells of 32 pixels of the difference beyond their noise: another shape."
        ),
        "shape_fraction": Metric(
            spread / abs(levels[0]) if spread is not None and levels[0] else None, "", "The same over the level."
        ),
    }


def _histogram(difference: FloatArray, good: BoolArray, noise: LocalStatistics) -> Curve:
    made = histogram(difference, good, 0.0, noise.typical_sigma, "e-/s", 1.0)
    return Curve("New less scaled old", "Difference (e-/s)", made.y_label, made.lines, "histogram")


def _sentence(old: Frame, metrics: Mapping[str, Metric], sure: bool, came: int, went: int) -> str:
    ratio, shape = metrics["level_ratio"].value, metrics["shape_fraction"].value
    said = f"The level is {ratio:.3f} times that of {old.name}" if isinstance(ratio, float) else f"Against {old.name}"
    if not sure:
        said += ", lost in the noise of one of the two, so that it was not scaled"
    if isinstance(shape, float) and shape > _SHAPE:
        said += f"; scaled to it, the shape differs by {100 * shape:.1f} % of the level"
    else:
        said += f"; scaled to it, the shape is the same within {100 * _SHAPE:g} % of the level"
    return f"{said}; {came} pixels stand out of the new one alone, {went} of the old one."
