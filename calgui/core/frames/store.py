"""What the index of headers remembers of files, in an SQLite file."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from calgui.core.database import Database

#: raised when tables or the encoding of values change
SCHEMA = 1
_MAX_ROWS = 300_000
_CHUNK = 500

_TABLES = """
CREATE TABLE IF NOT EXISTS keysets (id INTEGER PRIMARY KEY, keys TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    keyset INTEGER, header TEXT, error TEXT);
"""
_PROBE = "SELECT path, size, mtime_ns, keyset, header, error FROM files LIMIT 1"


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
        self._keysets: dict[int, Mapping[str, int]] = {}
        self._ids: dict[tuple[str, ...], int] = {}
        self._database = Database(
            path,
            tables=_TABLES,
            probe=_PROBE,
            schema=SCHEMA,
            what="The index of headers",
            lost="headers are not remembered this time",
            forget=self._forget,
        )
        self.notes = self._database.notes

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
            yield from self._database.run(partial(self._find_chunk, paths[start : start + _CHUNK])) or ()

    def put(self, rows: Iterable[Stored]) -> None:
        """Remember what was read.

        Parameters
        ----------
        rows : iterable of Stored
            Replace older ones of the same path.
        """
        self._database.run(partial(self._put, list(rows)))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _forget(self) -> None:
        self._keysets.clear()
        self._ids.clear()

    def _find_chunk(self, paths: Sequence[bytes], connection: sqlite3.Connection) -> list[Stored]:
        marks = ",".join("?" * len(paths))
        found = connection.execute(
            f"SELECT path, size, mtime_ns, keyset, header, error FROM files WHERE path IN ({marks})",
            paths,
        ).fetchall()
        known = self._keysets
        if any(row[3] is not None and row[3] not in known for row in found):
            for number, keys in connection.execute("SELECT id, keys FROM keysets"):
                known.setdefault(number, {key: place for place, key in enumerate(json.loads(keys))})
        rows = [
            Stored(path, size, mtime, known[keyset] if keyset is not None else {}, header or "[]", error)
            for path, size, mtime, keyset, header, error in found
        ]
        # each value has a line; a row that does not agree with its keywords is as good as unknown
        return [row for row in rows if row.values.count("\n") == max(len(row.places) - 1, 0)]

    def _put(self, rows: list[Stored], connection: sqlite3.Connection) -> None:
        with connection:
            connection.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.path,
                        row.size,
                        row.mtime_ns,
                        self._keyset(connection, tuple(row.places)),
                        row.values,
                        row.error,
                    )
                    for row in rows
                ],
            )
            newest = connection.execute("SELECT max(rowid) FROM files").fetchone()[0] or 0
            # a replaced row gets a new number, so the lowest numbers are what was not read for longest
            connection.execute("DELETE FROM files WHERE rowid <= ?", (newest - _MAX_ROWS,))

    def _keyset(self, connection: sqlite3.Connection, keys: tuple[str, ...]) -> int:
        number = self._ids.get(keys)
        if number is None:
            text = json.dumps(keys)
            connection.execute("INSERT OR IGNORE INTO keysets (keys) VALUES (?)", (text,))
            number = int(connection.execute("SELECT id FROM keysets WHERE keys = ?", (text,)).fetchone()[0])
            self._ids[keys] = number
        return number
