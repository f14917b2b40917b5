"""A small SQLite file that remembers what can be found again: it may be damaged, locked, newer or impossible to write,
and never stops the program."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_BUSY_MS = 4000
_WRONG = (ValueError, TypeError, KeyError)


class Database:
    """A database that is begun anew where it is damaged, and kept in memory where no file can be used.

    Safe to share between threads and processes.

    Parameters
    ----------
    path : pathlib.Path
        The file; made with its folder if absent.
    tables : str
        SQL that makes the tables where they are not there.
    probe : str
        SQL that fails where they are others than expected.
    schema : int
        Number of this shape of tables; a file with another one is set aside.
    what : str
        What is remembered, for the notes: "The index of headers".
    lost : str
        What it means that it is not remembered: "headers are not remembered this time".
    forget : callable, optional
        Called when the database was replaced, so that nothing is taken for known that was in the old one.

    Attributes
    ----------
    notes : list of str
        What a user should know: that it had to be begun anew, or is kept in memory only.
    """

    def __init__(
        self,
        path: Path,
        *,
        tables: str,
        probe: str,
        schema: int,
        what: str,
        lost: str,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self.path = path
        self.notes: list[str] = []
        self._tables = f"{tables}\nPRAGMA user_version = {schema};"
        self._probe, self._schema = probe, schema
        self._what, self._lost, self._forget = what, lost, forget
        self._lock = threading.RLock()
        self._connection = self._open()

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do something with the database; where that fails, begin anew or go on in memory, and say so.

        Parameters
        ----------
        work : callable
            Is given the connection; it may be called a second time, with another one.

        Returns
        -------
        object or None
            What ``work`` returns; None if it failed twice.
        """
        with self._lock:
            try:
                return work(self._connection)
            except sqlite3.OperationalError as error:
                self._replace(self._in_memory, f"cannot be used now ({error})")
            except (sqlite3.DatabaseError, *_WRONG) as error:
                self._replace(self._anew, f"was damaged ({error})")
            try:
                return work(self._connection)
            except (sqlite3.Error, *_WRONG) as error:
                self._replace(self._in_memory, f"cannot be used ({error})")
                return None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _replace(self, make: Callable[[str], sqlite3.Connection], why: str) -> None:
        self._connection.close()
        self._forget()
        self._connection = make(why)

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect()
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, self._schema):
                connection.close()
                return self._anew(f"was made by another version of the program ({version})")
            connection.executescript(self._tables)
            connection.execute(self._probe)
            return connection
        except sqlite3.OperationalError as error:
            if "column" in str(error):
                return self._anew(f"has other columns ({error})")
            return self._in_memory(f"cannot be used now ({error})")
        except sqlite3.DatabaseError as error:
            return self._anew(f"was damaged ({error})")
        except OSError as error:
            return self._in_memory(f"cannot be written ({error.strerror or error})")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        # a crash of the program loses nothing that was committed; what a crash of the machine loses is found again
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _anew(self, why: str) -> sqlite3.Connection:
        try:
            self._set_aside(why)
            connection = self._connect()
            connection.executescript(self._tables)
            return connection
        except (sqlite3.Error, OSError) as error:
            return self._in_memory(f"cannot be made anew ({error})")

    def _set_aside(self, why: str) -> None:
        """Put the old file out of the way; another process may still have it open."""
        aside = self.path.with_name(self.path.name + ".old")
        self.notes.append(f"{self._what} {why}; it is set aside as {aside.name} and made anew: {self.path}")
        for ending in ("-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        if self.path.is_dir():
            raise IsADirectoryError(f"{self.path} is a folder")
        if self.path.exists():
            self.path.replace(aside)

    def _in_memory(self, why: str) -> sqlite3.Connection:
        self.notes.append(f"{self._what} {why}; {self._lost}: {self.path}")
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.executescript(self._tables)
        return connection
