"""The curve ``F t = s (1 + c1 s + c2 s² + ...)`` through ramps of steady light: s is what is read, F t what fell in.

It is fitted to the differences of consecutive reads, whose photon noise is independent: first to the mean ramp of a
tile, where noise is small, then for each pixel as a deviation from its tile, for which the equations are linear.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ROUNDS = 30


@dataclass(frozen=True)
class Curve:
    """The response of one tile.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (terms,)
        c1, c2, ... in 1/adu, 1/adu², ...
    rate : float
        F, adu for each step of time at zero signal.
    start : float
        Signal at the first read, adu above the level of the reset.
    """

    coefficients: Floats
    rate: float
    start: float

    def corrected(self, signal: Floats) -> Floats:
        """What fell in.

        Parameters
        ----------
        signal : ndarray of float64
            Read, adu above the level of the reset.

        Returns
        -------
        ndarray of float64
            Same shape, adu.
        """
        return correct(signal, self.coefficients)


def correct(signal: Floats, coefficients: Floats) -> Floats:
    """``s (1 + c1 s + c2 s² + ...)``.

    Parameters
    ----------
    signal : ndarray of float64
        s, adu.
    coefficients : ndarray of float64, shape (terms, ...)
        c1, c2, ...; further axes as those of ``signal``.

    Returns
    -------
    ndarray of float64
    """
    factor: npt.NDArray[Any] = np.zeros_like(signal)
    for coefficient in coefficients[::-1]:
        factor = (factor + coefficient) * signal
    return np.asarray(signal * (1 + factor))


def fit_curve(ramp: Floats, first: float, terms: int, scale: float) -> Curve | None:
    """Fit the mean ramp of a tile.

    Parameters
    ----------
    ramp : ndarray of float64, shape (nread,)
        adu above the first read, equally spaced in time.
    first : float
        Time of the first read after the reset, in steps.
    terms : int
        How many coefficients.
    scale : float
        adu, to which the coefficients are normalised while they are fitted.

    Returns
    -------
    Curve or None
        None with fewer than ``terms`` + 2 reads, or where it does not converge.
    """
    if ramp.size < terms + 2 or scale <= 0:
        return None
    steps = np.diff(ramp)
    start = float(steps[0]) * first
    values: npt.NDArray[Any] = np.zeros(terms + 1)
    for _ in range(_ROUNDS):
        powers = _powers((start + ramp) / scale, terms) * scale
        design = np.column_stack([np.ones(steps.size), -np.diff(powers, axis=0)])
        values = np.linalg.lstsq(design, steps, rcond=None)[0]
        coefficients = values[1:] / scale ** np.arange(1, terms + 1)
        # what is read at the first read, of the light that fell in until then
        bent = correct(np.array([start]), coefficients)[0] - start
        before, start = start, float(values[0]) * first - bent
        if not np.isfinite(start):
            return None
        if abs(start - before) <= 1e-9 * max(abs(start), 1.0):
            break
    return Curve(coefficients, float(values[0]), start)


def _powers(signal: Floats, terms: int) -> Floats:
    return np.column_stack([signal ** (power + 2) for power in range(terms)])


@dataclass(frozen=True)
class Deviations:
    """How pixels differ from the curve of their tile.

    Attributes
    ----------
    values : ndarray of float64, shape (terms, npix)
        To be added to the coefficients, in units of ``scale``: dimensionless.
    covariance : ndarray of float64, shape (terms, terms)
        Of their noise.
    """

    values: Floats
    covariance: Floats


def fit_deviations(signal: Floats, curve: Curve, scale: float) -> Deviations | None:
    """Fit what is left of pixels after the correction of their tile.

    Parameters
    ----------
    signal : ndarray of float64, shape (nread, npix)
        adu above the level of the reset.
    curve : Curve
        Of the tile.
    scale : float
        adu.

    Returns
    -------
    Deviations or None
        None where there are too few reads.
    """
    terms = curve.coefficients.size
    steps = np.diff(correct(signal, curve.coefficients[:, None]), axis=0)
    if steps.shape[0] < terms + 2:
        return None
    mean = signal.mean(axis=1)
    powers = np.diff(_powers(mean / scale, terms) * scale, axis=0)
    design = np.column_stack([np.ones(steps.shape[0]), -powers])
    inverse = np.linalg.pinv(design)
    found = inverse @ steps
    left = steps - design @ found
    free = steps.shape[0] - terms - 1
    # pooled over the tile, and robust: a ray in one pixel is not the noise of all
    variance = float(np.median(np.sum(left**2, axis=0))) / _chi_square_median(free)
    return Deviations(found[1:], variance * (inverse @ inverse.T)[1:, 1:])


def _chi_square_median(free: int) -> float:
    """Median of chi square, by Wilson and Hilferty."""
    return free * (1 - 2 / (9 * free)) ** 3


def shrunk(deviations: Deviations) -> tuple[Floats, Floats]:
    """Deviations less their noise: as much of each as the scatter of all says is real.

    Parameters
    ----------
    deviations : Deviations
        Of the pixels of a tile.

    Returns
    -------
    values : ndarray of float64, shape (terms, npix)
        Best estimates.
    real : ndarray of float64, shape (terms, terms)
        Covariance of the true deviations.

    Notes
    -----
    Empirical Bayes with a normal prior (Efron & Morris 1973). Pixels further out than five sigma of prior and noise
    together are not of the crowd, and keep what they have.
    """
    values, noise = deviations.values, deviations.covariance
    root = np.linalg.cholesky(noise + 1e-30 * np.eye(noise.shape[0]))
    # where noise is the same in all directions: coefficients are so correlated that medians of each say nothing
    every = np.linalg.solve(root, values)
    size = np.sqrt(np.sum((every - np.median(every, axis=1, keepdims=True)) ** 2, axis=0))
    usual = size <= 5 * max(float(np.median(size)), 1.0)
    middle = every[:, usual].mean(axis=1, keepdims=True)
    white = every - middle
    count = max(int(np.count_nonzero(usual)), 1)
    spread = white[:, usual] @ white[:, usual].T / count
    power, axes = np.linalg.eigh(spread)
    # noise alone makes eigenvalues up to this edge (Marchenko & Pastur 1967), and a little beyond by chance
    edge = (1 + np.sqrt(power.size / count)) ** 2 + 2 * np.sqrt(2 / count)
    real = np.where(power > edge, power - 1, 0.0)
    kept = axes @ np.diag(real / (real + 1)) @ axes.T
    best = np.where(usual, kept @ white, white)
    return root @ (middle + best), root @ (axes @ np.diag(real) @ axes.T) @ root.T
