"""The shape of a spectrum's lines, measured on its own isolated lines: a Gaussian and what Hermite functions add to it.

An effective line-spread function, after Anderson & King 2000, but of the light before it falls on pixels: it is known
from all phases of lines on pixels together, may be stretched, and its integral over a pixel is a difference of its
integral at two edges. Where lines tell no more than that a Gaussian will do, it is one.
"""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: the table of a shape: to so many sigma on both sides, in such steps
REACH, STEP = 8.0, 1 / 16
_POINTS = round(2 * REACH / STEP) + 1
#: highest order of Hermite functions; those of order 0 and 1 are flux and centre
ORDER = 20


@dataclass(frozen=True)
class LineShape:
    """A line of unit flux and sigma, infinitely narrow before the optics, before it falls on pixels.

    Attributes
    ----------
    density : ndarray of float64, shape (257,)
        Light per sigma, from -8 to 8 sigma in steps of 1/16. Its mean is 0: that is what the place of a line is.
    lines : int
        That told it; 0 of a Gaussian.
    error : float
        Of its mean, in sigma: common to all lines.
    """

    density: Floats
    lines: int
    error: float

    @property
    def is_measured(self) -> bool:
        """Whether it is more than a Gaussian."""
        return self.lines > 0

    def gaussian_centre(self, sigma: float) -> float:
        """Where a Gaussian that is fitted to it has its centre: what one that was not measured would be off by.

        Parameters
        ----------
        sigma : float
            Of lines, in pixels.

        Returns
        -------
        float
            Pixels from the line; 0 of a Gaussian. Of a line without noise, weighted by photons and a hundredth of the
            peak, in the middle of all phases.
        """
        if not self.lines:
            return 0.0
        # an answer to another order is due at once, and asks for it again
        near = round(sigma, 2)
        if near not in self._centres:
            self._centres[near] = self._gaussian_centre(near)
        return self._centres[near]

    @cached_property
    def _centres(self) -> dict[float, float]:
        return {}

    def _gaussian_centre(self, sigma: float) -> float:
        from scipy.optimize import least_squares

        edges = np.arange(-math.ceil(4 * sigma) - 1.5, math.ceil(4 * sigma) + 2)
        found = []
        for phase in (-0.375, -0.125, 0.125, 0.375):
            seen = np.diff(self.below((edges - phase) / sigma)[0])
            root = np.sqrt(np.maximum(seen, 0) + 0.01 * seen.max())

            def left(x: Floats, seen: Floats = seen, root: Floats = root, phase: float = phase) -> Floats:
                made = x[1] * np.diff(GAUSSIAN.below((edges - phase - x[0]) / x[2])[0]) + x[3]
                return np.asarray((made - seen) / root, np.float64)

            found.append(least_squares(left, [0.0, 1.0, sigma, 0.0]).x[0])
        return float(np.mean(found))

    @cached_property
    def table(self) -> Floats:
        """Light below each place, and light per sigma there, (257, 2)."""
        return np.ascontiguousarray(np.stack([_integral(self.density), self.density], axis=1))

    def below(self, place: Floats) -> tuple[Floats, Floats]:
        """Light below places, and its derivative.

        Parameters
        ----------
        place : ndarray of float64
            From the line, in sigma.

        Returns
        -------
        tuple of two ndarray of float64
            From 0 to 1, and per sigma.
        """
        if not self.lines:
            from scipy.special import ndtr

            return np.asarray(ndtr(place), np.float64), _gauss(place)
        value, slope = table_at(self.table[:, :1], self.table[:, 1:], place)
        return np.asarray(value[..., 0], np.float64), np.asarray(slope[..., 0], np.float64)


def _gauss(place: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * np.square(place)) / math.sqrt(2 * math.pi), np.float64)


def _grid() -> Floats:
    return np.asarray(np.arange(_POINTS) * STEP - REACH, np.float64)


#: what is taken where lines do not tell their shape
GAUSSIAN = LineShape(_gauss(_grid()), 0, 0.0)


@dataclass(frozen=True)
class ShapeField:
    """Shapes that may change along the spectrum and over the field.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (1 + q, j)
        Of the Hermite functions of order 2 and beyond: constant, and change with each trend; j = 0 of a Gaussian.
    covariance : ndarray of float64, shape (j, j)
        Of the constant ones.
    lines : int
        That told it.
    stretch : float
        By how much the widths of lines came out larger than they were given.
    """

    coefficients: Floats
    covariance: Floats
    lines: int
    stretch: float = 1.0

    @property
    def is_measured(self) -> bool:
        """Whether it is more than a Gaussian."""
        return self.coefficients.size > 0

    @property
    def varies(self) -> bool:
        """Whether it changes with a trend."""
        return bool(np.any(self.coefficients[1:]))

    @cached_property
    def middle(self) -> LineShape:
        """The shape in the middle of all."""
        return self.at()

    def at(self, *trend: float) -> LineShape:
        """The shape at a place.

        Parameters
        ----------
        *trend : float
            Of as many as there are; those not given are 0.

        Returns
        -------
        LineShape
        """
        if not self.is_measured:
            return GAUSSIAN
        known = np.zeros(len(self.coefficients))
        known[0] = 1.0
        known[1 : 1 + len(trend)] = trend
        return _shape(known @ self.coefficients, self.covariance, self.lines, self.stretch)


NO_SHAPE = ShapeField(np.zeros((1, 0)), np.zeros((0, 0)), 0)


@cache
def basis() -> tuple[Floats, Floats]:
    """Hermite functions of order 2 and beyond.

    Returns
    -------
    tuple of two ndarray of float64, shape (257, 19)
        Their integrals at the points of the table, and they themselves.
    """
    t = _grid()
    before, here = np.zeros_like(t), math.pi**-0.25 * np.exp(-0.5 * t * t)
    made = []
    for order in range(1, ORDER + 1):
        before, here = here, math.sqrt(2 / order) * t * here - math.sqrt((order - 1) / order) * before
        if order > 1:
            made.append(here)
    density = np.stack(made, axis=1)
    return np.stack([_integral(one) for one in made], axis=1), density


def _integral(density: Floats) -> Floats:
    """Of a function that is known at the points of the table, from the first: of the cubic spline through them."""
    from scipy.interpolate import CubicSpline

    return np.asarray(CubicSpline(_grid(), density).antiderivative()(_grid()), np.float64)


@cache
def _moments() -> Floats:
    """Of Hermite functions of order 2 and beyond, the first, (19,)."""
    return np.array([_integral(_grid() * one)[-1] for one in basis()[1].T], np.float64)


def table_at(integral: Floats, density: Floats, place: Floats) -> tuple[Floats, Floats]:
    """Look up tables.

    Parameters
    ----------
    integral, density : ndarray of float64, shape (257, j)
        Of functions.
    place : ndarray of float64
        In sigma.

    Returns
    -------
    tuple of two ndarray of float64, shape (..., j)
        Of the cubic that has the integral and its derivative at two points, and of its derivative.
    """
    where = np.clip((place + REACH) / STEP, 0.0, _POINTS - 1 - 1e-9)
    low = where.astype(np.int64)
    f = (where - low)[..., None]
    rise = integral[low + 1] - integral[low]
    left, right = STEP * density[low], STEP * density[low + 1]
    bend, twist = 3 * rise - 2 * left - right, left + right - 2 * rise
    value = integral[low] + f * (left + f * (bend + f * twist))
    return value, (left + f * (2 * bend + 3 * f * twist)) / STEP


def _shape(coefficients: Floats, covariance: Floats, lines: int, stretch: float) -> LineShape:
    """Of unit flux, with its mean at 0."""
    t, (integral, density) = _grid(), basis()
    terms = len(coefficients)
    made = _gauss(t) + density[:, :terms] @ coefficients
    area = 1.0 + float(integral[-1, :terms] @ coefficients)
    moments = _moments()[:terms]
    mean = float(moments @ coefficients) / area
    error = math.sqrt(max(float(moments @ covariance @ moments), 0.0)) / area
    place = t / stretch + mean
    _, slope = table_at(_integral(made)[:, None], made[:, None], place)
    inside = np.abs(place) <= REACH
    return LineShape(np.where(inside, slope[:, 0], 0.0) / (area * stretch), lines, error * stretch)
