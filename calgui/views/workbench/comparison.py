"""A new reference beside the one that the rules select: difference, numbers, pixels that came and went."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QTableWidgetItem, QTabWidget, QVBoxLayout, QWidget

from calgui.core.runs.comparing import Comparison, comparer_of
from calgui.core.runs.comparing.values import Comparer
from calgui.views.image.content import Origin
from calgui.views.image.view import ImageView
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.workbench.plots import CurvesPanel
from calgui.views.workbench.results import Grid, MetricsTable, TablesPanel

#: rows of the list of changed pixels; the numbers above it count all
_MOST = 2000
#: width of what stands beside the difference, pixels
_SIDE = 266


class ComparisonPanel(QWidget):
    """Filled once a whole frame has been made and the cache has a reference for it.

    Parameters
    ----------
    session : Session
        For the picture.
    comparer : Comparer or None
        How products of this page are compared; None where there is nothing to compare them by.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, comparer: Comparer | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_comparison")
        self._comparer = comparer
        word, changes = (comparer.word, comparer.changes) if comparer else ("reference", "Pixels that changed")
        self.message = QLabel()
        self.message.setObjectName("bench_comparison_message")
        self.message.setAccessibleName(f"Comparison with the {word} in use")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture = ImageView(session)
        self.picture.setObjectName("bench_difference")
        self.metrics = MetricsTable("bench_comparison_metrics", "Metrics of the comparison")
        self.changed = Grid("bench_changed_pixels", changes)
        self._column = comparer.column if comparer else "pixel"
        self.changed.setToolTip("Columns and rows counted from 0. Select one to see it in the difference.")
        self.changed.itemSelectionChanged.connect(self._look)
        self.curves = CurvesPanel(session)
        self.curves.setObjectName("bench_comparison_curves")
        # one at a time, each with the whole height: no list is squeezed by a plot
        self.side = QTabWidget()
        self.side.setObjectName("bench_comparison_tabs")
        self.side.setDocumentMode(True)
        self.side.tabBar().setDrawBase(False)
        self.side.setMinimumWidth(_SIDE)
        self.side.addTab(self.metrics, "Numbers")
        self.side.addTab(self.curves, "Plots")
        self.side.addTab(self.changed, "Pixels")
        self.side.setTabToolTip(2, changes)
        self.tables = TablesPanel()
        self.tables.setObjectName("bench_comparison_tables")
        self.side.addTab(self.tables, "By flag")
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.body.setObjectName("bench_comparison_body")
        self.body.setHandleWidth(1)
        self.body.addWidget(self.picture)
        self.body.addWidget(self.side)
        self.body.setStretchFactor(0, 1)
        self.body.setStretchFactor(1, 0)
        self.body.setSizes([10 * _SIDE, _SIDE])
        self.body.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.addWidget(self.message)
        layout.addWidget(self.body, 1)
        self._comparison: Comparison | None = None
        theme().changed.connect(self._retheme)
        self._retheme()
        self.show_nothing(f"Run the whole frames to compare the new {word} with the one that the rules select.")

    def show_nothing(self, why: str) -> None:
        """Say why there is no comparison.

        Parameters
        ----------
        why : str
            One or two sentences.
        """
        self._comparison = None
        self.message.setText(why)
        # asked with every answer to a changed option
        if not self.body.isHidden():
            self.body.hide()
            self.picture.clear()

    def show_comparison(self, comparison: Comparison, inputs: Sequence[Path] = ()) -> None:
        """Show a comparison, or why there is none.

        Parameters
        ----------
        comparison : Comparison
            Of the whole frame.
        inputs : sequence of pathlib.Path
            What the new one was made of: its pixels are theirs.
        """
        if comparison.status != "compared":
            self.show_nothing(comparison.message)
            return
        self._comparison = comparison
        self.message.setText(comparison.message)
        self.body.show()
        # an algorithm may make products of several types, and each has its own words
        how = comparer_of(comparison.product) or self._comparer
        old = comparison.old.name if comparison.old is not None else f"the {how.word if how else 'reference'} in use"
        what = how.difference if how is not None else "new less old"
        title = how.title if how is not None else "new less"
        files = (*inputs, *((comparison.old,) if comparison.old is not None else ()))
        note = what if comparison.tables else f"{what}, whole frame"
        # rows of a table are seen in plots rather than as a picture of a few rows
        pictured = comparison.difference is not None and not (how is not None and how.table)
        if comparison.difference is not None and pictured:
            self.picture.show_frame(comparison.difference, f"{title} {old}", note, Origin(files))
        self._show_picture(pictured)
        self.metrics.show_metrics(comparison.metrics)
        for tab, content in ((self.curves, comparison.curves), (self.tables, comparison.tables)):
            if (at := self.side.indexOf(tab)) >= 0:
                self.side.setTabVisible(at, bool(content))
        self.curves.show_curves(comparison.curves)
        self.tables.show_tables(comparison.tables)
        self.side.setTabText(self.side.indexOf(self.tables), "By flag" if comparison.product == "MASK" else "Table")
        self.side.setTabVisible(self.side.indexOf(self.changed), bool(comparison.changes))
        self._fill(comparison)

    def _show_picture(self, there: bool) -> None:
        """Where there is no picture to compare, plots stand in its place."""
        self.picture.setVisible(there)
        where = self.side.indexOf(self.curves)
        if there and where < 0:
            self.side.insertTab(1, self.curves, "Plots")
        elif not there and where >= 0:
            self.side.removeTab(where)
            self.body.insertWidget(0, self.curves)
            self.body.setSizes([10 * _SIDE, _SIDE])
            self.body.setStretchFactor(0, 1)
        if not there:
            self.curves.show()

    def _fill(self, comparison: Comparison) -> None:
        each = _MOST // max(len([change for change in comparison.changes if len(change.places)]), 1)
        detailed = any(change.details for change in comparison.changes)
        self.changed.setColumnCount(4 if detailed else 3)
        self.changed.setHorizontalHeaderLabels([self._column, "x", "y", *(["flags"] if detailed else [])])
        rows = [
            (f"{change.sign} {change.way}", x, y, change.details[number] if change.details else "")
            for change in comparison.changes
            for number, (y, x) in enumerate(change.places[:each].tolist())
        ]
        self.changed.setRowCount(len(rows))
        for number, (words, x, y, detail) in enumerate(rows):
            item: QTableWidgetItem = self.changed.put(number, 0, words)
            item.setData(Qt.ItemDataRole.UserRole, (x, y))
            self.changed.put(number, 1, str(x), number=True)
            self.changed.put(number, 2, str(y), number=True)
            if detailed:
                self.changed.put(number, 3, detail)

    def _look(self) -> None:
        row = self.changed.currentRow()
        item = self.changed.item(row, 0) if row >= 0 else None
        if item is not None:
            self.picture.seek(*item.data(Qt.ItemDataRole.UserRole))

    def _retheme(self) -> None:
        colour = theme().colour
        self.message.setStyleSheet(f"padding: {SPACE}px; color: {colour('text').name()};")
