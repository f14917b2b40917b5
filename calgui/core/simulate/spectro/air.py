"""Refraction of moist air for the simulation, by other formulas than those of what measures it.

Dry air and vapour in the visible: Owens 1967 (Applied Optics 6, 51), as in Stone 1996 (PASP 108, 1051), whose dry air
is that of Edlén 1966; good from 0.36 to 2 µm but for the absorption bands. These are added here: by the relation of
Kramers and Kronig a band of integrated strength S at the wave number ν₀ adds N S / (2 π² (ν₀² - ν²)) to the index.
That is not fitted to anything, and holds away from the bands themselves, which the filters of astronomy avoid.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: mas in a radian
_MAS = 1000 * 3600 * 180 / math.pi
_BOLTZMANN = 1.380649e-23
#: of carbon dioxide, by volume
_CO2 = 425e-6
#: wave number (1/cm) and strength (cm per molecule, at 296 K) of the bands of water and of carbon dioxide: sums over
#: the lines of HITRAN, to some per cent; the first of water is its rotation
_WATER_BANDS = (
    (215.0, 5.27e-17),
    (1595.0, 1.06e-17),
    (3152.0, 7.6e-20),
    (3657.0, 4.95e-19),
    (3756.0, 7.2e-18),
    (5331.0, 8.4e-19),
    (7230.0, 6.1e-19),
    (8807.0, 5.3e-20),
    (10600.0, 2.0e-20),
)
_CO2_BANDS = ((667.0, 8.0e-18), (2349.0, 9.6e-17), (3675.0, 2.6e-18))


@dataclass(frozen=True)
class Weather:
    """Air at the telescope.

    Attributes
    ----------
    pressure : float
        hPa.
    celsius : float
        Temperature, °C.
    humidity : float
        Relative, over water, %.
    """

    pressure: float
    celsius: float
    humidity: float

    @property
    def kelvin(self) -> float:
        """Temperature, K."""
        return self.celsius + 273.15

    @property
    def vapour(self) -> float:
        """Pressure of the vapour, hPa: Buck 1981 (J. Appl. Meteorology 20, 1527), equation 8 with its factor."""
        saturated = 6.1121 * math.exp((18.729 - self.celsius / 227.3) * self.celsius / (self.celsius + 257.87))
        return self.humidity / 100 * (1.0007 + 3.46e-6 * self.pressure) * saturated


def refractivity(wavelength: npt.ArrayLike, weather: Weather) -> Floats:
    """Index of refraction less 1.

    Parameters
    ----------
    wavelength : array_like
        Vacuum, µm; from 0.36 to 2.45, outside of the bands of water at 1.38 and 1.88 µm.
    weather : Weather
        The air.

    Returns
    -------
    ndarray of float64
    """
    wave = np.asarray(wavelength, np.float64)
    s, t, wet = 1 / wave**2, weather.kelvin, weather.vapour
    dry = weather.pressure - wet
    dry_density = dry / t * (1 + dry * (57.90e-8 - 9.3250e-4 / t + 0.25844 / t**2))
    wet_density = (
        wet / t * (1 + wet * (1 + 3.7e-4 * wet) * (-2.37321e-3 + 2.23366 / t - 710.792 / t**2 + 7.75141e4 / t**3))
    )
    of_dry = 2371.34 + 683939.7 / (130 - s) + 4547.3 / (38.9 - s)
    of_wet = 6487.31 + 58.058 * s - 0.71150 * s**2 + 0.08851 * s**3
    per_hpa = 100 / (_BOLTZMANN * t) * 1e-6  # molecules per cm³
    bands = wet * _bands(wave, _WATER_BANDS) + _CO2 * dry * _bands(wave, _CO2_BANDS)
    return np.asarray(1e-8 * (of_dry * dry_density + of_wet * wet_density) + per_hpa * bands)


def _bands(wave: Floats, bands: tuple[tuple[float, float], ...]) -> Floats:
    """Of one molecule in a cm³, less what they give to visible light, which the formulas hold already."""

    def of(number: Floats) -> Floats:
        total = np.zeros_like(number)
        for middle, strength in bands:
            total += strength / (2 * math.pi**2 * (middle**2 - number**2))
        return total

    return of(1e4 / wave) - of(np.asarray(1e4 / 0.6))


def refraction(wavelength: npt.ArrayLike, weather: Weather, zenith: float) -> Floats:
    """How far a star is lifted towards the zenith.

    Parameters
    ----------
    wavelength : array_like
        Vacuum, µm.
    weather : Weather
        The air.
    zenith : float
        Zenith angle as the telescope sees it, degrees; to 75.

    Returns
    -------
    ndarray of float64
        mas: A tan z + B tan³ z of Stone 1996, with β = 0.001254 T / 273.15 K, the scale height over the earth's
        radius, and κ = 1 + 0.005302 sin² φ - ..., gravity at Mauna Kea, 0.99941.
    """
    gamma = refractivity(wavelength, weather)
    beta, kappa = 0.001254 * weather.kelvin / 273.15, 0.99941
    tangent = math.tan(math.radians(zenith))
    a, b = kappa * gamma * (1 - beta), -kappa * gamma * (beta - gamma / 2)
    return np.asarray(_MAS * (a * tangent + b * tangent**3))
