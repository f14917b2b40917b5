"""Refractive index of moist air in the infrared by Mathar 2007 (J. Opt. A 9, 470), from 1.3 to 2.5 µm."""

import numpy as np
import numpy.typing as npt

from calgui.core.atmosphere.ciddor import Air, Floats

#: where the fit is expanded around: wave number (1/cm), temperature (K), pressure (Pa), humidity (%)
_WAVE, _TEMPERATURE, _PRESSURE, _HUMIDITY = 1e4 / 2.25, 290.65, 75000.0, 10.0
#: a row for each power of the wave number, in the order of `_terms`: table 1 of the paper
_COEFFICIENTS = np.array(
    [
        [0.200192e-3, 0.588625e-1, -3.01513, -0.103945e-7, 0.573256e-12,
         0.267085e-8, 0.609186e-17, 0.497859e-4, 0.779176e-6, -0.206567e-15],
        [0.113474e-9, -0.385766e-7, 0.406167e-3, 0.136858e-11, 0.186367e-16,
         0.135941e-14, 0.519024e-23, -0.661752e-8, 0.396499e-12, 0.106141e-20],
        [-0.424595e-14, 0.888019e-10, -0.514544e-6, -0.171039e-14, -0.228150e-19,
         0.135295e-18, -0.419477e-27, 0.832034e-11, 0.395114e-16, -0.149982e-23],
        [0.100957e-16, -0.567650e-13, 0.343161e-9, 0.112908e-17, 0.150947e-22,
         0.818218e-23, 0.434120e-30, -0.551793e-14, 0.233587e-20, 0.984046e-27],
        [-0.293315e-20, 0.166615e-16, -0.101189e-12, -0.329925e-21, -0.441214e-26,
         -0.222957e-26, -0.122445e-33, 0.161899e-17, -0.636441e-24, -0.288266e-30],
        [0.307228e-24, -0.174845e-20, 0.106749e-16, 0.344747e-25, 0.461209e-30,
         0.249964e-30, 0.134816e-37, -0.169901e-21, 0.716868e-28, 0.299105e-34],
    ]
)  # fmt: skip


def _terms(air: Air) -> Floats:
    """What the columns of the table are multiplied with: equation 7 of the paper."""
    t = 1 / air.temperature - 1 / _TEMPERATURE
    h = 100 * air.humidity - _HUMIDITY
    p = air.pressure - _PRESSURE
    return np.array([1.0, t, t * t, h, h * h, p, p * p, t * h, t * p, h * p])


def mathar(wavelength: npt.ArrayLike, air: Air) -> Floats:
    """Refractivity n - 1 of moist air.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm; good from 1.3 to 2.5.
    air : Air
        The air; fitted from 500 to 1,023 hPa, 10 to 25 °C, 5 to 60 % and with 370 ppm of carbon dioxide, whatever
        `Air.co2` is.

    Returns
    -------
    ndarray of float64
    """
    wave = 1e4 / np.asarray(wavelength, np.float64) - _WAVE
    return np.asarray(np.polynomial.polynomial.polyval(wave, _COEFFICIENTS @ _terms(air)), np.float64)
