"""The bar at the top: which cache and context are the current ones, the search over everything, help."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.search import SearchField


class HeaderBar(QFrame):
    """Cache, context, search, help.

    Signals
    -------
    help_asked()
        The list of shortcuts is asked for.
    cache_asked()
        Another cache is to be opened.

    Parameters
    ----------
    session : Session
        Whose caches and context are chosen.
    search : SearchField
        Put in the middle.
    parent : QWidget, optional
    """

    help_asked = Signal()
    cache_asked = Signal()

    def __init__(self, session: Session, search: SearchField, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("header_bar")
        self.name = QLabel("calgui", self)
        self.name.setObjectName("header_name")
        self.label = QLabel("Cache", self)
        self.label.setObjectName("header_label")
        self.caches = self._chooser("cache_chooser", "Cache", "The CRDS cache whose rules are asked")
        self.contexts = self._chooser("context_chooser", "Context", "The context (.pmap) of the cache")
        self.dot = QLabel("·", self)
        self.open_button = QToolButton(self)
        self.open_button.setObjectName("open_cache_button")
        self.open_button.setText("Open a cache…")
        self.open_button.setAccessibleName("Open a CRDS cache")
        self.open_button.clicked.connect(self.cache_asked)
        self.help_button = QToolButton(self)
        self.help_button.setObjectName("help_button")
        self.help_button.setAccessibleName("Help: shortcuts")
        self.help_button.setToolTip("Shortcuts (?); F1 explains what you are at")
        self.help_button.setAutoRaise(True)
        self.help_button.clicked.connect(self.help_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        for widget in (self.name, self.label, self.caches, self.dot, self.contexts, self.open_button):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(search, 2)
        layout.addStretch(1)
        layout.addWidget(self.help_button)
        self.caches.activated.connect(self._choose_cache)
        self.contexts.activated.connect(self._choose_context)
        session.caches_changed.connect(self._refresh)
        session.context_changed.connect(self._refresh)
        theme().changed.connect(self._retheme)
        self._retheme()
        self._refresh()

    def _chooser(self, name: str, title: str, tip: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(name)
        combo.setAccessibleName(title)
        combo.setToolTip(tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        combo.setMinimumContentsLength(6)
        combo.setMaxVisibleItems(24)
        return combo

    def _refresh(self) -> None:
        session = self.session
        known = bool(session.caches)
        for widget in (self.label, self.caches, self.dot, self.contexts):
            widget.setVisible(known)
        self.open_button.setVisible(not known)
        self.caches.clear()
        for cache in session.caches:
            self.caches.addItem(cache_title(cache.path), cache)
            self.caches.setItemData(self.caches.count() - 1, str(cache.path), Qt.ItemDataRole.ToolTipRole)
        if session.cache is not None:
            self.caches.setCurrentIndex(session.caches.index(session.cache))
        self.contexts.clear()
        if session.cache is None:
            return
        default = session.cache.default_context
        # the newest first: that is what is looked for
        for name in reversed(session.cache.contexts):
            self.contexts.addItem(f"{name} (default)" if name == default else name, name)
        self.contexts.setCurrentIndex(self.contexts.findData(session.context))
        self.contexts.setEnabled(bool(session.cache.contexts))
        if not session.cache.contexts:
            self.contexts.addItem("no context", None)
            self.contexts.setCurrentIndex(0)

    def _choose_cache(self, place: int) -> None:
        cache = self.session.caches[place]
        if cache is not self.session.cache:
            self.session.choose_context(cache, cache.default_context)

    def _choose_context(self, place: int) -> None:
        name = self.contexts.itemData(place)
        if self.session.cache is not None and name is not None:
            self.session.choose_context(self.session.cache, name)

    def _retheme(self) -> None:
        self.help_button.setIcon(icon("help", "muted"))


def cache_title(path: Path) -> str:
    """A short name for a cache that tells it from others.

    Parameters
    ----------
    path : pathlib.Path
        Its folder.

    Returns
    -------
    str
        The folder's name, or that of the folder around it where its own says nothing.
    """
    plain = path.name.casefold() in ("cache", "crds", "crds_cache", "crds-cache")
    return path.parent.name if plain and path.parent.name else path.name
