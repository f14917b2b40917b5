"""A new file beside the reference that the rules select for it: the metrics of the comparison, for checks."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import local_statistics
from calgui.core.algorithms.matching import place
from calgui.core.algorithms.metadata.facts import arm
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.fits import open_frame
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.runs.comparing import compare_with_selected, comparer_of
from calgui.core.runs.comparing.values import Comparison
from calgui.core.runs.references import extension_of, read_reference
from calgui.core.runs.selecting import select, unusable
from calgui.core.validation.differences import describe_difference
from calgui.core.validation.figures import box_of, spread_of
from calgui.core.validation.judging import is_unlit
from calgui.core.validation.photons import expected_of, to_rate

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: types whose single exposures are compared with the reference, as they show the same
_EXPOSURES = frozenset({"DARK", "SKY", "FLAT"})
#: types whose references of one mode are alike in unit, place and filter; tables ADC are of any band
_ALIKE = frozenset({"DARK", "FLAT", "SKY", "MASK"})
#: types whose references are pictures of lights that stay where they are
_PICTURES = frozenset({"ARC", "LENSLET", "PINHOLE"})
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
    details : mapping of str to str
        Figure to a sentence more that belongs to it.
    """

    message: str
    file: str = ""
    figures: Mapping[str, Metric] | None = None
    comparison: Comparison | None = None
    refused: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


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
    level: float | None = None,
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
    level : float, optional
        Of an exposure, in e-/s: photons are reckoned from it.

    Returns
    -------
    Against
        That there is nothing to compare with is a message, not an error.
    """
    if kind in _PICTURES and frame is not None and not is_unlit(header):
        return _picture(kind, path, frame, header, cache, context, job, is_reference=is_reference, level=level)
    if comparer_of(kind) is None:
        return Against(f"There is no comparison for {kind}.")
    if not is_reference and kind not in _EXPOSURES:
        return Against(f"Single exposures of {kind} are not compared with the reference, which is made of several.")
    if not is_reference and frame is not None and frame.data.ndim != 2:
        return Against("Ramps and cubes are not compared with the reference: fit or extract first.")
    if not is_reference and kind == "FLAT" and frame is not None:
        if arm(header) == "spectrograph":
            return Against(
                "Single exposures of flats of the spectrograph are not compared: its flat is of pixels alone."
            )
        if is_unlit(header):
            return Against("No lamp was on (LAMP): it is not compared with the flat in use.")
    asked = rule_header_of(header, is_reference=is_reference)
    if is_reference and not asked.get("DATE-OBS"):
        return Against("It was not compared: rules choose by date, and USEAFTER says none.")
    try:
        selection = select(kind, asked, cache, context)
        if selection.path is not None and selection.path.exists() and selection.path.samefile(path):
            return Against(f"It is the reference in use itself ({selection.file}).", selection.file or "")
        if frame is not None and kind in _EXPOSURES:
            new: Frame = _normalized(frame) if kind == "FLAT" and not is_reference else frame
        else:
            new = read_reference(kind, path, asked, cache)
        comparison = compare_with_selected(new, asked, cache, context, job, product=kind)
    except CalguiError as error:
        return Against(f"It was not compared: {error.message} {error.cure}".strip())
    if comparison.status != "compared":
        refused = is_reference and kind in _ALIKE and comparison.status == "unavailable" and unusable(selection) is None
        return Against(comparison.message, selection.file or "", _shapes(kind, frame, comparison.old), refused=refused)
    figures = {f"against.{name}": metric for name, metric in comparison.metrics.items()}
    expected = None if is_reference or level is None else expected_of(asked, level)
    if expected is not None and kind == "FLAT" and level:
        expected /= level
    # the one sky may have been divided by a flat, and the other not
    besides = _flat_levels(asked, cache, context, comparison, job) if kind == "SKY" else None
    figures |= _more(
        comparison, expected, job, is_reference=is_reference, same_file=path.name == selection.file, besides=besides
    )
    return Against(comparison.message, selection.file or "", figures, comparison)


def _picture(
    kind: str,
    path: Path,
    frame: Frame,
    header: Mapping[str, Any],
    cache: "Cache",
    context: str | None,
    job: Job,
    *,
    is_reference: bool,
    level: float | None,
) -> Against:
    """A picture of fixed lights beside the one in use."""
    from calgui.core.validation.samepicture import beside_picture

    asked = rule_header_of(header, is_reference=is_reference)
    rate = None if is_reference else to_rate(frame.unit, frame.header)
    expected = None if rate is None or level is None else expected_of(asked, level)
    if expected is not None and rate:
        expected /= rate
    try:
        selection = select(kind, asked, cache, context)
        if selection.path is None or unusable(selection) is not None:
            return Against(f"The rules select no {kind.lower()} that can be compared.")
        if selection.path.samefile(path):
            return Against(f"It is the reference in use itself ({selection.file}).", selection.file or "")
        figures, note = beside_picture(frame, read_reference(kind, selection.path, asked, cache), expected, job)
    except (CalguiError, OSError) as error:
        return Against(f"It was not compared: {error}")
    if not figures:
        return Against(f"Its size is not that of {selection.file}.", selection.file or "")
    details = {f"against.{name}": note for name in ("picture_correlation", "picture_moved_pixel") if note}
    return Against(f"It was compared with {selection.file}.", selection.file or "", figures, details=details)


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


def _normalized(frame: Frame) -> Frame:
    """A flat exposure over its level, as a flat in use is."""
    light = region_of(frame).mask()
    values = frame.data[light]
    level = float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else 0.0
    if not level > 0:
        raise InputError("It has no light.", path=frame.path, cure="Look whether the lamp was on.")
    err = None if frame.err is None else frame.err / np.float32(level)
    header = {**frame.header, "BUNIT": "1"}
    return replace(frame, data=frame.data / np.float32(level), err=err, header=header)


def _more(
    comparison: Comparison,
    expected: float | None,
    job: Job,
    besides: npt.NDArray[np.float64] | None,
    *,
    is_reference: bool,
    same_file: bool,
) -> dict[str, Metric]:
    """What the picture of the difference shows, and parts of all pixels."""
    product, difference = comparison.product, comparison.difference
    if difference is None or difference.data.ndim != 2 or product not in ("DARK", "FLAT", "SKY"):
        return {}
    light = region_of(difference).mask()
    count = int(np.count_nonzero(light))
    made: dict[str, Metric] = {}
    for name, part in _COUNTS.items():
        value = comparison.metrics[name].value if name in comparison.metrics else None
        if isinstance(value, int) and count:
            made[f"against.{part}"] = Metric(value / count, "", comparison.metrics[name].help)
    image = np.ascontiguousarray(difference.data)
    good = light & np.isfinite(image)
    if difference.dq is not None:
        good &= (difference.dq & np.uint32(flags.DO_NOT_USE | flags.NON_SCIENCE | flags.REFERENCE_PIXEL)) == 0
    used = int(np.count_nonzero(good))
    if not used:
        return made
    sky = comparison.metrics.get("new_level_e_per_s")
    scale = float(np.median(image[good])) if product == "FLAT" else 1.0
    if sky is not None and isinstance(sky.value, float):
        scale = sky.value
    unit = "e-/s" if product == "DARK" else ""
    if scale > 0:
        errors = difference.err if is_reference else None
        told = describe_difference(image, good, unit, scale, expected, errors, job, besides)
        made |= {f"against.{name}": metric for name, metric in told.items()}
    if product == "FLAT":
        made |= _correlation(comparison.metrics, used)
    if is_reference and not same_file:
        same = int(np.count_nonzero(good & (image == (1 if product == "FLAT" else 0))))
        made["against.same_fraction"] = Metric(
            same / used, "", "Part of the pixels with exactly the value that the reference in use has."
        )
    local = local_statistics(image, good, box_of(image.shape), job) if product == "DARK" else None
    if local is not None and local.typical_sigma > 0:
        made["against.uneven_sigma"] = Metric(
            spread_of(local, used) / local.typical_sigma,
            "sigma",
            "Range of the tiles' levels of new less old, in noise of the difference.",
        )
    return made


def _flat_levels(
    header: Mapping[str, Any], cache: "Cache", context: str | None, comparison: Comparison, job: Job
) -> npt.NDArray[np.float64] | None:
    """Levels of the tiles of the flat in use, of the part that was compared; None where it is of another size."""
    difference = comparison.difference
    try:
        selection = select("FLAT", header, cache, context)
        if difference is None or selection.path is None or unusable(selection) is not None:
            return None
        flat = read_reference("FLAT", selection.path, header, cache)
        where = place(difference, flat, "flat in use")
        image = np.ascontiguousarray(where.band(flat, 0, where.ny).data)
    except CalguiError:
        return None
    good = region_of(difference).mask() & np.isfinite(image)
    local = local_statistics(image, good, box_of(image.shape), job)
    return None if local is None else local.level


def _correlation(metrics: Mapping[str, Metric], count: int) -> dict[str, Metric]:
    """Whether both flats are of the same pixels: the scatter of their ratio tells what they have in common."""
    found = [
        metrics[name].value if name in metrics else None
        for name in ("new_pixel_scatter_fraction", "old_pixel_scatter_fraction", "ratio_scatter_fraction")
    ]
    new, old, ratio = (value if isinstance(value, float) else 0.0 for value in found)
    if new <= 0 or old <= 0 or ratio <= 0:
        return {}
    # the variance of a ratio of two patterns about 1 is a² + b² - 2 r a b
    shared = (new**2 + old**2 - ratio**2) / 2
    return {
        "against.response_correlation": Metric(
            float(np.clip(shared / (new * old), -1, 1)), "", "Correlation of the response of pixels with that in use."
        ),
        # noise of the new one alone makes the correlation small, and leaves this as it is
        "against.response_kept": Metric(
            shared / old**2, "", "Part of the response of pixels in use that the new one has too."
        ),
        # the MAD of a normal distribution has 2.72 times the variance of its standard deviation
        "against.response_kept_error": Metric(
            1.65 * max(new, ratio) ** 2 / old**2 / math.sqrt(count), "", "One sigma of it, by the number of pixels."
        ),
    }
