"""The fast part: from measured pinholes to a solution, its verdict, and what there is to see of it."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.config import DistortionConfig
from calgui.core.algorithms.distortion.crossvalidation import OrderLook, best_order, looks
from calgui.core.algorithms.distortion.fitting import Fit, fit, radius_of
from calgui.core.algorithms.distortion.measuring import Measured
from calgui.core.algorithms.distortion.polynomials import HIGHEST_ORDER, n_terms
from calgui.core.algorithms.distortion.solution import Solution, determined, solution
from calgui.core.algorithms.distortion.solver import Solver, determined_order
from calgui.core.algorithms.positions import nearest, parse_positions
from calgui.core.errors import InputError
from calgui.core.jobs import Job

#: pinholes for each term of one axis, at least, and so many that a solution is trusted
FEWEST, ENOUGH = 2, 5
#: mask errors take pinholes that were seen on more than one picture
_SHARED = 20
#: a click excludes the pinhole that is nearest, within this part of the pitch
_NEAR = 0.5


@dataclass(frozen=True)
class Solved:
    """A solution with everything that it came from.

    Attributes
    ----------
    measured : Measured
        Pinholes.
    config : DistortionConfig
        Options.
    order : int
        Of the polynomials.
    fit : Fit
        Coefficients and weights.
    solution : Solution
        What they say.
    rejected, excluded : ndarray of bool, shape (n,)
        Spots that lie too far off, and that were taken out by hand.
    orders : tuple of OrderLook
        Residuals by order, as far as there are pinholes for it.
    best : int
        Order that cross-validation prefers.
    stray : tuple of str
        Excluded places where there is no pinhole.
    told_apart : dict of int to float
        See `determined`; empty where no errors of the mask were solved for.
    """

    measured: Measured
    config: DistortionConfig
    order: int
    fit: Fit
    solution: Solution
    rejected: npt.NDArray[np.bool_]
    excluded: npt.NDArray[np.bool_]
    orders: tuple[OrderLook, ...]
    best: int
    stray: tuple[str, ...]
    told_apart: dict[int, float]

    @cached_property
    def uncovered(self) -> float:
        """Part of the field that lies beyond two pitches of any pinhole that was used."""
        return _uncovered(self)

    @cached_property
    def agreement(self) -> tuple[float, float]:
        """Whether residuals of neighbours point the same way: their correlation, and what chance makes of it."""
        return _neighbors_agree(self)

    @property
    def look(self) -> OrderLook | None:
        """Residuals of the order that was fitted; None where there are too few pinholes to cross-validate it."""
        return next((look for look in self.orders if look.order == self.order), None)


def solve(measured: Measured, config: DistortionConfig, job: Job) -> Solved:
    """Fit a solution to measured pinholes.

    Parameters
    ----------
    measured : Measured
        Pinholes.
    config : DistortionConfig
        Options; of those only the ones in `REFITS` are looked at.
    job : Job
        Cancel.

    Returns
    -------
    Solved

    Raises
    ------
    InputError
        Too few pinholes for the order, or they lie in a line.
    """
    seen = measured.seen
    excluded, stray = _excluded(measured, config)
    rejected = (measured.apart > radius_of(config.clip)) & ~excluded
    used = ~rejected & ~excluded
    count = int(np.bincount(seen.pinhole[used], minlength=1).astype(bool).sum())
    _enough(1 if config.order == "auto" else int(config.order), count, int(rejected.sum()), int(excluded.sum()))
    job.check()
    highest = max(order for order in range(1, HIGHEST_ORDER + 1) if FEWEST * n_terms(order) <= count)
    whole = measured.equations(config.basis, highest)
    mask = config.mask_errors and _shared(measured, used) >= _SHARED
    if config.order == "auto":
        normal = Solver(seen, whole).normal(used / np.square(seen.error))
        start = determined_order(normal, highest, seen.n_frames)
    else:
        start = int(config.order)
    made = fit(seen, measured.equations(config.basis, start), used, mask=mask)
    job.check()
    orders = looks(seen, whole, made.weight, made.solved.mask_error)
    best = best_order(orders)
    order = best if config.order == "auto" else int(config.order)
    if order != start:
        made = fit(seen, measured.equations(config.basis, order), used, mask=mask)
    job.check()
    found = solution(seen, made, measured.spots[0].lattice)
    apart = determined(seen, made) if mask else {}
    return Solved(measured, config, order, made, found, rejected, excluded, orders, best, stray, apart)


def _excluded(measured: Measured, config: DistortionConfig) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    seen = measured.seen
    excluded = np.zeros(seen.size, bool)
    places = parse_positions(config.exclude, "exclude")
    if not places:
        return excluded, ()
    x: list[npt.NDArray[np.float64]] = []
    y: list[npt.NDArray[np.float64]] = []
    number: list[npt.NDArray[np.int64]] = []
    owner: list[npt.NDArray[np.int64]] = []
    # a place may also mean a spot that is not good for a solution anyway
    for frame, spots in enumerate(measured.spots):
        at = np.full(spots.x.size, -1, np.int64)
        here = np.flatnonzero(seen.frame == frame)
        at[measured.index[here]] = here
        x.append(spots.x)
        y.append(spots.y)
        number.append(np.full(spots.x.size, frame + 1))
        owner.append(at)
    owners = np.concatenate(owner)
    near = _NEAR * measured.spots[0].lattice.pitch
    found = nearest(places, np.concatenate(x), np.concatenate(y), np.concatenate(number), near)
    hit = owners[found[found >= 0]]
    excluded[hit[hit >= 0]] = True
    stray = tuple(
        f"{place.x:.1f}, {place.y:.1f} of input {place.number}"
        for place, index in zip(places, found, strict=True)
        if index < 0
    )
    return excluded, stray


def _shared(measured: Measured, used: npt.NDArray[np.bool_]) -> int:
    """Pinholes of the mask that were seen on more than one picture."""
    return int((np.bincount(measured.seen.pinhole[used], minlength=1) > 1).sum())


def _enough(order: int, count: int, rejected: int, excluded: int) -> None:
    needed = FEWEST * n_terms(order)
    if count >= needed:
        return
    lower = max((one for one in range(1, order) if FEWEST * n_terms(one) <= count), default=0)
    lost = ((rejected, "rejected"), (excluded, "excluded"))
    out = "".join(f", {number} were {what}" for number, what in lost if number)
    raise InputError(
        f"Order {order} has {n_terms(order)} terms for each axis and takes {needed} pinholes or more; "
        f"there are {count}{out}.",
        cure=f"Choose order {lower} or lower, or a picture with more pinholes."
        if lower
        else "Choose a picture with more pinholes.",
    )


def expected_rms(solved: Solved) -> float:
    """What the errors of the centres alone lead to expect of the residuals, pixels per axis.

    Parameters
    ----------
    solved : Solved
        A solution.

    Returns
    -------
    float
    """
    used = solved.fit.used
    squared = np.square(solved.measured.seen.error[used])
    left = np.clip(1 - solved.fit.solved.leverage[used], 0, 1)
    return math.sqrt(float(np.mean(squared * left)))


def rms(values: npt.NDArray[np.complex128]) -> float:
    """Of one axis.

    Parameters
    ----------
    values : ndarray of complex128
        x + iy.

    Returns
    -------
    float
        NaN of none.
    """
    return math.sqrt(float(np.mean(np.abs(values) ** 2)) / 2) if values.size else math.nan


def _neighbors_agree(solved: Solved) -> tuple[float, float]:
    seen, residual, used = solved.measured.seen, solved.solution.residual, solved.fit.used
    total, pairs = 0.0, 0
    for number in range(seen.n_frames):
        here = used & (seen.frame == number)
        places = solved.measured.places[here]
        if not len(places):
            continue
        places = places - places.min(axis=0)
        laid = np.zeros(places.max(axis=0) + 1, np.complex128)
        there = np.zeros(laid.shape, bool)
        laid[places[:, 0], places[:, 1]] = residual[here]
        there[places[:, 0], places[:, 1]] = True
        for a, b, c, d in (
            (laid[1:], laid[:-1], there[1:], there[:-1]),
            (laid[:, 1:], laid[:, :-1], there[:, 1:], there[:, :-1]),
        ):
            total += float((a * b.conj()).real.sum())
            pairs += int((c & d).sum())
    variance = 2 * rms(residual[used]) ** 2
    if not pairs or not variance:
        return 0.0, math.inf
    return total / pairs / variance, 1 / math.sqrt(2 * pairs)


def _uncovered(solved: Solved) -> float:
    from scipy.spatial import cKDTree

    seen, used = solved.measured.seen, solved.fit.used
    tree: Any = cKDTree(np.stack([seen.x[used], seen.y[used]], axis=1), balanced_tree=False, compact_nodes=False)
    grid = np.stack(seen.field.grid(33), axis=1)
    lattice = solved.measured.spots[0].lattice
    apart, _ = tree.query(grid, distance_upper_bound=2 * max(lattice.pitch_i, lattice.pitch_j))
    return float(np.mean(np.isinf(apart)))
