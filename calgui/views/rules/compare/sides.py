"""The two sides of a comparison: any context of any open cache, or versions of a mapping."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLabel, QToolButton, QWidget

from calgui.views.session import Session
from calgui.views.theme import SPACE
from calgui.views.widgets.header_bar import cache_title

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes
    ----------
    cache : Cache
        Open in the session.
    mapping : str
        Name of a ``.pmap``, ``.imap`` or ``.rmap``.
    """

    cache: "Cache"
    mapping: str


class Sides(QWidget):
    """Two choosers, and a button that swaps them.

    Signals
    -------
    changed()
        Another pair is chosen.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("compare_sides")
        self.old = self._make_chooser("compare_old", "Older context or mapping")
        self.new = self._make_chooser("compare_new", "Newer context or mapping")
        self.swap = QToolButton(self)
        self.swap.setObjectName("compare_swap")
        self.swap.setText("⇄")
        self.swap.setAccessibleName("Swap the two sides")
        self.swap.setToolTip("Swap the two sides.")
        self.swap.clicked.connect(self._swap)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        for text, box in (("from", self.old), ("to", self.new)):
            label = QLabel(text, self)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box, 1)
            if text == "from":
                row.addWidget(self.swap)
        self.refresh()

    def _make_chooser(self, name: str, title: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        box.setAccessibleName(title)
        box.setToolTip(f"{title}: contexts first, then other mappings; type to search.")
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(16)
        completer = box.completer()
        if completer is not None:
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        box.activated.connect(lambda _place: self.changed.emit())
        return box

    def refresh(self) -> None:
        """List the mappings of all open caches; the newest context is compared with the one before."""
        before = self.side(self.old), self.side(self.new)
        several = len(self.session.caches) > 1
        for box in (self.old, self.new):
            box.blockSignals(True)
            box.clear()
            for cache in self.session.caches:
                contexts = list(cache.contexts)
                others = sorted(name for name in cache.mappings if not name.endswith(".pmap"))
                for name in [*reversed(contexts), *others]:
                    box.addItem(f"{name} — {cache_title(cache.path)}" if several else name, (cache, name))
            box.blockSignals(False)
        cache = self.session.cache
        if all(self._choose(box, side) for box, side in ((self.old, before[0]), (self.new, before[1]))):
            return
        if cache is None or self.session.context is None:
            return
        contexts = list(cache.contexts)
        place = contexts.index(self.session.context) if self.session.context in contexts else 0
        older = contexts[place - 1] if place > 0 else contexts[min(place + 1, len(contexts) - 1)]
        self._choose(self.old, Side(cache, older))
        self._choose(self.new, Side(cache, self.session.context))

    def _choose(self, box: QComboBox, side: Side | None) -> bool:
        for place in range(box.count()):
            cache, name = box.itemData(place)
            if side is not None and cache is side.cache and name == side.mapping:
                box.setCurrentIndex(place)
                return True
        return False

    def set(self, old: Side, new: Side) -> None:
        """Choose a pair.

        Parameters
        ----------
        old, new : Side
            Of open caches.
        """
        self._choose(self.old, old)
        self._choose(self.new, new)
        self.changed.emit()

    def side(self, box: QComboBox) -> Side | None:
        """What a chooser says; None where nothing is chosen.

        Parameters
        ----------
        box : QComboBox
            `old` or `new`.

        Returns
        -------
        Side or None
        """
        data = box.currentData()
        if data is None or data[0] not in self.session.caches:
            return None
        return Side(*data)

    def _swap(self) -> None:
        old, new = self.old.currentIndex(), self.new.currentIndex()
        self.old.setCurrentIndex(new)
        self.new.setCurrentIndex(old)
        self.changed.emit()
