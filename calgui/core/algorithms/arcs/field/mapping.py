"""What is shown over the field of spectra, as images."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.field.values import FieldFit, FieldMeasured, Floats
from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES


def maps_of(measured: FieldMeasured, fitted: FieldFit) -> Mapping[str, Floats]:
    """Maps of a solved field.

    Parameters
    ----------
    measured : FieldMeasured
        Says where the spectra are.
    fitted : FieldFit
        Their solutions.

    Returns
    -------
    mapping of str to ndarray of float64, shape (rows, columns)
        NaN where there is no spectrum, or no solution; empty where the spectra are in no field.
    """
    if measured.place is None:
        return {}
    rows, columns = measured.place
    shape = int(rows.max()) + 1, int(columns.max()) + 1
    pace = fitted.coefficients[:, 1] * 2 / (fitted.domain[1] - fitted.domain[0])
    solved = np.flatnonzero(np.isfinite(pace))
    shift = np.full(len(pace), np.nan)
    if solved.size:
        # further along in wavelength is a line's way back along the pixels
        shift = -(fitted.coefficients[:, 0] - np.median(fitted.coefficients[solved, 0])) / np.median(pace[solved])
    done = np.isfinite(pace)
    values: dict[str, npt.NDArray[np.float64]] = {
        "Residual (pixel)": fitted.rms,
        "Error of the solution (pixel)": fitted.error,
        "Lines used": np.where(done, fitted.used, np.nan),
        "Shift (pixel)": shift,
        "FWHM (pixel)": np.where(done, fitted.fwhm, np.nan),
        "Resolution": fitted.resolution,
        f"State ({', '.join(SPECTRUM_STATES)})": fitted.state.astype(np.float64),
    }
    for number in range(fitted.order + 1):
        values[f"Coefficient {number} (nm)"] = fitted.coefficients[:, number]
    made = {}
    for name, value in values.items():
        image = np.full(shape, np.nan)
        image[rows, columns] = value
        made[name] = image
    return made
