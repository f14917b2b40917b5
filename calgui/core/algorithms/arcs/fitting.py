"""Legendre polynomials through identified lines: robust, and of an order that cross-validation chooses."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: highest order that is chosen, and lines for each of its coefficients
HIGHEST, _PER_TERM = 7, 1.8
#: lines beyond the coefficients, at least
SPARE = 2
#: a higher order must make cross-validated residuals smaller by this factor
_BETTER = 0.94
_ROUNDS = 12
#: the centre of a line is good to so much at best: neither lists nor shapes of lines are better known, in pixels
_LEAST = 1e-3


@dataclass(frozen=True)
class LineFit:
    """A polynomial through lines.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (order + 1,)
        Legendre, over u: wavelength in nm.
    covariance : ndarray of float64, shape (order + 1, order + 1)
        Of them.
    residual : ndarray of float64, shape (m,)
        Measured minus solution, in pixels.
    sigma : ndarray of float64, shape (m,)
        Error of each line with the scatter that is beyond it, in pixels.
    used : ndarray of bool, shape (m,)
        Those that were not rejected.
    intrinsic : float
        Scatter beyond the errors, in pixels.
    rms : float
        Of the residuals used, in pixels.
    """

    coefficients: Floats
    covariance: Floats
    residual: Floats
    sigma: Floats
    used: Flags
    intrinsic: float
    rms: float

    @property
    def order(self) -> int:
        """Of the polynomial."""
        return len(self.coefficients) - 1


@dataclass(frozen=True)
class OrderLook:
    """What an order does.

    Attributes
    ----------
    order : int
        Of the polynomial.
    rms, cross_validated : float
        Of residuals, and of those of each line against the fit without it, in pixels.
    """

    order: int
    rms: float
    cross_validated: float


def fit_lines(
    u: Floats, wavelength: Floats, error: Floats, half: float, order: int, clip: float, start: Flags | None = None
) -> LineFit:
    """Fit a polynomial, and reject what lies off.

    Parameters
    ----------
    u : ndarray of float64, shape (m,)
        Places of the lines, from -1 to 1.
    wavelength : ndarray of float64, shape (m,)
        As listed, in nm.
    error : ndarray of float64, shape (m,)
        Of the places, in pixels.
    half : float
        Pixels in one unit of u.
    order : int
        Of the polynomial.
    clip : float
        Lines further off than so many sigma are rejected.
    start : ndarray of bool, shape (m,), optional
        Lines that are used to begin with.

    Returns
    -------
    LineFit
        At least order + 3 lines are kept, where there are so many.
    """
    design = legendre.legvander(u, order)
    used = np.ones(len(u), bool) if start is None else start.copy()
    own = np.hypot(error, _LEAST)
    sigma = np.maximum(own, np.median(own))
    intrinsic = 0.0
    slope = legendre.legder(np.eye(order + 1)) if order else np.zeros((1, 1))
    least = order + 1 + SPARE
    for step in range(_ROUNDS):
        found, covariance, residual = _solve(design, u, wavelength, sigma, used, half, slope)
        degrees = max(int(used.sum()) - order - 1, 1)
        look = residual[used]
        scatter = 1.4826 * float(np.median(np.abs(look))) * np.sqrt(used.sum() / degrees)
        # few lines: what the fit leaves says little of their scatter
        whole = float(np.sqrt(np.sum(look**2) / degrees))
        scatter = whole if degrees < 4 else max(scatter, 0.5 * whole)
        typical = float(np.median(own[used]))
        intrinsic = float(np.sqrt(max(scatter**2 - typical**2, 0.0)))
        sigma = np.hypot(own, intrinsic)
        keep = np.abs(residual) <= clip * sigma
        if keep.sum() < least:
            keep = np.zeros(len(u), bool)
            keep[np.argsort(np.abs(residual) / sigma)[:least]] = True
        if step > 1 and np.array_equal(keep, used):
            break
        used = keep
    found, covariance, residual = _solve(design, u, wavelength, sigma, used, half, slope)
    rms = float(np.sqrt(np.mean(residual[used] ** 2))) if used.any() else float("nan")
    return LineFit(found, covariance, residual, sigma, used, intrinsic, rms)


def _solve(
    design: Floats, u: Floats, wavelength: Floats, sigma: Floats, used: Flags, half: float, slope: Floats
) -> tuple[Floats, Floats, Floats]:
    """Weights are in pixels, wavelengths in nm: what a pixel is in nm follows from the fit itself."""
    step = np.full(len(u), abs(float(np.ptp(wavelength))) / max(float(np.ptp(u)) * half, 1e-9) or 1.0)
    found = covariance = np.zeros(0)
    for _ in range(2):
        weight = np.where(used, 1 / (sigma * step), 0.0)
        q, r = np.linalg.qr(design * weight[:, None])
        try:
            inverse = np.linalg.inv(r)
        except np.linalg.LinAlgError:
            inverse = np.linalg.pinv(r)
        found = inverse @ (q.T @ (wavelength * weight))
        covariance = inverse @ inverse.T
        per_pixel = legendre.legval(u, slope @ found) / half if len(found) > 1 else np.ones(len(u))
        step = np.maximum(np.abs(per_pixel), 1e-12)
    residual = (design @ found - wavelength) / np.where(np.abs(per_pixel) > 1e-12, per_pixel, 1e-12)
    return found, covariance, np.asarray(residual, np.float64)


def order_looks(
    u: Floats, wavelength: Floats, error: Floats, half: float, clip: float, highest: int | None = None
) -> tuple[OrderLook, ...]:
    """Residuals by order, as far as there are lines for it.

    Parameters
    ----------
    u, wavelength, error, half, clip
        As for `fit_lines`.
    highest : int, optional
        No order beyond it.

    Returns
    -------
    tuple of OrderLook
        Of the same lines for all orders.
    """
    m = len(u)
    most = min(HIGHEST if highest is None else highest, max(1, int(m / _PER_TERM) - 1), m - 1 - SPARE)
    if most < 1:
        return ()
    reference = fit_lines(u, wavelength, error, half, min(most, 5), clip)
    kept = reference.used
    made = []
    slope_at = legendre.legval(u, legendre.legder(reference.coefficients)) / half
    for order in range(1, most + 1):
        if kept.sum() < order + 1 + SPARE:
            break
        sigma = reference.sigma[kept]
        weight = 1 / (sigma * np.abs(slope_at[kept]))
        q, _ = np.linalg.qr(legendre.legvander(u[kept], order) * weight[:, None])
        scaled = wavelength[kept] * weight
        left = scaled - q @ (q.T @ scaled)
        without = left / np.maximum(1 - np.sum(q**2, axis=1), 1e-3)
        typical = float(np.sqrt(np.mean(sigma**2)))
        # what one line off does is bounded: it must not choose the order
        bounded = np.clip(without, -6 * _robust(without), 6 * _robust(without))
        made.append(
            OrderLook(
                order,
                float(np.sqrt(np.mean((left * sigma) ** 2))),
                float(np.sqrt(np.mean(bounded**2))) * typical,
            )
        )
    return tuple(made)


def best_order(looks: tuple[OrderLook, ...]) -> int:
    """The lowest order that no other is clearly better than.

    Parameters
    ----------
    looks : tuple of OrderLook
        From `order_looks`.

    Returns
    -------
    int
        1 where there is none.
    """
    if not looks:
        return 1
    least = min(look.cross_validated for look in looks)
    return next(look.order for look in looks if look.cross_validated * _BETTER <= least)


def _robust(values: Floats) -> float:
    return max(1.4826 * float(np.median(np.abs(values))), 1e-12)
