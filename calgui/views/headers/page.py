"""The page of headers side by side: which keywords differ between the selected files."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QTableView, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.headerexport import lines_of, tab_separated, write_lines
from calgui.views.headers.bar import HeadersBar
from calgui.views.headers.comparison import Comparison
from calgui.views.headers.model import MEANING, UNIT, HeaderTableModel
from calgui.views.headers.table import copy_action, make_table
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.saving import TABLES, ask_where

_WIDEST_KEYWORD, _WIDEST_MEANING, _WIDEST_FILE, _NARROWEST_FILE = 200, 300, 260, 120
#: rows that are looked at for the widths of columns
_LOOKED_AT = 60


@dataclass(frozen=True)
class _Place:
    """A cell: HDU, keyword and which of several; line and column."""

    keyword: tuple[str, str, int]
    line: int
    column: int


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
        self.comparison = Comparison(session, self)
        self._stale = True
        self._outdated = False
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
        session.keep("headers", self._kept, self._take_up)

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
        bar, comparison = self.bar, self.comparison
        comparison.began.connect(self._began)
        comparison.made.connect(self._made)
        comparison.ended.connect(self._tell)
        comparison.failed.connect(self._failed)
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
        self.session.observations_changed.connect(self._observations_changed)
        theme().changed.connect(self._retheme)

    # ---- asking

    @property
    def busy(self) -> bool:
        """Whether headers are being read."""
        return self.comparison.working

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
        elif self._outdated:
            self._observations_changed()

    def _selection_changed(self) -> None:
        self._stale = True
        if self.isVisible():
            self.show_files(self.session.selection)

    def _observations_changed(self) -> None:
        """Files may have been read anew: read these too."""
        self._outdated = not self.isVisible()
        if self.isVisible():
            self.comparison.read_anew()

    def show_files(self, paths: Iterable[Path]) -> None:
        """Put the headers of files side by side.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Of these the first twenty are shown.
        """
        self._stale = self._outdated = False
        self.comparison.show_files(paths)

    def _made(self) -> None:
        before, focus, table = self.model.table, self._place(), self.comparison.table
        self.model.show(table)
        self.bar.show_table(table)
        self._narrow()
        if [file.path for file in before.files] != [file.path for file in table.files]:
            self._size_columns()
        self._return_to(focus)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._problem = "Cancelled. Select files again to read their headers."
            self._tell()
        else:
            self.session.report(error, "Headers side by side")

    # ---- showing

    def _place(self) -> _Place | None:
        """Where the cell in focus is."""
        index = self.table.currentIndex()
        row = self.model.row_at(index)
        if row is None:
            return None
        return _Place((self.model.table.hdus[row.hdu], row.keyword, row.number), index.row(), index.column())

    def _return_to(self, place: _Place | None) -> None:
        """Go to the same keyword; where it is no longer shown, to what stands in its place."""
        if place is None or not self.model.rowCount():
            return
        line = self.model.find(*place.keyword)
        line = min(place.line, self.model.rowCount() - 1) if line is None else line
        if place.column < self.model.columnCount():
            self.table.setCurrentIndex(self.model.index(line, place.column))

    def _narrow(self) -> None:
        focus = self._place()
        self.model.narrow(self.bar.wanted())
        self._return_to(focus)
        self._tell()

    def _size_columns(self) -> None:
        # what differs is bold, and so are the names of what differs
        font = self.table.font()
        font.setBold(True)
        metrics = QFontMetrics(font)
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

    def _began(self) -> None:
        self._problem = ""
        self.bar.housekeeping.setChecked(self.comparison.asked.housekeeping)
        self._tell()

    def _tell(self) -> None:
        files, past = self.model.table.files, self.comparison.asked.ignored
        some, several = bool(files), len(files) > 1
        self.told.setText(self._problem or self._said())
        self.table.setVisible(bool(files))
        self.bar.enable(some, several)
        self.bar.past.setVisible(bool(past))
        self.bar.past.setText(f"Looked past: {', '.join(past) if len(past) < 4 else f'{len(past)} keywords'}  ✕")

    def _said(self) -> str:
        table, how = self.model.table, "Ctrl or Shift and a click select more files in Observe."
        if self.comparison.working and not table.files:
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
        if self.comparison.wanted > len(self.comparison.paths):
            said += f". {self.comparison.wanted:,} are selected: the first {len(self.comparison.paths)} are shown"
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

    # ---- kept between sessions

    def _kept(self) -> dict[str, object]:
        """What comes back with the session."""
        return {
            "only_differences": self.bar.only.isChecked(),
            "housekeeping": self.comparison.asked.housekeeping,
            "ignored": list(self.comparison.asked.ignored),
        }

    def _take_up(self, kept: object) -> None:
        if not isinstance(kept, dict):
            return
        self.bar.only.setChecked(kept.get("only_differences") is True)
        ignored = kept.get("ignored")
        words = [word for word in ignored if isinstance(word, str) and word] if isinstance(ignored, list) else []
        housekeeping = kept.get("housekeeping") is not False
        self.comparison.apply(replace(self.comparison.asked, housekeeping=housekeeping, ignored=tuple(words)))

    # ---- doing

    def _set_housekeeping(self, on: bool) -> None:
        text = "look past dates and checksums" if on else "count dates and checksums"
        self.comparison.change(text, housekeeping=on)

    def hold_against(self, file: int | None = None) -> None:
        """Hold the others against a file.

        Parameters
        ----------
        file : int or None
            Its number; None for that of the cell in focus.
        """
        file = self.model.file_at(self.table.currentIndex().column()) if file is None else file
        paths = self.comparison.paths
        if file is not None and 0 <= file < len(paths):
            self.comparison.change(f"hold headers against {paths[file].name}", reference=paths[file])

    def hold_against_next(self) -> None:
        """Hold the others against the next file; with two files the two change their parts."""
        if self.comparison.paths:
            self.hold_against((self.model.table.reference + 1) % len(self.comparison.paths))

    def look_past(self) -> None:
        """No longer count differences of the keyword in focus."""
        row, past = self.model.row_at(self.table.currentIndex()), self.comparison.asked.ignored
        if row is not None and row.keyword and row.keyword not in past:
            self.comparison.change(f"look past {row.keyword}", ignored=(*past, row.keyword))

    def look_at_all(self) -> None:
        """Count again the keywords that were looked past one by one."""
        self.comparison.change("count all keywords", ignored=())

    def show_file(self) -> None:
        """Go to the file of the cell in focus, in Observe, at this keyword."""
        index = self.table.currentIndex()
        row, file = self.model.row_at(index), self.model.file_at(index.column())
        if row is None or file is None:
            return
        path = self.comparison.paths[file]
        self.session.frame_requested.emit(path)
        numbers = [hdu.index for hdu in self.comparison.files[file].hdus if hdu.header.get(row.keyword) is not None]
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
        path = ask_where(self, "Save the comparison", "headers.ecsv", TABLES)
        if path is not None:
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
