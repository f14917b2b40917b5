"""Spectra out of FITS files: one-dimensional images, and tables with a column of flux."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.errors import InputError
from calgui.core.frames.columns import MOST_COLUMNS, column_names, read_columns
from calgui.core.frames.fits import read_frame
from calgui.core.frames.headers import HduHeader, read_headers
from calgui.core.frames.spectra import ERROR_COLUMNS, FLUX_COLUMNS, named_column
from calgui.core.spectra.axis import wavelengths
from calgui.core.spectra.spectrum import Spectrum
from calgui.core.spectra.wavelength import IN_NM, to_vacuum

_FLUX = FLUX_COLUMNS
_WAVE = ("WAVELENGTH", "WAVE", "LAMBDA", "WAVE_VAC", "OPT_WAVE", "BOX_WAVE", "WAVE_AIR", "AWAV")
_ERROR = ERROR_COLUMNS
_UNITS = {"nm": 1.0, "um": 1e3, "micron": 1e3, "angstrom": 0.1, "m": 1e9, "a": 0.1}


def spectra_in(path: Path | str) -> tuple[HduHeader, ...]:
    """The HDUs of a file that hold a spectrum.

    Parameters
    ----------
    path : path-like
        FITS.

    Returns
    -------
    tuple of HduHeader
        One-dimensional images, and tables with a column of flux.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    hdus = read_headers(path)
    return tuple(
        hdu
        for hdu in hdus
        if (hdu.is_image and len([side for side in hdu.shape if side > 1]) == 1 and not _beside(hdu, hdus))
        or (hdu.kind in ("table", "ascii-table") and named_column(hdu, _FLUX) and not _tells_places(hdu))
    )


def _beside(hdu: HduHeader, hdus: Sequence[HduHeader]) -> bool:
    """Whether it is the errors or the quality of a spectrum, which are read with it."""
    named = hdu.name.upper() in ("ERR", "DQ")
    return named and any(other.name.upper() == "SCI" and other.shape == hdu.shape for other in hdus)


def _tells_places(hdu: HduHeader) -> bool:
    """Whether a table says where spectra are in the field: its column ``SPECTRUM`` counts them."""
    return {"ROW", "COLUMN"} <= {name.upper() for name in column_names(hdu)}


def read_spectrum(path: Path | str, hdu: int | None = None) -> Spectrum:
    """Read a spectrum.

    Parameters
    ----------
    path : path-like
        FITS: a one-dimensional image whose header has the axis (`axis.wavelengths`), or a table with a column of
        flux and, if there is one, of wavelength. A wavelength column without unit is in Å if its values are above
        100, else in µm; one called ``wave_air`` or ``awav`` is in air.
    hdu : int, optional
        Number of the HDU; else the first that holds one.

    Returns
    -------
    Spectrum
        Wavelengths that are zero or not finite, as of padding, are left out with their values.

    Raises
    ------
    InputError
        There is none, or it cannot be read.
    """
    path = Path(path)
    found = spectra_in(path)
    chosen = next((one for one in found if hdu is None or one.index == hdu), None)
    if chosen is None:
        what = "This file holds no spectrum" if hdu is None else f"HDU {hdu} holds no spectrum"
        places = ", ".join(str(one.index) for one in found)
        cure = (
            f"Spectra are in HDU {places}."
            if places
            else "One is an image of one axis, or a table with a column of flux."
        )
        raise InputError(f"{what}.", path=path, cure=cure)
    return _of_image(path, chosen) if chosen.is_image else _of_table(path, chosen)


def _of_image(path: Path, hdu: HduHeader) -> Spectrum:
    frame = read_frame(path, hdu.index)
    axis = 1 + max(range(len(frame.shape)), key=lambda place: frame.shape[::-1][place])
    flux = frame.data.reshape(-1).astype(np.float64)
    error = frame.err.reshape(-1).astype(np.float64) if frame.err is not None else None
    wave = wavelengths(frame.header, axis, len(flux))
    return Spectrum(flux, error, wave, frame.unit, _title(path, hdu), path, frame.header)


def _of_table(path: Path, hdu: HduHeader) -> Spectrum:
    names = {part: named_column(hdu, known) for part, known in (("flux", _FLUX), ("wave", _WAVE), ("error", _ERROR))}
    columns = read_columns(path, hdu, sorted({name for name in names.values() if name}))
    flux, wave, sigma = (columns.get(names[part]) for part in ("flux", "wave", "error"))
    if flux is None:
        raise InputError("The table has no column of flux.", path=path, cure="Choose another HDU.")
    wave = wave if wave is not None and wave.size == flux.size else None
    sigma = sigma if sigma is not None and sigma.size == flux.size else None
    if wave is not None:
        wave = _in_vacuum(wave, names["wave"], _unit(hdu.header, names["wave"]))
        good = np.isfinite(wave) & (wave > 0)
        flux, wave = flux[good], wave[good]
        sigma = sigma[good] if sigma is not None else None
    return Spectrum(flux, sigma, wave, _unit(hdu.header, names["flux"]), _title(path, hdu), path, hdu.header)


def _in_vacuum(wave: Any, name: str, unit: str) -> Any:
    scale = _UNITS.get(unit.casefold())
    if scale is None:
        seen = wave[np.isfinite(wave) & (wave > 0)]
        scale = IN_NM["Angstrom"] if seen.size and np.median(seen) > 100 else IN_NM["um"]
    nm = wave * scale
    with np.errstate(divide="ignore", invalid="ignore"):
        return to_vacuum(nm) if name.upper() in ("WAVE_AIR", "AWAV") else nm


def _unit(header: Mapping[str, Any], column: str) -> str:
    number = next((n for n in range(1, MOST_COLUMNS + 1) if str(header.get(f"TTYPE{n}") or "").strip() == column), 0)
    return str(header.get(f"TUNIT{number}") or "").strip()


def _title(path: Path, hdu: HduHeader) -> str:
    return f"{path.name} [{hdu.name or hdu.index}]"
