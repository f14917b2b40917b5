"""References and inputs that are a header: what they say stands in keywords, and there are no pixels."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from calgui.core.algorithms.registry import Algorithm
from calgui.core.errors import InputError
from calgui.core.frames.fits import FitsFrame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import merged, read_headers, union
from calgui.core.frames.spectra import open_input
from calgui.core.runs.tableframes import number_columns

#: types whose reference is a header: what it says stands in the keywords of this extension, which has no pixels
HEADERS: Mapping[str, str] = {"DISTORTION": "DISTORTION"}
#: types whose reference is a table: the extension that holds it
ONE_TABLE: Mapping[str, str] = {"ADC": "ADC", "INSDISP": "TRACE"}
#: keyword that names the columns of such a frame
COLUMNS = "COLUMNS"


class HeaderFrame(Frame):
    """A frame without pixels, opened and closed as others are; the data of a reference are one meaningless value."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Nothing is open."""


def read_header(path: Path, name: str) -> HeaderFrame:
    """A reference whose content is a header.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    name : str
        EXTNAME of the header.

    Returns
    -------
    HeaderFrame
        With the keywords of the primary header, completed by those of the extension.

    Raises
    ------
    InputError
        It cannot be read, or has no such extension.
    """
    hdus = read_headers(path)
    found = next((hdu for hdu in hdus if hdu.name == name), None)
    if found is None:
        names = ", ".join(hdu.name for hdu in hdus if hdu.name) or "none"
        raise InputError(
            f"There is no extension {name} in this file.", path=path, cure=f"Choose another; it has: {names}."
        )
    return HeaderFrame(np.zeros(1, np.float32), None, None, merged(hdus[0], found), path)


def table_frame(columns: Mapping[str, Any], header: Mapping[str, Any], path: Path | None) -> HeaderFrame:
    """Columns of numbers as a frame.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,)
        Those that hold no numbers are left out.
    header : mapping
        Keywords.
    path : pathlib.Path or None
        Of the file.

    Returns
    -------
    HeaderFrame
        Its data are (columns, n), and the keyword `COLUMNS` names them with commas between.
    """
    kept = {name: np.asarray(values) for name, values in columns.items()}
    kept = {name: values for name, values in kept.items() if values.ndim == 1 and values.dtype.kind in "fiu"}
    data = np.array([values.astype(np.float32) for values in kept.values()], np.float32)
    return HeaderFrame(data, None, None, {**header, COLUMNS: ",".join(kept)}, path)


def read_table(path: Path, name: str) -> HeaderFrame:
    """A reference whose content is a table.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    name : str
        EXTNAME of the table; without one of that name the first table counts.

    Returns
    -------
    HeaderFrame
        See `table_frame`.

    Raises
    ------
    InputError
        It cannot be read, or has no table.
    """
    hdus = read_headers(path)
    tables = [hdu for hdu in hdus if hdu.kind in ("table", "ascii-table")]
    found = next((hdu for hdu in tables if hdu.name == name), tables[0] if tables else None)
    if found is None:
        raise InputError(
            f"There is no table {name} in this file.", path=path, cure=f"Choose a reference of type {name}."
        )
    return table_frame(number_columns(path, found), merged(hdus[0], found), path)


def enter_input(stack: ExitStack, how: Algorithm, path: Path) -> FitsFrame | HeaderFrame:
    """Open an input of an algorithm.

    Parameters
    ----------
    stack : contextlib.ExitStack
        Closes it.
    how : Algorithm
        Says whether it takes a header alone.
    path : pathlib.Path
        The file.

    Returns
    -------
    FitsFrame or HeaderFrame
        Where the file has no image and the algorithm takes headers: the keywords of all its HDUs, the
        first one that has a keyword counting, and data of shape (0,).

    Raises
    ------
    InputError
        It cannot be read, or has no image and the algorithm takes no headers.
    """
    if "header" in how.takes:
        hdus = read_headers(path)
        # one that is cut short may have had an image
        if not any(hdu.is_image or hdu.warnings for hdu in hdus):
            return HeaderFrame(np.zeros(0, np.float32), None, None, union(hdus), path)
    frame = open_input(path)
    stack.push(frame)
    return frame
