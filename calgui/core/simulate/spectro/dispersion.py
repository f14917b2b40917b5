"""Where wavelengths fall on the pixels of one or many spectra."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dispersion:
    """Wavelengths of spectra: Legendre polynomials in u = 2 x / (pixels - 1) - 1, x from 0.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (n, k)
        Vacuum, nm, lowest order first; one row for each spectrum. Rising or falling along the pixels.
    pixels : int
        Of each spectrum.
    """

    coefficients: Floats
    pixels: int

    @classmethod
    def between(cls, low: float, high: float, pixels: int, bend: tuple[float, ...] = ()) -> "Dispersion":
        """One spectrum between two wavelengths.

        Parameters
        ----------
        low, high : float
            Of the first and the last pixel, nm, before bending; the first may be the larger.
        pixels : int
            Of the spectrum.
        bend : tuple of float
            Coefficients of the second and higher orders in parts of half the range.

        Returns
        -------
        Dispersion
        """
        half = (high - low) / 2
        return cls(np.array([[(low + high) / 2, half, *(part * half for part in bend)]]), pixels)

    def __len__(self) -> int:
        return int(self.coefficients.shape[0])

    def place(self, x: Floats) -> Floats:
        """u of pixels.

        Parameters
        ----------
        x : ndarray of float64
            From 0 at the middle of the first.

        Returns
        -------
        ndarray of float64
        """
        return 2 * x / (self.pixels - 1) - 1

    def wavelengths(self, x: Floats | None = None) -> Floats:
        """Wavelengths at the same pixels of all spectra.

        Parameters
        ----------
        x : ndarray of float64, shape (m,), optional
            From 0; the middles of all pixels when not given.

        Returns
        -------
        ndarray of float64, shape (n, m)
            nm.
        """
        where = np.arange(self.pixels, dtype=np.float64) if x is None else x
        return np.asarray(legendre.legvander(self.place(where), self.coefficients.shape[1] - 1) @ self.coefficients.T).T

    def pixels_of(self, wavelengths: npt.ArrayLike) -> Floats:
        """Where wavelengths fall, by Newton's method.

        Parameters
        ----------
        wavelengths : array_like, shape (m,)
            nm.

        Returns
        -------
        ndarray of float64, shape (n, m)
            Pixels from 0; also outside of the spectra, as far as the polynomial goes on.
        """
        asked = np.atleast_1d(np.asarray(wavelengths, np.float64))[None, :]
        series = self.coefficients.T[:, :, None]
        slope = legendre.legder(series)
        u = (asked - series[0]) / series[1]
        for _ in range(8):
            u = u - (legendre.legval(u, series, tensor=False) - asked) / legendre.legval(u, slope, tensor=False)
        return np.asarray((u + 1) * (self.pixels - 1) / 2)

    def part(self, chosen: int) -> "Dispersion":
        """One of the spectra.

        Parameters
        ----------
        chosen : int
            Its index.

        Returns
        -------
        Dispersion
        """
        return Dispersion(self.coefficients[chosen : chosen + 1], self.pixels)
