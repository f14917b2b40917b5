"""Polynomials in wavelength through the places of a star or a fiber, with outliers rejected."""

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.errors import UsageError

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_RANGE = re.compile(r"(\d+\.?\d*|\.\d+)\s*(?:-\s*(\d+\.?\d*|\.\d+))?")
_ROUNDS = 20


@dataclass(frozen=True)
class PathFit:
    """Two polynomials, for x and for y, over u from -1 to 1.

    Attributes
    ----------
    x, y : ndarray of float64, shape (order + 1,)
        Coefficients of Legendre polynomials, pixels.
    x_covariance, y_covariance : ndarray of float64, shape (order + 1, order + 1)
        By the errors, enlarged where the scatter is larger than they say.
    domain : tuple of float
        Wavelengths that are u = -1 and u = 1, µm.
    used, rejected, excluded : ndarray of bool, shape (n,)
        What became of each place; those that could not be measured are none of them.
    x_residual, y_residual : ndarray of float64, shape (n,)
        Measured minus fit, pixels.
    chi2 : float
        Of both axes over their degrees of freedom; NaN where there are none left.
    rms : float
        Of the residuals of one axis, of those that were used, pixels.
    """

    x: Floats
    y: Floats
    x_covariance: Floats
    y_covariance: Floats
    domain: tuple[float, float]
    used: Mask
    rejected: Mask
    excluded: Mask
    x_residual: Floats
    y_residual: Floats
    chi2: float
    rms: float

    def at(self, wavelength: Floats) -> tuple[Floats, Floats]:
        """Place by the fit.

        Parameters
        ----------
        wavelength : ndarray of float64
            µm.

        Returns
        -------
        tuple of ndarray of float64
            x and y, pixels from 0.
        """
        u = self._u(wavelength)
        return np.asarray(legendre.legval(u, self.x)), np.asarray(legendre.legval(u, self.y))

    def errors_from(self, wavelength: Floats, reference: float) -> tuple[Floats, Floats]:
        """Errors of the shift from the place at a reference wavelength.

        Parameters
        ----------
        wavelength : ndarray of float64
            µm.
        reference : float
            µm.

        Returns
        -------
        tuple of ndarray of float64
            Of x and y, one sigma, pixels.
        """
        order = len(self.x) - 1
        terms = legendre.legvander(self._u(wavelength), order)
        terms = terms - legendre.legvander(self._u(np.array([reference])), order)
        x, y = (
            np.sqrt(np.clip(np.einsum("ij,jk,ik->i", terms, one, terms), 0, None))
            for one in (self.x_covariance, self.y_covariance)
        )
        return x, y

    def _u(self, wavelength: Floats) -> Floats:
        first, last = self.domain
        return np.asarray((2 * wavelength - first - last) / (last - first), np.float64)


def excluded_ranges(text: str) -> tuple[tuple[float, float], ...]:
    """Read the text of the option ``exclude``.

    Parameters
    ----------
    text : str
        Wavelengths and ranges of them in nm, with a semicolon between.

    Returns
    -------
    tuple of tuple of float
        First and last, nm; the same of one wavelength.

    Raises
    ------
    UsageError
        A part of it is neither.
    """
    made = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise UsageError(
                f"Option 'exclude' cannot hold {part!r}.",
                cure="Give wavelengths or ranges in nm, with ; between: 1234.5; 1380-1420.",
            )
        first = float(found[1])
        last = float(found[2]) if found[2] else first
        made.append((min(first, last), max(first, last)))
    return tuple(made)


def excluded_of(wavelength: Floats, text: str) -> Mask:
    """Which places are left out by hand.

    Parameters
    ----------
    wavelength : ndarray of float64, shape (n,)
        µm, increasing.
    text : str
        See `excluded_ranges`: a single wavelength means the place that is nearest.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    out = np.zeros(wavelength.shape, np.bool_)
    for first, last in excluded_ranges(text):
        if first == last:
            out[int(np.argmin(np.abs(1000 * wavelength - first)))] = True
        else:
            out |= (1000 * wavelength >= first) & (1000 * wavelength <= last)
    return out


def fit_path(
    wavelength: Floats,
    places: tuple[Floats, Floats],
    errors: tuple[Floats, Floats],
    usable: Mask,
    order: int,
    clip: float,
    exclude: str,
) -> PathFit | None:
    """Fit places against wavelength.

    Parameters
    ----------
    wavelength : ndarray of float64, shape (n,)
        µm.
    places, errors : tuple of ndarray of float64, shape (n,)
        x and y, and their errors, pixels.
    usable : ndarray of bool, shape (n,)
        What was measured.
    order : int
        Of both polynomials.
    clip : float
        A place is rejected that lies off by more sigma in x or y; sigma is the error, or the scatter where that is
        larger.
    exclude : str
        Wavelengths that are left out by hand.

    Returns
    -------
    PathFit or None
        None where there are fewer than order + 2 places.
    """
    out = excluded_of(wavelength, exclude) & usable
    there = usable & ~out
    if int(there.sum()) < order + 2:
        return None
    domain = float(wavelength.min()), float(wavelength.max())
    u = (2 * wavelength - domain[0] - domain[1]) / (domain[1] - domain[0])
    terms = np.asarray(legendre.legvander(u, order), np.float64)
    used = there.copy()
    for _ in range(_ROUNDS):
        made = [_solve(terms, value, error, used) for value, error in zip(places, errors, strict=True)]
        lines = zip(places, made, errors, strict=True)
        off = np.array([np.abs(value - terms @ one[0]) / error for value, one, error in lines])
        # the scatter of the middle half, which outliers do not raise
        lost = math.sqrt(used.sum() / max(used.sum() - order - 1, 1))
        scatter = max(1.0, 1.4826 * float(np.median(off[:, used])) * lost)
        kept = there & (off <= clip * scatter).all(axis=0)
        if int(kept.sum()) < order + 2 or bool((kept == used).all()):
            break
        used = kept
    made = [_solve(terms, value, error, used) for value, error in zip(places, errors, strict=True)]
    residuals = [value - terms @ one[0] for value, one in zip(places, made, strict=True)]
    free = 2 * (int(used.sum()) - order - 1)
    lefts = zip(residuals, errors, strict=True)
    total = sum(float(np.sum(np.square(left[used] / error[used]))) for left, error in lefts)
    chi2 = total / free if free > 0 else math.nan
    larger = max(chi2, 1.0) if free > 0 else 1.0
    squares = np.concatenate([left[used] for left in residuals])
    return PathFit(
        made[0][0], made[1][0], made[0][1] * larger, made[1][1] * larger, domain, used, there & ~used, out,
        residuals[0], residuals[1], chi2, math.sqrt(float(np.mean(squares**2))),
    )  # fmt: skip


def _solve(terms: Floats, value: Floats, error: Floats, used: Mask) -> tuple[Floats, Floats]:
    """Weighted least squares, and the covariance by the errors."""
    weighted = terms[used] / error[used, None]
    normal = np.linalg.inv(weighted.T @ weighted)
    return np.asarray(normal @ (weighted.T @ (value[used] / error[used]))), np.asarray(normal)


def span(x: Floats, y: Floats) -> float:
    """Largest distance between two of some places.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        In any unit; NaN is left out.

    Returns
    -------
    float
        NaN of none.
    """
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        return math.nan
    a, b = x[keep], y[keep]
    return float(np.hypot(a[:, None] - a, b[:, None] - b).max())
