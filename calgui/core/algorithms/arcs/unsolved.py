"""What there is to see of an arc that could not be solved: its lines, to be identified by hand."""

from typing import Any

import numpy as np

from calgui.core.algorithms.arcs.mainfit import UNIDENTIFIED
from calgui.core.algorithms.arcs.measuring import Measured
from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES, LinesOfSpectra, Spectra


def unsolved(measured: Measured, config: Any) -> Result:
    """Lines of the main spectrum without names.

    Parameters
    ----------
    measured : Measured
        Lines that were found.
    config : ArcConfig
        None of its options counts.

    Returns
    -------
    Result
        With `Result.spectra` alone: no wavelengths, and no product.
    """
    stack, found, listed = measured.stack, measured.found, measured.lines
    n, m = len(stack), len(found)
    nothing, unknown = np.full(m, np.nan), np.full(n, np.nan)
    fwhm = unknown.copy()
    fwhm[measured.main] = found.fwhm
    lines = LinesOfSpectra(
        np.full(m, measured.main), found.pixel, found.pixel_error, nothing, nothing, found.flux,
        np.full(m, UNIDENTIFIED), np.full(m, -1),
    )  # fmt: skip
    last = float(measured.pixels - 1)
    spectra = Spectra(
        stack.flux, np.full((n, 1), np.nan), (0.0, last), np.full(n, SPECTRUM_STATES.index("failed")), unknown, fwhm,
        lines, measured.main, listed.species, listed.wavelength, listed.intensity, stack.place,
        identifies="identify", excludes="exclude",
    )  # fmt: skip
    return Result(frame=None, metrics={}, spectra=spectra)
