"""Observations down, types across: what is selected for each, and what the header says was used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.errors import UsageError
from calgui.core.jobs import Job
from calgui.core.rules.observatories.observatory import Observatory
from calgui.core.rules.questions.matches import base_name
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.values import Selection, Status

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_NONE = frozenset({"", "N/A", "NONE", "UNDEFINED", "NOT FOUND"})


@dataclass(frozen=True)
class MatrixRow:
    """One observation.

    Attributes
    ----------
    index : int
        Its place among the headers.
    name : str
        Its file, or another name.
    cells : tuple of Selection or None
        One for each type of the matrix; None where its instrument has no such type.
    used : tuple of str or None
        For each type what the header says was used: a file's name, ``N/A``, or None where it says nothing.
    before : tuple of Selection or None
        The same cells of another context, where they are compared; else empty.
    """

    index: int
    name: str
    cells: tuple[Selection | None, ...]
    used: tuple[str | None, ...] = ()
    before: tuple[Selection | None, ...] = ()

    @property
    def not_found(self) -> bool:
        """Whether a type is not found, or its rules are broken."""
        return any(one is not None and one.status in (Status.NOT_FOUND, Status.ERROR) for one in self.cells)

    def changed_at(self, column: int) -> bool:
        """Whether another context gives another answer for a type."""
        if not self.before:
            return False
        old, new = self.before[column], self.cells[column]
        if old is None or new is None:
            return old is not new
        return (old.status, old.file) != (new.status, new.file)

    @property
    def changed(self) -> bool:
        """Whether another context gives another answer for any type."""
        return any(map(self.changed_at, range(len(self.cells))))

    def disagrees_at(self, column: int) -> bool:
        """Whether the header says that another file was used than the one selected."""
        said, cell = self.used[column], self.cells[column]
        if said is None or cell is None:
            return False
        names = (cell.file or "N/A").split(",")
        return said not in names

    @property
    def disagrees(self) -> bool:
        """Whether the header says so for any type."""
        return any(map(self.disagrees_at, range(len(self.cells))))


@dataclass(frozen=True)
class Matrix:
    """Observations by types.

    Attributes
    ----------
    context : str
        Name of the ``.pmap``.
    since : str or None
        The other context that `MatrixRow.before` is of.
    types : tuple of str
        Columns, lower case.
    rows : tuple of MatrixRow
    """

    context: str
    since: str | None
    types: tuple[str, ...]
    rows: tuple[MatrixRow, ...]

    def filtered(self, *, not_found: bool = False, changed: bool = False, disagrees: bool = False) -> "Matrix":
        """Only the rows for which one of the conditions holds that are asked for; all where none is asked for."""
        if not (not_found or changed or disagrees):
            return self
        rows = [
            row
            for row in self.rows
            if (not_found and row.not_found) or (changed and row.changed) or (disagrees and row.disagrees)
        ]
        return replace(self, rows=tuple(rows))


def matrix(
    cache: "Cache",
    context: str,
    headers: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    types: Sequence[str] | None = None,
    since: str | None = None,
    job: Job | None = None,
) -> Matrix:
    """The selections of many observations.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    headers : sequence of mapping
        One for each observation.
    names : sequence of str
        As many: files, or other names.
    types : sequence of str, optional
        Columns; by default all types of the instruments that occur.
    since : str, optional
        Another context of the cache, whose selections are put beside.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Matrix

    Raises
    ------
    UsageError
        When the cache has no such context, or there are not as many names as headers.
    InputError
        When a context cannot be read.
    Cancelled
        When the job was cancelled.
    """
    if len(headers) != len(names):
        raise UsageError(f"There are {len(headers)} headers and {len(names)} names.")
    for name in (context, since):
        if name is not None:
            cache.check_context(name)
    job = job or Job()
    whole = 1.0 if since is None else 0.5
    now = best_references_many(cache, context, headers, types, job.part(0, whole))
    old = best_references_many(cache, since, headers, types, job.part(whole, 1)) if since is not None else []
    columns = tuple(dict.fromkeys(kind.lower() for kind in types)) if types else _columns([*now, *old])
    place = {kind: number for number, kind in enumerate(columns)}
    reader = _Used(cache.observatory, columns)
    rows = [
        MatrixRow(
            number,
            names[number],
            _cells(now[number], place),
            reader.read(header),
            _cells(old[number], place) if since is not None else (),
        )
        for number, header in enumerate(headers)
    ]
    return Matrix(context, since, columns, tuple(rows))


def _columns(answers: Iterable[tuple[Selection, ...]]) -> tuple[str, ...]:
    kinds: dict[tuple[str, ...], None] = {}
    for answer in answers:
        kinds[tuple([one.type for one in answer])] = None
    return tuple(dict.fromkeys(kind for some in kinds for kind in some))


def _cells(answer: tuple[Selection, ...], place: Mapping[str, int]) -> tuple[Selection | None, ...]:
    if len(answer) == len(place) and all(place.get(one.type) == i for i, one in enumerate(answer)):
        return answer
    cells: list[Selection | None] = [None] * len(place)
    for one in answer:
        if one.type in place:
            cells[place[one.type]] = one
    return tuple(cells)


class _Used:
    """Reads what headers say was used."""

    def __init__(self, observatory: Observatory, types: Sequence[str]) -> None:
        self.names = [used_keywords(observatory, kind) for kind in types]
        self._keys: dict[tuple[Any, ...], list[Any]] = {}

    def read(self, header: Mapping[str, Any]) -> tuple[str | None, ...]:
        layout = tuple(header)
        keys = self._keys.get(layout)
        if keys is None:
            upper = {str(key).upper(): key for key in layout}
            keys = self._keys[layout] = [
                next((upper[name] for name in names if name in upper), None) for names in self.names
            ]
        return tuple([None if key is None else used_name(header[key]) for key in keys])


def used_keywords(observatory: Observatory, type: str) -> tuple[str, ...]:
    """Names under which a header may say which file of a type was used, upper case."""
    keyword = observatory.reference_keyword(type)
    names = [f"META.REF_FILE.{type.upper()}.NAME", keyword, f"R_{type.upper()}"[:8]]
    return tuple(dict.fromkeys(name for name in names if name))


def used_name(value: object) -> str | None:
    """What a header's value says was used: a file's name, ``N/A``, or None for nothing.

    Parameters
    ----------
    value : object
        ``crds://tmt_iris_dark_0001.fits``, ``jref$abc_drk.fits``, a path, ``N/A``.

    Returns
    -------
    str or None
    """
    if value is None:
        return None
    text = str(value).strip()
    if text.upper() in _NONE:
        return "N/A" if text.upper() == "N/A" else None
    return base_name(text).rpartition("$")[2] or None


def write_matrix(table: Matrix, path: Path | str, *, overwrite: bool = False) -> Path:
    """Write a matrix as CSV, or as ECSV that astropy reads with its column descriptions; whole or not at all.

    Parameters
    ----------
    table : Matrix
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

    titles, lines = columns_of(table)
    meta = {"context": table.context} | ({"since": table.since} if table.since else {})
    return write_texts([titles, *lines], path, "A matrix", meta, delimiter=",", overwrite=overwrite)


def columns_of(table: Matrix) -> tuple[list[str], list[list[str]]]:
    """A matrix as text: titles, and for each row as many cells.

    Parameters
    ----------
    table : Matrix

    Returns
    -------
    list of str, list of list of str
        The observation, then for each type file, status, trust, and what the header says was used; with another
        context also its file and status.
    """
    parts = ["file", "status", "trust", "used", *(["before", "status_before"] if table.since else [])]
    titles = ["observation", *(f"{kind}_{part}" for kind in table.types for part in parts)]
    lines = []
    for row in table.rows:
        line = [row.name]
        for number, cell in enumerate(row.cells):
            line += _cell(cell)
            line.append(row.used[number] or "")
            if table.since:
                line += _cell(row.before[number])[:2]
        lines.append(line)
    return titles, lines


def _cell(cell: Selection | None) -> list[str]:
    if cell is None:
        return ["", "", ""]
    return [cell.file or "", cell.status.value, "" if cell.trust is None else cell.trust.value]
