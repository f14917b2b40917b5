"""Beside the matrix: the dates of the rule in focus, and the nearest misses."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QFont, QFontMetrics, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QHeaderView,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.values import DateVerdict, Fate, NearMiss, Parameter, Rule, Status
from calgui.views.rules.marks import FATES, STATUSES, mark_icon
from calgui.views.rules.why.asking import UNDEFINED
from calgui.views.rules.why.matrix import brief
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.rich import rich

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_UNASKED = {Fate.ELIMINATED: "not looked at", Fate.OUTRANKED: "not looked at"}
_DATE_COLUMNS = ("Valid from", "File", "Verdict")


def fit_height(view: QAbstractItemView, header: int, rows: int) -> None:
    """Let a view be no higher than what it shows: an empty box says nothing.

    Parameters
    ----------
    view : QAbstractItemView
        Whose height is bounded.
    header, rows : int
        Pixels of its header and of all of its rows.
    """
    bar = view.horizontalScrollBar().sizeHint().height()
    view.setMaximumHeight(header + rows + 2 * view.frameWidth() + bar)


class DatesModel(QAbstractTableModel):
    """The dates of one rule, in the mapping's order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dates: tuple[DateVerdict, ...] = ()
        self._unasked = ""

    def show(self, rule: Rule | None) -> None:
        """Show the dates of another rule."""
        self.beginResetModel()
        self.dates = rule.dates if rule is not None else ()
        # crds never looks at the dates of a rule that does not get that far
        self._unasked = _UNASKED.get(rule.fate, "") if rule is not None else ""
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each date."""
        return 0 if parent.isValid() else len(self.dates)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Date, file, verdict."""
        return 0 if parent.isValid() else len(_DATE_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _DATE_COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon and font of a cell."""
        if not index.isValid():
            return None
        verdict, column = self.dates[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            reason = verdict.reason or self._unasked
            if verdict.chosen:
                reason = f"chosen: {reason}" if reason else "chosen"
            return (verdict.date, verdict.file, reason)[column]
        if role == Qt.ItemDataRole.DecorationRole and verdict.chosen and column == 0:
            return mark_icon(STATUSES[Status.SELECTED])
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("good" if verdict.chosen else "muted" if column == 2 else "text")
        if role == Qt.ItemDataRole.BackgroundRole and verdict.chosen:
            return theme().colour("good_fill")
        if role == Qt.ItemDataRole.FontRole:
            font = figures() if column == 0 else QFont()
            font.setBold(verdict.chosen)
            return font
        return None


class NearMissModel(QAbstractListModel):
    """Other files of the mapping, by the fewest changes that would select each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.misses: tuple[NearMiss, ...] = ()
        self._keywords: dict[str, str] = {}

    def show(self, misses: tuple[NearMiss, ...], parameters: Sequence[Parameter]) -> None:
        """Show other near misses; the parameters give the keywords."""
        self.beginResetModel()
        self.misses = misses
        self._keywords = {parameter.name: parameter.keyword or parameter.name for parameter in parameters}
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each file."""
        return 0 if parent.isValid() else len(self.misses)

    def changes(self, miss: NearMiss) -> str:
        """The changes of a near miss in words: ``FILTER: J → K``."""
        return ",  ".join(
            f"{self._keywords.get(change.parameter, change.parameter)}: "
            f"{'missing' if change.before == UNDEFINED else change.before} → {change.after}"
            for change in miss.changes
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a row."""
        if not index.isValid():
            return None
        miss = self.misses[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self.changes(miss)}\n{miss.file}"
        if role == Qt.ItemDataRole.ToolTipRole:
            ways = "Click to try it here, right-click to put it beside others; the file is not touched."
            return f"{self.changes(miss)}\nwould select {miss.file}. {ways}"
        return None


class _MissDelegate(QStyledItemDelegate):
    """The changes on one line, the file that they lead to on the next."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        look = theme()
        changes, file = index.data().split("\n")
        painter.save()
        states = QStyle.StateFlag
        if option.state & (states.State_MouseOver | states.State_Selected):
            painter.fillRect(option.rect, look.colour("selected" if option.state & states.State_Selected else "raised"))
        box = option.rect.adjusted(SPACE, 3, -SPACE, -3)
        height = box.height() // 2
        bold = QFont(option.font)
        bold.setBold(True)
        for font, role, text, top in (
            (bold, "text", changes, box.top()),
            (option.font, "muted", f"selects {file}", box.top() + height),
        ):
            painter.setFont(font)
            painter.setPen(look.colour(role))
            metrics = QFontMetrics(font)
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(QRect(box.left(), top, box.width(), height), Qt.AlignmentFlag.AlignVCenter, elided)
        painter.setPen(look.colour("line"))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(160, 2 * QFontMetrics(option.font).lineSpacing() + 10)


class Evidence(QWidget):
    """The dates of the rule in focus, and the near misses to try.

    Signals
    -------
    tried(NearMiss)
        The user wants to see what a near miss would change.
    put_aside(NearMiss)
        The user wants to see it beside the observation as it is.
    """

    tried = Signal(object)
    put_aside = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dates, self.misses = DatesModel(self), NearMissModel(self)
        self.dates_title, self.misses_title = QLabel(self), QLabel(self)
        rich(self.dates_title, self.misses_title)
        for label, name in ((self.dates_title, "dates_title"), (self.misses_title, "near_misses_title")):
            label.setObjectName(name)
            label.setWordWrap(True)
        self.dates_view = self._make_dates()
        self.misses_view = QListView(self)
        self.misses_view.setObjectName("near_misses")
        self.misses_view.setAccessibleName("Nearest misses: changes that would select another file")
        self.misses_view.setModel(self.misses)
        self.misses_view.setUniformItemSizes(True)
        self.misses_view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # a click and Return both try it; `activated` alone would need a double click on some systems
        self.misses_view.clicked.connect(self._try)
        self.misses_view.activated.connect(self._try)
        self.misses_view.setItemDelegate(_MissDelegate(self.misses_view))
        aside = QAction("Try this in What if", self.misses_view)
        aside.setObjectName("try_near_miss_in_what_if")
        aside.setShortcut(QKeySequence("Ctrl+Return"))
        aside.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        aside.triggered.connect(lambda _checked=False: self._put_aside())
        self.misses_view.addAction(aside)
        self.misses_view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.misses_view.setMouseTracking(True)
        self.misses_view.setCursor(Qt.CursorShape.PointingHandCursor)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACE)
        self._parts: list[QWidget] = []
        self._filled = [False, False]
        self._alone: int | None = None
        for title, view in ((self.dates_title, self.dates_view), (self.misses_title, self.misses_view)):
            part = QWidget(self)
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(SPACE // 2)
            column.addWidget(title)
            column.addWidget(view, 1000)
            column.addStretch(1)
            self._layout.addWidget(part, 1)
            self._parts.append(part)

    def set_beside(self, beside: bool, alone: int | None = None) -> None:
        """Stand beside the matrix, one over the other, or below it, side by side.

        Parameters
        ----------
        beside : bool
            Whether there is width enough.
        alone : int, optional
            Show the dates (0) or the near misses (1) alone.
        """
        self._alone = alone
        self._show_parts()
        directions = QBoxLayout.Direction
        self._layout.setContentsMargins(SPACE // 2 if beside else 0, 0 if beside else SPACE // 2, 0, 0)
        self._layout.setDirection(directions.TopToBottom if beside else directions.LeftToRight)

    def _show_parts(self) -> None:
        for place, (part, filled) in enumerate(zip(self._parts, self._filled, strict=True)):
            part.setVisible(filled and self._alone in (None, place))

    def _make_dates(self) -> QTableView:
        view = QTableView(self)
        view.setObjectName("dates_table")
        view.setAccessibleName("Dates of the rule in focus")
        view.setModel(self.dates)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTabKeyNavigation(False)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(24)
        view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        view.horizontalHeader().setStretchLastSection(True)
        view.horizontalHeader().setResizeContentsPrecision(50)
        return view

    def show_rule(self, rule: Rule | None, observed: str) -> None:
        """Show the dates of a rule.

        Parameters
        ----------
        rule : Rule or None
            The one in focus.
        observed : str
            The observation's date as crds sees it; empty where the rule does not ask for one.
        """
        self.dates.show(rule)
        self._filled[0] = rule is not None and bool(rule.dates)
        self._show_parts()
        if rule is None or not rule.dates:
            return
        count = f"{len(rule.dates)} dates" if len(rule.dates) > 1 else "1 date"
        seen = f", observed {escape(observed)}" if observed else ""
        self.dates_title.setText(f"<b>{FATES[rule.fate].glyph} {escape(brief(rule))}</b>: {count}{seen}")
        fit_height(self.dates_view, self.dates_view.horizontalHeader().sizeHint().height(), len(rule.dates) * 24)
        # the widest texts of the first few hundred do: a thousand dates look all the same
        sample = [*rule.dates[:300], *(verdict for verdict in rule.dates if verdict.chosen)]
        bold = figures()
        bold.setBold(True)
        dates = max(QFontMetrics(bold).horizontalAdvance(verdict.date) for verdict in sample)
        bold = QFont(self.font())
        bold.setBold(True)
        files = max(QFontMetrics(bold).horizontalAdvance(verdict.file) for verdict in sample)
        self.dates_view.setColumnWidth(0, min(260, dates + 42))
        self.dates_view.setColumnWidth(1, min(300, files + 2 * SPACE))
        chosen = next((row for row, verdict in enumerate(rule.dates) if verdict.chosen), None)
        if chosen is not None:
            self.dates_view.scrollTo(self.dates.index(chosen, 0), QAbstractItemView.ScrollHint.PositionAtCenter)
        else:
            self.dates_view.scrollToTop()

    def show_misses(self, misses: tuple[NearMiss, ...], parameters: Sequence[Parameter]) -> None:
        """Show the near misses of a trace."""
        self.misses.show(misses, parameters)
        self._filled[1] = bool(misses)
        self._show_parts()
        fit_height(self.misses_view, 0, len(misses) * max(self.misses_view.sizeHintForRow(0), 1))
        plural = "files" if len(misses) > 1 else "file"
        self.misses_title.setText(f"<b>Nearest misses</b>: {len(misses)} other {plural}, click to try")

    def _try(self, index: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self.misses.misses):
            self.tried.emit(self.misses.misses[index.row()])

    def _put_aside(self) -> None:
        index = self.misses_view.currentIndex()
        if index.isValid() and index.row() < len(self.misses.misses):
            self.put_aside.emit(self.misses.misses[index.row()])
