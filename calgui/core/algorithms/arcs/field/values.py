"""What is measured on the lines of many spectra, and what is fitted to that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.field.spread import LineSpread
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.shape import ShapeField
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.algorithms.spectrummarks import LinesOfSpectra

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Place = tuple[Whole, Whole]

#: what a line of a spectrum is found to be; only the first may be used; as in the loops that fit them
FINE, OUTSIDE, FAINT, DAMAGED, BLENDED, ASTRAY = range(6)


@dataclass(frozen=True)
class FieldMeasured:
    """The lines of all spectra, before any polynomial.

    Attributes
    ----------
    main : Solution1D
        Of the spectrum that was solved first.
    listed : LampLines
        Lines of the lamps, as the spectra resolve them.
    columns : ndarray of int, shape (k,)
        Of the list: the lines that were measured.
    trusted : ndarray of bool, shape (k,)
        Lines that the main solution holds for what the list says; the others may be used where the field bears it out.
    pixels : int
        Of each spectrum.
    place : tuple of two ndarray of int, or None
        Row and column of each spectrum; None where they are in no field but the order of the input.
    expected : ndarray of float64, shape (n, k)
        Where each line ought to be by the lines around it and the neighbours, in pixels; NaN of a spectrum that was
        not recognised.
    pixel, pixel_error : ndarray of float64, shape (n, k)
        Centre and its error; NaN where it could not be measured.
    flux : ndarray of float64, shape (n, k)
        Above the surroundings, in the unit of the spectra times pixel; NaN likewise.
    fwhm : ndarray of float32, shape (n, k)
        In pixels, that of the pixel taken out; NaN likewise.
    flag : ndarray of uint8, shape (n, k)
        `FINE` to `ASTRAY`.
    recognised : ndarray of bool, shape (n,)
        Whether the lines of a spectrum are known for sure.
    empty : ndarray of bool, shape (n,)
        Whether there is no light in it.
    width : ndarray of float64, shape (n,)
        Median of `fwhm` of each spectrum; NaN where it has none.
    why : mapping of int to str
        Sentences of spectra that are not recognised, or doubtful, by index.
    table : LinesOfSpectra
        Lines that were seen or are missing, with their measured values; its residuals and states are those of a fit.
    spread : LineSpread
        Shape of lines, widths and resolution along the spectrum.
    shape : ShapeField
        What lines were fitted with.
    cell : ndarray of int, shape (m,)
        Of each row of the table: spectrum times k plus line.
    """

    main: Solution1D
    listed: LampLines
    columns: Whole
    trusted: Bools
    pixels: int
    place: Place | None
    expected: Floats
    pixel: Floats
    pixel_error: Floats
    flux: Floats
    fwhm: Singles
    flag: Bytes
    recognised: Bools
    empty: Bools
    width: Floats
    why: Mapping[int, str]
    table: LinesOfSpectra
    spread: LineSpread
    shape: ShapeField
    cell: Whole

    def __len__(self) -> int:
        return len(self.recognised)


@dataclass(frozen=True)
class FieldFit:
    """The solutions of all spectra.

    Attributes
    ----------
    order : int
        Of the polynomials.
    domain : tuple of two float
        Pixels, from 0, that are u = -1 and u = 1.
    coefficients : ndarray of float64, shape (n, order + 1)
        Of Legendre polynomials, lowest order first: vacuum, nm; NaN of a spectrum without a solution.
    free : ndarray of int, shape (n,)
        Coefficients of each that its own lines gave; the others are those of the spectra around it.
    rms : ndarray of float64, shape (n,)
        Of the residuals of used lines, in pixels; NaN where there are none.
    error : ndarray of float64, shape (n,)
        Of the wavelengths between the first and the last used line, root of the mean square, in pixels: from the
        errors of the lines, or their scatter where that is larger.
    used : ndarray of int, shape (n,)
        How many lines.
    first, last : ndarray of float64, shape (n,)
        Pixels of the first and the last used line; NaN where there are none.
    state : ndarray of int, shape (n,)
        Index into `calgui.core.algorithms.spectrummarks.SPECTRUM_STATES`.
    fwhm : ndarray of float64, shape (n,)
        Median of the lines, in pixels, that of the pixel taken out.
    resolution : ndarray of float64, shape (n,)
        Median of wavelength over width.
    lines : LinesOfSpectra
        Of all spectra.
    why : mapping of int to str
        Sentences of those that failed or are doubtful.
    maps : mapping of str to ndarray of float64, shape (rows, columns)
        Over the field; empty where there is none.
    rejected_everywhere : ndarray of int
        Lines of the list that lie off in all spectra, as a line of another species or a wrong wavelength does.
    """

    order: int
    domain: tuple[float, float]
    coefficients: Floats
    free: Whole
    rms: Floats
    error: Floats
    used: Whole
    first: Floats
    last: Floats
    state: Whole
    fwhm: Floats
    resolution: Floats
    lines: LinesOfSpectra
    why: Mapping[int, str] = field(default_factory=dict)
    maps: Mapping[str, Floats] = field(default_factory=dict)
    rejected_everywhere: Whole = field(default_factory=lambda: np.zeros(0, np.int64))
