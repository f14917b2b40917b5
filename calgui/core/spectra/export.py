"""Spectra as tables: ECSV for people and scripts, FITS for pipelines."""

import io
from pathlib import Path
from typing import Any

from calgui.core.errors import UsageError
from calgui.core.frames.writing import write_atomically
from calgui.core.spectra.spectrum import Spectrum

#: endings of file names, and the formats of astropy's tables
FORMATS: dict[str, str] = {".ecsv": "ascii.ecsv", ".fits": "fits"}


def as_table(spectrum: Spectrum) -> Any:
    """A spectrum as an astropy table.

    Parameters
    ----------
    spectrum : Spectrum
        As it is: not smoothed, not shifted.

    Returns
    -------
    astropy.table.Table
        Columns ``pixel``, ``wavelength`` (vacuum, nm) and ``error`` where they are known, and ``flux``.
    """
    from astropy.table import Column, Table

    table = Table(
        meta={"NAME": spectrum.name, "MEDIUM": "vacuum"} if spectrum.wavelength is not None else {"NAME": spectrum.name}
    )
    table["pixel"] = Column(spectrum.pixels, unit="pix")
    if spectrum.wavelength is not None:
        table["wavelength"] = Column(spectrum.wavelength, unit="nm")
    table["flux"] = Column(spectrum.flux, unit=_unit(spectrum.unit))
    if spectrum.error is not None:
        table["error"] = Column(spectrum.error, unit=_unit(spectrum.unit))
    return table


def write_spectrum(spectrum: Spectrum, path: Path | str, *, overwrite: bool = False) -> Path:
    """Write a spectrum, whole or not at all.

    Parameters
    ----------
    spectrum : Spectrum
        See `as_table`.
    path : path-like
        Its ending tells the format: one of `FORMATS`.
    overwrite : bool
        Whether an older file of this name may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UsageError
        Another ending.
    InputError
        The file exists already, or cannot be written.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(
            f"A spectrum cannot be written as {path.suffix or 'a file without ending'}.",
            path=path,
            cure=f"Use one of {', '.join(FORMATS)}.",
        )
    content = _fits(spectrum) if kind == "fits" else _ecsv(spectrum)
    return write_atomically(path, lambda file: file.write(content), overwrite=overwrite)


def _ecsv(spectrum: Spectrum) -> bytes:
    text = io.StringIO()
    as_table(spectrum).write(text, format="ascii.ecsv")
    return text.getvalue().encode()


def _fits(spectrum: Spectrum) -> bytes:
    """Column by column: astropy's own table writer drops units such as electron, which is none of its FITS units."""
    from astropy.io import fits

    table = as_table(spectrum)
    texts = {"pixel": "pixel", "wavelength": "nm", "flux": spectrum.unit, "error": spectrum.unit}
    columns = [
        fits.Column(name, "D", unit=texts[name].encode("ascii", "replace").decode() or None, array=table[name])
        for name in table.colnames
    ]
    hdu = fits.BinTableHDU.from_columns(columns, name="SPECTRUM")
    hdu.header["OBJNAME"] = (spectrum.name.encode("ascii", "replace").decode()[:60], "what it is")
    if spectrum.wavelength is not None:
        hdu.header["MEDIUM"] = ("vacuum", "of the wavelengths")
    content = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(content)
    return content.getvalue()


def _unit(text: str) -> Any:
    """A unit that astropy knows, or none: an odd BUNIT is no reason not to write."""
    from astropy import units

    try:
        return units.Unit(text) if text else None
    except (ValueError, TypeError):
        return units.UnrecognizedUnit(text)
