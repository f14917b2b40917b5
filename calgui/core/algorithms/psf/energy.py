"""Light in rings around a star: profile and encircled energy."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: width of the rings, pixels
RING = 0.5
#: radius up to which the pixels of rings are counted, pixels
_COUNTED = 59.0
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
