"""The centre of each spot, by a profile that is integrated over pixels and fitted to it."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_spot_fits, workers
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

PER_SIGMA = 2 * math.sqrt(2 * math.log(2))
#: pixels up to so many widths from the centre count
_RADIUS = 1.75
#: those nearer to another spot than so many widths do not
_APART = 1.25
#: spots nearby that are looked at
_OTHERS = 6
#: a pixel that lies so many sigma off the profile is a hit or hot
_WORST = 6.0
#: order of the measured profile, by the number of spots that it is measured on
_ORDERS = ((120, 8), (60, 6), (30, 4))
_MOST_FOR_SHAPE = 800
_SHAPE_ROUNDS = 8
#: Gauss-Hermite width of the measured profile over that of the fitted Gaussian
_WIDER = 1.25
#: of a tile of work, between two looks at cancel
_CHUNK = 256


@dataclass(frozen=True)
class Pixels:
    """What spots are fitted on.

    Attributes
    ----------
    image : ndarray of float32, shape (ny, nx)
        Electrons.
    variance : ndarray of float32, shape (ny, nx), or (0, 0)
        Electron²; empty where the noise of the level and the photons of the model make it.
    bad : ndarray of bool, shape (ny, nx)
        Pixels that do not count.
    """

    image: FloatArray
    variance: FloatArray
    bad: Bools


@dataclass(frozen=True)
class Profile:
    """The shape of a spot before it falls on pixels.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (m, m)
        Of He_a(x/s) He_b(y/s) exp(-r²/2s²) / (2 pi s² sqrt(a! b!)), by [a, b]; [0, 0] is 1.
    fwhm : float
        Full width at half maximum over s, mean over all directions.
    """

    coefficients: Floats
    fwhm: float


GAUSSIAN = Profile(np.ones((1, 1)), PER_SIGMA)


@dataclass(frozen=True)
class Fits:
    """Fits to a set of spots.

    Attributes
    ----------
    values, errors : ndarray of float64, shape (n, 5)
        x, y, flux, level, s, and one standard deviation of each; NaN errors where the fit failed.
    chi2, lost : ndarray of float64, shape (n,)
        Reduced chi-square; part of the light in pixels that were left out.
    """

    values: Floats
    errors: Floats
    chi2: Floats
    lost: Floats

    @property
    def good(self) -> Bools:
        """Which fits came to an end."""
        return np.asarray(np.isfinite(self.errors).all(axis=1))

    def only(self, chosen: Bools) -> "Fits":
        """Those of some spots.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n,)
            Which.

        Returns
        -------
        Fits
        """
        return Fits(self.values[chosen], self.errors[chosen], self.chi2[chosen], self.lost[chosen])

    def joined(self, others: "Fits") -> "Fits":
        """These, and then those of other spots.

        Parameters
        ----------
        others : Fits
            Of them.

        Returns
        -------
        Fits
        """
        return Fits(
            np.concatenate([self.values, others.values]),
            np.concatenate([self.errors, others.errors]),
            np.concatenate([self.chi2, others.chi2]),
            np.concatenate([self.lost, others.lost]),
        )


def starting(points: Floats, peak: Floats, level: Floats, fwhm: float) -> Floats:
    """Starting values of a fit.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 2)
        x, y.
    peak, level : ndarray of float64, shape (n,)
        Height above the level, and the level.
    fwhm : float
        As seen on pixels.

    Returns
    -------
    ndarray of float64, shape (n, 5)
    """
    seen = fwhm / PER_SIGMA
    sigma = math.sqrt(max(seen**2 - 1 / 12, 0.25 * seen**2))
    flux = np.maximum(peak, 1e-3) * 2 * np.pi * seen**2
    return np.column_stack([points, flux, level, np.full(len(points), sigma)])


def fit_spots(
    pixels: Pixels, start: Floats, noise: Floats, profile: Profile, points: Floats, own: Ints, slack: float, job: Job
) -> Fits:
    """Fit a profile to each spot, whose width is free.

    Parameters
    ----------
    pixels : Pixels
        The picture.
    start : ndarray of float64, shape (n, 5)
        Starting values.
    noise : ndarray of float64, shape (n,)
        Variance of the level's pixels at each.
    profile : Profile
        What is fitted.
    points : ndarray of float64, shape (m, 2)
        Every spot of the picture, whose pixels are left out of the fits of others.
    own : ndarray of int64, shape (n,)
        Which of them each is; -1 for one that is not among them.
    slack : float
        What the profile may be wrong, as a part of the peak, before a pixel is thought to be a hit.
    job : Job
        Progress and cancel.

    Returns
    -------
    Fits
    """
    kernels = compiled_spot_fits()
    count = len(start)
    values = np.ascontiguousarray(start, np.float64).copy()
    errors, chi2, lost = np.full((count, 5), np.nan), np.full(count, np.nan), np.ones(count)
    if not count:
        return Fits(values, errors, chi2, lost)
    fwhm = float(np.median(values[:, 4])) * profile.fwhm
    others = _neighbors(values[:, :2], points, own, (_RADIUS + _APART) * fwhm)
    sigma = fwhm / profile.fwhm

    def work(a: int, b: int) -> None:
        kernels.fit_spots(
            pixels.image, pixels.variance, pixels.bad, noise, profile.coefficients, others, _radius(fwhm),
            _APART * fwhm, slack, _WORST, (0.4 * sigma, 2.5 * sigma), a, b, values, errors, chi2, lost,
        )  # fmt: skip

    _shared(count, work, job)
    return Fits(values, errors, chi2, lost)


def measured_profile(
    pixels: Pixels, fits: Fits, chosen: Bools, noise: Floats, points: Floats, job: Job
) -> Profile | None:
    """The mean shape of some spots: a Gauss-Hermite series fitted to all of them, with their centres.

    Parameters
    ----------
    pixels : Pixels
        The picture.
    fits : Fits
        Of a Gaussian to each spot.
    chosen : ndarray of bool, shape (n,)
        Spots without fault.
    noise, points
        As for `fit_spots`.
    job : Job
        Cancel.

    Returns
    -------
    Profile or None
        None where the spots are too few, or the series does not settle.

    Notes
    -----
    The centres, fluxes and levels of all spots are free together with the series, or a shape that is wrong at first
    would be kept up by centres that are wrong with it. Its terms of order 1 are the centre, and are left out. What a
    pixel does is integrated, not measured, so that spots of few sub-pixel phases are enough (the trap that Anderson
    & King 2000, PASP 112, 1360, warn of).
    """
    kernels = compiled_spot_fits()
    which = np.flatnonzero(chosen)
    order = next((order for least, order in _ORDERS if which.size >= least), 0)
    if not order:
        return None
    if which.size > _MOST_FOR_SHAPE:
        which = which[np.linspace(0, which.size - 1, _MOST_FOR_SHAPE).astype(int)]
    terms = np.array([(a, b) for a in range(order + 1) for b in range(order + 1 - a) if a + b > 1], np.int64)
    values, level = fits.values[which].copy(), np.ascontiguousarray(noise[which])
    fwhm = float(np.median(values[:, 4])) * PER_SIGMA
    others = _neighbors(values[:, :2], points, which, (_RADIUS + _APART) * fwhm)
    values[:, 4] *= _WIDER
    coefficients = np.zeros((order + 1, order + 1))
    coefficients[0, 0] = 1
    slack = 0.05
    for turn in range(_SHAPE_ROUNDS):
        job.check()
        steps, slopes = np.zeros((which.size, 4)), np.zeros((which.size, 4, len(terms)))

        def work(
            a: int, b: int, values: Floats = values, steps: Floats = steps, slopes: Floats = slopes,
            slack: float = slack,
        ) -> tuple[Floats, Floats]:  # fmt: skip
            matrix, right = np.zeros((len(terms), len(terms))), np.zeros(len(terms))
            kernels.shape_equations(
                pixels.image, pixels.variance, pixels.bad, level, coefficients, terms, others, _radius(fwhm),
                _APART * fwhm, slack, _WORST, a, b, values, matrix, right, steps, slopes,
            )  # fmt: skip
            return matrix, right

        parts = _shared(which.size, work, job)
        matrix = np.sum([part[0] for part in parts], axis=0)
        matrix = np.tril(matrix) + np.tril(matrix, -1).T
        # a weak prior: terms that the pixels do not show stay small
        matrix[np.diag_indices_from(matrix)] += 1e-7 * np.trace(matrix)
        try:
            step = np.linalg.solve(matrix, np.sum([part[1] for part in parts], axis=0))
        except np.linalg.LinAlgError:
            return None
        coefficients[terms[:, 0], terms[:, 1]] += step
        change = steps - slopes @ step
        most = 0.3 * fwhm
        change[:, :2] = np.clip(change[:, :2], -most, most)
        values[:, :4] += change
        if not np.isfinite(values).all() or np.abs(coefficients).max() > 2:
            return None
        slack = 0.01
        if turn > 1 and np.abs(change[:, :2]).max() < 1e-3:
            break
    width = _width_of(coefficients)
    return None if width is None else Profile(coefficients, width)


def _width_of(coefficients: Floats) -> float | None:
    """Full width at half maximum of a series of width 1; None where it is no spot."""
    from numpy.polynomial.hermite_e import hermeval2d

    order = len(coefficients)
    scale = np.array([math.sqrt(math.factorial(n)) for n in range(order)])
    radius = np.linspace(0, 4, 401)
    angle = np.arange(16) * np.pi / 8
    x, y = radius[None] * np.cos(angle)[:, None], radius[None] * np.sin(angle)[:, None]
    cut = hermeval2d(x, y, coefficients / np.outer(scale, scale)) * np.exp(-(x**2 + y**2) / 2)
    mean = cut.mean(axis=0)
    below = np.flatnonzero(mean < mean[0] / 2)
    if not mean[0] > 0 or not below.size:
        return None
    k = int(below[0])
    return float(2 * np.interp(mean[0] / 2, [mean[k], mean[k - 1]], [radius[k], radius[k - 1]]))


def with_profile(fits: Fits, profile: Profile) -> Floats:
    """Starting values for another profile from a Gaussian's fits.

    Parameters
    ----------
    fits : Fits
        Of a Gaussian.
    profile : Profile
        The other.

    Returns
    -------
    ndarray of float64, shape (n, 5)
    """
    values = fits.values.copy()
    values[:, 4] *= PER_SIGMA / profile.fwhm
    return values


def _radius(fwhm: float) -> float:
    return max(_RADIUS * fwhm, 2.5)


def _neighbors(at: Floats, points: Floats, own: Ints, within: float) -> Floats:
    """The nearest other spots of each, NaN where there are none so near."""
    from scipy.spatial import cKDTree

    k = min(_OTHERS + 1, len(points))
    away, index = cKDTree(points).query(at, k, distance_upper_bound=within)
    away, index = away.reshape(len(at), k), index.reshape(len(at), k)
    made = np.full((len(at), k, 2), np.nan)
    near = np.isfinite(away) & (index != own[:, None])
    made[near] = points[index[near]]
    return made


def _shared(count: int, work: Callable[[int, int], Any], job: Job) -> list[Any]:
    """Call a function for parts of some spots in several threads; what they gave, in order."""

    def part(start: int) -> Any:
        return None if job.cancelled else work(start, min(start + _CHUNK, count))

    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-spots") as pool:
        made = list(pool.map(part, range(0, count, _CHUNK)))
    job.check()
    return made
