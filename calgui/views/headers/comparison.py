"""What the page of headers side by side compares, and how; made off the main thread, and undone step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from calgui.core.frames.headercompare import HOUSEKEEPING, FileHeaders, HeaderTable, compare_headers, read_files
from calgui.core.frames.keywordmeaning import meaning_of
from calgui.core.jobs import Job
from calgui.views.session import Session

#: more columns than this nobody compares by eye
MOST_FILES = 20
NOTHING = HeaderTable((), 0, (), ())
_KEY = "headers_page"


@dataclass(frozen=True)
class Asked:
    """How the files are compared.

    Attributes
    ----------
    reference : pathlib.Path or None
        The file that the others are held against; None, or a file that is not among them, for the first.
    housekeeping : bool
        Whether CHECKSUM, DATE, HISTORY and the like are looked past.
    ignored : tuple of str
        Further keywords to look past.
    """

    reference: Path | None = None
    housekeeping: bool = True
    ignored: tuple[str, ...] = ()

    @property
    def keywords(self) -> tuple[str, ...]:
        """All that is looked past."""
        return (*(HOUSEKEEPING if self.housekeeping else ()), *self.ignored)


@dataclass(frozen=True)
class _Answer:
    """What is made off the main thread."""

    files: tuple[FileHeaders, ...]
    table: HeaderTable


class Comparison(QObject):
    """Files, how they are compared, and what came of it.

    Parameters
    ----------
    session : Session
        Whose tasks do the work, and whose history undoes it.
    parent : QObject, optional

    Signals
    -------
    began()
        Other files are read, or they are compared in another way: see `asked`.
    made()
        There is another `table`.
    ended()
        The work is done, whether or not something is new.
    failed(Exception)
        It could not be made.
    """

    began = Signal()
    made = Signal()
    ended = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.asked = Asked()
        self.paths: tuple[Path, ...] = ()
        #: how many files were asked for; only the first of them are shown
        self.wanted = 0
        self.files: tuple[FileHeaders, ...] = ()
        self.table = NOTHING
        self.working = False

    def show_files(self, paths: Iterable[Path]) -> None:
        """Compare other files.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Of these the first `MOST_FILES` are taken.
        """
        wanted = tuple(dict.fromkeys(paths))
        self.wanted, self.paths, self.files = len(wanted), wanted[:MOST_FILES], ()
        if self.paths:
            self._compare()
        else:
            self.session.tasks.supersede(_KEY)
            self._done(_Answer((), NOTHING))

    def read_anew(self) -> None:
        """Read the files again; where they did not change, nothing is told."""
        if self.paths and not self.working:
            self.files = ()
            self._compare(quiet=True)

    def change(self, text: str, **changes: Any) -> None:
        """Compare in another way; that can be undone.

        Parameters
        ----------
        text : str
            What is done, as it follows the word Undo.
        **changes
            Fields of `Asked`.
        """
        before, after = self.asked, replace(self.asked, **changes)
        if after != before:
            self.apply(after)
            self.session.history.did(text, lambda: self.apply(before), lambda: self.apply(after))

    def apply(self, asked: Asked) -> None:
        """Compare in another way.

        Parameters
        ----------
        asked : Asked
            Which.
        """
        self.asked = asked
        if self.paths:
            self._compare()
        else:
            self.began.emit()

    def _compare(self, quiet: bool = False) -> None:
        """Compare the files, which are read unless that was done already."""
        paths, files, asked, before = self.paths, self.files, self.asked, self.table

        def work(job: Job) -> _Answer:
            read = files or read_files(paths, job)
            reference = paths.index(asked.reference) if asked.reference in paths else 0
            table = compare_headers(read, reference, asked.keywords)
            # what a filter and the page will ask for is worked out here, not while somebody types or it is drawn
            meaning_of("SIMPLE")
            for row in table.rows:
                _ = row.searched, row.differs
            # nothing is new: the eye stays where it was
            return _Answer(read, before if table == before else table)

        self.working = True
        self.began.emit()
        self.session.tasks.start("Headers side by side", work, self._done, self._failed, key=_KEY, quiet=quiet)

    def _done(self, answer: _Answer) -> None:
        self.working = False
        self.files = answer.files
        if answer.table is not self.table:
            self.table = answer.table
            self.made.emit()
        self.ended.emit()

    def _failed(self, error: Exception) -> None:
        self._done(_Answer((), NOTHING))
        self.failed.emit(error)
