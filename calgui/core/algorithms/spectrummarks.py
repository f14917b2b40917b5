"""Spectra with the lines that were measured on them, for views that draw them and let lines be clicked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: what became of a spectrum, the best first
SPECTRUM_STATES = ("solved", "doubtful", "failed", "empty")
#: what became of a line, the best first; the last is of the list and was not seen
LINE_STATES = ("used", "rejected", "excluded", "unidentified", "missing")


@dataclass(frozen=True)
class LinesOfSpectra:
    """Lines of all spectra in one flat table, by increasing spectrum.

    Attributes
    ----------
    spectrum : ndarray of int, shape (m,)
        Index of the spectrum, from 0.
    pixel, pixel_error : ndarray of float64, shape (m,)
        Centre of the line and its error, in pixels from 0; of a missing one where it ought to be.
    wavelength : ndarray of float64, shape (m,)
        In vacuum, in nm, as listed; NaN where it was not identified.
    residual : ndarray of float64, shape (m,)
        Measured minus solution, in pixels; NaN where it was not identified.
    flux : ndarray of float64, shape (m,)
        Of the line above its surroundings, in the unit of the spectra times pixel.
    state : ndarray of int, shape (m,)
        Index into `LINE_STATES`.
    listed : ndarray of int, shape (m,)
        Index into the list of lines, -1 where it was not identified.
    """

    spectrum: Whole
    pixel: Floats
    pixel_error: Floats
    wavelength: Floats
    residual: Floats
    flux: Floats
    state: Whole
    listed: Whole

    def of(self, spectrum: int) -> slice:
        """Where the lines of one spectrum stand.

        Parameters
        ----------
        spectrum : int
            From 0.

        Returns
        -------
        slice
        """
        first, last = np.searchsorted(self.spectrum, [spectrum, spectrum + 1])
        return slice(int(first), int(last))

    def part(self, rows: slice) -> "LinesOfSpectra":
        """Some rows, as a table of their own.

        Parameters
        ----------
        rows : slice
            Which.

        Returns
        -------
        LinesOfSpectra
        """
        return LinesOfSpectra(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class OneFit:
    """What a fit made of one spectrum of many.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (terms,)
        As of `Spectra`.
    state : int
        Index into `SPECTRUM_STATES`.
    rms : float
        Of the residuals of the lines that were used, in pixels.
    why : str
        A sentence where it is doubtful; else empty.
    residual, line_state : ndarray, shape (m,)
        Of its lines, in the order of the table.
    """

    coefficients: Floats
    state: int
    rms: float
    why: str
    residual: Floats
    line_state: Whole


@dataclass(frozen=True)
class Spectra:
    """Spectra, their wavelength solutions, and their lines.

    Attributes
    ----------
    flux : ndarray of float32, shape (n, pixels)
        As extracted; NaN where there is nothing.
    coefficients : ndarray of float64, shape (n, terms)
        Of Legendre polynomials, lowest order first: wavelength in vacuum, in nm, over u from -1 to 1; NaN of a spectrum
        that has no solution.
    domain : tuple of two float
        Pixels that are u = -1 and u = 1.
    state : ndarray of int, shape (n,)
        Index into `SPECTRUM_STATES`.
    rms : ndarray of float64, shape (n,)
        Of the residuals of the lines that were used, in pixels; NaN where there are none.
    fwhm : ndarray of float64, shape (n,)
        Of the lines, in pixels; NaN where it is not known.
    lines : LinesOfSpectra
        Of all of them.
    main : int
        Index of the spectrum that was solved first, and that lines identified by hand are of.
    place : tuple of two ndarray of int, or None
        Row and column of each in the field; None where they are in no field.
    why : mapping of int to str
        Sentences of spectra that failed or are doubtful, by index.
    species, wavelength, intensity : tuple of str, ndarray, ndarray
        Of the list of lines that was asked of the lamps: in vacuum, in nm; relative to the strongest, 0 where it is
        not known.
    maps : mapping of str to ndarray of float64, shape (rows, columns)
        Over the field, by the name as shown with its unit, such as the residual or a coefficient; NaN for none.
    identifies : str
        Option that holds lines identified by hand on the main spectrum: ``pixel=nm`` separated by semicolons.
    excludes : str
        Option that holds lines of the list to leave out everywhere: their wavelengths in nm, separated by semicolons.
    """

    flux: npt.NDArray[np.float32]
    coefficients: Floats
    domain: tuple[float, float]
    state: Whole
    rms: Floats
    fwhm: Floats
    lines: LinesOfSpectra
    main: int
    species: tuple[str, ...]
    wavelength: Floats
    intensity: Floats
    place: tuple[Whole, Whole] | None = None
    why: Mapping[int, str] = field(default_factory=dict)
    maps: Mapping[str, Floats] = field(default_factory=dict)
    identifies: str = ""
    excludes: str = ""

    def wavelengths(self, spectrum: int) -> Floats:
        """Wavelength of each pixel of one spectrum.

        Parameters
        ----------
        spectrum : int
            From 0.

        Returns
        -------
        ndarray of float64, shape (pixels,)
            In vacuum, in nm; NaN where it has no solution.
        """
        first, last = self.domain
        u = (2 * np.arange(self.flux.shape[1]) - first - last) / (last - first)
        return np.asarray(np.polynomial.legendre.legval(u, self.coefficients[spectrum]), np.float64)

    def with_one(self, spectrum: int, one: OneFit) -> "Spectra":
        """The same with another fit of one spectrum; all others stay as they are.

        Parameters
        ----------
        spectrum : int
            Which.
        one : OneFit
            Its fit.

        Returns
        -------
        Spectra
        """
        rows = self.lines.of(spectrum)
        residual, line_state = self.lines.residual.copy(), self.lines.state.copy()
        residual[rows], line_state[rows] = one.residual, one.line_state
        terms = max(self.coefficients.shape[1], one.coefficients.size)
        # terms that a polynomial of lower order does not have are 0
        coefficients = np.zeros((len(self.coefficients), terms))
        coefficients[:, : self.coefficients.shape[1]] = self.coefficients
        coefficients[np.isnan(self.coefficients[:, 0])] = np.nan
        coefficients[spectrum] = np.pad(one.coefficients, (0, terms - one.coefficients.size))
        state, rms = self.state.copy(), self.rms.copy()
        state[spectrum], rms[spectrum] = one.state, one.rms
        why = {number: text for number, text in self.why.items() if number != spectrum}
        return replace(
            self, coefficients=coefficients, state=state, rms=rms, why=why | ({spectrum: one.why} if one.why else {}),
            lines=replace(self.lines, residual=residual, state=line_state),
        )  # fmt: skip
