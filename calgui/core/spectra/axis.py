"""The spectral axis of a header: wavelengths in vacuum, in nm."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.keywords import finite_number
from calgui.core.spectra.wavelength import to_vacuum

#: kinds of axis that are wavelengths (FITS standard, table 25); a name of our own after the dash is an algorithm
_VACUUM = ("WAVE", "LAMBDA", "WAVELENGTH")
_AIR = ("AWAV",)
_NM = {
    "M": 1e9,
    "NM": 1.0,
    "UM": 1e3,
    "MICRON": 1e3,
    "MICRONS": 1e3,
    "MUM": 1e3,
    "ANGSTROM": 0.1,
    "ANGSTROMS": 0.1,
    "A": 0.1,
}


def spectral_axis(header: Mapping[str, Any], axes: int) -> int | None:
    """Which axis of an image is the spectral one.

    Parameters
    ----------
    header : mapping
        Of the image.
    axes : int
        How many it has.

    Returns
    -------
    int or None
        As in FITS, from 1; None where no axis says that it is one.
    """
    for number in range(1, axes + 1):
        kind = str(header.get(f"CTYPE{number}") or "").strip().upper()
        if kind.partition("-")[0] in (*_VACUUM, *_AIR):
            return number
    return None


def wavelengths(header: Mapping[str, Any], axis: int, length: int) -> npt.NDArray[np.float64] | None:
    """Wavelengths of the pixels of an axis that is linear, or linear in the logarithm.

    Parameters
    ----------
    header : mapping
        CTYPEn (``WAVE``: vacuum, ``AWAV``: air; ``WAVE-LOG`` as in FITS paper III, equation 5), CRVALn, CRPIXn,
        CDn_n, or CDELTn with PCn_n, CUNITn (metres without one).
    axis : int
        As in FITS, from 1.
    length : int
        Pixels of that axis.

    Returns
    -------
    ndarray of float64, shape (length,), or None
        In vacuum, in nm; None where the header does not say.
    """
    kind, _, algorithm = str(header.get(f"CTYPE{axis}") or "").strip().upper().partition("-")
    unit = _NM.get(str(header.get(f"CUNIT{axis}") or "m").strip().upper())
    step = header.get(f"CD{axis}_{axis}", _scaled(header, axis))
    numbers = (header.get(f"CRVAL{axis}"), step, header.get(f"CRPIX{axis}", 1.0))
    if kind not in (*_VACUUM, *_AIR) or unit is None or not all(_is_number(number) for number in numbers):
        return None
    value, step, reference = (float(number) for number in numbers if number is not None)
    apart = step * (np.arange(1, length + 1) - reference)
    if algorithm.strip("-") == "LOG":
        if value <= 0:
            return None
        found = value * np.exp(apart / value)
    elif not algorithm.strip("-"):
        found = value + apart
    else:
        return None
    found = np.asarray(found * unit, np.float64)
    if step == 0 or not np.all(np.isfinite(found)) or np.any(found <= 0):
        return None
    return to_vacuum(found) if kind in _AIR else found


def _is_number(value: Any) -> bool:
    return finite_number(value) is not None


def _scaled(header: Mapping[str, Any], axis: int) -> Any:
    """CDELTn times PCn_n: what writes a CD matrix as PC leaves 1 in CDELTn."""
    step, own = finite_number(header.get(f"CDELT{axis}")), finite_number(header.get(f"PC{axis}_{axis}", 1.0))
    return None if step is None or own is None else step * own
