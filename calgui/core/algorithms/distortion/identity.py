"""Which pinhole of the mask is which, in pictures of a mask that was stepped or rotated between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.observations import Complexes, Ints
from calgui.core.algorithms.distortion.polynomials import Floats
from calgui.core.algorithms.pinholes.spots import Lattice
from calgui.core.algorithms.positions import Position

#: turns of a whole circle after which a lattice looks the same
_SYMMETRY = {"square": 4, "hexagonal": 6}
#: a likeness of two pictures counts from so many sigma on, and where no other is nearly as good
_SURE, _BETTER = 6.0, 0.75
#: part of the pinholes of the smaller picture that both must show
_OVERLAP = 0.2
#: single values do not decide
_MOST = 4.0


@dataclass(frozen=True)
class Seen:
    """What is peculiar to each pinhole of one picture.

    Attributes
    ----------
    i, j : ndarray of int64, shape (n,)
        Place on the picture's own lattice.
    residual : ndarray of complex128, shape (n,)
        Off a smooth surface, over its scatter of one axis.
    light : ndarray of float64, shape (n,)
        Of the spot against its surroundings, over its scatter.
    missing_i, missing_j : ndarray of int64, shape (m,)
        Places without a spot.
    lattice : Lattice
        The picture's own.
    middle : complex
        Of the picture, x + iy in pixels.
    """

    i: Ints
    j: Ints
    residual: Complexes
    light: Floats
    missing_i: Ints
    missing_j: Ints
    lattice: Lattice
    middle: complex


@dataclass(frozen=True)
class Identity:
    """From the lattice of one picture to that of the first.

    Attributes
    ----------
    matrix : ndarray of int64, shape (2, 2)
        (I, J) = matrix (i, j) + shift.
    shift : ndarray of int64, shape (2,)
        See there.
    turn : complex
        Rotation of the mask against the first picture, a number of modulus 1.
    sigma : float
        How significant the likeness is; NaN where the mask was taken to have moved as little as possible, or as said.
    """

    matrix: Ints
    shift: Ints
    turn: complex
    sigma: float

    def places(self, i: Ints, j: Ints) -> tuple[Ints, Ints]:
        """Lattice indices of the first picture.

        Parameters
        ----------
        i, j : ndarray of int64
            Of this picture.

        Returns
        -------
        tuple of ndarray of int64
        """
        made = self.matrix @ np.stack([i, j]) + self.shift[:, None]
        return made[0], made[1]


def identities(pictures: Sequence[Seen], moves: Sequence[Position]) -> tuple[Identity, ...]:
    """Find for each picture which of its pinholes are those of the first.

    Parameters
    ----------
    pictures : sequence of Seen
        The first is what the others are held against.
    moves : sequence of Position
        How far the picture of the mask moved since the first, pixels, where that is known.

    Returns
    -------
    tuple of Identity

    Notes
    -----
    A lattice looks the same after a step of its pitch. What tells pinholes apart are holes that are blocked, the light
    of each, and the errors of their places; these are correlated over all steps and rotations. Where nothing stands
    out, the mask is taken to have moved as little as possible.
    """
    first = pictures[0]
    none = Identity(np.eye(2, dtype=np.int64), np.zeros(2, np.int64), 1 + 0j, math.inf)
    known = {move.number: complex(move.x, move.y) for move in moves}
    made = [none]
    for number, picture in enumerate(pictures[1:], 2):
        if number in known:
            made.append(_by_geometry(first, picture, known[number]))
        else:
            made.append(_by_likeness(first, picture) or _by_geometry(first, picture, 0j))
    return tuple(made)


def vectors(lattice: Lattice) -> Floats:
    """Both steps of a lattice as a matrix.

    Parameters
    ----------
    lattice : Lattice
        Any.

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Steps along i and j as its columns, pixels.
    """
    return np.array([lattice.along_i, lattice.along_j], np.float64).T


def _matrices(first: Lattice, other: Lattice) -> list[tuple[Ints, complex]]:
    """Ways in which the indices of one lattice may belong to those of the other, and the rotation that each means."""
    ours, theirs = vectors(first), vectors(other)
    count = _SYMMETRY.get(first.kind, 2)
    made = []
    for step in range(count):
        angle = 2 * math.pi * step / count
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        matrix = np.rint(np.linalg.solve(ours, turn @ ours)).astype(np.int64)
        if round(abs(float(np.linalg.det(matrix)))) != 1:
            continue
        # a step of our lattice in their picture, over the same step in ours
        seen = theirs @ np.linalg.inv(matrix.astype(np.float64))
        ratio = complex(*seen[:, 0]) / complex(*ours[:, 0])
        made.append((matrix, ratio / abs(ratio)))
    return made


def _by_geometry(first: Seen, other: Seen, move: complex) -> Identity:
    """As if the mask had turned about the middle, and moved by what is said, to the nearest pinhole."""
    matrix, turn = min(_matrices(first.lattice, other.lattice), key=lambda one: abs(one[1] - 1))
    was = (complex(*other.lattice.origin) - other.middle - move) * turn.conjugate() + first.middle
    moved = was - complex(*first.lattice.origin)
    steps = np.linalg.solve(vectors(first.lattice), np.array([moved.real, moved.imag]))
    return Identity(matrix, np.rint(steps).astype(np.int64), turn, math.nan)


def _by_likeness(first: Seen, other: Seen) -> Identity | None:
    found: list[tuple[float, Identity]] = []
    for matrix, turn in _matrices(first.lattice, other.lattice):
        free = Identity(matrix, np.zeros(2, np.int64), turn, math.nan)
        score, low = _scores(first, other, free)
        best = np.unravel_index(int(np.argmax(score)), score.shape)
        sigma = float(score[best])
        around = score.copy()
        around[max(best[0] - 1, 0) : best[0] + 2, max(best[1] - 1, 0) : best[1] + 2] = -np.inf
        shift = np.array(best, np.int64) + low
        found.append((sigma, Identity(matrix, shift, turn, sigma)))
        found.append((float(around.max()), free))
    found.sort(key=lambda one: -one[0])
    if found[0][0] < _SURE or found[1][0] > _BETTER * found[0][0]:
        return None
    return found[0][1]


def _scores(first: Seen, other: Seen, way: Identity) -> tuple[Floats, Ints]:
    """Likeness for every step of the mask, in sigma, and the step that the first element stands for."""
    from scipy.fft import irfft2, next_fast_len, rfft2

    ours, theirs = (first.i, first.j), way.places(other.i, other.j)
    ours_missing, theirs_missing = (first.missing_i, first.missing_j), way.places(other.missing_i, other.missing_j)
    every = [np.hstack([spots, gone]) for spots, gone in ((ours, ours_missing), (theirs, theirs_missing))]
    lows = [places.min(axis=1) for places in every]
    spans = [places.max(axis=1) - low + 1 for places, low in zip(every, lows, strict=True)]
    size = [next_fast_len(int(spans[0][axis] + spans[1][axis]), real=True) for axis in (0, 1)]

    def laid(places: tuple[Ints, Ints], low: Ints, values: npt.ArrayLike) -> Floats:
        made = np.zeros(size)
        made[places[0] - low[0], places[1] - low[1]] = values
        return made

    def layers(seen: Seen, spots: tuple[Ints, Ints], gone: tuple[Ints, Ints], low: Ints, turn: complex) -> list[Floats]:
        back = seen.residual * np.conj(turn)
        within = laid(spots, low, 1.0) + laid(gone, low, 1.0)
        blocked = laid(gone, low, 1.0)
        share = float(blocked.sum() / max(within.sum(), 1))
        spread = math.sqrt(max(share * (1 - share), 1e-6))
        return [
            laid(spots, low, back.real.clip(-_MOST, _MOST)),
            laid(spots, low, back.imag.clip(-_MOST, _MOST)),
            laid(spots, low, seen.light.clip(-_MOST, _MOST)),
            (within * (blocked - share) / spread).clip(-_MOST, _MOST),
        ]

    ones = [laid(spots, low, 1.0) for spots, low in ((ours, lows[0]), (theirs, lows[1]))]
    pairs = zip(layers(first, ours, ours_missing, lows[0], 1 + 0j),
                layers(other, theirs, theirs_missing, lows[1], way.turn), strict=True)  # fmt: skip

    def correlated(a: Floats, b: Floats) -> Floats:
        return np.asarray(irfft2(rfft2(a) * np.conj(rfft2(b)), s=size), np.float64)

    total = sum((correlated(a, b) for a, b in pairs), np.zeros(size))
    common = correlated(*ones)
    least = max(_OVERLAP * min(ones[0].sum(), ones[1].sum()), 10.0)
    score = np.where(common > least, total / np.sqrt(4 * np.maximum(common, 1)), -np.inf)
    # element s is the sum of ours at place k + s times theirs at place k; steps beyond the middle are negative ones
    half = [int(span) for span in spans[1]]
    score = np.roll(score, half, axis=(0, 1))
    return score, lows[0] - lows[1] - np.array(half)
