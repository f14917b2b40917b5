"""The level under a star, told apart from the wings of its halo."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.energy import SEEN, Ring
from calgui.core.algorithms.stripes import Common

Floats = npt.NDArray[np.float64]

#: rings that are taken together for the fit of the wings
_TOGETHER = 8
#: widths of the halo that are tried, mas at half maximum
_SEEING = np.geomspace(80.0, 1600.0, 16)
#: distance of the actuators of NFIRAOS in the pupil (60 over 30 m): beyond λ/2d the halo is that of the air
PITCH_M = 0.5
_MAS_PER_RAD = 206264.80624709636e3
#: control radii from which on the halo is taken for that of the air
_BEYOND = 1.4
#: variances of the residual wavefront beyond and within the actuators' reach that are tried, rad²
_RESIDUAL = (0.02, 0.08, 0.25, 0.5, 1.0, 1.8, 3.0)
#: of the variance that the star's peak tells, what those that are tried may have; and from which on the air's own image
#: is tried as well, rad²
_LEAST, _MOST, _POOR = 0.4, 2.0, 1.2
#: part of the outermost radius from which on, and powers with which, the halo falls: light is finite beyond 2, and the
#: air's single scattering has 11/3
_OUTER, _POWERS = 0.45, np.linspace(2.0, 11 / 3, 6)
#: powers with which it may fall within the control radius
_WITHIN = (0.5, 1.0, 5 / 3, 8 / 3)
#: part of the halo at the edge of the picture by which its shape may be wrong (long exposures, Strehl ratio 0.2 to 0.9)
_MISFIT = 0.35


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


@lru_cache(maxsize=1)
def _corrected_air() -> tuple[Floats, Floats]:
    """Halos that adaptive optics leaves: control radii, and logarithms of the light there, one row for each.

    A long exposure's transfer function is the telescope's times ``exp(-σ² (1 - B))`` (Roddier 1981), of which the part
    that is not the star's sharp image is halo. B is the correlation of what is left: Kolmogorov's spectrum beyond the
    actuators' reach, and its delay, which grows with the square of the frequency, within it (Rigaut et al. 1998).
    """
    from scipy.special import j0

    # frequencies in units of the actuators' reach, distances in actuators
    apart = (np.arange(3600) + 0.5) / 60
    left = np.zeros((2, apart.size))
    for part, steps, power in (
        (left[0], np.geomspace(1, 40, 500), -8 / 3),
        (left[1], np.geomspace(3e-3, 1, 300), -2 / 3),
    ):
        share = steps**power * np.gradient(steps)
        part[:] = (share / share.sum()) @ j0(math.pi * steps[:, None] * apart)
    over = np.clip(apart / apart[-1], 0, 1)
    telescope = 2 / math.pi * (np.arccos(over) - over * np.sqrt(1 - over**2))
    u = np.geomspace(0.6, 16, 90)
    waves = j0(math.pi * u[:, None] * apart) * apart
    made = [
        waves @ (telescope * (np.exp(far * left[0] + near * left[1]) - 1)) for far in _RESIDUAL for near in _RESIDUAL
    ]
    return np.log(u), np.log(np.maximum(made, 1e-12))


def corrected_halos(radius: Floats, residual: float | None = None) -> list[Floats]:
    """Profiles of halos that adaptive optics may leave.

    Parameters
    ----------
    radius : ndarray of float64
        Control radii, 0.6 or more.
    residual : float, optional
        Variance of the whole residual wavefront as far as the star's peak tells it, rad²; all are tried without it.

    Returns
    -------
    list of ndarray of float64
        For variances of some tenths to some rad² beyond and within the actuators' reach.
    """
    log_u, log_value = _corrected_air()
    at = np.log(np.maximum(radius, 1e-3))
    made = []
    for line, whole in zip(log_value, np.add.outer(_RESIDUAL, _RESIDUAL).ravel(), strict=True):
        if residual is not None and not _LEAST * residual - 0.05 < whole < _MOST * residual + 0.1:
            continue
        tail = line[-1] - 11 / 3 * (at - log_u[-1])
        made.append(np.asarray(np.exp(np.where(at > log_u[-1], tail, np.interp(at, log_u, line)) - line[0])))
    return made


@dataclass(frozen=True)
class Prior:
    """What is known of the level beforehand.

    Attributes
    ----------
    value, error : float
        Per pixel.
    """

    value: float
    error: float


@dataclass(frozen=True)
class _Line:
    """A fit of a halo of one shape."""

    chi2: float
    level: float
    error: float
    halo: float
    weights: Floats
    left: Floats


def background_with_halo(
    ring: Ring, pixel_mas: float, wavelength_um: float, speckle_pixel: float, wings: Floats, radius: float = 0.0,
    common: Common | None = None, prior: Prior | None = None, residual: float | None = None,
) -> Background | None:  # fmt: skip
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
    radius : float
        Of the circle that the level is for, pixels.
    common : Common, optional
        Noise beside that of the rings.
    prior : Prior, optional
        What is known of the level.
    residual : float, optional
        See `corrected_halos`.

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
    within = outer < _BEYOND * control
    inner = _OUTER * outer if within else min(_BEYOND * control, 0.6 * outer)
    together = min(_TOGETHER, max(2, seen.size // 20))
    groups = [part for part in np.array_split(seen, max(1, seen.size // together)) if ring.radius[part[0]] >= inner]
    if len(groups) < 6:
        return None
    weight = np.array([ring.count[part].sum() for part in groups])
    place = np.array([np.average(ring.radius[part], weights=ring.count[part]) for part in groups])
    level = np.array([np.average(ring.mean[part] - wings[part], weights=ring.count[part]) for part in groups])
    formal = np.array([(ring.variance[part] * ring.count[part] ** 2).sum() for part in groups]) / weight**2
    scatter = np.array([np.average(ring.scatter[part] ** 2, weights=ring.count[part]) for part in groups]) / weight
    # what the photons do not explain of the scatter is speckles, of which one covers several pixels
    variance = np.maximum(formal + np.clip(scatter - formal, 0, None) * max(speckle_pixel, 1.0), 1e-30)
    covariance = np.diag(variance)
    if common is not None:
        knots = common.weights(place)
        covariance = covariance + knots @ common.covariance @ knots.T
    inverse = np.linalg.inv(covariance)
    mas = place * pixel_mas
    if within:
        # nothing is seen of the uncorrected halo: how the corrected one falls is hardly known
        shapes = [(place / place[-1]) ** -power for power in _WITHIN]
    else:
        shapes = corrected_halos(place / control, residual)
        if residual is None or residual > _POOR:
            shapes += [halo_shape(mas, seeing) for seeing in _SEEING]
    lines = [_line(shape, level, inverse) for shape in shapes]
    weights, systematic, halo = _together(lines, len(groups))
    value = float(weights @ level)
    # a level that is not flat, or wings of another shape: what is left in the outer third that noise does not explain
    best = min(lines, key=lambda one: one.chi2)
    last = np.where(np.arange(len(groups)) >= 2 * len(groups) // 3, 1 / variance, 0.0)
    last /= last.sum()
    trend = abs(float(last @ best.left)) - 2 * math.sqrt(float(last @ covariance @ last))
    # within the control radius the halo is as flat as a sky
    systematic = math.hypot(systematic, (1.0 if within else _MISFIT) * halo, max(trend, 0.0))
    # the outer part alone, where any halo falls as a power between those of a finite light and of the air
    far = place >= _OUTER * place[-1]
    if not within and np.count_nonzero(far) >= 4:
        inverse = np.linalg.inv(covariance[np.ix_(far, far)])
        powers = [_line((place[far] / place[-1]) ** -power, level[far], inverse) for power in _POWERS]
        other = np.zeros(len(groups))
        other[far] = np.mean([one.weights for one in powers], axis=0)
        spread = math.hypot(float(np.ptp([one.level for one in powers])) / 2, _MISFIT * powers[0].halo)
        mine = float(weights @ covariance @ weights) + systematic**2
        theirs = float(other @ covariance @ other) + spread**2
        # both see the same light: the surer counts more, and what they disagree by is not known
        share = theirs / (theirs + mine)
        middle = float(other @ level)
        weights = share * weights + (1 - share) * other
        made = share * value + (1 - share) * middle
        apart = max(abs(value - made), abs(middle - made))
        systematic = math.hypot(share * systematic, (1 - share) * spread, apart)
        value, halo = made, max(halo, powers[-1].halo)
    return _with_prior(value, weights, systematic, halo, variance, place, radius or outer, common, prior)


def _with_prior(
    value: float, weights: Floats, systematic: float, halo: float, variance: Floats, place: Floats, radius: float,
    common: Common | None, prior: Prior | None,
) -> Background:  # fmt: skip
    """The level with what is known of it, and its error for the light in a circle."""
    own = float((weights**2 * variance).sum()) + systematic**2
    circle = beside = np.zeros(1)
    covariance = np.zeros((1, 1))
    if common is not None:
        covariance = common.covariance
        circle, beside = common.of_circle(radius), weights @ common.weights(place)
    part = 1.0
    if prior is not None:
        both = own + float(beside @ covariance @ beside)
        part = prior.error**2 / (prior.error**2 + both)
        value = part * value + (1 - part) * prior.value
    # stripes under the star are in the level beside it as well: only what differs counts
    differs = circle - part * beside
    error = part**2 * own + float(differs @ covariance @ differs)
    if prior is not None:
        error += ((1 - part) * prior.error) ** 2
    return Background(value, math.sqrt(error), halo)


def _together(lines: list[_Line], count: int) -> tuple[Floats, float, float]:
    """Weights of the rings for the level, averaged by likelihood; what the shapes differ by; the halo at the end."""
    chi2 = np.array([one.chi2 for one in lines])
    best = float(chi2.min())
    # a misfit is told by errors that are larger by its size
    stretch = max(1.0, best / max(count - 3, 1))
    likely = np.exp(-0.5 * (chi2 - best) / stretch)
    likely /= likely.sum()
    levels = np.array([one.level for one in lines])
    value = float(likely @ levels)
    errors = np.array([one.error for one in lines])
    spread = float(likely @ (errors**2 * (stretch - 1) + (levels - value) ** 2))
    weights = likely @ np.array([one.weights for one in lines])
    return weights, math.sqrt(spread), float(likely @ np.array([one.halo for one in lines]))


def _line(shape: Floats, level: Floats, inverse: Floats) -> _Line:
    """Least squares of a level and a halo that is not negative."""
    design = np.stack([np.ones_like(shape), shape / shape.max()], axis=1)
    normal = design.T @ inverse @ design
    size = normal[0, 0] * normal[1, 1] - normal[0, 1] ** 2
    if size > 1e-12 * normal[0, 0] * normal[1, 1]:
        solver = np.linalg.inv(normal) @ design.T @ inverse
        found = solver @ level
        if found[1] > 0:
            left = level - design @ found
            error = math.sqrt(normal[1, 1] / size)
            halo = float(found[1] * design[-1, 1])
            return _Line(float(left @ inverse @ left), float(found[0]), error, halo, solver[0], left)
    weights = inverse.sum(axis=0) / normal[0, 0]
    constant = float(weights @ level)
    left = level - constant
    return _Line(float(left @ inverse @ left), constant, math.sqrt(1 / normal[0, 0]), 0.0, weights, left)
