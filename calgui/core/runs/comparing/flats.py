"""A new flat beside the one in use: their ratio, the noise, pixels that changed, came and went, and the broad shape."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.flats.dividing import divisor_of
from calgui.core.algorithms.flats.illumination import Illumination, fit_illumination
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import LocalStatistics, local_statistics
from calgui.core.algorithms.matching import place
from calgui.core.algorithms.noise import MAD_TO_SIGMA, steps_along_rows
from calgui.core.algorithms.profiles import histogram
from calgui.core.algorithms.registry import Curve, Metric
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing.both import header_of, stand_out
from calgui.core.runs.comparing.values import Changes, Comparison

BoolArray = npt.NDArray[np.bool_]

_BOX = 64
#: a pixel has changed where the ratio differs from that around it by so many local sigma, and by this part
CHANGE_SIGMA, CHANGE = 6.0, 0.01
#: broad changes above this part are worth a word
_BROAD = 0.005
_ORDER = 2


def compare(new: Frame, old: Frame, job: Job | None = None) -> Comparison:
    """Compare two flats.

    Parameters
    ----------
    new : Frame
        (ny, nx), normalised.
    old : Frame
        Of the same part of the detector, or of more of it.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Comparison
        The picture is new over old; of the changed pixels ``new`` are those that have no flat any more, ``gone`` those
        that have one again.

    Raises
    ------
    InputError
        When sizes or places differ, or no pixel has a flat in both.
    """
    job = job or Job("Compare flats")
    if new.data.ndim != 2 or old.data.ndim != 2:
        raise InputError("It is no image.", path=old.path, cure="Choose a flat that is an image.")
    rows = place(new, old, "flat in use").band(old, 0, new.shape[0])
    ours, theirs = divisor_of(new.rows(0, new.shape[0])), divisor_of(rows)
    lost = [(one.dq & np.uint32(flags.DO_NOT_USE)) != 0 for one in (ours, theirs)]
    light = region_of(new).mask()
    light &= ((ours.dq | theirs.dq) & np.uint32(flags.NON_SCIENCE | flags.REFERENCE_PIXEL)) == 0
    good = light & ~lost[0] & ~lost[1]
    job.report(0.2, "Dividing")
    ratio = np.where(good, ours.data / theirs.data, np.float32(1)).astype(np.float32)
    noise = local_statistics(ratio, good, _BOX, job)
    if noise is None:
        raise InputError("The two flats have no usable pixel in common.", path=old.path, cure="Choose another flat.")
    job.report(0.5, "Looking for pixels that changed")
    changed = _changed(ratio, good, noise, job)
    broad = fit_illumination(ratio, good, _ORDER, _BOX, job)
    job.report(0.8, "Comparing")
    metrics = _metrics(ours.data, theirs.data, ratio, good, noise, broad)
    appeared, gone = light & lost[0] & ~lost[1], light & lost[1] & ~lost[0]
    metrics |= {
        "n_new_no_flat": Metric(
            int(np.count_nonzero(appeared)), "pixel", "Pixels without a flat now, with one before."
        ),
        "n_vanished_no_flat": Metric(int(np.count_nonzero(gone)), "pixel", "Pixels with a flat now, without before."),
        "n_changed": Metric(
            int(np.count_nonzero(changed)), "pixel", "Pixels whose response changed, against those around them."
        ),
    }
    err = None
    if ours.err is not None and theirs.err is not None:
        err = np.where(good, ratio * np.hypot(ours.err / ours.data, theirs.err / theirs.data), 0).astype(np.float32)
    picture = Frame(ratio, err, ours.dq | theirs.dq, header_of(new, "1"))
    job.report(1.0, "Compared")
    return Comparison(
        "compared",
        _sentence(old, metrics),
        old.path,
        difference=picture,
        metrics=metrics,
        changes=(
            Changes("new", np.argwhere(appeared)),
            Changes("gone", np.argwhere(gone)),
            Changes("changed", np.argwhere(changed)),
        ),
        curves=(_histogram(ratio, good, metrics),),
    )


def _changed(ratio: FloatArray, good: BoolArray, noise: LocalStatistics, job: Job) -> BoolArray:
    """Pixels whose ratio stands out from that around them, up or down."""
    higher, lower = stand_out(ratio, good, noise, CHANGE_SIGMA, job)
    level = float(np.median(noise.level))
    made: BoolArray = (higher | lower) & (np.abs(ratio - level) > CHANGE * level)
    return made


def _metrics(
    ours: FloatArray,
    theirs: FloatArray,
    ratio: FloatArray,
    good: BoolArray,
    noise: LocalStatistics,
    broad: Illumination | None,
) -> dict[str, Metric]:
    level = float(np.median(ratio[good]))
    scatter = [_scatter(plane, good) for plane in (ours, theirs)]
    spread = None
    if broad is not None:
        ny = ratio.shape[0]
        values = np.concatenate([broad.rows(row, row + 1)[0][good[row]] for row in range(0, ny, max(1, ny // 128))])
        spread = float((values.max() - values.min()) / level)
    return {
        "level_ratio": Metric(level, "", "Median of new over old."),
        "ratio_scatter_fraction": Metric(noise.typical_sigma / level, "", "Local scatter of new over old, 1.4826 MAD."),
        "new_pixel_scatter_fraction": Metric(scatter[0], "", "Neighbours in the new flat differ by it."),
        "old_pixel_scatter_fraction": Metric(scatter[1], "", "Neighbours in the flat in use differ by it."),
        "broad_change_fraction": Metric(
            spread, "", "Highest less lowest part of a smooth surface through new over old."
        ),
    }


def _scatter(plane: FloatArray, good: BoolArray) -> float | None:
    apart = steps_along_rows(plane, good)
    if not apart.size:
        return None
    return float(MAD_TO_SIGMA * np.median(np.abs(apart)) / math.sqrt(2) / np.median(plane[good]))


def _histogram(ratio: FloatArray, good: BoolArray, metrics: Mapping[str, Metric]) -> Curve:
    level, sigma = metrics["level_ratio"].value, metrics["ratio_scatter_fraction"].value
    assert isinstance(level, float)
    assert isinstance(sigma, float)
    made = histogram(ratio, good, level, sigma * level, "", 1.0)
    return Curve("New over old", "Ratio", made.y_label, made.lines, "histogram")


def _sentence(old: Frame, metrics: Mapping[str, Metric]) -> str:
    value = {name: metric.value for name, metric in metrics.items()}
    scatter, broad, level = value["ratio_scatter_fraction"], value["broad_change_fraction"], value["level_ratio"]
    assert isinstance(scatter, float)
    assert isinstance(level, float)
    said = f"Against {old.name} the pixels scatter by {100 * scatter:.2g} %"
    if abs(level - 1) > _BROAD:
        said += f", the level is {100 * abs(level - 1):.2g} % {'higher' if level > 1 else 'lower'}"
    if isinstance(broad, float) and broad > _BROAD:
        said += f", the illumination differs by {100 * broad:.2g} % across the picture"
    return (
        f"{said}; {value['n_changed']} pixels changed, {value['n_new_no_flat']} have no flat any more, "
        f"{value['n_vanished_no_flat']} have one again."
    )
