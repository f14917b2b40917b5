"""The bar above headers side by side: what is shown, and what the files are held against."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from calgui.core.frames.headercompare import HeaderTable
from calgui.core.frames.headerexport import short_names
from calgui.views.headers.model import Narrowed
from calgui.views.theme import SPACE


class HeadersBar(QWidget):
    """Filter, switches and choices.

    Signals
    -------
    narrowed()
        Another filter was typed.
    """

    narrowed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("headers_bar")
        self.filter = QLineEdit(self)
        self.filter.setObjectName("headers_filter")
        self.filter.setToolTip("Words of a keyword, its meaning or a value; only rows that have them all are shown.")
        self.filter.setAccessibleName("Filter by keyword, meaning, value or comment")
        self.filter.setPlaceholderText("Filter: keyword, meaning or value, as LGS* or temperature; or EXPTIME>30")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _text: self.narrowed.emit())
        self.only = self._button("headers_only", "Only differences", "Leave out the keywords on which all files agree")
        self.only.setCheckable(True)
        self.housekeeping = self._button(
            "headers_housekeeping",
            "Look past dates and checksums",
            "CHECKSUM, DATASUM, DATE, COMMENT and HISTORY differ between any two files: do not count them",
        )
        self.housekeeping.setCheckable(True)
        self.housekeeping.setChecked(True)
        self.hdu = self._choice("headers_hdu", "Which HDU", "Show all HDUs, or one")
        self.reference = self._choice(
            "headers_reference", "File that the others are held against", "The others are held against this file (R)"
        )
        self.swap = self._button("headers_swap", "Swap", "Hold the others against the next file instead")
        self.past = self._button("headers_past", "", "Count these keywords again")
        self.copy = self._button(
            "headers_copy", "Copy table", "Copy all rows that are shown, as a spreadsheet takes them"
        )
        self.save = self._button("headers_save", "Save…", "Write the rows that are shown as CSV, or ECSV for astropy")
        self._lay_out()

    def _button(self, name: str, word: str, tip: str) -> QPushButton:
        button = QPushButton(word, self)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        return button

    def _choice(self, name: str, accessible: str, tip: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        box.setAccessibleName(accessible)
        box.setToolTip(tip)
        box.setMinimumContentsLength(10)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        return box

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        for row in (above, below):
            row.setSpacing(SPACE)
        above.addWidget(self.filter, 1)
        above.addWidget(self.only)
        above.addWidget(self.housekeeping)
        above.addWidget(self.past)
        for word, box in (("HDU", self.hdu), ("Compare with", self.reference)):
            label = QLabel(word, self)
            label.setBuddy(box)
            below.addWidget(label)
            below.addWidget(box, 1 if box is self.reference else 0)
        below.addWidget(self.swap)
        below.addStretch(1)
        below.addWidget(self.copy)
        below.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addLayout(above)
        layout.addLayout(below)

    def wanted(self) -> Narrowed:
        """Which rows are asked for.

        Returns
        -------
        Narrowed
        """
        return Narrowed(self.filter.text(), self.hdu.currentData(), self.only.isChecked())

    def show_table(self, table: HeaderTable) -> None:
        """Offer the HDUs and files of a comparison.

        Parameters
        ----------
        table : HeaderTable
        """
        before = self.hdu.currentText()
        self.hdu.clear()
        self.hdu.addItem("All", None)
        for number, name in enumerate(table.hdus):
            self.hdu.addItem(name, number)
        self.hdu.setCurrentIndex(max(self.hdu.findText(before), 0))
        self.reference.clear()
        self.reference.addItems(short_names([file.path for file in table.files]))
        self.reference.setCurrentIndex(table.reference if table.files else -1)
        count = f" {table.differing:,}" if len(table.files) > 1 else ""
        self.only.setText(f"Only differences{count}")

    def enable(self, some: bool, several: bool) -> None:
        """Let those be used that have something to work on.

        Parameters
        ----------
        some, several : bool
            Whether a file is shown, and whether more than one.
        """
        for widget in (self.filter, self.hdu, self.copy, self.save):
            widget.setEnabled(some)
        for button in (self.only, self.housekeeping, self.reference, self.swap):
            button.setEnabled(some and several)
