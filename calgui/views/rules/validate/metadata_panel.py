"""Metadata of the file that is looked at, and one keyword of many files over the night."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSplitter, QVBoxLayout, QWidget

from calgui.core.algorithms.metadata.facts import CALIBRATIONS, expected, of_calibration
from calgui.core.algorithms.metadata.night import Trend, trend
from calgui.core.jobs import Job
from calgui.core.validation import Found
from calgui.views.rules.validate.metadata_model import ALLOWED, TOGETHER, MetadataModel, keyword_lines
from calgui.views.rules.validate.trend_plot import TrendPlot
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.tables import CutAtEnd, fit_columns, make_table

#: the plot of many files that are being judged follows so often
_SOON_MS = 700
Headers = Sequence[tuple[Path, Mapping[str, Any]]]


class MetadataPanel(QWidget):
    """A table, and a plot beside it.

    Signals
    -------
    file_chosen(object)
        The path of a file whose point was clicked.

    Parameters
    ----------
    session : Session
        Whose open files can be plotted too.
    listed : callable
        Gives path and header of the files that are validated.
    parent : QWidget, optional
    """

    file_chosen = Signal(object)

    def __init__(self, session: Session, listed: Callable[[], Headers], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_metadata_panel")
        self.session, self._listed = session, listed
        self._found: Found | None = None
        self._stale, self._sized = True, False
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self.plot)
        self.filter = QLineEdit(self)
        self.filter.setObjectName("validate_metadata_filter")
        self.filter.setAccessibleName("Filter the keywords")
        self.filter.setPlaceholderText("Filter: a keyword, system, verdict")
        self.filter.setClearButtonEnabled(True)
        self.calibration = QComboBox(self)
        self.calibration.setObjectName("validate_calibration")
        self.calibration.setAccessibleName("Which calibration's keywords are listed")
        for word, name in (("All metadata", ""), ("Consistency", TOGETHER), *((key, key) for key in CALIBRATIONS)):
            self.calibration.addItem(word, name)
        self.model = MetadataModel(self)
        self.table = make_table("validate_metadata", "Metadata of the file", self.model, self)
        self.table.setItemDelegateForColumn(ALLOWED, CutAtEnd(self.table))
        self.told = QLabel(self)
        self.told.setObjectName("validate_metadata_told")
        self.told.setAccessibleName("Why the chosen keyword is not good")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.keyword = QComboBox(self)
        self.keyword.setObjectName("validate_trend_keyword")
        self.keyword.setAccessibleName("Keyword that is plotted")
        self.keyword.setEditable(False)
        self.keyword.addItems(dict.fromkeys(row.keyword for row in expected() if row.trend))
        self.files = QComboBox(self)
        self.files.setObjectName("validate_trend_files")
        self.files.setAccessibleName("Files that are plotted")
        self.files.addItem("Files of this page", "page")
        self.files.addItem("All open files", "open")
        self.files.setToolTip("Over which files the keyword is plotted.")
        self.trend = TrendPlot(session, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        left, right = QWidget(self), QWidget(self)
        for side, row, below in (
            (left, ((self.filter, 1), (self.calibration, 0)), (self.table, self.told)),
            (right, ((self.keyword, 0), (self.files, 0)), (self.trend,)),
        ):
            line = QHBoxLayout()
            line.setSpacing(SPACE)
            for part, stretch in row:
                line.addWidget(part, stretch)
            if side is right:
                line.addStretch(1)
            column = QVBoxLayout(side)
            column.setContentsMargins(0 if side is left else SPACE, 0, 0, 0)
            column.setSpacing(SPACE // 2)
            column.addLayout(line)
            for number, widget in enumerate(below):
                column.addWidget(widget, 0 if number else 1)
        self.split = QSplitter(Qt.Orientation.Horizontal, self)
        self.split.setObjectName("validate_metadata_split")
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(1)
        self.split.addWidget(left)
        self.split.addWidget(right)
        self.split.setSizes([560, 420])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE // 2, 0, 0)
        layout.addWidget(self.split)

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda _text: self._narrow())
        self.calibration.currentIndexChanged.connect(lambda _at: self._narrow())
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._chosen())
        self.keyword.currentIndexChanged.connect(lambda _at: self.plot())
        self.files.currentIndexChanged.connect(lambda _at: self.plot())
        self.trend.chosen.connect(self.file_chosen)
        self.session.observations_changed.connect(lambda: self.plot() if self.files.currentData() == "open" else None)
        theme().changed.connect(self._chosen)

    @property
    def busy(self) -> bool:
        """Whether there is something to plot."""
        return self._soon.isActive() and self.isVisible()

    def show_found(self, found: Found | None) -> None:
        """Show the metadata of another file.

        Parameters
        ----------
        found : Found or None
        """
        if found is self._found:
            return
        self._found = found
        self.model.show(keyword_lines(found.checked) if found is not None else ())
        if found is not None and not self._sized:
            fit_columns(self.table, 150)
            self._sized = True
        self._chosen()
        self._propose()
        self.plot()

    def _propose(self) -> None:
        """A keyword that the file has: first one that is not good."""
        there = [line.keyword for line in self.model.all if line.followed and line.value]
        if there and self.keyword.currentText() not in there:
            self.keyword.setCurrentIndex(self.keyword.findText(there[0]))

    def follow(self) -> None:
        """The files of the page are others, or one more is known: plot them soon, once for all that come."""
        if self.files.currentData() == "page" and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Plot what came meanwhile."""
        super().showEvent(event)
        if self._stale:
            self.plot()

    def _narrow(self) -> None:
        self.model.narrow(self.filter.text(), self.calibration.currentData())
        self._chosen()

    def _chosen(self) -> None:
        row = self.table.currentIndex().row()
        line = self.model.shown[row] if 0 <= row < len(self.model.shown) else None
        self.told.setText(line.reason if line is not None else "")
        self.told.setVisible(bool(line is not None and line.reason))
        role = "error" if line is not None and line.verdict == "bad" else "warning"
        self.told.setStyleSheet(f"color: {theme().colour(role).name()};")
        at = self.keyword.findText(line.keyword) if line is not None else -1
        if line is not None and at < 0 and _is_number(line.value) and of_keyword(line.keyword) is not None:
            # what is not followed by itself can be looked at all the same
            self.keyword.addItem(line.keyword)
            at = self.keyword.count() - 1
        if at >= 0:
            self.keyword.setCurrentIndex(at)

    def plot(self) -> None:
        """Plot the chosen keyword, in the background, where it can be seen."""
        self._stale = not self.isVisible()
        row = of_keyword(self.keyword.currentText())
        if self._stale or row is None:
            return
        current = self._found.path if self._found is not None else None
        if self.files.currentData() == "open":
            entries = [entry for entry in self.session.observations() if entry.error is None]
            paths = [entry.path for entry in entries]
            headers: list[Mapping[str, Any]] = [entry.header for entry in entries]
        else:
            listed = self._listed()
            paths, headers = [path for path, _ in listed], [header for _, header in listed]

        def work(job: Job) -> Trend | None:
            job.check()
            return trend(headers, row)

        def done(made: Trend | None) -> None:
            why = f"{row.keyword}: two files or more that have it, and their times, are needed for a plot."
            self.trend.show_trend(made, paths, current, why)

        self.session.tasks.start("Plotting a keyword", work, done, key="validate-trend", quiet=True, background=True)


def of_keyword(keyword: str) -> Any:
    """What is expected of a keyword; None where nothing is.

    Parameters
    ----------
    keyword : str

    Returns
    -------
    Expected or None
    """
    return next((row for row in of_calibration("all") if row.keyword == keyword), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
