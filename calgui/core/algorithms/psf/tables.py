"""Tables and cut-outs that are written beside the PSF."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.holes import CORE
from calgui.core.algorithms.psf.figures import Figures
from calgui.core.algorithms.psf.measured import Measured
from calgui.core.algorithms.psf.models import Fits
from calgui.core.algorithms.psf.stars import Stars

Mask = npt.NDArray[np.bool_]


def star_columns(measured: Measured, figures: Figures, fits: Fits, used: Mask, excluded: Mask) -> dict[str, Any]:
    """All figures of all stars: the table ``STARS``.

    Parameters
    ----------
    measured : Measured
        Stars.
    figures : Figures
        Their figures.
    fits : Fits
        The fitted model.
    used, excluded : ndarray of bool, shape (n,)
        Which stars are used, and left out by the user.

    Returns
    -------
    dict
        Column to values; NaN where there is none.
    """
    stars = measured.stars
    n = len(stars)
    made: dict[str, Any] = {
        "id": np.arange(1, n + 1, dtype=np.int32),
        "x_pixel": stars.x,
        "y_pixel": stars.y,
        "x_error_pixel": stars.x_error,
        "y_error_pixel": stars.y_error,
        "used": used,
        "excluded": excluded,
        "flags": [figures.words(k) for k in range(n)],
        "n_filled": _core_filled(stars, measured.setting.width_pixel),
        "flux": figures.flux,
        "flux_error": figures.flux_error,
        "flux_radius_mas": figures.radius,
        "peak": stars.shapes.peak,
        "peak_error": stars.shapes.peak_error,
        "background": stars.background,
        "background_error": stars.background_error,
        "fwhm_mas": figures.fwhm,
        "fwhm_error_mas": figures.fwhm_error,
        "fwhm_optical_mas": figures.optical,
        "fwhm_major_mas": figures.major,
        "fwhm_minor_mas": figures.minor,
        "angle_deg": figures.angle,
        "ellipticity": figures.ellipticity,
        "ellipticity_error": figures.ellipticity_error,
        "strehl": figures.strehl,
        "strehl_error": figures.strehl_error,
        "no_strehl": list(figures.why),
        "wavefront_error_nm": figures.wavefront,
        "wavefront_error_sigma_nm": figures.wavefront_error,
        "ee50_mas": figures.ee50,
        "ee50_error_mas": figures.ee50_error,
        "ee80_mas": figures.ee80,
        "ee80_error_mas": figures.ee80_error,
        "es50_mas": figures.es50,
        "es80_mas": figures.es80,
        "model": [fits.model] * n,
        "model_chi2": fits.chi2,
    }
    for index, name in enumerate(fits.names):
        made[f"model_{name}"] = fits.values[:, index]
        made[f"model_{name}_error"] = fits.errors[:, index]
    return {name: np.array(values) if isinstance(values, list) else values for name, values in made.items()}


def _core_filled(stars: Stars, width: float) -> npt.NDArray[np.int32]:
    """Filled pixels in the core of each star."""
    rows, columns = np.nonzero(stars.filled)
    away = np.hypot(columns - stars.x[:, None], rows - stars.y[:, None])
    return np.asarray((away < CORE * width).sum(axis=1), np.int32)


def profile_columns(measured: Measured, figures: Figures, main: int) -> dict[str, Any]:
    """Profile and encircled energy of one star: the table ``PROFILE``.

    Parameters
    ----------
    measured : Measured
        Stars.
    figures : Figures
        Their figures.
    main : int
        Which star.

    Returns
    -------
    dict
        Column to values.
    """
    stars, pixel = measured.stars, measured.setting.pixel_mas
    ring = stars.rings.of(main)
    level, flux = stars.background[main], figures.flux[main]
    outer = stars.rings.edges * pixel
    made = {
        "radius_mas": ring.radius * pixel,
        "mean": ring.mean - level,
        "mean_error": np.sqrt(ring.variance),
        "seen": ring.seen,
        "outer_mas": outer,
        "encircled": ring.growth(level) / flux,
        "encircled_error": np.sqrt(ring.growth_variance(stars.background_error[main])) / abs(flux),
    }
    if measured.perfect is not None:
        energy = measured.perfect.encircled_energy(outer)
        made["perfect"] = energy / measured.perfect.encircled_energy(figures.radius[main])
    return made


def cutouts(stars: Stars) -> npt.NDArray[np.float32]:
    """Cut-outs of all stars without their background, in the order of ``STARS``; NaN for pixels that do not count.

    Parameters
    ----------
    stars : Stars
        As measured.

    Returns
    -------
    ndarray of float32, shape (n, side, side)
    """
    return np.where(stars.kept & ~_filled(stars), stars.cuts, np.float32(np.nan)).astype(np.float32)


def _filled(stars: Stars) -> Mask:
    """Pixels of the cut-outs that count and were not seen."""
    side, (ny, nx) = stars.cuts.shape[1], stars.filled.shape
    axis = np.arange(side) - side // 2
    rows, columns = stars.corner[:, 1, None] + axis, stars.corner[:, 0, None] + axis
    inside = ((rows >= 0) & (rows < ny))[:, :, None] & ((columns >= 0) & (columns < nx))[:, None, :]
    found = stars.filled[np.clip(rows, 0, ny - 1)[:, :, None], np.clip(columns, 0, nx - 1)[:, None, :]]
    return np.asarray(found & inside)
