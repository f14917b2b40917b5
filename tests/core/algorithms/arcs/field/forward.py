"""Spectra of a lamp through a line-spread function that is no Gaussian, by summing fine samples over each pixel."""

import numpy as np

#: samples of a pixel
_FINE = 9


def profile(offset, fwhm, wings=0.12, skew=0.0):
    """A core with wings, of unit area, before it falls on pixels; ``fwhm`` is that of the core."""
    sigma = fwhm / 2.3548200450309493
    core = np.exp(-0.5 * (offset / sigma) ** 2) / sigma
    wide = np.exp(-0.5 * ((offset - skew) / (2 * sigma)) ** 2) / (2 * sigma)
    return ((1 - wings) * core + wings * wide) / np.sqrt(2 * np.pi)


def places(wavelength, coefficients, pixels):
    """Pixels (n, k) of wavelengths for Legendre coefficients (n, terms) over the pixels 0 to ``pixels - 1``."""
    coefficients = np.atleast_2d(coefficients)
    derivative = np.polynomial.legendre.legder(coefficients, axis=1)
    u = (wavelength[None] - coefficients[:, :1]) / coefficients[:, 1:2]
    for _ in range(12):
        value = np.polynomial.legendre.legval(u, coefficients.T[:, :, None], tensor=False)
        slope = np.polynomial.legendre.legval(u, derivative.T[:, :, None], tensor=False)
        u = u - (value - wavelength[None]) / slope
    return (u + 1) * (pixels - 1) / 2


def spectra(at, flux, pixels, fwhm, rng=None, noise=3.0, level=0.0, wings=0.12, skew=0.0):
    """Spectra (n, pixels) of lines at pixels (n, k) of fluxes (k,) or (n, k), with photon and read noise."""
    count, lines = at.shape
    flux = np.broadcast_to(flux, at.shape)
    image = np.full((count, pixels), level, np.float64)
    half = int(np.ceil(4 * fwhm)) + 1
    near = np.arange(-half, half + 1)
    fine = (np.arange(_FINE) + 0.5) / _FINE - 0.5
    rows = np.arange(count)
    for k in range(lines):
        middle = np.rint(at[:, k]).astype(int)
        for j in near:
            inside = (middle + j >= 0) & (middle + j < pixels)
            offset = (middle + j - at[:, k])[:, None] + fine[None]
            value = profile(offset, fwhm, wings, skew).mean(axis=1) * flux[:, k]
            image[rows[inside], (middle + j)[inside]] += value[inside]
    if rng is not None:
        image = rng.poisson(np.maximum(image, 0)) + rng.normal(0, noise, image.shape)
    return image.astype(np.float32)


def main_solution(coefficients, at, flux, wavelength, pixels, fwhm, others=()):
    """What the solver of one spectrum would hand on: lines used; those beside others (pixel, flux) rejected."""
    from calgui.core.algorithms.arcs.solution import Solution1D

    inside = np.flatnonzero((at > 4) & (at < pixels - 5))
    order = inside[np.argsort(at[inside])]
    beside, light = (np.array([other[part] for other in others], float) for part in (0, 1))
    none = np.full(len(beside), np.nan)
    near = (np.abs(at[order][:, None] - beside[None]) < 1.5 * fwhm).any(axis=1)
    states = np.concatenate([near.astype(np.int64), np.full(len(beside), 3, np.int64)])
    return Solution1D(
        np.asarray(coefficients, float), (0.0, pixels - 1.0), np.concatenate([at[order], beside]),
        np.full(len(states), 0.02), np.concatenate([np.broadcast_to(flux, at.shape)[order], light]),
        np.concatenate([order, np.full(len(beside), -1)]).astype(np.int64),
        np.concatenate([wavelength[order], none]), states, np.concatenate([np.zeros(len(order)), none]), fwhm, 0.02,
    )  # fmt: skip


def listed_lines(wavelength, intensity=None):
    """A list of lines that are all of one species."""
    from calgui.core.algorithms.arcs.lamps import LampLines

    n = len(wavelength)
    return LampLines(
        ("Ar",) * n, np.asarray(wavelength, float), np.ones(n) if intensity is None else intensity, np.zeros(n),
        np.ones(n, np.int64),
    )  # fmt: skip


def smooth_field(rng, rows, columns, order, pixels, centre, span, shift, curve=0.002):
    """Coefficients (rows * columns, order + 1) that change smoothly: up to ``shift`` pixels between far corners."""
    v, u = (part.ravel() for part in np.meshgrid(*(np.linspace(-1, 1, n) for n in (rows, columns)), indexing="ij"))
    pace = span / pixels
    made = np.zeros((rows * columns, order + 1))
    bend = rng.normal(0, 1, (order + 1, 5))
    terms = np.stack([u, v, u * v, u * u - 0.3, v * v - 0.3])
    made[:, 0] = centre + pace * shift / 2 * (0.6 * u + 0.4 * v + 0.1 * bend[0] @ terms)
    made[:, 1] = span / 2 * (1 + curve * bend[1] @ terms)
    for j in range(2, order + 1):
        made[:, j] = span / 2 * 0.01 / j**2 * (rng.normal() + 0.2 * bend[j] @ terms)
    return made
