"""From the coefficients of a fit to what is wanted: SIP, the linear part by itself, ideal places, errors."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.distortion.blocks import times
from calgui.core.algorithms.distortion.fitting import Fit
from calgui.core.algorithms.distortion.identity import vectors
from calgui.core.algorithms.distortion.observations import Complexes, Observations, affine_columns, columns_at
from calgui.core.algorithms.distortion.polynomials import Floats, power_series
from calgui.core.algorithms.distortion.sip import Sip, from_series
from calgui.core.algorithms.distortion.solver import Solver
from calgui.core.algorithms.pinholes.spots import Lattice

#: places along each axis at which errors of the solution are worked out
_GRID = 25


@dataclass(frozen=True)
class Linear:
    """The affine map from the mask to ideal pixels of one picture, against a perfect mask of its kind.

    Attributes
    ----------
    scale : float
        Pixels per pitch.
    rotation : float
        Of the mask, degrees from +x towards +y.
    stretch : float
        Scale along the mask's first axis less that across it, as a part of the scale.
    skew : float
        By how much the angle between both axes is less than on the mask, degrees.
    x, y : float
        Where the mask's place (0, 0) is seen, ideal pixels from 0.
    cd : ndarray of float64, shape (2, 2)
        From ideal pixels to pitches on the mask.
    """

    scale: float
    rotation: float
    stretch: float
    skew: float
    x: float
    y: float
    cd: Floats

    @property
    def shear(self) -> float:
        """Largest less smallest scale of any direction, as a part of the scale."""
        return math.hypot(self.stretch, math.radians(self.skew))


@dataclass(frozen=True)
class Solution:
    """A distortion, and how well it is known.

    Attributes
    ----------
    sip : Sip
        With the CD matrix of the first picture.
    linear : tuple of Linear
        Of each picture.
    ideal : ndarray of complex128, shape (n,)
        Where the mask, with its errors where they were solved for, has each spot: ideal pixels, x + iy.
    residual : ndarray of complex128, shape (n,)
        Where its measured centre says that it is, less that.
    mask_error : ndarray of complex128, shape (pinholes,)
        How far each pinhole of the mask is off, in ideal pixels of the first picture.
    mask_error_error : ndarray of float64, shape (pinholes,)
        One standard deviation of it, per axis; NaN for those that were not used.
    error, worst_error : float
        Of the solution over the field, per axis in pixels: root mean square and largest.
    worst_inverse : tuple of float
        How far there and back by SIP ends from where it began, pixels: measured to ideal, and ideal to measured.
    shift : float
        Largest distance between ideal and measured pixel on the detector.
    """

    sip: Sip
    linear: tuple[Linear, ...]
    ideal: Complexes
    residual: Complexes
    mask_error: Complexes
    mask_error_error: Floats
    error: float
    worst_error: float
    worst_inverse: tuple[float, float]
    shift: float


def solution(seen: Observations, fit: Fit, lattice: Lattice) -> Solution:
    """Work out what a fit says.

    Parameters
    ----------
    seen : Observations
        Spots.
    fit : Fit
        Of them.
    lattice : Lattice
        Of the first picture, by which places on the mask are counted.

    Returns
    -------
    Solution

    Notes
    -----
    A mask gives neither scale nor rotation. The distortion is what remains where the map of the field is the identity
    at the middle, with its first derivatives: SIP has no terms below the second order, and the linear part stands by
    itself in the CD matrix.
    """
    n_frames, field = seen.n_frames, seen.field
    order, basis, beta = fit.equations.order, fit.equations.basis, fit.solved.beta
    middle = complex(*field.middle)
    sip, jacobian, shift = from_series(power_series(beta[3 * n_frames :], order, basis, 2, field), field)
    undo = np.asarray(np.linalg.inv(jacobian), np.float64)

    def ideal_of(values: Complexes) -> Complexes:
        return middle + _apply(undo, values - middle - shift)

    affine = [beta[3 * number : 3 * number + 3] for number in range(n_frames)]
    columns = affine_columns(seen.mask, field)
    expected = np.empty(seen.size, np.complex128)
    for number, terms in enumerate(affine):
        here = seen.frame == number
        expected[here] = times(columns[here], terms)
    turn = seen.turn[seen.frame] if seen.turned else np.ones(seen.size)
    off = fit.solved.mask_error[seen.pinhole] * turn
    linear = tuple(_linear(terms, undo, ideal_of, lattice, field.half) for terms in affine)
    cd = linear[0].cd
    error, worst = _errors(seen, fit, affine[0])
    x, y = field.grid(33)
    at_x, at_y = sip.ideal(x, y)
    return Solution(
        Sip(sip.x, sip.y, sip.a, sip.b, sip.ap, sip.bp, cd),
        linear,
        ideal_of(expected + off),
        _apply(undo, fit.solved.residual * turn),
        _apply(undo, fit.solved.mask_error),
        _mask_errors(seen, fit),
        error,
        worst,
        sip.worst(field),
        float(np.hypot(at_x - x, at_y - y).max()),
    )


def _apply(matrix: Floats, values: Complexes) -> Complexes:
    made = matrix @ np.stack([values.real, values.imag])
    return np.asarray(made[0] + 1j * made[1], np.complex128)


def _mask_errors(seen: Observations, fit: Fit) -> Floats:
    total = np.bincount(seen.pinhole, fit.weight, minlength=seen.n_pinholes)
    prior = 1 / fit.mask_scatter**2 if fit.mask_scatter else 0.0
    with np.errstate(divide="ignore"):
        return np.where(total > 0, 1 / np.sqrt(total + prior), np.nan)


def frame_of(lattice: Lattice) -> Floats:
    """The axes of a perfect mask of the kind that a lattice is, in pitches.

    Parameters
    ----------
    lattice : Lattice
        As measured.

    Returns
    -------
    ndarray of float64, shape (2, 2)
        Steps along i and j as its columns, in the geometric mean of both pitches; the first lies along x.
    """
    if lattice.kind == "square":
        return np.eye(2)
    ratio = 1.0 if lattice.kind == "hexagonal" else math.sqrt(lattice.pitch_i / lattice.pitch_j)
    angle = lattice.angle
    if lattice.kind == "hexagonal":
        angle = math.copysign(60.0 if abs(angle) < 90 else 120.0, angle)
    elif lattice.kind == "rectangular":
        angle = math.copysign(90.0, angle)
    turn = math.radians(angle)
    return np.array([[ratio, math.cos(turn) / ratio], [0.0, math.sin(turn) / ratio]])


def _linear(
    terms: Complexes,
    undo: Floats,
    ideal_of: Callable[[Complexes], Complexes],
    lattice: Lattice,
    half: tuple[float, float],
) -> Linear:
    scaled = terms[1:] / max(half)
    affine = undo @ np.array([[scaled[0].real, scaled[1].real], [scaled[0].imag, scaled[1].imag]])
    steps = affine @ vectors(lattice)
    full = steps @ np.linalg.inv(frame_of(lattice))
    scale = math.sqrt(abs(float(np.linalg.det(full))))
    left, _, right = np.linalg.svd(full)
    turn = left @ right
    pure = turn.T @ full / scale
    at = ideal_of(terms[:1])[0]
    return Linear(
        scale,
        math.degrees(math.atan2(turn[1, 0], turn[0, 0])),
        float(pure[0, 0] - pure[1, 1]),
        math.degrees(float(pure[0, 1] + pure[1, 0])),
        float(at.real),
        float(at.imag),
        np.linalg.inv(full),
    )


def _errors(seen: Observations, fit: Fit, terms: Complexes) -> tuple[float, float]:
    """Standard deviation of the map from measured pixels to the mask, per axis: over the field, and the largest."""
    field, order, basis = seen.field, fit.equations.order, fit.equations.basis
    x, y = field.grid(_GRID)
    scaled = terms[1:] / max(field.half)
    affine = np.array([[scaled[0].real, scaled[1].real], [scaled[0].imag, scaled[1].imag]])
    place = x + 1j * y
    # the distortion moves the place on the mask by too little to matter for an error
    mask = _apply(np.asarray(np.linalg.inv(affine), np.float64), place - terms[0])
    columns = columns_at(x, y, mask, order, basis, 0, seen.n_frames, field)
    variance = (times(columns, fit.solved.covariance.real.copy()) * columns).sum(axis=1)
    found = np.sqrt(np.clip(variance, 0, None))
    inside = (np.abs(x - field.middle[0]) < field.half[0]) & (np.abs(y - field.middle[1]) < field.half[1])
    return float(np.sqrt(np.mean(found[inside] ** 2))), float(found.max())


def determined(seen: Observations, fit: Fit) -> dict[int, float]:
    """How well distortion and errors of the mask are told apart.

    Parameters
    ----------
    seen : Observations
        Spots of several pictures.
    fit : Fit
        Of them, with errors of the mask.

    Returns
    -------
    dict of int to float
        Order of a term to the part of its weight that is left where any error of the mask is allowed: near 0, terms
        of that order and an error of the mask of the same shape look alike in these pictures. Of each order the worst.
    """
    solver = Solver(seen, fit.equations)
    fixed = solver.normal(fit.weight)
    free = solver.normal(fit.weight, 1e6 / max(float(np.median(fit.weight[fit.used])), 1e-12))
    scale = np.sqrt(np.diag(fixed).real)
    fixed, free = fixed / np.outer(scale, scale), free / np.outer(scale, scale)
    small = 1e-9 * np.eye(len(fixed))
    sure = np.diag(np.linalg.inv(fixed + small)).real
    unsure = np.diag(np.linalg.inv(free + small)).real
    share = sure / unsure
    start = 3 * seen.n_frames
    made: dict[int, float] = {}
    for degree in range(2, fit.equations.order + 1):
        made[degree] = float(np.clip(share[start : start + degree + 1].min(), 0, 1))
        start += degree + 1
    return made
