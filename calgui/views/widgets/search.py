"""Search everything: actions, observations, mappings and references, from one field."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from calgui.views.theme import theme
from calgui.views.widgets.icons import icon

#: hits shown of each source: a list that must be scrolled is no answer
_OF_EACH = 6


@dataclass(frozen=True)
class Hit:
    """One thing found.

    Attributes
    ----------
    text : str
        Its name.
    kind : str
        What it is, in a word or two.
    picture : str
        Name of an icon.
    deed : callable
        Goes there, or does it.
    """

    text: str
    kind: str
    picture: str
    deed: Callable[[], None]


Source = Callable[[tuple[str, ...]], Iterable[Hit]]


def having(words: Sequence[str], text: str) -> bool:
    """Whether a text holds all words.

    Parameters
    ----------
    words : sequence of str
        Case-folded.
    text : str
        In any case.

    Returns
    -------
    bool
    """
    folded = text.casefold()
    return all(word in folded for word in words)


class SearchField(QLineEdit):
    """A field whose hits drop down as one types.

    Signals
    -------
    begun()
        A first word is typed.

    Parameters
    ----------
    parent : QWidget, optional
    """

    begun = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self.setObjectName("search_everything")
        self.setAccessibleName("Search everything")
        self.setPlaceholderText("Search everything   Ctrl+K")
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(220)
        self.setMaximumWidth(560)
        self.sources: list[Source] = []
        self.hits: list[Hit] = []
        self._mark = self.addAction(icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self._model = QStandardItemModel(self)
        completer = QCompleter(self._model, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setMaxVisibleItems(18)
        completer.activated[QModelIndex].connect(self._chosen)
        popup = completer.popup()
        popup.setObjectName("search_hits")
        popup.setAccessibleName("What was found")
        self.setCompleter(completer)
        self.textEdited.connect(self.look)
        self.returnPressed.connect(self._first)
        theme().changed.connect(self._retheme)

    def look(self, text: str) -> None:
        """Find what fits a text and show it.

        Parameters
        ----------
        text : str
            Words; all must be found.
        """
        words = tuple(text.casefold().split())
        if words and not self._words:
            self.begun.emit()
        self._words, self.hits = words, []
        if words:
            for source in self.sources:
                for hit in source(words):
                    self.hits.append(hit)
                    if sum(other.kind == hit.kind for other in self.hits) >= _OF_EACH:
                        break
        self._model.clear()
        for hit in self.hits:
            item = QStandardItem(icon(hit.picture, "muted"), f"{hit.text}    ·  {hit.kind}")
            # completing would write this into the field, which keeps what was typed
            item.setData(text, Qt.ItemDataRole.EditRole)
            item.setData(f"{hit.text}    ·  {hit.kind}", Qt.ItemDataRole.DisplayRole)
            self._model.appendRow(item)

    def _retheme(self) -> None:
        self._mark.setIcon(icon("search", "muted"))

    def _chosen(self, index: QModelIndex) -> None:
        self._do(index.row())

    def _first(self) -> None:
        popup = self.completer().popup()
        if self.hits and not popup.currentIndex().isValid():
            self._do(0)

    def _do(self, place: int) -> None:
        if 0 <= place < len(self.hits):
            hit = self.hits[place]
            self._words, self.hits = (), []
            self.completer().popup().hide()
            self.clear()
            self.clearFocus()
            hit.deed()
