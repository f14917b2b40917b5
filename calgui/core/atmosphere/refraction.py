"""Refraction in the atmosphere, and how far apart it draws the wavelengths.

The zenith angle of a star is *true* where it is without atmosphere, and *apparent* as the telescope sees it. Refraction
is true less apparent, positive: it lifts a star towards the zenith, and the more the shorter the wavelength.
"""

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from calgui.core.atmosphere.ciddor import Air, Floats
from calgui.core.atmosphere.index import refractivity

#: mas in a radian
MAS = 1000 * 3600 * 180 / math.pi
#: beyond this apparent zenith angle the two terms are not enough, degrees
STEEPEST = 80.0
#: scale height over radius of the earth for one kelvin (Green 1985, as in the routine refco of SOFA)
_BETA = 4.4474e-6

Angle = Literal["apparent", "true"]


def constants(wavelength: npt.ArrayLike, air: Air) -> tuple[Floats, Floats]:
    """A and B of R = A tan z + B tan³ z, for the apparent zenith angle z.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm.
    air : Air
        At the telescope.

    Returns
    -------
    tuple of ndarray of float64
        Radians. Green 1985, equation 4.31; Stone 1996 (PASP 108, 1051), with A = γ(1 - β) and B = -γ(β - γ/2), where
        γ = n - 1 and β is the scale height over the radius of the earth.
    """
    gamma = refractivity(wavelength, air)
    beta = _BETA * air.temperature
    return gamma * (1 - beta), -gamma * (beta - gamma / 2)


def refraction(wavelength: npt.ArrayLike, air: Air, apparent: npt.ArrayLike) -> Floats:
    """True less apparent zenith angle.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm.
    air : Air
        At the telescope.
    apparent : array_like
        Apparent zenith angle, degrees, up to `STEEPEST`.

    Returns
    -------
    ndarray of float64
        mas.
    """
    a, b = constants(wavelength, air)
    tangent = np.tan(np.radians(np.asarray(apparent, np.float64)))
    return np.asarray(MAS * (a * tangent + b * tangent**3), np.float64)


def apparent_angle(wavelength: npt.ArrayLike, air: Air, true: float) -> Floats:
    """Apparent zenith angle of a star whose true one is known.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm.
    air : Air
        At the telescope.
    true : float
        True zenith angle, degrees.

    Returns
    -------
    ndarray of float64
        Degrees, for each wavelength.
    """
    wave = np.asarray(wavelength, np.float64)
    found = np.full(wave.shape, true)
    for _ in range(4):  # each step gains more than two digits below 80 degrees
        found = true - refraction(wave, air, found) / 3.6e6
    return found


def dispersion(wavelength: npt.ArrayLike, reference: float, air: Air, zenith: float, angle: Angle) -> Floats:
    """Where each wavelength of a star is seen, towards the zenith from where the reference wavelength is.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm.
    reference : float
        In vacuum, µm.
    air : Air
        At the telescope.
    zenith : float
        Zenith angle of the star, degrees.
    angle : str
        Whether that is ``true``, or ``apparent`` at the reference wavelength.

    Returns
    -------
    ndarray of float64
        mas; positive for wavelengths shorter than the reference. The star has one true zenith angle, and another
        apparent one for each wavelength; the difference of refractions at the same angle is larger by 4e-4.
    """
    true = zenith + float(refraction(reference, air, zenith)) / 3.6e6 if angle == "apparent" else zenith
    at = float(apparent_angle(reference, air, true))
    return np.asarray(3.6e6 * (at - apparent_angle(wavelength, air, true)), np.float64)
