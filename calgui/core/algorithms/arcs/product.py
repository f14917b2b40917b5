"""The WAVECAL: wavelengths of all pixels, lines, and coefficients. Large tables are made when they are asked for."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.field.spread import spread_extensions
from calgui.core.algorithms.arcs.solving import Solved
from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES, LinesOfSpectra, Spectra
from calgui.core.frames.writing import ExtraHdu

Floats = npt.NDArray[np.float64]

_UM = 1e-3


class LaterHdu(ExtraHdu):
    """An extension whose data are made when they are first asked for.

    Parameters
    ----------
    name : str
        EXTNAME.
    make : callable
        Gives the data.
    units : mapping of str to str
        Column to unit.
    header : mapping
        Further keywords.
    """

    _make: Callable[[], Any]

    def __init__(
        self,
        name: str,
        make: Callable[[], Any],
        units: Mapping[str, str] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> None:
        for key, value in {"name": name, "_make": make, "units": units or {}, "header": header or {}}.items():
            object.__setattr__(self, key, value)

    @cached_property
    def data(self) -> Any:
        """As of `ExtraHdu`."""
        return self._make()


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
        LaterHdu("WAVELENGTH", lambda: wavelength_of_pixels(spectra, stack.shape, stack.axis), {}, {"BUNIT": um}),
        LaterHdu("LINES", lambda: _lines(spectra, many), {
            "wavelength": "um", "pixel": "pixel", "pixel_error": "pixel", "residual": "pixel",
            **({"flux": stack.unit} if stack.unit else {}),
        }),
        _coefficients(solved, spectra),
        *(() if solved.measured.field is None else spread_extensions(solved.measured.field.spread)),
    )  # fmt: skip


def wavelength_of_pixels(spectra: Spectra, shape: tuple[int, ...], axis: int | None) -> Floats:
    """Wavelength of every pixel of the input's spectra.

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
    ndarray of float64
        µm, vacuum, of that shape; NaN of a spectrum without a solution.
    """
    n, pixels = spectra.flux.shape
    first, last = spectra.domain
    u = (2 * np.arange(pixels) - first - last) / (last - first)
    design = legendre.legvander(u, spectra.coefficients.shape[1] - 1)
    made = np.asarray(spectra.coefficients @ design.T * _UM, np.float64)
    if len(shape) == 3:
        return np.ascontiguousarray(made.T.reshape(shape))
    if len(shape) == 2 and axis == 2:
        return np.ascontiguousarray(made.T)
    return made.reshape(shape) if made.size == int(np.prod(shape)) else made.reshape(n, pixels)


def _lines(spectra: Spectra, many: bool) -> dict[str, Any]:
    lines = spectra.lines
    species = np.array([*spectra.species, ""], object)
    chosen = np.flatnonzero(lines.state != len(LINE_STATES) - 1)
    if not len(chosen):
        chosen = np.arange(len(lines.state))
    made: dict[str, Any] = {"spectrum": lines.spectrum[chosen].astype(np.int32)} if many else {}
    return {
        **made,
        "species": species[lines.listed[chosen]].astype(str),
        "wavelength": lines.wavelength[chosen] * _UM,
        "pixel": lines.pixel[chosen],
        "residual": lines.residual[chosen],
        "used": lines.state[chosen] == 0,
        "pixel_error": lines.pixel_error[chosen],
        "flux": lines.flux[chosen],
        "state": np.array(LINE_STATES)[lines.state[chosen]],
    }


def _coefficients(solved: Solved, spectra: Spectra) -> ExtraHdu:
    stack = solved.measured.stack
    pixels = spectra.flux.shape[1]

    def make() -> dict[str, Any]:
        made: dict[str, Any] = {
            "spectrum": np.arange(len(spectra.coefficients), dtype=np.int32),
            "coefficients": spectra.coefficients * _UM,
            "rms": spectra.rms,
            "fwhm": spectra.fwhm,
            "state": np.array(SPECTRUM_STATES)[spectra.state],
        }
        if spectra.place is not None:
            made["row"], made["column"] = (one.astype(np.int32) for one in spectra.place)
        if stack.rows is not None:
            made["trace_row"] = stack.rows
        return made

    return LaterHdu(
        "COEFF",
        make,
        {"coefficients": "um", "rms": "pixel", "fwhm": "pixel"}
        | ({"trace_row": "pixel"} if stack.rows is not None else {}),
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
