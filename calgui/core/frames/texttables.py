"""Lines of texts as files: CSV for spreadsheets, ECSV for astronomers and scripts."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from calgui.core.errors import UsageError
from calgui.core.frames.writing import write_atomically
from calgui.core.printable import no_formula


def write_texts(
    lines: Sequence[Sequence[str]],
    path: Path | str,
    what: str,
    meta: Mapping[str, str] | None = None,
    *,
    delimiter: str = " ",
    overwrite: bool = False,
) -> Path:
    """Write lines as CSV, or as ECSV that astropy reads; whole or not at all.

    Parameters
    ----------
    lines : sequence of sequence of str
        Titles first; no title twice.
    path : path-like
        Its suffix says which: ``.csv`` or ``.ecsv``.
    what : str
        What it is, to begin a sentence.
    meta : mapping of str to str, optional
        What is told about the whole; CSV has no place for it.
    delimiter : str
        Between the cells of ECSV: a blank or a comma.
    overwrite : bool
        Whether an older file of this name may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UsageError
        For another suffix.
    InputError
        When it exists already, or cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".ecsv"):
        raise UsageError(f"{what} is written as .csv or .ecsv.", path=path, cure="Give it one of these endings.")
    text = _csv(lines) if suffix == ".csv" else _ecsv(lines, meta or {}, delimiter)
    # the name of a file may hold bytes that are no UTF-8
    raw = text.encode("utf-8", "backslashreplace")
    return write_atomically(path, lambda file: file.write(raw), overwrite=overwrite)


def _csv(lines: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([no_formula(cell) for cell in line] for line in lines)
    return out.getvalue()


def _ecsv(lines: Sequence[Sequence[str]], meta: Mapping[str, str], delimiter: str) -> str:
    from astropy.table import Table

    columns = [[line[place] for line in lines[1:]] for place in range(len(lines[0]))]
    table = Table(columns, names=lines[0], dtype=["str"] * len(columns), meta=dict(meta))
    out = io.StringIO()
    table.write(out, format="ascii.ecsv", delimiter=delimiter)
    return out.getvalue()
