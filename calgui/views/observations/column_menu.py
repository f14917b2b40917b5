"""The menu that chooses the table's columns, with a field that adds any keyword."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCompleter, QLineEdit, QMenu, QWidgetAction

from calgui.views.observations.columns import BUILT_IN, FILE, is_keyword

if TYPE_CHECKING:
    from calgui.views.observations.table import ObservationTable


class ColumnMenu(QMenu):
    """Filled when it opens, so that it knows the keywords of the files of the moment.

    Parameters
    ----------
    table : ObservationTable
        Whose columns are chosen.
    """

    def __init__(self, table: "ObservationTable") -> None:
        super().__init__(table)
        self.setObjectName("columns_menu")
        self.setAccessibleName("Columns")
        self._table = table
        self.field = QLineEdit(self)
        self.field.setObjectName("column_keyword")
        self.field.setAccessibleName("Keyword to add as a column")
        self.field.setPlaceholderText("Add a keyword, then Return")
        self.field.setMinimumWidth(220)
        self._known = QStringListModel(self)
        completer = QCompleter(self._known, self.field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.field.setCompleter(completer)
        self.field.returnPressed.connect(self._add)
        self._holder = QWidgetAction(self)
        self._holder.setObjectName("add_column")
        self._holder.setDefaultWidget(self.field)
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Show which columns there are, and which could be."""
        for action in self.actions():
            self.removeAction(action)
            if action is not self._holder:
                action.deleteLater()
        self.addAction(self._holder)
        self._known.setStringList(self._offered())
        self.addSeparator()
        shown = [column.key for column in self._table.model.columns]
        more = [column for column in self._table.model.columns if column not in BUILT_IN]
        for column in (*BUILT_IN, *more):
            action = QAction(column.title, self)
            action.setObjectName(f"column_{column.key}")
            action.setToolTip(column.tip)
            action.setCheckable(True)
            action.setChecked(column.key in shown)
            action.setEnabled(column != FILE)
            action.toggled.connect(lambda on, key=column.key: self._toggle(key, on))
            self.addAction(action)
        self.field.clear()
        self.field.setFocus()

    def _offered(self) -> list[str]:
        """Keywords that the files have, and the parkeys of the cache's observatory that they give a value to."""
        keywords = self._table.model.keywords()
        cache = self._table.session.cache
        if cache is None:
            return keywords
        parkeys = [name for keyword in keywords for name in cache.observatory.parkeys_of(keyword)]
        return keywords + sorted(set(parkeys) - set(keywords))

    def _toggle(self, key: str, on: bool) -> None:
        if on:
            self._table.add_column(key)
        else:
            self._table.remove_column(key)

    def _add(self) -> None:
        text = self.field.text().strip()
        if text and is_keyword(text):
            self._table.add_column(text)
            self.close()
        elif text:
            self._table.session.notice(
                "warning", f"{text} is no keyword.", "Keywords have up to eight letters, digits, - and _."
            )
