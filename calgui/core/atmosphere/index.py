"""Refractive index of moist air from 0.7 to 2.5 µm: Ciddor's below the join, Mathar's above."""

import numpy as np
import numpy.typing as npt

from calgui.core.atmosphere.ciddor import Air, Floats, ciddor
from calgui.core.atmosphere.mathar import mathar

#: where one formula takes over from the other, µm
JOIN = 1.5
#: wavelengths that the two together hold for, µm
RANGE = (0.7, 2.5)


def refractivity(wavelength: npt.ArrayLike, air: Air) -> Floats:
    """Refractivity n - 1 of moist air.

    Ciddor's formula knows no vapour bands, which bend the index beyond 1.7 µm; Mathar's polynomial is wild below
    1.3 µm. Both have the slope right where they meet, and differ there by a constant, which is added to Mathar's.

    Parameters
    ----------
    wavelength : array_like
        In vacuum, µm; within `RANGE`.
    air : Air
        The air.

    Returns
    -------
    ndarray of float64
        Continuous at `JOIN`.
    """
    wave = np.asarray(wavelength, np.float64)
    offset = ciddor(JOIN, air) - mathar(JOIN, air)
    # each formula only where it holds: the polynomial would be large elsewhere
    below, above = ciddor(np.minimum(wave, JOIN), air), mathar(np.maximum(wave, JOIN), air) + offset
    return np.where(wave < JOIN, below, above)
