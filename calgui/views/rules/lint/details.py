"""One finding in full: why it matters, how to cure it, and every place, each of which a click leads to."""

from html import escape

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.lint.table import CHECKS
from calgui.core.rules.lint.telling import where
from calgui.core.rules.values import Finding, Place
from calgui.views.rules.marks import SEVERITIES
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich
from calgui.views.widgets.tables import RecordTable

_Index = QModelIndex | QPersistentModelIndex


class PlacesModel(RecordTable[Place]):
    """The places of a finding."""

    titles = ("File", "Line", "Rule", "Date", "Selects", "What is said of it")

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a cell."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        place = self.shown[index.row()]
        line = "" if place.line is None else str(place.line)
        rule = ", ".join(place.rule)
        return (place.file, line, rule, place.date or "", place.reference or "", place.note)[index.column()]


class LintDetails(QWidget):
    """Beside the list of findings.

    Signals
    -------
    place_asked(Place)
        The user wants to see it.
    header_asked(Place)
        The user wants to try the header that shows it.
    """

    place_asked = Signal(object)
    header_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lint_details")
        self.finding: Finding | None = None
        self.title, self.text = QLabel(self), QLabel(self)
        for label, name in ((self.title, "lint_title"), (self.text, "lint_text")):
            label.setObjectName(name)
            label.setWordWrap(True)
            rich(label)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.model = PlacesModel(self)
        self.places = self._make_places()
        self.show_place = self._make_button("lint_show", "Show in the cache", "Go to this place in the cache (Return).")
        self.try_header = self._make_button(
            "lint_try", "Try its header", "Open an observation that shows it on the page What if."
        )
        self.show_place.clicked.connect(lambda: self._ask(self.place_asked))
        self.try_header.clicked.connect(lambda: self._ask(self.header_asked))
        row = QHBoxLayout()
        row.addWidget(self.show_place)
        row.addWidget(self.try_header)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE // 2, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addWidget(self.places, 1)
        layout.addLayout(row)
        theme().changed.connect(self._retheme)
        self.show_finding(None)

    def _make_places(self) -> QTableView:
        table = QTableView(self)
        table.setObjectName("lint_places")
        table.setAccessibleName("Places of this finding")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(24)
        table.horizontalHeader().setStretchLastSection(True)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        table.doubleClicked.connect(lambda _index: self._ask(self.place_asked))
        table.selectionModel().currentRowChanged.connect(lambda *_: self._allow())
        for name, text, keys, call in (
            ("lint_go", "Show in the cache", "Return", lambda: self._ask(self.place_asked)),
            ("lint_copy", "Copy the places", QKeySequence.StandardKey.Copy, self.copy),
        ):
            action = QAction(text, table)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, call=call: call())
            table.addAction(action)
        return table

    def _make_button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        return button

    def show_finding(self, finding: Finding | None) -> None:
        """Show a finding in full.

        Parameters
        ----------
        finding : Finding or None
            None for nothing.
        """
        self.finding = finding
        for widget in (self.title, self.text, self.places, self.show_place, self.try_header):
            widget.setVisible(finding is not None)
        if finding is None:
            self.model.show(())
            return
        mark, muted = SEVERITIES[finding.severity], theme().colour("muted").name()
        colour = theme().colour(mark.role).name()
        title = CHECKS[finding.code].title
        self.title.setText(
            f"<span style='color:{colour}'><b>{mark.glyph} {mark.word}</b></span> &nbsp; <b>{escape(title)}</b>"
            f" &nbsp; <span style='color:{muted}'>{escape(finding.code)}</span>"
        )
        parts = [f"<p>{escape(finding.message)}</p>"]
        parts += [
            f"<p><span style='color:{muted}'>{word}</span> &nbsp; {escape(said)}</p>"
            for word, said in (("Why it matters", finding.why), ("Cure", finding.cure))
            if said
        ]
        places = finding.places or (Place(finding.place),)
        if finding.count > len(places):
            parts.append(f"<p style='color:{muted}'>The first {len(places):,} of {finding.count:,} places:</p>")
        self.text.setText("".join(parts))
        self.model.show(places)
        metrics = self.places.fontMetrics()
        for column in range(self.model.columnCount() - 1):
            texts = {str(self.model.index(row, column).data()) for row in range(min(len(places), 100))}
            room = max(metrics.horizontalAdvance(text) for text in (*texts, self.model.titles[column])) + 2 * SPACE + 4
            self.places.setColumnWidth(column, min(300, room))
            self.places.setColumnHidden(column, column > 0 and texts == {""})
        self.places.setCurrentIndex(self.model.index(0, 0))
        self._allow()

    def _retheme(self) -> None:
        self.show_finding(self.finding)

    def _place(self) -> Place | None:
        row = self.places.currentIndex().row()
        return self.model.at(row)

    def _allow(self) -> None:
        place = self._place()
        self.try_header.setVisible(place is not None and bool(place.header))

    def _ask(self, signal: object) -> None:
        place = self._place()
        if place is not None:
            signal.emit(place)  # type: ignore[attr-defined]

    def copy(self) -> None:
        """Copy the chosen places, or all of them, a line each."""
        rows = sorted({index.row() for index in self.places.selectedIndexes()}) or range(len(self.model.shown))
        QGuiApplication.clipboard().setText("\n".join(where(self.model.shown[row]) for row in rows))
