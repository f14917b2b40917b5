"""A comparison of headers as a table for spreadsheets and programs: tab-separated text, CSV, ECSV."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from calgui.core.frames.headercompare import HeaderTable, Row
from calgui.core.frames.keywordmeaning import meaning_of, unit_of, without_unit

_TITLES = ("hdu", "keyword", "meaning", "unit", "differs")


def short_names(paths: Sequence[Path]) -> list[str]:
    """File names; with their folder where several have the same, and whole where that does not help.

    Parameters
    ----------
    paths : sequence of pathlib.Path

    Returns
    -------
    list of str
        As many.
    """
    names = [path.name for path in paths]
    for longer in (lambda path: f"{path.parent.name}/{path.name}", str):
        twice = {name for name in names if names.count(name) > 1}
        names = [longer(path) if name in twice else name for name, path in zip(names, paths, strict=True)]
    return names


def lines_of(table: HeaderTable, rows: Iterable[Row] | None = None) -> list[list[str]]:
    """A comparison as texts, titles first.

    Parameters
    ----------
    table : HeaderTable
    rows : iterable of Row, optional
        Those that are wanted; all if not given.

    Returns
    -------
    list of list of str
        HDU, keyword, meaning, unit, ``yes`` where the row differs, then each file; empty where it lacks the keyword.
    """
    lines = [[*_TITLES, *short_names([file.path for file in table.files])]]
    for row in table.rows if rows is None else rows:
        meaning = meaning_of(row.keyword)
        lines.append(
            [
                table.hdus[row.hdu],
                row.name,
                meaning.text if meaning is not None else without_unit(comment_of(row)),
                unit_of(row.keyword, comment_of(row)),
                "yes" if row.differs else "",
                *(cell.text for cell in row.cells),
            ]
        )
    return lines


def comment_of(row: Row) -> str:
    """The first comment that a file has on a keyword.

    Parameters
    ----------
    row : Row

    Returns
    -------
    str
        Empty where none has.
    """
    return next((cell.comment for cell in row.cells if cell.comment), "")


def tab_separated(lines: Sequence[Sequence[str]]) -> str:
    """Lines as a spreadsheet takes them from the clipboard.

    Parameters
    ----------
    lines : sequence of sequence of str

    Returns
    -------
    str
        One line each; tabs and line breaks inside a cell become blanks.
    """
    return "".join("\t".join(" ".join(cell.split()) for cell in line) + "\n" for line in lines)


def write_lines(lines: Sequence[Sequence[str]], path: Path | str, *, overwrite: bool = False) -> Path:
    """Write lines as CSV, or as ECSV that astropy reads; whole or not at all.

    Parameters
    ----------
    lines : sequence of sequence of str
        Titles first; no title twice.
    path : path-like
        Its suffix says which: ``.csv`` or ``.ecsv``.
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
    from calgui.core.frames.texttables import write_texts

    return write_texts(lines, path, "A table of headers", overwrite=overwrite)
