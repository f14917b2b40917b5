"""The hot pixels of a detector as its fingerprint: whether a picture is of that detector, the right way round."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import is_full, region_of, says_where
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import CalguiError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.runs.references import read_reference
from calgui.core.runs.selecting import select, unusable
from calgui.core.validation.sharp import MOST, SHARP_SIGMA, Points, excess_at, sharp_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calgui.core.rules.cache import Cache

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: shifts up to so many pixels are looked for
_REACH = 64
#: of the reference's hot pixels those so far above the noise of the picture must be seen, of so many at least
_SURE_SIGMA, _FEWEST = 12.0, 20
#: more coincidences than chance gives at any of the shifts: so many sigma of a Poisson distribution, and so many
_CHANCE_SIGMA, _CHANCE = 6.0, 8
#: flags on a larger part of the pixels are of something else than the detector
_FEW_FLAGS = 0.05
#: detectors of IRIS, one of which may have been named for another
DETECTORS = ("IRIS1", "IRIS2", "IRIS3", "IRIS4", "IFS")

#: the ways in which a picture may be turned: words, whether axes are exchanged, mirrored along x, along y
_WAYS: tuple[tuple[str, bool, bool, bool], ...] = (
    ("", False, False, False),
    ("mirrored left to right", False, True, False),
    ("mirrored top to bottom", False, False, True),
    ("turned by 180 degrees", False, True, True),
    ("with rows and columns exchanged", True, False, False),
    ("turned by 90 degrees", True, True, False),
    ("turned by 270 degrees", True, False, True),
    ("with rows and columns exchanged, and turned by 180 degrees", True, True, True),
)


@dataclass(frozen=True)
class Fingerprint:
    """What the hot pixels of a picture say.

    Attributes
    ----------
    figures : mapping of str to Metric
        ``moved_fraction``, ``found_fraction`` of it.
    note : str
        Where the hot pixels are instead; empty where they are in their place.
    """

    figures: "Mapping[str, Metric]"
    note: str = ""

    @property
    def details(self) -> "Mapping[str, str]":
        """The note, for the figures that it belongs to."""
        return {f"fingerprint.{name}": self.note for name in ("moved_fraction", "stranger_fraction") if self.note}


@dataclass(frozen=True)
class _Known:
    """Hot pixels of a reference in use, and its name."""

    points: Points
    name: str

    def _within(self, frame: Frame) -> BoolArray:
        region = region_of(frame)
        y, x = self.points.y - region.y, self.points.x - region.x
        return np.asarray((y >= 0) & (y < frame.shape[0]) & (x >= 0) & (x < frame.shape[1]))

    def inside(self, frame: Frame) -> tuple[Ints, Ints]:
        """Rows and columns of those within a picture."""
        region, within = region_of(frame), self._within(frame)
        return self.points.y[within] - region.y, self.points.x[within] - region.x

    def excess(self, frame: Frame) -> Floats:
        """Of the same."""
        return np.asarray(self.points.excess[self._within(frame)])


@dataclass(frozen=True)
class _Match:
    """How pixels that stand out fit best to hot pixels: how many coincide so, and how many as they are."""

    count: int
    here: int
    way: str
    dy: int
    dx: int
    sure: bool

    @property
    def is_moved(self) -> bool:
        return bool(self.way or self.dy or self.dx) and self.count > 2 * self.here

    def told(self, name: str) -> str:
        """Where the hot pixels are, for the user."""
        words = [self.way] if self.way else []
        if self.dy or self.dx:
            words.append(f"moved by {self.dx:+d} columns and {self.dy:+d} rows")
        return (
            f"{self.count} pixels that stand out are hot pixels of {name} once the picture is {', then '.join(words)}."
        )


def fingerprint(
    frame: Frame,
    header: "Mapping[str, Any]",
    cache: "Cache",
    context: str | None,
    path: Path,
    rate: float | None,
    detectors: str = "",
) -> Fingerprint:
    """Hold the pixels that stand out of a picture against the hot pixels of the dark, or mask, in use.

    Parameters
    ----------
    frame : Frame
        Of one detector, or a part of it.
    header : mapping
        What the rules decide by.
    cache : Cache
        The rules.
    context : str or None
        Its operational context by default.
    path : pathlib.Path
        Of the picture, which is not compared with itself.
    rate : float or None
        What turns its values into e-/s.
    detectors : str
        DETECTOR of the picture; of a reference several, as in ``IFS|IRIS1``.

    Returns
    -------
    Fingerprint
        Empty where nothing can be said: no dark or mask in use, or too few pixels that stand out.
    """
    if frame.data.ndim != 2 or min(frame.shape) < 32:
        return Fingerprint({})
    seen = sharp_points(frame)
    if seen is None:
        return Fingerprint({})
    region = region_of(frame)
    ours = seen.y - region.y, seen.x - region.x
    if frame.dq is not None:  # where they were taken out, flags tell them
        ours = _with_flags(ours, frame)
    # a reference may be for several detectors, and is of one of them
    own = tuple(name.strip() for name in str(detectors or "").upper().split("|"))
    asked = [header, *({**header, "DETECTOR": name} for name in own[1:])]
    tried = [_known(one, cache, context, path, frame) for one in asked]
    every = [one for one in tried if one is not None]
    known = max(every, key=lambda one: _best(ours, one.inside(frame), frame.shape).count, default=None)
    figures: dict[str, Metric] = {}
    note, sure = "", False
    if known is not None and ours[0].size >= _FEWEST // 2:
        match = _best(ours, known.inside(frame), frame.shape)
        sure = match.sure
        if sure:
            moved = match.count if match.is_moved else 0
            part = min(1.0, moved / max(1, min(ours[0].size, known.inside(frame)[0].size)))
            figures["fingerprint.moved_fraction"] = Metric(
                part, "", "Part of the pixels that stand out which are hot pixels at another place."
            )
            note = match.told(known.name) if moved else ""
    if not sure and ours[0].size >= _FEWEST // 2:
        strange = _of_another(ours, frame, own, header, cache, context, path)
        if strange is not None:
            figures["fingerprint.stranger_fraction"] = Metric(
                strange[0], "", "Part of the pixels that stand out which are hot pixels of another detector."
            )
            note = strange[1]
    measurable = rate is not None and known is not None and math.isfinite(known.points.noise)
    if not note and measurable and not _was_subtracted(header):
        assert rate is not None
        assert known is not None
        figures |= _found(frame, known, seen, rate)
    return Fingerprint(figures, note)


def _of_another(
    ours: tuple[Ints, Ints],
    frame: Frame,
    own: tuple[str, ...],
    header: "Mapping[str, Any]",
    cache: "Cache",
    context: str | None,
    path: Path,
) -> tuple[float, str] | None:
    """Which part of some pixels are hot pixels of another detector, in their places, and its name."""
    for detector in DETECTORS:
        if detector in own:
            continue
        known = _known({**header, "DETECTOR": detector}, cache, context, path, frame)
        if known is None:
            continue
        match = _best(ours, known.inside(frame), frame.shape)
        if match.sure and not match.is_moved:
            part = match.count / max(1, min(ours[0].size, known.inside(frame)[0].size))
            return min(1.0, part), f"{match.count} pixels that stand out are hot pixels of {detector} ({known.name})."
    return None


def _was_subtracted(header: "Mapping[str, Any]") -> bool:
    return str(header.get("S_DARK") or "").strip().upper() == "COMPLETE" or bool(header.get("REFTYPE"))


def _known(header: "Mapping[str, Any]", cache: "Cache", context: str | None, path: Path, frame: Frame) -> _Known | None:
    """Hot pixels of the dark in use, or of the mask, whose excess is not known; None where they say nothing."""
    for kind in ("DARK", "MASK"):
        try:
            selection = select(kind, header, cache, context)
            if selection.path is None or unusable(selection) is not None or selection.path.samefile(path):
                continue
            used = read_reference(kind, selection.path, header, cache)
        except (CalguiError, OSError):
            continue
        # such as extracted spectra, which are no pixels of the detector
        if used.data.ndim != 2 or not _is_part(frame, used):
            continue
        points = sharp_points(used) if kind == "DARK" else _flagged(used)
        if points is None:
            continue
        known = _Known(points, selection.file or kind.lower())
        if known.inside(frame)[0].size >= _FEWEST // 2:
            return known
    return None


def _is_part(frame: Frame, whole: Frame) -> bool:
    """Whether a picture is the other one's part of the detector, or lies within it."""
    if is_full(frame.header) or not says_where(frame):
        return frame.shape == whole.shape
    ours, theirs = region_of(frame), region_of(whole)
    return (
        theirs.x <= ours.x
        and theirs.y <= ours.y
        and ours.x + ours.nx <= theirs.x + theirs.nx
        and ours.y + ours.ny <= theirs.y + theirs.ny
    )


def _flagged(mask: Frame) -> Points:
    region = region_of(mask)
    bits = mask.dq if mask.dq is not None else mask.data.astype(np.uint32)
    y, x = np.nonzero((bits & np.uint32(flags.HOT)) != 0)
    step = max(1, math.ceil(y.size / MOST))
    y, x = y[::step] + region.y, x[::step] + region.x
    return Points(y, x, np.ones(y.size), math.nan)


def _with_flags(ours: tuple[Ints, Ints], frame: Frame) -> tuple[Ints, Ints]:
    """Pixels that stand out, and those that are flagged as hot or not to be used, where these are few."""
    assert frame.dq is not None
    light = region_of(frame).mask()
    y, x = np.nonzero(((frame.dq & np.uint32(flags.HOT | flags.DO_NOT_USE)) != 0) & light)
    if not 0 < y.size <= _FEW_FLAGS * light.size:
        return ours
    step = max(1, math.ceil(y.size / MOST))
    both = np.unique(np.stack((np.append(ours[0], y[::step]), np.append(ours[1], x[::step]))), axis=1)
    return both[0], both[1]


def _best(ours: tuple[Ints, Ints], theirs: tuple[Ints, Ints], shape: tuple[int, ...]) -> _Match:
    """The way and shift with most coincidences."""
    ny, nx = shape
    side = 2 * _REACH + 1
    most, here = (0, "", 0, 0), 0
    for way, exchanged, mirror_x, mirror_y in _WAYS:
        if exchanged and ny != nx:
            continue
        y, x = ours[::-1] if exchanged else ours
        y = ny - 1 - y if mirror_y else y
        x = nx - 1 - x if mirror_x else x
        dy, dx = theirs[0][None] - y[:, None], theirs[1][None] - x[:, None]
        near = (np.abs(dy) <= _REACH) & (np.abs(dx) <= _REACH)
        counts = np.bincount((dy[near] + _REACH) * side + dx[near] + _REACH, minlength=side * side)
        if not way:
            here = int(counts[_REACH * side + _REACH])
        best = int(counts.argmax())
        if counts[best] > most[0]:
            most = int(counts[best]), way, best // side - _REACH, best % side - _REACH
    chance = ours[0].size * theirs[0].size / (ny * nx)
    sure = most[0] > chance + _CHANCE_SIGMA * math.sqrt(chance) + _CHANCE
    return _Match(most[0], here, most[1], most[2], most[3], sure)


def _found(frame: Frame, known: _Known, seen: Points, rate: float) -> dict[str, Metric]:
    """Which part of the hot pixels that must be seen above the noise is seen."""
    y, x = known.inside(frame)
    # where there is light, or a flag, nothing must be seen
    level = float(np.nanmedian(frame.data[::7, ::7]))
    must = (known.excess(frame) > _SURE_SIGMA * seen.noise * rate) & np.isfinite(frame.data[y, x])
    if frame.dq is not None:
        must &= frame.dq[y, x] == 0
    around = frame.data[np.minimum(y + 2, frame.shape[0] - 1), np.minimum(x + 2, frame.shape[1] - 1)]
    must &= np.abs(around - level) < _SURE_SIGMA * seen.noise
    count = int(np.count_nonzero(must))
    if count < _FEWEST:
        return {}
    value = float(np.mean(excess_at(frame, y[must], x[must]) > SHARP_SIGMA * seen.noise))
    return {
        "fingerprint.found_fraction": Metric(
            value, "", "Part of the hot pixels of the dark in use, far above the noise, that stand out here."
        ),
        "fingerprint.found_error": Metric(
            math.sqrt(max(value * (1 - value), 1 / count) / count), "", "One sigma of it, by their number."
        ),
    }
