"""`Solution1D`: the wavelengths of one spectrum, as a Legendre polynomial with the lines that it came from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Solution1D:
    """A solution of one spectrum.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (order + 1,)
        Of Legendre polynomials, lowest order first: wavelength in vacuum, in nm, over u from -1 to 1.
    domain : tuple of two float
        Pixels, from 0, that are u = -1 and u = 1: the first and the last of the spectrum.
    pixel, pixel_error : ndarray of float64, shape (m,)
        Lines that were seen, by increasing pixel: centre and its error.
    flux : ndarray of float64, shape (m,)
        Above the surroundings, in the unit of the spectrum times pixel.
    listed : ndarray of int, shape (m,)
        Index into the list of lines, -1 where it was not identified.
    wavelength : ndarray of float64, shape (m,)
        In vacuum, in nm, as listed; NaN where it was not identified.
    state : ndarray of int, shape (m,)
        Index into `calgui.core.algorithms.spectrummarks.LINE_STATES`.
    residual : ndarray of float64, shape (m,)
        Measured minus solution, in pixels; NaN where it was not identified.
    fwhm : float
        Of the lines, in pixels.
    rms : float
        Of the residuals of the lines that were used, in pixels.
    """

    coefficients: Floats
    domain: tuple[float, float]
    pixel: Floats
    pixel_error: Floats
    flux: Floats
    listed: Whole
    wavelength: Floats
    state: Whole
    residual: Floats
    fwhm: float
    rms: float

    @property
    def order(self) -> int:
        """Of the polynomial."""
        return len(self.coefficients) - 1

    def place(self, pixel: Floats) -> Floats:
        """u from -1 to 1.

        Parameters
        ----------
        pixel : ndarray of float64
            From 0.

        Returns
        -------
        ndarray of float64
        """
        first, last = self.domain
        return (2 * pixel - first - last) / (last - first)

    def wavelengths(self, pixel: Floats) -> Floats:
        """Wavelength at pixels.

        Parameters
        ----------
        pixel : ndarray of float64
            From 0.

        Returns
        -------
        ndarray of float64
            In vacuum, in nm.
        """
        return np.asarray(legendre.legval(self.place(pixel), self.coefficients), np.float64)

    def dispersion(self, pixel: Floats) -> Floats:
        """Change of the wavelength with the pixel.

        Parameters
        ----------
        pixel : ndarray of float64
            From 0.

        Returns
        -------
        ndarray of float64
            In nm per pixel; negative where the wavelength falls.
        """
        first, last = self.domain
        slope = legendre.legval(self.place(pixel), legendre.legder(self.coefficients))
        return np.asarray(slope * 2 / (last - first), np.float64)

    def pixels(self, wavelength: Floats) -> Floats:
        """Where wavelengths fall.

        Parameters
        ----------
        wavelength : ndarray of float64
            In vacuum, in nm.

        Returns
        -------
        ndarray of float64
            Pixels from 0, by Newton's method from a table; NaN outside of the spectrum by more than a tenth of it.
        """
        first, last = self.domain
        beyond = 0.1 * (last - first)
        grid = np.linspace(first - beyond, last + beyond, 513)
        table = self.wavelengths(grid)
        if table[-1] < table[0]:
            grid, table = grid[::-1], table[::-1]
        found = np.interp(wavelength, table, grid, left=np.nan, right=np.nan)
        for _ in range(3):
            found = found - (self.wavelengths(found) - wavelength) / self.dispersion(found)
        return np.asarray(found, np.float64)
