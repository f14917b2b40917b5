"""Moments of the noise of ramps in equal light: what gain and read noise are made of.

Ramps of the same light differ by their noise alone, whatever the pixels' response: each is held against the mean of
those before it (Helmert's contrasts, which use all there is once). Of the differences ``d`` between
consecutive reads, those of photon noise are independent of one another, while the noise of a read enters two of them
with opposite signs: ``cov(d[i], d[i+1]) = -R²``, and ``cov(d[i], d[i-1] + d[i] + d[i+1])`` is the photon noise alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.lamps import unbroken

Floats = npt.NDArray[np.float64]
#: samples further out, in robust sigma of their tile, are cosmic rays
_CLIP = 6.0
_TO_SIGMA = 1.4826
#: a tile with fewer pixels in a difference tells nothing of it
_FEW = 32
#: lamps drift by less than this part
_DRIFT = 0.2
#: differences for which a smaller part of the pixels is left than for the first one are not used
_STEADY = 0.99
#: neighbours, each standing for itself and its opposite; what reaches the diagonal ones is of second order
_NEIGHBOURS = ((0, 1), (1, 0))


@dataclass(frozen=True)
class Moments:
    """Sums over pixels, for each tile and each difference of consecutive reads; they add up over tiles and ramps.

    Attributes
    ----------
    count : ndarray of float64, shape (ntile, nread - 1)
        Pixels that were used.
    increment : ndarray of float64, shape (ntile, nread - 1)
        Sum of the differences themselves, adu.
    signal : ndarray of float64, shape (ntile, nread - 1)
        Sum of the signal at the middle of each difference, above the first read, adu.
    total : ndarray of float64, shape (ntile, nread - 1)
        Sum of the squared noise of a difference, adu²: photon noise and twice the read noise.
    photon : ndarray of float64, shape (ntile, nread - 1)
        The same with the read noise out.
    beside : ndarray of float64, shape (ntile, nread - 1)
        As ``photon`` between a pixel and its four neighbours, taken to the same count.
    read : ndarray of float64, shape (ntile, nread - 2)
        Sum of the products of consecutive differences with the sign turned: the variance of a read, adu².
    read_count : ndarray of float64, shape (ntile, nread - 2)
        Pixels behind ``read``.
    """

    count: Floats
    increment: Floats
    signal: Floats
    total: Floats
    photon: Floats
    beside: Floats
    read: Floats
    read_count: Floats

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    def of(self, tiles: npt.NDArray[np.bool_]) -> "Moments":
        """Some of the tiles.

        Parameters
        ----------
        tiles : ndarray of bool
            Which.

        Returns
        -------
        Moments
        """
        return Moments(*(getattr(self, name)[tiles] for name in vars(self)))

    def over(self, tiles: npt.NDArray[np.bool_] | slice) -> "Moments":
        """The sums over some tiles.

        Parameters
        ----------
        tiles : ndarray of bool or slice
            Which.

        Returns
        -------
        Moments
            Of one tile.
        """
        return Moments(*(getattr(self, name)[tiles].sum(axis=0, keepdims=True) for name in vars(self)))


def together(parts: list[Moments]) -> Moments:
    """Tiles of several bands one after the other.

    Parameters
    ----------
    parts : list of Moments
        At least one.

    Returns
    -------
    Moments
    """
    return Moments(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))


def contrast_moments(
    before: npt.NDArray[np.floating[Any]],
    ramp: npt.NDArray[np.floating[Any]],
    good: npt.NDArray[np.bool_],
    number: int,
    side: int,
) -> Moments:
    """Moments of a ramp against the mean of others over a row of tiles.

    Parameters
    ----------
    before : ndarray of float, shape (nread, ny, nx)
        Mean of the ramps before, adu; three reads or more.
    ramp : ndarray of float, shape (nread, ny, nx)
        adu.
    good : ndarray of bool, shape (nread, ny, nx)
        Reads that can be used in all of them.
    number : int
        How many ramps ``before`` is the mean of.
    side : int
        Columns of a tile; what is left over at the right makes a narrower one.

    Returns
    -------
    Moments
        One row for each tile, from left to right.

    Notes
    -----
    The two are brought to the same light, and the mean of a tile is taken out of each difference, so that a lamp
    that drifts adds no noise.
    """
    parts = [slice(x, x + side) for x in range(0, ramp.shape[2], side)]
    return together([_tile(before[..., part], ramp[..., part], good[..., part], number) for part in parts])


def _tile(
    before: npt.NDArray[np.floating[Any]],
    ramp: npt.NDArray[np.floating[Any]],
    good: npt.NDArray[np.bool_],
    number: int,
) -> Moments:
    a, b = before.astype(np.float64), ramp.astype(np.float64)
    used = good[1:] & good[:-1] & good[:1]
    brighter = _brightness(a, b, used)
    share = brighter**2 / number
    # the light whose photon noise the contrast has
    mean = (share * a + b) / (share + 1)
    increment = np.diff(mean, axis=0)
    signal = (mean[1:] + mean[:-1]) / 2 - mean[:1]
    noise = np.diff(brighter * a - b, axis=0) / np.sqrt(share + 1)
    # chance decides which pixels of a tile are full first, and those that are left have too little noise
    share = used.mean(axis=(1, 2), keepdims=True)
    used &= share >= _STEADY * share[:1]
    # what comes after a ray or after saturation has another signal: such a pixel is left out from there on
    used = unbroken(used & _clean(noise, used))
    count = used.sum(axis=(1, 2)).astype(np.float64)
    noise = _centred(noise, used)
    lost = count / np.maximum(count - 1, 1)
    both = used[1:] & used[:-1]
    read = -(noise[1:] * noise[:-1] * both).sum(axis=(1, 2)) * lost[1:]
    around, weight = _with_next(noise), _whole(used)
    inner = weight.sum(axis=(1, 2))
    # the last good difference stands beside one that is not good, and tells nothing of photons alone
    count[inner < _FEW] = 0
    to_count = count / np.maximum(inner, 1) * lost
    beside = np.zeros(count.shape)
    for step in _NEIGHBOURS:
        beside += 2 * _beside(noise, around, weight, count, step) * lost
    return Moments(
        count[None],
        (np.where(used, increment, 0).sum(axis=(1, 2)) * (count > 0))[None],
        (np.where(used, signal, 0).sum(axis=(1, 2)) * (count > 0))[None],
        ((noise**2).sum(axis=(1, 2)) * lost * (count > 0))[None],
        ((noise * around * weight).sum(axis=(1, 2)) * to_count)[None],
        beside[None],
        read[None],
        both.sum(axis=(1, 2)).astype(np.float64)[None],
    )


def _brightness(before: Floats, ramp: Floats, used: npt.NDArray[np.bool_]) -> float:
    """How much brighter the light of a ramp is; 1 where there is too little to tell."""
    ours, theirs = (np.where(used, np.diff(part, axis=0), 0).sum(axis=0) for part in (ramp, before))
    among = used.any(axis=0)
    if np.count_nonzero(among) < _FEW:
        return 1.0
    # medians, as rays are still in
    mine, other = float(np.median(ours[among])), float(np.median(theirs[among]))
    return mine / other if other > 0 and abs(mine - other) < _DRIFT * other else 1.0


def _with_next(noise: Floats) -> Floats:
    """Each difference and its two neighbours in time; the one neighbour of an end counts for two."""
    around = noise.copy()
    around[1:] += noise[:-1]
    around[:-1] += noise[1:]
    around[0] += noise[1]
    around[-1] += noise[-2]
    return around


def _whole(used: npt.NDArray[np.bool_]) -> Floats:
    """1 where a difference and its neighbours in time are used."""
    whole = used.copy()
    whole[1:] &= used[:-1]
    whole[:-1] &= used[1:]
    return whole.astype(np.float64)


def _clean(noise: Floats, used: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which differences are no outliers of their tile."""
    fine = np.zeros(noise.shape, np.bool_)
    for i in range(noise.shape[0]):
        values = noise[i][used[i]]
        if values.size:
            middle = np.median(values)
            sigma = _TO_SIGMA * np.median(np.abs(values - middle))
            fine[i] = np.abs(noise[i] - middle) <= _CLIP * max(sigma, 1e-12)
    return fine


def _centred(noise: Floats, used: npt.NDArray[np.bool_]) -> Floats:
    """Less the mean of the tile, and 0 where nothing is used."""
    count = np.maximum(used.sum(axis=(1, 2), keepdims=True), 1)
    mean = np.where(used, noise, 0).sum(axis=(1, 2), keepdims=True) / count
    return np.where(used, noise - mean, 0.0)


def _beside(noise: Floats, around: Floats, weight: Floats, count: Floats, step: tuple[int, int]) -> Floats:
    """Sum of products of pixels and their neighbours, taken to the count of all pixels."""
    dy, dx = step
    ny, nx = noise.shape[1:]
    here = slice(None), slice(0, ny - dy), slice(max(-dx, 0), nx - max(dx, 0))
    there = slice(None), slice(dy, ny), slice(max(dx, 0), nx + min(dx, 0))
    weights = weight[here] * weight[there]
    pairs = weights.sum(axis=(1, 2))
    # both ways round, since the neighbours of a difference are on either side of it
    products = (noise[here] * around[there] + noise[there] * around[here]) / 2
    return np.asarray(np.where(pairs > 0, (products * weights).sum(axis=(1, 2)) * count / np.maximum(pairs, 1), 0.0))
