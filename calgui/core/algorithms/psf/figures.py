"""Figures of each star: flux, energy, widths, Strehl ratio, with their errors."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.centroids import (
    BAD_CORE,
    BLENDED,
    EDGE,
    FAILED,
    FILLED,
    FLAG_WORDS,
    HALF,
    OFF_PEAK,
    SATURATED,
)
from calgui.core.algorithms.psf.energy import RING, Ring, radius_of
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.algorithms.psf.stars import SUBTRACTED, Stars

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]

#: least part of the circle, and of any ring in it, that must be seen
_COVERED, _RING_COVERED = 0.75, 0.2
#: light of neighbours within the circle, over a star's own, from which there is no Strehl ratio
_NEIGHBOURS = 3.0
#: of a Strehl ratio, over itself: what sampling leaves (perfect stars at any place of a pixel, Z to K)
_SAMPLING = 0.002
#: a ratio above 1 whose error is this part of it says nothing; and what a good one may be above 1
_NO_STREHL, _NEARLY_ONE = 0.3, 0.03
#: halves of squares, pixels, within a cut-out
_HALVES = np.concatenate([np.arange(0.25, 10, 0.25), np.arange(10, HALF + 0.01, 1.0)])

CROWDED, CUT_RADIUS, CORRECTED, ABOVE_ONE = 64, 128, 512, 1024
WORDS = FLAG_WORDS | {
    CROWDED: "neighbours' light",
    CUT_RADIUS: "smaller flux radius",
    FILLED: "filled",
    CORRECTED: "flux of a smaller radius, corrected",
    ABOVE_ONE: "Strehl ratio above 1",
}
#: light of neighbours, over a star's own, up to which the circle is taken that is corrected, and widths it has at least
_CLEAR, _LEAST_WIDTHS = 0.5, 6.0
#: part of the light beyond it by which a star differs from the shared profile
_UNLIKE = 0.3
#: with one of these a star's figures are not used
UNUSED = SATURATED | EDGE | BAD_CORE | BLENDED | FAILED | OFF_PEAK


@dataclass(frozen=True)
class Figures:
    """Of each star; NaN where there is none. Radii are in mas, places in pixels from 0."""

    flux: Floats
    flux_error: Floats
    radius: Floats
    ee50: Floats
    ee50_error: Floats
    ee80: Floats
    ee80_error: Floats
    es50: Floats
    es80: Floats
    fwhm: Floats
    fwhm_error: Floats
    major: Floats
    minor: Floats
    angle: Floats
    optical: Floats
    ellipticity: Floats
    ellipticity_error: Floats
    strehl: Floats
    strehl_error: Floats
    wavefront: Floats
    wavefront_error: Floats
    flags: npt.NDArray[np.int64]
    why: tuple[str, ...]

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """Stars whose figures can be used."""
        return np.asarray((self.flags & UNUSED) == 0)

    def words(self, star: int) -> str:
        """What is flagged of a star, for people."""
        return ", ".join(word for bit, word in WORDS.items() if self.flags[star] & bit)


def figures_of(stars: Stars, setting: Setting, perfect: "PerfectStar | None", flux_radius: float) -> Figures:
    """Figures of stars.

    Parameters
    ----------
    stars : Stars
        As measured.
    setting : Setting
        Plate scale and wavelength.
    perfect : PerfectStar or None
        The diffraction limit.
    flux_radius : float
        mas.

    Returns
    -------
    Figures
        Strehl ratio as by Roberts et al. 2004 (Proc. SPIE 5490, 504): peak over flux within a radius, over the same of
        the perfect star; the wavefront error by Maréchal's approximation, ``S = exp(-(2 π σ / λ)²)``.
    """
    n, pixel = len(stars), setting.pixel_mas
    rings = [stars.rings.of(k) for k in range(n)]
    flags = stars.flags.copy()
    edges = stars.rings.edges
    radius = np.array([_radius(ring, flux_radius / pixel, edges) for ring in rings])
    flags[radius < 0.995 * flux_radius / pixel] |= CUT_RADIUS
    flux, flux_error = np.full(n, np.nan), np.full(n, np.nan)
    grown = [ring.growth(stars.background[k]) for k, ring in enumerate(rings)]
    for k, ring in enumerate(rings):
        if flags[k] & (SATURATED | FAILED) or not radius[k] > 0:
            continue
        flux[k] = np.interp(radius[k], edges, grown[k])
        flux_error[k] = math.sqrt(float(np.interp(radius[k], edges, ring.growth_variance(stars.background_error[k]))))
    beside = _neighbours_light(stars, flux, radius)
    flux_error = np.hypot(flux_error, SUBTRACTED * beside)
    with np.errstate(all="ignore"):
        flags[beside > _NEIGHBOURS * flux] |= CROWDED
    for k in np.flatnonzero((flags & (CROWDED | CUT_RADIUS)) != 0).tolist():
        made = _corrected(stars, k, rings[k], grown[k], radius[k], flux_radius / pixel, setting.width_pixel)
        if made is not None:
            flux[k], flux_error[k] = made
            radius[k] = flux_radius / pixel
            flags[k] = (flags[k] & ~(CROWDED | CUT_RADIUS)) | CORRECTED
    ee = {part: np.array([radius_of(edges, grown[k], part, flux[k]) for k in range(n)]) for part in (0.5, 0.8)}
    ee_error = {
        part: np.array([_ee_error(edges, grown[k], part, flux[k], flux_error[k]) for k in range(n)]) for part in ee
    }
    es50, es80 = _squares(stars, rings, flux)
    shapes = stars.shapes
    width = np.where(flags & (SATURATED | FAILED), np.nan, shapes.width)
    relative = _relative_width_error(stars)
    ellipticity = shapes.ellipticity
    optical = _optical(width, setting, perfect)
    if perfect is None:
        width, optical, major, minor = _fitted_widths(stars, setting)
        ellipticity = 1 - minor / major
    else:
        major, minor = shapes.major, shapes.minor
    strehl, strehl_error, why = _strehl(stars, setting, perfect, radius, flux, flux_error, flags)
    if setting.coarse:
        width, optical = np.full(n, np.nan), np.full(n, np.nan)
        major, minor, ellipticity = width, width, np.full(n, np.nan)
    with np.errstate(all="ignore"):
        depth = np.sqrt(-np.log(np.where(strehl < 1, strehl, 1.0)))
        scale = setting.wavelength_um * 1e3 / (2 * math.pi)
        wavefront = np.where(strehl > 0, np.abs(scale * depth), np.nan)
        wavefront_error = np.where(depth > 0.02, scale * strehl_error / strehl / (2 * np.maximum(depth, 0.02)), np.nan)
    bad = (flags & (SATURATED | FAILED)) != 0
    blank = np.where(bad, np.nan, 1.0)
    return Figures(
        flux, flux_error, np.where(radius > 0, radius * pixel, np.nan), ee[0.5] * pixel, ee_error[0.5] * pixel,
        ee[0.8] * pixel, ee_error[0.8] * pixel, es50 * pixel, es80 * pixel, width * pixel * blank,
        width * pixel * relative, major * pixel * blank, minor * pixel * blank, shapes.angle * blank,
        optical * pixel * blank, ellipticity * blank, relative * math.sqrt(2), strehl, strehl_error, wavefront,
        wavefront_error, flags, why,
    )  # fmt: skip


def _radius(ring: Ring, wanted: float, edges: Floats) -> float:
    """The circle that is well seen, up to the one that is wanted, pixels; 0 for none."""
    area, seen = np.cumsum(ring.area), np.cumsum(ring.seen * ring.area)
    fine = (seen / area >= _COVERED) & (
        np.minimum.accumulate(np.where(ring.radius > 3, ring.seen, 1.0)) >= _RING_COVERED
    )
    fine &= edges - RING < wanted
    last = np.flatnonzero(fine)
    return float(min(edges[last[-1]], wanted)) if last.size and edges[last[-1]] > 3 else 0.0


def _corrected(
    stars: Stars, star: int, ring: Ring, grown: Floats, seen: float, wanted: float, width: float
) -> tuple[float, float] | None:
    """Flux within the flux radius from a smaller circle, with less light of neighbours, by the profile of all stars."""
    edges = stars.rings.edges
    if stars.profile is None or stars.flags[star] & (SATURATED | FAILED | EDGE) or not stars.height[star] > 0:
        return None
    growth = np.cumsum(stars.profile * stars.rings.areas)
    whole = float(np.interp(wanted, edges, growth))
    if edges[-1] < 0.99 * wanted or not whole > 0:
        return None
    # what noise does not explain of the scatter around the core is structure of neighbours, as large as a core
    excess = np.where(ring.radius > _LEAST_WIDTHS * width / 2, ring.scatter**2 - ring.variance * ring.count, 0.0)
    structure = np.clip(excess, 0, None) / np.maximum(ring.count, 1) * ring.area**2 * width**2
    errors = np.sqrt(ring.growth_variance(stars.background_error[star]) + np.cumsum(structure))
    height, apart = np.nan_to_num(stars.brightness), stars.neighbours[star]
    # light of others that fell, and was subtracted, around the star, per pixel; what is left of it, or of the star
    middle = ring.radius
    around = float((height * np.interp(apart, middle, stars.profile, right=0.0)).sum())
    left = ring.mean - stars.background[star] - height[star] * stars.profile
    best = None
    for radius in np.geomspace(_LEAST_WIDTHS * width, max(seen, _LEAST_WIDTHS * width), 8):
        own, within = float(np.interp(radius, edges, grown)), float(np.interp(radius, edges, growth))
        beside = float(height[apart < radius].sum()) * whole + math.pi * radius**2 * around
        if radius > seen or not own > 0 or not within > 0 or beside > _CLEAR * own:
            break
        factor = whole / within
        unlike = _UNLIKE * (1 - 1 / factor) * own
        next_to = (middle > radius) & (middle < 1.5 * radius) & (ring.count > 0)
        uneven = float(np.average(left[next_to], weights=ring.count[next_to])) if next_to.any() else 0.0
        error = math.hypot(
            float(np.interp(radius, edges, errors)), SUBTRACTED * beside, unlike, math.pi * radius**2 * uneven
        )
        if best is None or factor * error < best[1]:
            best = factor * own, factor * error
    return best


def _neighbours_light(stars: Stars, flux: Floats, radius: Floats) -> Floats:
    """Light of other stars whose middle lies within the circle of each."""
    bright = np.where(np.isfinite(flux), flux, 0.0)
    share = flux / np.where(stars.height > 0, stars.height, np.nan)
    scale = float(np.nanmedian(share)) if np.isfinite(share).any() else 1.0
    lost = ~np.isfinite(flux)
    bright[lost] = np.nan_to_num(stars.brightness[lost] * scale)
    return np.asarray(((stars.neighbours < radius[:, None]) * bright[None, :]).sum(axis=1))


def _ee_error(edges: Floats, growth: Floats, part: float, flux: float, error: float) -> float:
    """By how much the radius moves when the flux does."""
    if not (flux > 0 and np.isfinite(error)):
        return math.nan
    low = radius_of(edges, growth, part, max(flux - error, 1e-30))
    high = radius_of(edges, growth, part, flux + error)
    return abs(high - low) / 2


def _squares(stars: Stars, rings: list[Ring], flux: Floats) -> tuple[Floats, Floats]:
    """Half the sides of the squares that hold 50 and 80 % of the flux, pixels: from the cut-out, and rings beyond."""
    n, side = len(stars), 2 * HALF + 1
    axis = np.arange(side) - HALF
    made = np.full((2, n), np.nan)
    inside = [k for k in range(n) if np.isfinite(flux[k]) and flux[k] > 0]
    if not inside:
        return made[0], made[1]
    far = np.concatenate([np.arange(HALF + 2, 120, 4.0), np.arange(120, 520, 20.0)])
    for k in inside:
        dx, dy = stars.x[k] - stars.corner[k, 0], stars.y[k] - stars.corner[k, 1]
        wide = np.clip(_HALVES[:, None] - np.abs(axis - dx)[None, :] + 0.5, 0, np.minimum(1, 2 * _HALVES)[:, None])
        high = np.clip(_HALVES[:, None] - np.abs(axis - dy)[None, :] + 0.5, 0, np.minimum(1, 2 * _HALVES)[:, None])
        near = ((high @ stars.cuts[k]) * wide).sum(axis=1)
        halves, light = _HALVES, near
        if near[-1] < 0.8 * flux[k]:
            ring = rings[k]
            parts = (ring.mean - stars.background[k]) * ring.area
            reach = ring.radius > 0.9 * HALF
            r, parts = ring.radius[reach], parts[reach]
            beyond = np.array([(_share(r, h) - _share(r, HALF)) @ parts for h in far])
            halves, light = np.concatenate([halves, far]), np.concatenate([near, near[-1] + beyond])
        for row, part in enumerate((0.5, 0.8)):
            made[row, k] = radius_of(halves, light, part, flux[k])
    return made[0], made[1]


def _share(radius: Floats, half: float) -> Floats:
    """Part of a circle that lies in a square of that half side."""
    angle = np.arccos(np.clip(half / np.maximum(radius, 1e-9), -1, 1))
    return np.asarray(np.where(radius <= half, 1.0, np.clip(1 - 4 / math.pi * angle, 0, 1)))


def _relative_width_error(stars: Stars) -> Floats:
    """Error of a width over itself: about that of the peak, by which half of it moves, and of the values around it."""
    with np.errstate(all="ignore"):
        return np.where(stars.shapes.peak > 0, stars.shapes.peak_error / stars.shapes.peak, np.nan)


def _optical(width: Floats, setting: Setting, perfect: "PerfectStar | None") -> Floats:
    """Width without the pixel's, pixels: taken out in squares, as much as the pixel adds to a perfect star."""
    if perfect is None:
        return width
    seen = perfect.fwhm_mas / setting.pixel_mas
    bare = _bare_width(perfect) / setting.pixel_mas
    return np.sqrt(np.clip(width**2 - (seen**2 - bare**2), 0, None))


def _bare_width(perfect: "PerfectStar") -> float:
    """Width of the perfect star through a pixel of no size, mas."""
    from dataclasses import replace

    from calgui.core.optics.perfect import diffraction_limit

    tiny = replace(perfect.response, pixel_mas=perfect.response.pixel_mas / 16)
    around = 4 * perfect.fwhm_mas
    return diffraction_limit(perfect.pupil, perfect.band, tiny, perfect.rotation_deg, around).fwhm_mas


def _fitted_widths(stars: Stars, setting: Setting) -> tuple[Floats, Floats, Floats, Floats]:
    """Widths where no pupil is known: of the fitted Gaussian with and without the pixel, or as seen where sampled."""
    fit = np.sort(stars.fit_width, axis=1)[:, ::-1]
    optical = np.sqrt(fit[:, 0] * fit[:, 1])
    with_pixel = np.sqrt(fit**2 + 8 * math.log(2) / 12)
    if np.nanmedian(optical) > 2.5:
        shapes = stars.shapes
        width = shapes.width
        return width, np.sqrt(np.clip(width**2 - 8 * math.log(2) / 12, 0, None)), shapes.major, shapes.minor
    return np.sqrt(with_pixel[:, 0] * with_pixel[:, 1]), optical, with_pixel[:, 0], with_pixel[:, 1]


def _strehl(
    stars: Stars, setting: Setting, perfect: "PerfectStar | None", radius: Floats, flux: Floats, flux_error: Floats,
    flags: npt.NDArray[np.int64],
) -> tuple[Floats, Floats, tuple[str, ...]]:  # fmt: skip
    """Strehl ratio, its error, and why there is none."""
    n = len(stars)
    strehl, error, why = np.full(n, np.nan), np.full(n, np.nan), [""] * n
    if perfect is None:
        of = f" of {setting.telescope}" if setting.telescope else ""
        return strehl, error, (f"the pupil{of} is not known",) * n
    if setting.coarse:
        text = f"spaxels of {setting.pixel_mas:g} mas are too coarse for widths and Strehl ratios"
        return strehl, error, (text,) * n
    for k in range(n):
        reasons = [WORDS[bit] for bit in (*FLAG_WORDS, CROWDED) if flags[k] & bit]
        if reasons or not (flux[k] > 0 and radius[k] > 0):
            why[k] = ", ".join(reasons) or "no flux"
            continue
        limit = perfect.peak / float(perfect.encircled_energy(radius[k] * setting.pixel_mas))
        peak = stars.shapes.peak[k]
        strehl[k] = peak / flux[k] / limit
        error[k] = strehl[k] * math.hypot(stars.shapes.peak_error[k] / peak, flux_error[k] / flux[k], _SAMPLING)
        if strehl[k] > 1 + _SAMPLING:
            flags[k] |= ABOVE_ONE
            # of one star the verdict tells it
            if n > 1 and (strehl[k] > 1 + max(2 * error[k], _NEARLY_ONE) or error[k] > _NO_STREHL * strehl[k]):
                why[k] = f"Strehl ratio above 1 ({strehl[k]:.2f} ± {error[k]:.2f})"
                strehl[k] = error[k] = np.nan
    return strehl, error, tuple(why)
