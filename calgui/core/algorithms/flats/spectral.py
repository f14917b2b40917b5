"""The smooth spectral response of many rows at once: cubic splines, fitted with outliers left out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA, row_quantiles
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_CUBIC = 3
#: places between two knots at least
_CLOSEST = 3
#: rows that are fitted together
_ROWS = 128
#: what keeps a spline without any data from having no solution
_RIDGE = 1e-9


@dataclass(frozen=True)
class Basis:
    """A cubic B-spline over some places of an axis.

    Attributes
    ----------
    values : sparse matrix of float64, shape (n, k)
        Of each function at each place, where four are not zero.
    products : sparse matrix of float64, shape (n, k * 4)
        Of each function with itself and the three that overlap it on the right.
    knots : ndarray of float64
        Where its pieces meet, with both ends.
    """

    values: Any
    products: Any
    knots: Floats


def spline_basis(first: int, last: int, pieces: int, profile: Floats) -> Basis:
    """A cubic B-spline with knots that are denser where a curve bends.

    Parameters
    ----------
    first, last : int
        Ends of its range, both included.
    pieces : int
        Stretches between knots; fewer where there are not six places for each.
    profile : ndarray of float64
        The curve, at the places from ``first`` to ``last``.

    Returns
    -------
    Basis
        At the places from ``first`` to ``last``.
    """
    from scipy.interpolate import BSpline
    from scipy.sparse import csr_array

    places = np.arange(first, last + 1, dtype=np.float64)
    pieces = max(1, min(pieces, places.size // 6))
    inner = first + _spaced(profile, pieces)
    knots = np.concatenate([[inner[0]] * _CUBIC, inner, [inner[-1]] * _CUBIC])
    values = BSpline.design_matrix(places, knots, _CUBIC).toarray()
    count = values.shape[1]
    shifted = [np.pad(values[:, step:], ((0, 0), (0, step))) for step in range(_CUBIC + 1)]
    products = np.stack([values * other for other in shifted], axis=2).reshape(places.size, count * (_CUBIC + 1))
    return Basis(csr_array(values), csr_array(products), inner)


def _spaced(profile: Floats, pieces: int) -> Floats:
    """Places of knots from 0 on: half of them spread evenly, half by the root of the second derivative."""
    from scipy.ndimage import gaussian_filter1d

    size = profile.size
    filled = np.where(np.isfinite(profile), profile, np.nanmedian(profile))
    bend = np.sqrt(np.abs(gaussian_filter1d(filled, max(1.5, size / 150), order=2, mode="nearest")))
    total = float(bend.sum())
    density = np.full(size - 1, 1 / (size - 1))
    if total > 0:
        density = 0.5 * density + 0.5 * (bend[1:] + bend[:-1]) / (2 * total)
    # no knots closer than the fewest places of a stretch
    density = np.minimum(density, 1 / (_CLOSEST * pieces))
    reach = np.concatenate([[0.0], np.cumsum(density)])
    made: Floats = np.interp(np.linspace(0, reach[-1], pieces + 1), reach, np.arange(size, dtype=np.float64))
    return made


def fit_rows(
    rows: FloatArray, good: BoolArray, basis: Basis, sigma: float, rounds: int, job: Job
) -> tuple[FloatArray, BoolArray]:
    """Fit a spline to each row.

    Parameters
    ----------
    rows : ndarray of float32, shape (m, n)
        Wavelength along the second axis, at the places of the basis.
    good : ndarray of bool
        Values that count.
    basis : Basis
        Of those places.
    sigma : float
        Values so many robust sigma off are left out, sigma of their ratio to the spline, row by row.
    rounds : int
        Rounds of leaving out.
    job : Job
        Progress and cancel.

    Returns
    -------
    smooth : ndarray of float32, shape (m, n)
        NaN for rows with too few values.
    used : ndarray of bool
        Values that the last fit was made with.
    """
    smooth = np.empty(rows.shape, np.float32)
    used = good & np.isfinite(rows)
    for start in range(0, len(rows), _ROWS):
        job.report(start / len(rows), "Fitting the spectral response")
        part = slice(start, start + _ROWS)
        smooth[part], used[part] = _fit_some(rows[part], used[part], basis, sigma, rounds)
    return smooth, used


def _fit_some(
    rows: FloatArray, allowed: BoolArray, basis: Basis, sigma: float, rounds: int
) -> tuple[FloatArray, BoolArray]:
    values = np.where(allowed, rows, 0).astype(np.float64)
    used, smooth = allowed.copy(), np.empty_like(values)
    # a row is fitted again only where what it is fitted to has changed
    again = np.arange(len(values))
    for number in range(rounds + 1):
        smooth[again] = _solve(values[again], used[again], basis)
        if number == rounds:
            break
        keep = _kept(values[again], used[again], allowed[again], smooth[again], sigma)
        changed = (keep != used[again]).any(axis=1)
        used[again] = keep
        again = again[changed]
        if not again.size:
            break
    lost = np.count_nonzero(used, axis=1) < 2 * basis.values.shape[1]
    smooth[lost] = np.nan
    return smooth.astype(np.float32), used


def _kept(values: Floats, used: BoolArray, allowed: BoolArray, smooth: Floats, sigma: float) -> BoolArray:
    """Which of the allowed values lie near the spline, by the scatter of the used ones of their row."""
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = values / smooth - 1
        seen = np.where(used, apart, np.nan)
        middle = row_quantiles(seen, 0.5)[:, None]
        spread = MAD_TO_SIGMA * row_quantiles(np.abs(seen - middle), 0.5)[:, None]
        keep: BoolArray = allowed & (np.abs(apart - middle) <= sigma * np.maximum(spread, 1e-7))
    # a row that would be left with half of its values has no outliers but another shape
    few = np.count_nonzero(keep, axis=1) < 0.5 * np.count_nonzero(allowed, axis=1)
    keep[few] = allowed[few]
    return keep


def _solve(values: Floats, used: BoolArray, basis: Basis) -> Floats:
    """Least squares of each row on its used values."""
    weights = used.astype(np.float64)
    count = basis.values.shape[1]
    band = (basis.products.T @ weights.T).T.reshape(len(values), count, _CUBIC + 1)
    matrix = np.zeros((len(values), count, count))
    for step in range(_CUBIC + 1):
        places = np.arange(count - step)
        matrix[:, places, places + step] = band[:, : count - step, step]
        matrix[:, places + step, places] = band[:, : count - step, step]
    trace = np.maximum(matrix[:, np.arange(count), np.arange(count)].max(axis=1), 1e-12)
    matrix[:, np.arange(count), np.arange(count)] += _RIDGE * trace[:, None]
    right = (basis.values.T @ (values * weights).T).T
    made: Floats = (basis.values @ np.linalg.solve(matrix, right[..., None])[..., 0].T).T
    return made
