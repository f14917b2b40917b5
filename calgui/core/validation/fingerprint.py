"""The hot pixels of a detector as its fingerprint: whether a picture is of that detector, the right way round."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import is_full, region_of, says_where
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.registry import Metric
from calgui.core.errors import CalguiError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.runs.references import read_reference
from calgui.core.runs.selecting import select, unusable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calgui.core.rules.cache import Cache

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: a pixel stands out where it is so many times the noise above its neighbors
SHARP_SIGMA = 7.0
#: and these are above their own level by at most such a part of it: light from outside fills several pixels
_SHARE = 0.3
#: of each picture the strongest are taken; shifts up to so many pixels are looked for
_MOST, _REACH = 1500, 64
#: of the reference's hot pixels those so far above the noise of the picture must be seen, of so many at least
_SURE_SIGMA, _FEWEST = 12.0, 20
#: more coincidences than chance gives at any of the shifts: so many sigma of a Poisson distribution, and so many
_CHANCE_SIGMA, _CHANCE = 6.0, 8
#: flags on a larger part of the pixels are of something else than the detector
_FEW_FLAGS = 0.05
#: rows of a picture that are looked at together
_BAND = 512

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
class Points:
    """Pixels that stand out alone.

    Attributes
    ----------
    y, x : ndarray of int64
        In pixels of the detector, from 0; the strongest first.
    excess : ndarray of float64
        Above their neighbors, in the unit of the picture.
    noise : float
        Of such an excess.
    """

    y: Ints
    x: Ints
    excess: Floats
    noise: float


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


def sharp_points(frame: Frame) -> Points | None:
    """Pixels that stand out alone, as hot pixels do.

    Parameters
    ----------
    frame : Frame
        An image, shape (ny, nx).

    Returns
    -------
    Points or None
        None where the picture has no noise to measure them with.

    Notes
    -----
    The level of a pixel is the mean of the two middle ones of its four neighbors.
    """
    region = region_of(frame)
    light = region.mask()
    image = frame.data
    noise = _noise(image, light)
    if not noise > 0:
        return None
    found: list[tuple[Ints, Ints, Floats]] = []
    for start in range(1, image.shape[0] - 1, _BAND):
        stop = min(start + _BAND, image.shape[0] - 1)
        excess, share = _excess(image[start - 1 : stop + 1])
        # a comparison with NaN is False
        alone = (excess > SHARP_SIGMA * noise) & (share < _SHARE * excess) & light[start:stop, 1:-1]
        y, x = np.nonzero(alone)
        found.append((y + start, x + 1, excess[y, x].astype(np.float64)))
    y, x, high = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-high)[:_MOST]
    return Points(y[order] + region.y, x[order] + region.x, high[order], noise)


def _excess(rows: Any) -> tuple[Any, Any]:
    """How far pixels are above their four neighbors, and how far the highest of these is itself."""
    around = np.stack((rows[:-2, 1:-1], rows[2:, 1:-1], rows[1:-1, :-2], rows[1:-1, 2:]))
    high, low = around.max(axis=0), around.min(axis=0)
    middle = (around.sum(axis=0) - high - low) / 2
    return rows[1:-1, 1:-1] - middle, high - middle


def _noise(image: Any, light: BoolArray) -> float:
    """Noise of the excess, from some rows all over the picture."""
    step = max(1, (image.shape[0] - 2) // 256)
    parts = []
    for row in range(1, image.shape[0] - 1, step):
        excess, _share = _excess(image[row - 1 : row + 2])
        parts.append(excess[0][light[row, 1:-1] & np.isfinite(excess[0])])
    values = np.concatenate(parts) if parts else np.empty(0)
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values)))) if values.size > 100 else 0.0


def fingerprint(
    frame: Frame, header: "Mapping[str, Any]", cache: "Cache", context: str | None, path: Path, rate: float | None
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

    Returns
    -------
    Fingerprint
        Empty where nothing can be said: no dark or mask in use, or too few pixels that stand out.
    """
    if frame.data.ndim != 2 or min(frame.shape) < 32:
        return Fingerprint({})
    known, name, whole = _known(header, cache, context, path)
    if whole is not None and not _is_part(frame, whole):
        return Fingerprint({})  # such as extracted spectra, which are no pixels of the detector
    seen = sharp_points(frame) if known is not None else None
    if known is None or seen is None:
        return Fingerprint({})
    region = region_of(frame)
    ny, nx = frame.shape
    inside = (known.y >= region.y) & (known.y < region.y + ny) & (known.x >= region.x) & (known.x < region.x + nx)
    y, x, excess = known.y[inside] - region.y, known.x[inside] - region.x, known.excess[inside]
    ours = seen.y - region.y, seen.x - region.x
    if frame.dq is not None:  # where they were taken out, flags tell them
        ours = _with_flags(ours, frame)
    figures: dict[str, Metric] = {}
    note = ""
    if ours[0].size >= _FEWEST // 2 and y.size >= _FEWEST // 2:
        count, here, way, dy, dx, sure = _best(ours, (y, x), (ny, nx))
        if sure:
            moved = bool(way or dy or dx) and count > 2 * here
            part = count / min(ours[0].size, y.size) if moved else 0.0
            figures["fingerprint.moved_fraction"] = Metric(
                min(1.0, part), "", "Part of the pixels that stand out which are hot pixels at another place."
            )
            if moved:
                note = _told(count, name, way, dy, dx)
    if (
        not note
        and rate is not None
        and seen.y.size < _MOST
        and math.isfinite(known.noise)
        and not _was_subtracted(header)
    ):
        figures |= _found(frame, (y, x), excess, seen, rate)
    return Fingerprint(figures, note)


def _was_subtracted(header: "Mapping[str, Any]") -> bool:
    return str(header.get("S_DARK") or "").strip().upper() == "COMPLETE" or bool(header.get("REFTYPE"))


def _told(count: int, name: str, way: str, dy: int, dx: int) -> str:
    """Where the hot pixels are, for the user."""
    words = [way] if way else []
    if dy or dx:
        words.append(f"moved by {dx:+d} columns and {dy:+d} rows")
    return f"{count} pixels that stand out are hot pixels of {name} once the picture is {', then '.join(words)}."


def _known(
    header: "Mapping[str, Any]", cache: "Cache", context: str | None, path: Path
) -> tuple[Points | None, str, Frame | None]:
    """Hot pixels of the dark in use, or of the mask, whose excess is not known; its name, and itself."""
    for kind in ("DARK", "MASK"):
        try:
            selection = select(kind, header, cache, context)
            if selection.path is None or unusable(selection) is not None or selection.path.samefile(path):
                continue
            used = read_reference(kind, selection.path, header, cache)
        except (CalguiError, OSError):
            continue
        if used.data.ndim != 2:
            continue
        points = sharp_points(used) if kind == "DARK" else _flagged(used)
        if points is not None and points.y.size >= _FEWEST // 2:
            return points, selection.file or kind.lower(), used
    return None, "", None


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
    step = max(1, math.ceil(y.size / _MOST))
    y, x = y[::step] + region.y, x[::step] + region.x
    return Points(y, x, np.ones(y.size), math.nan)


def _with_flags(ours: tuple[Ints, Ints], frame: Frame) -> tuple[Ints, Ints]:
    """Pixels that stand out, and those that are flagged as hot or not to be used, where these are few."""
    assert frame.dq is not None
    light = region_of(frame).mask()
    y, x = np.nonzero(((frame.dq & np.uint32(flags.HOT | flags.DO_NOT_USE)) != 0) & light)
    if not 0 < y.size <= _FEW_FLAGS * light.size:
        return ours
    step = max(1, math.ceil(y.size / _MOST))
    both = np.unique(np.stack((np.append(ours[0], y[::step]), np.append(ours[1], x[::step]))), axis=1)
    return both[0], both[1]


def _best(
    ours: tuple[Ints, Ints], theirs: tuple[Ints, Ints], shape: tuple[int, int]
) -> tuple[int, int, str, int, int, bool]:
    """Most coincidences: how many, how many in place, the way and shift, and whether chance does not make as many."""
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
    return most[0], here, most[1], most[2], most[3], sure


def _found(frame: Frame, known: tuple[Ints, Ints], excess: Floats, seen: Points, rate: float) -> dict[str, Metric]:
    """Which part of the hot pixels that must be seen above the noise is seen."""
    y, x = known
    # what the picture has at those places: where there is light, or a flag, nothing must be seen
    level = float(np.nanmedian(frame.data[::7, ::7]))
    part = frame.data[np.clip(y, 0, frame.shape[0] - 1), np.clip(x, 0, frame.shape[1] - 1)]
    must = (excess > _SURE_SIGMA * seen.noise * rate) & np.isfinite(part)
    if frame.dq is not None:
        must &= frame.dq[y, x] == 0
    around = frame.data[np.clip(y + 2, 0, frame.shape[0] - 1), np.clip(x + 2, 0, frame.shape[1] - 1)]
    must &= np.abs(around - level) < _SURE_SIGMA * seen.noise
    count = int(np.count_nonzero(must))
    if count < _FEWEST:
        return {}
    region = region_of(frame)
    there = set(zip((seen.y - region.y).tolist(), (seen.x - region.x).tolist(), strict=True))
    hits = sum((int(a), int(b)) in there for a, b in zip(y[must], x[must], strict=True))
    value = hits / count
    return {
        "fingerprint.found_fraction": Metric(
            value, "", "Part of the hot pixels of the dark in use, far above the noise, that stand out here."
        ),
        "fingerprint.found_error": Metric(
            math.sqrt(max(value * (1 - value), 1 / count) / count), "", "One sigma of it, by their number."
        ),
    }
