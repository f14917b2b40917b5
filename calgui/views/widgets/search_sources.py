"""What the search over everything looks through."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from calgui.views.session import Session
from calgui.views.widgets.header_bar import cache_title
from calgui.views.widgets.search import Hit, Source, having

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: how an action's name begins, and what makes its text clear outside of its menu
_KINDS = {"theme_": "Theme: ", "panel_": "Panel: ", "go_": "Go to: "}


class Sources:
    """Actions, observations, mappings and references of a window.

    Parameters
    ----------
    session : Session
        Whose caches are looked through.
    place : callable
        Gives the widget of a place by its name.
    actions : sequence of QAction
        Of the menus.
    """

    def __init__(self, session: Session, place: Callable[[str], QWidget], actions: Sequence[QAction]) -> None:
        self._session, self._place, self._actions = session, place, actions
        self._names: dict[Path, list[str]] = {}

    def all(self) -> list[Source]:
        """What can be found, in the order of the hits.

        Returns
        -------
        list of callable
        """
        return [self._files, self._mappings, self._references, self._deeds, self._elsewhere]

    def forget(self) -> None:
        """Look at the folders of references again: a new search begins."""
        self._names = {}

    # ---- finding

    def _files(self, words: tuple[str, ...]) -> Iterator[Hit]:
        for row in self._table.model.entries():
            path: Path = row.entry.path
            if having(words, path.name):
                yield Hit(path.name, "observation", "file", partial(self._show_row, path))

    def _mappings(self, words: tuple[str, ...]) -> Iterator[Hit]:
        for cache in self._caches():
            for name in cache.mappings:
                if having(words, name):
                    kind = f"mapping of {cache_title(cache.path)}"
                    yield Hit(name, kind, "rules", partial(self._show_mapping, cache, name))

    def _references(self, words: tuple[str, ...]) -> Iterator[Hit]:
        for cache in self._caches():
            if cache.path not in self._names:
                # reading the folders at each key pressed would be felt
                self._names[cache.path] = cache.layout.reference_names()
            for name in self._names[cache.path]:
                if having(words, name):
                    kind = f"reference of {cache_title(cache.path)}"
                    yield Hit(name, kind, "cache", partial(self._show_reference, cache, name))

    def _deeds(self, words: tuple[str, ...]) -> Iterator[Hit]:
        for action in self._actions:
            kind = next((word for start, word in _KINDS.items() if action.objectName().startswith(start)), "")
            text = kind + action.text().replace("&", "")
            if action.isEnabled() and having(words, f"{text} {action.toolTip()}"):
                yield Hit(text, "action", "bench", action.trigger)

    def _elsewhere(self, words: tuple[str, ...]) -> Iterator[Hit]:
        text = " ".join(words)
        yield Hit(f"Filter the observations by “{text}”", "filter", "search", partial(self._filter, text))
        if self._session.cache is not None:
            yield Hit(f"Search the rules for “{text}”", "search", "search", partial(self._search_rules, text))

    # ---- going there

    @property
    def _table(self) -> Any:
        observe: Any = self._place("observe")
        return observe.table

    def _caches(self) -> "list[Cache]":
        """All caches, the current one first."""
        return sorted(self._session.caches, key=lambda cache: cache is not self._session.cache)

    def _show_row(self, path: Path) -> None:
        self._session.place_requested.emit("observe")
        self._table.select_path(path)

    def _show_mapping(self, cache: "Cache", name: str) -> None:
        session = self._session
        if name.endswith(".pmap"):
            session.set_context(cache, name)
        elif cache is not session.cache:
            session.set_context(cache, cache.default_context)
        session.place_requested.emit("rules")
        session.mapping_requested.emit(name, None)

    def _show_reference(self, cache: "Cache", name: str) -> None:
        path = cache.reference_path(name)
        if path is not None:
            self._session.frame_requested.emit(path)

    def _filter(self, text: str) -> None:
        self._session.place_requested.emit("observe")
        self._table.filter.setText(text)

    def _search_rules(self, text: str) -> None:
        self._session.place_requested.emit("rules")
        rules: Any = self._place("rules")
        rules.search.setText(text)
