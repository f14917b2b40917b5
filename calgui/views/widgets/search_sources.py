"""What the search over everything looks through."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.views.widgets.header_bar import cache_title
from calgui.views.widgets.search import Hit, Source, having

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.views.window import MainWindow

#: how an action's name begins, and what makes its text clear outside of its menu
_KINDS = {"theme_": "Theme: ", "panel_": "Panel: ", "go_": "Go to: "}


def sources(window: "MainWindow") -> list[Source]:
    """What can be found in a window.

    Parameters
    ----------
    window : MainWindow
        Whose actions, observations and caches are looked through.

    Returns
    -------
    list of callable
        In the order of the hits.
    """
    return [partial(source, window) for source in (_files, _mappings, _references, _actions, _elsewhere)]


def _files(window: "MainWindow", words: tuple[str, ...]) -> Iterator[Hit]:
    for row in window.observe.table.model.entries():
        if having(words, row.entry.path.name):
            path = row.entry.path
            yield Hit(path.name, "observation", "file", partial(_show_row, window, path))


def _mappings(window: "MainWindow", words: tuple[str, ...]) -> Iterator[Hit]:
    for cache in _caches(window):
        for name in cache.mappings:
            if having(words, name):
                yield Hit(
                    name, f"mapping of {cache_title(cache.path)}", "rules", partial(_show_mapping, window, cache, name)
                )


def _references(window: "MainWindow", words: tuple[str, ...]) -> Iterator[Hit]:
    for cache in _caches(window):
        for name in cache.layout.reference_names():
            if having(words, name):
                yield Hit(
                    name,
                    f"reference of {cache_title(cache.path)}",
                    "cache",
                    partial(_show_reference, window, cache, name),
                )


def _actions(window: "MainWindow", words: tuple[str, ...]) -> Iterator[Hit]:
    for action in window.menus.actions:
        kind = next((word for start, word in _KINDS.items() if action.objectName().startswith(start)), "")
        text = kind + action.text().replace("&", "")
        if action.isEnabled() and having(words, f"{text} {action.toolTip()}"):
            yield Hit(text, "action", "bench", action.trigger)


def _elsewhere(window: "MainWindow", words: tuple[str, ...]) -> Iterator[Hit]:
    text = " ".join(words)
    yield Hit(f"Filter the observations by “{text}”", "filter", "search", partial(_filter, window, text))
    if window.session.cache is not None:
        yield Hit(f"Search the rules for “{text}”", "search", "search", partial(_search_rules, window, text))


def _caches(window: "MainWindow") -> "list[Cache]":
    """All caches, the current one first."""
    session = window.session
    return sorted(session.caches, key=lambda cache: cache is not session.cache)


def _show_row(window: "MainWindow", path: Path) -> None:
    window.go("observe")
    window.observe.table.select_path(path)


def _show_mapping(window: "MainWindow", cache: "Cache", name: str) -> None:
    session = window.session
    if name.endswith(".pmap"):
        session.set_context(cache, name)
    elif cache is not session.cache:
        session.set_context(cache, cache.default_context)
    session.place_requested.emit("rules")
    session.mapping_requested.emit(name, None)


def _show_reference(window: "MainWindow", cache: "Cache", name: str) -> None:
    path = cache.reference_path(name)
    if path is not None:
        window.session.frame_requested.emit(path)


def _filter(window: "MainWindow", text: str) -> None:
    window.go("observe")
    window.observe.table.filter.setText(text)


def _search_rules(window: "MainWindow", text: str) -> None:
    window.go("rules")
    place: object = window.place("rules")
    field = getattr(place, "search", None)
    if field is not None:
        field.setText(text)
