"""The menu that chooses the table's columns, with a field that adds any keyword."""

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCompleter, QLineEdit, QMenu, QWidget, QWidgetAction

from calgui.views.observations.columns import BUILT_IN, FILE, is_keyword
from calgui.views.observations.model import ObservationsModel
from calgui.views.session import Session


class ColumnMenu(QMenu):
    """Filled when it opens, so that it knows the keywords of the files of the moment.

    Parameters
    ----------
    session : Session
        Whose cache knows parkeys.
    model : ObservationsModel
        Whose columns are chosen.
    parent : QWidget, optional

    Signals
    -------
    added(str), removed(str)
        The user wants to see this column, or not any more.
    """

    added = Signal(str)
    removed = Signal(str)

    def __init__(self, session: Session, model: ObservationsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("columns_menu")
        self.setAccessibleName("Columns")
        self._session, self._model = session, model
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
        shown = [column.key for column in self._model.columns]
        more = [column for column in self._model.columns if column not in BUILT_IN]
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
        keywords = self._model.keywords()
        cache = self._session.cache
        if cache is None:
            return keywords
        parkeys = [name for keyword in keywords for name in cache.observatory.parkeys_of(keyword)]
        return keywords + sorted(set(parkeys) - set(keywords))

    def _toggle(self, key: str, on: bool) -> None:
        (self.added if on else self.removed).emit(key)

    def _add(self) -> None:
        text = self.field.text().strip()
        if text and is_keyword(text):
            self.added.emit(text)
            self.close()
        elif text:
            self._session.notice(
                "warning", f"{text} is no keyword.", "Keywords have up to eight letters, digits, - and _."
            )
