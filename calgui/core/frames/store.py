"""The SQLite file behind the index of headers: may be damaged, locked or newer, and never stops the program."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

#: raised when tables or the encoding of values change
SCHEMA = 1
_MAX_ROWS = 300_000
_BUSY_MS = 4000
_CHUNK = 500

_TABLES = f"""
CREATE TABLE IF NOT EXISTS keysets (id INTEGER PRIMARY KEY, keys TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    keyset INTEGER, header TEXT, error TEXT);
PRAGMA user_version = {SCHEMA};
"""


class Stored(NamedTuple):
    """One row: what is known of a file of this size and time.

    Attributes
    ----------
    path : bytes
        As the system spells it.
    size, mtime_ns : int
        Of the file when it was read.
    places : mapping of str to int
        Keyword to its place among the values; shared by all files that have the same keywords.
    values : str
        Their values, one a line.
    error : str or None
        Why the file could not be read.
    """

    path: bytes
    size: int
    mtime_ns: int
    places: Mapping[str, int]
    values: str
    error: str | None


class Store:
    """What was read of files before; safe to share between threads and processes.

    Parameters
    ----------
    path : pathlib.Path
        The database; made with its folder if absent.

    Attributes
    ----------
    notes : list of str
        What a user should know: that the index had to be started anew, or is kept in memory only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self._lock = threading.RLock()
        self._keysets: dict[int, Mapping[str, int]] = {}
        self._ids: dict[tuple[str, ...], int] = {}
        self._connection = self._open()

    def find(self, paths: Sequence[bytes]) -> Iterator[Stored]:
        """What is known of some files, whatever their size and time now.

        Parameters
        ----------
        paths : sequence of bytes
            As the system spells them.

        Yields
        ------
        Stored
            In no order; nothing for a file that is not known.
        """
        for start in range(0, len(paths), _CHUNK):
            yield from self._guard(self._find_chunk, paths[start : start + _CHUNK]) or ()

    def put(self, rows: Iterable[Stored]) -> None:
        """Remember what was read.

        Parameters
        ----------
        rows : iterable of Stored
            Replace older ones of the same path.
        """
        self._guard(self._put, list(rows))

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._connection.close()

    def _find_chunk(self, paths: Sequence[bytes]) -> list[Stored]:
        marks = ",".join("?" * len(paths))
        found = self._connection.execute(
            f"SELECT path, size, mtime_ns, keyset, header, error FROM files WHERE path IN ({marks})",
            paths,
        ).fetchall()
        known = self._keysets
        if any(row[3] is not None and row[3] not in known for row in found):
            for number, keys in self._connection.execute("SELECT id, keys FROM keysets"):
                known.setdefault(number, {key: place for place, key in enumerate(json.loads(keys))})
        rows = [
            Stored(path, size, mtime, known[keyset] if keyset is not None else {}, header or "[]", error)
            for path, size, mtime, keyset, header, error in found
        ]
        # each value has a line; a row that does not agree with its keywords is as good as unknown
        return [row for row in rows if row.values.count("\n") == max(len(row.places) - 1, 0)]

    def _put(self, rows: list[Stored]) -> None:
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (row.path, row.size, row.mtime_ns, self._keyset(tuple(row.places)), row.values, row.error)
                    for row in rows
                ],
            )
            newest = self._connection.execute("SELECT max(rowid) FROM files").fetchone()[0] or 0
            # a replaced row gets a new number, so the lowest numbers are what was not read for longest
            self._connection.execute("DELETE FROM files WHERE rowid <= ?", (newest - _MAX_ROWS,))

    def _keyset(self, keys: tuple[str, ...]) -> int:
        number = self._ids.get(keys)
        if number is None:
            text = json.dumps(keys)
            self._connection.execute("INSERT OR IGNORE INTO keysets (keys) VALUES (?)", (text,))
            number = int(self._connection.execute("SELECT id FROM keysets WHERE keys = ?", (text,)).fetchone()[0])
            self._ids[keys] = number
        return number

    def _guard(self, work: Callable[[Any], T], argument: Any) -> T | None:
        """Do something with the database; where that fails, start anew or go on in memory, and say so."""
        with self._lock:
            try:
                return work(argument)
            except sqlite3.OperationalError as error:
                self._give_up(f"cannot be used now ({error})")
            except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
                self._start_anew(f"was damaged ({error})")
            try:
                return work(argument)
            except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
                self._give_up(f"cannot be used ({error})")
                return None

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA):
                connection.close()
                self._move_aside(f"was made by another version of the program ({version})")
                connection = self._connect()
            connection.executescript(_TABLES)
            return connection
        except sqlite3.OperationalError as error:
            return self._memory(f"cannot be used now ({error})")
        except sqlite3.DatabaseError as error:
            return self._anew(f"was damaged ({error})")
        except OSError as error:
            return self._memory(f"cannot be written ({error.strerror or error})")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        # a lost index is read again: no need to wait for the disk at every step
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _anew(self, why: str) -> sqlite3.Connection:
        try:
            self._move_aside(why)
            connection = self._connect()
            connection.executescript(_TABLES)
            return connection
        except (sqlite3.Error, OSError) as error:
            return self._memory(f"cannot be made anew ({error})")

    def _move_aside(self, why: str) -> None:
        """Put the old database out of the way; another process may still have it open."""
        self.notes.append(f"The index of headers {why} and is made anew: {self.path}")
        for ending in ("", "-wal", "-shm"):
            old = self.path.with_name(self.path.name + ending)
            if old.is_dir():
                raise IsADirectoryError(f"{old} is a folder")
            if ending:
                old.unlink(missing_ok=True)
            elif old.exists():
                old.replace(self.path.with_name(self.path.name + ".old"))

    def _memory(self, why: str) -> sqlite3.Connection:
        self.notes.append(f"The index of headers {why}; headers are not remembered this time: {self.path}")
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.executescript(_TABLES)
        return connection

    def _start_anew(self, why: str) -> None:
        self._connection.close()
        self._keysets, self._ids = {}, {}
        self._connection = self._anew(why)

    def _give_up(self, why: str) -> None:
        self._connection.close()
        self._keysets, self._ids = {}, {}
        self._connection = self._memory(why)
