"""The wavelengths over which an image is summed, with their weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError

#: rings at 1 arcsec that lie in one filter are washed out with this many; core and energy need five
DEFAULT_COUNT = 9


@dataclass(frozen=True)
class Band:
    """Wavelengths and the part of the detected photons at each.

    Attributes
    ----------
    wavelengths_um : tuple of float
        µm in vacuum, growing.
    weights : tuple of float
        Their sum is 1.
    """

    wavelengths_um: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def mean_um(self) -> float:
        """Mean wavelength of the photons, µm."""
        return float(np.dot(self.wavelengths_um, self.weights))


def single(wavelength_um: float) -> Band:
    """One wavelength alone.

    Parameters
    ----------
    wavelength_um : float
        µm.

    Returns
    -------
    Band
    """
    return flat_band(wavelength_um, wavelength_um, 1)


def flat_band(wavemin_um: float, wavemax_um: float, count: int = DEFAULT_COUNT) -> Band:
    """A filter of even transmission for a source of even photon rate, as WAVEMIN and WAVEMAX tell.

    Parameters
    ----------
    wavemin_um, wavemax_um : float
        Edges, µm.
    count : int
        Wavelengths; those of Gauss and Legendre, which integrate polynomials of order ``2 count - 1`` exactly.

    Returns
    -------
    Band

    Raises
    ------
    InputError
        When these are no wavelengths from 0.1 to 100 µm.
    """
    if not 0.1 <= wavemin_um <= wavemax_um <= 100:
        raise InputError(
            f"{wavemin_um:g} to {wavemax_um:g} µm is no band of wavelengths.", cure="Give wavelengths in µm."
        )
    if wavemin_um == wavemax_um:
        return Band((float(wavemin_um),), (1.0,))
    places, weights = np.polynomial.legendre.leggauss(count)
    waves = (wavemin_um + wavemax_um) / 2 + places * (wavemax_um - wavemin_um) / 2
    return Band(tuple(waves.tolist()), tuple((weights / weights.sum()).tolist()))


def curve_band(
    wavelength_um: npt.NDArray[np.floating[Any]],
    transmission: npt.NDArray[np.floating[Any]],
    count: int = DEFAULT_COUNT,
) -> Band:
    """A filter's transmission curve, times the spectrum of the source where that is known.

    Parameters
    ----------
    wavelength_um : ndarray of float, shape (n,)
        µm, growing.
    transmission : ndarray of float, shape (n,)
        Of any scale: photons that are detected.
    count : int
        Wavelengths.

    Returns
    -------
    Band
        The curve cut into parts of equal light, each at the mean wavelength of its light.

    Raises
    ------
    InputError
        When the curve holds no light.
    """
    wave = np.asarray(wavelength_um, np.float64)
    light = np.clip(np.nan_to_num(np.asarray(transmission, np.float64)), 0, None)
    if wave.ndim != 1 or wave.shape != light.shape or wave.size < 2 or np.any(np.diff(wave) <= 0):
        raise InputError("The filter's curve has no growing wavelengths.", cure="Give two columns, sorted.")
    steps = np.diff(wave)
    total = np.concatenate([[0], np.cumsum((light[1:] + light[:-1]) / 2 * steps)])
    moment = np.concatenate([[0], np.cumsum((light[1:] * wave[1:] + light[:-1] * wave[:-1]) / 2 * steps)])
    if not total[-1] > 0 or wave[0] < 0.1 or wave[-1] > 100:
        raise InputError("The filter's curve holds no light in µm.", cure="Give its wavelengths in µm.")
    # np.interp of the inverse wants what grows: parts without light are left out
    grows = np.concatenate([[True], np.diff(total) > 0])
    edges = np.interp(np.linspace(0, total[-1], count + 1), total[grows], wave[grows])
    parts = np.diff(np.interp(edges, wave, moment)) * count / total[-1]
    return Band(tuple(parts.tolist()), (1 / count,) * count)
