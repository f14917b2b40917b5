"""Legendre polynomials through identified lines: robust, and of an order that cross-validation chooses."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: highest order that is chosen; the usual one, and lines for each order beyond it
HIGHEST, _USUAL, _PER_TERM = 7, 3, 4
#: lines beyond the coefficients, at least
SPARE = 2
#: a higher order must make cross-validated residuals smaller by this factor
_BETTER = 0.94
#: lines so near each other are left out together where one is predicted by the others, in half spectra
_APART, _FEW = 0.1, 16
#: terms from this order on are known to be small: so much of the half range, and by so much less with each order
_SMOOTH, _FALLS = 4, (0.004, 0.35)
_ROUNDS, _GENTLE = 12, 8
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
    rms : float
        Of the residuals used, in pixels.
    """

    coefficients: Floats
    covariance: Floats
    residual: Floats
    sigma: Floats
    used: Flags
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


def fit_lines(u: Floats, wavelength: Floats, error: Floats, half: float, order: int, clip: float) -> LineFit:
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

    Returns
    -------
    LineFit
        At least order + 3 lines are kept, where there are so many.
    """
    design = _vander(u, order)
    used = np.ones(len(u), bool)
    own: Floats = np.hypot(error, _LEAST).astype(np.float64)
    sigma: Floats = np.maximum(own, np.median(own)).astype(np.float64)
    slope = _slopes(order)
    least = order + 1 + SPARE
    # least absolute residuals to begin with: lines that are none of the others' do not lead
    for _ in range(_GENTLE):
        residual = _solve(design, u, wavelength, sigma, used, half, slope)[2]
        sigma = np.sqrt(own * np.maximum(np.abs(residual), own))
    intrinsic = _beyond_errors(residual, own, used, order)
    sigma = np.hypot(own, intrinsic).astype(np.float64)
    keep = used & (np.abs(residual) <= clip * sigma)
    used = keep if keep.sum() >= least else used
    for step in range(_ROUNDS):
        found, covariance, residual = _solve(design, u, wavelength, sigma, used, half, slope)
        intrinsic = _beyond_errors(residual, own, used, order)
        sigma = np.hypot(own, intrinsic).astype(np.float64)
        keep = np.abs(residual) <= clip * sigma
        if keep.sum() < least:
            keep = np.zeros(len(u), bool)
            keep[np.argsort(np.abs(residual) / sigma)[:least]] = True
        if step > 1 and np.array_equal(keep, used):
            break
        used = keep
    found, covariance, residual = _solve(design, u, wavelength, sigma, used, half, slope)
    rms = float(np.sqrt(np.mean(residual[used] ** 2))) if used.any() else float("nan")
    return LineFit(found, covariance, residual, sigma, used, rms)


def _beyond_errors(residual: Floats, own: Floats, used: Flags, order: int) -> float:
    """Scatter of residuals beyond the errors of the lines, in pixels."""
    degrees = max(int(used.sum()) - order - 1, 1)
    look = residual[used]
    # few lines: what the fit leaves says little of their scatter
    whole = float(np.sqrt(np.sum(look**2) / degrees))
    scatter = 1.4826 * float(np.median(np.abs(look))) * float(np.sqrt(used.sum() / degrees))
    scatter = whole if degrees < 4 else max(scatter, 0.2 * whole)
    typical = float(np.median(own[used]))
    return float(np.sqrt(max(scatter**2 - typical**2, 0.0)))


def _solve(
    design: Floats, u: Floats, wavelength: Floats, sigma: Floats, used: Flags, half: float, slope: Floats
) -> tuple[Floats, Floats, Floats]:
    """Weights are in pixels, wavelengths in nm: what a pixel is in nm follows from the fit itself."""
    step = np.full(len(u), abs(float(np.ptp(wavelength))) / max(float(np.ptp(u)) * half, 1e-9) or 1.0)
    found = covariance = np.zeros(0)
    for _ in range(2):
        weight = np.where(used, 1 / (sigma * step), 0.0)
        q, r = np.linalg.qr(
            np.concatenate([design * weight[:, None], _smooth(design.shape[1], float(np.mean(step)) * half)])
        )
        try:
            inverse = np.linalg.inv(r)
        except np.linalg.LinAlgError:
            inverse = np.linalg.pinv(r)
        found = inverse @ (q[: len(u)].T @ (wavelength * weight))
        covariance = inverse @ inverse.T
        per_pixel = legendre.legval(u, slope @ found) / half if len(found) > 1 else np.ones(len(u))
        step = np.maximum(np.abs(per_pixel), 1e-12)
    residual = (design @ found - wavelength) / np.where(np.abs(per_pixel) > 1e-12, per_pixel, 1e-12)
    return found, covariance, np.asarray(residual, np.float64)


def _smooth(terms: int, half: float) -> Floats:
    """Rows that say how smooth spectrographs are: terms of order 4 and beyond fall off.

    Between lines they have no say; beyond the first and the last they hold what nothing else does.
    """
    order = np.arange(terms)
    known = np.where(order >= _SMOOTH, half * _FALLS[0] * _FALLS[1] ** (order - _SMOOTH), np.inf)
    known = np.where(order == 2, 0.1 * half, np.where(order == 3, 0.04 * half, known))
    return np.diag(1 / known)


def predictions(
    u: Floats, wavelength: Floats, sigma: Floats, used: Flags, half: float, order: int, apart: float = _APART
) -> tuple[Floats, Floats]:
    """Where each line should be by those that are not near it.

    Parameters
    ----------
    u, wavelength : ndarray of float64, shape (m,)
        Places from -1 to 1, and nm.
    sigma : ndarray of float64, shape (m,)
        Errors, in pixels.
    used : ndarray of bool, shape (m,)
        Lines that count.
    half : float
        Pixels in one unit of u.
    order : int
        Of the polynomial.
    apart : float
        Lines nearer than this, in u, are left out with each line: two wrong ones would speak for each other.

    Returns
    -------
    residual, error : ndarray of float64, shape (m,)
        Measured minus predicted, and the error of the prediction, in pixels; infinite where the rest are too few.
    """
    design = legendre.legvander(u, order)
    whole = np.linalg.lstsq(design[used], wavelength[used], rcond=None)[0]
    step = np.maximum(np.abs(legendre.legval(u, legendre.legder(whole))) / half, 1e-12)
    weight = np.where(used, 1 / np.square(sigma * step), 0.0)
    kept = (np.abs(u[:, None] - u[None, :]) >= apart).astype(np.float64) * weight[None, :]
    centre = float(np.mean(wavelength))
    outer = design[:, :, None] * design[:, None, :]
    normal = np.einsum("ij,jab->iab", kept, outer) + np.square(_smooth(order + 1, half * float(np.mean(step))))
    right = kept @ (design * (wavelength - centre)[:, None])
    count = (kept > 0).sum(axis=1)
    scale = np.sqrt(np.maximum(np.einsum("iaa->ia", normal), 1e-100))
    shaped = normal / (scale[:, :, None] * scale[:, None, :]) + 1e-11 * np.eye(order + 1)
    inverse = np.linalg.inv(shaped) / (scale[:, :, None] * scale[:, None, :])
    found = np.einsum("iab,ib->ia", inverse, right)
    residual = (np.sum(design * found, axis=1) + centre - wavelength) / step
    error = np.sqrt(np.abs(np.einsum("ia,iab,ib->i", design, inverse, design))) / step
    few = count < order + 1
    return np.where(few, np.inf, residual), np.where(few, np.inf, error)


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
    most = min(HIGHEST if highest is None else highest, max(_USUAL, m // _PER_TERM), m - 1 - SPARE)
    if most < 1:
        return ()
    reference = fit_lines(u, wavelength, error, half, min(most, 5), clip)
    kept = reference.used
    sigma = reference.sigma[kept]
    everything = np.ones(int(kept.sum()), bool)
    # of few lines none can be spared beside the one that is predicted
    apart = _APART if kept.sum() >= _FEW else 1e-9
    made: list[OrderLook] = []
    for order in range(1, most + 1):
        if kept.sum() < order + 1 + SPARE:
            break
        left = _solve(_vander(u[kept], order), u[kept], wavelength[kept], sigma, everything, half, _slopes(order))[2]
        without, _ = predictions(u[kept], wavelength[kept], sigma, everything, half, order, apart)
        there = np.isfinite(without)
        if there.sum() < max(3, 0.6 * len(without)):
            break
        off = without[there] / sigma[there]
        # what one line off does is bounded: it must not choose the order
        bounded = np.clip(off, -5 * _robust(off), 5 * _robust(off))
        typical = float(np.sqrt(np.mean(sigma**2)))
        made.append(OrderLook(order, float(np.sqrt(np.mean(left**2))), float(np.sqrt(np.mean(bounded**2))) * typical))
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


def _vander(u: Floats, order: int) -> Floats:
    return np.asarray(legendre.legvander(u, order), np.float64)


def _slopes(order: int) -> Floats:
    return np.asarray(legendre.legder(np.eye(order + 1)), np.float64)


def _robust(values: Floats) -> float:
    return max(1.4826 * float(np.median(np.abs(values))), 1e-12)
