"""Smooth light beside the lines: thermal light of telescope and sky, and whatever else changes slowly."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: kelvin: about that of a telescope at night; the derivative beside it makes the shape right for others
_TEMPERATURE = 280.0
#: second radiation constant, nm K (CODATA)
_HC_OVER_K = 1.438776877e7
_DEGREE = 3
_LEAST = 1e-7


def basis(*wavelengths: Floats) -> list[Floats]:
    """Smooth functions that the continuum is made of.

    Parameters
    ----------
    *wavelengths : ndarray of float64
        One or more axes, nm; functions are the same on all.

    Returns
    -------
    list of ndarray of float64, shape (n, q)
        For each axis: the photons of a black body of 280 K, their change with temperature, and polynomials to the
        third degree, made independent of one another.
    """
    joined = np.concatenate(wavelengths)
    low, high = joined.min(), joined.max()
    place = 2 * (joined - low) / max(high - low, 1e-9) - 1
    ratio = _HC_OVER_K / (joined * _TEMPERATURE)
    # Wien's side: the exponent is 20 and more below 2.5 µm
    photons = joined**-4 * np.exp(-(ratio - ratio.min()))
    change = photons * ratio
    columns = [np.polynomial.legendre.legvander(place, _DEGREE), photons[:, None], change[:, None]]
    stacked = np.concatenate([column / np.abs(column).max(axis=0) for column in columns], axis=1)
    u, weights, _ = np.linalg.svd(stacked, full_matrices=False)
    kept = u[:, weights > _LEAST * weights[0]] * np.sqrt(len(joined))
    return [np.asarray(part) for part in np.split(kept, np.cumsum([len(one) for one in wavelengths])[:-1])]
