"""What is measured once of every star: its place, cut-out, rings, the level under it, peak and widths."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.centroids import (
    BLENDED,
    FAILED,
    FILLED,
    HALF,
    OFF_PEAK,
    SATURATED,
    Fitted,
    centroids,
    filled_variance,
    fit_round,
    flattened,
    without_bias,
)
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.energy import Rings
from calgui.core.algorithms.psf.filling import fill_cores
from calgui.core.algorithms.psf.finding import Found
from calgui.core.algorithms.psf.picture import Picture
from calgui.core.algorithms.psf.sampling import Shapes, shapes_of
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.algorithms.psf.surroundings import light_around
from calgui.core.algorithms.stripes import STRIPES_MAS, Common, find_stripes
from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: how well the light of a neighbour is known within a circle, as part of it
SUBTRACTED = 0.03
#: mean of the stripes' offsets, in scatters of one: they are wide, and few are independent
_MEAN_OF_STRIPES = 0.35
#: up to so many stars each has its own perfect one for the correction of the sampling, beyond them all have one
_EACH = 12


@dataclass(frozen=True)
class Stars:
    """Stars of one picture, as measured.

    Attributes
    ----------
    x, y, x_error, y_error : ndarray of float64, shape (n,)
        Centroids of the pixel-integrated fit, pixels from 0.
    height : ndarray of float64, shape (n,)
        Flux of that fit: how bright the core is.
    fit_width : ndarray of float64, shape (n, 2)
        Its widths at half maximum along x and y, without the pixel.
    flags : ndarray of int, shape (n,)
        See `FLAG_WORDS`.
    cuts, variances : ndarray of float32, shape (n, side, side)
        Without background, neighbours' halos and holes; variance.
    kept : ndarray of bool, same shape
        Pixels that count.
    corner : ndarray of int, shape (n, 2)
        Column and row of the middle pixel of each cut-out.
    rings : Rings
        Around each, neighbours subtracted.
    background, background_error : ndarray of float64, shape (n,)
        Level under each.
    shapes : Shapes
        Peak and widths as seen, in pixels of the cut-out; corrected for what the sampling does to a perfect star.
    neighbours : ndarray of float64, shape (n, n)
        Distances between stars, pixels; infinite on the diagonal.
    left : ndarray of float32, shape (ny, nx)
        The picture without any star's round profile; the picture itself where there is one star.
    good : ndarray of bool, shape (ny, nx)
        Which pixels count.
    variance : ndarray of float32, shape (ny, nx)
        Of the picture.
    filled : ndarray of bool, shape (ny, nx)
        Pixels that count and were not seen.
    profile : ndarray of float64, shape (m,), or None
        What was subtracted of a star of height 1, in rings; None where there is one star.
    brightness : ndarray of float64, shape (n,)
        Heights that were subtracted.
    n_sharp : int
        Peaks that were narrower than a star can be.
    """

    x: Floats
    y: Floats
    x_error: Floats
    y_error: Floats
    height: Floats
    fit_width: Floats
    flags: npt.NDArray[np.int64]
    cuts: Singles
    variances: Singles
    kept: Mask
    corner: npt.NDArray[np.int64]
    rings: Rings
    background: Floats
    background_error: Floats
    shapes: Shapes
    neighbours: Floats
    left: Singles
    good: Mask
    variance: Singles
    filled: Mask
    profile: Floats | None
    brightness: Floats
    n_sharp: int = 0

    def __len__(self) -> int:
        return len(self.x)


def measure_stars(
    picture: Picture,
    found: Found,
    setting: Setting,
    perfect: "PerfectStar | None",
    config: PsfConfig,
    job: Job,
    *,
    clicked: bool = False,
) -> Stars:
    """Measure stars.

    Parameters
    ----------
    picture : Picture
        Pixels.
    found : Found
        Where they are.
    setting : Setting
        Plate scale and wavelength.
    perfect : PerfectStar or None
        What a perfect one looks like.
    config : PsfConfig
        See its options.
    job : Job
        Progress and cancel.
    clicked : bool
        Whether a user says that these are stars; else those that are too sharp are left out.

    Returns
    -------
    Stars
    """
    raw = picture
    fitted, picture = centroids(picture, found, setting, clicked)
    common = None
    if len(fitted.x) == 1:
        cleaned, common = _without_stripes(raw, fitted, setting, config)
        if common is not None:
            fitted, picture = centroids(cleaned, found, setting, clicked)
    picture, fitted = fill_cores(picture, fitted, setting, perfect, job.part(0, 0.2))
    if config.background == "map":
        picture = flattened(picture, fitted, setting)
        again = fit_round(picture, fitted.x, fitted.y, (fitted.flags & SATURATED) != 0, setting)
        fitted = replace(again, flags=again.flags | (fitted.flags & FILLED), n_sharp=fitted.n_sharp)
    if perfect is not None and not setting.coarse and (not setting.sampled or len(fitted.x) <= _EACH):
        fitted = without_bias(fitted, setting, perfect)
    job.report(0.2, "Light around the stars")
    light = light_around(picture, fitted, setting, perfect, config, job.part(0.2, 0.8), common)
    cuts = fitted.cuts.astype(np.float64) - (light.background + light.under)[:, None, None]
    filled = np.where(fitted.kept, cuts, fitted.model - fitted.level[:, None, None]).astype(np.float32)
    variances = filled_variance(fitted)
    job.report(0.85, "Peaks and widths")
    start_x, start_y = fitted.p[:, 1] + HALF, fitted.p[:, 2] + HALF
    usable = (fitted.flags & (SATURATED | FAILED)) == 0
    shapes = shapes_of(
        filled, variances, np.where(usable, start_x, np.nan), np.where(usable, start_y, np.nan),
        setting.core_pixel, setting.width_pixel,
    )  # fmt: skip
    shapes = _corrected(shapes, setting, perfect)
    flags = fitted.flags.copy()
    flags[np.hypot(shapes.x - start_x, shapes.y - start_y) > 0.5 * setting.width_pixel] |= OFF_PEAK
    distance = np.hypot(fitted.x[:, None] - fitted.x, fitted.y[:, None] - fitted.y)
    np.fill_diagonal(distance, np.inf)
    distance[~np.isfinite(distance)] = np.inf
    heights = np.where(np.isfinite(fitted.p[:, 0]), fitted.p[:, 0], np.inf)
    close = (distance < 3 * setting.width_pixel) & (heights[None, :] > 0.03 * heights[:, None])
    flags[close.any(axis=1)] |= BLENDED
    return Stars(
        fitted.x, fitted.y, fitted.errors[:, 1], fitted.errors[:, 2], fitted.p[:, 0], fitted.p[:, 4:6], flags, filled,
        variances, fitted.kept, fitted.corner, light.rings, light.background, light.error, shapes, distance,
        light.left, picture.good, picture.variance, _filled(picture), light.profile, light.height, fitted.n_sharp,
    )  # fmt: skip


def _without_stripes(
    picture: Picture, fitted: Fitted, setting: Setting, config: PsfConfig
) -> tuple[Picture, Common | None]:
    """Subtract offsets of rows and columns around one star, and say what they leave in the light that is round."""
    x, y = float(fitted.x[0]), float(fitted.y[0])
    if setting.coarse or config.background != "halo" or not math.isfinite(x + y):
        return picture, None
    reach = math.ceil(STRIPES_MAS / setting.pixel_mas)
    part = tuple(
        slice(max(0, round(at) - reach), min(size, round(at) + reach + 1))
        for at, size in zip((y, x), picture.data.shape, strict=True)
    )
    stripes = find_stripes(
        picture.data[part], picture.variance[part], picture.good[part], x - part[1].start, y - part[0].start
    )
    if stripes is None:
        return picture, None
    data = picture.data.copy()
    data[part] -= np.where(picture.good[part], stripes.plane, np.float32(0))
    sky = picture.sky
    if sky is not None:
        # rows and columns have no mean of their own here: what it was is in the level
        unknown = math.hypot(stripes.row_scatter, stripes.column_scatter) * _MEAN_OF_STRIPES
        sky = replace(sky, error=math.hypot(sky.error, unknown))
    return replace(picture, data=data, sky=sky), stripes.common


def _filled(picture: Picture) -> Mask:
    return np.zeros(picture.good.shape, np.bool_) if picture.filled is None else picture.filled


def _corrected(shapes: Shapes, setting: Setting, perfect: "PerfectStar | None") -> Shapes:
    """Divide out what the pixels, and the function through them, do to a perfect star at the same place of a pixel."""
    if perfect is None or setting.coarse:
        return shapes
    side = 2 * HALF + 1
    n = len(shapes.x)
    fraction = np.column_stack([shapes.x - np.rint(shapes.x), shapes.y - np.rint(shapes.y)])
    each = not setting.sampled or n <= _EACH
    places = fraction if each else np.array([[0.21, -0.34]])
    places = np.where(np.isfinite(places), places, 0.0)
    cuts = np.array([perfect.image((side, side), HALF + a, HALF + b) for a, b in places], np.float32)
    seen = shapes_of(
        cuts, np.zeros_like(cuts), places[:, 0] + HALF, places[:, 1] + HALF, setting.core_pixel, setting.width_pixel
    )
    peak, width = perfect.peak / seen.peak, perfect.fwhm_mas / setting.pixel_mas / seen.width
    return replace(
        shapes, peak=shapes.peak * peak, peak_error=shapes.peak_error * peak, major=shapes.major * width,
        minor=shapes.minor * width,
    )  # fmt: skip
