"""Writing the FITS files of the demo night: the same bytes for the same night, nothing of today in them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.simulate.scene import Columns, Hdu, Image


def write_fits(path: Path, header: Mapping[str, Any], hdus: Sequence[Hdu], history: Iterable[str] = ()) -> None:
    """Write one file: a primary header, then images and tables.

    Parameters
    ----------
    path : pathlib.Path
        A file that is not there yet.
    header : mapping
        Keyword to value or ``(value, comment)``.
    hdus : sequence of Image or Columns
        What follows.
    history : iterable of str
        HISTORY cards of the primary header.
    """
    from astropy.io import fits

    primary = fits.PrimaryHDU()
    _fill(primary.header, header)
    for line in history:
        primary.header.add_history(line)
    made = [primary]
    for hdu in hdus:
        made.append(_image(hdu) if isinstance(hdu, Image) else _table(hdu))
    fits.HDUList(made).writeto(path, output_verify="exception")


def _fill(header: Any, cards: Mapping[str, Any]) -> None:
    for keyword, value in cards.items():
        header[keyword] = value


def _image(hdu: Image) -> Any:
    from astropy.io import fits

    image = fits.ImageHDU(hdu.data, name=hdu.name)
    _fill(image.header, hdu.header)
    return image


def _table(hdu: Columns) -> Any:
    from astropy.io import fits
    from astropy.table import Table

    table = Table({name: np.asarray(values) for name, values in hdu.data.items()})
    for name, unit in hdu.units.items():
        table[name].unit = unit
    made = fits.table_to_hdu(table)
    made.name = hdu.name
    _fill(made.header, hdu.header)
    return made
