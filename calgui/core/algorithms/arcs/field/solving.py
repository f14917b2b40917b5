"""From the solution of one spectrum to those of all: the lines of each are measured, then polynomials are fitted."""

from collections.abc import Sequence

from calgui.core.algorithms.arcs.field.fitting import fit
from calgui.core.algorithms.arcs.field.measuring import measure
from calgui.core.algorithms.arcs.field.values import FieldFit, FieldMeasured, Place, Singles
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.solution import Solution1D
from calgui.core.jobs import Job

__all__ = ["FieldFit", "FieldMeasured", "fit_field", "measure_field"]


def measure_field(
    flux: Singles,
    error: Singles | None,
    place: Place | None,
    main: Solution1D,
    listed: LampLines,
    job: Job,
    *,
    at: int = 0,
    photons: float | None = None,
) -> FieldMeasured:
    """Find the lines of a solved spectrum in all others, and measure their centres.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra; NaN where a pixel is dead, saturated or hit.
    error : ndarray of float32, shape (n, pixels), or None
        One standard deviation; None where it is that of the level's scatter and of photons.
    place : tuple of two ndarray of int, or None
        Row and column of each spectrum in the field.
    main : Solution1D
        Of one of the spectra.
    listed : LampLines
        Of the lamps, as listed or as resolved; those that the main spectrum cannot hold are left out.
    job : Job
        Progress and cancel.
    at : int
        Index of the spectrum that the main solution is of.
    photons : float or None
        Electrons in one unit of flux, where there is no error; None where that is not known: errors of centres are then
        scaled by what is left of the lines.

    Returns
    -------
    FieldMeasured
    """
    return measure(flux, error, place, main, listed, at, float("inf") if photons is None else photons, job)


def fit_field(measured: FieldMeasured, order: int | None, clip: float, excluded: Sequence[float], job: Job) -> FieldFit:
    """Fit a polynomial to the lines of each spectrum.

    Parameters
    ----------
    measured : FieldMeasured
        Lines of all spectra.
    order : int or None
        Of the Legendre polynomials; None for the lowest that the lines of the whole field find no fault with.
    clip : float
        Lines further off than so many sigma are rejected.
    excluded : sequence of float
        Wavelengths of listed lines to leave out everywhere, in nm.
    job : Job
        Progress and cancel.

    Returns
    -------
    FieldFit
    """
    return fit(measured, order, clip, excluded, job)
