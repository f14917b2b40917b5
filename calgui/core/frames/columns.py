"""Columns of numbers out of the tables of FITS files, read distrustfully and without the columns beside them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.headers import HduHeader
from calgui.core.frames.keywords import finite_number
from calgui.core.frames.source import Source, open_source

Floats = npt.NDArray[np.float64]

#: the FITS standard has no more columns
MOST_COLUMNS = 999
#: bytes of rows that are read at once
_PIECE = 1 << 20
#: values of a column that are taken; more are no spectrum
_MOST = 10_000_000

_FORM = re.compile(r"(\d*)([LXBIJKAEDCMPQ])(?:([LXBIJKAEDCM])(?:\(\d*\))?)?")
_TEXT_FORM = re.compile(r"[IFED](\d+)(?:\.\d+)?")
_NUMBERS = {"B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
_BYTES = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_CURE = "Choose another HDU, or ask for the file to be written anew."


@dataclass(frozen=True)
class _Column:
    """Where one column lies in a row.

    Attributes
    ----------
    name : str
        TTYPE.
    number : int
        From 1.
    place, width : int
        Bytes.
    count : int
        Values in a row.
    code : str
        The letter of TFORM; empty for a column of a text table.
    behind : str
        The letter of the values in the heap, of a column of arrays of different lengths.
    """

    name: str
    number: int
    place: int
    width: int
    count: int = 1
    code: str = ""
    behind: str = ""


def column_names(hdu: HduHeader) -> list[str]:
    """What the columns of a table are called.

    Parameters
    ----------
    hdu : HduHeader
        A table.

    Returns
    -------
    list of str
        TTYPE of each, as the header spells it; empty where it has none.
    """
    count = hdu.header.get("TFIELDS")
    if isinstance(count, bool) or not isinstance(count, int):
        return []
    return [str(hdu.header.get(f"TTYPE{number}") or "").strip() for number in range(1, min(count, MOST_COLUMNS) + 1)]


def read_columns(path: Path | str, hdu: HduHeader, names: list[str]) -> dict[str, Floats]:
    """Read columns of numbers.

    Parameters
    ----------
    path : path-like
        The file, plain or compressed.
    hdu : HduHeader
        One of its tables, binary or text.
    names : list of str
        As `column_names` tells them.

    Returns
    -------
    dict of ndarray of float64, shape (n,)
        All values of a column, row by row; NaN where it has none (TNULL, a blank field).

    Raises
    ------
    InputError
        The table is cut short or larger than any spectrum, or such a column is missing or holds no numbers.
    """
    path = Path(path)
    source = open_source(path)
    try:
        table = _Table(source, hdu)
        return {name: table.values(name) for name in names}
    finally:
        source.close()


class _Table:
    """The rows of one table."""

    def __init__(self, source: Source, hdu: HduHeader) -> None:
        self._source, self._hdu, self._header = source, hdu, hdu.header
        width, rows = self._header.get("NAXIS1"), self._header.get("NAXIS2")
        if not _is_count(width) or not _is_count(rows) or width * rows > hdu.size:
            raise self._wrong("does not say how long and how many its rows are")
        if hdu.offset + width * rows > source.limit:
            raise self._short()
        self._width, self._rows = width, rows
        text = hdu.kind == "ascii-table"
        self._columns = {column.name: column for column in reversed(list(self._text() if text else self._binary()))}

    def values(self, name: str) -> Floats:
        """All values of one column."""
        column = self._columns.get(name)
        if column is None:
            raise self._wrong(f"has no column {name} that can be found")
        if column.place + column.width > self._width:
            raise self._wrong(f"has rows of {self._width} bytes, too short for its column {name}")
        if self._rows * column.count > _MOST:
            raise self._wrong(f"has {self._rows * column.count:,} values in {name}: too many for a spectrum")
        if not column.code:
            found = self._of_text(column)
        elif column.code in "PQ":
            found = self._of_heap(column)
        elif column.code in _NUMBERS:
            found = self._of_numbers(column)
        else:
            raise self._wrong(f"has no numbers in its column {name}")
        return self._scaled(found, column)

    def _binary(self) -> Iterator[_Column]:
        place = 0
        for number, name in enumerate(column_names(self._hdu), 1):
            form = str(self._header.get(f"TFORM{number}") or "").strip().upper()
            match = _FORM.match(form)
            if match is None or len(match[1]) > 12:
                raise self._wrong(f"has a column {name or number} of the unknown form {form[:20]!r}")
            count, code = int(match[1] or 1), match[2]
            width = -(-count // 8) if code == "X" else count * _BYTES[code]
            yield _Column(name, number, place, width, count, code, match[3] or "")
            place += width

    def _text(self) -> Iterator[_Column]:
        for number, name in enumerate(column_names(self._hdu), 1):
            start, form = self._header.get(f"TBCOL{number}"), str(self._header.get(f"TFORM{number}") or "").strip()
            match = _TEXT_FORM.match(form.upper())
            # a column of words beside those of numbers is none of ours
            if match is not None and len(match[1]) < 6 and _is_count(start) and start > 0:
                yield _Column(name, number, start - 1, int(match[1]))

    def _pieces(self, column: _Column) -> Iterator[npt.NDArray[np.uint8]]:
        """The bytes of a column, some rows at a time."""
        if not column.width:
            return
        step = max(1, _PIECE // self._width)
        for row in range(0, self._rows, step):
            count = min(step, self._rows - row)
            raw = self._source.read(self._hdu.offset + row * self._width, count * self._width)
            if len(raw) < count * self._width:
                raise self._short()
            rows = np.frombuffer(raw, np.uint8).reshape(count, self._width)
            yield np.ascontiguousarray(rows[:, column.place : column.place + column.width])

    def _of_numbers(self, column: _Column) -> Floats:
        out = np.empty(self._rows * column.count, np.float64)
        place = 0
        for piece in self._pieces(column):
            values = piece.view(_NUMBERS[column.code]).reshape(-1)
            out[place : place + values.size] = self._without_null(values, column)
            place += values.size
        return out

    def _of_heap(self, column: _Column) -> Floats:
        """Arrays of different lengths, one behind the other; each row says how long its own is, and where."""
        if column.behind not in _NUMBERS:
            raise self._wrong(f"has no numbers in its column {column.name}")
        heap = self._header.get("THEAP")
        start = heap if _is_count(heap) else self._width * self._rows
        dtype = np.dtype(_NUMBERS[column.behind])
        found: list[Floats] = []
        total = 0
        for piece in self._pieces(column):
            pairs = piece.view(">i4" if column.code == "P" else ">i8").reshape(-1, 2).tolist() if column.count else []
            for count, place in pairs:
                total += max(count, 0)
                end = start + place + count * dtype.itemsize
                if count < 0 or place < 0 or end > self._hdu.size or total > _MOST:
                    raise self._wrong(f"has values of {column.name} outside of its place")
                raw = self._source.read(self._hdu.offset + start + place, count * dtype.itemsize)
                if len(raw) < count * dtype.itemsize:
                    raise self._short()
                found.append(self._without_null(np.frombuffer(raw, dtype), column))
        return np.concatenate(found) if found else np.empty(0)

    def _of_text(self, column: _Column) -> Floats:
        out = np.empty(self._rows, np.float64)
        null = str(self._header.get(f"TNULL{column.number}") or "").strip()
        row = 0
        for piece in self._pieces(column):
            for field in piece:
                text = field.tobytes().decode("latin-1").strip()
                try:
                    out[row] = float(text.upper().replace("D", "E")) if text not in ("", null) else np.nan
                except ValueError:
                    raise self._wrong(f"has {text[:30]!r} in {column.name}, which is no number") from None
                row += 1
        return out

    def _without_null(self, values: npt.NDArray[Any], column: _Column) -> Floats:
        with np.errstate(all="ignore"):
            found = values.astype(np.float64)
        null = self._header.get(f"TNULL{column.number}")
        if values.dtype.kind in "iu" and isinstance(null, int) and not isinstance(null, bool) and abs(null) < 1 << 63:
            found[values == null] = np.nan
        return found

    def _scaled(self, values: Floats, column: _Column) -> Floats:
        scale, zero = self._factor(f"TSCAL{column.number}", 1.0), self._factor(f"TZERO{column.number}", 0.0)
        with np.errstate(all="ignore"):
            return values * scale + zero if (scale, zero) != (1.0, 0.0) else values

    def _factor(self, keyword: str, default: float) -> float:
        value = self._header.get(keyword)
        found = default if value is None else finite_number(value)
        if found is None:
            raise self._wrong(f"has the {keyword} {str(value)[:30]!r}, which is no number")
        return found

    def _wrong(self, what: str) -> InputError:
        return InputError(f"The table in HDU {self._hdu.index} {what}.", path=self._source.path, cure=_CURE)

    def _short(self) -> InputError:
        return InputError(
            f"The file is cut short: rows of the table in HDU {self._hdu.index} are missing.",
            path=self._source.path,
            cure="Copy or download it again.",
        )


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
