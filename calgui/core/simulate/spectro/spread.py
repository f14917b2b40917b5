"""The line-spread function: a Gaussian with wings, as wide as the place asks for, integrated over pixels exactly."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: full width at half maximum of a Gaussian in its sigma
PER_SIGMA = 2 * math.sqrt(2 * math.log(2))


@dataclass(frozen=True)
class LineSpread:
    """Shape of a line that is infinitely narrow, before pixels.

    It is a core and wings, both Gaussian. Its mean is the place of the line, whatever its skewness.

    Attributes
    ----------
    sigma : tuple of float
        Of the core in pixels: polynomial in the pixel's place u from -1 to 1, lowest order first.
    wings : float
        Share of the light in the wings; 0 for a Gaussian.
    wider : float
        Sigma of the wings in that of the core.
    skew : float
        How far the wings stand towards larger pixels, in sigma of the core; the core stands the other way, so that
        the mean stays.
    """

    sigma: tuple[float, ...] = (0.85,)
    wings: float = 0.08
    wider: float = 1.9
    skew: float = 0.0

    def widths(self, place: Floats) -> Floats:
        """Sigma of the core.

        Parameters
        ----------
        place : ndarray of float64
            u, from -1 at the first pixel to 1 at the last.

        Returns
        -------
        ndarray of float64
            Pixels.
        """
        return np.asarray(np.polynomial.polynomial.polyval(place, np.array(self.sigma)), np.float64)

    def below(self, distance: Floats) -> Floats:
        """Light below a distance from the line.

        Parameters
        ----------
        distance : ndarray of float64
            In sigma of the core.

        Returns
        -------
        ndarray of float64
            From 0 to 1.
        """
        from scipy.special import ndtr

        if not self.wings:
            return np.asarray(ndtr(distance), np.float64)
        back = self.skew * self.wings / (1 - self.wings)
        core = (1 - self.wings) * ndtr(distance + back)
        return np.asarray(core + self.wings * ndtr((distance - self.skew) / self.wider), np.float64)

    def fwhm(self) -> float:
        """Full width at half maximum before pixels.

        Returns
        -------
        float
            In sigma of the core, to 1e-4.
        """
        t = np.linspace(-4, 4, 80_001)
        density = np.gradient(self.below(t), t)
        high = t[density >= density.max() / 2]
        return float(high[-1] - high[0])

    @property
    def reach(self) -> float:
        """Beyond how many sigma of the core less than 1e-7 of the light is left."""
        return 5.4 * (self.wider if self.wings else 1.0) + abs(self.skew)
