"""What a person set or cleared in a bad pixel map by hand, as a value: strokes of a brush, and regions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.badpixels.summary import definition, kind_keywords, kind_metrics, kind_table
from calgui.core.algorithms.registry import Metric, Result
from calgui.core.errors import UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray
from calgui.core.frames.headers import Header
from calgui.core.regions.masks import inside
from calgui.core.regions.shapes import Line, Shape

#: sides of a brush, pixels
BRUSHES: tuple[int, ...] = (1, 3, 5)

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stroke:
    """One thing that was done: bits set or cleared in some pixels.

    Attributes
    ----------
    bits : int
        Data-quality bits.
    on : bool
        Whether they were set.
    pixels : bytes
        Sorted places in the map, y nx + x, as int64: a value that is compared and kept cheaply. See `Stroke.of`.
    """

    bits: int
    on: bool
    pixels: bytes

    @classmethod
    def of(cls, bits: int, on: bool, pixels: Iterable[int] | Index) -> "Stroke":
        """A stroke over some pixels.

        Parameters
        ----------
        bits : int
            Data-quality bits.
        on : bool
            Whether they are set, or cleared.
        pixels : iterable of int or ndarray
            Places in the map, y nx + x, in any order.

        Returns
        -------
        Stroke
        """
        given = pixels if isinstance(pixels, np.ndarray) else np.fromiter(pixels, np.int64)
        return cls(bits, on, np.unique(given.astype(np.int64)).tobytes())

    @property
    def index(self) -> Index:
        """The places, sorted."""
        return np.frombuffer(self.pixels, np.int64)

    @property
    def text(self) -> str:
        """What was done, for people: ``set HOT in 12 pixels``."""
        names = " ".join(flags.decode(self.bits)) if self.bits != _ALL else "all flags"
        return f"{'set' if self.on else 'clear'} {names} in {_pixels(len(self.pixels) // 8)}"


#: every bit; cleared, a pixel is good
_ALL = 0xFFFFFFFF
_BORDER = np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)


@dataclass(frozen=True)
class Edits:
    """All that was done by hand, in its order.

    Attributes
    ----------
    strokes : tuple of Stroke
        The first is the oldest.
    """

    strokes: tuple[Stroke, ...] = ()

    def then(self, stroke: Stroke) -> "Edits":
        """The same with one more stroke.

        Parameters
        ----------
        stroke : Stroke
            What was done last.

        Returns
        -------
        Edits
        """
        return replace(self, strokes=(*self.strokes, stroke))

    def applied(self, dq: DqArray) -> DqArray:
        """A map with the strokes; reference pixels stay what they are.

        Parameters
        ----------
        dq : ndarray of uint32, shape (ny, nx)
            As the algorithm made it; it is not changed.

        Returns
        -------
        ndarray of uint32
        """
        made = dq.copy()
        flat, border = made.reshape(-1), (dq.reshape(-1) & _BORDER) != 0
        for stroke in self.strokes:
            index = stroke.index
            index = index[(index >= 0) & (index < flat.size)]
            index = index[~border[index]]
            if stroke.on:
                flat[index] |= np.uint32(stroke.bits)
            else:
                flat[index] &= ~np.uint32(stroke.bits)
        return made

    def changed(self, dq: DqArray) -> tuple[int, int]:
        """How many pixels are other than the algorithm made them.

        Parameters
        ----------
        dq : ndarray of uint32
            As the algorithm made it.

        Returns
        -------
        tuple of int
            Pixels that got a bit, and other pixels that lost one.
        """
        touched = np.unique(np.concatenate([stroke.index for stroke in self.strokes] or [np.empty(0, np.int64)]))
        touched = touched[(touched >= 0) & (touched < dq.size)]
        before, now = dq.reshape(-1)[touched], self.applied(dq).reshape(-1)[touched]
        gained, lost = (now & ~before) != 0, (before & ~now) != 0
        return int(np.count_nonzero(gained)), int(np.count_nonzero(lost & ~gained))


def brushed(points: Sequence[tuple[float, float]], side: int, size: tuple[int, int]) -> Index:
    """Pixels under a brush that is drawn from point to point.

    Parameters
    ----------
    points : sequence of (x, y)
        In pixels; the centre of the first pixel is at (0, 0).
    side : int
        Of the square brush, odd.
    size : tuple of int
        (ny, nx) of the map.

    Returns
    -------
    ndarray of int64
        y nx + x of each, sorted; what lies outside of the map is left out.
    """
    track: set[tuple[int, int]] = set()
    for number, (x, y) in enumerate(points):
        px, py = points[max(number - 1, 0)]
        # half a pixel at a time leaves no gap, however fast the brush was
        steps = max(int(2 * max(abs(x - px), abs(y - py))) + 1, 1)
        track |= {(round(px + (x - px) * k / steps), round(py + (y - py) * k / steps)) for k in range(steps + 1)}
    if not track:
        return np.empty(0, np.int64)
    half, (ny, nx) = side // 2, size
    at = np.array(sorted(track), np.int64)
    around = np.arange(-half, half + 1)
    xs = (at[:, 0, None, None] + around[None, None, :]).repeat(side, 1)
    ys = (at[:, 1, None, None] + around[None, :, None]).repeat(side, 2)
    within = (xs >= 0) & (xs < nx) & (ys >= 0) & (ys < ny)
    made: Index = np.unique(ys[within] * nx + xs[within])
    return made


def enclosed(shape: Shape, size: tuple[int, int]) -> Index:
    """Pixels whose centres lie in a region, or on a line.

    Parameters
    ----------
    shape : Shape
        In pixels.
    size : tuple of int
        (ny, nx) of the map.

    Returns
    -------
    ndarray of int64
        y nx + x of each, sorted.
    """
    if isinstance(shape, Line):
        return brushed([(shape.x1, shape.y1), (shape.x2, shape.y2)], 1, size)
    found = inside(shape, size)
    if found is None:
        return np.empty(0, np.int64)
    box, which = found
    ys, xs = np.nonzero(which)
    made: Index = (ys.astype(np.int64) + box.y_start) * size[1] + xs + box.x_start
    return made


def parse_edits(text: str, size: tuple[int, int]) -> Edits:
    """Strokes written as a text, for the command line.

    Parameters
    ----------
    text : str
        ``x,y=HOT+DO_NOT_USE; x1:x2,y1:y2=-WARM; x,y=`` from 0, ends included: set flags, clear some (a minus sign
        before them), or clear all.
    size : tuple of int
        (ny, nx) of the map.

    Returns
    -------
    Edits

    Raises
    ------
    UsageError
        Not of that form, no such flag, or outside of the map.
    """
    made = Edits()
    for part in filter(None, (part.strip() for part in text.split(";"))):
        place, equals, names = (piece.strip() for piece in part.partition("="))
        try:
            across, along = place.split(",")
            columns, rows = _span(across, size[1]), _span(along, size[0])
            if not equals:
                raise ValueError(part)
        except ValueError:
            raise UsageError(
                f"{part!r} says no pixels of a map of {size[1]} × {size[0]}.",
                cure="Write x,y=FLAG+FLAG or x1:x2,y1:y2=-FLAG, from 0, parted by semicolons.",
            ) from None
        bits = 0
        for name in filter(None, (name.strip().upper() for name in names.removeprefix("-").split("+"))):
            if name not in flags.BY_NAME:
                raise UsageError(f"There is no data-quality flag {name!r}.", cure="Give its JWST name, such as HOT.")
            bits |= flags.BY_NAME[name].value
        ys, xs = np.meshgrid(np.arange(*rows), np.arange(*columns), indexing="ij")
        on = bool(bits) and not names.startswith("-")
        made = made.then(Stroke.of(bits or _ALL, on, (ys * size[1] + xs).reshape(-1)))
    return made


def _span(text: str, length: int) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    start = int(first)
    stop = int(last) if colon else start
    if not 0 <= start <= stop < length:
        raise ValueError(text)
    return start, stop + 1


def clear_all(pixels: Index) -> Stroke:
    """A stroke that makes pixels good.

    Parameters
    ----------
    pixels : ndarray of int64
        y nx + x of each.

    Returns
    -------
    Stroke
    """
    return Stroke.of(_ALL, False, pixels)


def with_edits(result: Result, edits: Edits) -> Result:
    """The result of an algorithm with what was done by hand.

    Parameters
    ----------
    result : Result
        As the algorithm made it: its frame's DQ is the map.
    edits : Edits
        Since then; none gives the result back.

    Returns
    -------
    Result
        Its map, numbers, tables and keywords are those of the painted map; HISTORY says what was done.
    """
    frame = result.frame
    if frame is None or frame.dq is None or not edits.strokes:
        return result
    dq = edits.applied(frame.dq)
    gained, lost = edits.changed(frame.dq)
    by_hand = gained + lost
    said = f"By hand: {_pixels(gained)} flagged, {f'{lost:,}' if lost else 'none'} cleared."
    header = Header(frame.header)
    before = str(frame.header.get("HISTORY") or "")
    header["HISTORY"] = "\n".join(filter(None, (before, *history(edits, gained, lost))))
    metrics = {**result.metrics, **kind_metrics(dq)}
    metrics["n_by_hand"] = Metric(by_hand, "pixel", "Pixels that are other than the algorithm made them.")
    flag_table = kind_table(dq)
    return replace(
        result,
        frame=replace(frame, dq=dq, header=header),
        metrics=metrics,
        reasons=(*result.reasons, said),
        tables=tuple(flag_table if table.title == flag_table.title else table for table in result.tables),
        keywords={
            **result.keywords,
            **kind_keywords(dq),
            "NBYHAND": (by_hand, "pixels set or cleared by hand"),
        },
        planes={**result.planes, "DQ_DEF": definition(dq)},
    )


def history(edits: Edits, gained: int, lost: int) -> list[str]:
    """Lines of HISTORY that say what was done by hand.

    Parameters
    ----------
    edits : Edits
        With a stroke at least.
    gained, lost : int
        From `Edits.changed`.

    Returns
    -------
    list of str
        The numbers, and how many pixels the strokes of each flag went over.
    """
    number = len(edits.strokes)
    lines = [f"By hand: {_pixels(gained)} flagged, {lost} cleared, in {number} stroke{'s' if number != 1 else ''}"]
    over: Counter[tuple[bool, int]] = Counter()
    for stroke in edits.strokes:
        over[stroke.on, stroke.bits] += len(stroke.pixels) // 8
    for (on, bits), pixels in over.items():
        names = " ".join(flags.decode(bits)) if bits != _ALL else "all flags"
        lines.append(f"  {'set' if on else 'cleared'} {names}: {_pixels(pixels)}")
    return lines


def _pixels(number: int) -> str:
    return f"{number:,} pixel{'s' if number != 1 else ''}"
