"""The perfect star: what a detector would see through a pupil without any wavefront error.

`diffraction_limit` gives a star that is computed once for a band, a pixel scale and a rotation and then costs little
to ask: its peak at any place within a pixel, its light within a radius, its image. `perfect_psf` is the exact image.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.optics.band import Band
from calgui.core.optics.propagation import RAD_PER_MAS, star_density
from calgui.core.optics.pupil import Floats, Pupil
from calgui.core.optics.response import Response

#: radius within which flux is counted for the Strehl ratio unless told otherwise, mas
RADIUS_MAS = 1000.0
#: samples per λ/D at the shortest wavelength: an image holds frequencies up to D/λ, for which 2 would do
_SAMPLES = 2.6
#: λ/D about the star that are integrated along circles, and the places on each circle
_CORE, _ANGLES = 8.0, 128
#: mas beyond the radius that are computed, for pixels that reach over it
_MARGIN = 24.0


@dataclass(frozen=True, eq=False)
class PerfectStar:
    """The image of a star at the diffraction limit, on fine samples of what a pixel sees.

    Attributes
    ----------
    pupil, band, response : Pupil, Band, Response
        What it was computed for.
    rotation_deg : float
        Of the pupil, from x towards y.
    radius_mas : float
        How far it is known at least.
    step_mas : float
        Between two samples.
    samples : ndarray of float64, shape (n, n)
        Part of the star's light, over all the plane, in a pixel whose centre lies there; the star is at the middle.
    """

    pupil: Pupil
    band: Band
    response: Response
    rotation_deg: float
    radius_mas: float
    step_mas: float
    samples: Floats = field(repr=False)

    @property
    def peak(self) -> float:
        """Part of the star's light in a pixel that is centred on it."""
        middle = self.samples.shape[0] // 2
        return float(self.samples[middle, middle])

    def at(self, dx: npt.ArrayLike, dy: npt.ArrayLike) -> Floats:
        """What pixels see.

        Parameters
        ----------
        dx, dy : array-like of float
            Where the pixels' centres lie from the star, in pixels.

        Returns
        -------
        ndarray of float64
            Part of the star's light in each; NaN beyond what is known.
        """
        x, y = np.broadcast_arrays(np.asarray(dx, np.float64), np.asarray(dy, np.float64))
        values = self._spline(y * self.response.pixel_mas, x * self.response.pixel_mas, grid=False)
        return np.where(np.maximum(abs(x), abs(y)) <= self._reach, values, np.nan)

    def image(self, shape: tuple[int, int], x: float, y: float) -> Floats:
        """An image with the star in it.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.
        x, y : float
            The star's place, from 0 at the centre of the first pixel.

        Returns
        -------
        ndarray of float64
            Part of the star's light in each pixel; 0 beyond what is known.
        """
        rows, columns = np.arange(shape[0]) - y, np.arange(shape[1]) - x
        out = np.zeros(shape)
        inside = np.ix_(np.abs(rows) <= self._reach, np.abs(columns) <= self._reach)
        pixel = self.response.pixel_mas
        if out[inside].size:
            out[inside] = self._spline(rows[inside[0].ravel()] * pixel, columns[inside[1].ravel()] * pixel)
        return out

    def encircled_energy(self, radius_mas: npt.ArrayLike) -> Floats:
        """Light within circles about the star, as pixels see it.

        Parameters
        ----------
        radius_mas : array-like of float
            Radii, mas.

        Returns
        -------
        ndarray of float64
            Part of all light, over all the plane; NaN beyond what is known.
        """
        radius = np.asarray(radius_mas, np.float64)
        known, energy = self._growth
        return np.where(radius <= known[-1], np.interp(radius, known, energy), np.nan)

    def radius_of(self, energy: float) -> float:
        """The circle that holds a part of all light.

        Parameters
        ----------
        energy : float
            From 0 to 1.

        Returns
        -------
        float
            mas; NaN where it is larger than what is known.
        """
        known, grown = self._growth
        return float(np.interp(energy, grown, known)) if energy <= grown[-1] else math.nan

    @cached_property
    def fwhm_mas(self) -> float:
        """Width at half of the peak as pixels see it, mas: the mean over all directions."""
        return _width(self._spline, self.peak, math.hypot(self._diffraction_mas, self.response.pixel_mas))

    @cached_property
    def _axis(self) -> Floats:
        half = self.samples.shape[0] // 2
        return np.asarray((np.arange(2 * half + 1) - half) * self.step_mas, np.float64)

    @cached_property
    def _reach(self) -> float:
        return float(self._axis[-1] / self.response.pixel_mas)

    @cached_property
    def _density(self) -> Floats:
        """Light in each cell of the samples."""
        return np.asarray(self.samples * (self.step_mas / self.response.pixel_mas) ** 2)

    @cached_property
    def _growth(self) -> tuple[Floats, Floats]:
        last = float(self._axis[-1])
        radius, energy = _grown(self._axis, self._density, self.step_mas, last)
        core, within = self._core(min(last, _CORE * self._diffraction_mas))
        # cells are coarse against the core and fine against what is beyond it
        beyond = radius > core[-1]
        joined = energy[beyond] + within[-1] - np.interp(core[-1], radius, energy)
        return np.concatenate([core, radius[beyond]]), np.concatenate([within, joined])

    @property
    def _diffraction_mas(self) -> float:
        return self.band.mean_um * 1e-6 / self.pupil.diameter_m / RAD_PER_MAS

    def _core(self, last: float) -> tuple[Floats, Floats]:
        """Growth of the light from the mean over circles."""
        from scipy.integrate import cumulative_simpson

        radius = np.linspace(0, last, 1 + math.ceil(last / min(self._diffraction_mas / 30, self.step_mas / 3)))
        angles = np.arange(_ANGLES) * 2 * math.pi / _ANGLES
        values = self._spline(np.outer(radius, np.sin(angles)), np.outer(radius, np.cos(angles)), grid=False)
        light = 2 * math.pi * radius * values.mean(axis=1) / self.response.pixel_mas**2
        return radius, np.asarray(cumulative_simpson(light, x=radius, initial=0.0))

    @cached_property
    def _spline(self) -> Any:
        from scipy.interpolate import RectBivariateSpline

        return RectBivariateSpline(self._axis, self._axis, self.samples, kx=5, ky=5, s=0)


def diffraction_limit(
    pupil: Pupil,
    band: Band,
    response: Response,
    rotation_deg: float = 0.0,
    radius_mas: float = RADIUS_MAS,
) -> PerfectStar:
    """The perfect star, computed once and kept.

    Parameters
    ----------
    pupil : Pupil
        `calgui.core.optics.pupil.load_pupil`.
    band : Band
        `calgui.core.optics.band.flat_band` or ``curve_band``.
    response : Response
        Pixel scale, and what else blurs the image.
    rotation_deg : float
        By which the pupil is turned, from x towards y on the picture.
    radius_mas : float
        How far from the star it must be known.

    Returns
    -------
    PerfectStar

    Raises
    ------
    InputError
        When pixel or radius is not a positive number.
    """
    if not (response.pixel_mas > 0 and radius_mas > 0 and math.isfinite(response.pixel_mas + radius_mas)):
        raise InputError("Pixel scale and radius must be more than 0 mas.", cure="Give them in mas.")
    return _kept(pupil, band, response, rotation_deg % 360, radius_mas)


@lru_cache(maxsize=24)
def _kept(pupil: Pupil, band: Band, response: Response, rotation_deg: float, radius_mas: float) -> PerfectStar:
    step, half = _grid(pupil, band, response, radius_mas)
    axis: Floats = np.arange(-half, half + 1, dtype=np.float64) * step
    # light of a real pupil is the same on both sides of the star: half of it is computed
    lower = star_density(pupil, band, axis, axis[: half + 1], rotation_deg)
    density = np.concatenate([lower, lower[-2::-1, ::-1]])
    samples = _seen(density, step, response)
    samples.flags.writeable = False
    return PerfectStar(pupil, band, response, rotation_deg, radius_mas, step, samples)


def perfect_psf(
    pupil: Pupil,
    band: Band,
    response: Response,
    shape: tuple[int, int],
    x: float,
    y: float,
    rotation_deg: float = 0.0,
) -> Floats:
    """The image of a perfect star, exact at its place.

    Parameters
    ----------
    pupil, band, response, rotation_deg
        As in `diffraction_limit`.
    shape : tuple of int
        Rows and columns.
    x, y : float
        The star's place, from 0 at the centre of the first pixel.

    Returns
    -------
    ndarray of float64
        Part of the star's light, over all the plane, in each pixel.
    """
    step, _ = _grid(pupil, band, response, response.pixel_mas)
    fine = round(response.pixel_mas / step)
    edge = fine * math.ceil(_MARGIN / response.pixel_mas)
    rows, columns = (
        np.asarray((np.arange(-edge, n * fine + edge) / fine - at) * response.pixel_mas, np.float64)
        for n, at in zip(shape, (y, x), strict=True)
    )
    density = star_density(pupil, band, columns, rows, rotation_deg)
    seen = _seen(density, step, response)
    return np.ascontiguousarray(seen[edge:-edge:fine, edge:-edge:fine])


def _grid(pupil: Pupil, band: Band, response: Response, radius_mas: float) -> tuple[float, int]:
    """Step of the samples, a whole part of a pixel, and how many lie on each side of the star."""
    finest = band.wavelengths_um[0] * 1e-6 / pupil.diameter_m / RAD_PER_MAS / _SAMPLES
    step = response.pixel_mas / math.ceil(response.pixel_mas / finest)
    return step, math.ceil((radius_mas + response.pixel_mas + _MARGIN) / step)


def _seen(density: Floats, step: float, response: Response) -> Floats:
    """What pixels see of a density on samples: exact within, for the samples hold every frequency of the image."""
    from scipy import fft

    shape = [fft.next_fast_len(n, real=True) for n in density.shape]
    # the light at two opposite edges is alike: what is put between them goes on from one to the other
    padded = np.pad(density, [(0, n - m) for n, m in zip(shape, density.shape, strict=True)], mode="edge")
    left = response.transfer(fft.rfftfreq(shape[1], step)[None, :], fft.fftfreq(shape[0], step)[:, None])
    seen = fft.irfft2(fft.rfft2(padded) * left, shape)
    return np.asarray(seen[: density.shape[0], : density.shape[1]] * response.pixel_mas**2)


def _grown(axis: Floats, light: Floats, step: float, last: float) -> tuple[Floats, Floats]:
    """Light within radii: that of each cell comes in evenly while the circle crosses it."""
    parts = 4
    radius = np.hypot(axis[:, None], axis[None, :])
    bins = np.arange(math.floor(last / step) * parts + 1)
    nearest = np.maximum(radius / step - 0.5, 0) * parts
    whole = np.floor(nearest).astype(np.intp).ravel()
    beyond = (nearest.ravel() - whole) * light.ravel()
    count = bins.size + 2 * parts + 4
    inside = whole < bins.size
    # the slope of the growth begins at a cell's near side and ends at its far side
    near = np.bincount(whole[inside], (light.ravel() - beyond)[inside], count)
    near += np.bincount(whole[inside] + 1, beyond[inside], count)
    slope = np.cumsum(near)
    slope[parts:] -= np.cumsum(near)[:-parts]
    energy = np.concatenate([[0], np.cumsum(slope / parts)])[: bins.size]
    return np.asarray(bins * step / parts), np.asarray(energy)


def _width(spline: Any, peak: float, guess: float) -> float:
    from scipy.optimize import brentq

    angles = np.linspace(0, 2 * math.pi, 72, endpoint=False)

    def above(radius: float) -> float:
        return float(spline(radius * np.sin(angles), radius * np.cos(angles), grid=False).mean()) - peak / 2

    return 2 * float(brentq(above, 0.05 * guess, 1.2 * guess))


def strehl_reference(star: PerfectStar, radius_mas: float = RADIUS_MAS) -> float:
    """Peak over flux within a radius, which the same of a measured star is divided by.

    Parameters
    ----------
    star : PerfectStar
        The diffraction limit.
    radius_mas : float
        Within which flux is counted.

    Returns
    -------
    float
        Per pixel; NaN beyond what is known. Roberts et al. 2004, Proc. SPIE 5490, 504.
    """
    return star.peak / float(star.encircled_energy(radius_mas))


def wavefront_error_nm(strehl: float, wavelength_um: float) -> float:
    """The wavefront's rms that a Strehl ratio tells by Maréchal's approximation as Mahajan extended it.

    Parameters
    ----------
    strehl : float
        From 0 to 1.
    wavelength_um : float
        µm.

    Returns
    -------
    float
        nm; NaN for a Strehl ratio that is not positive, 0 from 1 on. ``S = exp(-(2 π σ / λ)²)``.
    """
    if not strehl > 0:
        return math.nan
    return math.sqrt(max(0.0, -math.log(strehl))) * wavelength_um * 1e3 / (2 * math.pi)
