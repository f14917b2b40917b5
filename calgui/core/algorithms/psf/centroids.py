"""Centroids: a pixel-integrated Gaussian fitted to the core of every star."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.holes import CORE
from calgui.core.algorithms.psf.finding import Found
from calgui.core.algorithms.psf.picture import Picture
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.errors import InputError

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: half the side of a cut-out, pixels
HALF = 30
#: widths around a star that a map of the background leaves out
_MAP_HOLE = 12
#: a star narrower than this part of a perfect one is none
_SHARP = 0.62

SATURATED, EDGE, BAD_CORE, BLENDED, FAILED, OFF_PEAK, FILLED = 1, 2, 4, 8, 16, 32, 256
FLAG_WORDS = {
    SATURATED: "saturated",
    EDGE: "at the edge",
    BAD_CORE: "bad pixels in the core",
    BLENDED: "blended with a neighbour",
    FAILED: "no fit",
    OFF_PEAK: "no single peak",
}


@dataclass(frozen=True)
class Fitted:
    """Gaussians fitted to the cores of stars.

    Attributes
    ----------
    p, errors : ndarray of float64, shape (n, 6)
        Flux, x and y from the middle pixel, level, widths at half maximum along x and y; NaN where there is no fit.
    corner : ndarray of int, shape (n, 2)
        Column and row of the middle pixel.
    cuts, variances : ndarray of float32, shape (n, side, side)
        Pixels around it, and their variance.
    kept : ndarray of bool, same shape
        Which count.
    model : ndarray of float64, same shape
        The fitted Gaussian with its level.
    flags : ndarray of int, shape (n,)
        See `FLAG_WORDS`.
    n_sharp : int
        Peaks that were narrower than a star can be.
    """

    p: Floats
    errors: Floats
    corner: npt.NDArray[np.int64]
    cuts: Singles
    kept: Mask
    variances: Singles
    model: Floats
    flags: npt.NDArray[np.int64]
    n_sharp: int

    @property
    def x(self) -> Floats:
        """Columns of the centroids, pixels from 0."""
        return self.corner[:, 0] + self.p[:, 1]

    @property
    def y(self) -> Floats:
        """Rows of the centroids, pixels from 0."""
        return self.corner[:, 1] + self.p[:, 2]

    @property
    def level(self) -> Floats:
        """Fitted level under each; 0 where there is no fit."""
        return np.nan_to_num(self.p[:, 3])


def centroids(picture: Picture, found: Found, setting: Setting, clicked: bool) -> tuple[Fitted, Picture]:
    """Fit stars, and leave out what is narrower than a star can be.

    Parameters
    ----------
    picture : Picture
        Pixels.
    found : Found
        Where to begin.
    setting : Setting
        Says how wide a star is.
    clicked : bool
        Whether the user says that these are stars: none is left out then.

    Returns
    -------
    tuple of Fitted and Picture
        The picture without the pixels of what was left out.

    Raises
    ------
    InputError
        Nothing is left.
    """
    fitted = fit_round(picture, found.x, found.y, found.saturated, setting)
    expected = setting.width_pixel
    sharp = np.sqrt(np.prod(fitted.p[:, 4:6], axis=1)) < _SHARP * np.sqrt(max(expected**2 - 0.4, 0.2))
    # what no Gaussian fits is none either
    sharp |= (fitted.flags & FAILED) != 0
    sharp &= ~found.saturated
    if clicked or not sharp.any():
        return fitted, picture
    if sharp.all():
        raise InputError(
            "All peaks of this image are narrower than a star can be, or none: hot pixels or cosmic rays.",
            cure="Subtract the dark, or give plate scale and wavelength if they are wrong in the header.",
        )
    # a cosmic ray or a hot pixel; it is no light around a star either
    good, data = picture.good.copy(), picture.data.copy()
    for x, y in fitted.corner[sharp]:
        part = (slice(max(y - 1, 0), y + 2), slice(max(x - 1, 0), x + 2))
        good[part], data[part] = False, 0
    cleaned = replace(picture, good=good, data=data)
    again = fit_round(cleaned, found.x[~sharp], found.y[~sharp], found.saturated[~sharp], setting)
    return replace(again, n_sharp=int(sharp.sum())), cleaned


def fit_round(picture: Picture, x: Floats, y: Floats, saturated: Mask, setting: Setting) -> Fitted:
    """Fit pixel-integrated Gaussians to the cores.

    Parameters
    ----------
    picture : Picture
        Pixels.
    x, y : ndarray of float64, shape (n,)
        Where to begin.
    saturated : ndarray of bool, shape (n,)
        Which are not fitted.
    setting : Setting
        Says how wide a star is.

    Returns
    -------
    Fitted
    """
    from calgui.core.algorithms.kernels.psf import cut_stars
    from calgui.core.algorithms.kernels.psf_fits import ROUND, fit_stars

    n, side = len(x), 2 * HALF + 1
    ny, nx = picture.data.shape
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    cuts, variances = np.empty((n, side, side), np.float32), np.empty((n, side, side), np.float32)
    kept = np.empty((n, side, side), np.bool_)
    cut_stars(picture.data, picture.good, picture.variance, column, row, cuts, kept, variances)
    width = setting.width_pixel
    inner = np.sqrt(max(width**2 - 0.4, 0.3))
    reach = max(2.3, 1.15 * width)
    near = cuts[:, HALF - 1 : HALF + 2, HALF - 1 : HALF + 2].reshape(n, -1).max(axis=1).astype(np.float64)
    height = np.maximum(near - picture.level, picture.noise)
    start = np.column_stack(
        [height * 1.13 * width**2, x - column, y - row, np.full(n, picture.level), *[np.full(n, inner)] * 2]
    )
    start[saturated] = np.nan
    big = 1e30
    lower = np.tile([0.0, -2 - width, -2 - width, -big, 0.15, 0.15], (n, 1))
    upper = np.tile([big, 2 + width, 2 + width, big, 10 * width, 10 * width], (n, 1))
    p, errors, fit = np.empty((n, 6)), np.empty((n, 6)), np.empty((n, 2))
    fit_stars(
        ROUND, cuts, kept, variances, np.full(n, reach), start, lower, upper, np.empty((0, 0)), 1.0, p, errors, fit
    )
    flags = np.zeros(n, np.int64)
    flags[~(np.isfinite(p).all(axis=1) & (p[:, 0] > 0)) & ~saturated] |= FAILED
    flags[saturated] |= SATURATED
    p[saturated, 1:3] = np.column_stack([x - column, y - row])[saturated]
    lost = ~np.isfinite(p[:, 1]) | ~np.isfinite(p[:, 2])
    p[lost, 1], p[lost, 2] = (x - column)[lost], (y - row)[lost]
    at_x, at_y = column + p[:, 1], row + p[:, 2]
    edge = np.minimum.reduce([at_x, at_y, nx - 1 - at_x, ny - 1 - at_y]) < 2.5 * width
    flags[edge] |= EDGE
    axis = np.arange(side) - HALF
    distance = np.hypot(axis[None, :, None] - p[:, 2, None, None], axis[None, None, :] - p[:, 1, None, None])
    bad = ((~kept) & (distance < CORE * width)).any(axis=(1, 2)) & ~edge & ~saturated
    flags[bad] |= BAD_CORE
    model = _round_model(p, side)
    return Fitted(p, errors, np.column_stack([column, row]), cuts, kept, variances, model, flags, 0)


def without_bias(fitted: Fitted, setting: Setting, perfect: "PerfectStar") -> Fitted:
    """Take out by how much the centroid of a perfect star at the same place of a pixel is off.

    Parameters
    ----------
    fitted : Fitted
        Stars.
    setting : Setting
        Says how wide they are.
    perfect : PerfectStar
        The diffraction limit: its core is no Gaussian, by 0.01 pixel where it is narrow.

    Returns
    -------
    Fitted
    """
    n, side = len(fitted.x), 2 * HALF + 1
    usable = (fitted.flags & (SATURATED | FAILED)) == 0
    places = np.where(usable[:, None], fitted.p[:, 1:3], 0.0)
    off = np.zeros((n, 2))
    for k in np.flatnonzero(usable):
        image = perfect.image((side, side), HALF + places[k, 0], HALF + places[k, 1]).astype(np.float32)
        light = Picture(
            image, image, np.ones(image.shape, np.bool_), np.zeros(image.shape, np.bool_), 0.0, 0.0, None, True
        )
        seen = fit_round(light, np.array([float(HALF)]), np.array([float(HALF)]), np.array([False]), setting)
        off[k] = seen.p[0, 1:3] - places[k]
    off[~np.isfinite(off) | (np.abs(off) > 0.1)] = 0.0
    p = fitted.p.copy()
    p[:, 1:3] -= off
    return replace(fitted, p=p)


def _round_model(p: Floats, side: int) -> Floats:
    """The fitted Gaussians, with their level."""
    from scipy.special import ndtr

    edges = np.arange(side + 1) - HALF - 0.5
    sigma = np.nan_to_num(p[:, 4:6], nan=1.0) / 2.3548200450309493
    wide = np.diff(ndtr((edges[None, :] - p[:, 1, None]) / sigma[:, :1]), axis=1)
    high = np.diff(ndtr((edges[None, :] - p[:, 2, None]) / sigma[:, 1:]), axis=1)
    return np.asarray(
        np.nan_to_num(p[:, 3])[:, None, None]
        + np.nan_to_num(p[:, 0])[:, None, None] * high[:, :, None] * wide[:, None, :]
    )


def filled_variance(fitted: Fitted) -> Singles:
    """Variance, with that of pixels which are filled: a quarter of what was put there.

    Parameters
    ----------
    fitted : Fitted
        Stars.

    Returns
    -------
    ndarray of float32, shape (n, side, side)
    """
    put = 0.25 * (fitted.model - fitted.level[:, None, None])
    return np.where(fitted.kept, fitted.variances, put * put).astype(np.float32)


def flattened(picture: Picture, fitted: Fitted, setting: Setting) -> Picture:
    """The picture without a map of its background, by photutils, in which stars and what is around them are left out.

    Parameters
    ----------
    picture : Picture
        Pixels.
    fitted : Fitted
        Stars.
    setting : Setting
        Says how wide they are.

    Returns
    -------
    Picture
    """
    from astropy.stats import SigmaClip
    from photutils.background import Background2D, MedianBackground

    from calgui.core.algorithms.kernels.psf import cover_discs

    ny, nx = picture.data.shape
    cover = np.zeros((ny, nx), np.uint8)
    cover_discs(cover, fitted.x, fitted.y, np.full(len(fitted.x), _MAP_HOLE * setting.width_pixel))
    box = max(16, min(ny, nx) // 8)
    try:
        made = Background2D(
            picture.data, box, mask=~picture.good | (cover > 0), filter_size=3, exclude_percentile=90,
            sigma_clip=SigmaClip(3.0), bkg_estimator=MedianBackground(),
        ).background  # fmt: skip
    except ValueError:
        return picture
    level = float(np.median(made))
    flat = (picture.data - np.asarray(made - level, np.float32)).astype(np.float32)
    flat[~picture.good] = 0
    return replace(picture, data=flat)
