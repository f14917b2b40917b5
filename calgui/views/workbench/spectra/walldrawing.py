"""Rows of the wall as pixels of the screen: only those that are seen, of each the brightest value. No Qt."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calgui.views.workbench.spectra.shown import MISSING, Shown

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Short = npt.NDArray[np.int32]
Picture = npt.NDArray[np.uint32]

#: rows at least so high are drawn as curves, and lower ones as tones; lower still, without ticks and lines between
CURVES, DETAILS = 30, 8
#: the highest tone is the value that so many pixels of a spectrum reach: a hot pixel makes no other one dark
_PEAK = 4
#: pixels on a column of the screen up to which they are looked at one by one
_FEW = 6
#: places of the axis at which the pixels of wavelengths are sought, turns of Newton's method, and how far beyond
_NODES, _TURNS, _BEYOND = 33, 4, 1.5


@dataclass(frozen=True)
class Inks:
    """Colours as ``0xAARRGGBB``.

    Attributes
    ----------
    tones : ndarray of uint32, shape (256,)
        From the ground to the brightest.
    ground, curve, between : int
        Of a row drawn as a curve, the curve, and the line between rows.
    ticks : ndarray of uint32
        Of each state of lines.
    """

    tones: Picture
    ground: int
    curve: int
    between: int
    ticks: Picture


@dataclass(frozen=True)
class Span:
    """The part of the axis that is seen.

    Attributes
    ----------
    low, high : float
        Pixels (edges, -0.5 is that of the first), or wavelengths in vacuum in nm.
    wavelength : bool
        Which of the two; spectra then lie so that their wavelengths are below one another.
    """

    low: float
    high: float
    wavelength: bool


@dataclass
class Rows:
    """Draws rows of the spectra of a result.

    Attributes
    ----------
    shown : Shown
        All spectra.
    """

    shown: Shown
    _levels: Floats = field(init=False)
    _alike: tuple[float, float] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._levels = np.full((self.shown.count, 2), np.nan)

    # -- values --------------------------------------------------------------------------------------------------------

    def levels(self, which: Whole, alike: bool) -> Floats:
        """Lowest and highest value of the tones of some spectra.

        Parameters
        ----------
        which : ndarray of int
            Spectra.
        alike : bool
            One scale for all, that of a usual spectrum; else each has its own.

        Returns
        -------
        ndarray of float64, shape (n, 2)
        """
        if alike:
            if self._alike is None:
                step = max(self.shown.count // 200, 1)
                own = self.levels(np.arange(0, self.shown.count, step, dtype=np.int64), False)
                good = own[np.isfinite(own).all(axis=1) & (own[:, 1] > own[:, 0])]
                self._alike = (float(np.median(good[:, 0])), float(np.median(good[:, 1]))) if len(good) else (0.0, 1.0)
            return np.tile(self._alike, (which.size, 1))
        new = which[np.isnan(self._levels[which, 0])]
        if new.size:
            flux = self.shown.spectra.flux[new]
            if np.isfinite(flux).all():
                top = max(flux.shape[1] - 1 - _PEAK, 0)
                high = np.partition(flux, top, axis=1)[:, top]
                some = flux[:, :: max(flux.shape[1] // 500, 1)]
                low = np.partition(some, some.shape[1] // 2, axis=1)[:, some.shape[1] // 2]
            else:
                ordered = np.sort(np.where(np.isfinite(flux), flux, np.nan), axis=1)
                there = np.isfinite(ordered).sum(axis=1)
                rows = np.arange(new.size)
                low = ordered[rows, np.maximum(there // 2 - 1, 0)]
                high = ordered[rows, np.maximum(there - 1 - _PEAK, 0)]
            known = np.isfinite(low) & np.isfinite(high)
            self._levels[new, 0] = np.where(known, low, 0.0)
            self._levels[new, 1] = np.where(known, np.where(high > low, high, low + 1.0), 1.0)
        return self._levels[which]

    def edges(self, which: Whole, span: Span, columns: int) -> Short:
        """The first pixel of each column of the screen, and one past the last.

        Parameters
        ----------
        which : ndarray of int
            Spectra.
        span : Span
            What is seen.
        columns : int
            Of the screen.

        Returns
        -------
        ndarray of int32, shape (1 or n, columns + 1)
            One row where all spectra have the same; -1 and ``pixels`` for what lies before and after a spectrum.
        """
        at = np.linspace(span.low, span.high, columns + 1)
        last = self.shown.pixels
        if not span.wavelength:
            return np.clip(np.floor(at + 0.5), -1, last).astype(np.int32)[None, :]
        nodes = np.linspace(span.low, span.high, _NODES)
        pixel = self._pixels_at(which, nodes)
        # between nodes pixels run straight, to a hundredth of one
        share = np.clip((at - span.low) / (span.high - span.low) * (_NODES - 1), 0, _NODES - 1)
        left = np.minimum(share.astype(np.int64), _NODES - 2)
        part = (share - left).astype(np.float32)
        near = (pixel + 0.5).astype(np.float32)
        # not as a product of matrices, whose threads would wait for one another
        places = np.take(near, left, axis=1)
        places += part * np.take(np.diff(near, axis=1), left, axis=1)
        np.clip(np.floor(places, out=places), -1, last, out=places)
        return places.astype(np.int32)

    def _pixels_at(self, which: Whole, waves: Floats) -> Floats:
        """Where wavelengths are on some spectra, also a little beyond their ends; shape (n, wavelengths)."""
        spectra = self.shown.spectra
        first, last = spectra.domain
        coefficients = spectra.coefficients[which]
        # without a solution of its own it lies as if it had the usual one: that it does not fit is seen
        without = ~np.isfinite(coefficients).all(axis=1)
        coefficients[without] = spectra.coefficients[spectra.main]
        coefficients[~np.isfinite(coefficients)] = 0.0
        if coefficients.shape[1] < 2:
            return np.full((which.size, waves.size), -1.0)
        slope = np.polynomial.legendre.legder(coefficients, axis=1)
        usual = np.where(np.abs(coefficients[:, 1:2]) > 0, coefficients[:, 1:2], 1e-9)
        u = np.clip((waves[None, :] - coefficients[:, :1]) / usual, -_BEYOND, _BEYOND)
        for _ in range(_TURNS):
            value = np.polynomial.legendre.legval(u, coefficients.T[:, :, None], tensor=False)
            by = np.polynomial.legendre.legval(u, slope.T[:, :, None], tensor=False)
            by = np.where(by * usual > 0, by, usual)
            u = np.clip(u - (value - waves[None, :]) / by, -_BEYOND, _BEYOND)
        return np.asarray((u * (last - first) + first + last) / 2, np.float64)

    def columns(self, which: Whole, span: Span, columns: int, both: bool = True) -> tuple[Floats, Floats]:
        """The lowest and the highest value of what falls on each column of the screen.

        Parameters
        ----------
        which : ndarray of int
            Spectra.
        span : Span
            What is seen.
        columns : int
            Of the screen.
        both : bool
            Whether the lowest are wanted; else they are the highest.

        Returns
        -------
        tuple of two ndarray of float32, shape (n, columns)
            NaN where a spectrum has nothing.
        """
        flux = self.shown.spectra.flux
        return _reduced(flux[which], self.edges(which, span, columns), both)

    # -- pixels --------------------------------------------------------------------------------------------------------

    def draw(self, which: Whole, span: Span, columns: int, height: int, alike: bool, inks: Inks) -> Picture:
        """Draw some spectra below one another.

        Parameters
        ----------
        which : ndarray of int
            Spectra, from top to bottom.
        span : Span
            What is seen of each.
        columns, height : int
            Width of the picture and height of a row, pixels of the screen.
        alike : bool
            One scale of tones for all.
        inks : Inks
            Colours.

        Returns
        -------
        ndarray of uint32, shape (n * height, columns)
        """
        low, high = self.columns(which, span, columns, height >= CURVES)
        levels = self.levels(which, alike)
        lowest = levels[:, :1].astype(np.float32)
        scale = (1.0 / np.maximum(levels[:, 1:] - levels[:, :1], 1e-30)).astype(np.float32)
        with np.errstate(invalid="ignore"):
            top = np.sqrt(np.clip((high - lowest) * scale, 0, 1))
        nothing = np.isnan(top)
        if height >= CURVES:
            with np.errstate(invalid="ignore"):
                bottom = np.sqrt(np.clip((low - lowest) * scale, 0, 1))
            made = _curves(np.where(nothing, -1, top), np.where(nothing, -1, bottom), height, inks)
        else:
            some = bool(nothing.any())
            tones = np.take(inks.tones, ((np.where(nothing, 0, top) if some else top) * 255).astype(np.uint8))
            if some:
                tones[nothing] = inks.between
            made = np.repeat(tones, height, axis=0)
        if height >= DETAILS:
            made[height - 1 :: height] = inks.between
            for down in range(_lane(height) if height < CURVES else 0):
                made[down::height] = inks.ground
            self._tick(made, which, span, height, inks)
        return made

    def _tick(self, made: Picture, which: Whole, span: Span, height: int, inks: Inks) -> None:
        """A tick at the top of each row for every line, in the colour of its state."""
        lines, spectra = self.shown.spectra.lines, self.shown.spectra
        starts, ends = np.searchsorted(lines.spectrum, which), np.searchsorted(lines.spectrum, which + 1)
        counts = ends - starts
        if not counts.sum():
            return
        row = np.repeat(np.arange(which.size), counts)
        first = np.repeat(starts - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
        index = first + np.arange(row.size)
        seen = (lines.state[index] != MISSING) & np.isfinite(lines.pixel[index])
        row, index = row[seen], index[seen]
        place = lines.pixel[index]
        if span.wavelength:
            begin, end = spectra.domain
            u = (2 * place - begin - end) / (end - begin)
            solved = np.isfinite(spectra.coefficients).all(axis=1)
            of = np.where(solved[which], which, spectra.main)[row]
            place = np.polynomial.legendre.legval(u, spectra.coefficients[of].T, tensor=False)
        columns = made.shape[1]
        x = np.floor((place - span.low) / (span.high - span.low) * columns)
        inside = (x >= 0) & (x < columns)
        x, row, colour = x[inside].astype(np.int64), row[inside], inks.ticks[lines.state[index[inside]]]
        long = _lane(height) - 1
        for down in range(long):
            made[row * height + down, x] = colour
        # two points wide, or a single one would hardly be seen
        beside = np.minimum(x + 1, columns - 1)
        for down in range(long):
            made[row * height + down, beside] = colour


def _lane(height: int) -> int:
    """How much of a row the ticks have for themselves."""
    return max(3, min(7, height // 4))


def _reduced(flux: npt.NDArray[np.float32], edges: Short, both: bool) -> tuple[Floats, Floats]:
    """Lowest and highest of the pixels between edges; of a column within one pixel its value."""
    last = flux.shape[1]
    starts, ends = np.minimum(edges[:, :-1], edges[:, 1:]), np.maximum(edges[:, :-1], edges[:, 1:])
    inside = (starts >= 0) & (starts < last)
    many = int((ends - starts).max(initial=1))
    lowest = flux
    if many > _FEW:
        # where many pixels fall on a column, some beside one another become one first
        join = many // _FEW + 1
        filled = np.pad(flux, ((0, 0), (0, -last % join)), constant_values=np.nan)
        blocks = filled.reshape(len(flux), -1, join)
        flux = np.fmax.reduce(blocks, axis=2)
        lowest = np.fmin.reduce(blocks, axis=2) if both else flux
        starts, ends, last = starts // join, -(-ends // join), flux.shape[1]
        many = int((ends - starts).max(initial=1))
    starts = np.clip(starts, 0, last - 1)
    ends = np.maximum(np.clip(ends, 1, last) - 1, starts)
    high = _at(flux, starts)
    low = _at(lowest, starts) if both else high
    for step in range(1, many):
        place = np.minimum(starts + step, ends)
        high = np.fmax(high, _at(flux, place))
        if both:
            low = np.fmin(low, _at(lowest, place))
    if not inside.all():
        high, low = np.where(inside, high, np.nan), np.where(inside, low, np.nan)
    return (low if both else high), high


def _at(flux: npt.NDArray[np.float32], place: Short) -> Floats:
    """Values of columns, which may be the same of all rows."""
    if len(place) == 1:
        return np.take(flux, place[0], axis=1)
    # as one long row: faster than two indices
    begins = (np.arange(len(flux), dtype=np.int32) * flux.shape[1])[:, None]
    return np.take(np.ascontiguousarray(flux).ravel(), place + begins)


def _curves(top: npt.NDArray[np.float32], bottom: npt.NDArray[np.float32], height: int, inks: Inks) -> Picture:
    """Each row as a curve; columns reach to those beside them, so that it is not broken."""
    count, columns = top.shape
    room = height - 6
    high = (height - 2 - np.rint(top * room)).astype(np.int16)
    low = (height - 2 - np.rint(bottom * room)).astype(np.int16)
    nothing = top < 0
    # rows count downwards: the upper end of a column is its smaller number
    low[:, :-1] = np.maximum(low[:, :-1], np.minimum(high[:, 1:], height - 2))
    low[:, 1:] = np.maximum(low[:, 1:], np.minimum(high[:, :-1], height - 2))
    high[nothing], low[nothing] = height, -1
    down = np.arange(height, dtype=np.int16)[None, :, None]
    inked = (down >= high[:, None, :]) & (down <= low[:, None, :])
    made = np.where(inked, np.uint32(inks.curve), np.uint32(inks.ground))
    return made.reshape(count * height, columns)


def whole(shown: Shown, wavelength: bool) -> Span:
    """All of the spectra on an axis.

    Parameters
    ----------
    shown : Shown
        All spectra.
    wavelength : bool
        Of wavelengths; where nothing has a solution, pixels all the same.

    Returns
    -------
    Span
    """
    if wavelength:
        ends = np.stack([shown.spectra.coefficients @ row for row in _ends(shown)])
        good = ends[np.isfinite(ends)]
        if good.size:
            low, high = np.percentile(good, (0.5, 99.5)) if good.size > 400 else (good.min(), good.max())
            if high > low:
                return Span(float(low), float(high), True)
    return Span(-0.5, shown.pixels - 0.5, False)


def _ends(shown: Shown) -> list[Floats]:
    """The Legendre polynomials at the first and the last pixel."""
    first, last = shown.spectra.domain
    terms = shown.spectra.coefficients.shape[1]
    u = (2 * np.array([0.0, shown.pixels - 1.0]) - first - last) / (last - first)
    return list(np.polynomial.legendre.legvander(u, terms - 1))
