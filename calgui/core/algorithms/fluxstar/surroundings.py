"""What is around a star: the background with its error, neighbours, and pixels whose light must be filled in."""

import math
from dataclasses import dataclass, replace

import numpy as np

from calgui.core.algorithms.fluxstar.inputs import Floats, Mask
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.errors import InputError

_CLIP, _ROUNDS, _SECTORS, _FEWEST = 3.0, 6, 12, 30
#: noise alone exceeds it once in a thousand times: the root of chi-squared over its 20 degrees of freedom
_UNLIKELY = math.sqrt(45.3 / 20)
#: a neighbour doubles the light that is at its place; one pixel that stands alone is none
_DOUBLES, _MOST = 1.0, 40
#: within so many widths of the star nothing can be told from its own core
_CORE = 2.0
#: of the circle, from which on its light tells how a halo falls
_LAST_PART = 0.8
#: powers of the radius with which it may fall, and where it is corrected
_FALLS = (1.5, 11 / 3)
_FLAT = (0.3, 8 / 3)


@dataclass(frozen=True)
class Background:
    """The background at a star.

    Attributes
    ----------
    level, error : float
        At the star, e-/s per pixel; the error counts what pixels of a direction have in common.
    slope_x, slope_y : float
        e-/s per pixel and pixel.
    scatter : float
        Robust scatter of the annulus's pixels.
    count : int
        Pixels that were used.
    uneven : float
        Scatter of the means of its parts over what pixels' scatter explains; about 1 where noise is all there is.
    """

    level: float
    error: float
    slope_x: float
    slope_y: float
    scatter: float
    count: int
    uneven: float

    def plane(self, dx: Floats, dy: Floats) -> Floats:
        """Level at places relative to the star, pixels."""
        return self.level + self.slope_x * dx + self.slope_y * dy


def fit_background(data: Floats, good: Mask, dx: Floats, dy: Floats, sloped: bool, what: str = "annulus") -> Background:
    """Fit a plane or a constant to an annulus, outliers left out.

    Parameters
    ----------
    data : ndarray of float64, shape (ny, nx)
        e-/s.
    good : ndarray of bool
        Pixels of the annulus.
    dx, dy : ndarray of float64
        Places of the pixels relative to the star.
    sloped : bool
        A plane, or a constant.
    what : str
        For the message.

    Returns
    -------
    Background

    Raises
    ------
    InputError
        When there are too few pixels.
    """
    values, x, y = data[good], dx[good], dy[good]
    if values.size < _FEWEST:
        raise InputError(
            f"The {what} of the background holds {values.size} good pixels; {_FEWEST} are needed.",
            cure="Choose another flux_radius, annulus_inner and annulus_outer.",
        )
    size = max(float(np.abs(x).max()), float(np.abs(y).max()))
    design = np.stack([np.ones_like(x), x / size, y / size], axis=1)[:, : 3 if sloped else 1]
    kept = np.ones(values.shape, np.bool_)
    for _ in range(_ROUNDS):
        solution = np.linalg.lstsq(design[kept], values[kept], rcond=None)[0]
        apart = values - design @ solution
        scatter = float(MAD_TO_SIGMA * np.median(np.abs(apart[kept] - np.median(apart[kept]))))
        now = np.abs(apart) <= _CLIP * scatter if scatter > 0 else kept
        if now.sum() < _FEWEST or np.array_equal(now, kept):
            break
        kept = now
    # what three sigma cut off of a Gaussian is given back
    sigma = float(apart[kept].std()) / 0.98655
    covariance = np.linalg.inv(design[kept].T @ design[kept]) * sigma**2
    uneven, structure = _unevenness(apart[kept], x[kept], y[kept], sigma)
    slopes = [float(value) / size for value in solution[1:]] or [0.0, 0.0]
    # structure that is as large as the annulus is there within it, too, and no number of pixels makes it less
    error = math.hypot(math.sqrt(float(covariance[0, 0])), structure)
    return Background(float(solution[0]), error, slopes[0], slopes[1], sigma, int(kept.sum()), uneven)


def without_halo(
    background: Background, data: Floats, good: Mask, distance: Floats, rings: tuple[float, float], control: float
) -> Background:
    """Take from the level of an annulus the halo of adaptive optics that lies in it.

    Parameters
    ----------
    background : Background
        Of the annulus.
    data : ndarray of float64, shape (ny, nx)
        e-/s less that background.
    good : ndarray of bool
        Pixels that may be used.
    distance : ndarray of float64
        From the star, pixels.
    rings : tuple of float
        Radii of the annulus.
    control : float
        How far the halo is corrected, pixels.

    Returns
    -------
    Background
        A halo falls with a power of the radius up to that of the air, 11/3, and hardly where it is corrected. How much
        it falls from the last part of the circle to the annulus tells how much is in the annulus; what the powers
        differ by is part of the error.
    """
    inner = good & (distance > _LAST_PART * rings[0]) & (distance <= rings[0])
    if inner.sum() < _FEWEST:
        return background
    values = data[inner]
    fall = float(np.median(values))
    noise = 1.2533 * background.scatter / math.sqrt(values.size)
    ratio = float(distance[inner].mean()) / (0.5 * (rings[0] + rings[1]))
    least, most = sorted(1 / (ratio**-power - 1) for power in (_FALLS if rings[0] > 1.4 * control else _FLAT))
    share = 0.5 * (least + most)
    # the level's own error is in the fall as well, against it
    error = math.hypot((1 + share) * background.error, share * noise, 0.5 * (most - least) * max(fall, 0.0))
    return replace(background, level=background.level - share * fall, error=error)


def _unevenness(apart: Floats, x: Floats, y: Floats, sigma: float) -> tuple[float, float]:
    """Whether parts of the annulus differ by more than noise, and by how much beyond it.

    Correlated noise, halos of neighbours and bent backgrounds do that; parts are directions, near and far.
    """
    if not sigma > 0:
        return 1.0, 0.0
    radius = np.hypot(x, y)
    sector = np.floor((np.arctan2(y, x) + math.pi) / (2 * math.pi) * _SECTORS).astype(np.intp) % _SECTORS
    cell = sector + _SECTORS * (radius > np.median(radius))
    count = np.bincount(cell, minlength=2 * _SECTORS)
    used = count >= 3
    free = int(used.sum()) - 4
    if free < 4:
        return 1.0, 0.0
    # a halo that is the same in all directions is none of it: it is told by the growth
    far = np.arange(2 * _SECTORS) >= _SECTORS
    sums = np.bincount(cell, apart, 2 * _SECTORS)
    means = sums / np.maximum(count, 1)
    for half in (far, ~far):
        means[half] -= sums[half].sum() / max(int(count[half].sum()), 1)
    means = means[used]
    ratio = float(np.sqrt(np.sum(means**2 * count[used]) / sigma**2 / free))
    noise = sigma / math.sqrt(float(count[used].mean()))
    return ratio, noise * math.sqrt(ratio**2 - 1) if ratio > _UNLIKELY else 0.0


def mirrored(data: Floats, good: Mask, x: float, y: float) -> tuple[Floats, Mask]:
    """The image turned by half a turn about a star: its own light is nearly the same there.

    Parameters
    ----------
    data : ndarray of float64, shape (ny, nx)
        e-/s.
    good : ndarray of bool
        Pixels that may be used.
    x, y : float
        Place of the star.

    Returns
    -------
    values : ndarray of float64
        Interpolated.
    known : ndarray of bool
        Where all pixels behind a value are good.
    """
    from scipy.ndimage import map_coordinates

    rows, columns = np.indices(data.shape, np.float64)
    places = np.stack([2 * y - rows, 2 * x - columns])
    values = map_coordinates(np.where(good, data, 0.0), places, order=1, cval=0.0)
    whole = map_coordinates(good.astype(np.float64), places, order=1, cval=0.0)
    return np.asarray(values), np.asarray(whole > 0.999)


def ring_medians(data: Floats, good: Mask, distance: Floats) -> Floats:
    """Median of the good pixels at each distance, on rings of one pixel, as an image.

    Parameters
    ----------
    data : ndarray of float64, shape (ny, nx)
        e-/s.
    good : ndarray of bool
        Pixels that may be used.
    distance : ndarray of float64
        From the star, pixels.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
        Interpolated between rings.
    """
    ring = np.round(distance).astype(np.intp)
    order = np.argsort(ring[good], kind="stable")
    _, starts = np.unique(ring[good][order], return_index=True)
    values = data[good][order]
    medians = np.array([np.median(part) for part in np.split(values, starts[1:])])
    # light falls off within a ring: it belongs to the mean distance of the ring's pixels
    means = np.array([part.mean() for part in np.split(distance[good][order], starts[1:])])
    return np.asarray(np.interp(distance, means, medians))


@dataclass(frozen=True)
class Neighbours:
    """Stars beside a star, and pixels that stand alone.

    Attributes
    ----------
    x, y : tuple of float
        Pixels of the part that was looked at.
    ratio : tuple of float
        Peak over that of the star.
    masked : ndarray of bool
        Their pixels.
    odd : ndarray of bool
        Single pixels far above those around them: hot ones, hits.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    ratio: tuple[float, ...]
    masked: Mask
    odd: Mask


def find_neighbours(
    data: Floats, good: Mask, distance: Floats, star: tuple[float, float, float, float], noise: Floats, sigma: float
) -> Neighbours:
    """Peaks that are not of the star's own light.

    Parameters
    ----------
    data : ndarray of float64, shape (ny, nx)
        e-/s, less the background.
    good : ndarray of bool
        Pixels that may be used.
    distance : ndarray of float64
        From the star, pixels.
    star : tuple of float
        x, y, width at half height, peak.
    noise : ndarray of float64
        Of each pixel, e-/s.
    sigma : float
        How far above the noise a neighbour's peak stands.

    Returns
    -------
    Neighbours

    Notes
    -----
    The star's own light is the larger one of the ring's median and of the pixel opposite: arms, rings and spikes of a
    telescope's diffraction are the same on both sides.
    """
    from photutils.detection import find_peaks
    from scipy.ndimage import gaussian_filter, median_filter

    x, y, fwhm, peak = star
    rings = ring_medians(data, good, distance)
    other, known = mirrored(data, good, x, y)
    own = np.maximum(np.maximum(rings, np.where(known, other, rings)), 0)
    outside = distance > _CORE * fwhm
    alone = np.where(good, data, rings)
    excess = alone - median_filter(alone, 3, mode="nearest")
    odd = good & outside & (excess > max(sigma, 6.0) * noise) & (excess > 3 * own) & _sharp(alone, excess)
    left = np.where(good & ~odd & outside, data - own, 0.0)
    width = max(fwhm / 2.3548, 0.6)
    smooth = gaussian_filter(left, width)
    quiet = 1 / (2 * math.sqrt(math.pi) * width)
    threshold = np.maximum(sigma * noise * quiet, 0.5 * _DOUBLES * own)
    box = max(3, 2 * round(fwhm) + 1)
    masked = np.zeros(data.shape, np.bool_)
    # asked first, for photutils warns where it finds nothing
    above = bool((smooth > threshold)[1:-1, 1:-1].any())
    found = find_peaks(smooth, threshold, box_size=box, n_peaks=_MOST, border_width=1) if above else None
    if found is None:
        return Neighbours((), (), (), masked, odd)
    profile = _profile(rings, distance, peak)
    places: list[tuple[float, float, float]] = []
    rows, columns = np.indices(data.shape)
    found.sort("peak_value", reverse=True)
    for row in found:
        at = float(row["x_peak"]), float(row["y_peak"])
        if masked[int(at[1]), int(at[0])]:
            continue
        # a Gaussian smoothed by its own width keeps half of its peak
        ratio = 2 * float(row["peak_value"]) / peak
        places.append((*at, ratio))
        reach = _reach(profile, ratio * peak, float(np.median(noise)), fwhm, float(distance[int(at[1]), int(at[0])]))
        masked |= np.hypot(columns - at[0], rows - at[1]) <= reach
    return Neighbours(
        tuple(place[0] for place in places),
        tuple(place[1] for place in places),
        tuple(place[2] for place in places),
        masked & outside,
        odd,
    )


def _sharp(values: Floats, excess: Floats) -> Mask:
    """Pixels whose four neighbours have no share of their light."""
    padded = np.pad(values, 1, mode="edge")
    beside = np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
    base = values - excess
    made: Mask = np.median(beside, axis=0) - base < 0.15 * excess
    return made


def _profile(rings: Floats, distance: Floats, peak: float) -> Floats:
    """Light at 0, 1, 2 … pixels from the star over its peak, never growing."""
    order = np.argsort(distance, axis=None)
    grid = np.arange(math.floor(float(distance.max())))
    values = np.interp(grid, distance.ravel()[order], rings.ravel()[order]) / peak
    return np.asarray(np.minimum.accumulate(np.clip(values, 0, 1)))


def _reach(profile: Floats, peak: float, noise: float, fwhm: float, away: float) -> float:
    """How far from a neighbour its light stands above half of a pixel's noise; not over the star itself."""
    below = np.flatnonzero(profile * peak < 0.5 * noise)
    far = float(below[0]) if below.size else float(profile.size)
    return min(max(far, 2 * fwhm), max(0.7 * away, 1.5 * fwhm))


def fill(data: Floats, variance: Floats, gone: Mask, distance: Floats, x: float, y: float) -> tuple[Floats, Floats]:
    """Put the star's own light where pixels say nothing: that opposite, or the ring's median.

    Parameters
    ----------
    data, variance : ndarray of float64, shape (ny, nx)
        e-/s less the background, and its square.
    gone : ndarray of bool
        What is filled.
    distance : ndarray of float64
        From the star, pixels.
    x, y : float
        Place of the star.

    Returns
    -------
    tuple of ndarray of float64
        Data and variance; that of filled pixels is twice the one of where the value is from.
    """
    if not gone.any():
        return data, variance
    good = ~gone
    other, known = mirrored(data, good, x, y)
    rings = ring_medians(data, good, distance)
    spread = ring_medians(variance, good, distance)
    value = np.where(known, other, rings)
    return np.where(gone, value, data), np.where(gone, 2 * spread, variance)
