"""The mean of ramps of the same light, without rays, as signal above the first read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.lamps import unbroken

Floats = npt.NDArray[np.float64]
_TO_SIGMA = 1.4826
#: a difference of two reads that lies further out among the ramps is a ray, in robust sigma
_RAY = 7.0


@dataclass(frozen=True)
class MeanRamp:
    """Of a tile.

    Attributes
    ----------
    signal : ndarray of float64, shape (nread, npix)
        adu above the first read; NaN from the first read on that no ramp has.
    reads : ndarray of int, shape (npix,)
        How many reads there are.
    """

    signal: Floats
    reads: npt.NDArray[np.intp]

    def mean_of_tile(self, top: float) -> tuple[Floats, int]:
        """The mean of the pixels that have all reads below a level.

        Parameters
        ----------
        top : float
            adu above the first read.

        Returns
        -------
        ramp : ndarray of float64, shape (nread,)
            NaN where there is none.
        reads : int
            How many reads nine of ten pixels have, below ``top``.
        """
        with np.errstate(invalid="ignore"):
            below = unbroken(self.signal <= top)
        usable = below[0]
        share = below[:, usable].mean(axis=1) if usable.any() else np.zeros(below.shape[0])
        reads = int(np.count_nonzero(np.logical_and.accumulate(share >= 0.9)))
        if reads < 2:
            return np.full(self.signal.shape[0], np.nan), 0
        among = below[reads - 1]
        ramp = np.full(self.signal.shape[0], np.nan)
        last = self.signal[reads - 1, among]
        # dead and hot pixels are not of the tile
        middle = np.median(last)
        spread = max(_TO_SIGMA * float(np.median(np.abs(last - middle))), 1e-9)
        ordinary = np.flatnonzero(among)[np.abs(last - middle) <= 5 * spread]
        ramp[:reads] = self.signal[:reads][:, ordinary].mean(axis=1)
        return ramp, reads


def mean_ramp(ramps: Sequence[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]) -> MeanRamp:
    """Average ramps difference by difference, so that a ray costs one difference of one ramp.

    Parameters
    ----------
    ramps : sequence of (ndarray of float32, ndarray of bool)
        Reads (nread, ny, nx) in adu, and whether they can be used.

    Returns
    -------
    MeanRamp
    """
    steps = np.stack([np.diff(reads.reshape(reads.shape[0], -1).astype(np.float64), axis=0) for reads, _ in ramps])
    for place, (_, good) in enumerate(ramps):
        fine = good.reshape(good.shape[0], -1)
        steps[place][~(fine[1:] & fine[:-1])] = np.nan
    steps[_rays(steps)] = np.nan
    known = np.isfinite(steps)
    count = known.sum(axis=0)
    mean = np.where(known, steps, 0).sum(axis=0) / np.maximum(count, 1)
    mean[count == 0] = np.nan
    signal = np.concatenate([np.zeros((1, mean.shape[1])), np.cumsum(mean, axis=0)])
    reads = unbroken(np.isfinite(signal)).sum(axis=0)
    return MeanRamp(signal, reads)


def _rays(steps: Floats) -> npt.NDArray[np.bool_]:
    """Differences that stand out upwards among the ramps; with two ramps the higher one, with one none."""
    if steps.shape[0] < 2:
        return np.zeros(steps.shape, np.bool_)
    lowest = steps.shape[0] == 2
    with np.errstate(invalid="ignore"):
        centre = np.min(steps, axis=0) if lowest else np.median(steps, axis=0)
        apart = steps - centre
        # the scatter of all pixels of the tile about their ramps' centre, for each difference
        spread = np.array([_spread(apart[:, read]) for read in range(apart.shape[1])])
        return np.asarray(apart > _RAY * spread[None, :, None])


def _spread(values: Floats) -> float:
    finite = np.abs(values[np.isfinite(values)])
    finite = finite[finite > 0]
    return _TO_SIGMA * float(np.median(finite)) if finite.size else np.inf
