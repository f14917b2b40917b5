"""The fit: spots in wrong places are told, and weighted least squares solve for distortion and mask."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.observations import Complexes, Equations, Observations
from calgui.core.algorithms.distortion.polynomials import Floats
from calgui.core.algorithms.distortion.solver import Estimate, Solver

BoolArray = npt.NDArray[np.bool_]

#: of residuals of two axes: the median of |r|² is this times the variance of one
_MEDIAN = 2 * math.log(2)
#: Huber: residuals beyond so many sigma (of a two-dimensional residual) get less weight
_HUBER = 2.0
_SOFT, _HARD = 5, 12
#: sigma of one axis beyond which a spot is not believed while spots in wrong places are looked for
_LIMIT = 4.0
_VARIANCES = 3


@dataclass(frozen=True)
class Fit:
    """A solution.

    Attributes
    ----------
    equations : Equations
        What was solved.
    solved : Estimate
        The last least squares.
    used : ndarray of bool, shape (n,)
        Spots that took part.
    weight : ndarray of float64, shape (n,)
        1 / variance per axis; 0 of those that are not used.
    intrinsic : float
        Scatter of one axis beyond the errors of the centres, pixels, that differs from picture to picture.
    mask_scatter : float or None
        Scatter of one axis that belongs to the pinholes of the mask, pixels; None where it was not solved for.
    """

    equations: Equations
    solved: Estimate
    used: BoolArray
    weight: Floats
    intrinsic: float
    mask_scatter: float | None


def outlying(seen: Observations, made: Equations) -> Floats:
    """How far each spot lies off a robust solution, so that spots in a wrong place can be told.

    Parameters
    ----------
    seen : Observations
        Spots of one picture.
    made : Equations
        Of them; of an order that is high enough to follow the distortion.

    Returns
    -------
    ndarray of float64, shape (n,)
        Length of the residual over the sigma of one axis, which is that of the centre, of the scatter that all spots
        have beyond it, and of the solution there.

    Raises
    ------
    InputError
        See `Solver.solve`.

    Notes
    -----
    First Huber's weights, by which no spot pulls by more than two sigma; then spots beyond four sigma are left out,
    until the same ones are left out twice. Sigma is that of the median residual: a spot in a wrong place does not
    widen it.
    """
    solver = Solver(seen, made)
    limit = radius_of(_LIMIT)
    variance = np.square(seen.error)
    # at first all spots count alike
    solved = solver.solve(1 / (variance + 1e4 * float(np.median(variance))), last=False)
    for turn in range(_SOFT):
        total = variance + _extra(solved.residual, variance)
        apart = np.abs(solved.residual) / np.sqrt(total)
        solved = solver.solve(np.minimum(1.0, _HUBER / np.maximum(apart, 1e-9)) / total, last=turn == _SOFT - 1)
    used = np.ones(seen.size, bool)
    for turn in range(_HARD):
        total = variance + _extra(solved.residual[used], variance[used])
        # of a spot that did not take part the solution's own error is added, of one that did it is in the residual
        own = np.where(used, 1 - solved.leverage, 1 + solved.leverage)
        apart = np.abs(solved.residual) / np.sqrt(total * own)
        kept = apart < limit
        if turn > 1 and bool((kept == used).all()):
            break
        used = kept
        solved = solver.solve(used / total)
    return apart


def fit(seen: Observations, made: Equations, used: BoolArray, *, mask: bool) -> Fit:
    """Solve with those spots that are good.

    Parameters
    ----------
    seen : Observations
        Spots.
    made : Equations
        Of them.
    used : ndarray of bool, shape (n,)
        Spots that take part; the others get a residual alone.
    mask : bool
        Whether errors of the mask are solved for.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        See `Solver.solve`.
    """
    solver = Solver(seen, made)
    variance = np.square(seen.error)
    solved = solver.solve(used / variance, last=False)
    extra, prior = 0.0, 0.0
    rounds = _VARIANCES if mask else 1
    for turn in range(rounds):
        if mask:
            extra, prior = variances(solver, solved, used, variance)
        else:
            extra = _intrinsic(solved, used, variance, made)
        weight = used / (variance + extra)
        solved = solver.solve(weight, prior, last=turn == rounds - 1)
    return Fit(made, solved, used, weight, math.sqrt(extra), math.sqrt(prior) if mask else None)


def radius_of(clip: float) -> float:
    """The length of a two-dimensional residual that is as improbable as a deviation of one axis.

    Parameters
    ----------
    clip : float
        Sigma of one axis.

    Returns
    -------
    float
        Sigma of one axis.
    """
    return math.sqrt(-2 * math.log(max(math.erfc(clip / math.sqrt(2)), 1e-300)))


def _extra(residual: Complexes, variance: Floats) -> float:
    """Variance beyond that of the centres, from the median of the residuals."""
    if not residual.size:
        return 0.0
    squared = np.abs(residual) ** 2
    found = float(np.median(squared)) / _MEDIAN - float(np.median(variance))
    # where errors differ a lot the median of all says little: no smaller than what they themselves demand
    return max(found, 0.0)


def _intrinsic(solved: Estimate, used: BoolArray, variance: Floats, made: Equations) -> float:
    """Variance that, added to those of the centres, makes the sum of squares what it should be."""
    squared, known = np.abs(solved.residual[used]) ** 2, variance[used]
    freedom = 2.0 * (int(used.sum()) - int(made.columns.shape[1]))
    if freedom <= 0:
        return 0.0

    def excess(extra: float) -> float:
        return float((squared / (known + extra)).sum()) - freedom

    if excess(0.0) <= 0:
        return 0.0
    low = 0.0
    width = float(squared.max())
    for _ in range(60):
        width /= 2
        if excess(low + width) > 0:
            low += width
    return low


def variances(solver: Solver, solved: Estimate, used: BoolArray, variance: Floats) -> tuple[float, float]:
    """Variance of each exposure beyond that of the centres, and that of the mask's own errors.

    Parameters
    ----------
    solver : Solver
        Of the equations.
    solved : Estimate
        A solution with or without errors of the mask.
    used : ndarray of bool, shape (n,)
        Spots that count.
    variance : ndarray of float64, shape (n,)
        Of the centres, pixels² of one axis.

    Returns
    -------
    tuple of float
        Both in pixels² of one axis.

    Notes
    -----
    Analysis of variance: the scatter of the spots of one pinhole about their mean is that of the exposures, the scatter
    of the means beyond what that leaves is the mask's.
    """
    whole = solved.residual + solved.mask_error[solver.seen.pinhole]
    counted = used / variance.clip(1e-12)
    count = solver.sums(used.astype(np.float64))
    total = solver.sums(counted)
    several = count > 1
    if not several.any():
        return _extra(whole[used], variance[used]), 0.0
    mean = np.where(count > 0, solver.sums(counted * whole) / np.maximum(total, 1e-300), 0)
    inside = np.abs(whole - mean[solver.seen.pinhole]) ** 2
    spots = used & several[solver.seen.pinhole]
    freedom = 2.0 * float((count[several] - 1).sum())
    typical = float(np.mean(variance[spots]))
    # columns are paid for by the exposures and by the mask, in proportion
    paid = 1 - solver.made.columns.shape[1] / max(float(used.sum()), 1.0)
    extra = max(float(inside[spots].sum()) / (freedom * max(paid, 0.1)) - typical, 0.0)
    within = (typical + extra) / np.maximum(count[several], 1)
    scatter = float((np.abs(mean[several]) ** 2).mean()) / 2 / max(paid, 0.1)
    return extra, max(scatter - float(within.mean()), 1e-8)
