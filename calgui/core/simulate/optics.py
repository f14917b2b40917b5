"""Light on the detector: spots, stars with core and halo, lines, all integrated over pixels exactly."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import FloatMap

MAS_PER_PIXEL = 4.0
DIAMETER_M = 30.0
#: FWHM of a Gaussian in its sigma
PER_SIGMA = 2 * math.sqrt(2 * math.log(2))
#: the halo of imperfect correction: (sigma in mas, part of the halo's flux)
_HALO = ((60.0, 0.45), (200.0, 0.55))


def fwhm_pixels(wavelength_um: float) -> float:
    """Width of the diffraction core.

    Parameters
    ----------
    wavelength_um : float
        µm.

    Returns
    -------
    float
        1.03 λ/D in pixels of 4 mas.
    """
    return 1.03 * wavelength_um * 1e-6 / DIAMETER_M * 206264.806e3 / MAS_PER_PIXEL


def profile(count: int, centre: float, sigma: float) -> tuple[slice, npt.NDArray[np.float64]]:
    """A Gaussian of area 1 integrated over the pixels of one axis.

    Parameters
    ----------
    count : int
        Pixels on the axis.
    centre : float
        From 0 at the centre of the first pixel.
    sigma : float
        Pixels.

    Returns
    -------
    where : slice
        The pixels within 6 sigma.
    values : ndarray of float64
        Their share.
    """
    from scipy.special import ndtr

    start = min(max(0, math.floor(centre - 6 * sigma)), count)
    stop = max(start, min(count, math.ceil(centre + 6 * sigma) + 1))
    edges = np.arange(start, stop + 1) - 0.5
    return slice(start, stop), np.diff(ndtr((edges - centre) / sigma))


def add_spot(image: FloatMap, x: float, y: float, flux: float, sigma: float) -> None:
    """Add a round Gaussian spot to an image, in place.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What it is added to.
    x, y : float
        From 0 at the centre of the first pixel.
    flux : float
        Total.
    sigma : float
        Pixels.
    """
    rows, high = profile(image.shape[0], y, sigma)
    columns, wide = profile(image.shape[1], x, sigma)
    if high.size and wide.size:
        image[rows, columns] += (flux * high[:, None] * wide[None, :]).astype(np.float32)


def add_star(image: FloatMap, x: float, y: float, flux: float, wavelength_um: float, strehl: float) -> None:
    """Add the image of a star behind adaptive optics: core and halo.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What it is added to, in place.
    x, y : float
        From 0 at the centre of the first pixel.
    flux : float
        Total of core and halo.
    wavelength_um : float
        Sets the core's width.
    strehl : float
        Part of the flux in the core.
    """
    add_spot(image, x, y, flux * strehl, fwhm_pixels(wavelength_um) / PER_SIGMA)
    for sigma_mas, part in _HALO:
        add_spot(image, x, y, flux * (1 - strehl) * part, sigma_mas / MAS_PER_PIXEL)


def vignetting(size: int) -> FloatMap:
    """Illumination by the lamp: 12 % darker in the corners than in the middle.

    Parameters
    ----------
    size : int
        Pixels on a side.

    Returns
    -------
    ndarray of float32, shape (size, size)
        1 at its brightest.
    """
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    return np.float32(1) - np.float32(0.06) * ((axis[:, None] - np.float32(0.1)) ** 2 + axis[None, :] ** 2)
