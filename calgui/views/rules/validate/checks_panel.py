"""The table of all checks, with what can be done about their limits."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QWidget,
)
from PySide6.QtWidgets import QVBoxLayout as _Column

from calgui.views.rules.validate.checks_model import FIRST_LIMIT, ChecksModel, Line
from calgui.views.rules.validate.thresholds import Thresholds
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import push_button
from calgui.views.widgets.tables import make_table

_ONLY = (
    ("All checks", ""),
    ("Not good", "not good"),
    ("Bad", "bad"),
    ("Doubtful", "doubtful"),
    ("Unknown", "unknown"),
    ("Good", "good"),
    ("Limits of yours", "yours"),
)


class ChecksPanel(QWidget):
    """Passed, failed and unknown checks of one file.

    Signals
    -------
    picture_asked(object)
        The picture of a `Said` is to be seen.

    Parameters
    ----------
    thresholds : Thresholds
        That are changed here.
    parent : QWidget, optional
    """

    picture_asked = Signal(object)

    def __init__(self, thresholds: Thresholds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_checks_panel")
        self.thresholds = thresholds
        self._kind = ""
        self.filter = QLineEdit(self)
        self.filter.setObjectName("validate_filter")
        self.filter.setAccessibleName("Filter the checks")
        self.filter.setPlaceholderText("Filter: words of a check")
        self.filter.setClearButtonEnabled(True)
        self.only = QComboBox(self)
        self.only.setObjectName("validate_only")
        self.only.setAccessibleName("Which checks are listed")
        for word, name in _ONLY:
            self.only.addItem(word, name)
        self.model = ChecksModel(self)
        self.table = make_table("validate_checks", "All checks of the file", self.model, self)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(False)
        # texts of the header are seen whole in their tool tips; what a check is has the room
        for column, digits in enumerate((10, 0, 10, 6, 6, 9, 9, 6, 9)):
            if digits:
                self.table.setColumnWidth(column, digits * self.fontMetrics().horizontalAdvance("0") + 2 * SPACE)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.show_picture = push_button(
            "validate_show_picture", "Picture", "Show the picture of the chosen check.", self
        )
        self.reset = push_button(
            "validate_reset", "Reset limits", "Let the chosen check have the observatory's limits again.", self
        )
        self.off = push_button("validate_off", "Leave out", "Leave the chosen check out, or take it in again.", self)
        self.open = push_button(
            "validate_open_thresholds", "Open checks.toml", "Open the file of your own thresholds.", self
        )
        self.said = QLabel(self)
        self.said.setObjectName("validate_thresholds_told")
        self.said.setAccessibleName("Which thresholds hold")
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()
        self._connect()
        self._tell()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.filter, 1)
        top.addWidget(self.only)
        below = QHBoxLayout()
        below.setSpacing(SPACE)
        for part in (self.show_picture, self.reset, self.off, self.open):
            below.addWidget(part)
        below.addWidget(self.said, 1)
        column = _Column(self)
        column.setContentsMargins(0, SPACE // 2, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addLayout(below)

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda _text: self._narrow())
        self.only.currentIndexChanged.connect(lambda _at: self._narrow())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        self.table.doubleClicked.connect(self._double_clicked)
        self.model.limit_given.connect(self._set)
        self.model.refused.connect(
            lambda text: self.thresholds.session.notice("warning", text, "Write a number, such as 0.5 or 1e-3.")
        )
        self.show_picture.clicked.connect(self._ask_picture)
        self.reset.clicked.connect(self._reset)
        self.off.clicked.connect(self._turn)
        self.open.clicked.connect(self.thresholds.open)
        self.thresholds.changed.connect(self._tell)
        theme().changed.connect(self._tell)
        for name, text, keys, call in (
            ("validate_picture_row", "Show the picture of the check", "Return", self._ask_picture),
            ("validate_reset_row", "Reset the limits of the check", "Del", self._reset),
            ("validate_off_row", "Leave the check out, or take it in", "", self._turn),
        ):
            action = QAction(text, self.table)
            action.setObjectName(name)
            if keys:
                action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _checked=False, call=call: call())
            self.table.addAction(action)

    # ---- showing

    def show_lines(self, lines: Sequence[Line], kind: str) -> None:
        """Show the checks of a file.

        Parameters
        ----------
        lines : sequence of Line
        kind : str
            Its type.
        """
        self._kind = kind
        self.model.show(lines)
        self._allow()

    def _narrow(self) -> None:
        self.model.narrow(self.filter.text(), self.only.currentData())
        self._allow()

    def _tell(self) -> None:
        thresholds = self.thresholds
        problem = thresholds.problem
        if problem:
            text = f"Your checks.toml is not used: {problem} The observatory's limits hold."
        elif thresholds.file is not None:
            text = "Limits of yours are bold; the others are the observatory's."
        else:
            text = "The observatory's limits. Double-click one to change it."
        self.said.setText(text)
        self.said.setToolTip(str(thresholds.path))
        self.said.setStyleSheet(f"color: {theme().colour('error' if problem else 'muted').name()};")

    def _allow(self) -> None:
        line = self._line()
        check = line.check if line is not None else None
        self.show_picture.setEnabled(line is not None and line.said is not None)
        self.reset.setEnabled(line is not None and check is not None and bool(line.changed))
        self.off.setEnabled(check is not None)
        self.off.setText("Take in" if line is not None and line.verdict == "off" else "Leave out")

    # ---- doing

    def _line(self) -> Line | None:
        rows = self.table.selectionModel().selectedRows()
        return self.model.shown[rows[0].row()] if rows and rows[0].row() < len(self.model.shown) else None

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column() < FIRST_LIMIT:
            self._ask_picture()

    def _ask_picture(self) -> None:
        line = self._line()
        if line is not None and line.said is not None:
            self.picture_asked.emit(line.said)

    def _set(self, line: Line, limit: str, number: float | None) -> None:
        if line.check is not None:
            self.thresholds.set_limit(line.check, self._kind, limit, number)

    def _reset(self) -> None:
        line = self._line()
        if line is not None and line.check is not None and line.changed:
            self.thresholds.reset(line.check, self._kind)

    def _turn(self) -> None:
        line = self._line()
        if line is not None and line.check is not None:
            self.thresholds.set_off(line.check, self._kind, line.verdict != "off")
