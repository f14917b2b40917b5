"""From light to pixels: lines spread and integrated over each pixel, for one or many spectra."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.spectro.dispersion import Dispersion
from calgui.core.simulate.spectro.light import Light
from calgui.core.simulate.spectro.spread import LineSpread

Floats = npt.NDArray[np.float64]


def on_pixels(
    light: Light,
    dispersion: Dispersion,
    spread: LineSpread,
    *,
    wider: npt.ArrayLike = 1.0,
    shift: npt.ArrayLike = 0.0,
    check: Callable[[], None] = lambda: None,
) -> Floats:
    """Light on the pixels of all spectra, without noise.

    Parameters
    ----------
    light : Light
        Lines and continuum.
    dispersion : Dispersion
        Of n spectra.
    spread : LineSpread
        Widths at the pixels.
    wider : array_like, shape () or (n,)
        What the widths of each spectrum are multiplied with.
    shift : array_like, shape () or (n,)
        How many pixels the light of each spectrum stands above the place that the dispersion gives it.
    check : callable
        Called for every line; raises to stop.

    Returns
    -------
    ndarray of float64, shape (n, pixels)
        In the unit of the light. A line that falls on the pixels keeps its flux to 1e-7; the continuum is
        integrated by the rule of Simpson, and not spread, as it is smooth.
    """
    count, pixels = len(dispersion), dispersion.pixels
    width, moved = (np.broadcast_to(np.asarray(one, np.float64), (count,)) for one in (wider, shift))
    out = _continuum(light, dispersion, moved)
    centres = dispersion.pixels_of(light.wavelength) + moved[:, None]
    for centre, flux in zip(centres.T, light.flux, strict=True):
        check()
        # far outside, the polynomial means nothing
        near = np.flatnonzero(np.isfinite(centre) & (np.abs(centre - pixels / 2) < pixels))
        if near.size:
            sigma = spread.widths(np.clip(dispersion.place(centre[near]), -1.1, 1.1)) * width[near]
            _add(out, near, centre[near], sigma, flux, spread)
    return out


def _add(
    out: Floats, rows: npt.NDArray[np.intp], centre: Floats, sigma: Floats, flux: float, spread: LineSpread
) -> None:
    """Add one line to the spectra that it falls on."""
    reach = int(np.ceil(spread.reach * sigma.max())) + 1
    first = np.rint(centre).astype(np.intp) - reach
    columns = first[:, None] + np.arange(2 * reach + 1)
    edges = first[:, None] + np.arange(2 * reach + 2) - 0.5
    share = np.diff(spread.below((edges - centre[:, None]) / sigma[:, None]), axis=1)
    inside = (columns >= 0) & (columns < out.shape[1])
    where = np.broadcast_to(rows[:, None], columns.shape)
    out[where[inside], columns[inside]] += flux * share[inside]


def _continuum(light: Light, dispersion: Dispersion, moved: Floats) -> Floats:
    pixels = dispersion.pixels
    if light.continuum is None:
        return np.zeros((len(dispersion), pixels))
    # edges and middles of all pixels: one polynomial for all spectra, moved by a whole or half pixel at a time
    if np.ptp(moved) == 0:
        waves = dispersion.wavelengths(np.arange(2 * pixels + 1) / 2 - 0.5 - moved[0])
    else:
        waves = np.concatenate(
            [
                dispersion.part(index).wavelengths(np.arange(2 * pixels + 1) / 2 - 0.5 - by)
                for index, by in enumerate(moved)
            ]
        )
    values = light.continuum(waves)
    step = np.abs(np.diff(waves[:, ::2], axis=1))
    return np.asarray(step * (values[:, :-2:2] + 4 * values[:, 1::2] + values[:, 2::2]) / 6)
