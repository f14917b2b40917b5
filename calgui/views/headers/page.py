"""The page of headers side by side: which keywords differ between the selected files."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QTableView, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.headercompare import HOUSEKEEPING, FileHeaders, HeaderTable, compare_headers, read_files
from calgui.core.frames.headerexport import lines_of, tab_separated, write_lines
from calgui.core.jobs import Job
from calgui.views.headers.bar import HeadersBar
from calgui.views.headers.model import MEANING, UNIT, HeaderTableModel
from calgui.views.headers.table import copy_action, make_table
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

#: more columns than this nobody compares by eye
MOST_FILES = 20
_WIDEST_KEYWORD, _WIDEST_MEANING, _WIDEST_FILE, _NARROWEST_FILE = 200, 300, 260, 120
_LOOKED_AT = 200


@dataclass(frozen=True)
class _Answer:
    """What is made off the main thread."""

    files: tuple[FileHeaders, ...]
    table: HeaderTable


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


class HeadersPage(QWidget):
    """Keywords by files, with what differs marked.

    Parameters
    ----------
    session : Session
        Whose selected files are shown.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("headers_page")
        self.setAccessibleName("Headers side by side")
        self.asked = Asked()
        self.paths: tuple[Path, ...] = ()
        self._files: tuple[FileHeaders, ...] = ()
        self._selected = 0
        self._stale = True
        self._working = False
        self._problem = ""
        self.bar = HeadersBar(self)
        self.model = HeaderTableModel(self)
        self.told = self._label("headers_told", "What is shown")
        self.table = self._make_table()
        self.said = self._label("headers_said", "The cell in focus")
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(100)
        self._lay_out()
        self._connect()
        self._tell()

    # ---- making

    def _label(self, name: str, accessible: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setAccessibleName(accessible)
        label.setWordWrap(True)
        return label

    def _make_table(self) -> QTableView:
        table = make_table("headers_table", "Keywords down, files across", self.model, self)
        table.verticalHeader().setObjectName("headers_keywords")
        # keywords stay in sight, however far one scrolls to the right
        table.verticalHeader().show()
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._show_menu)
        table.addAction(copy_action("headers_copy_cells", table, self.copy))
        for name, text, keys, call in (
            ("headers_show_file", "Show this file in Observe", "Return", self.show_file),
            ("headers_hold_against", "Hold the others against this file", "R", self.hold_against),
            ("headers_look_past", "Look past this keyword", "Del", self.look_past),
        ):
            action = QAction(text, table)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, call=call: call())
            table.addAction(action)
        return table

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self.bar)
        layout.addWidget(self.told)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.said)
        layout.addStretch(0)

    def _connect(self) -> None:
        bar = self.bar
        bar.narrowed.connect(self._pause.start)
        self._pause.timeout.connect(self._narrow)
        bar.only.toggled.connect(lambda _on: self._narrow())
        bar.hdu.activated.connect(lambda _place: self._narrow())
        bar.housekeeping.toggled.connect(self._set_housekeeping)
        bar.reference.activated.connect(lambda place: self.hold_against(place))
        bar.swap.clicked.connect(self.hold_against_next)
        bar.past.clicked.connect(self.look_at_all)
        bar.copy.clicked.connect(self.copy_all)
        bar.save.clicked.connect(self._ask_save)
        self.table.doubleClicked.connect(lambda _index: self.show_file())
        self.table.selectionModel().currentChanged.connect(self._focus)
        self.model.modelReset.connect(lambda: self._focus(QModelIndex()))
        self.session.selection_changed.connect(self._selection_changed)
        theme().changed.connect(self._retheme)

    # ---- asking

    @property
    def busy(self) -> bool:
        """Whether headers are being read."""
        return self._working

    def ask(self, about: object) -> None:
        """Show some files.

        Parameters
        ----------
        about : sequence of pathlib.Path or None
            None leaves what is shown.
        """
        if isinstance(about, list | tuple):
            self.show_files(about)

    def showEvent(self, event: QShowEvent) -> None:
        """Read the selected files when somebody looks."""
        super().showEvent(event)
        if self._stale:
            self.show_files(self.session.selection)

    def _selection_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self.show_files(self.session.selection)

    def show_files(self, paths: Iterable[Path]) -> None:
        """Put the headers of files side by side.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Of these the first twenty are shown.
        """
        wanted = tuple(dict.fromkeys(paths))
        self._selected, self.paths = len(wanted), wanted[:MOST_FILES]
        self._stale = False
        self._files = ()
        if not self.paths:
            self.session.tasks.supersede("headers_page")
            self._done(_Answer((), HeaderTable((), 0, (), ())))
            return
        self._compare()

    def _compare(self) -> None:
        """Compare the files, which are read unless that was done already."""
        paths, files, asked = self.paths, self._files, self.asked

        def work(job: Job) -> _Answer:
            read = files or read_files(paths, job)
            reference = paths.index(asked.reference) if asked.reference in paths else 0
            return _Answer(read, compare_headers(read, reference, asked.keywords))

        self._working = True
        self._tell()
        self.session.tasks.start("Headers side by side", work, self._done, self._failed, key="headers_page")

    def _done(self, answer: _Answer) -> None:
        self._working, self._problem = False, ""
        before, focus = self.model.table, self._place()
        self._files = answer.files
        self.model.show(answer.table)
        self.bar.show_table(answer.table)
        self._narrow()
        if [file.path for file in before.files] != [file.path for file in answer.table.files]:
            self._size_columns()
        self._return_to(focus)
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._done(_Answer((), HeaderTable((), 0, (), ())))
        if isinstance(error, Cancelled):
            self._problem = "Cancelled. Select files again to read their headers."
            self._tell()
        else:
            self.session.report(error, "Headers side by side")

    # ---- showing

    def _place(self) -> tuple[str, str, int, int] | None:
        """HDU, keyword and column of the cell in focus."""
        index = self.table.currentIndex()
        row = self.model.row_at(index)
        return None if row is None else (self.model.table.hdus[row.hdu], row.keyword, row.number, index.column())

    def _return_to(self, place: tuple[str, str, int, int] | None) -> None:
        if place is None:
            return
        line = self.model.find(*place[:3])
        if line is not None and place[3] < self.model.columnCount():
            self.table.setCurrentIndex(self.model.index(line, place[3]))

    def _narrow(self) -> None:
        focus = self._place()
        self.model.narrow(self.bar.wanted())
        self._return_to(focus)
        self._tell()

    def _size_columns(self) -> None:
        metrics = QFontMetrics(self.table.font())
        count = min(self.model.rowCount(), _LOOKED_AT)
        down = Qt.Orientation.Vertical
        keywords = (str(self.model.headerData(row, down)) for row in range(count))
        widest = max((metrics.horizontalAdvance(f"{name}W") for name in keywords), default=0)
        self.table.verticalHeader().setFixedWidth(min(_WIDEST_KEYWORD, widest + 3 * SPACE))
        for column in range(self.model.columnCount()):
            texts = {str(self.model.headerData(column, Qt.Orientation.Horizontal))}
            texts |= {str(self.model.index(row, column).data() or "") for row in range(count)}
            wanted = max(metrics.horizontalAdvance(f"{text}W") for text in texts) + 2 * SPACE
            if column == MEANING:
                wanted = min(_WIDEST_MEANING, wanted)
            elif column != UNIT:
                wanted = max(_NARROWEST_FILE, min(_WIDEST_FILE, wanted + 20))
            self.table.setColumnWidth(column, wanted)

    def _tell(self) -> None:
        files = self.model.table.files
        some, several = bool(files) and not self._working, len(files) > 1
        self.told.setText(self._problem or self._said())
        self.table.setVisible(bool(files))
        self.bar.enable(some, several)
        self.bar.past.setVisible(bool(self.asked.ignored))
        self.bar.past.setText(f"Looked past: {', '.join(self.asked.ignored)}  ✕")

    def _said(self) -> str:
        table, how = self.model.table, "Ctrl or Shift and a click select more files in Observe."
        if self._working and not table.files:
            return "Reading headers…"
        if not table.files:
            return f"Select two or more files in Observe to see their headers side by side. {how}"
        if len(table.files) == 1:
            return f"One file is selected, so there is nothing to compare. {how}"
        shown = len(self.model.shown)
        said = f"{len(table.files)} files, {len(table.rows):,} keywords, {table.differing:,} differ"
        said += "s" if table.differing == 1 else ""
        said += "" if shown == len(table.rows) else f"; {shown:,} shown"
        unread = sum(file.error is not None for file in table.files)
        said += f"; {unread} cannot be read" if unread else ""
        if self._selected > len(self.paths):
            said += f". {self._selected:,} are selected: the first {len(self.paths)} are shown"
        return said

    def _focus(self, index: QModelIndex, _before: object = None) -> None:
        row = self.model.row_at(index)
        lines = [] if row is None else list(self.model.said(row, index.column()))
        if row is not None and self.model.file_at(index.column()) is not None:
            lines += self.model.about(row)[1:2]
        self.said.setText("  ·  ".join(" ".join(line.split()) for line in lines))

    def _retheme(self) -> None:
        self.table.viewport().update()
        self.table.verticalHeader().viewport().update()

    def _show_menu(self, where: QPoint) -> None:
        menu = QMenu(self.table)
        menu.setObjectName("headers_menu")
        menu.addActions(self.table.actions())
        menu.exec(self.table.viewport().mapToGlobal(where))

    # ---- doing

    def _set(self, text: str, asked: Asked) -> None:
        """Compare in another way; that can be undone."""
        before = self.asked
        if asked == before:
            return
        self._apply(asked)
        self.session.history.did(text, lambda: self._apply(before), lambda: self._apply(asked))

    def _apply(self, asked: Asked) -> None:
        self.asked = asked
        self.bar.housekeeping.setChecked(asked.housekeeping)
        if self.paths:
            self._compare()
        else:
            self._tell()

    def _set_housekeeping(self, on: bool) -> None:
        self._set("look past dates and checksums" if on else "count dates and checksums", self._with(housekeeping=on))

    def _with(self, **changes: object) -> Asked:
        return replace(self.asked, **changes)

    def hold_against(self, file: int | None = None) -> None:
        """Hold the others against a file.

        Parameters
        ----------
        file : int or None
            Its number; None for that of the cell in focus.
        """
        file = self.model.file_at(self.table.currentIndex().column()) if file is None else file
        if file is not None and 0 <= file < len(self.paths):
            path = self.paths[file]
            self._set(f"hold headers against {path.name}", self._with(reference=path))

    def hold_against_next(self) -> None:
        """Hold the others against the next file; with two files the two change their parts."""
        if self.paths:
            self.hold_against((self.model.table.reference + 1) % len(self.paths))

    def look_past(self) -> None:
        """No longer count differences of the keyword in focus."""
        row = self.model.row_at(self.table.currentIndex())
        if row is not None and row.keyword and row.keyword not in self.asked.ignored:
            self._set(f"look past {row.keyword}", self._with(ignored=(*self.asked.ignored, row.keyword)))

    def look_at_all(self) -> None:
        """Count again the keywords that were looked past one by one."""
        self._set("count all keywords", self._with(ignored=()))

    def show_file(self) -> None:
        """Go to the file of the cell in focus, in Observe, at this keyword."""
        index = self.table.currentIndex()
        row, file = self.model.row_at(index), self.model.file_at(index.column())
        if row is None or file is None:
            return
        path = self.paths[file]
        self.session.frame_requested.emit(path)
        numbers = [hdu.index for hdu in self._files[file].hdus if hdu.header.get(row.keyword) is not None]
        self.session.card_requested.emit(path, numbers[0] if numbers else None, row.keyword)

    def copy(self) -> None:
        """Copy the chosen cells as a spreadsheet likes them, with their titles; all where none is chosen."""
        chosen = self.table.selectedIndexes()
        if len(chosen) == 1:
            QGuiApplication.clipboard().setText(self.model.texts(chosen)[1][1])
        elif chosen:
            QGuiApplication.clipboard().setText(tab_separated(self.model.texts(chosen)))
        else:
            self.copy_all()

    def copy_all(self) -> None:
        """Copy all rows that are shown as tab-separated text, titles first."""
        if self.model.table.files:
            QGuiApplication.clipboard().setText(tab_separated(lines_of(self.model.table, self.model.shown)))
            self.session.notice("info", f"{len(self.model.shown):,} rows were copied as a table.")

    def _ask_save(self) -> None:
        name, kind = QFileDialog.getSaveFileName(
            self, "Save the comparison", "headers.ecsv", "ECSV table (*.ecsv);;Comma-separated values (*.csv)"
        )
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".ecsv", ".csv"):
                path = path.with_name(path.name + (".csv" if "*.csv" in kind else ".ecsv"))
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the rows that are shown.

        Parameters
        ----------
        path : pathlib.Path
            Ending in ``.csv`` or ``.ecsv``; replaced if it is there, as the dialog asked.
        """
        try:
            write_lines(lines_of(self.model.table, self.model.shown), path, overwrite=True)
        except CalguiError as error:
            self.session.report(error, "Saving the comparison")
        else:
            self.session.notice("info", f"{len(self.model.shown):,} rows were written to {path.name}.")
