"""Light in rings around a star: profile, background with the halo's wings, encircled energy."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: width of the rings, pixels
RING = 0.5
#: radius up to which the pixels of rings are counted, pixels
_COUNTED = 59.0
#: rings that are taken together for the fit of the wings
_TOGETHER = 8
#: widths of the halo that are tried, mas at half maximum
_SEEING = np.geomspace(80.0, 1600.0, 16)
#: distance of the actuators of NFIRAOS in the pupil (60 over 30 m): beyond λ/2d the halo is that of the air
PITCH_M = 0.5
_MAS_PER_RAD = 206264.80624709636e3
#: control radii from which on the halo is taken for that of the air
_BEYOND = 1.4
#: part of the outermost radius from which on, and powers with which, the halo falls: light is finite beyond 2, and the
#: air's single scattering has 11/3
_OUTER, _POWERS = 0.45, np.linspace(2.0, 11 / 3, 6)
#: part of the halo at the edge of the picture by which its shape may be wrong (long exposures, Strehl ratio 0.2 to 0.9)
_MISFIT = 0.35
#: a ring of which less was seen says nothing by itself
SEEN = 0.15


@dataclass(frozen=True)
class Rings:
    """Sums over rings around stars.

    Attributes
    ----------
    sums, count, noise, square : ndarray of float64, shape (n, m)
        Values, number of pixels, variance, squares of the values.
    whole : ndarray of float64, shape (n, m)
        Pixels of the inner rings, whether they count or not: what a ring of few pixels holds of them is not its area.
    """

    sums: Floats
    count: Floats
    noise: Floats
    square: Floats
    whole: Floats

    @property
    def edges(self) -> Floats:
        """Outer radius of each ring, pixels."""
        return np.asarray(RING * np.arange(1, self.sums.shape[1] + 1))

    @property
    def areas(self) -> Floats:
        """Of each ring, pixels."""
        return np.asarray(math.pi * np.diff(np.concatenate([[0], self.edges**2])))

    def of(self, star: int) -> "Ring":
        """The rings of one star.

        Parameters
        ----------
        star : int
            Which.

        Returns
        -------
        Ring
        """
        count, areas = self.count[star], self.areas
        inner = self.edges <= _COUNTED
        if self.whole[star][inner].sum() > 0.98 * areas[inner].sum():
            areas = np.where(inner, np.maximum(self.whole[star], 1e-9), areas)
        seen = count > SEEN * areas
        with np.errstate(all="ignore"):
            mean = self.sums[star] / count
            variance = self.noise[star] / count**2
            scatter = np.sqrt(np.clip(self.square[star] / count - mean**2, 0, None))
        middle = self.edges - RING / 2
        if seen.any() and not seen.all():
            mean = np.where(seen, mean, np.interp(middle, middle[seen], mean[seen]))
            variance = np.where(seen, variance, np.interp(middle, middle[seen], variance[seen]))
        return Ring(middle, areas, np.minimum(count / areas, 1.0), mean, variance, scatter, count)


@dataclass(frozen=True)
class Ring:
    """Rings around one star.

    Attributes
    ----------
    radius, area : ndarray of float64, shape (m,)
        Middle radius and area, pixels.
    seen : ndarray of float64, shape (m,)
        Part of each that was seen.
    mean, variance : ndarray of float64, shape (m,)
        Mean value and its variance; between the neighbours where too little was seen.
    scatter : ndarray of float64, shape (m,)
        Standard deviation of the pixels.
    count : ndarray of float64, shape (m,)
        Pixels.
    """

    radius: Floats
    area: Floats
    seen: Floats
    mean: Floats
    variance: Floats
    scatter: Floats
    count: Floats

    def growth(self, background: float) -> Floats:
        """Light within the outer edge of each ring.

        Parameters
        ----------
        background : float
            Per pixel.

        Returns
        -------
        ndarray of float64, shape (m,)
        """
        return np.cumsum((self.mean - background) * self.area)

    def growth_variance(self, background_error: float) -> Floats:
        """Variance of `growth`.

        Parameters
        ----------
        background_error : float
            Per pixel.

        Returns
        -------
        ndarray of float64, shape (m,)
        """
        area = np.cumsum(self.area)
        return np.cumsum(self.variance * self.area**2) + (area * background_error) ** 2

    def covered(self, radius: float) -> tuple[float, float]:
        """How much of a circle was seen.

        Parameters
        ----------
        radius : float
            Pixels.

        Returns
        -------
        tuple of float
            Part of its area, and the smallest part of any ring within.
        """
        inside = self.radius <= radius
        if not inside.any() or self.radius[-1] + RING < radius:
            return 0.0, 0.0
        area = self.area[inside]
        return float((self.seen[inside] * area).sum() / area.sum()), float(self.seen[inside].min())


@dataclass(frozen=True)
class Background:
    """Level under a star.

    Attributes
    ----------
    value, error : float
        Per pixel.
    halo : float
        Of the halo's wings at the outermost ring, per pixel.
    """

    value: float
    error: float
    halo: float = 0.0


@lru_cache(maxsize=1)
def _air() -> tuple[Floats, Floats]:
    """Long exposure through Kolmogorov's turbulence: logarithms of radius in widths at half maximum, and of the value.

    The transform of exp(-3.44 q^(5/3)), Fried 1966 (J. Opt. Soc. Am. 56, 1372); the width is 0.976 λ/r0.
    """
    from scipy.special import j0

    q = (np.arange(6000) + 0.5) * 5e-4
    passed = np.exp(-3.44 * q ** (5 / 3)) * q
    u = np.geomspace(0.02, 12, 160)
    values = np.array([float((passed * j0(2 * math.pi * 0.976 * at * q)).sum()) for at in u]) * 5e-4
    return np.log(u), np.log(values)


def halo_shape(radius_mas: Floats, seeing_mas: float) -> Floats:
    """The halo's profile, of height 1 at its middle.

    Parameters
    ----------
    radius_mas : ndarray of float64
        mas.
    seeing_mas : float
        Its width at half maximum.

    Returns
    -------
    ndarray of float64
        Beyond 12 widths it falls with the power 11/3.
    """
    log_u, log_value = _air()
    at = np.log(np.maximum(radius_mas / seeing_mas, 1e-6))
    inside = np.interp(at, log_u, log_value)
    tail = log_value[-1] - 11 / 3 * (at - log_u[-1])
    return np.asarray(np.exp(np.where(at > log_u[-1], tail, inside) - log_value[0]))


def background_with_halo(
    ring: Ring, pixel_mas: float, wavelength_um: float, speckle_pixel: float, wings: Floats
) -> Background | None:
    """The level under a star, told apart from the wings of its halo.

    Parameters
    ----------
    ring : Ring
        Of the star.
    pixel_mas, wavelength_um : float
        Of the picture.
    speckle_pixel : float
        Pixels that vary together: the area of a speckle.
    wings : ndarray of float64, shape (m,)
        Light of the diffraction-limited part in each ring, per pixel.

    Returns
    -------
    Background or None
        None where too little of the surroundings is seen.

    Notes
    -----
    Beyond the control radius λ/2d the halo is that of the uncorrected air, a family of one parameter. Each width that
    is tried gives a level by linear least squares; they are averaged by their likelihood, so that the error holds how
    little the shape is known.
    """
    control = wavelength_um * 1e-6 / (2 * PITCH_M) * _MAS_PER_RAD / pixel_mas
    seen = np.flatnonzero(ring.seen > SEEN)
    if not seen.size:
        return None
    outer = ring.radius[seen[-1]]
    inner = min(_BEYOND * control, 0.6 * outer)
    groups = [part for part in np.array_split(seen, max(1, seen.size // _TOGETHER)) if ring.radius[part[0]] >= inner]
    if len(groups) < 6:
        return None
    weight = np.array([ring.count[part].sum() for part in groups])
    radius = np.array([np.average(ring.radius[part], weights=ring.count[part]) for part in groups]) * pixel_mas
    level = np.array([np.average(ring.mean[part] - wings[part], weights=ring.count[part]) for part in groups])
    formal = np.array([(ring.variance[part] * ring.count[part] ** 2).sum() for part in groups]) / weight**2
    scatter = np.array([np.average(ring.scatter[part] ** 2, weights=ring.count[part]) for part in groups]) / weight
    # what the photons do not explain of the scatter is speckles, of which one covers several pixels
    variance = np.maximum(formal + np.clip(scatter - formal, 0, None) * max(speckle_pixel, 1.0), 1e-30)
    found = [_level(halo_shape(radius, seeing), level, variance) for seeing in _SEEING]
    chi2 = np.array([one[0] for one in found])
    best = chi2.min()
    # a misfit is told by errors that are larger by its size
    stretch = max(1.0, best / max(len(groups) - 3, 1))
    likely = np.exp(-0.5 * (chi2 - best) / stretch)
    likely /= likely.sum()
    values, errors = np.array([one[1] for one in found]), np.array([one[2] for one in found])
    value = float((likely * values).sum())
    error = math.sqrt(float((likely * (errors**2 * stretch + (values - value) ** 2)).sum()))
    halo = float((likely * np.array([one[3] for one in found])).sum())
    # a level that is not flat, or wings of another shape: what is left in the outer third that noise does not explain
    shape = halo_shape(radius, float(_SEEING[int(chi2.argmin())]))
    last = slice(2 * len(groups) // 3, None)
    rest = level[last] - found[int(chi2.argmin())][1] - found[int(chi2.argmin())][3] * shape[last] / shape[-1]
    weights = 1 / variance[last]
    trend = abs(float((weights * rest).sum() / weights.sum())) - 2 * float(weights.sum() ** -0.5)
    # within the control radius the halo is as flat as a sky
    misfit = 1.0 if outer < _BEYOND * control else _MISFIT
    error = math.hypot(error, misfit * halo, max(trend, 0.0))
    # the outer part alone, where any halo falls as a power between those of a finite light and of the air
    far = radius >= _OUTER * radius[-1]
    if np.count_nonzero(far) < 4:
        return Background(value, error, halo)
    powers = [_level((radius[far] / radius[-1]) ** -power, level[far], variance[far]) for power in _POWERS]
    levels = np.array([one[1] for one in powers])
    spread = math.hypot(float(np.ptp(levels)) / 2, float(np.mean([one[2] for one in powers])), _MISFIT * powers[0][3])
    middle = float(levels.mean())
    # both see the same light: the surer counts more, and what they disagree by is not known
    share = spread**2 / (spread**2 + error**2)
    made = share * value + (1 - share) * middle
    apart = max(abs(value - made), abs(middle - made))
    return Background(made, math.hypot(share * error, (1 - share) * spread, apart), max(halo, powers[-1][3]))


def _level(shape: Floats, level: Floats, variance: Floats) -> tuple[float, float, float, float]:
    """Chi², constant, its error, and the halo at the end: weighted least squares with a halo that is not negative."""
    weight = 1 / variance
    sums = np.array([[weight.sum(), (weight * shape).sum()], [(weight * shape).sum(), (weight * shape**2).sum()]])
    right = np.array([(weight * level).sum(), (weight * shape * level).sum()])
    size = sums[0, 0] * sums[1, 1] - sums[0, 1] ** 2
    height = (sums[0, 0] * right[1] - sums[0, 1] * right[0]) / size if size > 1e-12 * sums[0, 0] * sums[1, 1] else -1.0
    if height > 0:
        constant, error = (sums[1, 1] * right[0] - sums[0, 1] * right[1]) / size, math.sqrt(sums[1, 1] / size)
    else:
        height, constant, error = 0.0, right[0] / sums[0, 0], math.sqrt(1 / sums[0, 0])
    chi2 = float((weight * (level - constant - height * shape) ** 2).sum())
    return chi2, float(constant), float(error), float(height * shape[-1])


def radius_of(edges: Floats, growth: Floats, part: float, flux: float) -> float:
    """Radius that holds a part of the flux.

    Parameters
    ----------
    edges, growth : ndarray of float64, shape (m,)
        Outer radii of rings, and the light within.
    part, flux : float
        Part of what.

    Returns
    -------
    float
        In the unit of the edges; NaN where it is not reached.
    """
    if not flux > 0:
        return math.nan
    radius, light = np.concatenate([[0], edges]), np.concatenate([[0], growth])
    above = np.flatnonzero(light >= part * flux)
    if not above.size:
        return math.nan
    k = int(above[0])
    if k == 0:
        return 0.0
    return float(radius[k - 1] + (part * flux - light[k - 1]) / (light[k] - light[k - 1]) * (radius[k] - radius[k - 1]))
