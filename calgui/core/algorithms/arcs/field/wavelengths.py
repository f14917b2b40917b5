"""Wavelengths of all pixels of many spectra, as an image that is made when it is written."""

import numpy as np
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.field.values import Floats
from calgui.core.frames.largewriting import MadeRows

#: nm in the unit of the product
_UM = 1e-3


def wavelength_image(coefficients: Floats, domain: tuple[float, float], pixels: int) -> MadeRows:
    """Wavelength of each pixel in µm, vacuum: for 14,000 spectra of 2,000 pixels 224 MB that nobody needs before.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (n, terms)
        Of Legendre polynomials, lowest order first: nm over u from -1 to 1; NaN of spectra without a solution.
    domain : tuple of two float
        Pixels that are u = -1 and u = 1.
    pixels : int
        Of each spectrum.

    Returns
    -------
    MadeRows
        Of float64, shape (n, pixels).
    """
    first, last = domain
    u = (2 * np.arange(pixels) - first - last) / (last - first)
    basis = np.ascontiguousarray(legendre.legvander(u, coefficients.shape[1] - 1).T) * _UM
    return MadeRows((len(coefficients), pixels), np.float64, lambda start, stop: coefficients[start:stop] @ basis)
