"""Polynomials of two variables over the field of a detector, in orthogonal bases and as power series."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Basis = Literal["legendre", "chebyshev"]

HIGHEST_ORDER = 9


@dataclass(frozen=True)
class Field:
    """The pixels of a picture, mapped to -1 to 1 on both axes.

    Attributes
    ----------
    nx, ny : int
        Columns and rows.
    """

    nx: int
    ny: int

    @property
    def middle(self) -> tuple[float, float]:
        """x, y of the middle in pixels from 0."""
        return (self.nx - 1) / 2, (self.ny - 1) / 2

    @property
    def half(self) -> tuple[float, float]:
        """Pixels from the middle to the outer edge of the outermost pixel."""
        return self.nx / 2, self.ny / 2

    def normalized(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Pixels as numbers from -1 to 1.

        Parameters
        ----------
        x, y : array_like
            Pixels from 0.

        Returns
        -------
        tuple of ndarray of float64
        """
        (cx, cy), (hx, hy) = self.middle, self.half
        return (np.asarray(x, np.float64) - cx) / hx, (np.asarray(y, np.float64) - cy) / hy

    def grid(self, count: int) -> tuple[Floats, Floats]:
        """Places that cover the picture evenly, its corners among them.

        Parameters
        ----------
        count : int
            Along each axis.

        Returns
        -------
        tuple of ndarray of float64, shape (count², )
            x, y in pixels from 0.
        """
        x, y = np.meshgrid(np.linspace(-0.5, self.nx - 0.5, count), np.linspace(-0.5, self.ny - 0.5, count))
        return x.ravel(), y.ravel()


@cache
def exponents(order: int, lowest: int = 0) -> tuple[tuple[int, int], ...]:
    """Powers (of x, of y) of the terms up to an order, by ascending degree.

    Parameters
    ----------
    order : int
        Largest sum of both powers.
    lowest : int
        Smallest sum.

    Returns
    -------
    tuple of tuple of int
    """
    return tuple((degree - q, q) for degree in range(lowest, order + 1) for q in range(degree + 1))


def n_terms(order: int) -> int:
    """How many terms a polynomial of an order has for each axis.

    Parameters
    ----------
    order : int
        Largest degree.

    Returns
    -------
    int
    """
    return (order + 1) * (order + 2) // 2


def design(x: Floats, y: Floats, order: int, basis: Basis, lowest: int = 0) -> Floats:
    """Values of the basis polynomials at some places.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Normalised, from -1 to 1.
    order, lowest : int
        Degrees that take part.
    basis : str
        ``legendre`` or ``chebyshev``.

    Returns
    -------
    ndarray of float64, shape (n, terms)
        In the order of `exponents`.
    """
    along_x, along_y = _one_axis(x, order, basis), _one_axis(y, order, basis)
    powers = np.array(exponents(order, lowest), np.intp).reshape(-1, 2)
    made: Floats = (along_x[powers[:, 0]] * along_y[powers[:, 1]]).T
    return made


def _one_axis(t: Floats, order: int, basis: Basis) -> Floats:
    """Polynomials of one variable by their recurrences, shape (order + 1, n)."""
    made = np.empty((order + 1, t.size))
    made[0] = 1
    if order:
        made[1] = t
    for n in range(1, order):
        if basis == "chebyshev":
            made[n + 1] = 2 * t * made[n] - made[n - 1]
        else:
            made[n + 1] = ((2 * n + 1) * t * made[n] - n * made[n - 1]) / (n + 1)
    return made


@cache
def _series_of_one(order: int, basis: Basis) -> Floats:
    """Row n: the power series of the n-th polynomial of one variable."""
    from numpy.polynomial import chebyshev, legendre

    convert = chebyshev.cheb2poly if basis == "chebyshev" else legendre.leg2poly
    made = np.zeros((order + 1, order + 1))
    for n in range(order + 1):
        made[n, : n + 1] = convert([0.0] * n + [1.0])
    made.flags.writeable = False
    return made


def power_series(
    coefficients: npt.NDArray[np.complex128], order: int, basis: Basis, lowest: int, field: Field
) -> npt.NDArray[np.complex128]:
    """A polynomial as a power series in pixels from the middle of the field.

    Parameters
    ----------
    coefficients : ndarray of complex128, shape (terms,)
        Of the basis polynomials, x and y as real and imaginary part.
    order, basis, lowest
        As for `design`.
    field : Field
        Where -1 and 1 are.

    Returns
    -------
    ndarray of complex128, shape (order + 1, order + 1)
        Element (p, q) is that of u^p v^q.
    """
    single = _series_of_one(order, basis)
    made = np.zeros((order + 1, order + 1), np.complex128)
    for value, (p, q) in zip(coefficients, exponents(order, lowest), strict=True):
        made += value * np.outer(single[p], single[q])
    hx, hy = field.half
    steps = np.arange(order + 1.0)
    return made / np.outer(hx**steps, hy**steps)
