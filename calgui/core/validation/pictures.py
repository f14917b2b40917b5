"""The picture behind a reason: what shows the problem, small for a card and large for a look."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.local import LocalStatistics, local_statistics
from calgui.core.algorithms.metadata.entries import clean
from calgui.core.algorithms.metadata.facts import of_calibration
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits, find_limits, percentile_limits, sample
from calgui.core.frames.reduction import reduce_band
from calgui.core.jobs import Job
from calgui.core.runs.comparing.values import Comparison
from calgui.core.validation.checks import Check
from calgui.core.validation.figures import OUTLIER_SIGMA, box_of
from calgui.core.validation.found import FINGERPRINT, OF_FLAGS, Found
from calgui.core.validation.illustration import Illustration, Mark
from calgui.core.validation.judging import Said
from calgui.core.validation.lines import LINES
from calgui.core.validation.sharp import sharp_points

Array = npt.NDArray[Any]

#: pixels on the longer side of a small picture
SMALL = 176
_SAMPLES, _BINS = 400_000, 90
#: of the values of a histogram: these parts are left out at both ends, in percent
_TAILS = 0.3
#: figure -> flags that are drawn over the picture; 0 for those without a meaning
_FLAGGED: Mapping[str, int] = {
    "do_not_use_fraction": flags.DO_NOT_USE,
    "saturated_fraction": flags.SATURATED,
    "hot_flag_fraction": flags.HOT,
    "dead_flag_fraction": flags.DEAD,
    "no_flat_fraction": flags.NO_FLAT_FIELD,
    "flagged_fraction": 0xFFFFFFFF,
}
_KNOWN_BITS = int(np.bitwise_or.reduce([np.uint32(flag.value) for flag in flags.FLAGS]))
_OUTLIER = next(flag.value for flag in flags.FLAGS if flag.name == "OUTLIER")
_NO_ERROR = next(flag.value for flag in flags.FLAGS if flag.name == "UNRELIABLE_ERROR")
#: metrics of a comparison that are the level of its picture, which is shown as a histogram
_LEVELS = frozenset({"against.median_shift_e_per_s", "against.level_ratio"})
_MOST_CARDS = 8

__all__ = ["SMALL", "Illustration", "Mark", "Pictures"]


class Pictures:
    """Makes the pictures of one file; what several share is made once.

    Parameters
    ----------
    found : Found
        Of the file.
    frame : Frame or None
        Its image, where it has one.
    comparison : Comparison or None
        With the reference in use, and the picture of the difference.
    job : Job
        Cancel.
    """

    def __init__(self, found: Found, frame: Frame | None, comparison: Comparison | None, job: Job) -> None:
        self._found, self._frame, self._comparison, self._job = found, frame, comparison, job
        self._made: dict[str, Any] = {}

    def of(self, said: Said, check: Check | None) -> Illustration:
        """The picture of a check, whatever its verdict.

        Parameters
        ----------
        said : Said
        check : Check or None
            Behind it; None where it is of no list, such as that of a keyword of the metadata.

        Returns
        -------
        Illustration
        """
        self._job.check()
        figure = check.figure if check is not None else ""
        made: Illustration | None = None
        if figure.startswith("against."):
            made = self._against(figure, said, check)
        elif figure and self._frame is not None and self._frame.data.ndim >= 2 and self._frame.data.size:
            made = self._measured(figure, said, check, self._frame)
        if made is not None:
            return made
        number = isinstance(said.value, int | float) and not isinstance(said.value, bool)
        marks = _marks(said, check) if number else ()
        if figure or (number and len(marks) > 1 and check is not None):
            axis = check.keyword or said.title if check is not None else said.title
            return Illustration(
                "range", "The value, and its limits.", marks=marks, unit=_unit(said), axis=axis, keyword=_keyword(check)
            )
        return self._cards(said, check)

    # -- of its own pixels

    def _measured(self, figure: str, said: Said, check: Check | None, frame: Frame) -> Illustration | None:
        flat = _plane(frame)
        if figure in _FLAGGED or figure == "unknown_flag_fraction":
            if flat.dq is None:
                return None
            wanted = _FLAGGED.get(figure, ~_KNOWN_BITS & 0xFFFFFFFF)
            return _picture(flat, (flat.dq & np.uint32(wanted)) != 0, wanted, "Flagged pixels are marked.")
        if figure == "nan_fraction":
            caption = "Pixels without a value are marked."
            return _picture(flat, ~np.isfinite(flat.data), flags.DO_NOT_USE, caption)
        if self._found.type in OF_FLAGS:
            return _picture(flat, None, 0, "The map: each value is a sum of flags.")
        if figure == "bad_error_fraction" and flat.err is not None:
            wrong = ~((flat.err > 0) & (flat.err < np.inf))
            shown = replace(flat, data=flat.err, err=None)
            return _picture(shown, wrong, _NO_ERROR, "ERR; pixels whose error is no positive number are marked.")
        if frame.data.ndim != 2:
            return None
        return self._of_image(figure, said, check, flat)

    def _of_image(self, figure: str, said: Said, check: Check | None, frame: Frame) -> Illustration | None:
        local = self._local("image", frame)
        if local is None:
            return None
        if figure.startswith(FINGERPRINT) or figure == "sharp_fraction":
            return _picture(frame, _alone(frame), flags.HOT, "Pixels that stand out alone are marked.")
        if figure.startswith(("uneven", "odd_slope", "odd_part_step", "step_")) and figure != "step_over_noise":
            return _smoothed(frame, local, "The level in tiles")
        if figure == "outlier_fraction":
            above = self._outliers(frame, local)
            return _picture(frame, above, _OUTLIER, f"Pixels {OUTLIER_SIGMA:g} sigma above their place are marked.")
        values: Array
        if figure in ("noise", "noise_e_per_s"):
            values, what = local.sigma.ravel(), "Noise of each tile"
        elif figure == "noise_over_error" and frame.err is not None:
            errors = sample(frame.err, _SAMPLES)
            errors = errors[np.isfinite(errors) & (errors > 0)]
            values, what = local.typical_sigma / errors.astype(np.float64), "Noise found over the error of each pixel"
        elif figure in LINES or figure == "odd_part_lines":
            return _picture(frame, None, 0, "The picture, stretched to its noise.")
        elif figure in ("level", "level_e_per_s"):
            values, what = sample(np.where(self._good(frame), frame.data, np.nan), _SAMPLES), "Values of the pixels"
        else:
            return None
        return _histogram(values * self._factor(figure), what, said, check)

    def _factor(self, figure: str) -> float:
        """What turns the unit of the image into that of a figure."""
        if not figure.endswith("_e_per_s"):
            return 1.0
        rate, plain = (self._found.figures.get(name) for name in (figure, figure.removesuffix("_e_per_s")))
        values = [one.value if one is not None else None for one in (rate, plain)]
        if not all(isinstance(one, int | float) and one for one in values):
            return 1.0
        return float(values[0]) / float(values[1])  # type: ignore[arg-type]

    def _good(self, frame: Frame) -> Any:
        if "good" not in self._made:
            good = region_of(frame).mask() & np.isfinite(frame.data)
            if frame.dq is not None:
                good &= (frame.dq & np.uint32(flags.DO_NOT_USE | flags.NON_SCIENCE)) == 0
            self._made["good"] = good
        return self._made["good"]

    def _local(self, name: str, frame: Frame) -> LocalStatistics | None:
        if name not in self._made:
            good = self._good(frame) if name == "image" else region_of(frame).mask() & np.isfinite(frame.data)
            image = np.ascontiguousarray(frame.data)
            self._made[name] = local_statistics(image, good, box_of(image.shape), self._job)
        found: LocalStatistics | None = self._made[name]
        return found

    def _outliers(self, frame: Frame, local: LocalStatistics) -> Any:
        ny, nx = frame.data.shape
        rows, columns = local.level.shape
        limits = (local.level + OUTLIER_SIGMA * local.sigma).astype(np.float32)
        across = np.repeat(np.arange(columns), np.diff(np.arange(columns + 1) * nx // columns))
        down = np.repeat(np.arange(rows), np.diff(np.arange(rows + 1) * ny // rows))
        above = np.zeros((ny, nx), np.bool_)
        for row in range(rows):
            part = down == row
            above[part] = frame.data[part] > limits[row][across]
        return above & self._good(frame)

    # -- against the reference in use

    def _against(self, figure: str, said: Said, check: Check | None) -> Illustration | None:
        comparison = self._comparison
        difference = comparison.difference if comparison is not None else None
        if comparison is None or difference is None or difference.data.ndim != 2:
            return None
        old = comparison.old.name if comparison.old is not None else "the reference in use"
        ratio = comparison.product == "FLAT"
        what = f"New {'over' if ratio else 'less'} {old}"
        if figure in _LEVELS:
            good = region_of(difference).mask()
            values = sample(np.where(good, difference.data, np.nan), _SAMPLES)
            return _histogram(values, what, said, check)
        if "hot" in figure and difference.dq is not None:
            bit = flags.WARM if "vanished" in figure else flags.HOT
            words = "are hot no more" if "vanished" in figure else "are newly hot"
            return _picture(difference, (difference.dq & np.uint32(bit)) != 0, bit, f"{what}; those that {words}.")
        if any(word in figure for word in ("uneven", "broad", "slope", "step")):
            local = self._local("difference", difference)
            if local is not None:
                return _smoothed(difference, local, what)
        return _picture(difference, None, 0, f"{what}.")

    # -- of the header

    def _cards(self, said: Said, check: Check | None) -> Illustration:
        if check is not None and check.extension:
            lines = [f"EXTNAME = {clean(name, 24)!r}" for name in sorted(self._found.extensions)]
            return Illustration("cards", "Extensions of the file.", cards=tuple(lines[:_MOST_CARDS]))
        if said.check == "file":
            return Illustration("cards", "What is wrong.", cards=self._found.warnings[:_MOST_CARDS])
        if check is not None and check.keyword:
            keywords: Sequence[str] = (check.keyword,)
        elif said.check.startswith("metadata_"):
            keywords = tuple(said.title.removeprefix("Keyword ").split(", "))
        else:
            return Illustration("cards", said.title, cards=(said.text or said.title,))
        caption = "As the header says it."
        first = keywords[0] if keywords else ""
        lines = [self._card(keyword) for keyword in keywords[:_MOST_CARDS]]
        if check is not None and check.allowed:
            lines.append(f"allowed: {', '.join(check.allowed[:6])}")
        row = next((one for one in of_calibration("all") if one.keyword == first), None)
        if row is not None and row.low is not None and row.high is not None and len(keywords) == 1:
            lines.append(f"possible: {row.low:g} to {row.high:g}")
            if row.usual_low is not None and row.usual_high is not None:
                lines.append(f"usual: {row.usual_low:g} to {row.usual_high:g}")
        return Illustration("cards", caption, cards=tuple(lines), keyword=first)

    def _card(self, keyword: str) -> str:
        header = self._found.header
        if keyword not in header:
            return f"{keyword:<8} is not there"
        value = header[keyword]
        shown = repr(clean(value, 40)) if isinstance(value, str) else clean(str(value), 40)
        shown = ("T" if value else "F") if isinstance(value, bool) else shown
        comment = clean(str(getattr(header, "comments", {}).get(keyword, "")), 40)
        return f"{keyword:<8}= {shown}{f' / {comment}' if comment else ''}"


def _alone(frame: Frame) -> Any:
    """Which pixels stand out alone."""
    marked = np.zeros(frame.shape, np.bool_)
    points = sharp_points(frame)
    if points is not None:
        region = region_of(frame)
        marked[points.y - region.y, points.x - region.x] = True
    return marked


def _plane(frame: Frame) -> Frame:
    """A plane of a cube or ramp: the last, in which a ramp has all its light."""
    if frame.data.ndim == 2:
        return frame
    last = (-1,) * (frame.data.ndim - 2)
    err = frame.err if frame.err is None or frame.err.ndim == 2 else frame.err[last]
    dq = frame.dq if frame.dq is None or frame.dq.ndim == 2 else frame.dq[last]
    return Frame(frame.data[last], err, dq, frame.header, frame.path)


def _picture(frame: Frame, marked: Any, bit: int, caption: str) -> Illustration:
    """A picture with some pixels marked, reduced for a card."""
    data = np.ascontiguousarray(frame.data)
    factor = max(1, math.ceil(max(data.shape) / SMALL))
    small = reduce_band(data, factor, "mean")
    spots = None if marked is None else reduce_band(np.ascontiguousarray(marked).view(np.uint8), factor, "maximum") > 0
    dq = None
    if marked is not None:
        # of several bits each keeps its own; what has none gets one, so that it is seen
        own = frame.dq if frame.dq is not None and bit & (bit - 1) else None
        dq = np.where(marked, np.uint32(bit) if own is None else own & np.uint32(bit), np.uint32(0)).astype(np.uint32)
    shown = replace(frame, data=data, err=None, dq=dq, planes={})
    return Illustration("picture", caption, small, spots, _limits(data), shown)


def _limits(data: Array) -> Limits | None:
    try:
        return find_limits(data, "zscale")
    except ValueError:
        return None


def _smoothed(frame: Frame, local: LocalStatistics, what: str) -> Illustration:
    """The levels of the tiles, 1 to 99 %."""
    level = local.level.astype(np.float32)
    side = f"{round(frame.data.shape[1] / level.shape[1])} x {round(frame.data.shape[0] / level.shape[0])}"
    header = {"BUNIT": frame.unit} if frame.unit else {}
    caption = f"{what}: medians of {side} pixels, stretched from 1 to 99 %."
    return Illustration(
        "picture", caption, level, None, percentile_limits(level, 98.0), Frame(level, None, None, header)
    )


def _marks(said: Said, check: Check | None) -> tuple[Mark, ...]:
    made: list[Mark] = []
    if isinstance(said.value, int | float) and math.isfinite(said.value):
        made.append(Mark(float(said.value), "value"))
    if check is not None:
        for at, what, above in (
            (check.bad_below, "bad", False),
            (check.doubtful_below, "doubtful", False),
            (check.doubtful_above, "doubtful", True),
            (check.bad_above, "bad", True),
        ):
            if at is not None:
                made.append(Mark(at, "bad" if what == "bad" else "doubtful", above))
    elif said.threshold is not None:
        made.append(Mark(said.threshold, said.verdict if said.verdict == "bad" else "doubtful"))
    return tuple(made)


def _histogram(values: Array, what: str, said: Said, check: Check | None) -> Illustration | None:
    """How often values are found, with the figure and its limits among them."""
    finite = values[np.isfinite(values)].astype(np.float64)
    marks = _marks(said, check)
    if not finite.size:
        return None
    low, high = np.percentile(finite, [_TAILS, 100 - _TAILS])
    # the figure and the limit that it is beyond are seen; others where they are near
    must = [mark.at for mark in marks if mark.what == "value"]
    must += [said.threshold] if said.threshold is not None else []
    low, high = min([low, *must]), max([high, *must])
    wide = (high - low) or abs(low) or 1.0
    near = [mark.at for mark in marks if low - wide < mark.at < high + wide]
    low, high = min([low, *near]) - 0.04 * wide, max([high, *near]) + 0.04 * wide
    counts, edges = np.histogram(finite, _BINS, (float(low), float(high)))
    caption = f"{what}; lines: the figure, and the limits beyond which it is doubtful or bad."
    return Illustration(
        "histogram", caption, edges=edges, counts=counts, marks=marks, unit=_unit(said), axis=what,
        keyword=_keyword(check),
    )  # fmt: skip


def _unit(said: Said) -> str:
    """As people write it: a number without one has none."""
    return "" if said.unit == "1" else said.unit


def _keyword(check: Check | None) -> str:
    return check.keyword if check is not None else ""
