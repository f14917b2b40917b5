"""One spectrum for all slices: that of the lamp, shifted, stretched and a little bent for each of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.leastsquares import solve
from calgui.core.algorithms.noise import robust_sigma

BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: slices of which the common spectrum is told from what each has of its own
FEWEST = 3
#: degree of what a slice may differ by: its brightness, and how the light's color changes along the slices
_DEGREE = 3
#: parameters of a slice: those of the polynomial, a shift and a stretch
OWN = _DEGREE + 3
#: turns of fitting the common spectrum, and the slices to it; in the first none is left out, since edges of the filter
#: lie off it until the shifts are known
_TURNS, _WHOLE = 6, 2
#: shifts that change by less, in places, stay
_STILL = 0.01
#: part of the range by which slices may be shifted against one another
_REACH = 0.1
#: a slice follows where it lies no further off its own spline than so many times the error of that one (and all of them
#: no further than that, in the median, with so many slices that follow; else slices have nothing in common),
_OFF, _OFF_ALL, _MOST = 3.0, 1.7, 0.75
#: and where no more than this part of it lies off the common spectrum: of all, and of what is steepest. That is dust,
_FAR, _FAR_STEEP, _STEEP = 0.4, 0.3, 0.05
#: whose rims reach this part of a piece of the spline further
_RIM = 0.5
#: what keeps a spline without any data from having no solution
_RIDGE = 1e-9


@dataclass(frozen=True)
class Shared:
    """Spectra of slices by one for all.

    Attributes
    ----------
    smooth : ndarray of float64, shape (slices, n)
        Of each slice.
    used : ndarray of bool, shape (slices, n)
        Values that it was fitted to: others are dust, or beside it.
    follows : ndarray of bool, shape (slices,)
        Slices that the common spectrum fits.
    """

    smooth: Floats
    used: BoolArray
    follows: BoolArray


def fit_shared(spectra: Floats, own: Floats, inner: Floats, sigma: float, rounds: int) -> Shared:
    """Fit one spline to the spectra of all slices.

    Parameters
    ----------
    spectra : ndarray of float64, shape (slices, n)
        NaN where nothing is known.
    own : ndarray of float64, shape (slices, n)
        The spline of each slice alone, which the common one is held against; NaN for slices without.
    inner : ndarray of float64
        Places of its knots, from 0 to n - 1.
    sigma : float
        Values so many robust sigma off are left out.
    rounds : int
        Rounds of leaving out.

    Returns
    -------
    Shared

    Notes
    -----
    The spectrum of a slice is ``T(x - a - b u) P(u)`` with u from -1 to 1 along x and P a polynomial of degree 3. In
    turns T is fitted to all slices, and a, b and P of each to T, shift and stretch by its derivative.
    """
    places = np.arange(spectra.shape[1], dtype=np.float64)
    u = 2 * places / (places.size - 1) - 1
    bends, shifts = legendre.legvander(u, _DEGREE), np.stack([np.ones_like(u), u])
    known = np.isfinite(spectra) & np.isfinite(own)
    seen = np.flatnonzero(known.any(axis=1))
    values, used = np.where(known, spectra, 0.0), known.copy()
    moved = np.stack([_first_shifts(spectra, known), np.zeros(len(spectra))], axis=1)
    bent = np.ones_like(values)
    bent[seen] *= np.array([np.median(values[number, known[number]]) for number in seen])[:, None]
    reach = max(1, round(_RIM * places.size / inner.size))
    for turn in range(_TURNS):
        clip, most = (np.inf, 0) if turn < _WHOLE else (sigma, rounds)
        lamp, slope = _common(values / bent, places - moved @ shifts, used, inner)
        before, steps = used.copy(), np.zeros(len(spectra))
        for number in seen:
            shift = -(slope[number] * bent[number]) * shifts
            columns = np.column_stack([lamp[number, :, None] * bends, shift.T]) / bent[number, :, None]
            found, used[number] = _fit(columns, values[number] / bent[number], known[number], clip, most, reach)
            moved[number] += found[-2:]
            steps[number] = np.abs(found[-2:]).max()
            bent[number] = bends @ found[:-2]
        moved[:, 0] -= np.median(moved[:, 0])
        if turn > _WHOLE and steps.max() < _STILL and np.array_equal(used, before):
            break
    lamp, slope = _common(values / bent, places - moved @ shifts, used, inner)
    follows = _follow(lamp, slope, own / bent, values / bent, known, sigma, inner.size)
    return Shared(lamp * bent, used, follows)


def _follow(
    lamp: Floats, slope: Floats, own: Floats, values: Floats, known: BoolArray, sigma: float, pieces: int
) -> BoolArray:
    """Which slices the common spectrum fits as well as their own splines do, away from dust, which those follow."""
    follows, off = np.zeros(len(lamp), np.bool_), np.full(len(lamp), np.inf)
    for number in np.flatnonzero(known.any(axis=1)):
        good, left = known[number], values[number] - lamp[number]
        far = good & (np.abs(left) > sigma * _noise(left, good))
        # a spline is drawn by values that lie off for two of its pieces
        calm = good & ~_widened(far, 2 * (far.size // pieces) + 1)
        error = _noise(values[number] - own[number], good) * np.sqrt(pieces / np.count_nonzero(good))
        off[number] = robust_sigma((lamp - own)[number, calm]) / error if calm.any() else np.inf
        steepness = np.abs(slope[number])
        steep = good & (steepness >= np.quantile(steepness[good], 1 - _STEEP))
        follows[number] = np.mean(far[good]) <= _FAR and np.mean(far[steep]) <= _FAR_STEEP and off[number] <= _OFF
    if np.median(off) > _OFF_ALL or np.mean(follows) < _MOST:
        follows[:] = False
    return follows


def _first_shifts(spectra: Floats, known: BoolArray) -> Floats:
    """To a pixel: where the slopes of each spectrum lie on those of the median one."""
    size = spectra.shape[1]
    places = np.arange(size)
    filled = np.ones(spectra.shape)
    for row, one, some in zip(filled, spectra, known, strict=True):
        if some.any():
            row[:] = np.interp(places, places[some], one[some] / np.median(one[some]))
    length, reach = 1 << (2 * size).bit_length(), max(2, int(_REACH * size))
    like = np.conj(np.fft.rfft(np.diff(np.median(filled, axis=0)), length))
    products = np.fft.irfft(np.fft.rfft(np.diff(filled, axis=1), length, axis=1) * like, length, axis=1)
    near = np.concatenate([products[:, -reach:], products[:, : reach + 1]], axis=1)
    made: Floats = near.argmax(axis=1) - float(reach)
    return made - np.median(made)


def _common(values: Floats, at: Floats, used: BoolArray, inner: Floats) -> tuple[Floats, Floats]:
    """The spline through the values at some places, and its slope, at all of them."""
    from scipy.interpolate import BSpline

    low, high = min(at.min(), inner[0]), max(at.max(), inner[-1])
    knots = np.concatenate([[low] * 4, inner[1:-1], [high] * 4])
    design = BSpline.design_matrix(at[used], knots, 3)
    normal = (design.T @ design).toarray()
    normal[np.diag_indices_from(normal)] += _RIDGE * normal.diagonal().max()
    spline = BSpline(knots, np.linalg.solve(normal, design.T @ values[used]), 3)
    return np.asarray(spline(at)), np.asarray(spline.derivative()(at))


def _fit(
    columns: Floats, values: Floats, known: BoolArray, sigma: float, rounds: int, reach: int
) -> tuple[Floats, BoolArray]:
    """Least squares without values that lie far off the others, nor those beside them: dust has soft rims."""
    kept = known
    found = solve(columns[kept], values[kept])
    for _ in range(rounds):
        off = values - columns @ found
        far = known & (np.abs(off) > sigma * _noise(off, known))
        rest = known & ~_widened(far, reach)
        # what lies off for the most part is of another shape, and no dust
        if (rest == kept).all() or np.count_nonzero(rest) < 0.5 * np.count_nonzero(known):
            break
        kept, found = rest, solve(columns[rest], values[rest])
    return found, kept


def _widened(off: BoolArray, reach: int) -> BoolArray:
    """With so many places on each side."""
    from scipy.ndimage import maximum_filter1d

    made: BoolArray = maximum_filter1d(off, 2 * reach + 1, mode="constant")
    return made


def _noise(values: Floats, known: BoolArray) -> float:
    """From differences of neighbours, which broad dust does not enter."""
    both = known[1:] & known[:-1]
    return robust_sigma(np.diff(values)[both]) / np.sqrt(2) if both.any() else np.inf
