"""What was found of reference files when they were last checked: remembered by path, size and time of change.

A small SQLite file in the user's cache folder. It is never in the way: a damaged one is set aside and begun anew, and
where none can be written, what is found is kept in memory.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from calgui.core.database import Database
from calgui.core.rules.files.trust import Verdict
from calgui.core.rules.values import Trust

#: raised when the table changes
SCHEMA = 1
_CHUNK = 500
_MOST_ROWS = 300_000
_COLUMNS = "path, size, mtime_ns, trust, reason, real_size, sha1, checked"
_TABLE = """
CREATE TABLE IF NOT EXISTS badges (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, trust TEXT NOT NULL,
    reason TEXT NOT NULL, real_size INTEGER, sha1 TEXT, checked REAL NOT NULL);
"""


@dataclass(frozen=True)
class Badge:
    """What a check found of one reference file.

    Attributes
    ----------
    name : str
        File name.
    path : pathlib.Path
        Where it was.
    size : int
        Bytes.
    mtime_ns : int
        Time of its last change, nanoseconds since 1970.
    trust : Trust
        In a word.
    reason : str
        In a sentence; empty where the file is good.
    sha1 : str or None
        Of all its bytes, as CRDS lists it; None where they could not be read.
    checked : datetime.datetime
        When, UTC.
    real_size : int or None
        For a Git LFS pointer: bytes of the file that it stands for.
    """

    name: str
    path: Path
    size: int
    mtime_ns: int
    trust: Trust
    reason: str
    sha1: str | None
    checked: datetime
    real_size: int | None = None

    @property
    def opens(self) -> bool | None:
        """Whether the file opens; None for kinds that are not looked into."""
        if self.trust is Trust.UNCHECKED:
            return None
        return self.trust in (Trust.OK, Trust.CHECKSUM_MISMATCH)

    @property
    def mtime(self) -> float:
        """Time of the last change, seconds since 1970."""
        return self.mtime_ns / 1e9

    @property
    def verdict(self) -> Verdict:
        """The same as a look at the file gives it."""
        return Verdict(self.trust, self.reason, self.size, self.real_size)


def store_path() -> Path:
    """The user's own store; it need not exist."""
    import platformdirs

    return platformdirs.user_cache_path("calgui") / "trust.sqlite"


class TrustStore:
    """Badges of earlier checks; safe to share between threads and processes.

    Parameters
    ----------
    path : pathlib.Path, optional
        The database; by default ``trust.sqlite`` in the user's cache folder. Made with its folder if absent.

    Attributes
    ----------
    notes : list of str
        What a user should know: that the store was begun anew, or is kept in memory only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or store_path()
        self._database = Database(
            self.path,
            tables=_TABLE,
            probe=f"SELECT {_COLUMNS} FROM badges LIMIT 1",
            schema=SCHEMA,
            what="The file that remembers checked references",
            lost="what is found is not remembered this time",
        )
        self.notes = self._database.notes

    def find(self, paths: Sequence[Path]) -> dict[Path, Badge]:
        """What is known of some files, whatever their size and time are now.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            Resolved.

        Returns
        -------
        dict of pathlib.Path to Badge
            Nothing for a file that was never checked.
        """
        keys = [os.fsencode(path) for path in paths]
        rows = self._database.run(partial(_find, keys)) or []
        return {badge.path: badge for badge in map(_badge, rows) if badge is not None}

    def put(self, badges: Iterable[Badge]) -> None:
        """Remember badges: all of them or, where that fails, none.

        Parameters
        ----------
        badges : iterable of Badge
            Replace older ones of the same path.
        """
        rows = [_row(badge) for badge in badges]
        self._database.run(partial(_put, rows))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def _find(keys: list[bytes], connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    rows = []
    for start in range(0, len(keys), _CHUNK):
        some = keys[start : start + _CHUNK]
        marks = ",".join("?" * len(some))
        rows += connection.execute(f"SELECT {_COLUMNS} FROM badges WHERE path IN ({marks})", some).fetchall()
    return rows


def _put(rows: list[tuple[Any, ...]], connection: sqlite3.Connection) -> None:
    with connection:
        marks = ",".join("?" * len(_COLUMNS.split(",")))
        connection.executemany(f"INSERT OR REPLACE INTO badges ({_COLUMNS}) VALUES ({marks})", rows)
        newest = connection.execute("SELECT max(rowid) FROM badges").fetchone()[0] or 0
        # a replaced row gets a new number, so the lowest numbers are what was not checked for longest
        connection.execute("DELETE FROM badges WHERE rowid <= ?", (newest - _MOST_ROWS,))


def _row(badge: Badge) -> tuple[Any, ...]:
    return (
        os.fsencode(badge.path),
        badge.size,
        badge.mtime_ns,
        badge.trust.value,
        badge.reason,
        badge.real_size,
        badge.sha1,
        badge.checked.timestamp(),
    )


def _badge(row: tuple[Any, ...]) -> Badge | None:
    """A badge out of the store; None where another program wrote nonsense there: then the file counts as unchecked."""
    try:
        path, size, mtime_ns, trust, reason, real_size, sha1, checked = row
        place = Path(os.fsdecode(path))
        return Badge(
            place.name,
            place,
            int(size),
            int(mtime_ns),
            Trust(trust),
            str(reason),
            None if sha1 is None else str(sha1),
            datetime.fromtimestamp(float(checked), UTC),
            None if real_size is None else int(real_size),
        )
    except (ValueError, TypeError, OverflowError, OSError):
        return None
