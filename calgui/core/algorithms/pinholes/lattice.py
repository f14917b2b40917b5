"""Each spot's place on the grid of the mask, found without knowing its pitch or its rotation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.pinholes.basis import oriented, shortest, steps_of
from calgui.core.algorithms.pinholes.spots import NO_PLACE, Lattice
from calgui.core.algorithms.pinholes.surface import Surface, fit_surface, order_for
from calgui.core.errors import InputError
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: fewer placed spots are no grid
FEWEST = 12
#: highest order of the surface that a place is told by: only to be sure of the place, not a solution
_ORDER = 7
#: a spot stands in a place when it is nearer to it than this part of the step to the next
_NEAR = 0.2
#: scatter about the smooth surface beyond which spots stand in no grid, as a part of the step
_SCATTER = 0.045
#: part of the places in the outline that must have a spot: in a random field one in ten has
_FILLED = 0.4
#: part from which no other lattice is tried
_FULL = 0.65
#: of the cells of the lattice that hold any spot, the part whose spot stands in the place; and cells in the outline
#: with a spot beside the place, as a part of the placed spots. Else the true grid is finer, or the likeliest one is a
#: chance. A clump of dust, however dense, fills few cells
_SHARE, _INTRUDED = 0.6, 0.4
#: how far from the spots that are placed the next are looked for: steps, and a part of the radius of what is placed
_BEYOND, _FURTHER = 1.5, 0.12
_MOST_TURNS = 200
_SEEDS = 4


@dataclass(frozen=True)
class Placement:
    """Spots in their places.

    Attributes
    ----------
    i, j : ndarray of int64, shape (n,)
        `NO_PLACE` for those without.
    lattice : Lattice
        The grid.
    surface : Surface
        From (i, j) to x, y.
    missing : ndarray of int64, shape (m, 2)
        i, j of places in the outline of the placed spots that have none.
    """

    i: Ints
    j: Ints
    lattice: Lattice
    surface: Surface
    missing: Ints


@dataclass(frozen=True)
class _Grown:
    """What grew from one seed."""

    index: Ints  # (n, 2), NO_PLACE for none
    filled: float
    scatter: float  # as a part of the step
    share: float  # of the placed spots in all cells of the lattice that hold a spot
    intruded: float  # cells in the outline with a spot that stands in no place, as a part of the placed spots

    @property
    def count(self) -> int:
        return int(np.count_nonzero(self.index[:, 0] != NO_PLACE))

    @property
    def sound(self) -> bool:
        fits = self.filled >= _least(self.count) and self.scatter <= _SCATTER
        fits &= self.share >= _SHARE and self.intruded <= _INTRUDED
        return self.count >= FEWEST and fits


def _least(count: int) -> float:
    """Part of the places that must have a spot: of few spots more, as chance fills some places too."""
    return _FILLED + 0.9 / float(np.sqrt(max(count, 1)))


def place_spots(points: Floats, shape: tuple[int, int], job: Job, likely: Bools | None = None) -> Placement:
    """Find the lattice in a set of points.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        x, y; false ones among them.
    shape : tuple of int
        (ny, nx) of the picture.
    job : Job
        Cancel.
    likely : ndarray of bool, shape (n,), optional
        Spots that look like pinholes: the lattice is looked for in them first, and the others are put into the places
        that they leave.

    Returns
    -------
    Placement

    Raises
    ------
    InputError
        There is none in them.

    Notes
    -----
    The lattice grows from a spot with all its neighbors: a polynomial from pixels to indices through the spots that
    have their places tells those of the spots a little further out, again and again, at each turn of the order that
    the number of spots bears. Every spot is checked against the others at each turn.
    """
    if len(points) < FEWEST:
        raise InputError(
            f"Only {len(points)} spot{'s were' if len(points) != 1 else ' was'} found: a grid needs {FEWEST}.",
            cure="Lower the threshold, expose longer, or choose a picture of the pinhole mask.",
        )
    if likely is not None and FEWEST <= likely.sum() < len(points):
        best = _best(points[likely], shape, job)
        if best is not None and best.sound:
            index = np.full((len(points), 2), NO_PLACE, np.int64)
            index[likely] = best.index
            return _settled(points, _filled_up(points, index), shape)
    best = _best(points, shape, job)
    if best is None or not best.sound:
        raise InputError(
            f"The {len(points)} spots stand in no grid" + _why(best) + ".",
            cure="Choose a picture of the pinhole mask. If it is one, mask its dust, or raise the threshold.",
        )
    return _settled(points, best.index, shape)


def _best(points: Floats, shape: tuple[int, int], job: Job) -> _Grown | None:
    """The lattice with the most spots in the fullest outline."""
    best: _Grown | None = None
    for pair in steps_of(points):
        for seed in _seeds(points, pair, shape):
            job.check()
            grown = _grow(points, seed, pair, job)
            if best is None or (grown.sound, grown.count * grown.filled) > (best.sound, best.count * best.filled):
                best = grown
            if grown.sound and grown.filled >= _FULL:
                return best
    return best


def _filled_up(points: Floats, index: Ints) -> Ints:
    """Put spots without a place into those that are empty, where they stand in one."""
    placed = index[:, 0] != NO_PLACE
    center = points[placed].mean(axis=0)
    order = order_for(int(placed.sum()), _ORDER)
    surface = fit_surface(points[placed] - center, index[placed].astype(np.float64), order)
    more = _assigned(surface(points - center), ~placed, _NEAR)
    whole = _places_in_outline(index[placed])
    free = set(map(tuple, whole.tolist())) - set(map(tuple, index[placed].tolist()))
    for k in np.flatnonzero(more[:, 0] != NO_PLACE):
        if tuple(more[k].tolist()) in free:
            index[k] = more[k]
    return index


def _why(best: _Grown | None) -> str:
    if best is None or best.count < FEWEST:
        return ": no step leads from most of them to a neighbor"
    least = _least(best.count)
    if best.filled < least:
        return f": of the places of the likeliest one {100 * best.filled:.0f} % have a spot, {100 * least:.0f} % should"
    if best.share < _SHARE or best.intruded > _INTRUDED:
        return ": too many stand between the places of the likeliest one"
    return f": they scatter by {100 * best.scatter:.1f} % of the step about it, at most {100 * _SCATTER:g} % should"


def _seeds(points: Floats, pair: Floats, shape: tuple[int, int]) -> list[int]:
    """Spots with the most of the eight neighbors that two steps promise; the innermost first, apart from each other."""
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    near = _NEAR * float(np.hypot(*pair[0]))
    score = np.zeros(len(points))
    for a, b in ((1, 0), (0, 1), (1, 1), (1, -1)):
        for sign in (1, -1):
            distance, _ = tree.query(points + sign * (a * pair[0] + b * pair[1]), distance_upper_bound=near)
            score += np.isfinite(distance)
    away = np.hypot(points[:, 0] - shape[1] / 2, points[:, 1] - shape[0] / 2)
    made: list[int] = []
    for index in np.lexsort((away, -score)):
        if score[index] < 3 or len(made) == _SEEDS:
            break
        apart = [np.hypot(*(points[index] - points[other])) for other in made]
        if all(distance > 6 * np.hypot(*pair[1]) for distance in apart):
            made.append(int(index))
    return made


def _grow(points: Floats, seed: int, pair: Floats, job: Job) -> _Grown:
    """Put spots into their places, from a seed outwards."""
    from scipy.spatial import cKDTree

    step = float(np.hypot(*pair[1]))
    place = (points - points[seed]) @ np.linalg.inv(pair)
    index = np.full((len(points), 2), NO_PLACE, np.int64)
    center, scatter, reach = points[seed], 1.0, 1.6
    inside = np.hypot(*(points - center).T) <= reach * step
    for turn in range(_MOST_TURNS):
        job.check()
        near = _NEAR if turn < 4 else float(np.clip(10 * scatter, 0.08, _NEAR))
        now = _assigned(place, inside, near)
        placed = now[:, 0] != NO_PLACE
        count = int(placed.sum())
        if count < 4 or (now == index).all():
            break
        surface = fit_surface(points[placed] - center, now[placed].astype(np.float64), order_for(count, _ORDER))
        place, scatter, index = surface(points - center), surface.scatter, now
        # a polynomial tells nothing far from the spots that it goes through
        reach = _BEYOND + _FURTHER * (count / np.pi) ** 0.5
        away, _ = cKDTree(points[placed]).query(points, distance_upper_bound=reach * step)
        inside = np.isfinite(away)
    placed = index[:, 0] != NO_PLACE
    if placed.sum() < FEWEST:
        return _Grown(index, 0.0, 1.0, 0.0, 0.0)
    places = _places_in_outline(index[placed])
    count = int(placed.sum())
    nearest = np.rint(np.clip(place, -1e6, 1e6)).astype(np.int64)
    cells = np.unique(nearest, axis=0)
    both = np.concatenate([places, np.unique(nearest[~placed], axis=0)])
    intruded = len(both) - len(np.unique(both, axis=0))
    return _Grown(index, count / len(places), scatter, count / len(cells), intruded / count)


def _assigned(place: Floats, inside: Bools, near: float) -> Ints:
    """The whole numbers next to fractional indices, each given to the nearest spot only."""
    whole = np.rint(place)
    off = np.abs(place - whole).max(axis=1)
    index = np.full(place.shape, NO_PLACE, np.int64)
    chosen = np.flatnonzero(inside & (off < near) & (np.abs(whole).max(axis=1) < 1e6))
    chosen = chosen[np.argsort(off[chosen], kind="stable")]
    _, first = np.unique(whole[chosen], axis=0, return_index=True)
    chosen = chosen[first]
    index[chosen] = whole[chosen].astype(np.int64)
    return index


def _places_in_outline(index: Ints) -> Ints:
    """Every place in the convex outline of some places."""
    from scipy.spatial import ConvexHull, QhullError

    low, high = index.min(axis=0), index.max(axis=0)
    if np.prod((high - low + 1).astype(np.float64)) > 1e7:
        return np.repeat(index, 100, axis=0)  # spots so few in so wide a field are no grid
    i, j = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    every = np.stack([i.ravel(), j.ravel()], axis=1)
    try:
        hull = ConvexHull(index.astype(np.float64))
    except QhullError:  # in one row
        return every
    inside = (every @ hull.equations[:, :2].T + hull.equations[:, 2] <= 1e-6).all(axis=1)
    return np.asarray(every[inside])


def _settled(points: Floats, index: Ints, shape: tuple[int, int]) -> Placement:
    """Indices by convention."""
    index = index.copy()
    placed = index[:, 0] != NO_PLACE
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])

    def surface_of() -> Surface:
        order = order_for(int(placed.sum()), _ORDER)
        return fit_surface(index[placed].astype(np.float64), points[placed], order)

    surface = surface_of()
    at = _index_at(surface, index[placed], points[placed], middle)
    local = surface.slopes(at).T  # a step of each index in rows
    reduced = shortest(local)
    change = oriented(reduced) @ np.rint(reduced @ np.linalg.inv(local)).astype(np.int64)
    # index . local = new . (change . local)
    back = np.rint(np.linalg.inv(change.astype(np.float64))).astype(np.int64)
    index[placed] = index[placed] @ back
    surface = surface_of()
    at = _index_at(surface, index[placed], points[placed], middle)
    index[placed] -= np.rint(at).astype(np.int64)
    return placement_of(points, index[:, 0], index[:, 1])


def placement_of(points: Floats, i: Ints, j: Ints) -> Placement:
    """The surface through placed spots, and what is missing.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        x, y.
    i, j : ndarray of int64, shape (n,)
        Their places, `NO_PLACE` for none.

    Returns
    -------
    Placement
    """
    placed = i != NO_PLACE
    index = np.stack([i, j], axis=1)[placed]
    surface = fit_surface(index.astype(np.float64), points[placed], order_for(len(index), _ORDER))
    places = _places_in_outline(index)
    taken = set(map(tuple, index.tolist()))
    missing = np.array([place for place in places.tolist() if tuple(place) not in taken], np.int64).reshape(-1, 2)
    origin = surface(np.zeros((1, 2)))[0]
    steps = surface.slopes((0.0, 0.0)).T
    lattice = Lattice(
        (float(origin[0]), float(origin[1])),
        (float(steps[0, 0]), float(steps[0, 1])),
        (float(steps[1, 0]), float(steps[1, 1])),
        _kind(steps),
        surface.scatter,
    )
    return Placement(i, j, lattice, surface, missing)


def _index_at(surface: Surface, index: Ints, points: Floats, at: Floats) -> tuple[float, float]:
    """Fractional indices at a place on the picture, by steps from the nearest spot."""
    found = index[int(np.argmin(((points - at) ** 2).sum(axis=1)))].astype(np.float64)
    for _ in range(3):
        off = at - surface(found[None, :])[0]
        found = found + np.linalg.solve(surface.slopes((found[0], found[1])), off)
    return float(found[0]), float(found[1])


def _kind(steps: Floats) -> str:
    """What a lattice with these steps is called."""
    long_i, long_j = np.hypot(steps[:, 0], steps[:, 1])
    cosine = float(steps[0] @ steps[1] / (long_i * long_j))
    alike = abs(long_i / long_j - 1) < 0.05
    if abs(cosine) < 0.05:
        return "square" if alike else "rectangular"
    return "hexagonal" if alike and abs(abs(cosine) - 0.5) < 0.05 else "oblique"


def strays(placement: Placement, points: Floats, error: Floats) -> Bools:
    """Spots in a place whose distance from the smooth surface nothing explains.

    Parameters
    ----------
    placement : Placement
        Of the points.
    points : ndarray of float64, shape (n, 2)
        x, y.
    error : ndarray of float64, shape (n,)
        Of each centre, pixels; NaN where it is not known.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for strays: dust where a pinhole is missing.
    """
    index = np.stack([placement.i, placement.j], axis=1)
    placed = placement.i != NO_PLACE
    off = np.full(len(points), np.nan)
    off[placed] = np.hypot(*(points[placed] - placement.surface(index[placed].astype(np.float64))).T)
    known: Any = np.where(np.isfinite(error), error, 0.0)
    limit = np.maximum(8 * np.hypot(placement.lattice.scatter, known), 0.02 * placement.lattice.pitch)
    return np.asarray(placed & (off > limit))
