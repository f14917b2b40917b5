"""The table of observations with its filter, its columns and what it says of itself."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.views.observations.column_menu import ColumnMenu
from calgui.views.observations.columns import FILE, keyword_column
from calgui.views.observations.files import ObservedFiles
from calgui.views.observations.filtering import parse
from calgui.views.observations.keyboard import KeyboardWay
from calgui.views.observations.model import ObservationsModel
from calgui.views.observations.reason import ReasonDelegate
from calgui.views.observations.rows import Row, runs
from calgui.views.observations.table_state import ColumnState, column_words, filter_words, remembered_columns
from calgui.views.session import Session
from calgui.views.settings import remember, remembered
from calgui.views.stepping import Steps
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.rich import rich

_WIDTHS = {"FILE": 200, "TYPE": 96, "DETECTOR": 72, "FILTER": 68, "SUBARRAY": 76, "EXPTIME": 88, "DATE": 140}
_ROW_HEIGHT = 26


class ObservationTable(QWidget):
    """Files with what their headers say; what is selected here is the session's selection.

    Parameters
    ----------
    session : Session
        Whose selection follows.
    files : ObservedFiles
        What is open.
    parent : QWidget, optional

    Signals
    -------
    open_requested(str)
        The user asks for ``files`` or a ``folder``.
    first_arrived()
        The table was empty, and is no more.
    """

    open_requested = Signal(str)
    first_arrived = Signal()

    def __init__(self, session: Session, files: ObservedFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.files = session, files
        self.setObjectName("observations_panel")
        self.setAccessibleName("Observations")
        self.model = ObservationsModel(self)
        self.model.set_columns([keyword_column(key) for key in remembered_columns()])
        self._widths: dict[str, int] = {**_WIDTHS, **remembered("observations/widths", {})}
        self.filter = self._make_filter()
        self.columns_menu = ColumnMenu(session, self.model, self)
        self.columns_button = self._make_columns_button()
        self.view = self._make_view()
        self.ways = KeyboardWay(self.filter, self.view)
        #: a file that was opened by itself and is to be shown once its row is there
        self._brought: Path | None = None
        self.summary = rich(QLabel(self))
        self.summary.setObjectName("observations_summary")
        self.hint = self._make_hint()
        self._selecting = QTimer(self, singleShot=True, interval=20)
        self._selecting.timeout.connect(self._select)
        self._filtering = QTimer(self, singleShot=True, interval=60)
        self._filtering.timeout.connect(self._apply_filter)
        self._lay_out()
        self._connect()
        self._restore_order()
        self._columns = Steps(session.history, self._column_state, self._put_columns, column_words)
        self._filters = Steps(session.history, self.filter.text, self.filter.setText, filter_words, join="all")
        self._tell()

    # ---- making

    def _make_filter(self) -> QLineEdit:
        edit = QLineEdit(self)
        edit.setObjectName("observations_filter")
        edit.setAccessibleName("Filter the observations")
        edit.setPlaceholderText("Filter: dark   FILTER=K*   EXPTIME>=30")
        edit.setToolTip(
            "Words are looked for in all columns. KEY=value looks at any keyword; * stands for anything,\n"
            "and !=, <, <=, >, >= work as well. Several must all hold."
        )
        edit.setClearButtonEnabled(True)
        edit.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        edit.textChanged.connect(lambda _text: self._filtering.start())
        return edit

    def _make_columns_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("columns_button")
        button.setText("Columns")
        button.setAccessibleName("Choose the columns")
        button.setToolTip("Choose the columns, or add any keyword")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.columns_menu)
        return button

    def _make_view(self) -> QTableView:
        view = QTableView(self)
        view.setObjectName("observations_table")
        view.setAccessibleName("Observations: one file a row")
        view.setModel(self.model)
        view.setItemDelegate(ReasonDelegate(view))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setShowGrid(False)
        view.setAlternatingRowColors(True)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = view.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW_HEIGHT)
        header = view.horizontalHeader()
        header.setObjectName("observations_header")
        # with that of the rows it asks ten thousand of them, for each painting, whether a whole column is selected
        header.setSelectionModel(QItemSelectionModel(self.model, header))
        header.setAccessibleName("Columns; choose one to sort by it")
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return view

    def _make_hint(self) -> QLabel:
        hint = rich(QLabel(self))
        hint.setObjectName("observations_hint")
        hint.setAccessibleName("How to begin")
        hint.setWordWrap(True)
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.linkActivated.connect(self.open_requested)
        return hint

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.filter, 1)
        top.addWidget(self.columns_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        layout.setSpacing(SPACE)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.hint, 1)
        layout.addWidget(self.summary)

    def _connect(self) -> None:
        self.files.arrived.connect(self._arrived)
        self.files.scanning_changed.connect(self._scanned)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._selecting.start())
        # what is selected already and selected again: what the filter hides is selected no longer
        self.view.clicked.connect(lambda _index: self._selecting.start())
        self.ways.all_asked.connect(self._selecting.start)
        self.view.customContextMenuRequested.connect(self._menu)
        header = self.view.horizontalHeader()
        header.sectionResized.connect(self._resized)
        header.sectionMoved.connect(self._moved)
        header.sortIndicatorChanged.connect(self._sorted)
        header.customContextMenuRequested.connect(self._header_menu)
        self.session.selection_changed.connect(self._follow)
        self.session.selection_changed.connect(self._tell)
        self.columns_menu.added.connect(self.add_column)
        self.columns_menu.removed.connect(self.remove_column)
        theme().changed.connect(self._retheme)
        for name, text, keys, call in self._deeds():
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _checked=False, call=call: call())
            self.view.addAction(action)

    def _deeds(self) -> tuple[tuple[str, str, QKeySequence.StandardKey | str, Callable[[], None]], ...]:
        return (
            ("compare_rows", "Compare pictures", "Ctrl+Shift+P", self.compare_selected),
            ("validate_rows", "Validate: is it good?", "Ctrl+Shift+V", self.validate_selected),
            ("ingest_rows", "Ingest into the cache…", "Ctrl+Shift+G", self.ingest_selected),
            ("copy_paths", "Copy paths", "Ctrl+Shift+C", self.copy_paths),
            ("remove_rows", "Remove from the table", QKeySequence.StandardKey.Delete, self.remove_selected),
        )

    def compare_selected(self) -> None:
        """Compare the pictures of the selected files."""
        if self.session.selection:
            self.session.compare_requested.emit(self.session.selection)

    def validate_selected(self) -> None:
        """See whether the selected files are good."""
        if self.session.selection:
            self.session.ask_page("validate", self.session.selection)

    def ingest_selected(self) -> None:
        """See what changes if the selected files go into the cache as references."""
        if self.session.selection:
            self.session.ask_page("ingest", self.session.selection)

    # ---- columns

    def add_column(self, keyword: str) -> None:
        """Show a keyword as a column, at the end.

        Parameters
        ----------
        keyword : str
            FITS keyword, or a parkey of the current cache's observatory.
        """
        cache = self.session.cache
        key = keyword.strip().upper()
        if cache is not None and "." in key:
            key = cache.observatory.keyword_of(key) or key
        column = keyword_column(key)
        if column not in self.model.columns:
            self.set_columns([*(column.key for column in self.model.columns), column.key])
        self.view.scrollTo(self.model.index(0, self.model.columns.index(column)))

    def remove_column(self, key: str) -> None:
        """Hide a column; the file's name stays."""
        if key != FILE.key:
            self.set_columns([column.key for column in self.model.columns if column.key != key])

    def set_columns(self, keys: list[str]) -> None:
        """Show these columns, in this order.

        Parameters
        ----------
        keys : list of str
            Keys of built-in columns, and keywords.
        """
        self.model.set_columns([keyword_column(key) for key in keys])
        self._restore_order()
        self._remember_columns()
        self._columns.note()
        self._follow()

    def _column_state(self) -> ColumnState:
        """Keys in the order that is seen, and what sorts the rows."""
        header = self.view.horizontalHeader()
        places = sorted(range(len(self.model.columns)), key=header.visualIndex)
        by, down = header.sortIndicatorSection(), Qt.SortOrder.DescendingOrder
        key = self.model.columns[by].key if 0 <= by < len(places) else FILE.key
        return tuple(self.model.columns[place].key for place in places), (key, header.sortIndicatorOrder() == down)

    def _put_columns(self, state: ColumnState) -> None:
        keys, order = state
        remember("observations/sort", list(order))
        self.set_columns(list(keys))

    def _restore_order(self) -> None:
        header = self.view.horizontalHeader()
        header.blockSignals(True)
        for place, column in enumerate(self.model.columns):
            header.moveSection(header.visualIndex(place), place)
            self.view.setColumnWidth(place, int(self._widths.get(column.key, 100)))
        key, backwards = remembered("observations/sort", ["FILE", False])
        keys = [column.key for column in self.model.columns]
        place = keys.index(key) if key in keys else 0
        order = Qt.SortOrder.DescendingOrder if backwards and key in keys else Qt.SortOrder.AscendingOrder
        header.setSortIndicatorShown(True)
        header.setSortIndicator(place, order)
        header.blockSignals(False)
        self.view.setSortingEnabled(True)
        self.model.sort(place, order)

    def _remember_columns(self) -> None:
        remember("observations/columns", list(self._column_state()[0]))

    def _moved(self) -> None:
        self._remember_columns()
        self._columns.note()

    def _resized(self, place: int, _before: int, width: int) -> None:
        last = self.view.horizontalHeader().logicalIndex(len(self.model.columns) - 1)
        if place != last and width > 0:
            self._widths[self.model.columns[place].key] = width

    def _sorted(self, place: int, order: Qt.SortOrder) -> None:
        if 0 <= place < len(self.model.columns):
            remember("observations/sort", [self.model.columns[place].key, order == Qt.SortOrder.DescendingOrder])
            self._columns.note()

    def save(self) -> None:
        """Remember the widths of the columns."""
        remember("observations/widths", self._widths)

    # ---- rows

    def _arrived(self, rows: list[Row]) -> None:
        empty = not self.model.total
        self.model.add(rows)
        self._tell()
        if empty and self.model.total:
            self.first_arrived.emit()

    def _scanned(self, scanning: bool) -> None:
        self._tell()
        if scanning:
            return
        path, self._brought = self._brought, None
        if path is not None:
            self.select_path(path)
        if not self._selecting.isActive():
            # what was selected before its rows were there
            self._follow()

    def _apply_filter(self) -> None:
        self.model.set_query(parse(self.filter.text()))
        self._filters.note()
        self._follow()
        self._tell()

    def _select(self) -> None:
        self.session.select(self.model.row(number).entry.path for number in self._selected())

    def _follow(self) -> None:
        """Show the session's selection, wherever it was made."""
        chosen = self.view.selectionModel()
        numbers = self.model.places(self.session.selection)
        if numbers == self._selected():
            return
        wanted = QItemSelection()
        last = max(self.model.columnCount() - 1, 0)
        for first, end in runs(numbers):
            wanted.select(self.model.index(first, 0), self.model.index(end, last))
        chosen.blockSignals(True)
        chosen.select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if numbers:
            chosen.setCurrentIndex(self.model.index(numbers[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        chosen.blockSignals(False)
        if numbers:
            self.view.scrollTo(self.model.index(numbers[0], 0))
        self.view.viewport().update()

    def take_filter(self, text: str) -> None:
        """Show only what fits a filter that was in use before; no step of the user's.

        Parameters
        ----------
        text : str
            As it would be typed.
        """
        self.filter.setText(text)
        self._filters.settle()
        self._apply_filter()

    def select_path(self, path: Path) -> None:
        """Select one file and bring it into view; a filter that hides it is taken away.

        Parameters
        ----------
        path : pathlib.Path
            Of a row.
        """
        if self.model.find(path) is None and self.filter.text():
            self.filter.clear()
            self._apply_filter()
        number = self.model.find(path)
        if number is not None:
            self.view.selectRow(number)
            self.view.scrollTo(self.model.index(number, 0))

    def bring(self, path: Path) -> None:
        """Select a file that is being opened, once its row is there.

        Parameters
        ----------
        path : pathlib.Path
            Absolute.
        """
        self._brought = path

    def copy_paths(self) -> None:
        """Copy the paths of the selected files, one a line."""
        paths = (str(self.model.row(number).entry.path) for number in self._selected())
        QGuiApplication.clipboard().setText("\n".join(paths))

    def remove_selected(self) -> None:
        """Take the selected files out of the table; the files themselves stay."""
        paths = [self.model.row(number).entry.path for number in self._selected()]
        if paths:
            self._remove(paths)
            what = paths[0].name if len(paths) == 1 else f"{len(paths):,} files"
            self.session.history.did(
                f"take {what} out of the table", partial(self.files.open, paths), partial(self._remove, paths)
            )

    def _remove(self, paths: list[Path]) -> None:
        self.model.remove(paths)
        self.files.forget(paths)
        self.session.select(())
        self._tell()

    def close_roots(self, roots: Iterable[Path]) -> None:
        """Take files and folders out that were opened.

        Parameters
        ----------
        roots : iterable of pathlib.Path
            As they were opened.
        """
        closed = self.files.close_roots(roots)
        gone = [row.entry.path for row in self.model.entries() if closed(row.entry.path)]
        self.model.remove(gone)
        away = set(gone)
        self.session.select(path for path in self.session.selection if path not in away)
        self._tell()

    def _selected(self) -> list[int]:
        # by ranges: an index for each of ten thousand rows would be felt
        return sorted(
            {row for part in self.view.selectionModel().selection() for row in range(part.top(), part.bottom() + 1)}
        )

    # ---- telling

    def _tell(self) -> None:
        total, shown, bad = self.model.total, self.model.rowCount(), self.model.unreadable
        words = [f"{total:,} file{'' if total == 1 else 's'}"]
        if self.model.query:
            words = [f"{shown:,} of {words[0]}"]
        hidden = self.model.hidden(self.session.selection) if shown < total else 0
        if hidden:
            words.append(f"{hidden:,} selected {'is' if hidden == 1 else 'are'} hidden")
        if bad:
            words.append(f"<span style='color:{theme().colour('error').name()}'>{bad:,} unreadable</span>")
        if self.files.scanning:
            words.append("reading…")
        elif self.files.interrupted:
            words.append("reading was cancelled; F5 goes on")
        self.summary.setText(" · ".join(words))
        self.summary.setVisible(bool(total))
        self.view.setVisible(bool(total) and bool(shown))
        self.hint.setVisible(not self.view.isVisibleTo(self))
        self.hint.setText(self._hint_text())

    def _hint_text(self) -> str:
        accent, muted = theme().colour("accent").name(), theme().colour("muted").name()
        if self.files.scanning and not self.model.total:
            return f"<span style='color:{muted}'>Reading headers…</span>"
        if self.model.total:
            return f"<span style='color:{muted}'>No file fits the filter.</span>"
        if self.files.roots:
            return f"<span style='color:{muted}'>There are no FITS files in what was opened.</span>"
        link = f"style='color:{accent}; text-decoration:none'"
        return (
            f"<p style='color:{muted}'>No observations are open.</p>"
            f"<p><a href='files' {link}>Open files</a> &nbsp;·&nbsp; <a href='folder' {link}>Open a folder</a></p>"
            f"<p style='color:{muted}'>or drop files, folders or CRDS caches anywhere in the window.</p>"
        )

    def _retheme(self) -> None:
        for action in self.filter.actions():
            if not action.objectName():
                action.setIcon(icon("search", "muted"))
        self._tell()
        self.view.viewport().update()

    def _menu(self, point: QPoint) -> None:
        if self.view.indexAt(point).isValid():
            menu = QMenu(self)
            menu.setObjectName("observations_menu")
            menu.addActions(self.view.actions())
            menu.exec(self.view.viewport().mapToGlobal(point))
            menu.deleteLater()

    def _header_menu(self, point: QPoint) -> None:
        self.columns_menu.popup(self.view.horizontalHeader().mapToGlobal(point))
