"""A new file beside the reference that the rules select for it: the metrics of the comparison, for checks."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import local_statistics
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import CalguiError
from calgui.core.frames.fits import open_frame
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing import compare_with_selected, comparer_of
from calgui.core.runs.comparing.values import Comparison
from calgui.core.runs.references import extension_of, read_reference
from calgui.core.runs.selecting import select, unusable
from calgui.core.validation.figures import box_of, spread_of

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: types whose single exposures are compared with the reference, as they show the same
_EXPOSURES = frozenset({"DARK", "SKY"})
#: types whose references of one mode are alike in unit, place and filter; tables ADC are of any band
_ALIKE = frozenset({"DARK", "FLAT", "SKY", "MASK"})
#: metrics that are counts of pixels, which are told as parts of all, too
_COUNTS: Mapping[str, str] = {"n_new_hot": "new_hot_fraction", "n_vanished_hot": "vanished_hot_fraction"}


@dataclass(frozen=True)
class Against:
    """What the comparison says.

    Attributes
    ----------
    message : str
        Sentences for the user.
    file : str
        Name of the reference in use; empty where there is none.
    figures : mapping of str to Metric
        By ``against.NAME``.
    comparison : Comparison or None
        All of it; None where nothing was compared.
    refused : bool
        Whether the reference in use could be read, and does not fit to a new one: another unit, place or filter.
    """

    message: str
    file: str = ""
    figures: Mapping[str, Metric] | None = None
    comparison: Comparison | None = None
    refused: bool = False


def rule_header_of(header: Mapping[str, Any], *, is_reference: bool) -> dict[str, Any]:
    """The header that the rules are asked with: a reference has no date of observation, but one that it holds from.

    Parameters
    ----------
    header : mapping
        Of the file.
    is_reference : bool
        Whether it is a reference.

    Returns
    -------
    dict
    """
    # of several values of a reference, as in "KN1|KN2", the first one stands for all
    made = {key: value.partition("|")[0] if isinstance(value, str) else value for key, value in header.items()}
    if not is_reference or made.get("DATE-OBS"):
        return made
    try:
        when = dt.datetime.fromisoformat(str(made.get("USEAFTER") or "").strip().replace(" ", "T", 1))
    except ValueError:
        return made
    made["DATE-OBS"], made["TIME-OBS"] = when.date().isoformat(), when.time().isoformat()
    return made


def compare_with_used(
    kind: str,
    path: Path,
    frame: Frame | None,
    header: Mapping[str, Any],
    cache: "Cache",
    context: str | None,
    job: Job,
    *,
    is_reference: bool,
) -> Against:
    """Compare a file with the reference in use.

    Parameters
    ----------
    kind : str
        Its type, upper case.
    path : pathlib.Path
        Where it is.
    frame : Frame or None
        Its image, where it was read.
    header : mapping
        Its keywords.
    cache : Cache
        Whose rules are asked.
    context : str or None
        Its operational context if None.
    job : Job
        Progress and cancel.
    is_reference : bool
        Whether the file is a reference, and no exposure.

    Returns
    -------
    Against
        That there is nothing to compare with is a message, not an error.
    """
    if comparer_of(kind) is None:
        return Against(f"There is no comparison for {kind}.")
    if not is_reference and kind not in _EXPOSURES:
        return Against(f"Single exposures of {kind} are not compared with the reference, which is made of several.")
    if not is_reference and frame is not None and frame.data.ndim != 2:
        return Against("Ramps and cubes are not compared with the reference: fit or extract first.")
    asked = rule_header_of(header, is_reference=is_reference)
    try:
        selection = select(kind, asked, cache, context)
        if selection.path is not None and selection.path.exists() and selection.path.samefile(path):
            return Against(f"It is the reference in use itself ({selection.file}).", selection.file or "")
        if frame is not None and kind in _EXPOSURES:
            new: Frame = frame
        else:
            new = read_reference(kind, path, asked, cache)
        comparison = compare_with_selected(new, asked, cache, context, job, product=kind)
    except CalguiError as error:
        return Against(f"It was not compared: {error.message} {error.cure}".strip())
    if comparison.status != "compared":
        refused = is_reference and kind in _ALIKE and comparison.status == "unavailable" and unusable(selection) is None
        return Against(comparison.message, selection.file or "", _shapes(kind, frame, comparison.old), refused=refused)
    figures = {f"against.{name}": metric for name, metric in comparison.metrics.items()}
    figures |= _more(comparison, job)
    return Against(comparison.message, selection.file or "", figures, comparison)


def _shapes(kind: str, frame: Frame | None, used: Path | None) -> dict[str, Metric]:
    """By how much the size differs from that of the reference in use, where that hinders the comparison."""
    if frame is None or frame.data.ndim < 2 or used is None:
        return {}
    try:
        with open_frame(used, extension_of(kind, used)) as other:
            shape = other.shape
    except CalguiError:
        return {}
    if len(shape) < 2 or frame.shape[-2:] == shape[-2:]:
        return {}
    apart = sum(abs(ours - theirs) for ours, theirs in zip(frame.shape[-2:], shape[-2:], strict=True))
    return {"against.shape_change": Metric(apart, "pixel", "Rows and columns that the one has more than the other.")}


def _more(comparison: Comparison, job: Job) -> dict[str, Metric]:
    """Parts of all pixels, and how even the picture of the difference is."""
    if comparison.product == "FLAT":
        return _correlation(comparison.metrics)
    difference = comparison.difference
    if difference is None or difference.data.ndim != 2 or comparison.product != "DARK":
        return {}
    light = region_of(difference).mask()
    count = int(np.count_nonzero(light))
    made: dict[str, Metric] = {}
    for name, part in _COUNTS.items():
        value = comparison.metrics[name].value if name in comparison.metrics else None
        if isinstance(value, int) and count:
            made[f"against.{part}"] = Metric(value / count, "", comparison.metrics[name].help)
    good = light & np.isfinite(difference.data)
    local = local_statistics(np.ascontiguousarray(difference.data), good, box_of(difference.shape), job)
    if local is not None and local.typical_sigma > 0:
        made["against.uneven_sigma"] = Metric(
            spread_of(local, int(np.count_nonzero(good))) / local.typical_sigma,
            "sigma",
            "Range of the tiles' levels of new less old, in noise of the difference.",
        )
    return made


def _correlation(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """Whether both flats are of the same pixels: the scatter of their ratio tells what they have in common."""
    found = [
        metrics[name].value if name in metrics else None
        for name in ("new_pixel_scatter_fraction", "old_pixel_scatter_fraction", "ratio_scatter_fraction")
    ]
    new, old, ratio = (value if isinstance(value, float) else 0.0 for value in found)
    if new <= 0 or old <= 0 or ratio <= 0:
        return {}
    # the variance of a ratio of two patterns about 1 is a² + b² - 2 r a b
    value = float(np.clip((new**2 + old**2 - ratio**2) / (2 * new * old), -1, 1))
    return {
        "against.response_correlation": Metric(value, "", "Correlation of the response of pixels with that in use.")
    }
