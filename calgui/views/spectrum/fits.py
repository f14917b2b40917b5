"""The list of fitted peaks: one row each, copied as a spreadsheet likes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from calgui.core.spectra.peaks import Floats, Peak
from calgui.core.spectra.spectrum import Spectrum
from calgui.views.theme import figures

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COLUMNS = ("spectrum", "shape", "centre", "±", "FWHM", "±", "flux", "±", "background", "χ² / ν", "axis")


@dataclass(frozen=True)
class Fit:
    """A fit, and what it was made of.

    Attributes
    ----------
    peak : Peak
        On the axis of that moment.
    name : str
        Of the spectrum.
    axis : str
        Title of the axis.
    x : ndarray
        Places of the model on that axis.
    spectrum : Spectrum
        What was fitted.
    """

    peak: Peak
    name: str
    axis: str
    x: Floats
    spectrum: Spectrum

    @property
    def cells(self) -> tuple[str, ...]:
        """As texts, in the order of the columns."""
        peak = self.peak
        chi2 = "" if peak.chi2_reduced is None else f"{peak.chi2_reduced:.3g}"
        return (
            self.name,
            peak.shape,
            *(_pair(peak.centre, peak.centre_error)),
            *(_pair(peak.fwhm, peak.fwhm_error)),
            *(_pair(peak.flux, peak.flux_error)),
            f"{peak.background:.5g}",
            chi2,
            self.axis,
        )


def _pair(value: float, error: float) -> tuple[str, str]:
    """A value to two digits of its error."""
    from math import floor, log10

    if not error > 0:
        return f"{value:.8g}", "0"
    digits = max(0, 1 - floor(log10(error)))
    return (f"{value:.{digits}f}", f"{error:.{digits}f}") if digits <= 9 else (f"{value:.10g}", f"{error:.2g}")


class FitsModel(QAbstractTableModel):
    """Fits, the newest last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fits: list[Fit] = []

    def add(self, fit: Fit) -> None:
        """Add a row."""
        at = len(self.fits)
        self.beginInsertRows(_ROOT, at, at)
        self.fits.append(fit)
        self.endInsertRows()

    def put(self, fits: Sequence[Fit]) -> None:
        """Show these in place of all others."""
        self.beginResetModel()
        self.fits = list(fits)
        self.endResetModel()

    def remove(self, rows: list[int]) -> None:
        """Remove rows."""
        for row in sorted(rows, reverse=True):
            self.beginRemoveRows(_ROOT, row, row)
            del self.fits[row]
            self.endRemoveRows()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each fit."""
        return 0 if parent.isValid() else len(self.fits)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """As titled."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts; numbers to the right."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.fits[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and 2 <= index.column() <= 9:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and 2 <= index.column() <= 9:
            return figures()
        return None


class FitsTable(QTableView):
    """Fits as a table; Delete removes.

    Signals
    -------
    chosen(object)
        The `Fit` in focus, or None.
    edited()
        The user added some, or took some away.
    """

    chosen = Signal(object)
    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectrum_fits")
        self.setAccessibleName("Fitted peaks")
        self.fits = FitsModel(self)
        self.setModel(self.fits)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setDefaultSectionSize(24)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.selectionModel().currentRowChanged.connect(self._tell)
        action = QAction("Remove", self)
        action.setObjectName("remove_fits")
        action.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: self.remove())
        self.addAction(action)

    def add(self, fit: Fit) -> None:
        """Add a fit and choose it."""
        self.fits.add(fit)
        self.selectRow(len(self.fits.fits) - 1)
        self.scrollToBottom()
        self.edited.emit()

    def remove(self) -> None:
        """Remove the chosen rows."""
        self.fits.remove(sorted({index.row() for index in self.selectedIndexes()}))
        self._tell(self.currentIndex())
        self.edited.emit()

    def put(self, fits: Sequence[Fit]) -> None:
        """Show these in place of all others.

        Parameters
        ----------
        fits : sequence of Fit
            In the order of their rows.
        """
        self.fits.put(fits)
        self._tell(self.currentIndex())

    def _tell(self, index: _Index, _before: object = None) -> None:
        row = index.row()
        self.chosen.emit(self.fits.fits[row] if 0 <= row < len(self.fits.fits) else None)
