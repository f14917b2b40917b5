"""Search through the headers of all files that are open."""

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import Cancelled
from calgui.core.frames.headerexport import tab_separated
from calgui.core.frames.headersearch import Found, HeaderMemory, search_headers
from calgui.core.jobs import Job
from calgui.views.headers.found_model import COMMENT, FILE, HDU, KEYWORD, UNIT, VALUE, FoundModel
from calgui.views.headers.table import copy_action, make_table
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

_PAUSE_MS = 200
#: more rows nobody reads, and Qt looks at each of them when all are selected
_MOST_ROWS = 5_000
_WIDTHS = {FILE: 260, HDU: 90, KEYWORD: 110, VALUE: 220, UNIT: 80, COMMENT: 300}
_HELP = (
    "Words such as temperature or LGS* find cards that have them all in keyword, value or comment. Conditions such as "
    "FILTER=K*, *TEMP>80 or LAMP= (no value) find the files that fulfil them all."
)


class HeaderSearch(QWidget):
    """Every card of every open file.

    Parameters
    ----------
    session : Session
        Whose open files are searched, and whose selection follows.
    parent : QWidget, optional

    Signals
    -------
    side_by_side(tuple of pathlib.Path)
        The user wants to see the headers of these files side by side; they are selected.
    """

    side_by_side = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("headers_search_page")
        self.setAccessibleName("Search through headers")
        self.memory = HeaderMemory()
        self._searching = False
        self._stale = False
        self._problem = ""
        self.found = Found()
        self.field = QLineEdit(self)
        self.field.setObjectName("headers_search")
        self.field.setAccessibleName("Search through the headers of all open files")
        self.field.setAccessibleDescription(_HELP)
        self.field.setPlaceholderText("Search all open files: temperature, LGS*, FILTER=K*, EXPTIME>30")
        self.field.setToolTip(_HELP)
        self.field.setClearButtonEnabled(True)
        self.told = QLabel(self)
        self.told.setObjectName("headers_search_told")
        self.told.setWordWrap(True)
        self.model = FoundModel(self)
        self.table = self._make_table()
        self.show_button = self._button("headers_search_show", "Show in Observe", "Go to this file and card (Return)")
        self.compare_button = self._button(
            "headers_search_compare", "Side by side", "See the headers of the chosen files side by side"
        )
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._lay_out()
        self._connect()
        self._tell()
        session.keep("headers_search", self._kept, self._take_up)

    # ---- making

    def _button(self, name: str, word: str, tip: str) -> QPushButton:
        button = QPushButton(word, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        return button

    def _make_table(self) -> QTableView:
        table = make_table("headers_found", "Cards that were found", self.model, self)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setAlternatingRowColors(True)
        table.horizontalHeader().setStretchLastSection(True)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        for column, width in _WIDTHS.items():
            table.setColumnWidth(column, width)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        show = QAction("Show in Observe", table)
        show.setObjectName("headers_found_show")
        show.setShortcuts([QKeySequence("Return"), QKeySequence("Enter")])
        show.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        show.triggered.connect(lambda _checked=False: self.show_hit())
        table.addActions([show, copy_action("headers_found_copy", table, self.copy)])
        return table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.field, 1)
        row.addWidget(self.show_button)
        row.addWidget(self.compare_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(row)
        layout.addWidget(self.told)
        layout.addWidget(self.table, 1)
        layout.addStretch(0)

    def _connect(self) -> None:
        self.field.textChanged.connect(lambda _text: self._pause.start())
        self.field.returnPressed.connect(self._enter)
        self._pause.timeout.connect(self.search)
        self.table.clicked.connect(lambda _index: self.select())
        self.table.doubleClicked.connect(lambda _index: self.show_hit())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._enable())
        self.model.modelReset.connect(self._enable)
        self.show_button.clicked.connect(lambda: self.show_hit())
        self.compare_button.clicked.connect(self.compare)
        self.session.observations_changed.connect(self._out_of_date)
        theme().changed.connect(self._retheme)

    def _kept(self) -> str:
        """What comes back with the session."""
        return self.field.text()

    def _take_up(self, kept: object) -> None:
        """What was looked for when the session was left."""
        if isinstance(kept, str):
            self.field.setText(kept)

    # ---- asking

    @property
    def busy(self) -> bool:
        """Whether a search is under way."""
        return self._searching or self._pause.isActive()

    def ask(self, about: object) -> None:
        """Search for something.

        Parameters
        ----------
        about : str or None
            As typed; None only goes to the field.
        """
        if isinstance(about, str):
            self.field.setText(about)
        self.field.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Search again if files came or went meanwhile."""
        super().showEvent(event)
        if self._stale:
            self.search()

    def _out_of_date(self) -> None:
        self._stale = True
        if self.isVisible():
            self._pause.start()

    def search(self) -> None:
        """Search for what is in the field."""
        self._pause.stop()
        self._stale, self._problem = False, ""
        text = self.field.text()
        paths = [entry.path for entry in self.session.observations() if entry.error is None]
        if not text.strip() or not paths:
            self.session.tasks.supersede("headers_search")
            self._done(Found())
            return
        self._searching = True
        self._tell()
        memory, before = self.memory, self.found

        def work(job: Job) -> Found:
            found = search_headers(paths, text, job, memory, most=_MOST_ROWS)
            # nothing is new: what is chosen stays chosen
            return before if found == before else found

        self.session.tasks.start(
            "Searching headers",
            work,
            self._done,
            self._failed,
            key="headers_search",
        )

    def _done(self, found: Found) -> None:
        self._searching = False
        if found is not self.found:
            self.model.show(found.hits)
        self.found = found
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._done(Found())
        if isinstance(error, Cancelled):
            self._problem = "Cancelled. Press Return to search again."
            self._tell()
        else:
            self.session.report(error, "Searching headers")

    # ---- showing

    def _tell(self) -> None:
        self.told.setText(self._problem or self._said())
        self.told.setStyleSheet(f"color: {theme().colour('muted').name()}")
        self.table.setVisible(bool(self.found.hits))
        self._enable()

    def _said(self) -> str:
        found, many = self.found, len(self.session.observations())
        if not many:
            return "Open files or a folder to search their headers."
        if not self.field.text().strip():
            return f"{many:,} files are open. {_HELP}"
        if self._searching and not found.hits:
            return "Searching…"
        unread = f" {len(found.unread):,} could not be read." if found.unread else ""
        if not found.hits:
            return f"Nothing found in {found.files:,} files.{unread} {_HELP}"
        first = "The first " if found.more else ""
        cards = "card" if len(found.hits) == 1 else "cards"
        more = " Another word finds fewer." if found.more else ""
        return f"{first}{len(found.hits):,} {cards} in {found.matched:,} of {found.files:,} files.{more}{unread}"

    def _enable(self) -> None:
        rows = self._rows()
        self.show_button.setEnabled(bool(rows))
        self.compare_button.setEnabled(len(self.model.paths(rows)) > 1)

    def _retheme(self) -> None:
        self._tell()
        self.table.viewport().update()

    # ---- doing

    def _rows(self) -> list[int]:
        selected = self.table.selectionModel().selection()
        return sorted({row for part in selected for row in range(part.top(), part.bottom() + 1)})

    def _enter(self) -> None:
        """Return in the field goes on to what was found, or searches at once."""
        if self._pause.isActive() or self._problem:
            self.search()
        elif self.model.rowCount():
            self.table.setFocus()
            if not self.table.currentIndex().isValid():
                self.table.selectRow(0)

    def select(self) -> None:
        """Select the files of the chosen cards in Observe, without going there."""
        paths = self.model.paths(self._rows())
        if paths:
            self.session.select(paths)

    def show_hit(self, index: QModelIndex | None = None) -> None:
        """Go to the file of a card in Observe, and to the card in its header.

        Parameters
        ----------
        index : QModelIndex, optional
            Of the card; the one in focus if not given.
        """
        index = self.table.currentIndex() if index is None else index
        if not index.isValid():
            return
        hit = self.model.hits[index.row()]
        self.session.select([hit.path])
        self.session.frame_requested.emit(hit.path)
        self.session.card_requested.emit(hit.path, hit.hdu, hit.keyword)

    def compare(self) -> None:
        """Select the files of the chosen cards, and ask for their headers side by side."""
        paths: list[Path] = self.model.paths(self._rows())
        if len(paths) > 1:
            self.session.select(paths)
            self.side_by_side.emit(tuple(paths))

    def copy(self) -> None:
        """Copy the chosen rows, or all, as tab-separated text, titles first."""
        rows = self._rows() or range(len(self.model.hits))
        QGuiApplication.clipboard().setText(tab_separated(self.model.lines(rows)))
