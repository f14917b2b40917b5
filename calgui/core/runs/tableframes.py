"""References that are tables: what they say stands in columns, with an image beside them or without."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError
from calgui.core.frames.columns import column_names, read_columns
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import HduHeader, read_headers

Columns = Mapping[str, npt.NDArray[np.float64]]

#: types whose reference is tables
TABLES: frozenset[str] = frozenset({"FLUXSTAR"})


@dataclass(frozen=True)
class TableFrame(Frame):
    """A reference with tables; its data are one meaningless value where it has no image.

    Attributes
    ----------
    tables : mapping of str to mapping of str to ndarray of float64
        Columns of numbers by the name of their extension.
    """

    tables: Mapping[str, Columns] = field(default_factory=dict)


def read_tables(path: Path) -> TableFrame:
    """Read the columns of numbers of a file, and its image if it has one.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    TableFrame

    Raises
    ------
    InputError
        It cannot be read.
    """
    hdus = read_headers(path)
    tables = {hdu.name: _columns(path, hdu) for hdu in hdus if hdu.kind in ("table", "ascii-table")}
    try:
        image = read_frame(path)
    except InputError:
        if not tables:
            raise
        return TableFrame(np.zeros(1, np.float32), None, None, hdus[0].header, path, tables=tables)
    return TableFrame(image.data, image.err, image.dq, image.header, path, tables=tables)


def _columns(path: Path, hdu: HduHeader) -> dict[str, npt.NDArray[np.float64]]:
    """Those that hold numbers."""
    made: dict[str, npt.NDArray[np.float64]] = {}
    for name in filter(None, column_names(hdu)):
        try:
            made |= read_columns(path, hdu, [name])
        except InputError:
            continue
    return made


def tables_of(result: Result) -> TableFrame:
    """The same of a result that was not written.

    Parameters
    ----------
    result : Result
        With tables among its extensions.

    Returns
    -------
    TableFrame
    """
    tables = {
        extra.name: {
            name: np.asarray(values, np.float64)
            for name, values in extra.data.items()
            if np.asarray(values).dtype.kind in "fiub"
        }
        for extra in result.extensions
        if isinstance(extra.data, Mapping)
    }
    shown = result.picture
    header = {**(shown.header if shown is not None else {}), **(result.frame.header if result.frame else {})}
    header |= {key: value for key, (value, _comment) in result.keywords.items()} | {"CALVERD": result.verdict}
    path = shown.path if shown is not None else None
    data = result.frame.data if result.frame is not None else np.zeros(1, np.float32)
    return TableFrame(data, None, None, header, path, tables=tables)
