"""Flags of a flat, and what they count."""

from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.flats.config import FlatConfig
from calgui.core.algorithms.geometry import Region
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray

LOW_QE = flags.BY_NAME["LOW_QE"].value
UNRELIABLE_FLAT = flags.BY_NAME["UNRELIABLE_FLAT"].value
NO_FLAT = flags.NO_FLAT_FIELD | flags.DO_NOT_USE
_REFERENCE = flags.REFERENCE_PIXEL | flags.NON_SCIENCE | flags.DO_NOT_USE
#: bits of the frames that a flat keeps where all frames have them
_KEPT = (
    flags.SATURATED | flags.NONLINEAR | flags.DEAD | flags.HOT | flags.WARM | LOW_QE | flags.NO_LIN_CORR
    | flags.NO_FLAT_FIELD | flags.DO_NOT_USE | flags.NON_SCIENCE | flags.REFERENCE_PIXEL
)  # fmt: skip


@dataclass
class Counts:
    """Light-sensitive pixels of a flat, and how many of them are flagged.

    Attributes
    ----------
    pixels, no_flat, low, nonlinear, saturated, unreliable : int
        So far.
    """

    pixels: int = 0
    no_flat: int = 0
    low: int = 0
    nonlinear: int = 0
    saturated: int = 0
    unreliable: int = 0


def flag_rows(
    flat: FloatArray,
    err: FloatArray,
    around: FloatArray,
    bits: DqArray,
    region: Region,
    start: int,
    config: FlatConfig,
    counts: Counts,
) -> None:
    """Flag some rows of a flat.

    Parameters
    ----------
    flat, err : ndarray of float32, shape (n, nx)
        The flat, in any unit, NaN where nothing is known; reference pixels become 1 with error 0.
    around : ndarray of float32
        The light around each pixel, in the same unit.
    bits : ndarray of uint32
        Of the combination; changed.
    region : Region
        Says which pixels are reference pixels.
    start : int
        First row.
    config : FlatConfig
        Limits.
    counts : Counts
        Added to.
    """
    light = region.mask(start, start + len(flat))
    bits &= np.uint32(_KEPT)
    light &= (bits & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
    bits[~light] = np.uint32(_REFERENCE)
    flat[~light], err[~light] = 1, 0
    with np.errstate(invalid="ignore"):
        none = ~(flat > np.float32(config.dead_response) * around) & light
        low = (flat < np.float32(config.low_response) * around) & light & ~none
        unreliable = ~(err <= np.float32(config.largest_error) * np.abs(flat)) & light & ~none
    none |= light & ((bits & np.uint32(flags.NO_FLAT_FIELD)) != 0)
    bits[none] |= np.uint32(NO_FLAT)
    bits[low] |= np.uint32(LOW_QE)
    bits[unreliable] |= np.uint32(UNRELIABLE_FLAT)
    counts.pixels += int(np.count_nonzero(light))
    counts.no_flat += int(np.count_nonzero(none))
    counts.low += int(np.count_nonzero(low))
    counts.unreliable += int(np.count_nonzero(unreliable))
    counts.nonlinear += int(np.count_nonzero(light & ((bits & np.uint32(flags.NONLINEAR)) != 0)))
    counts.saturated += int(np.count_nonzero(light & ((bits & np.uint32(flags.SATURATED)) != 0)))
