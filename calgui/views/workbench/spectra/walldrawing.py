"""Rows of the wall as pixels of the screen: only those that are seen, of each the brightest value. No Qt."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calgui.views.workbench.spectra.shown import MISSING, Shown

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Picture = npt.NDArray[np.uint32]

#: rows at least so high are drawn as curves, and lower ones as tones; lower still, without ticks and lines between
CURVES, DETAILS = 30, 8
#: the highest tone is the value that so many pixels of a spectrum reach: a hot pixel makes no other one dark
_PEAK = 4


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
            ordered = np.sort(self.shown.spectra.flux[new], axis=1)
            there = np.isfinite(ordered).sum(axis=1)
            rows = np.arange(new.size)
            low = ordered[rows, np.maximum(there // 2 - 1, 0)]
            high = ordered[rows, np.maximum(there - 1 - _PEAK, 0)]
            known = (there > 0) & np.isfinite(low) & np.isfinite(high)
            self._levels[new, 0] = np.where(known, low, 0.0)
            self._levels[new, 1] = np.where(known, np.where(high > low, high, low + 1.0), 1.0)
        return self._levels[which]

    def edges(self, which: Whole, span: Span, columns: int) -> Whole:
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
        ndarray of int, shape (1 or n, columns + 1)
            One row where all spectra have the same; -1 and ``pixels`` for what lies before and after a spectrum.
        """
        at = np.linspace(span.low, span.high, columns + 1)
        last = self.shown.pixels
        if not span.wavelength:
            return np.clip(np.floor(at + 0.5), -1, last).astype(np.int64)[None, :]
        made = np.empty((which.size, columns + 1), np.int64)
        usual = self.shown.spectra.main
        for row, spectrum in enumerate(which.tolist()):
            waves = self.shown.spectra.wavelengths(spectrum)
            if not np.isfinite(waves[0]):
                # without a solution of its own it lies as if it had the usual one: that it does not fit is seen
                waves = self.shown.spectra.wavelengths(usual)
            pixels = np.arange(last, dtype=np.float64)
            if waves[0] > waves[-1]:
                waves, pixels = waves[::-1], pixels[::-1]
            rising = waves[0] < waves[-1]
            outside = (-1.0, float(last)) if pixels[0] < pixels[-1] else (float(last), -1.0)
            place = np.interp(at, waves, pixels, left=outside[0], right=outside[1]) if rising else np.full(at.size, -1)
            made[row] = np.clip(np.floor(place + 0.5), -1, last)
        return made

    def columns(self, which: Whole, span: Span, columns: int) -> tuple[Floats, Floats]:
        """The lowest and the highest value of what falls on each column of the screen.

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
        tuple of two ndarray of float32, shape (n, columns)
            NaN where a spectrum has nothing.
        """
        flux = self.shown.spectra.flux
        edges = self.edges(which, span, columns)
        if edges.shape[0] == 1:
            return _reduced(flux[which], edges[0])
        lows, highs = [], []
        for row, spectrum in enumerate(which.tolist()):
            edge = edges[row]
            backwards = edge[0] > edge[-1]
            low, high = _reduced(flux[spectrum : spectrum + 1], edge[::-1] if backwards else edge)
            lows.append(low[:, ::-1] if backwards else low)
            highs.append(high[:, ::-1] if backwards else high)
        return np.concatenate(lows), np.concatenate(highs)

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
        low, high = self.columns(which, span, columns)
        levels = self.levels(which, alike)
        scale = 1.0 / np.maximum(levels[:, 1:] - levels[:, :1], 1e-30)
        with np.errstate(invalid="ignore"):
            top = np.sqrt(np.clip((high - levels[:, :1]) * scale, 0, 1)).astype(np.float32)
            bottom = np.sqrt(np.clip((low - levels[:, :1]) * scale, 0, 1)).astype(np.float32)
        nothing = np.isnan(top)
        if height >= CURVES:
            made = _curves(np.where(nothing, -1, top), np.where(nothing, -1, bottom), height, inks)
        else:
            tones = inks.tones[(np.where(nothing, 0, top) * 255).astype(np.uint8)]
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


def _reduced(flux: npt.NDArray[np.float32], edges: Whole) -> tuple[Floats, Floats]:
    """Lowest and highest of the pixels between rising edges; of a column within one pixel its value."""
    last = flux.shape[1]
    starts = np.clip(edges[:-1], 0, last - 1)
    inside = (edges[:-1] >= 0) & (edges[:-1] < last)
    final = int(np.clip(edges[-1], 1, last))
    part = flux[:, : max(final, int(starts.max()) + 1)]
    high = np.fmax.reduceat(part, starts, axis=1)
    low = np.fmin.reduceat(part, starts, axis=1)
    # the last start takes all to the end of what is seen; those outside have nothing
    high[:, ~inside], low[:, ~inside] = np.nan, np.nan
    return low, high


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
