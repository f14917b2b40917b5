"""The spectra of the sky with its lines, as the views draw them."""

import numpy as np
from numpy.polynomial import legendre

from calgui.core.algorithms.nightshift.combining import Combined
from calgui.core.algorithms.nightshift.measuring import Measured
from calgui.core.algorithms.spectralgrid.spectra import Stack
from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES, LinesOfSpectra, Spectra

_ORDER = 6
_USED, _REJECTED = LINE_STATES.index("used"), LINE_STATES.index("rejected")
_SOLVED, _FAILED, _EMPTY = (SPECTRUM_STATES.index(name) for name in ("solved", "failed", "empty"))


def spectra_of(found: Combined, measured: Measured, stack: Stack) -> Spectra:
    """What the views draw; residuals are shifts against the solution.

    Parameters
    ----------
    found : Combined
        Shifts.
    measured : Measured
        Features.
    stack : Stack
        The spectra.

    Returns
    -------
    Spectra
        Along the pixels of the input.
    """
    count, pixels = stack.flux.shape
    known = np.isfinite(stack.wavelength).all(axis=1)
    u = np.linspace(-1, 1, pixels)
    basis = np.linalg.pinv(legendre.legvander(u, _ORDER))
    coefficients = np.full((count, _ORDER + 1), np.nan)
    coefficients[known] = stack.wavelength[known] @ basis.T
    sign = -1.0 if stack.falling else 1.0
    coefficients *= sign ** np.arange(_ORDER + 1)
    rows, columns = np.nonzero(np.isfinite(measured.shift))
    at = measured.centre[rows, columns] + measured.shift[rows, columns]
    lines = LinesOfSpectra(
        rows.astype(np.int64),
        pixels - 1 - at if stack.falling else at,
        measured.error[rows, columns],
        measured.features.wavelength[columns],
        sign * measured.shift[rows, columns],
        measured.flux[rows, columns],
        np.where(found.used[rows, columns], _USED, _REJECTED).astype(np.int64),
        columns.astype(np.int64),
    )
    off = np.where(found.used, measured.shift, np.nan)
    counts = np.maximum(found.count, 1)
    rms = np.where(found.count > 0, np.sqrt(np.nansum(off**2, axis=1) / counts), np.nan)
    state = np.where(found.count > 0, _SOLVED, np.where(known, _FAILED, _EMPTY)).astype(np.int64)
    place, maps = stack.layout.place, {}
    if place is not None:
        image = np.full([int(axis.max()) + 1 for axis in place], np.nan)
        image[place] = sign * found.each
        maps["Shift (pixel)"] = image
    features = measured.features
    bright = int(np.argmax(np.where(np.isfinite(found.each), found.count, -1)))
    return Spectra(
        stack.flux[:, ::-1] if stack.falling else stack.flux, coefficients, (0.0, pixels - 1.0), state, rms,
        np.full(count, measured.fwhm), lines, bright, ("OH",) * len(features), features.wavelength, features.intensity,
        place, {}, maps,
    )  # fmt: skip
