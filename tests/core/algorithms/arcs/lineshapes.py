"""Shapes of lines given as densities, integrated over pixels by quadrature, apart from all other code."""

import numpy as np
from scipy.special import erfcx, ndtr

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)


def _gauss(x, sigma):
    return np.exp(-0.5 * (x / sigma) ** 2) / (np.sqrt(2 * np.pi) * sigma)


def _trailing(x):
    """A Gaussian with an exponential tail as long as it is wide."""
    z = (1 - x) / np.sqrt(2)
    return np.where(z > -5, 0.5 * erfcx(np.maximum(z, -5)) * np.exp(-0.5 * x**2), np.exp(np.minimum(0.5 - x, 50)))


_DENSITIES = {
    "gauss": lambda x: _gauss(x, 1.0),
    "wings": lambda x: 0.88 * _gauss(x, 1.0) + 0.12 * _gauss(x, 2.0),
    "skew": _trailing,
    "box": lambda x: (ndtr((x + 1.5) / 0.35) - ndtr((x - 1.5) / 0.35)) / 3,
}


def shape(name, fwhm):
    """A density of unit area and mean 0, of that full width at half maximum in pixels, before it falls on them."""
    density = _DENSITIES[name]
    x = np.linspace(-60, 60, 120_001)
    y, step = density(x), x[1] - x[0]
    area, mean = y.sum() * step, (x * y).sum() / y.sum()
    half = x[y >= y.max() / 2]
    scale = (half[-1] - half[0]) / fwhm
    return lambda away: density(away * scale + mean) * scale / area


def mirrored(density):
    """The same the other way round."""
    return lambda away: density(-away)


def on_pixels(density, away):
    """Light in pixels whose middles lie so far from the line."""
    away = np.asarray(away)[..., None]
    return sum((density(away + part + 0.25 * _NODES) * _WEIGHTS).sum(-1) / 4 for part in (-0.25, 0.25))


def spectra(density, places, flux, pixels, level):
    """Electrons (n, pixels) of lines at places (n, k) of fluxes (k,); ``density`` may be one for each line."""
    made = np.full((len(places), pixels), float(level))
    rows, near = np.arange(len(places))[:, None], np.arange(-16, 17)
    many = density if isinstance(density, list) else [density] * places.shape[1]
    for own, at, light in zip(many, places.T, flux, strict=True):
        columns = np.rint(at).astype(int)[:, None] + near
        value = light * on_pixels(own, columns - at[:, None])
        inside = (columns >= 0) & (columns < pixels)
        np.add.at(made, (np.broadcast_to(rows, columns.shape)[inside], columns[inside]), value[inside])
    return made


def bound(density, flux, level, noise):
    """Least error of a centre, flux and level unknown (Cramér-Rao), in the middle of all places in a pixel."""
    pixel, found = np.arange(-14, 15), []
    for phase in np.linspace(-0.5, 0.5, 9)[:-1] + 0.0625:
        value = flux * on_pixels(density, pixel - phase)
        step = flux * (on_pixels(density, pixel - phase - 1e-3) - on_pixels(density, pixel - phase + 1e-3)) / 2e-3
        rows = np.stack([step, value / flux, np.ones(pixel.size)]) / np.sqrt(value + level + noise**2)
        found.append(np.linalg.inv(rows @ rows.T)[0, 0])
    return np.sqrt(np.mean(found))
