"""Inputs that may be tables: a column of flux is a frame of one axis, as an image of one axis is."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calgui.core.frames.columns import column_names, read_columns
from calgui.core.frames.fits import FitsFrame, open_frame
from calgui.core.frames.frame import DqArray, FloatArray, Frame, Rows, bits_of
from calgui.core.frames.headers import HduHeader, Header, read_headers

Whole = npt.NDArray[np.int64]

#: what a column of flux, and one of its errors, may be called
FLUX_COLUMNS = ("FLUX", "COUNTS", "SPEC", "SPECTRUM", "INTENSITY", "OPT_COUNTS", "BOX_COUNTS", "DATA")
ERROR_COLUMNS = ("ERROR", "ERR", "FLUX_ERROR", "FLUXERR", "SIGMA", "UNCERTAINTY", "STDEV")
DQ_COLUMNS = ("DQ", "FLAGS", "QUALITY", "QUAL")
#: keywords that describe the table and not what is in it
_OF_TABLE = ("XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "TFIELDS", "TTYPE", "TFORM", "TUNIT", "TNULL", "TDIM",
             "TDISP", "TSCAL", "TZERO", "THEAP", "EXTNAME", "EXTVER")  # fmt: skip


def open_input(path: Path | str) -> FitsFrame:
    """Open what an algorithm takes: an image, or where a file has none a table with a column of flux.

    Parameters
    ----------
    path : path-like
        FITS, plain or compressed.

    Returns
    -------
    FitsFrame
        To be closed, or used in a ``with``. Of a table of one spectrum: of one axis; of one spectrum in each row: of
        two. A column of wavelengths is no part of it.

    Raises
    ------
    InputError
        As for `open_frame`.
    """
    path = Path(path)
    hdus = read_headers(path)
    if not any(hdu.is_image for hdu in hdus):
        for hdu in hdus:
            name = named_column(hdu, FLUX_COLUMNS) if hdu.kind in ("table", "ascii-table") else ""
            if name:
                return TableFrame(path, hdus[0], hdu, name)
    frame = open_frame(path)
    if len(frame.shape) == 2:
        frame.places = _places(path, hdus, frame.shape[0])
    return frame


def _places(path: Path, hdus: Sequence[HduHeader], count: int) -> tuple[Whole, Whole] | None:
    """Row and column of each spectrum of a stack, by a table that says so of as many as there are."""
    for hdu in hdus:
        if hdu.kind != "table" or hdu.shape[:1] != (count,):
            continue
        row, column = named_column(hdu, ("ROW", "Y")), named_column(hdu, ("COLUMN", "COL", "X"))
        if row and column:
            found = read_columns(path, hdu, [row, column])
            if all(one.size == count and np.all(np.isfinite(one)) for one in found.values()):
                rows, columns = (np.rint(found[name]).astype(np.int64) for name in (row, column))
                if min(rows.min(), columns.min()) >= 0 and len(set(zip(rows, columns, strict=True))) == count:
                    return rows, columns
    return None


def named_column(hdu: HduHeader, known: tuple[str, ...]) -> str:
    """The first column that is called one of the names.

    Parameters
    ----------
    hdu : HduHeader
        A table.
    known : tuple of str
        Names in upper case.

    Returns
    -------
    str
        As the table spells it; empty if none is.
    """
    columns = column_names(hdu)
    return next((column for name in known for column in columns if column.upper() == name), "")


def _bits(values: npt.NDArray[np.float64] | None, shape: tuple[int, ...]) -> DqArray | None:
    if values is None or values.size != math.prod(shape):
        return None
    good = np.isfinite(values) & (values >= 0) & (values < 2**32)
    return np.where(good, values, 0).astype(np.uint32).reshape(shape)


class TableFrame(FitsFrame):
    """A column of flux as a frame; it is read when it is opened.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    primary, table : HduHeader
        Its first HDU, and the table.
    name : str
        The column.
    """

    def __init__(self, path: Path, primary: HduHeader, table: HduHeader, name: str) -> None:
        error = named_column(table, ERROR_COLUMNS)
        bits = named_column(table, DQ_COLUMNS)
        columns = read_columns(path, table, [one for one in (name, error, bits) if one])
        flux = columns[name]
        rows = table.shape[0] if table.shape else 1
        shape = (rows, flux.size // rows) if rows > 1 and flux.size > rows and flux.size % rows == 0 else (flux.size,)
        sigma = columns.get(error)
        header = Header(primary.header)
        for key, value in table.header.items():
            if header.get(key) is None and not key.startswith(_OF_TABLE):
                header[key] = value
        number = next(place for place, column in enumerate(column_names(table), 1) if column == name)
        header.setdefault("BUNIT", str(table.header.get(f"TUNIT{number}") or "").strip())
        with np.errstate(over="ignore"):
            self._frame = Frame(
                flux.astype(np.float32).reshape(shape),
                sigma.astype(np.float32).reshape(shape) if sigma is not None and sigma.size == flux.size else None,
                _bits(columns.get(bits), shape),
                header,
                path,
            )
        self._path, self._header = path, header
        self.places = None

    @property
    def shape(self) -> tuple[int, ...]:
        """See `FitsFrame`."""
        return self._frame.shape

    @property
    def has_err(self) -> bool:
        """See `FitsFrame`."""
        return self._frame.err is not None

    @property
    def has_dq(self) -> bool:
        """See `FitsFrame`."""
        return self._frame.dq is not None

    @property
    def is_compressed(self) -> bool:
        """See `FitsFrame`."""
        return False

    def rows(self, start: int, stop: int) -> Rows:
        """See `FitsFrame`."""
        return self._frame.rows(start, stop)

    def data_rows(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """See `FitsFrame`."""
        return self._frame.data[start:stop]

    def dq_rows(self, start: int, stop: int) -> DqArray:
        """See `FitsFrame`."""
        return bits_of(self._frame.rows(start, stop))

    def band(self, start: int, stop: int) -> Rows:
        """See `FitsFrame`."""
        return self._frame.band(start, stop)

    def data_band(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """See `FitsFrame`."""
        return self._frame.band(start, stop).data

    def dq_band(self, start: int, stop: int) -> DqArray:
        """See `FitsFrame`."""
        return bits_of(self._frame.band(start, stop))

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> FloatArray | None:
        """See `FitsFrame`; a table has no further images."""
        return None

    def check_end(self) -> None:
        """See `FitsFrame`; it has been read."""

    def close(self) -> None:
        """See `FitsFrame`; it is closed already."""
