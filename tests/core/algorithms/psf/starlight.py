"""Stars behind a turbulent air, by the transform of the pupil's field: drawn apart from the program's propagation."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy import fft

from calgui.core.frames.frame import Frame
from calgui.core.optics.pupil import load_pupil
from calgui.core.optics.raster import pupil_mask

MAS = math.pi / 180 / 3600e3
PIXEL = 4.0
#: pixels of the whole plane, two samples per pixel
N, FINE = 2048, 2
HEADER = {
    "SCALE": 0.004,
    "INSTRUME": "IRIS",
    "TELESCOP": "TMT",
    "BUNIT": "electron",
    "EXPTIME": 10.0,
    "DATE-OBS": "2026-03-11",
}


@dataclass(frozen=True)
class Light:
    """One star's light on the fine grid, in the corner; and what is true of it."""

    spectrum: Any
    peak: float
    flux: float
    fwhm_mas: float
    radial: tuple[Any, Any]

    def image(self, size: int, x: float, y: float) -> Any:
        """Part of the light in each pixel."""
        f = fft.fftfreq(N)
        ix, iy = round(x), round(y)
        turn_y, turn_x = (np.exp(-2j * math.pi * FINE * f * by) for by in (y - iy, x - ix))
        # light is real: half of the spectrum says it all, for pixels pass nothing of the highest frequency
        half = slice(0, N // 2 + 1)
        turned = self.spectrum[:, half] * turn_y[:, None] * turn_x[half]
        plane = fft.fftshift(fft.irfft2(turned, (N, N))) * FINE**2
        pixels = plane[N // 2 % FINE :: FINE, N // 2 % FINE :: FINE]
        middle = N // 2 // FINE
        rows, columns = np.arange(size) - iy + middle, np.arange(size) - ix + middle
        return pixels[np.ix_(rows, columns)]

    def encircled(self, radius_mas: float) -> float:
        """Part of the flux within 1 arcsec."""
        return float(np.interp(radius_mas, *self.radial)) / self.flux


@cache
def _aperture(wavelength_um: float) -> Any:
    cell = wavelength_um * 1e-6 / (N * PIXEL / FINE * MAS)
    # nothing lies beyond the primary mirror: the grid around it is left empty
    n = min(N, 2 * math.ceil(20 / cell))
    made = np.zeros((N, N))
    inner = slice((N - n) // 2, (N + n) // 2)
    made[inner, inner] = pupil_mask(load_pupil("tmt"), n, width_m=n * cell)
    return made


@cache
def star(wavelength_um: float, r0_m: float = math.inf, inner: float = 0.5) -> Light:
    """A long exposure: the pupil's transfer function times exp(-D/2) of a residual phase.

    Beyond the control radius its power is that of Kolmogorov's air (r0 at this wavelength); within it is lower.
    """
    pupil = _aperture(wavelength_um)
    cell = wavelength_um * 1e-6 / (N * PIXEL / FINE * MAS)
    # all of it is real and even: the spectrum of the light is the transfer function itself
    transfer = fft.irfft2(np.abs(fft.rfft2(pupil)) ** 2, (N, N))
    if math.isfinite(r0_m):
        f = fft.fftfreq(N, cell)
        far = np.hypot(f[:, None], f[None, : N // 2 + 1])
        power = 0.0229 * r0_m ** (-5 / 3) * (far**2 + 1 / 30**2) ** (-11 / 6)
        edge = 0.0229 * r0_m ** (-5 / 3) * (1 + 1 / 30**2) ** (-11 / 6)
        power = np.where(far < 1, edge * (0.3 + inner * np.minimum(np.maximum(far, 0.02) ** -2, 400)), power)
        power[0, 0] = 0
        shared = fft.irfft2(power, (N, N)) / cell**2
        transfer *= np.exp(shared - shared[0, 0])
    k = np.sinc(fft.fftfreq(N) * FINE)
    return _described(transfer / transfer[0, 0] * k[:, None] * k[None, :])


def _described(spectrum: Any) -> Light:
    """Peak by the sum of the transform at any place; width and energy on circles, of what pixels see."""
    plane = fft.fftshift(fft.irfft2(spectrum[:, : N // 2 + 1], (N, N))) * FINE**2
    middle = N // 2
    part = 64
    near = plane[middle - part : middle + part, middle - part : middle + part]
    # eight times finer by zeros around the spectrum of the inner part
    times = 8
    fine = _finer(near, times)
    at = part * times
    peak = float(fine[at - 8 : at + 9, at - 8 : at + 9].max())
    angles = np.linspace(0, 2 * math.pi, 90, endpoint=False)
    from scipy.ndimage import map_coordinates

    steps = np.arange(0, 40 * times, 0.25)
    lines = map_coordinates(
        fine, [at + steps[:, None] * np.sin(angles), at + steps[:, None] * np.cos(angles)], order=3
    ).mean(axis=1)
    first = int(np.argmax(lines < peak / 2))
    width = steps[first - 1] + (lines[first - 1] - peak / 2) / (lines[first - 1] - lines[first]) * 0.25
    mas = PIXEL / FINE
    y, x = np.ogrid[:N, :N]
    radius = np.hypot(x - middle, y - middle) * mas
    light = plane / FINE**2
    inner = np.concatenate([[0], np.cumsum(lines * steps) * 2 * math.pi * 0.25 / times**2 / FINE**2])
    radii = np.concatenate([[0], (steps + 0.125) * mas / times])
    known = radii < 60
    outer = np.arange(60, 1010, 10.0)
    within = np.searchsorted(outer, radius.ravel())
    beyond = np.cumsum(np.bincount(within, light.ravel(), outer.size + 1))[:-1]
    joined = (np.concatenate([radii[known], outer]), np.concatenate([inner[known], beyond]))
    flux = float(beyond[outer == 1000][0])
    return Light(spectrum, peak, flux, 2 * width * mas / times, joined)


def _finer(image: Any, times: int) -> Any:
    """Values between, by a quintic spline."""
    from scipy.ndimage import map_coordinates

    axis = np.arange(image.shape[0] * times) / times
    return map_coordinates(image, np.meshgrid(axis, axis, indexing="ij"), order=5, mode="nearest")


def exposed(image: Any, seed: int, background: float = 20.0, read: float = 9.0, **keywords: Any) -> Frame:
    """Electrons with their noise."""
    rng = np.random.default_rng(seed)
    data = rng.poisson(np.maximum(image, 0) + background) + rng.normal(0, read, image.shape)
    return Frame(data.astype(np.float32), None, None, HEADER | {"WAVECEN": 2.2} | keywords)
