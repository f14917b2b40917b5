"""Light around stars: rings, the profile that they share, the level under them."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.psf.centroids import EDGE, FAILED, HALF, SATURATED, Fitted
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.energy import RING, SEEN, Ring, Rings
from calgui.core.algorithms.psf.levels import Background, background_with_halo
from calgui.core.algorithms.psf.picture import Picture
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.algorithms.stripes import Common
from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: how far rings go, mas: of few stars, and of many
_FEW, _FAR_MAS, _NEAR_MAS = 20, 2000.0, 1150.0
#: stars that the core of the common profile is made of
_EXAMPLES = 12
#: pixels that the profile is fitted to (and times stars), its knots, and where the last one lies
_SAMPLE, _SAMPLE_STARS, _KNOTS, _LAST_KNOT_MAS = 60_000, 8_000_000, 16, 900.0


@dataclass(frozen=True)
class Light:
    """Light around stars.

    Attributes
    ----------
    rings : Rings
        Around each, the others subtracted.
    background, error : ndarray of float64, shape (n,)
        Level under each.
    under : ndarray of float64, shape (n,)
        Light of the others at the middle of each.
    left : ndarray of float32, shape (ny, nx)
        The picture without the stars' round profiles; the picture itself where there is one star.
    profile : ndarray of float64, shape (m,), or None
        Of a star of height 1, in rings; None where there is one star.
    height : ndarray of float64, shape (n,)
        How bright the stars are.
    """

    rings: Rings
    background: Floats
    error: Floats
    under: Floats
    left: Singles
    profile: Floats | None
    height: Floats


def light_around(
    picture: Picture, fitted: Fitted, setting: Setting, perfect: "PerfectStar | None", config: PsfConfig, job: Job,
    common: Common | None = None,
) -> Light:  # fmt: skip
    """Rings around the stars and the level under them, each star without the light of the others.

    Parameters
    ----------
    picture : Picture
        Pixels.
    fitted : Fitted
        Stars.
    setting : Setting
        Plate scale and wavelength.
    perfect : PerfectStar or None
        The diffraction limit.
    config : PsfConfig
        Says how the background is found.
    job : Job
        Progress and cancel.
    common : Common, optional
        Noise that the pixels of a ring have in common.

    Returns
    -------
    Light
    """
    from calgui.core.algorithms.kernels.psf import add_profiles, cover_discs

    n = len(fitted.x)
    ny, nx = picture.data.shape
    reach = (_FAR_MAS if n <= _FEW else _NEAR_MAS) / setting.pixel_mas
    count = int(min(reach, np.hypot(ny, nx)) / RING) + 1
    cover = np.zeros((ny, nx), np.uint8)
    height = np.nan_to_num(fitted.p[:, 0])
    own = _disc_radii(height, picture, setting, (fitted.flags & SATURATED) != 0)
    whole = np.arange(n)
    if n == 1:
        own[:] = 0
        rings = _rings(picture, picture.data, cover, own, fitted, whole, count)
        level = _level(rings, 0, picture, fitted, setting, perfect, config, picture.data, common)
        return Light(rings, np.array([level.value]), np.array([level.error]), np.zeros(1), picture.data, None, height)
    cover_discs(cover, fitted.x, fitted.y, own)
    usable = np.flatnonzero(((fitted.flags & (SATURATED | FAILED | EDGE)) == 0) & (height > 0))
    examples = usable[np.argsort(-height[usable], kind="stable")][:_EXAMPLES]
    if not examples.size:
        rings = _rings(picture, picture.data, cover, own, fitted, whole, count)
        level = _outermost(rings.of(0), picture)
        return Light(rings, np.full(n, level.value), np.full(n, level.error), np.zeros(n), picture.data, None, height)
    full = np.flatnonzero((fitted.flags & (SATURATED | FAILED)) != 0)
    for turn in range(2 if full.size else 1):
        outer, level = shared_profile(picture, fitted, cover, height, setting, count)
        job.report(0.2 + 0.3 * turn)
        left = _without_far(picture, fitted, height, outer)
        add_profiles(left, fitted.x, fitted.y, -height, outer, RING)
        rings = _with_own(_rings(picture, left, cover, own, fitted, examples, count), outer, height[examples])
        profile = _with_core(rings, height[examples], level.value, outer)
        if full.size and not turn:
            height = _saturated_heights(picture, left, cover, own, fitted, profile, height, level.value, count)
    left = _without_far(picture, fitted, height, profile)
    add_profiles(left, fitted.x, fitted.y, -height, profile, RING)
    job.report(0.8)
    rings = _with_own(_rings(picture, left, cover, own, fitted, whole, count), profile, height)
    under = _light_under(fitted, height, profile)
    values, errors = np.full(n, level.value), np.full(n, level.error)
    if config.background == "none":
        values, errors = np.zeros(n), np.zeros(n)
    elif config.background == "annulus":
        each = [_level(rings, k, picture, fitted, setting, perfect, config, left) for k in range(n)]
        values, errors = np.array([one.value for one in each]), np.array([one.error for one in each])
    return Light(rings, values, errors, under, left, profile, height)


def shared_profile(
    picture: Picture,
    fitted: Fitted,
    cover: npt.NDArray[np.uint8],
    height: Floats,
    setting: Setting,
    count: int,
) -> tuple[Floats, Background]:
    """The profile that all stars share outside of their cores, and the level, by least squares on a sample of pixels.

    Parameters
    ----------
    picture : Picture
        Pixels.
    fitted : Fitted
        Stars.
    cover : ndarray of uint8, shape (ny, nx)
        How many stars' discs lie over a pixel; those without are used.
    height : ndarray of float64, shape (n,)
        How bright the stars are.
    setting : Setting
        Plate scale.
    count : int
        Rings.

    Returns
    -------
    tuple of ndarray of float64, shape (count,), and Background
        0 in the core. Beyond the last knot the profile falls as the halo of the air does, with the power 11/3; how much
        the level changes with another power is part of its error.
    """
    from calgui.core.algorithms.kernels.psf import shared_rows

    free = np.flatnonzero((picture.good & (cover == 0)).ravel())
    radius = (np.arange(count) + 0.5) * RING
    if free.size < 200:
        return np.zeros(count), Background(picture.level, picture.noise)
    # the sample is the same at each call
    chosen = np.random.default_rng(1).choice(free, min(_SAMPLE, _SAMPLE_STARS // len(height), free.size), replace=False)
    py, px = np.divmod(chosen, picture.data.shape[1])
    first = 1.4 * setting.width_pixel
    last = min(_LAST_KNOT_MAS / setting.pixel_mas, 0.6 * max(picture.data.shape))
    knots = np.geomspace(first, max(last, 3 * first), _KNOTS)
    data = picture.data[py, px].astype(np.float64)
    weight = 1 / np.sqrt(np.maximum(picture.variance[py, px].astype(np.float64), 1e-30))
    levels, made = [], np.zeros(count)
    for power in (11 / 3, 2.5):
        rows = np.zeros((len(px), _KNOTS + 1))
        shared_rows(px.astype(np.float64), py.astype(np.float64), fitted.x, fitted.y, height, knots, power, rows)
        rows[:, -1] = 1.0
        # knots that no pixel is near to have no say
        use = np.flatnonzero(np.any(rows > 0, axis=0))
        keep = np.ones(len(px), np.bool_)
        for _ in range(4):
            a, b = rows[keep][:, use] * weight[keep, None], data[keep] * weight[keep]
            found, *_ = np.linalg.lstsq(a, b, rcond=1e-10)
            left = (data - rows[:, use] @ found) * weight
            spread = max(MAD_TO_SIGMA * float(np.median(np.abs(left[keep]))), 1e-30)
            # spikes and speckles are light of the stars: what is clipped lies far above all of it
            light = np.abs(rows[:, use[:-1]] @ found[:-1]) * weight
            now = np.abs(left) < 5 * spread + 3 * light
            if np.array_equal(now, keep):
                break
            keep = now
        values = np.zeros(_KNOTS + 1)
        values[use] = found
        levels.append(float(values[-1]))
        if power == 11 / 3:
            normal = np.linalg.pinv(a.T @ a)
            error = float(np.sqrt(normal[-1, -1])) * max(spread, 1.0) if use[-1] == _KNOTS else picture.noise
            at = np.zeros((count, _KNOTS + 1))
            none = np.zeros(1)
            shared_rows(radius, np.zeros(count), none, none, np.ones(1), knots, power, at)
            made = at[:, :-1] @ values[:-1]
    made[radius < first] = 0.0
    return np.maximum(made, 0.0), Background(levels[0], float(np.hypot(error, 0.5 * (levels[0] - levels[1]))))


def _disc_radii(height: Floats, picture: Picture, setting: Setting, saturated: Mask) -> Floats:
    """Within which a star is not well enough described by a round profile: more for a bright one."""
    width = setting.width_pixel
    bright = height / (1.13 * width**2) / max(picture.noise, 1e-30)
    # rings fall with the third power of the radius: where a fifth of them is half the noise
    radius = width * np.clip((0.02 * bright) ** (1 / 3), 1.5, 8.0)
    return np.asarray(np.where(saturated, 15 * width, radius))


def _rings(
    picture: Picture, left: Singles, cover: npt.NDArray[np.uint8], own: Floats, fitted: Fitted,
    stars: npt.NDArray[np.intp], count: int,
) -> Rings:  # fmt: skip
    from calgui.core.algorithms.kernels.psf import ring_sums

    made = Rings(*(np.zeros((len(stars), count)) for _ in range(5)))
    for k, star in enumerate(stars):
        ring_sums(
            left, picture.good, picture.variance, cover, own[star], fitted.x[star], fitted.y[star], RING,
            made.sums[k], made.count[k], made.noise[k], made.square[k], made.whole[k],
        )  # fmt: skip
    return made


def _with_own(rings: Rings, profile: Floats, height: Floats) -> Rings:
    """Give each star back what was subtracted of itself."""
    added = height[:, None] * profile[None, : rings.sums.shape[1]]
    return Rings(rings.sums + added * rings.count, rings.count, rings.noise, rings.square + 2 * added * rings.sums
                 + added**2 * rings.count, rings.whole)  # fmt: skip


def _with_core(rings: Rings, height: Floats, level: float, outer: Floats) -> Floats:
    """The shared profile with its core: there the examples' mean, which joins it."""
    lines = np.array([(rings.of(k).mean - level) / height[k] for k in range(len(height))])
    core = np.median(lines, axis=0) if len(lines) > 2 else lines.mean(axis=0)
    begin = int(np.argmax(outer > 0)) if (outer > 0).any() else len(outer)
    return np.asarray(np.where(np.arange(len(outer)) < begin, np.maximum(core, 0), outer))


def _saturated_heights(
    picture: Picture, left: Singles, cover: npt.NDArray[np.uint8], own: Floats, fitted: Fitted, profile: Floats,
    height: Floats, level: float, count: int,
) -> Floats:  # fmt: skip
    """How bright saturated stars are, by their wings."""
    full = np.flatnonzero((fitted.flags & (SATURATED | FAILED)) != 0)
    made = height.copy()
    rings = _rings(picture, left, cover, own, fitted, full, count)
    for k, star in enumerate(full):
        ring = rings.of(k)
        use = (ring.radius > 8) & (ring.radius < 40) & (ring.seen > 0.3) & (profile > 0)
        if np.count_nonzero(use) > 8:
            share = (ring.mean[use] - level) / profile[use]
            made[star] += max(float(np.median(share)), 0.0)
    return made


def _without_far(picture: Picture, fitted: Fitted, height: Floats, profile: Floats) -> Singles:
    """The picture without what stars give beyond the last ring: smooth, so it is worked out on a coarse grid."""
    from scipy.ndimage import map_coordinates

    last = (len(profile) - 0.5) * RING
    ny, nx = picture.data.shape
    if profile[-1] <= 0 or last >= np.hypot(ny, nx):
        return picture.data.copy()
    rows, columns = (np.linspace(0, n - 1, max(2, min(48, n // 16))) for n in (ny, nx))
    far = np.zeros((rows.size, columns.size))
    for x, y, bright in zip(fitted.x, fitted.y, height, strict=True):
        squared = (rows[:, None] - y) ** 2 + (columns[None, :] - x) ** 2
        far += np.where(squared > last * last, bright * (last * last / np.maximum(squared, 1.0)) ** (11 / 6), 0.0)
    far *= profile[-1]
    at_rows = np.arange(ny) * (rows.size - 1) / (ny - 1)
    at_columns = np.arange(nx) * (columns.size - 1) / (nx - 1)
    # along one axis, then the other
    lines = map_coordinates(far, np.meshgrid(at_rows, np.arange(columns.size), indexing="ij"), order=1)
    whole = lines.astype(np.float32)
    low = np.minimum(at_columns.astype(np.intp), columns.size - 2)
    part = (at_columns - low).astype(np.float32)
    left = picture.data - (whole[:, low] * (1 - part) + whole[:, low + 1] * part)
    left[~picture.good] = 0
    return np.asarray(left, np.float32)


def _light_under(fitted: Fitted, height: Floats, profile: Floats) -> Floats:
    """Light of all other stars at the middle of each."""
    radius = (np.arange(profile.size) + 0.5) * RING
    made = np.zeros(len(height))
    for star in range(len(height)):
        apart = np.hypot(fitted.x - fitted.x[star], fitted.y - fitted.y[star])
        apart[star] = np.inf
        made[star] = float((height * np.interp(apart, radius, profile, right=0.0)).sum())
    return made


def _level(
    rings: Rings, k: int, picture: Picture, fitted: Fitted, setting: Setting, perfect: "PerfectStar | None",
    config: PsfConfig, left: Singles, common: Common | None = None,
) -> Background:  # fmt: skip
    """Level under one star, as the option says."""
    if config.background == "none":
        return Background(0.0, 0.0)
    ring = rings.of(k)
    radius = config.annulus / setting.pixel_mas
    if config.background == "annulus":
        made = _annulus(picture, left, fitted.x[k], fitted.y[k], radius)
        if made is not None:
            return made
    elif config.background == "halo":
        wings = _wings(ring, fitted, k, setting, perfect)
        speckle = np.pi / 4 * setting.core_pixel**2
        found = background_with_halo(
            ring, setting.pixel_mas, setting.wavelength_um, speckle, wings, config.flux_radius / setting.pixel_mas,
            common, picture.sky, _residual(ring, fitted, k, setting, perfect, config),
        )  # fmt: skip
        if found is not None:
            return found
    return _outermost(ring, picture)


def _residual(
    ring: Ring, fitted: Fitted, star: int, setting: Setting, perfect: "PerfectStar | None", config: PsfConfig
) -> float | None:
    """Variance of the residual wavefront as the core tells it, with the outermost light for the level, rad²."""
    seen = np.flatnonzero(ring.seen > SEEN)
    if perfect is None or not seen.size:
        return None
    radius = min(config.flux_radius / setting.pixel_mas, ring.radius[seen[-1]])
    level = float(ring.mean[seen[-max(3, seen.size // 10) :]].mean())
    flux = float(np.interp(radius, ring.radius + RING / 2, ring.growth(level)))
    best = perfect.peak / float(perfect.encircled_energy(radius * setting.pixel_mas))
    strehl = max(fitted.model[star, HALF, HALF] - fitted.level[star], 0.0) / best / flux if flux > 0 else 0.0
    return -math.log(min(max(strehl, 0.01), 0.99)) if np.isfinite(strehl) else None


def _wings(ring: Ring, fitted: Fitted, star: int, setting: Setting, perfect: "PerfectStar | None") -> Floats:
    """Light of the diffraction-limited part in the rings, by the height of the core."""
    if perfect is None:
        return np.zeros(len(ring.radius))
    edges = np.concatenate([[0], ring.radius + RING / 2])
    energy = perfect.encircled_energy(edges * setting.pixel_mas)
    density = np.nan_to_num(np.diff(energy) / (2 * np.pi * ring.radius * RING))
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
