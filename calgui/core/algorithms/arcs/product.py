"""The WAVECAL: wavelengths of all pixels, lines, and coefficients."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.field.spread import spread_extensions
from calgui.core.algorithms.arcs.solving import Solved
from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES, LinesOfSpectra, Spectra
from calgui.core.frames.largewriting import MadeColumns, MadeRows
from calgui.core.frames.writing import ExtraHdu

Floats = npt.NDArray[np.float64]

_UM = 1e-3


def extensions(solved: Solved, spectra: Spectra) -> tuple[ExtraHdu, ...]:
    """What the product holds.

    Parameters
    ----------
    solved : Solved
        Solutions.
    spectra : Spectra
        The same, as the views have them.

    Returns
    -------
    tuple of ExtraHdu
        ``WAVELENGTH``, ``LINES``, ``COEFF``; of several spectra ``LSF`` and ``RESOLUTION``.
    """
    stack = solved.measured.stack
    many = len(stack) > 1
    um = ("um", "vacuum wavelength")
    return (
        ExtraHdu("WAVELENGTH", wavelength_image(spectra, stack.shape, stack.axis), {}, {"BUNIT": um}),
        ExtraHdu("LINES", MadeColumns(lambda: _lines(spectra, many)), {
            "wavelength": "um", "pixel": "pixel", "pixel_error": "pixel", "residual": "pixel",
            **({"flux": stack.unit} if stack.unit else {}),
        }),
        _coefficients(solved, spectra),
        *(() if solved.measured.field is None else spread_extensions(solved.measured.field.spread)),
    )  # fmt: skip


def wavelength_image(spectra: Spectra, shape: tuple[int, ...], axis: int | None) -> MadeRows:
    """Wavelength of every pixel of the input's spectra: of a field some 200 MB, made when they are written.

    Parameters
    ----------
    spectra : Spectra
        With coefficients.
    shape : tuple of int
        Of the input's spectra.
    axis : int or None
        Its spectral axis as in FITS, from 1.

    Returns
    -------
    MadeRows
        µm, vacuum, float64, of that shape; NaN of a spectrum without a solution.
    """
    coefficients = spectra.coefficients
    first, last = spectra.domain
    u = (2 * np.arange(spectra.flux.shape[1]) - first - last) / (last - first)
    design = legendre.legvander(u, coefficients.shape[1] - 1) * _UM
    if axis == len(shape):
        # wavelength runs along the first axis of the array
        def rows(start: int, stop: int) -> Floats:
            return (design[start:stop] @ coefficients.T).reshape(stop - start, *shape[1:])
    else:

        def rows(start: int, stop: int) -> Floats:
            return coefficients[start:stop] @ design.T

    return MadeRows(shape, np.float64, rows)


def _lines(spectra: Spectra, many: bool) -> dict[str, Any]:
    lines = spectra.lines
    # bytes, as FITS has them: hundreds of thousands of texts would take longer than the fit
    species, states = np.array([*spectra.species, ""], "S"), np.array(LINE_STATES, "S")
    chosen = np.flatnonzero(lines.state != len(LINE_STATES) - 1)
    if not len(chosen):
        chosen = np.arange(len(lines.state))
    made: dict[str, Any] = {"spectrum": lines.spectrum[chosen].astype(np.int32)} if many else {}
    return {
        **made,
        "species": species[lines.listed[chosen]],
        "wavelength": lines.wavelength[chosen] * _UM,
        "pixel": lines.pixel[chosen],
        "residual": lines.residual[chosen],
        "used": lines.state[chosen] == 0,
        "pixel_error": lines.pixel_error[chosen],
        "flux": lines.flux[chosen],
        "state": states[lines.state[chosen]],
    }


def _coefficients(solved: Solved, spectra: Spectra) -> ExtraHdu:
    stack = solved.measured.stack
    pixels = spectra.flux.shape[1]

    columns: dict[str, Any] = {
        "spectrum": np.arange(len(spectra.coefficients), dtype=np.int32),
        "coefficients": spectra.coefficients * _UM,
        "rms": spectra.rms,
        "fwhm": spectra.fwhm,
        "state": np.array(SPECTRUM_STATES)[spectra.state],
    }
    units = {"coefficients": "um", "rms": "pixel", "fwhm": "pixel"}
    if spectra.place is not None:
        columns["row"], columns["column"] = (one.astype(np.int32) for one in spectra.place)
    if stack.rows is not None:
        columns["trace_row"], units["trace_row"] = stack.rows, "pixel"
    return ExtraHdu(
        "COEFF",
        columns,
        units,
        {
            "BASIS": ("legendre", "polynomials in u, lowest order first"),
            "DOMAIN": (f"u = 2 x / {pixels - 1} - 1", "x: pixel from 0"),
            "DOMAIN0": (spectra.domain[0], "[pixel] u = -1"),
            "DOMAIN1": (spectra.domain[1], "[pixel] u = 1"),
        },
    )


def lines_of_one(solved: Solved, missing: tuple[npt.NDArray[np.int64], Floats]) -> LinesOfSpectra:
    """Lines of a single spectrum as a table, with those that are missing.

    Parameters
    ----------
    solved : Solved
        Of one spectrum.
    missing : tuple of ndarray
        Indices in the list, and where they ought to be.

    Returns
    -------
    LinesOfSpectra
    """
    one, (gone, where) = solved.main.solution, missing
    count = len(one.pixel) + len(gone)
    none = np.full(len(gone), np.nan)
    return LinesOfSpectra(
        np.zeros(count, np.int64),
        np.r_[one.pixel, where],
        np.r_[one.pixel_error, none],
        np.r_[one.wavelength, solved.named.listed.wavelength[gone]],
        np.r_[one.residual, none],
        np.r_[one.flux, np.zeros(len(gone))],
        np.r_[one.state, np.full(len(gone), len(LINE_STATES) - 1)].astype(np.int64),
        np.r_[one.listed, gone].astype(np.int64),
    )
