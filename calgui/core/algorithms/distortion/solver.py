"""Weighted least squares of pinholes' equations, with the errors of the mask taken out where they are wanted."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.blocks import gram, times
from calgui.core.algorithms.distortion.observations import Complexes, Equations, Observations, columns_of
from calgui.core.algorithms.distortion.polynomials import Floats
from calgui.core.errors import InputError

Values = npt.NDArray[np.float64] | Complexes

#: what is left of a column, as a part of its length, that all before it do not explain; less is lost in rounding
_INDEPENDENT = 1e-4


@dataclass(frozen=True)
class Estimate:
    """What least squares give with known weights.

    Attributes
    ----------
    beta : ndarray of complex128, shape (columns,)
        Coefficients.
    covariance : ndarray, shape (columns, columns)
        Of them; of one axis.
    mask_error : ndarray of complex128, shape (pinholes,)
        What each pinhole of the mask is off, on the mask's axes in pixels; zero where they are not solved for.
    residual : ndarray of complex128, shape (n,)
        Measured less fitted, without the mask's errors, also of spots without weight.
    leverage : ndarray of float64, shape (n,)
        How much of its own fit each spot makes, from 0 to 1; of one without weight the variance of the solution there
        over the typical one of a spot.
    """

    beta: Complexes
    covariance: Values
    mask_error: Complexes
    residual: Complexes
    leverage: Floats


class Solver:
    """Least squares of some equations, asked again with other weights.

    Parameters
    ----------
    seen : Observations
        Spots.
    made : Equations
        Of them.
    """

    def __init__(self, seen: Observations, made: Equations) -> None:
        self.seen, self.made = seen, made

    def sums(self, values: Values) -> Values:
        """Sums over the spots of each pinhole of the mask.

        Parameters
        ----------
        values : ndarray, shape (n, ...)
            Of each spot.

        Returns
        -------
        ndarray, shape (pinholes, ...)
        """
        made: Values = self._adding @ values
        return made

    @cached_property
    def _adding(self) -> Any:
        """A sparse matrix that adds up the spots of each pinhole: many short sums at once."""
        from scipy.sparse import csr_array

        count = self.seen.size
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.seen.pinhole, minlength=self.seen.n_pinholes))])
        order = np.argsort(self.seen.pinhole, kind="stable")
        return csr_array((np.ones(count), order, starts), shape=(self.seen.n_pinholes, count))

    def normal(self, weight: Floats, mask_variance: float = 0.0) -> Values:
        """The normal matrix, less what the errors of the mask take up (Schur's complement).

        Parameters
        ----------
        weight, mask_variance
            As for `solve`.

        Returns
        -------
        ndarray, shape (columns, columns)
        """
        return self._equations(weight, mask_variance)[0]

    def _equations(self, weight: Floats, mask_variance: float) -> tuple[Values, Values]:
        """Normal matrix and right side."""
        g, z = self.made.columns, self.made.target
        weighted = g * weight[:, None]
        normal, right = gram(weighted, g), gram(weighted, z)
        if mask_variance:
            each = np.asarray(self.sums(weight), np.float64) + 1 / mask_variance
            by_column = self.sums(weighted)
            share = by_column / each[:, None]
            normal = normal - gram(share, by_column)
            right = right - gram(share, self.sums(weight * z))
        return normal, right

    def solve(self, weight: Floats, mask_variance: float = 0.0, *, last: bool = True) -> Estimate:
        """Solve with given weights.

        Parameters
        ----------
        weight : ndarray of float64, shape (n,)
            1 / variance of one axis; 0 leaves a spot out.
        mask_variance : float
            Of what a pinhole of the mask is expected to be off, pixels², per axis; 0 for a perfect mask.
        last : bool
            Whether covariance and leverages are wanted, too; else they are zero.

        Returns
        -------
        Estimate

        Raises
        ------
        InputError
            The spots do not determine the coefficients.
        """
        g, z = self.made.columns, self.made.target
        normal, right = self._equations(weight, mask_variance)
        inverse = np.linalg.inv(cholesky_of(normal))
        beta = np.asarray(inverse.conj().T @ (inverse @ right), np.complex128)
        residual = z - times(g, beta)
        covariance: Values = np.zeros_like(normal)
        leverage: Floats = np.zeros(weight.size)
        if last:
            covariance = inverse.conj().T @ inverse
            across = times(g, inverse.conj().T)
            leverage = np.sum((across * across.conj()).real, axis=1)
            leverage *= np.where(weight > 0, weight, float(np.median(weight[weight > 0])))
        error = np.zeros(self.seen.n_pinholes, np.complex128)
        if mask_variance:
            each = np.asarray(self.sums(weight), np.float64) + 1 / mask_variance
            error = np.asarray(self.sums(weight * residual) / each, np.complex128)
            residual = residual - error[self.seen.pinhole]
            # the share of a spot in its own pinhole's error is part of its leverage
            leverage = leverage + weight / each[self.seen.pinhole]
        return Estimate(beta, covariance, error, residual, np.clip(leverage, 0, 0.999))


def cholesky_of(normal: Values) -> Values:
    """Lower triangle of a normal matrix, whose columns may differ in scale.

    Parameters
    ----------
    normal : ndarray, shape (n, n)
        Hermitian.

    Returns
    -------
    ndarray, shape (n, n)

    Raises
    ------
    InputError
        It is singular.
    """
    made = _lower(normal)
    if made is None:
        raise InputError(
            "The pinholes do not determine the solution: they lie too close to a line, or too few are left.",
            cure="Lower the order, or give frames with pinholes over the whole field.",
        )
    return made


def _lower(normal: Values) -> Values | None:
    """Lower triangle of a normal matrix, none where it is singular."""
    from scipy.linalg import LinAlgError, cholesky

    size = np.sqrt(np.clip(np.diag(normal).real, 1e-300, None))
    try:
        lower: Values = cholesky(normal / np.outer(size, size), lower=True)
    except LinAlgError:
        return None
    return lower * size[:, None] if float(np.abs(np.diag(lower)).min()) > _INDEPENDENT else None


def determined_order(normal: Values, order: int, n_frames: int) -> int:
    """The highest order that spots determine: a few rows of pinholes tell nothing of high powers across them.

    Parameters
    ----------
    normal : ndarray, shape (columns, columns)
        Normal matrix of the highest order that is asked for.
    order : int
        That order.
    n_frames : int
        Pictures.

    Returns
    -------
    int
        1 where they do not determine that one either, which its solution says.
    """
    counts = ((lower, columns_of(lower, n_frames)) for lower in range(order, 1, -1))
    return next((lower for lower, count in counts if _lower(normal[:count, :count]) is not None), 1)
