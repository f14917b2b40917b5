"""A result beside the picture: metrics with units, tables with the odd one out."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import Metric, Table
from calgui.views.theme import SPACE, figures, theme

#: rows between which tables share their room by their lengths
_SHORT, _LONG = 5, 15
#: rows from which on tables that nobody sees are made later: an answer to an option must not wait for them
_LATE = 100
#: numbers from here on are written with a power of ten
_LONGEST = 1e8
#: decimals that a table shows at most; numbers from here on have none
_DECIMALS, _WHOLE = 4, 1e4
#: characters of a line in the heading of a table's column
_HEADING = 12


def figure(value: Any, digits: int = 5) -> str:
    """A value for people: thousands parted, digits that mean something.

    Parameters
    ----------
    value : object
        A number, text or None.
    digits : int
        Significant ones of a fraction.

    Returns
    -------
    str
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float) and 1e4 <= abs(value) < _LONGEST:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _decimals(values: Sequence[Any]) -> int | None:
    """Decimals of a column whose numbers were rounded to some, and would lose them with few digits.

    Parameters
    ----------
    values : sequence
        Of one column.

    Returns
    -------
    int or None
        None where usual figures say all there is to say.
    """
    numbers = [value for value in values if value not in (None, "—")]
    if not all(isinstance(value, float) and math.isfinite(value) and abs(value) < _WHOLE for value in numbers):
        return None
    if all(float(f"{value:.4g}") == value for value in numbers):
        return None
    places = [len(f"{value:.12g}".partition(".")[2]) for value in numbers]
    return max(places) if max(places) <= _DECIMALS else None


class Grid(QTableWidget):
    """A table to read and to copy from."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACE)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def put(self, row: int, column: int, text: str, tip: str = "", number: bool = False) -> QTableWidgetItem:
        """Fill a cell."""
        item = QTableWidgetItem(text)
        item.setToolTip(tip)
        if number:
            item.setFont(figures())
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(row, column, item)
        return item


class MetricsTable(Grid):
    """The numbers of a result with their units; what each is, in its tool tip and status tip."""

    def __init__(self, name: str = "bench_metrics", title: str = "Metrics", parent: QWidget | None = None) -> None:
        super().__init__(name, title, parent)
        self._rows: tuple[tuple[str, str, str, bool], ...] = ()
        self.setColumnCount(3)
        self.setHorizontalHeaderLabels(["metric", "value", "unit"])
        header = self.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(2 * SPACE)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Fixed)
        # both ends of a name that is too long, rather than its first word
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_metrics(self, metrics: Mapping[str, Metric]) -> None:
        """Show these.

        Parameters
        ----------
        metrics : mapping of str to Metric
            By the name that reports use.
        """
        # figures that change with every answer are written over, where the rows stay what they are
        rows = tuple(
            (name, metric.unit, metric.help, isinstance(metric.value, str)) for name, metric in metrics.items()
        )
        if rows == self._rows:
            for row, metric in enumerate(metrics.values()):
                item, text = self.item(row, 1), figure(metric.value)
                if item is not None and item.text() != text:
                    item.setText(text)
                    if isinstance(metric.value, str):
                        item.setToolTip("\n".join([text, *item.toolTip().split("\n")[-2:]]))
            self._fit_figures(metrics)
            return
        self._rows = rows
        self.clearSpans()
        self.setRowCount(len(metrics))
        for row, (name, metric) in enumerate(metrics.items()):
            tip = f"{metric.help}\nIn reports: {name}"
            self.put(row, 0, readable(name, metric.unit), tip)
            text = figure(metric.value)
            is_text = isinstance(metric.value, str)
            self.put(row, 1, text, f"{text}\n{tip}" if is_text else tip, number=not is_text)
            # words have the room of the unit that they have not
            if is_text and not metric.unit:
                self.setSpan(row, 1, 1, 2)
            self.put(row, 2, _UNITS.get(metric.unit, metric.unit), tip)
        self._fit_figures(metrics)

    def _fit_figures(self, metrics: Mapping[str, Metric]) -> None:
        # as wide as the figures; a long name of a file is elided rather than the names of all metrics
        shown = [figure(metric.value) for metric in metrics.values() if not isinstance(metric.value, str)]
        digits = max((len(text) for text in shown), default=0)
        wide = QFontMetrics(figures()).horizontalAdvance("0" * max(digits, 8)) + 2 * SPACE
        self.setColumnWidth(1, wide)


#: units as FITS writes them -> as they are read; those of a column are alike, and short
_UNITS = {
    "electron/s": "e-/s",
    "electron": "e-",
    "degree": "deg",
    "um": "µm",
    "photon/s": "ph/s",
    # the system stands in the name
    "mag (AB)": "mag",
    "mag (Vega)": "mag",
}

#: what names of metrics end in, by unit
_ENDINGS = {
    "e-/s": "_e_per_s",
    "e-": "_e",
    "s": "_s",
    "h": "_h",
    "sigma": "_sigma",
    "pixel": "_pixel",
    "nm": "_nm",
    "adu": "_adu",
    "e-/adu": "_e_per_adu",
    "1/(cm² s)": "_per_cm2_s",
    "e-/s per month": "_e_per_s_per_month",
    "day": "_days",
    "K": "_k",
    "km/s": "_km_per_s",
    "nm/pixel": "_nm_per_pixel",
    "mas": "_mas",
    "deg": "_deg",
    "degree": "_deg",
    "um": "_um",
    "µm": "_um",
    "mag": "_mag",
    "mag (AB)": "_mag",
    "mag (Vega)": "_mag",
    "photon/s": "_per_s",
}


#: words of names that are names themselves
_NAMES = {"strehl": "Strehl", "vega": "Vega"}
#: words of names that are written in capitals
_ABBREVIATIONS = frozenset(("rms", "fwhm", "ee50", "ee80", "es50", "es80", "snr", "sip", "psf", "ab"))


def readable(name: str, unit: str) -> str:
    """The name of a metric without its unit, for people.

    Parameters
    ----------
    name : str
        As in reports: ``noise_e_per_s``.
    unit : str
        Its unit.

    Returns
    -------
    str
        ``noise``.
    """
    short = name.removesuffix(_ENDINGS.get(unit, "\0"))
    if short.startswith("n_"):
        short = f"{short[2:]} pixels" if unit == "pixel" and short != "n_pixels" else short[2:]
    words = short.split("_")
    return " ".join(word.upper() if word in _ABBREVIATIONS else _NAMES.get(word, word) for word in words)


class TablesPanel(QWidget):
    """The tables of a result; rows that stand out are marked by sign, word and colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_tables")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        self._tables: tuple[Table, ...] = ()
        self._behind = False
        theme().changed.connect(self._retheme)

    def _retheme(self) -> None:
        self.show_tables(self._tables)

    def show_tables(self, tables: tuple[Table, ...], late: bool = False) -> None:
        """Show these; long ones are made once they can be seen.

        Parameters
        ----------
        tables : tuple of Table
            Of the result.
        late : bool
            Whether short ones are made late, too, as an answer has much else to show.
        """
        self._tables = tables
        self._behind = not self.isVisible() and (late or sum(len(table.rows) for table in tables) > _LATE)
        if not self._behind:
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Make what came meanwhile."""
        super().showEvent(event)
        if self._behind:
            self._behind = False
            self._draw()

    def _draw(self) -> None:
        tables = self._tables
        while (old := self._layout.takeAt(0)) is not None:
            if old.widget() is not None:
                old.widget().deleteLater()
        for number, table in enumerate(tables):
            if len(tables) > 1:
                self._layout.addWidget(QLabel(table.title))
            # the longer of two tables has more of the room
            rows = min(max(len(table.rows), _SHORT), _LONG)
            self._layout.addWidget(self._grid(number, table), rows if len(tables) > 1 else 1)
        if not tables:
            none = QLabel("No table yet.")
            none.setObjectName("bench_no_table")
            none.setStyleSheet(f"color: {theme().colour('muted').name()};")
            none.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._layout.addWidget(none, 1)

    def _grid(self, number: int, table: Table) -> QTableWidget:
        grid = Grid(f"bench_table_{number}", table.title)
        grid.setColumnCount(len(table.columns) + 1)
        # in several lines: a column is as wide as its values, not as its heading
        grid.setHorizontalHeaderLabels(["", *(textwrap.fill(name, _HEADING) for name in table.columns)])
        grid.setRowCount(len(table.rows))
        last = -1
        for column in range(len(table.columns)):
            # such as remarks, where there is nothing to remark
            empty = all(values[column] in (None, "") for values in table.rows)
            grid.setColumnHidden(column + 1, empty)
            last = last if empty else column
        # a number at the far end of a wide table is lost to the eye
        grid.horizontalHeader().setStretchLastSection(any(isinstance(row[last], str) for row in table.rows))
        digits = [_decimals([values[column] for values in table.rows]) for column in range(len(table.columns))]
        for row, values in enumerate(table.rows):
            odd = row in table.flagged
            cells = [grid.put(row, 0, "✕ odd one out" if odd else "✓", "Stands out among the others" if odd else "")]
            for column, value in enumerate(values, start=1):
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                places = digits[column - 1]
                text = figure(value, 4) if places is None or not isinstance(value, float) else f"{value:.{places}f}"
                cells.append(grid.put(row, column, text, "" if is_number else text, number=is_number))
            if odd:
                for cell in cells:
                    cell.setBackground(theme().colour("warning_fill"))
                    cell.setForeground(theme().colour("warning"))
        return grid
