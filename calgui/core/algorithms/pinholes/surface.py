"""Smooth surfaces through scattered points: polynomials of both coordinates, fitted without those that lie off."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA

Floats = npt.NDArray[np.float64]
_ROUNDS = 6
#: robust sigmas beyond which a point is left out
_CLIP = 5.0


@dataclass(frozen=True)
class Surface:
    """Two polynomials of two coordinates.

    Attributes
    ----------
    order : int
        Highest sum of the powers.
    middle, half : ndarray of float64, shape (2,)
        What maps the points onto -1 to 1.
    coefficients : ndarray of float64, shape (k, 2)
        Of Chebyshev polynomials, for both values.
    scatter : float
        Robust scatter per value of the points about it.
    """

    order: int
    middle: Floats
    half: Floats
    coefficients: Floats
    scatter: float

    def __call__(self, points: Floats) -> Floats:
        """Values at points.

        Parameters
        ----------
        points : ndarray of float64, shape (n, 2)

        Returns
        -------
        ndarray of float64, shape (n, 2)
        """
        return _design((points - self.middle) / self.half, self.order) @ self.coefficients

    def slopes(self, point: tuple[float, float]) -> Floats:
        """Derivatives at a point.

        Parameters
        ----------
        point : tuple of float

        Returns
        -------
        ndarray of float64, shape (2, 2)
            Of value (row) by coordinate (column).
        """
        step = 1e-4 * self.half
        at = np.array(point) + np.array([[step[0], 0], [-step[0], 0], [0, step[1]], [0, -step[1]]])
        seen = self(at)
        return np.stack([(seen[0] - seen[1]) / (2 * step[0]), (seen[2] - seen[3]) / (2 * step[1])], axis=1)


def order_for(count: int, most: int) -> int:
    """Order of a surface that so many points bear: four or more for each of its terms.

    Parameters
    ----------
    count : int
        Points.
    most : int
        Highest order.

    Returns
    -------
    int
        From 1.
    """
    order = 1
    while order < most and count >= 4 * (order + 2) * (order + 3) // 2:
        order += 1
    return order


def fit_surface(points: Floats, values: Floats, order: int) -> Surface:
    """Fit both values by least squares, again and again without the points that lie far off.

    Parameters
    ----------
    points, values : ndarray of float64, shape (n, 2)
        More points than terms.
    order : int
        Highest sum of the powers.

    Returns
    -------
    Surface
    """
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    design = _design((points - middle) / half, order)
    good = np.ones(len(points), bool)
    scatter = 0.0
    solved: Floats = np.zeros((design.shape[1], 2))
    for _ in range(_ROUNDS):
        solved = np.asarray(np.linalg.lstsq(design[good], values[good], rcond=None)[0], np.float64)
        off = np.abs(values - design @ solved)
        freedom = max(1 - design.shape[1] / max(int(good.sum()), 1), 0.05)
        scatter = float(MAD_TO_SIGMA * np.median(off[good])) / freedom**0.5
        now = (off <= _CLIP * max(scatter, 1e-9)).all(axis=1)
        if now.sum() < 2 * design.shape[1] or (now == good).all():
            break
        good = now
    return Surface(order, middle, half, solved, scatter)


def _design(points: Floats, order: int) -> Floats:
    """Products of Chebyshev polynomials up to an order, one column each."""
    from numpy.polynomial.chebyshev import chebvander

    along_x, along_y = chebvander(points[:, 0], order), chebvander(points[:, 1], order)
    return np.stack([along_x[:, a] * along_y[:, b] for a in range(order + 1) for b in range(order + 1 - a)], axis=1)
