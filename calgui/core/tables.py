"""Columns of numbers and texts as files: ECSV for astronomers and scripts, CSV for spreadsheets."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import UsageError
from calgui.core.frames.writing import write_atomically
from calgui.core.printable import no_formula

#: endings of names of files
SUFFIXES = (".ecsv", ".csv")
_UNIT = re.compile(r"(.*\S)\s*[\[(]([^\[\]()]+)[\])]")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        Of the column; one that is there already gets a number.
    values : array-like
        Numbers, logicals or texts, one axis.
    unit : str
        As people write it; empty for none.
    """

    name: str
    values: npt.ArrayLike | Sequence[Any]
    unit: str = ""


def titled(title: str) -> tuple[str, str]:
    """The name and the unit in the title of a column.

    Parameters
    ----------
    title : str
        Such as ``Exposure (s)``.

    Returns
    -------
    tuple of str
        Name, and unit; empty for none.
    """
    match = _UNIT.fullmatch(title.strip())
    return (match[1], match[2]) if match else (title.strip(), "")


def write_table(
    columns: Sequence[Column], path: Path | str, meta: Mapping[str, str] | None = None, *, overwrite: bool = False
) -> Path:
    """Write columns as a table; the file appears whole or not at all.

    Parameters
    ----------
    columns : sequence of Column
        Shorter ones are filled up: numbers with NaN, texts with nothing.
    path : path-like
        Its ending tells the format, one of `SUFFIXES`.
    meta : mapping of str to str, optional
        What is told about the whole; CSV has no place for it.
    overwrite : bool
        Whether an older file of this name may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        It exists already or cannot be written.
    UsageError
        Another ending, or nothing to write.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError("The ending tells no format of tables.", path=path, cure=f"Use {' or '.join(SUFFIXES)}.")
    if not columns:
        raise UsageError("There is nothing to write.", path=path, cure="Show something first.")
    filled = _filled(columns)
    text = _ecsv(filled, meta or {}) if path.suffix.lower() == ".ecsv" else _csv(filled)
    # the name of a file may hold bytes that are no UTF-8
    raw = text.encode("utf-8", "backslashreplace")
    return write_atomically(path, lambda file: file.write(raw), overwrite=overwrite)


def _filled(columns: Sequence[Column]) -> dict[str, tuple[npt.NDArray[Any], str]]:
    """Name to values and unit, all of one length."""
    arrays = [_array(column.values) for column in columns]
    length = max(len(array) for array in arrays)
    made: dict[str, tuple[npt.NDArray[Any], str]] = {}
    for column, array in zip(columns, arrays, strict=True):
        missing = length - len(array)
        if missing:
            blank: Any = np.nan if array.dtype.kind in "fiub" else ""
            array = np.concatenate([array.astype(float) if array.dtype.kind in "iub" else array, [blank] * missing])
        stem = column.name.strip() or "column"
        name = next(
            one for number in range(1, 10_000) if (one := stem if number == 1 else f"{stem}_{number}") not in made
        )
        made[name] = (array, column.unit)
    return made


def _array(values: Any) -> npt.NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1:
        array = array.reshape(-1)
    return array if array.dtype.kind in "fiub" else array.astype(str)


def _ecsv(columns: Mapping[str, tuple[npt.NDArray[Any], str]], meta: Mapping[str, str]) -> str:
    from astropy.table import Column as AstropyColumn
    from astropy.table import Table

    table = Table(meta=dict(meta))
    for name, (values, unit) in columns.items():
        table[name] = AstropyColumn(values, unit=_unit(unit))
    out = io.StringIO()
    table.write(out, format="ascii.ecsv")
    return out.getvalue()


def _csv(columns: Mapping[str, tuple[npt.NDArray[Any], str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([no_formula(f"{name} ({unit})" if unit else name) for name, (_values, unit) in columns.items()])
    # as Python objects, numbers are written with all their digits
    listed = [values.tolist() for values, _unit in columns.values()]
    for row in zip(*listed, strict=True):
        writer.writerow([_csv_cell(cell) for cell in row])
    return out.getvalue()


def _csv_cell(cell: Any) -> Any:
    if isinstance(cell, str):
        return no_formula(cell)
    return "" if isinstance(cell, float) and cell != cell else cell


def _unit(text: str) -> Any:
    from astropy.units import Unit

    if not text:
        return None
    plain = text.replace("µ", "u").replace("μ", "u").replace("e-", "electron").replace("Å", "Angstrom")
    return Unit(plain, parse_strict="silent")
