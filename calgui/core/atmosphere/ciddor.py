"""Refractive index of moist air by Ciddor 1996 (Applied Optics 35, 1566), from 0.3 to 1.7 µm."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: triple point of the Celsius scale, K
ZERO_CELSIUS = 273.15
#: gas constant as the density of moist air of the BIPM has it (Davis 1992), J/mol/K
_R = 8.314510
_WATER = 0.018015  # kg/mol
#: standard air and vapour of the dispersion formulas: temperature (K), pressure (Pa)
_DRY = (288.15, 101325.0)
_VAPOUR = (293.15, 1333.0)


@dataclass(frozen=True)
class Air:
    """The air at the telescope.

    Attributes
    ----------
    pressure : float
        Pa.
    temperature : float
        K.
    humidity : float
        Relative, over water, from 0 to 1.
    co2 : float
        Carbon dioxide in ppm by volume.
    """

    pressure: float
    temperature: float
    humidity: float = 0.0
    co2: float = 450.0


def saturation_pressure(temperature: float) -> float:
    """Pressure of saturated water vapour over water.

    Parameters
    ----------
    temperature : float
        K; good from 0 to 30 °C.

    Returns
    -------
    float
        Pa. Davis 1992, as in Ciddor 1996, appendix A.
    """
    return float(
        np.exp(1.2378847e-5 * temperature**2 - 1.9121316e-2 * temperature + 33.93711047 - 6.3431645e3 / temperature)
    )


def vapour_fraction(air: Air) -> float:
    """Molar fraction of water vapour in moist air.

    Parameters
    ----------
    air : Air
        The air.

    Returns
    -------
    float
        With the enhancement factor of vapour in air (Ciddor 1996, appendix A).
    """
    celsius = air.temperature - ZERO_CELSIUS
    enhancement = 1.00062 + 3.14e-8 * air.pressure + 5.6e-7 * celsius**2
    return enhancement * air.humidity * saturation_pressure(air.temperature) / air.pressure


def _compressibility(temperature: float, pressure: float, fraction: float) -> float:
    """Of moist air: Ciddor 1996, equation 12."""
    celsius = temperature - ZERO_CELSIUS
    ratio = pressure / temperature
    linear = (
        1.58123e-6
        - 2.9331e-8 * celsius
        + 1.1043e-10 * celsius**2
        + (5.707e-6 - 2.051e-8 * celsius) * fraction
        + (1.9898e-4 - 2.376e-6 * celsius) * fraction**2
    )
    return float(1 - ratio * linear + ratio**2 * (1.83e-11 - 0.765e-8 * fraction**2))


def _densities(temperature: float, pressure: float, fraction: float, co2: float) -> tuple[float, float]:
    """Of dry air and of vapour in moist air, kg/m³: Ciddor 1996, equation 4 and its parts."""
    dry = 1e-3 * (28.9635 + 12.011e-6 * (co2 - 400))
    moles = pressure / (_compressibility(temperature, pressure, fraction) * _R * temperature)
    return moles * dry * (1 - fraction), moles * _WATER * fraction


def ciddor(wavelength: npt.ArrayLike, air: Air) -> Floats:
    """Refractivity n - 1 of moist air.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm; good from 0.3 to 1.7.
    air : Air
        The air.

    Returns
    -------
    ndarray of float64
        Ciddor 1996, equations 1 to 5.
    """
    squared = 1 / np.square(np.asarray(wavelength, np.float64))
    standard = 1e-8 * (5792105 / (238.0185 - squared) + 167917 / (57.362 - squared))
    standard *= 1 + 0.534e-6 * (air.co2 - 450)
    vapour = 1.022e-8 * (295.235 + 2.6422 * squared - 0.032380 * squared**2 + 0.004028 * squared**3)
    dry_density, vapour_density = _densities(air.temperature, air.pressure, vapour_fraction(air), air.co2)
    of_dry = _densities(*_DRY, 0.0, air.co2)[0]
    of_vapour = _densities(*_VAPOUR, 1.0, air.co2)[1]
    return np.asarray(dry_density / of_dry * standard + vapour_density / of_vapour * vapour, np.float64)
