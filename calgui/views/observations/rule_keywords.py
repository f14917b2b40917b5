"""What the rules of the current context read of a header: keyword, file's value, crds's value, parkey, types."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QColor, QFont, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from calgui.core.frames.keywordmeaning import meaning_of
from calgui.core.rules.selection.reading import KeywordRead
from calgui.views.theme import theme
from calgui.views.widgets.icons import icon

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_TITLES = ("Keyword", "File says", "Rules see", "Parkey", "Read for")
_TIPS = (
    "FITS keyword",
    "The value as it stands in the file",
    "The value as crds sees it after normalising",
    "The mappings' name of the keyword",
    "Reference types whose rules read it",
)
KEYWORD, SAYS, SEES, PARKEY, TYPES = range(5)
_ROW_HEIGHT = 24


class RuleKeywordsModel(QAbstractTableModel):
    """One row for each keyword that rules read, the missing ones first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[KeywordRead, ...] = ()
        self._bold = QFont()
        self._bold.setBold(True)

    def show(self, rows: Sequence[KeywordRead]) -> None:
        """Show other keywords.

        Parameters
        ----------
        rows : sequence of KeywordRead
            In the order of the table.
        """
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Keywords."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Always five."""
        return len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        return {Qt.ItemDataRole.DisplayRole: _TITLES, Qt.ItemDataRole.ToolTipRole: _TIPS}.get(
            Qt.ItemDataRole(role), (None,) * len(_TITLES)
        )[section]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colours and tooltip of a cell."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row)
        if role == Qt.ItemDataRole.FontRole and (column == KEYWORD or (column == SEES and row.changed)):
            return self._bold
        if role == Qt.ItemDataRole.DecorationRole and column == KEYWORD:
            return icon("missing", "warning") if row.missing else icon("rule", "accent")
        if role == Qt.ItemDataRole.ForegroundRole:
            return _colour(row, column)
        if role == Qt.ItemDataRole.BackgroundRole and row.missing:
            return theme().colour("warning_fill")
        return None


class RuleKeywordsView(QTableView):
    """The table.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rule_keywords")
        self.setAccessibleName("Keywords that the rules read, with the value as crds sees it")
        self._model = RuleKeywordsModel(self)
        self.setModel(self._model)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        for column, width in ((KEYWORD, 108), (SAYS, 90), (SEES, 90), (PARKEY, 210)):
            self.setColumnWidth(column, width)
        copy = QAction("Copy", self)
        copy.setObjectName("copy_rule_keywords")
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    @property
    def rows(self) -> tuple[KeywordRead, ...]:
        """What is shown."""
        return self._model.rows

    def show_rows(self, rows: Sequence[KeywordRead]) -> None:
        """Show other keywords.

        Parameters
        ----------
        rows : sequence of KeywordRead
            In the order of the table.
        """
        self._model.show(rows)

    def copy(self) -> None:
        """Copy the selected rows, or all, as tab-separated text."""
        chosen = sorted(index.row() for index in self.selectionModel().selectedRows()) or range(len(self.rows))
        lines = [_TITLES, *(tuple(_text(self.rows[row], column) for column in range(len(_TITLES))) for row in chosen)]
        QGuiApplication.clipboard().setText("".join("\t".join(line) + "\n" for line in lines))


def tip(row: KeywordRead) -> str:
    """What is to be said of a keyword that rules read.

    Parameters
    ----------
    row : KeywordRead
        Of a header.

    Returns
    -------
    str
        Lines.
    """
    name = f"{row.keyword} = {row.parkey}" if row.keyword and row.keyword != row.parkey else row.parkey
    value = "The header lacks it: the rules see UNDEFINED." if row.missing else f"The rules see {row.value}."
    meaning = meaning_of(row.keyword) if row.keyword else None
    about = meaning.brief if meaning is not None else ""
    return "\n".join(filter(None, (name, about, value, f"Read for {', '.join(row.types)}.")))


def _text(row: KeywordRead, column: int) -> str:
    return (
        row.keyword or "—",
        "missing" if row.missing else row.raw or "",
        row.value,
        row.parkey,
        f"{len(row.types)}: {', '.join(row.types)}",
    )[column]


def _colour(row: KeywordRead, column: int) -> QColor | None:
    if row.missing and column in (KEYWORD, SAYS, SEES):
        return theme().colour("warning")
    if column == SEES and row.changed:
        return theme().colour("accent")
    return theme().colour("muted") if column in (PARKEY, TYPES) else None
