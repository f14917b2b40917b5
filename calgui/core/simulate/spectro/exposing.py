"""Noise of spectra and cubes that are already extracted: photons, reading, saturation, cosmic rays."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq
from calgui.core.simulate.detector import FULL_WELL, READ_NOISE

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Taken:
    """One exposure.

    Attributes
    ----------
    data, error : ndarray of float32
        Electrons; one standard deviation, of what was to be expected and not of what came.
    flags : ndarray of uint32
        DQ.
    """

    data: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    flags: npt.NDArray[np.uint32]

    def kill(self, which: npt.ArrayLike) -> None:
        """Take all values of some spectra away, in place.

        Parameters
        ----------
        which : array_like of int
            First index.
        """
        chosen = np.asarray(which, np.intp)
        self.data[chosen] = self.error[chosen] = np.nan
        self.flags[chosen] = dq.DO_NOT_USE | dq.DEAD


def expose(
    electrons: Floats, rng: np.random.Generator, *, read_noise: float = READ_NOISE, well: float = FULL_WELL
) -> Taken:
    """Photon noise, read noise and saturation.

    Parameters
    ----------
    electrons : ndarray of float64
        Expected in each value.
    rng : numpy.random.Generator
        Where chance comes from.
    read_noise : float
        Of each value, e-.
    well : float
        What a value can hold, e-; flagged SATURATED where it is full.

    Returns
    -------
    Taken
    """
    collected = rng.poisson(electrons).astype(np.float32)
    full = collected >= well
    np.minimum(collected, np.float32(well), out=collected)
    collected += np.float32(read_noise) * rng.standard_normal(collected.shape, dtype=np.float32)
    error = np.sqrt(np.minimum(electrons, well) + read_noise**2).astype(np.float32)
    flags = np.where(full, np.uint32(dq.SATURATED), np.uint32(0)).astype(np.uint32)
    return Taken(collected, error, flags)


def hit(taken: Taken, spectrum: int, pixel: int, electrons: float, *, flagged: bool = False) -> None:
    """A cosmic ray that lights three pixels of one spectrum, in place.

    Parameters
    ----------
    taken : Taken
        The exposure, of shape (n, pixels).
    spectrum, pixel : int
        Where its middle is.
    electrons : float
        In all.
    flagged : bool
        Whether it was found, and stands in DQ.
    """
    where = (spectrum, slice(pixel - 1, pixel + 2))
    taken.data[where] += np.array([0.2, 0.6, 0.2], np.float32) * np.float32(electrons)
    if flagged:
        taken.flags[where] |= np.uint32(dq.DO_NOT_USE | dq.JUMP_DET)
