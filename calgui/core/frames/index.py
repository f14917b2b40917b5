"""The index of observations: headers of many files, read once, remembered by path, size and time."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from calgui.core.errors import InputError
from calgui.core.frames.headers import rule_header
from calgui.core.frames.source import unreadable
from calgui.core.frames.store import Store, Stored
from calgui.core.jobs import Job

#: a batch is handed on when it has so many files, or is so many seconds old
_BATCH_FILES = 250
_BATCH_SECONDS = 0.1
_BETWEEN = "\n"

_PACKED = ("", ".gz", ".fz", ".bz2", ".xz")
_NAMES = tuple(name + packed for name in (".fits", ".fit", ".fts") for packed in _PACKED)


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of the table.

    Attributes
    ----------
    path : pathlib.Path
        Absolute.
    size : int
        Bytes; 0 where the file is not there.
    mtime : float
        Seconds since 1970; 0 where the file is not there.
    header : mapping
        As `rule_header` gives it; empty where it could not be read.
    error : str or None
        Why the file could not be read, and what to do.
    """

    path: Path
    size: int
    mtime: float
    header: Mapping[str, Any] = field(default_factory=dict, repr=False)
    error: str | None = None


class StoredHeader(Mapping[str, Any]):
    """A header out of the index; each value is decoded when it is looked at.

    Parameters
    ----------
    places : mapping of str to int
        Keyword to place; shared by all files with the same keywords.
    text : str
        As `encode` makes it.
    """

    __slots__ = ("_places", "_text", "_values")

    def __init__(self, places: Mapping[str, int], text: str) -> None:
        self._places, self._text = places, text
        self._values: list[str] | None = None

    def __getitem__(self, key: str) -> Any:
        place = self._places[key]
        if self._values is None:
            self._values = self._text[1:-1].split(_BETWEEN)
            self._text = ""
        return _decode(self._values[place])

    def get(self, key: str, default: Any = None) -> Any:
        """Value of a keyword, or the default."""
        return self[key] if key in self._places else default

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(dict(self))


def encode(values: Iterable[Any]) -> str:
    """Values of a header as one text.

    Parameters
    ----------
    values : iterable
        What cards may hold.

    Returns
    -------
    str
        JSON of each, one a line (JSON itself has no bare line breaks).
    """
    return json.dumps(list(values), default=_complex_as_json, separators=(_BETWEEN, ":"))


def _complex_as_json(value: Any) -> dict[str, str]:
    if isinstance(value, complex):
        return {"complex": str(value)}
    raise TypeError(f"{type(value).__name__} in a header")


def _decode(text: str) -> Any:
    # most are plain texts, for which the whole decoder is not needed
    if text[0] == '"' and "\\" not in text:
        return text[1:-1]
    value = json.loads(text)
    return complex(value["complex"]) if isinstance(value, dict) else value


class _Found(NamedTuple):
    """A file on the disk."""

    path: str
    size: int
    mtime_ns: int
    error: str | None


class FileIndex:
    """Reads the headers of many files, and remembers them.

    Parameters
    ----------
    path : path-like, optional
        The database; in the user's cache folder if not given.

    Attributes
    ----------
    notes : list of str
        What a user should know of the index itself, as that it had to be made anew.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        if path is None:
            import platformdirs

            path = platformdirs.user_cache_path("calgui") / "headers.sqlite"
        self._store = Store(Path(path))

    @property
    def notes(self) -> list[str]:
        """What a user should know of the index itself."""
        return self._store.notes

    def scan(
        self,
        paths: Iterable[Path | str],
        job: Job | None = None,
        on_batch: Callable[[list[FileEntry]], None] | None = None,
    ) -> list[FileEntry]:
        """Read the headers of files, and of all FITS files in folders.

        Parameters
        ----------
        paths : iterable of path-like
            A file is taken whatever its name; in folders and their folders those with names of FITS files,
            except hidden ones.
        job : Job, optional
            Progress and cancel.
        on_batch : callable, optional
            Called in this thread with some entries at a time, known files first.

        Returns
        -------
        list of FileEntry
            Sorted by path, each file once; those that cannot be read with their error.

        Raises
        ------
        Cancelled
            What was read until then is remembered.
        """
        job = job or Job("Reading headers")
        deliver = on_batch or (lambda batch: None)
        found = {item.path: item for item in _look(paths, job)}
        entries: dict[str, FileEntry] = {}
        known = self._known(found)
        for item, row in known:
            entries[item.path] = _entry(item, row)
        for item in found.values():
            if item.error is not None:
                entries[item.path] = FileEntry(Path(item.path), item.size, item.mtime_ns / 1e9, {}, item.error)
        batch = list(entries.values())
        for start in range(0, len(batch), 2000):
            job.check()
            deliver(batch[start : start + 2000])
        missing = [item for item in found.values() if item.path not in entries]
        for batch in self._read(missing, len(found), job):
            entries.update((os.fspath(entry.path), entry) for entry in batch)
            deliver(batch)
        job.report(1.0, f"{len(entries):,} files")
        return [entries[name] for name in sorted(entries)]

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def _known(self, found: Mapping[str, _Found]) -> list[tuple[_Found, Stored]]:
        known = []
        wanted = [os.fsencode(item.path) for item in found.values() if item.error is None]
        for row in self._store.find(wanted):
            item = found[os.fsdecode(row.path)]
            if (row.size, row.mtime_ns) == (item.size, item.mtime_ns):
                known.append((item, row))
        return known

    def _read(self, missing: list[_Found], total: int, job: Job) -> Iterator[list[FileEntry]]:
        """Read what is not known yet; each batch is remembered before it is handed on."""
        entries: list[FileEntry] = []
        rows: list[Stored] = []
        done, started = total - len(missing), time.monotonic()
        try:
            for item in missing:
                job.report(done / max(total, 1), f"Reading headers: {done:,} of {total:,}")
                entry, row = _read_one(item)
                entries.append(entry)
                if row is not None:
                    rows.append(row)
                done += 1
                if len(entries) >= _BATCH_FILES or time.monotonic() - started > _BATCH_SECONDS:
                    self._store.put(rows)
                    rows = []
                    yield entries
                    entries, started = [], time.monotonic()
        finally:
            if rows:
                self._store.put(rows)
        if entries:
            yield entries


def _entry(item: _Found, row: Stored) -> FileEntry:
    header = StoredHeader(row.places, row.values) if row.places else {}
    return FileEntry(Path(item.path), item.size, item.mtime_ns / 1e9, header, row.error)


def _read_one(item: _Found) -> tuple[FileEntry, Stored | None]:
    """Read one header; what the system refused may be allowed next time, so that is not remembered."""
    path = Path(item.path)
    header: Mapping[str, Any] = {}
    error, remember = None, True
    try:
        header = rule_header(path)
    except InputError as problem:
        error = f"{problem.message} {problem.cure}".strip()
        remember = not isinstance(problem.__cause__, OSError)
    row = Stored(
        os.fsencode(item.path),
        item.size,
        item.mtime_ns,
        {key: place for place, key in enumerate(header)},
        encode(header.values()),
        error,
    )
    return FileEntry(path, item.size, item.mtime_ns / 1e9, header, error), row if remember else None


def _look(paths: Iterable[Path | str], job: Job) -> Iterator[_Found]:
    """Find the files; folders are gone through, each once even where links lead in a circle."""
    seen: set[tuple[int, int]] = set()
    count = 0
    for given in paths:
        path = os.path.abspath(given)  # noqa: PTH100 - links stay as they are named
        for item in _look_in(path, seen, job) if os.path.isdir(path) else (_stat(path),):  # noqa: PTH112
            count += 1
            if count % 100 == 0:
                job.report(float("nan"), f"Looking for files: {count:,}")
            yield item


def _look_in(folder: str, seen: set[tuple[int, int]], job: Job) -> Iterator[_Found]:
    folders = [folder]
    while folders:
        job.check()  # a whole disk may hold no file of the kind
        folder = folders.pop()
        try:
            mark = os.stat(folder)  # noqa: PTH116
            if (mark.st_dev, mark.st_ino) in seen:
                continue
            seen.add((mark.st_dev, mark.st_ino))
            with os.scandir(folder) as items:
                names = sorted(items, key=lambda item: item.name)
        except OSError as error:
            problem = unreadable(Path(folder), error)
            yield _Found(folder, 0, 0, f"The folder cannot be read: {error.strerror}. {problem.cure}")
            continue
        for item in names:
            if item.name.startswith("."):
                continue
            if item.name.lower().endswith(_NAMES) and not _is_folder(item):
                yield _stat(item.path, item)
            elif _is_folder(item):
                folders.append(item.path)


def _is_folder(item: "os.DirEntry[str]") -> bool:
    """Whether it is a folder; none where that cannot be told, as of a link to itself or on a disk that went away."""
    try:
        return item.is_dir()
    except OSError:
        return False


def _stat(path: str, item: "os.DirEntry[str] | None" = None) -> _Found:
    try:
        found = item.stat() if item is not None else os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        problem = unreadable(Path(path), error)
        return _Found(path, 0, 0, f"{problem.message} {problem.cure}")
    return _Found(path, found.st_size, found.st_mtime_ns, None)
