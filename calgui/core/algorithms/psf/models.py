"""Pixel-integrated models that are fitted to stars, with their parameters by name."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.centroids import FAILED, HALF, SATURATED
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.algorithms.psf.stars import Stars

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]

#: pixels around the middle for which the perfect image is laid out, and its steps in a pixel
_TABLE_PIXELS, _FINE = 62, 8
_COMMON = ("flux", "x", "y", "background")
#: parameters of each model beside those, with their unit in the name
PARAMETERS: dict[str, tuple[str, ...]] = {
    "gaussian": ("fwhm_a_mas", "fwhm_b_mas", "angle_deg"),
    "moffat": ("fwhm_a_mas", "fwhm_b_mas", "angle_deg", "beta"),
    "airy": ("dark_ring_mas",),
    "core-halo": ("halo_flux", "halo_fwhm_mas"),
}


@dataclass(frozen=True)
class Fits:
    """A model fitted to stars.

    Attributes
    ----------
    model : str
        Which.
    names : tuple of str
        Of the parameters; places in pixels from 0.
    values, errors : ndarray of float64, shape (n, m)
        NaN where there is no fit.
    chi2 : ndarray of float64, shape (n,)
        Reduced.
    """

    model: str
    names: tuple[str, ...]
    values: Floats
    errors: Floats
    chi2: Floats


def fit_models(stars: Stars, model: str, setting: Setting, perfect: "PerfectStar | None", radius: float | None) -> Fits:
    """Fit a model to each star that is neither saturated nor without a centroid.

    Parameters
    ----------
    stars : Stars
        As measured.
    model : str
        One of `PARAMETERS`.
    setting : Setting
        Plate scale and wavelength.
    perfect : PerfectStar or None
        For ``core-halo``, which becomes ``moffat`` without it.
    radius : float or None
        Of the circle that is fitted, pixels; by default three widths of a perfect star.

    Returns
    -------
    Fits
        Flux is that of the whole model; of ``core-halo`` that of the perfect core, with the halo's beside.
    """
    from calgui.core.algorithms.kernels import psf_fits as kernels

    if model == "core-halo" and perfect is None:
        model = "moffat"
    n = len(stars)
    width = setting.width_pixel
    reach = float(min(radius or 3 * width, HALF - 2))
    names = (*_COMMON, *PARAMETERS[model])
    usable = (stars.flags & (SATURATED | FAILED)) == 0
    dx, dy = stars.x - stars.corner[:, 0], stars.y - stars.corner[:, 1]
    flux = stars.height
    level = np.zeros(n)
    common = [flux, dx, dy, level]
    wide = np.clip(stars.fit_width, 0.3, None)
    big, angle = 1e30, np.zeros(n)
    low, high = [0.0, -HALF, -HALF, -big], [big, HALF, HALF, big]
    table, fine = np.zeros((1, 1)), 1.0
    if model == "gaussian":
        # a little elongated, or the angle has no slope
        start = [*common, wide[:, 0] * 1.02, wide[:, 1] * 0.98, angle]
        low, high, kind = [*low, 0.2, 0.2, -10.0], [*high, 60.0, 60.0, 10.0], kernels.GAUSSIAN
    elif model == "moffat":
        start = [*common, wide[:, 0] * 1.02, wide[:, 1] * 0.98, angle, np.full(n, 2.5)]
        low, high, kind = [*low, 0.2, 0.2, -10.0, 1.05], [*high, 60.0, 60.0, 10.0, 50.0], kernels.MOFFAT
    elif model == "airy":
        start = [*common, np.sqrt(wide[:, 0] * wide[:, 1]) * 1.22 / 1.03]
        low, high, kind = [*low, 0.3], [*high, 100.0], kernels.AIRY
    else:
        assert perfect is not None
        table, fine = _table(perfect), float(_FINE)
        start = [flux / max(_core_share(perfect), 0.1), dx, dy, level, 0.3 * flux, np.full(n, 6 * width)]
        low, high, kind = [*low, 0.0, 1.5 * width], [*high, big, 100.0], kernels.CORE_HALO
    begin = np.column_stack(start)
    begin[~usable] = np.nan
    count = begin.shape[1]
    values, errors, fit = np.empty((n, count)), np.empty((n, count)), np.empty((n, 2))
    kernels.fit_stars(
        kind, stars.cuts, stars.kept, stars.variances, np.full(n, reach), begin, np.tile(np.array(low), (n, 1)),
        np.tile(np.array(high), (n, 1)), table, fine, values, errors, fit,
    )  # fmt: skip
    values, errors = _in_order(model, values, errors)
    values[:, 1] += stars.corner[:, 0]
    values[:, 2] += stars.corner[:, 1]
    for index, name in enumerate(names):
        if name.endswith("_mas"):
            values[:, index] *= setting.pixel_mas
            errors[:, index] *= setting.pixel_mas
        elif name == "angle_deg":
            values[:, index] = (np.degrees(values[:, index]) + 90) % 180 - 90
            errors[:, index] = np.degrees(errors[:, index])
    with np.errstate(all="ignore"):
        chi2 = np.where(fit[:, 1] > 0, fit[:, 0] / fit[:, 1], np.nan)
    return Fits(model, names, values, errors, chi2)


def _in_order(model: str, values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """The larger width first."""
    if model not in ("gaussian", "moffat"):
        return values, errors
    turn = values[:, 4] < values[:, 5]
    for array in (values, errors):
        array[turn, 4], array[turn, 5] = array[turn, 5].copy(), array[turn, 4].copy()
    values[turn, 6] += np.pi / 2
    return values, errors


@lru_cache(maxsize=8)
def _table(perfect: "PerfectStar") -> Floats:
    """The perfect image on fine steps around its middle."""
    count = _TABLE_PIXELS * _FINE // 2
    axis = np.arange(-count, count + 1) / _FINE
    return np.ascontiguousarray(np.nan_to_num(perfect.at(axis[None, :], axis[:, None])))


def _core_share(perfect: "PerfectStar") -> float:
    """Part of a perfect star's light that a Gaussian fitted to its core holds."""
    return float(1.13 * perfect.peak * (perfect.fwhm_mas / perfect.response.pixel_mas) ** 2)
