"""The regions of a picture as a table of figures, with the histogram and profiles of the current one."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.regions.measure import Measured
from calgui.core.regions.profiles import Profile
from calgui.core.regions.shapes import Region
from calgui.views.image.content import Content
from calgui.views.image.histogram import number
from calgui.views.image.measure.figure import Curve, Figure
from calgui.views.image.regions.measurer import Measurer
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.theme import SPACE, figures

if TYPE_CHECKING:
    from calgui.views.session import Session

_COLUMNS = (
    ("Region", "What it is; a double click renames it."),
    ("Pixels", "Pixels used: inside, with a value and without DO_NOT_USE."),
    ("Sum", "Sum of the pixels, with its error where the frame has errors (taken as independent)."),
    ("Mean", "Arithmetic mean."),
    ("Median", "Half of the pixels are below."),
    ("σ", "Standard deviation (n - 1); one hot pixel spoils it."),
    ("MAD σ", "1.4826 × median absolute deviation: the noise's width whatever the outliers."),
    ("Minimum", "Smallest value."),
    ("Maximum", "Largest value."),
)
_HISTOGRAM = "Histogram"
_NUMBER = Qt.ItemDataRole.UserRole


class RegionsPage(QWidget):
    """Regions with their figures.

    Parameters
    ----------
    session : Session or None
        Who is told of what was saved.
    regions : RegionSet
        What is listed.
    measurer : Measurer
        Whose figures are shown.
    parent : QWidget, optional

    Signals
    -------
    sought(int)
        The user wants to see this region.
    """

    sought = Signal(int)

    def __init__(
        self, session: "Session | None", regions: RegionSet, measurer: Measurer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("picture_regions")
        self._session = session
        self.regions = regions
        self.measurer = measurer
        self._content: Content | None = None
        self._wish = ""  # what the user chose to see drawn
        self.table = QTableWidget(0, len(_COLUMNS), self)
        self.table.setObjectName("regions_table")
        self.table.setAccessibleName("Regions and their figures")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        for column, (title, tip) in enumerate(_COLUMNS):
            item = QTableWidgetItem(title)
            item.setToolTip(tip)
            self.table.setHorizontalHeaderItem(column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        self.empty = QLabel("No region yet: choose a shape under Draw, then drag on the picture.", self)
        self.empty.setObjectName("regions_empty")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.figure = Figure("region_figure", "Histogram or profile of the current region", self)
        self.chooser = QComboBox(self)
        self.chooser.setObjectName("region_figure_chooser")
        self.chooser.setAccessibleName("What is drawn of the region")
        self.chooser.addItem(_HISTOGRAM)
        self._lay_out()
        self._connect()
        self._listen(True)
        self._fill()

    def _lay_out(self) -> None:
        self.open = self._button("regions_open", "Open…", "Read regions from a file of DS9's format (.reg)")
        self.save = self._button("regions_save", "Save…", "Save the regions in DS9's format (.reg)")
        self.delete = self._button("regions_delete", "Remove", "Remove the current region (Delete)")
        self.clear = self._button("regions_clear", "Remove all", "Remove all regions")
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        row = QHBoxLayout()
        for button in (self.open, self.save, self.delete, self.clear):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.chooser, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.figure, 1)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setObjectName("regions_splitter")
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def _connect(self) -> None:
        self.open.clicked.connect(self._ask_open)
        self.save.clicked.connect(self._ask_save)
        self.delete.clicked.connect(self._delete)
        self.clear.clicked.connect(lambda: self.regions.clear())
        self.table.itemSelectionChanged.connect(self._row_chosen)
        self.table.itemChanged.connect(self._renamed)
        self.table.cellDoubleClicked.connect(lambda row, column: column and self.sought.emit(self._number_at(row)))
        self.chooser.textActivated.connect(self._choose_figure)
        self.measurer.measured.connect(self._measured)

    def _listen(self, on: bool) -> None:
        regions = self.regions
        for signal, slot in (
            (regions.added, self._fill),
            (regions.removed, self._fill),
            (regions.changed, self._changed),
            (regions.chosen, self._chosen),
        ):
            if on:
                signal.connect(slot)
            else:
                signal.disconnect(slot)

    def show_regions(self, regions: RegionSet) -> None:
        """List another set.

        Parameters
        ----------
        regions : RegionSet
            The one that the measurer measures too.
        """
        self._listen(False)
        self.regions = regions
        self._listen(True)
        self._fill()

    def set_content(self, content: Content | None) -> None:
        """Name the unit of another picture.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        self._content = content
        self._fill()

    # ---- the table

    def _number_at(self, row: int) -> int:
        item = self.table.item(row, 0)
        return int(item.data(_NUMBER)) if item is not None else -1

    def _row_of(self, wanted: int) -> int:
        return next((row for row in range(self.table.rowCount()) if self._number_at(row) == wanted), -1)

    def _fill(self, _number_of: object = None) -> None:
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self.regions))
            for row, wanted in enumerate(self.regions.numbers):
                for column in range(len(_COLUMNS)):
                    item = QTableWidgetItem()
                    if column:
                        item.setFont(figures())
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                    else:
                        item.setData(_NUMBER, wanted)
                    self.table.setItem(row, column, item)
                self._write(row, wanted)
        there = len(self.regions) > 0
        self.table.setVisible(there)
        self.empty.setVisible(not there)
        for button in (self.save, self.delete, self.clear):
            button.setEnabled(there)
        self._chosen(self.regions.current)

    def _write(self, row: int, wanted: int) -> None:
        measured = self.measurer.found.get(wanted)
        texts = [self.regions[wanted].text, *(_figures(measured) if measured is not None else [""] * 8)]
        with QSignalBlocker(self.table):
            for column, text in enumerate(texts):
                item = self.table.item(row, column)
                if item is not None and item.text() != text:
                    item.setText(text)

    def _changed(self, wanted: int) -> None:
        row = self._row_of(wanted)
        if row >= 0:
            self._write(row, wanted)

    def _measured(self, wanted: int) -> None:
        self._changed(wanted)
        if wanted == self.regions.current:
            self._offer()
            self._draw()

    def _chosen(self, wanted: int | None) -> None:
        row = -1 if wanted is None else self._row_of(wanted)
        with QSignalBlocker(self.table):
            if row >= 0:
                self.table.selectRow(row)
            else:
                self.table.clearSelection()
        self._offer()
        self._draw()

    def _row_chosen(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows:
            self.regions.choose(self._number_at(rows[0].row()))

    def _renamed(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            wanted = int(item.data(_NUMBER))
            old = self.regions[wanted]
            name = item.text().removesuffix(old.shape.text).rstrip(" :")
            self.regions.change(wanted, replace(old, name=name))
            self._changed(wanted)

    def _delete(self) -> None:
        if self.regions.current is not None:
            self.regions.remove(self.regions.current)

    # ---- the figure

    @property
    def current(self) -> Measured | None:
        """Figures of the current region; None while they are to come."""
        return self.measurer.found.get(self.regions.current) if self.regions.current is not None else None

    def _offer(self) -> None:
        measured = self.current
        titles = [_HISTOGRAM, *(_title(profile) for profile in (measured.profiles if measured else ()))]
        if [self.chooser.itemText(place) for place in range(self.chooser.count())] != titles and measured is not None:
            with QSignalBlocker(self.chooser):
                self.chooser.clear()
                self.chooser.addItems(titles)
                # the profile along a line is what it was drawn for
                usual = titles[1] if len(titles) == 2 else titles[0]
                self.chooser.setCurrentText(self._wish if self._wish in titles else usual)

    def _choose_figure(self, title: str) -> None:
        self._wish = title
        self._draw()

    def _draw(self) -> None:
        measured = self.current
        unit = self._content.unit if self._content is not None else ""
        label = f"value ({unit})" if unit else "value"
        chosen = self.chooser.currentText()
        profile = next((one for one in (measured.profiles if measured else ()) if _title(one) == chosen), None)
        if profile is not None:
            self.figure.draw([Curve(profile.title, profile.place, profile.value)], profile.axis, label)
        else:
            self.figure.draw_histogram(measured.histogram if measured is not None else None, label)

    # ---- files

    def _ask_open(self) -> None:
        name, _kind = QFileDialog.getOpenFileName(self, "Open regions", "", "DS9 regions (*.reg);;All files (*)")
        if name:
            self.open_file(Path(name))

    def open_file(self, path: Path) -> None:
        """Read regions and add them.

        Parameters
        ----------
        path : pathlib.Path
            In DS9's format.
        """
        from calgui.core.regions.ds9 import read_regions

        try:
            found = read_regions(path, self._content.header if self._content is not None else None)
        except CalguiError as error:
            if self._session is not None:
                self._session.report(error)
            return
        self.regions.add_all(found.regions)
        if self._session is not None:
            self._session.notice("info", f"{len(found.regions)} regions were read from {path.name}.")
            if found.left_out:
                some = "; ".join(found.left_out[:3])
                more = f"; and {len(found.left_out) - 3} more" if len(found.left_out) > 3 else ""
                self._session.notice(
                    "warning", f"{path.name}: left out: {some}{more}.", "The rest of the file was read."
                )

    def _ask_save(self) -> None:
        wcs = self._content is not None and _on_sky(self._content)
        kinds = "DS9 regions in pixels (*.reg)" + (";;DS9 regions on the sky (*.reg)" if wcs else "")
        name, kind = QFileDialog.getSaveFileName(self, "Save the regions", "regions.reg", kinds)
        if name:
            path = Path(name)
            self.save_file(path if path.suffix else path.with_suffix(".reg"), sky="sky" in kind)

    def save_file(self, path: Path, sky: bool = False) -> None:
        """Save all regions.

        Parameters
        ----------
        path : pathlib.Path
            Replaced if it is there.
        sky : bool
            In celestial coordinates in place of pixels.
        """
        from calgui.core.regions.ds9 import write_regions

        regions: tuple[Region, ...] = self.regions.regions
        header = self._content.header if self._content is not None else None
        try:
            write_regions(path, regions, header, sky=sky, overwrite=True)
        except CalguiError as error:
            if self._session is not None:
                self._session.report(error)
            return
        if self._session is not None:
            self._session.notice("info", f"{len(regions)} regions were saved as {path.name}.")


def _on_sky(content: Content) -> bool:
    from calgui.core.frames.sky import has_sky

    return has_sky(content.header)


def _title(profile: Profile) -> str:
    return f"{profile.title[0].upper()}{profile.title[1:]}"


def _figures(measured: Measured) -> list[str]:
    told = measured.statistics
    total = "" if math.isnan(measured.total) else number(measured.total)
    if total and not math.isnan(measured.total_error):
        total += f" ± {measured.total_error:.3g}"
    values = (told.mean, told.median, told.sigma, told.mad_sigma, told.minimum, told.maximum)
    return [f"{told.n:,}", total, *("" if math.isnan(value) else number(value) for value in values)]
