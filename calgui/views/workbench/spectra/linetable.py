"""The list of lines of one spectrum: a row each, linked with the plots."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.views.spectrum.trace import Axis
from calgui.views.theme import figures
from calgui.views.workbench.linkedtable import RAW, LinkedModel, LinkedTable
from calgui.views.workbench.marks.signs import pixmap, signs
from calgui.views.workbench.results import figure
from calgui.views.workbench.spectra.axes import unit_words, written
from calgui.views.workbench.spectra.shown import EXCLUDED, ResidualUnit, Shown

#: what is looked at first stands where it is seen without scrolling; the sign before the species tells the state too
_SPECIES, _WAVELENGTH, _RESIDUAL, _PIXEL, _ERROR, _FLUX, _STATE = range(7)


class _Model(LinkedModel):
    """Lines of one spectrum, from left to right."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self._which: Any = np.zeros(0, int)
        self._axis, self._unit = Axis(), "pixel"
        self._residual: Any = np.zeros(0)
        self._icons = [pixmap(sign, 9) for sign in signs(LINE_STATES)]

    @property
    def which(self) -> Any:
        return self._which

    def put(self, shown: Shown | None, spectrum: int, axis: Axis, unit: ResidualUnit) -> None:
        self.beginResetModel()
        self.shown, self._axis, self._unit = shown, axis, unit
        self._which = shown.index(spectrum) if shown is not None else np.zeros(0, int)
        self._residual = shown.residuals(self._which, unit)[0] if shown is not None else np.zeros(0)
        self.endResetModel()

    def rowCount(self, parent: Any = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._which)

    def columnCount(self, _parent: Any = None) -> int:
        return 7

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if way != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            wave = f"wavelength\n({unit_words(self._axis)})"
            return ("line", wave, f"residual\n({self._unit})", "pixel", "±", "flux", "state")[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                "Species, and the sign of what became of the line", "As listed", "Measured minus solution", "Centre",
                "Error of the centre, pixels", "Above what is about the line", "What became of the line",
            )[section]  # fmt: skip
        return None

    def raw(self, row: int, column: int) -> Any:
        assert self.shown is not None
        lines, line = self.shown.spectra.lines, int(self._which[row])
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
            return figures() if _SPECIES < column < _STATE else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            figure_like = _SPECIES < column < _STATE
            side = Qt.AlignmentFlag.AlignRight if figure_like else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.ToolTipRole):
            if column != _SPECIES:
                return None
            state = self.raw(at.row(), _STATE)
            return self._icons[state] if role == Qt.ItemDataRole.DecorationRole else LINE_STATES[state]
        if role not in (Qt.ItemDataRole.DisplayRole, RAW):
            return None
        value = self.raw(at.row(), column)
        if role == RAW:
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


class LineTable(LinkedTable):
    """The list, and what can be done about the lines that are selected in it.

    Signals
    -------
    exclude_wanted(object, bool)
        Listed lines (a tuple of indices into the list), and whether they are to be left out.

    Parameters
    ----------
    parent : QWidget, optional
    """

    exclude_wanted = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.model = _Model()
        super().__init__("spectra_lines", "Lines of the spectrum", self.model, parent)
        self._spectrum = 0
        self.view.setToolTip("Select a row to see its line; Space leaves what is selected out, or takes it in")
        self.toggle.setToolTip("The listed lines whose rows are selected, in all spectra (Space)")
        self._update()

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
        self._spectrum = spectrum
        self._show_rows(lambda: self.model.put(shown, spectrum, axis, unit), line)

    def _widths(self) -> list[int]:
        text, digits = self.view.fontMetrics(), QFontMetrics(figures())
        wave = max(digits.horizontalAdvance("2400.0000"), text.horizontalAdvance("(nm vacuum)"))
        return [
            text.horizontalAdvance("Kr+Xe") + 4,
            wave,
            *(digits.horizontalAdvance(one) for one in ("+0.0000", "2000.00", "0.000", "1.234e+05")),
            max(map(text.horizontalAdvance, LINE_STATES)),
        ]

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
        several = f" {len(listed):,}" if len(listed) > 1 else ""
        self.toggle.setText(f"{'Exclude' if out or not listed else 'Include'}{several}")
        self.toggle.setAccessibleName(f"{self.toggle.text()} the selected lines")
        self.toggle.setEnabled(bool(listed))
        count, shown = len(self.model.which), self.model.shown
        name = f" · {shown.name(self._spectrum)}" if shown is not None and shown.count > 1 else ""
        self.said.setText(f"{count:,} line{'' if count == 1 else 's'}{name}")
