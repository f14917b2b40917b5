"""The list of lines of one spectrum: a row each, linked with the plots."""

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QLabel, QPushButton, QTableView, QVBoxLayout, QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.views.spectrum.trace import Axis
from calgui.views.theme import SPACE, figures, theme
from calgui.views.workbench.marks.signs import pixmap, signs
from calgui.views.workbench.results import figure
from calgui.views.workbench.spectra.axes import unit_words, written
from calgui.views.workbench.spectra.shown import EXCLUDED, ResidualUnit, Shown

_RAW = Qt.ItemDataRole.UserRole
_STATE, _SPECIES, _WAVELENGTH, _RESIDUAL, _PIXEL, _ERROR, _FLUX = range(7)


class _Model(QAbstractTableModel):
    """Lines of one spectrum, from left to right."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self.which: Any = np.zeros(0, int)
        self._axis, self._unit = Axis(), "pixel"
        self._residual: Any = np.zeros(0)
        self._icons = [pixmap(sign, 9) for sign in signs(LINE_STATES)]

    def put(self, shown: Shown | None, spectrum: int, axis: Axis, unit: ResidualUnit) -> None:
        self.beginResetModel()
        self.shown, self._axis, self._unit = shown, axis, unit
        self.which = shown.index(spectrum) if shown is not None else np.zeros(0, int)
        self._residual = shown.residuals(self.which, unit)[0] if shown is not None else np.zeros(0)
        self.endResetModel()

    def rowCount(self, parent: Any = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.which)

    def columnCount(self, _parent: Any = None) -> int:
        return 7

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if way != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            wave = f"wavelength\n({unit_words(self._axis)})"
            return ("state", "", wave, f"residual\n({self._unit})", "pixel", "±", "flux")[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                "What became of the line", "Species", "As listed", "Measured minus solution", "Centre",
                "Error of the centre, pixels", "Above what is about the line",
            )[section]  # fmt: skip
        return None

    def raw(self, row: int, column: int) -> Any:
        assert self.shown is not None
        lines, line = self.shown.spectra.lines, int(self.which[row])
        if column == _STATE:
            return int(lines.state[line])
        if column == _SPECIES:
            listed = int(lines.listed[line])
            return self.shown.spectra.species[listed] if 0 <= listed < len(self.shown.spectra.species) else ""
        if column == _RESIDUAL:
            return float(self._residual[row])
        columns = {_WAVELENGTH: lines.wavelength, _PIXEL: lines.pixel, _ERROR: lines.pixel_error, _FLUX: lines.flux}
        return float(columns[column][line])

    def data(self, at: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.shown is None or not at.isValid():
            return None
        column = at.column()
        if role == Qt.ItemDataRole.FontRole:
            return figures() if column > _SPECIES else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column > _SPECIES else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole, _RAW):
            return None
        value = self.raw(at.row(), column)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons[value] if column == _STATE else None
        if role == _RAW:
            return value if isinstance(value, str | int) or np.isfinite(value) else -np.inf
        return self._text(column, value)

    def _text(self, column: int, value: Any) -> str:
        if column == _STATE:
            return LINE_STATES[value]
        if column == _SPECIES:
            return str(value)
        if not np.isfinite(value):
            return "–"
        if column == _WAVELENGTH:
            return written(value, self._axis)
        if column == _FLUX:
            return figure(value, 4)
        if column == _RESIDUAL:
            digits = {"pixel": 3, "nm": 4, "km/s": 2}[self._unit]
            # what is nothing as written has no sign
            rounded = round(value, digits)
            return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"
        return f"{value:.{2 if column == _PIXEL else 3}f}"


class LineTable(QWidget):
    """The list, and what can be done about the lines that are selected in it.

    Signals
    -------
    chosen(object)
        Index of the line that the user selects.
    exclude_wanted(object, bool)
        Listed lines (a tuple of indices into the list), and whether they are to be left out.

    Parameters
    ----------
    parent : QWidget, optional
    """

    chosen = Signal(object)
    exclude_wanted = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_lines")
        self.model = _Model()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(_RAW)
        self._late: tuple[Any, ...] | None = None
        self._choosing = self._sized = False
        self._chosen: int | None = None
        self.view = QTableView()
        self.view.setObjectName("spectra_lines_list")
        self.view.setAccessibleName("Lines of the spectrum")
        self.view.setModel(self._sorted)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setAlternatingRowColors(True)
        self.view.setShowGrid(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(self.view.fontMetrics().height() + SPACE)
        self.view.horizontalHeader().setHighlightSections(False)
        self.view.setToolTip("Select a row to see its line; Space leaves what is selected out, or takes it in")
        self.view.selectionModel().currentRowChanged.connect(self._current_changed)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._update())
        self.toggle = QPushButton("Exclude")
        self.toggle.setObjectName("spectra_lines_toggle")
        self.toggle.setToolTip("The listed lines whose rows are selected, in all spectra (Space)")
        self.toggle.clicked.connect(self._toggle)
        key = QShortcut(QKeySequence("Space"), self.view, context=Qt.ShortcutContext.WidgetShortcut)
        key.activated.connect(self._toggle)
        self.said = QLabel()
        self.said.setObjectName("spectra_lines_said")
        self.said.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, SPACE // 2)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.said)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignLeft)
        theme().changed.connect(self._retheme)
        self._retheme()
        self._update()

    def _retheme(self) -> None:
        self.said.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: {SPACE}px {SPACE}px 0 {SPACE}px;")

    def show_lines(self, shown: Shown | None, spectrum: int, axis: Axis, unit: ResidualUnit, line: int | None) -> None:
        """List those of a spectrum; made anew where it can be seen.

        Parameters
        ----------
        shown : Shown or None
            All spectra.
        spectrum : int
            Which.
        axis : Axis
            In whose unit wavelengths are written.
        unit : str
            Of the residuals.
        line : int or None
            The one that is chosen.
        """
        self._late, self._chosen = (shown, spectrum, axis, unit), line
        if self.isVisible():
            self._fill()

    def _fill(self) -> None:
        assert self._late is not None
        (shown, spectrum, axis, unit), self._late = self._late, None
        bar = self.view.verticalScrollBar().value()
        self._choosing = True
        self.model.put(shown, spectrum, axis, unit)
        self._choosing = False
        if not self._sized and shown is not None:
            self._sized = True
            self._set_widths()
        self.view.verticalScrollBar().setValue(bar)
        count = len(self.model.which)
        name = f" · {shown.name(spectrum)}" if shown is not None and shown.count > 1 else ""
        self.said.setText(f"{count:,} line{'' if count == 1 else 's'}{name}")
        self.choose(self._chosen)
        self._update()

    def _set_widths(self) -> None:
        """By what may stand in the columns; the user may drag them."""
        text, digits = self.view.fontMetrics(), QFontMetrics(figures())
        widths = [max(map(text.horizontalAdvance, LINE_STATES)) + 24, text.horizontalAdvance("Kr+Xe")]
        head = text.horizontalAdvance("(nm vacuum)")
        widths.append(max(digits.horizontalAdvance("2400.0000"), head))
        widths += [digits.horizontalAdvance(one) for one in ("+0.0000", "2000.00", "0.000", "1.234e+05")]
        for column, width in enumerate(widths):
            self.view.setColumnWidth(column, width + 2 * SPACE + 2)

    def showEvent(self, event: Any) -> None:
        """List what came meanwhile."""
        super().showEvent(event)
        if self._late is not None:
            self._fill()

    def choose(self, line: int | None) -> None:
        """Select a row, and bring it into view.

        Parameters
        ----------
        line : int or None
            Into the table of all lines.
        """
        self._chosen = line
        if self._late is not None:
            return
        self._choosing = True
        rows = np.flatnonzero(self.model.which == line) if line is not None else ()
        if len(rows):
            at = self._sorted.mapFromSource(self.model.index(int(rows[0]), 0))
            flags = QItemSelectionModel.SelectionFlag
            if not self.view.selectionModel().isRowSelected(at.row(), QModelIndex()):
                self.view.selectionModel().setCurrentIndex(at, flags.ClearAndSelect | flags.Rows)
            self.view.scrollTo(at)
        else:
            self.view.clearSelection()
        self._choosing = False

    @property
    def selected(self) -> tuple[int, ...]:
        """Indices of the lines whose rows are selected."""
        rows = self.view.selectionModel().selectedRows()
        return tuple(int(self.model.which[self._sorted.mapToSource(row).row()]) for row in rows)

    def _current_changed(self, now: Any, _before: Any) -> None:
        if not self._choosing and now.isValid():
            self._chosen = int(self.model.which[self._sorted.mapToSource(now).row()])
            self.chosen.emit(self._chosen)

    def _listed(self) -> tuple[tuple[int, ...], bool]:
        """Listed lines of the selection, and whether any of them counts."""
        shown = self.model.shown
        if shown is None or not shown.spectra.excludes:
            return (), False
        lines = shown.spectra.lines
        which = [line for line in self.selected if lines.listed[line] >= 0]
        out = any(lines.state[line] != EXCLUDED for line in which)
        return tuple(int(lines.listed[line]) for line in which), out

    def _toggle(self) -> None:
        listed, out = self._listed()
        if listed:
            self.exclude_wanted.emit(listed, out)

    def _update(self) -> None:
        listed, out = self._listed()
        count = f" {len(listed):,}" if len(listed) > 1 else ""
        self.toggle.setText(f"{'Exclude' if out or not listed else 'Include'}{count}")
        self.toggle.setAccessibleName(f"{self.toggle.text()} the selected lines")
        self.toggle.setEnabled(bool(listed))
