"""Rates of one integration, and the mean of several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray


@dataclass(frozen=True)
class Line:
    """What a fit of one integration gives, pixel by pixel.

    Attributes
    ----------
    rate, err : ndarray of float32, shape (pixels,)
        Electrons per second; NaN with fewer than two reads that can be used.
    used : ndarray of uint16
        Reads that were used.
    dq : ndarray of uint32
        Data-quality bits.
    parts : ndarray of float32, shape (3, pixels) or (3, 0)
        Where they are wanted: the variance is the first plus the second times the rate; the third is the seconds
        between the first and the last read that were used.
    exact : bool
        Whether the parts are those of this fit; else of a line through the same reads, good for weights.
    """

    rate: FloatArray
    err: FloatArray
    used: npt.NDArray[np.uint16]
    dq: DqArray
    parts: FloatArray
    exact: bool = True


def average(lines: Sequence[Line]) -> Line:
    """The weighted mean of several integrations, pixel by pixel.

    Parameters
    ----------
    lines : sequence of Line
        With the parts of their variances.

    Returns
    -------
    Line
        Reads that were used are summed; flags are those that all have in common, with SATURATED and JUMP_DET of any.

    Notes
    -----
    A weight is the inverse of the variance that an integration with these reads has at the rate of all integrations
    together. It never depends on the rate of that integration alone: low rates would count more.
    """
    if len(lines) == 1:
        return lines[0]
    rates = np.stack([line.rate for line in lines]).astype(np.float64)
    read, photon, span = np.stack([line.parts for line in lines], axis=1).astype(np.float64)
    known = np.isfinite(rates)
    span = np.where(known, span, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        together = np.where(known, rates, 0) * span
        common = np.maximum(together.sum(axis=0) / span.sum(axis=0), 0)
        variance = read + photon * common
        # without any noise all that can be used count alike
        weights = np.where(known, np.where(variance > 0, 1 / variance, 1.0), 0)
        total = weights.sum(axis=0)
        rate = np.where(known, rates, 0)
        mean = (weights * rate).sum(axis=0) / total
        own = read + photon * np.maximum(mean, 0)
        if not all(line.exact for line in lines):
            own = np.stack([line.err for line in lines]).astype(np.float64) ** 2
        error = np.sqrt(np.where(known, weights**2 * own, 0).sum(axis=0)) / total
    some = known.any(axis=0)
    dq = np.stack([line.dq for line in lines])
    common_bits = np.bitwise_and.reduce(dq, axis=0)
    keep = np.uint32(flags.SATURATED | flags.JUMP_DET | flags.NONLINEAR | flags.NO_LIN_CORR)
    bits = common_bits | (np.bitwise_or.reduce(dq, axis=0) & keep)
    bits = np.where(some, bits & ~np.where(known.all(axis=0), np.uint32(0), np.uint32(flags.DO_NOT_USE)), bits)
    used = np.stack([line.used for line in lines]).astype(np.uint32).sum(axis=0)
    return Line(
        np.where(some, mean, np.nan).astype(np.float32),
        np.where(some, error, np.nan).astype(np.float32),
        np.minimum(used, 65535).astype(np.uint16),
        bits.astype(np.uint32),
        np.empty((3, 0), np.float32),
    )
