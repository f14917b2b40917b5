"""Which order follows the distortion: residuals of spots against the solution that was made without them."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.distortion.blocks import gram, times
from calgui.core.algorithms.distortion.observations import Complexes, Equations, Observations, columns_of
from calgui.core.algorithms.distortion.polynomials import Floats
from calgui.core.algorithms.distortion.solver import cholesky_of, determined_order


@dataclass(frozen=True)
class OrderLook:
    """How well polynomials of one order follow the same spots.

    Attributes
    ----------
    order : int
        Of it.
    rms : float
        Of the residuals of the spots that were used, pixels per axis.
    cross_validated : float
        The same of each spot against the solution without it.
    squared : ndarray of float64
        Square of that residual of each spot, over its variance.
    """

    order: int
    rms: float
    cross_validated: float
    squared: Floats


def looks(seen: Observations, whole: Equations, weight: Floats, mask_error: Complexes) -> tuple[OrderLook, ...]:
    """Residuals by order, as they are and cross-validated, from one decomposition.

    Parameters
    ----------
    seen : Observations
        Spots.
    whole : Equations
        Of the highest order.
    weight : ndarray of float64, shape (n,)
        1 / variance; 0 leaves a spot out.
    mask_error : ndarray of complex128, shape (pinholes,)
        Taken as known.

    Returns
    -------
    tuple of OrderLook
        Up to the highest order that the spots determine.

    Notes
    -----
    Leaving each spot out in turn costs nothing where the leverages are known: the residual of a spot against the
    solution without it is r / (1 - h) (Allen 1974, PRESS). Columns are in the order of their degree, so that the first
    of an orthogonal decomposition are those of a lower order.
    """
    used = weight > 0
    root = np.sqrt(weight[used])
    columns = whole.columns[used] * root[:, None]
    target = (whole.target - mask_error[seen.pinhole])[used] * root
    normal = gram(columns, columns)
    highest = determined_order(normal, whole.order, seen.n_frames)
    count = columns_of(highest, seen.n_frames)
    inverse = np.linalg.inv(cholesky_of(normal[:count, :count]))
    q = times(columns[:, :count], inverse.conj().T)
    shares = gram(q, target)
    own = q.real**2 + q.imag**2 if np.iscomplexobj(q) else q**2
    variance = 1 / weight[used]
    made, residual, leverage, start = [], target.astype(np.complex128), np.zeros(root.size), 0
    for order in range(1, highest + 1):
        stop = columns_of(order, seen.n_frames)
        residual = residual - times(q[:, start:stop], shares[start:stop])
        leverage = leverage + own[:, start:stop].sum(axis=1)
        start = stop
        squared = residual.real**2 + residual.imag**2
        without = squared / np.clip(1 - leverage, 1e-3, None) ** 2
        made.append(OrderLook(order, _rms(squared * variance), _rms(without * variance), without))
    return tuple(made)


def _rms(squared: Floats) -> float:
    """Per axis."""
    return math.sqrt(float(squared.mean()) / 2) if squared.size else math.nan


def best_order(found: tuple[OrderLook, ...]) -> int:
    """The lowest order that is not significantly worse than the best.

    Parameters
    ----------
    found : tuple of OrderLook
        By order.

    Returns
    -------
    int
        The lowest whose cross-validated squares exceed those of the best one by less than the error of that difference.
    """
    best = min(found, key=lambda look: float(look.squared.mean()))
    for look in found:
        apart = look.squared - best.squared
        if float(apart.mean()) <= float(apart.std()) / math.sqrt(max(apart.size, 1)):
            return look.order
    return best.order
