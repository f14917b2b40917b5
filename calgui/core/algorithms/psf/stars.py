"""What is measured once of every star: its place, cut-out, rings, the level under it, peak and widths."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.energy import RING, Background, Ring, Rings, background_with_halo
from calgui.core.algorithms.psf.finding import Found
from calgui.core.algorithms.psf.picture import Picture
from calgui.core.algorithms.psf.sampling import Shapes, shapes_of
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: half the side of a cut-out, pixels
HALF = 30
#: how far rings go, mas: of few stars, and of many
_FEW, _FAR_MAS, _NEAR_MAS = 20, 2000.0, 1150.0
#: stars that the common profile and level are made of
_EXAMPLES = 12
_ROUNDS = 2
#: how well the light of a neighbour is known within a circle, as part of it
SUBTRACTED = 0.03
#: widths around a star that a map of the background leaves out
_MAP_HOLE = 12
#: a star narrower than this part of a perfect one is none
_SHARP = 0.62

SATURATED, EDGE, BAD_CORE, BLENDED, FAILED, OFF_PEAK = 1, 2, 4, 8, 16, 32
FLAG_WORDS = {
    SATURATED: "saturated",
    EDGE: "at the edge",
    BAD_CORE: "bad pixels in the core",
    BLENDED: "blended with a neighbour",
    FAILED: "no fit",
    OFF_PEAK: "no single peak",
}


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
    fitted, picture = _centroids(picture, found, setting, config, clicked)
    if config.background == "map":
        picture = _flattened(picture, fitted, setting)
        fitted = _fit_round(picture, fitted.x, fitted.y, (fitted.flags & SATURATED) != 0, setting)
    job.report(0.2, "Light around the stars")
    light = _light(picture, fitted, setting, perfect, config, job.part(0.2, 0.8))
    cuts = fitted.cuts.astype(np.float64) - (light.background + light.under)[:, None, None]
    filled = np.where(fitted.kept, cuts, fitted.model - fitted.level[:, None, None]).astype(np.float32)
    variances = _filled_variance(fitted, cuts)
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
        light.left, picture.good, picture.variance, light.profile, light.height, fitted.n_sharp,
    )  # fmt: skip


@dataclass(frozen=True)
class _Fitted:
    """Gaussians fitted to the cores: flux, x, y, level, widths."""

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
        return self.corner[:, 0] + self.p[:, 1]

    @property
    def y(self) -> Floats:
        return self.corner[:, 1] + self.p[:, 2]

    @property
    def level(self) -> Floats:
        return np.nan_to_num(self.p[:, 3])


def _centroids(
    picture: Picture, found: Found, setting: Setting, config: PsfConfig, clicked: bool
) -> tuple[_Fitted, Picture]:
    fitted = _fit_round(picture, found.x, found.y, found.saturated, setting)
    expected = setting.width_pixel
    sharp = np.sqrt(np.prod(fitted.p[:, 4:6], axis=1)) < _SHARP * np.sqrt(max(expected**2 - 0.4, 0.2))
    sharp &= ~found.saturated & (setting.pupil != "")
    if clicked or not sharp.any():
        return fitted, picture
    # a cosmic ray or a hot pixel; it is no light around a star either
    good, data = picture.good.copy(), picture.data.copy()
    for x, y in fitted.corner[sharp]:
        part = (slice(max(y - 1, 0), y + 2), slice(max(x - 1, 0), x + 2))
        good[part], data[part] = False, 0
    cleaned = replace(picture, good=good, data=data)
    again = _fit_round(cleaned, found.x[~sharp], found.y[~sharp], found.saturated[~sharp], setting)
    return replace(again, n_sharp=int(sharp.sum())), cleaned


def _fit_round(picture: Picture, x: Floats, y: Floats, saturated: Mask, setting: Setting) -> _Fitted:
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
    flags[~np.isfinite(p).all(axis=1) & ~saturated] |= FAILED
    flags[saturated] |= SATURATED
    p[saturated, 1:3] = np.column_stack([x - column, y - row])[saturated]
    lost = ~np.isfinite(p[:, 1]) | ~np.isfinite(p[:, 2])
    p[lost, 1], p[lost, 2] = (x - column)[lost], (y - row)[lost]
    at_x, at_y = column + p[:, 1], row + p[:, 2]
    edge = np.minimum.reduce([at_x, at_y, nx - 1 - at_x, ny - 1 - at_y]) < 2.5 * width
    flags[edge] |= EDGE
    axis = np.arange(side) - HALF
    distance = np.hypot(axis[None, :, None] - p[:, 2, None, None], axis[None, None, :] - p[:, 1, None, None])
    bad = ((~kept) & (distance < 1.2 * width)).any(axis=(1, 2)) & ~edge & ~saturated
    flags[bad] |= BAD_CORE
    model = _round_model(p, side)
    return _Fitted(p, errors, np.column_stack([column, row]), cuts, kept, variances, model, flags, 0)


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


def _filled_variance(fitted: _Fitted, cuts: Floats) -> Singles:
    """Variance, with that of pixels which are filled: a quarter of what was put there."""
    put = 0.25 * (fitted.model - fitted.level[:, None, None])
    return np.where(fitted.kept, fitted.variances, put * put).astype(np.float32)


def _flattened(picture: Picture, fitted: _Fitted, setting: Setting) -> Picture:
    """Without a map of the background, by photutils, in which stars and what is around them are left out."""
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


@dataclass(frozen=True)
class _Light:
    rings: Rings
    background: Floats
    error: Floats
    under: Floats
    left: Singles
    profile: Floats | None
    height: Floats


def _light(
    picture: Picture, fitted: _Fitted, setting: Setting, perfect: "PerfectStar | None", config: PsfConfig, job: Job
) -> _Light:
    """Rings around the stars and the level under them, in rounds: each star without the light of the others."""
    from calgui.core.algorithms.kernels.psf import add_profiles, cover_discs

    n = len(fitted.x)
    ny, nx = picture.data.shape
    reach = (_FAR_MAS if n <= _FEW else _NEAR_MAS) / setting.pixel_mas
    count = int(min(reach, np.hypot(ny, nx)) / RING) + 1
    cover = np.zeros((ny, nx), np.uint8)
    height = np.nan_to_num(fitted.p[:, 0])
    own = _disc_radii(height, picture, setting, (fitted.flags & SATURATED) != 0)
    if n > 1:
        cover_discs(cover, fitted.x, fitted.y, own)
    else:
        own[:] = 0
    whole = np.arange(n)
    if n == 1:
        rings = _rings(picture, picture.data, cover, own, fitted, whole, count)
        level = _level(rings, 0, picture, fitted, setting, perfect, config, picture.data)
        return _Light(rings, np.array([level.value]), np.array([level.error]), np.zeros(1), picture.data, None, height)
    usable = np.flatnonzero((fitted.flags & (SATURATED | FAILED | EDGE)) == 0)
    examples = usable[np.argsort(-height[usable], kind="stable")][:_EXAMPLES]
    profile: Floats | None = None
    left, level, height = picture.data, Background(picture.level, picture.noise / 100), height.copy()
    for turn in range(_ROUNDS if examples.size else 0):
        rings = _rings(picture, left, cover, own, fitted, examples, count)
        if profile is not None:
            rings = _with_own(rings, profile, height[examples])
        levels = [
            _level(rings, k, picture, fitted, setting, perfect, config, left, star=int(star))
            for k, star in enumerate(examples)
        ]
        level = _common(levels)
        profile = _profile(rings, height[examples], level.value)
        height = _saturated_heights(picture, left, cover, own, fitted, profile, height, level.value, count)
        left = picture.data.copy()
        add_profiles(left, fitted.x, fitted.y, -height, profile, RING)
        job.report((turn + 1) / (_ROUNDS + 1))
    rings = _rings(picture, left, cover, own, fitted, whole, count)
    under = np.zeros(n)
    if profile is not None:
        rings = _with_own(rings, profile, height)
        under = _light_under(fitted, height, profile)
    values = np.full(n, level.value)
    if config.background == "annulus":
        each = [_level(rings, k, picture, fitted, setting, perfect, config, left) for k in range(n)]
        values, errors = np.array([one.value for one in each]), np.array([one.error for one in each])
        return _Light(rings, values, errors, under, left, profile, height)
    return _Light(rings, values, np.full(n, level.error), under, left, profile, height)


def _disc_radii(height: Floats, picture: Picture, setting: Setting, saturated: Mask) -> Floats:
    """Within which a star is not well enough described by a round profile: more for a bright one."""
    width = setting.width_pixel
    bright = height / (1.13 * width**2) / max(picture.noise, 1e-30)
    # rings fall with the third power of the radius: where a fifth of them is half the noise
    radius = width * np.clip((0.02 * bright) ** (1 / 3), 1.5, 8.0)
    return np.asarray(np.where(saturated, 15 * width, radius))


def _rings(
    picture: Picture, left: Singles, cover: npt.NDArray[np.uint8], own: Floats, fitted: _Fitted,
    stars: npt.NDArray[np.intp], count: int,
) -> Rings:  # fmt: skip
    from calgui.core.algorithms.kernels.psf import ring_sums

    made = Rings(*(np.zeros((len(stars), count)) for _ in range(4)))
    for k, star in enumerate(stars):
        ring_sums(
            left, picture.good, picture.variance, cover, own[star], fitted.x[star], fitted.y[star], RING,
            made.sums[k], made.count[k], made.noise[k], made.square[k],
        )  # fmt: skip
    return made


def _with_own(rings: Rings, profile: Floats, height: Floats) -> Rings:
    """Give each star back what was subtracted of itself."""
    added = height[:, None] * profile[None, : rings.sums.shape[1]]
    return Rings(rings.sums + added * rings.count, rings.count, rings.noise, rings.square + 2 * added * rings.sums
                 + added**2 * rings.count)  # fmt: skip


def _profile(rings: Rings, height: Floats, level: float) -> Floats:
    """Mean profile of the examples for a star of height 1; it does not rise outwards far from the core."""
    lines = np.array([(rings.of(k).mean - level) / height[k] for k in range(len(height))])
    profile = np.median(lines, axis=0) if len(lines) > 2 else lines.mean(axis=0)
    smooth = profile.copy()
    far = np.arange(profile.size) * RING
    for index in np.flatnonzero(far > 15):
        half = int(0.1 * index)
        smooth[index] = profile[max(index - half, 0) : index + half + 1].mean()
    return np.asarray(np.maximum(smooth, 0))


def _saturated_heights(
    picture: Picture, left: Singles, cover: npt.NDArray[np.uint8], own: Floats, fitted: _Fitted, profile: Floats,
    height: Floats, level: float, count: int,
) -> Floats:  # fmt: skip
    """How bright saturated stars are, by their wings."""
    full = np.flatnonzero((fitted.flags & (SATURATED | FAILED)) != 0)
    made = height.copy()
    if not full.size:
        return made
    rings = _rings(picture, left, cover, own, fitted, full, count)
    for k, star in enumerate(full):
        ring = rings.of(k)
        use = (ring.radius > 8) & (ring.radius < 40) & (ring.seen > 0.3) & (profile > 0)
        if np.count_nonzero(use) > 8:
            share = (ring.mean[use] - level) / profile[use]
            made[star] += max(float(np.median(share)), 0.0)
    return made


def _light_under(fitted: _Fitted, height: Floats, profile: Floats) -> Floats:
    """Light of all other stars at the middle of each."""
    radius = (np.arange(profile.size) + 0.5) * RING
    made = np.zeros(len(height))
    for star in range(len(height)):
        apart = np.hypot(fitted.x - fitted.x[star], fitted.y - fitted.y[star])
        apart[star] = np.inf
        made[star] = float((height * np.interp(apart, radius, profile, right=0.0)).sum())
    return made


def _common(levels: list[Background]) -> Background:
    """One level for all, with an error that holds how far they differ."""
    values, errors = np.array([one.value for one in levels]), np.array([max(one.error, 1e-30) for one in levels])
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle))) if len(values) > 2 else 0.0
    weight = 1 / (errors**2 + spread**2)
    value = float((weight * values).sum() / weight.sum())
    return Background(value, max(float(weight.sum() ** -0.5), spread / len(values) ** 0.5))


def _level(
    rings: Rings, k: int, picture: Picture, fitted: _Fitted, setting: Setting, perfect: "PerfectStar | None",
    config: PsfConfig, left: Singles, star: int | None = None,
) -> Background:  # fmt: skip
    """Level under one star, as the option says."""
    if config.background == "none":
        return Background(0.0, 0.0)
    ring = rings.of(k)
    star = k if star is None else star
    radius = config.annulus / setting.pixel_mas
    if config.background == "annulus":
        made = _annulus(picture, left, fitted.x[star], fitted.y[star], radius)
        if made is not None:
            return made
    elif config.background == "halo":
        wings = _wings(ring, fitted, star, setting, perfect)
        speckle = np.pi / 4 * setting.core_pixel**2
        found = background_with_halo(ring, setting.pixel_mas, setting.wavelength_um, speckle, wings)
        if found is not None:
            return found
    return _outermost(ring, picture)


def _wings(ring: Ring, fitted: _Fitted, star: int, setting: Setting, perfect: "PerfectStar | None") -> Floats:
    """Light of the diffraction-limited part in the rings, by the height of the core."""
    if perfect is None:
        return np.zeros(len(ring.radius))
    edges = np.concatenate([[0], ring.radius + RING / 2])
    energy = perfect.encircled_energy(edges * setting.pixel_mas)
    density = np.nan_to_num(np.diff(energy) / ring.area)
    middle = fitted.model[star, HALF, HALF] - fitted.level[star]
    # beyond what is computed: the rings of a sharp edge fall with the third power
    known = np.flatnonzero(np.isfinite(energy))[-1] - 1
    density[known:] = density[max(known - 20, 0) : known].mean() * (ring.radius[known] / ring.radius[known:]) ** 3
    return np.asarray(max(middle, 0) / perfect.peak * density)


def _annulus(picture: Picture, left: Singles, x: float, y: float, radius: float) -> Background | None:
    """Clipped mean in a ring beyond the flux radius, by photutils."""
    from astropy.stats import SigmaClip
    from photutils.aperture import ApertureStats, CircularAnnulus

    ring = CircularAnnulus((x, y), radius, 1.5 * radius)
    made = ApertureStats(left, ring, mask=~picture.good, sigma_clip=SigmaClip(3.0))
    area = float(np.nan_to_num(made.sum_aper_area.value if made.sum_aper_area is not None else 0.0))
    if not area > 100 or not np.isfinite(made.mean):
        return None
    return Background(float(made.mean), float(made.std) / area**0.5)


def _outermost(ring: Ring, picture: Picture) -> Background:
    """Mean of the outermost tenth of what is seen."""
    seen = np.flatnonzero(ring.seen > 0.15)
    if seen.size < 3:
        return Background(picture.level, picture.noise)
    last = seen[-max(3, seen.size // 10) :]
    weight = ring.count[last]
    value = float(np.average(ring.mean[last], weights=weight))
    return Background(value, float((ring.variance[last] * weight**2).sum() ** 0.5 / weight.sum()))


def _corrected(shapes: Shapes, setting: Setting, perfect: "PerfectStar | None") -> Shapes:
    """Divide out what the pixels, and the function through them, do to a perfect star at the same place of a pixel."""
    if perfect is None or setting.coarse:
        return shapes
    side = 2 * HALF + 1
    n = len(shapes.x)
    fraction = np.column_stack([shapes.x - np.rint(shapes.x), shapes.y - np.rint(shapes.y)])
    each = not setting.sampled or n <= _EXAMPLES
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
