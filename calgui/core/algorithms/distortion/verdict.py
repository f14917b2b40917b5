"""Whether a solution is good, and why not."""

import math

import numpy as np

from calgui.core.algorithms.distortion.polynomials import n_terms
from calgui.core.algorithms.distortion.sip import SIP_LIMIT
from calgui.core.algorithms.distortion.solving import ENOUGH, Solved, expected_rms, rms
from calgui.core.algorithms.registry import Verdict

#: IRIS's astrometric budget for the distortion, pixels per axis
BUDGET = 0.0025
#: scatter beyond the errors of the centres: 0.006 pixel was measured on a real mask
_ODD, _WRONG = 0.02, 0.1
#: residuals over what the centres lead to expect
_OVER = 1.5
_MANY, _TOO_MANY = 0.15, 0.4
_GAPS, _HOLES = 0.05, 0.3
#: neighbours whose residuals agree by so much, and so many sigma of chance
_AGREE, _SIGMA = 0.1, 5.0
#: cross-validated residuals over the best order's
_WORSE = 1.05


def judge(solved: Solved) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a solution.

    Parameters
    ----------
    solved : Solved
        With its residuals.

    Returns
    -------
    str, tuple of str
        Verdict, and its reasons as sentences.
    """
    bad = _bad(solved)
    doubtful = _doubtful(solved)
    told = [f"There is no pinhole to exclude at {place}." for place in solved.stray]
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful or told else "good"
    return verdict, (*bad, *doubtful, *told, *_notes(solved))


def _shares(solved: Solved) -> tuple[int, int, float, float]:
    """Pinholes rejected and missing, and as parts of all that should be there."""
    spots = solved.measured.spots
    missing = sum(one.missing_x.size for one in spots)
    there = solved.measured.seen.size
    rejected = int(solved.rejected.sum())
    unfit = sum(int((~one.used & one.placed).sum()) for one in spots)
    return rejected, missing, rejected / max(there, 1), missing / max(there + missing + unfit, 1)


def _bad(solved: Solved) -> list[str]:
    made = []
    rejected, _, share, _ = _shares(solved)
    scatter = rms(solved.solution.residual[solved.fit.used])
    if share > _TOO_MANY:
        made.append(
            f"{rejected} pinholes, {100 * share:.0f} % of them, do not fit the others (limit {100 * _TOO_MANY:.0f} %)."
        )
    if scatter > _WRONG:
        made.append(f"The residuals are {scatter:.3f} pixel per axis (limit {_WRONG:g}): this is no solution.")
    gap = solved.uncovered
    if gap > _HOLES:
        made.append(f"{100 * gap:.0f} % of the field have no pinhole within two pitches (limit {100 * _HOLES:.0f} %).")
    worst = max(solved.solution.worst_inverse)
    if not worst < SIP_LIMIT:
        made.append(
            f"There and back by the SIP polynomials ends {worst:.2g} pixel from where it began (limit {SIP_LIMIT:g}): "
            "the distortion is too strong for an inverse of order 9, or wild in a corner without pinholes."
        )
    return made


def _doubtful(solved: Solved) -> list[str]:
    made = []
    found, used = solved.solution, solved.fit.used
    scatter, expected = rms(found.residual[used]), expected_rms(solved)
    extra = math.sqrt(max(scatter**2 - expected**2, 0))
    if scatter > _OVER * expected and extra > _ODD and scatter <= _WRONG:
        made.append(
            f"The residuals are {scatter:.4f} pixel per axis, the centres are good to {expected:.4f}: what is beyond, "
            f"{extra:.4f}, is more than errors of a mask (limit {_ODD:g})."
        )
    agree, chance = solved.agreement
    if agree > _AGREE and agree > _SIGMA * chance:
        cure = (
            f"order {solved.best} follows them better"
            if solved.best > solved.order
            else "no order up to 9 follows them"
        )
        made.append(f"Residuals of neighbours agree (correlation {agree:.2f}, chance {chance:.2f}): {cure}.")
    look = solved.look
    best = next((one for one in solved.orders if one.order == solved.best), None)
    if look is not None and best is not None and look.cross_validated > _WORSE * best.cross_validated:
        way = "low" if solved.best > solved.order else "high"
        made.append(
            f"Order {solved.order} is too {way}: cross-validated residuals are {look.cross_validated:.4f} pixel, with "
            f"order {solved.best} they are {best.cross_validated:.4f}."
        )
    pinholes = int(np.count_nonzero(np.bincount(solved.measured.seen.pinhole[used])))
    if pinholes < ENOUGH * n_terms(solved.order):
        made.append(
            f"{pinholes} pinholes for {n_terms(solved.order)} terms of each axis; it takes "
            f"{ENOUGH * n_terms(solved.order)} or more to be sure of them."
        )
    if found.error > BUDGET:
        made.append(
            f"The error of the solution is {found.error:.4f} pixel per axis over the field (limit {BUDGET:g}): a lower "
            "order, brighter or more pinholes lessen it."
        )
    rejected, missing, share, gone = _shares(solved)
    if _MANY < share <= _TOO_MANY:
        made.append(f"{rejected} pinholes, {100 * share:.0f} % of them, were rejected (limit {100 * _MANY:.0f} %).")
    if gone > 2 * _MANY:
        made.append(f"{missing} pinholes, {100 * gone:.0f} % of the grid, are missing (limit {200 * _MANY:.0f} %).")
    gap = solved.uncovered
    if _GAPS < gap <= _HOLES:
        made.append(
            f"{100 * gap:.0f} % of the field have no pinhole within two pitches (limit {100 * _GAPS:.0f} %): the "
            "solution is extrapolated there."
        )
    return made


def _notes(solved: Solved) -> list[str]:
    """What is to be known, and says nothing against the solution."""
    made = []
    lost = [degree for degree, share in solved.told_apart.items() if share < 0.01]
    if lost:
        orders = ", ".join(map(str, lost))
        made.append(
            f"Terms of order {orders} and errors of the mask of the same shape look alike in these pictures, and are "
            "taken for distortion: pictures of the mask stepped and rotated by some 90° tell them apart."
        )
    return made
