"""The two steps of a lattice, from how neighbors lie to each other."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: spots whose neighbors are looked at: more tell nothing new
_SAMPLE = 800
#: vectors are alike that differ by less, in length and in direction (radian)
_ALIKE = 0.08
#: kinds of vectors that are looked at
_KINDS = 8


def steps_of(points: Floats) -> Iterator[Floats]:
    """Pairs of vectors that may span the lattice of some points, the likeliest first.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        x, y; those without a place on the lattice among them.

    Yields
    ------
    ndarray of float64, shape (2, 2)
        One vector in each row, the shortest of their lattice.

    Notes
    -----
    Vectors to the nearest neighbors crowd at the steps of a lattice, their sums and multiples; those to and from false
    spots lie anywhere. Of the crowds that are as full as half of the fullest the shortest span the lattice.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(points)
    sample = points[:: max(1, len(points) // _SAMPLE)]
    seen: list[Floats] = []
    for neighbors in (8, 20):
        if len(points) <= neighbors:
            return
        _, near = tree.query(sample, neighbors + 1)
        crowds = _crowds((points[near[:, 1:]] - sample[:, None, :]).reshape(-1, 2), len(sample))
        for first in range(len(crowds)):
            for second in range(first + 1, len(crowds)):
                pair = np.stack([crowds[first], crowds[second]])
                if abs(_sine(pair)) < 0.25:
                    continue
                pair = shortest(pair)
                if not any(_same(pair, other) for other in seen):
                    seen.append(pair)
                    yield pair


def _crowds(vectors: Floats, spots: int) -> list[Floats]:
    """Means of the fullest crowds of vectors, the shortest first; a vector and its opposite are one."""
    from scipy.spatial import cKDTree

    length = np.hypot(vectors[:, 0], vectors[:, 1])
    vectors, length = vectors[length > 0], length[length > 0]
    turned = 2 * np.arctan2(vectors[:, 1], vectors[:, 0])
    # the doubled angle is the same for a vector and its opposite; half a circle of it is as long as the angle
    place = np.stack([np.log(length), np.cos(turned) / 2, np.sin(turned) / 2], axis=1)
    tree = cKDTree(place)
    crowd = tree.query_ball_point(place, _ALIKE, return_length=True)
    left = np.ones(len(place), bool)
    found: list[tuple[float, Floats]] = []
    fullest = 0
    while left.any() and len(found) < _KINDS:
        top = int(np.argmax(np.where(left, crowd, -1)))
        if not found:
            fullest = int(crowd[top])
        # of a random field no crowd is full: two vectors of each spot belong to a step
        if crowd[top] < max(0.4 * fullest, 0.25 * spots):
            break
        members = np.array(tree.query_ball_point(place[top], _ALIKE))
        alike = vectors[members]
        sign = np.sign(alike @ vectors[top])
        found.append((float(length[top]), np.median(alike * sign[:, None], axis=0)))
        left[np.array(tree.query_ball_point(place[top], 2.5 * _ALIKE))] = False
    return [vector for _, vector in sorted(found, key=lambda one: one[0])]


def _sine(pair: Floats) -> float:
    return float((pair[0, 0] * pair[1, 1] - pair[0, 1] * pair[1, 0]) / np.prod(np.hypot(pair[:, 0], pair[:, 1])))


def _same(pair: Floats, other: Floats) -> bool:
    """Whether two pairs span the same lattice, nearly."""
    steps = pair @ np.linalg.inv(other)
    whole = np.rint(steps)
    return bool(np.abs(steps - whole).max() < 0.15 and abs(abs(np.linalg.det(whole)) - 1) < 0.5)


def shortest(pair: Floats) -> Floats:
    """The two shortest vectors of the lattice that two vectors span (Lagrange and Gauss).

    Parameters
    ----------
    pair : ndarray of float64, shape (2, 2)
        One vector in each row.

    Returns
    -------
    ndarray of float64, shape (2, 2)
    """
    a: Floats
    b: Floats
    a, b = pair[np.argsort((pair**2).sum(axis=1), kind="stable")]
    while True:
        # a rectangle's corner is not folded back and forth by rounding
        times = np.rint((a @ b) / (a @ a) * (1 - 1e-9))
        b = b - times * a
        if times == 0 or b @ b >= a @ a:
            return np.stack([a, b] if a @ a <= b @ b else [b, a])
        a, b = b, a


def oriented(pair: Floats) -> npt.NDArray[np.int64]:
    """Which sums of two vectors are the axes i and j: nearest to +x and to +y.

    Parameters
    ----------
    pair : ndarray of float64, shape (2, 2)
        The shortest vectors of a lattice, one in each row.

    Returns
    -------
    ndarray of int64, shape (2, 2)
        i and j in rows, as multiples of the two vectors. i lies from -45° to 45° (without its upper end) where the
        grid is square; in a hexagonal one, of whose three axes two are taken, from -30° to 30°. j is to the left of i.
    """
    ways = [(1, 0), (0, 1)]
    between = pair[0] @ pair[1] / (np.hypot(*pair[0]) * np.hypot(*pair[1]))
    if abs(between) > 0.4:  # hexagonal, or near it: the third axis is as short
        ways.append((1, -1) if between > 0 else (1, 1))
    every = np.array(ways + [(-a, -b) for a, b in ways], np.int64)
    vectors = every @ pair
    angle = np.arctan2(vectors[:, 1], vectors[:, 0])
    # at equal distance from +x the one below it
    first = int(np.argmin(np.abs(angle + 1e-9)))
    left = vectors[first, 0] * vectors[:, 1] - vectors[first, 1] * vectors[:, 0]
    off = np.where(left > 1e-6 * (pair[0] @ pair[0]), np.abs(angle - np.pi / 2 + 1e-9), np.inf)
    second = int(np.argmin(off))
    return np.stack([every[first], every[second]]).astype(np.int64)
