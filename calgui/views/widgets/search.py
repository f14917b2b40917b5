"""Search everything, and do anything: commands, observations, mappings and references, from one field."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from calgui.views.theme import theme
from calgui.views.widgets.hit_delegate import KEYS, KIND, HitDelegate
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
    keys : str
        Its shortcut, where it has one.
    name : str
        By which a command is remembered; empty for what is no command.
    possible : bool
        Whether it can be done now; where not, it is shown so that nothing else is taken for it.
    sure : bool
        Whether it is surely meant; where not, Return chooses it in the list, and once more does it.
    """

    text: str
    kind: str
    picture: str
    deed: Callable[[], None]
    keys: str = ""
    name: str = ""
    possible: bool = True
    sure: bool = True


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
        A first word is typed, or the list of commands is opened.
    done(Hit)
        A hit is gone to, or done.
    left()
        The focus is to go back to where it was.

    Parameters
    ----------
    parent : QWidget, optional
    """

    begun = Signal()
    done = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[str, ...] = ()
        self.setObjectName("search_everything")
        self.setAccessibleName("Search everything")
        self.setPlaceholderText("Search, or do anything   Ctrl+K")
        self.setClearButtonEnabled(True)
        self.setMinimumWidth(220)
        self.setMaximumWidth(560)
        self.setToolTip("Files, mappings, references, commands. Begin with > for commands alone.")
        self.sources: list[Source] = []
        #: gives what is offered before anything is typed
        self.at_first: Callable[[], Iterable[Hit]] = tuple
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
        popup.setItemDelegate(HitDelegate(popup))
        popup.installEventFilter(self)
        self.installEventFilter(self)
        self.setCompleter(completer)
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._show_again)
        self.textEdited.connect(self._edited)
        self.returnPressed.connect(self._first)
        self._emptied = QTimer(self, singleShot=True, interval=0)
        self._emptied.timeout.connect(lambda: self.offer() if self.hasFocus() and not self.text() else None)
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
                self.hits += itertools.islice(source(words), _OF_EACH)
        self._show_hits(text)

    def offer(self) -> None:
        """Show what can be done, before anything is typed; what was typed before is looked for again."""
        if self.text().strip():
            self.look(self.text())
        else:
            self.begun.emit()
            self._words, self.hits = (), list(self.at_first())
            self._show_hits("")
        self.completer().complete()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc leaves at once, from the list as from the field."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._leave()
            self.left.emit()
            return True
        return super().eventFilter(watched, event)

    def _leave(self) -> None:
        self._words, self.hits = (), []
        self.completer().popup().hide()
        self.clear()
        self.clearFocus()

    def _edited(self, text: str) -> None:
        self.look(text)
        if not text.strip():
            # Qt hides the list of an empty field after this
            self._emptied.start()

    def _show_hits(self, text: str) -> None:
        self._model.clear()
        for hit in self.hits:
            item = QStandardItem(icon(hit.picture, "muted"), hit.text)
            # completing would write this into the field, which keeps what was typed
            item.setData(text, Qt.ItemDataRole.EditRole)
            item.setData(hit.text, Qt.ItemDataRole.DisplayRole)
            item.setData(hit.kind, KIND)
            item.setData(hit.keys, KEYS)
            item.setEnabled(hit.possible)
            item.setAccessibleText(", ".join(part for part in (hit.text, hit.kind, hit.keys) if part))
            self._model.appendRow(item)

    def _retheme(self) -> None:
        self._mark.setIcon(icon("search", "muted"))

    def _chosen(self, index: QModelIndex) -> None:
        self._do(index.row())

    def _first(self) -> None:
        popup = self.completer().popup()
        if self.hits and not popup.currentIndex().isValid():
            if self.hits[0].sure and self.hits[0].possible:
                self._do(0)
            else:
                self._again.start()

    def _show_again(self) -> None:
        """Qt closed the list, in which it stands why nothing is done, or what would be done."""
        if self.hasFocus() and self.hits:
            self.completer().complete()
            if self.hits[0].possible:
                self.completer().popup().setCurrentIndex(self.completer().completionModel().index(0, 0))

    def _do(self, place: int) -> None:
        if 0 <= place < len(self.hits) and self.hits[place].possible:
            hit = self.hits[place]
            self._leave()
            if hit.name:
                # what a command does, it does where the user was
                self.left.emit()
            self.done.emit(hit)
            hit.deed()
