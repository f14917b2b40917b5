"""From a rough alignment to a name for every line that has only one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.aligning import SPREAD
from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.fitting import SPARE, LineFit, best_order, fit_lines, order_looks, predictions
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.stretch import borne_out

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: how far a line may be from where a listed one should be, over the width of lines: narrower as the fit gets better
_NEAR = (0.8, 0.6, 0.45, 0.4, 0.35, 0.35, 0.35)
#: highest order of each round
_ORDER = (3, 3, 3, 4, 5, 6, 7)
#: lowest order while lines are being named
_LOWEST = 3
#: brightest lines of each round, as a part of all, and how many at least: faint ones fall on listed ones by chance
_BRIGHTEST, _FIRST = (0.35, 0.5, 0.7, 0.85, 1.0, 1.0, 1.0), 12
#: share of the likelihood that a name must have, and that the next one may have
_SURE, _OTHER = 0.7, 0.15
#: a blend may be displaced by this part of the width of a line, at most
_DOUBT = 0.2
#: how far from where the others foresee it a line may be: at least and at most, over the width of lines, and in sigma
_FORESEEN = (0.2, 0.6, 3.0)
#: fainter than listed by so much, in `SPREAD`, is another line: beyond those with names, and between them
_WEAK = (2.2, 4.0)
#: error of where the others foresee a line, at most, over the width of lines; where there are few, none can be spared
_VAGUE = (0.3, 1.0)
#: a faint line at an end that stands so far from the next, in half spectra, has no name
_ALONE = 0.12
#: bright lines may lie further off by this factor
_FREE = 2.5
#: unless there are so many that bright ones are near each other, too
_CROWDED = 80
#: unlisted lines, as a part of all
_UNLISTED = 0.3
#: lines around one that tell how many are not listed there
_AROUND = 8


@dataclass(frozen=True)
class Named:
    """Lines with names.

    Attributes
    ----------
    listed : LampLines
        The list, as the spectrum resolves it, of the range of the spectrum.
    index : ndarray of int, shape (m,)
        Of each found line in it; -1 where it has no name.
    level : mapping of str to float
        Natural logarithm of the flux of a line of strength 1, by lamp.
    coefficients : ndarray of float64
        Legendre, over all pixels: where it was looked for them.
    evidence : float
        Logarithm of the likelihood of the names over that of points without order.
    """

    listed: LampLines
    index: Whole
    level: dict[str, float]
    coefficients: Floats
    evidence: float


def name_lines(
    found: FoundLines, lines: LampLines, coefficients: Floats, level: dict[str, float], pixels: int
) -> Named:
    """Name lines, fit, and name again.

    Parameters
    ----------
    found : FoundLines
        Of the spectrum.
    lines : LampLines
        Of the lamps that are on, as listed.
    coefficients : ndarray of float64
        Legendre, over all pixels: a rough alignment, in nm.
    level : mapping of str to float
        Natural logarithm of the flux of a line of strength 1, by lamp.
    pixels : int
        Of the spectrum.

    Returns
    -------
    Named
    """
    half = (pixels - 1) / 2
    u = found.pixel / half - 1
    level = dict(level)
    listed = lines
    index = np.full(len(found), -1)
    previous: Floats | None = None
    rank = np.argsort(np.argsort(-found.flux))
    for near, highest, part in zip(_NEAR, _ORDER, _BRIGHTEST, strict=True):
        if previous is None or np.abs(coefficients - previous[: len(coefficients)]).max() > 0:
            listed = seen_lines(lines, found, coefficients, pixels)
        bright = rank < max(_FIRST, round(part * len(found)))
        index = _names(found, u, half, listed, coefficients, level, near, index, _strangers(index, bright))
        index[~bright] = -1
        good = index >= 0
        if good.sum() < 2 + SPARE:
            break
        level = _levels(found, listed, index, level)
        fit = _fit_round(found, listed, index, coefficients, pixels, highest)
        if _leave_out(found, listed, index, fit, pixels):
            fit = _fit_round(found, listed, index, coefficients, pixels, highest)
        previous = np.pad(coefficients, (0, max(0, len(fit.coefficients) - len(coefficients))))
        coefficients = fit.coefficients
    _leave_lonely(u, rank, index)
    sum_ = _leave_beyond(found, listed, index, coefficients, level, pixels)
    return Named(listed, index, level, coefficients, sum_)


def _leave_beyond(
    found: FoundLines, listed: LampLines, index: Whole, coefficients: Floats, level: dict[str, float], pixels: int
) -> float:
    """Take the names of lines beyond the stretch for which something speaks; gives how much does, see `borne_out`."""
    total = 0.0
    for _ in range(3):
        if (index >= 0).sum() < 2 + SPARE:
            break
        fit = _fit_round(found, listed, index, coefficients, pixels, _ORDER[-1])
        within, total = borne_out(found, listed, index, fit, expected_light(listed, level), pixels)
        out = (index >= 0) & ~within
        index[out] = -1
        if not out.any():
            break
    return total


def _fit_round(
    found: FoundLines, listed: LampLines, index: Whole, coefficients: Floats, pixels: int, highest: int
) -> LineFit:
    """A fit of no lower order than the alignment has: a few bright lines alone would choose too low a one."""
    u, wave, error = _of_named(found, listed, index, coefficients, pixels)
    half = (pixels - 1) / 2
    best = best_order(order_looks(u, wave, error, half, 4.0, highest))
    order = min(max(best, _LOWEST), max(len(u) - 1 - SPARE, 1), highest)
    return fit_lines(u, wave, error, half, order, 4.0)


def _of_named(
    found: FoundLines, listed: LampLines, index: Whole, coefficients: Floats, pixels: int
) -> tuple[Floats, Floats, Floats]:
    """Places of the lines with names, from -1 to 1, their wavelengths, and errors in pixels."""
    good = np.flatnonzero(index >= 0)
    error = line_errors(found, listed, index, coefficients, pixels)[good]
    return found.pixel[good] / ((pixels - 1) / 2) - 1, listed.wavelength[index[good]], error


def seen_lines(lines: LampLines, found: FoundLines, coefficients: Floats, pixels: int) -> LampLines:
    """The list as a spectrum of this dispersion and these widths shows it.

    Parameters
    ----------
    lines : LampLines
        As listed.
    found : FoundLines
        With the widths of lines.
    coefficients : ndarray of float64
        Legendre, over all pixels.
    pixels : int
        Of the spectrum.

    Returns
    -------
    LampLines
        Of the range of the spectrum, and a little beside.
    """
    half = (pixels - 1) / 2
    grid = np.linspace(-1.02, 1.02, 205)
    wave = legendre.legval(grid, coefficients)
    step = np.abs(legendre.legval(grid, legendre.legder(coefficients))) / half
    order = np.argsort(wave)
    near = lines.within(float(wave.min()), float(wave.max()))
    width = np.interp(near.wavelength, wave[order], (step * (found.fwhm + found.slope * grid))[order])
    return near.resolved(np.maximum(width, 1e-6))


def line_errors(found: FoundLines, listed: LampLines, index: Whole, coefficients: Floats, pixels: int) -> Floats:
    """Errors of the lines' places, with what blends may displace them.

    Parameters
    ----------
    found, listed, index, pixels
        Lines, the list, and which is which.
    coefficients : ndarray of float64
        Legendre: for what a pixel is in nm.

    Returns
    -------
    ndarray of float64, shape (m,)
        Pixels.
    """
    half = (pixels - 1) / 2
    u = found.pixel / half - 1
    step = np.maximum(np.abs(legendre.legval(u, legendre.legder(coefficients))) / half, 1e-12)
    doubt = np.where(index >= 0, listed.doubt[index], 0.0) / step if len(listed) else np.zeros(len(found))
    return np.asarray(np.hypot(found.pixel_error, doubt), np.float64)


def expected_light(listed: LampLines, level: dict[str, float]) -> Floats:
    """Natural logarithm of the flux that each listed line should have.

    Parameters
    ----------
    listed : LampLines
        Any.
    level : mapping of str to float
        By lamp.

    Returns
    -------
    ndarray of float64
    """
    own = np.array([max(level[name] for name in names.split("+") if name in level) for names in listed.species])
    return np.asarray(own + np.log(np.maximum(listed.intensity, 1e-5)), np.float64)


def _names(
    found: FoundLines,
    u: Floats,
    half: float,
    listed: LampLines,
    coefficients: Floats,
    level: dict[str, float],
    near: float,
    known: Whole,
    strangers: Floats,
) -> Whole:
    m = len(found)
    index = np.full(m, -1)
    if not len(listed):
        return index
    wave = legendre.legval(u, coefficients)
    step = np.maximum(np.abs(legendre.legval(u, legendre.legder(coefficients))) / half, 1e-12)
    light, expected = np.log(np.maximum(found.flux, 1e-300)), expected_light(listed, level)
    width = max(float(np.ptp(light)), 2.0)
    tolerance = np.maximum(near * found.fwhm, 3 * found.pixel_error)
    apart = (listed.wavelength[None, :] - wave[:, None]) / step[:, None]
    sigma = tolerance[:, None] / 2
    density = m / (2 * half)
    # strengths within a factor of ten or so: heavy tails for what lists do not know
    off = (light[:, None] - expected[None, :]) / SPREAD
    marks = 0.3675525969478613 / np.square(1 + off**2 / 3) / SPREAD * width
    # lists may know too little of a faint line's strength, but a strong one is seen as such
    marks = np.where(off < -np.where(_within(found.pixel, known), _WEAK[1], _WEAK[0])[:, None], 0.0, marks)
    ratio = np.exp(-0.5 * np.square(apart / sigma)) / (2.5066 * sigma) * marks / density
    best = np.argmax(ratio, axis=1)
    rows = np.arange(m)
    top = ratio[rows, best]
    rest = ratio.sum(axis=1) - top
    share = top / (top + rest + strangers)
    close = np.abs(apart[rows, best]) < tolerance
    blurred = listed.doubt[best] / step > _DOUBT * found.fwhm
    sure = close & (share > _SURE) & (rest < _OTHER * top) & ~blurred
    for place in rows[np.argsort(-top)]:
        if sure[place] and best[place] not in index:
            index[place] = best[place]
    return index


def _within(pixel: Floats, index: Whole) -> Flags:
    """Between the first and the last line that has a name."""
    named = pixel[index >= 0]
    if len(named) < 2:
        return np.zeros(len(pixel), bool)
    return np.asarray((pixel >= named.min()) & (pixel <= named.max()))


def _strangers(index: Whole, bright: Flags) -> Floats:
    """Unlisted lines around each, as a part of all: where most have no name, a name needs more to speak for it."""
    made = np.full(len(index), _UNLISTED)
    looked = np.flatnonzero(bright)
    m = len(looked)
    if m < 3 or not (index >= 0).any():
        return made
    reach = min(_AROUND, m - 1)
    for at, place in enumerate(looked):
        first = min(max(at - reach // 2, 0), m - 1 - reach)
        around = np.delete(index[looked[first : first + reach + 1]], at - first)
        made[place] = np.mean(around < 0)
    return np.asarray(np.clip(1.5 * made, _UNLISTED, 1.5), np.float64)


def _leave_out(found: FoundLines, listed: LampLines, index: Whole, fit: LineFit, pixels: int) -> bool:
    """Take the names of lines that the others do not foresee: a polynomial that bends to them says nothing for them.

    One after the other, the worst first, as one that is wrong puts others off.
    """
    half = (pixels - 1) / 2
    begun = int((index >= 0).sum())
    rank = np.argsort(np.argsort(-found.flux))
    for _ in range(begun // 3):
        good = np.flatnonzero(index >= 0)
        if len(good) <= 2 + SPARE:
            break
        # bright lines are few, listed and seen: chance has less of a say in their names
        free = np.where((rank[good] < max(_FIRST, _BRIGHTEST[0] * len(found))) & (len(found) < _CROWDED), _FREE, 1.0)
        beyond = _beyond(found.pixel[good] / half - 1, listed.wavelength[index[good]], fit, half, found.fwhm, free)
        if beyond.max() <= 1:
            break
        # of two that contradict each other the fainter one goes
        faint = np.argsort(np.argsort(-found.flux[good])) / len(good)
        worst = int(np.argmax(np.where(beyond > 1, beyond * (1 + faint), 0)))
        index[good[worst]] = -1
        order = min(fit.order, len(good) - 2 - SPARE)
        fit = fit_lines(*_of_named(found, listed, index, fit.coefficients, pixels), half, order, 4.0)
    return int((index >= 0).sum()) < begun


def _leave_lonely(u: Floats, rank: Whole, index: Whole) -> None:
    """Take the names of faint lines at the ends that stand alone: one by chance would bend all of the end."""
    for end in (0, -1):
        while (index >= 0).sum() > 2 * _FIRST:
            good = np.flatnonzero(index >= 0)
            last, next_ = good[end], good[1 if end == 0 else -2]
            if abs(u[last] - u[next_]) < _ALONE or rank[last] < len(index) / 2:
                break
            index[last] = -1


def _beyond(u: Floats, wavelength: Floats, fit: LineFit, half: float, fwhm: float, free: Floats) -> Floats:
    """How far each line lies from where the others foresee it, over what is allowed; by the orders that do it best."""
    looks = []
    for order in range(1, fit.order + 1):
        off, error = predictions(u, wavelength, fit.sigma, fit.used, half, order)
        allowed = np.clip(_FORESEEN[2] * np.hypot(fit.sigma, error), _FORESEEN[0] * fwhm, _FORESEEN[1] * fwhm)
        # where the others say little, a polynomial bends to anything
        vague = _VAGUE[0] if len(u) >= _FIRST else _VAGUE[1]
        one = np.maximum(np.abs(off) / allowed / free, error / (vague * fwhm))
        looks.append(np.where(np.isfinite(one), one, np.inf))
    # that of the fit, or two others: beyond the other lines one of many does by chance
    others = np.sort(np.array(looks), axis=0)[min(1, len(looks) - 1)]
    return np.asarray(np.minimum(looks[-1], others), np.float64)


def _levels(found: FoundLines, listed: LampLines, index: Whole, level: dict[str, float]) -> dict[str, float]:
    good = index >= 0
    own = np.log(found.flux[good]) - np.log(np.maximum(listed.intensity[index[good]], 1e-5))
    species = np.array([listed.species[place] for place in index[good]])
    made = dict(level)
    for name, before in level.items():
        mine = own[species == name]
        if mine.size:
            # one value of before counts as one line
            made[name] = float(np.median(np.r_[mine, before]))
    return made
