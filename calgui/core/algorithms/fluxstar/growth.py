"""The curve of growth: light within circles about a star, with exact parts of pixels."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.fluxstar.inputs import Floats

#: radii of a curve of growth
_COUNT = 64


@dataclass(frozen=True, eq=False)
class Growth:
    """Light within circles.

    Attributes
    ----------
    radius : ndarray of float64, shape (n,)
        Pixels, growing; the last is the flux radius.
    flux : ndarray of float64
        e-/s, less the background.
    pixel_variance : ndarray of float64
        Of the pixels, (e-/s)².
    area : ndarray of float64
        Pixels.
    background_error : float
        e-/s per pixel, the same for all pixels.
    """

    radius: Floats
    flux: Floats
    pixel_variance: Floats
    area: Floats
    background_error: float

    @property
    def error(self) -> Floats:
        """One sigma of the flux, e-/s: pixels, and the background that all have in common."""
        return np.sqrt(self.pixel_variance + (self.area * self.background_error) ** 2)

    @property
    def signal_to_noise(self) -> Floats:
        """Flux over its error."""
        return self.flux / np.maximum(self.error, np.finfo(np.float64).tiny)


def radii(smallest: float, largest: float) -> Floats:
    """Radii of a curve of growth: close where the star's core is.

    Parameters
    ----------
    smallest, largest : float
        Pixels.

    Returns
    -------
    ndarray of float64
        Growing geometrically.
    """
    return np.geomspace(min(smallest, largest / 2), largest, _COUNT)


def weights(shape: tuple[int, ...], x: float, y: float, radius: float) -> tuple[tuple[slice, slice], Floats]:
    """Parts of pixels within a circle.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    x, y : float
        Its middle.
    radius : float
        Pixels.

    Returns
    -------
    where : tuple of slice
        Rows and columns around it.
    parts : ndarray of float64
        From 0 to 1, exact (photutils).
    """
    from photutils.aperture import CircularAperture

    mask = CircularAperture((x, y), radius).to_mask(method="exact")
    inside, of_mask = mask.get_overlap_slices(shape)
    if inside is None:
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0))
    return inside, np.asarray(mask.data[of_mask], np.float64)


def grow(data: Floats, variance: Floats, x: float, y: float, radius: Floats, background_error: float) -> Growth:
    """Measure a curve of growth.

    Parameters
    ----------
    data, variance : ndarray of float64, shape (ny, nx)
        e-/s less the background, and its square.
    x, y : float
        Place of the star.
    radius : ndarray of float64
        Pixels.
    background_error : float
        e-/s per pixel.

    Returns
    -------
    Growth
    """
    rows = []
    for one in radius:
        where, parts = weights(data.shape, x, y, float(one))
        # a part of a pixel brings the square of that part of its variance
        rows.append(((parts * data[where]).sum(), (parts**2 * variance[where]).sum(), parts.sum()))
    flux, spread, area = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    return Growth(radius, flux, spread, area, background_error)


def best_radius(growth: Growth) -> float:
    """The aperture of the best signal to noise.

    Parameters
    ----------
    growth : Growth
        Of the star.

    Returns
    -------
    float
        Pixels; between the measured radii by a parabola.
    """
    ratio = growth.signal_to_noise
    top = int(ratio.argmax())
    if not 0 < top < ratio.size - 1:
        return float(growth.radius[top])
    a, b, c = ratio[top - 1 : top + 2]
    step = 0.5 * (a - c) / (a - 2 * b + c)
    logs = np.log(growth.radius[top - 1 : top + 2])
    return math.exp(float(logs[1] + step * (logs[2] - logs[1])))


@dataclass(frozen=True)
class Corrected:
    """The star's flux.

    Attributes
    ----------
    aperture_flux, aperture_error : float
        e-/s within the aperture.
    correction, correction_error : float
        Factor to the flux within the flux radius.
    flux, error : float
        e-/s within the flux radius; what aperture and correction have in common counts once.
    """

    aperture_flux: float
    aperture_error: float
    correction: float
    correction_error: float
    flux: float
    error: float


def correct(aperture: Growth, own: Growth, psf: Growth | None, none: bool) -> Corrected:
    """Bring the flux of an aperture to that of the whole star.

    Parameters
    ----------
    aperture : Growth
        Of the aperture alone: one radius.
    own : Growth
        Of the star.
    psf : Growth or None
        Of the star whose growth is used, at the aperture's radius and at the flux radius; the star's own without one.
    none : bool
        Whether nothing is corrected.

    Returns
    -------
    Corrected
    """
    flux, error = float(aperture.flux[0]), float(aperture.error[0])
    if none:
        return Corrected(flux, error, 1.0, 0.0, flux, error)
    if psf is None:
        whole = float(own.flux[-1])
        ratio = whole / flux
        return Corrected(flux, error, ratio, _ratio_error(aperture, 0, own, -1), whole, float(own.error[-1]))
    ratio = float(psf.flux[-1] / psf.flux[0])
    spread = _ratio_error(psf, 0, psf, -1)
    total = flux * ratio
    return Corrected(flux, error, ratio, spread, total, math.hypot(error * ratio, flux * spread))


def _ratio_error(inner: Growth, i: int, outer: Growth, j: int) -> float:
    """Error of the light of a large circle over that of a small one within it, whose pixels both have."""
    small, large = float(inner.flux[i]), float(outer.flux[j])
    ring = max(float(outer.pixel_variance[j] - inner.pixel_variance[i]), 0.0)
    ratio = large / small
    shared = (1 - ratio) ** 2 * float(inner.pixel_variance[i])
    sky = (float(outer.area[j]) - ratio * float(inner.area[i])) * inner.background_error
    return math.sqrt(ring + shared + sky**2) / abs(small)
