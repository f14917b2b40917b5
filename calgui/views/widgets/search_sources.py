"""What the search over everything looks through."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from calgui.core.help import documentation
from calgui.views.commands import Command, of_menus, of_view
from calgui.views.recent import recent_paths
from calgui.views.session import Session
from calgui.views.settings import remember, remembered
from calgui.views.widgets.fuzzy import begins_words, fit
from calgui.views.widgets.header_bar import cache_title
from calgui.views.widgets.search import Hit, Source, having
from calgui.views.widgets.search_pages import of_pages

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: commands that are remembered, and of them those that are offered at first
_REMEMBERED, _OFFERED = 30, 8
#: below the first a command has the letters by chance; from the second on it is surely what was meant
_WEAK, _SURE = 0.25, 0.56
#: typed before words, it asks for commands alone
_COMMANDS = ">"


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
    shown : callable
        Gives the widgets that are shown: the place, and what lies around it.
    opened : callable
        Opens a path.
    """

    def __init__(
        self,
        session: Session,
        place: Callable[[str], QWidget],
        actions: Sequence[QAction],
        shown: Callable[[], Iterable[QWidget]],
        opened: Callable[[Path], object],
    ) -> None:
        self._session, self._place, self._actions, self._shown = session, place, actions, shown
        self._opened = opened
        self._names: dict[Path, list[str]] = {}
        self._known: tuple[Command, ...] | None = None

    def all(self) -> list[Source]:
        """What can be found, in the order of the hits.

        Returns
        -------
        list of callable
        """
        return [
            self._clear_deeds,
            partial(_unless_commands, self._files),
            partial(_unless_commands, self._mappings),
            partial(_unless_commands, self._references),
            partial(_unless_commands, self._recent),
            self._not_now,
            self._other_deeds,
            partial(_unless_commands, self._help),
            partial(_unless_commands, self._elsewhere),
        ]

    def forget(self) -> None:
        """Look at the folders of references and at the commands of the view again: a new search begins."""
        self._names, self._known = {}, None

    # ---- commands

    def at_first(self) -> list[Hit]:
        """What is offered before anything is typed: what was done last, then all that can be done now.

        Returns
        -------
        list of Hit
        """
        now = [command for command in self._commands() if command.can]
        by_name = {command.name: command for command in reversed(now)}
        last = [by_name[name] for name in _remembered() if name in by_name][:_OFFERED]
        rest = [command for command in now if command not in last]
        return [_hit(command, recent=True) for command in last] + [_hit(command) for command in rest]

    def done(self, hit: Hit) -> None:
        """Remember a command that was done from here.

        Parameters
        ----------
        hit : Hit
            Any.
        """
        if hit.name:
            names = [hit.name, *(name for name in _remembered() if name != hit.name)]
            remember("search/recent", names[:_REMEMBERED])

    def _commands(self) -> tuple[Command, ...]:
        if self._known is None:
            here = [command for widget in self._shown() for command in of_view(widget)]
            self._known = (*of_menus(self._actions), *here, *of_pages(self._session, self._place))
        return self._known

    def _ranked(self, words: tuple[str, ...], clear: bool) -> Iterator[Hit]:
        """Commands that fit, best first; clear are those whose words begin with what was typed."""
        typed = " ".join(words).removeprefix(_COMMANDS)
        recent = _remembered()
        found = []
        for place, command in enumerate(self._commands()):
            whole = f"{command.text} {command.group}"
            if not command.can or begins_words(typed, whole) != clear:
                continue
            score = fit(typed, command.text)
            if score is None:
                # where it belongs may be said, too, but not in letters from here and there
                rest = " ".join(word for word in typed.split() if not begins_words(word, command.group))
                score = fit(rest or typed, command.text if rest else whole)
            if score is None or (score < _WEAK and not clear):
                # the tip tells it in other words; these must be whole
                score = 0.01 if having(words, f"{command.text} {command.tip}") else None
            if score is not None:
                found.append((-score - 0.05 * (command.name in recent), place, command))
        for score, _place, command in sorted(found, key=lambda one: one[:2]):
            yield replace(_hit(command), sure=clear or -score >= _SURE)

    def _clear_deeds(self, words: tuple[str, ...]) -> Iterator[Hit]:
        return self._ranked(words, clear=True)

    def _not_now(self, words: tuple[str, ...]) -> Iterator[Hit]:
        """What was clearly meant and cannot be done now: better than to do what fits by chance instead."""
        typed = " ".join(words).removeprefix(_COMMANDS)
        for command in self._commands():
            if not command.can and begins_words(typed, f"{command.text} {command.group}"):
                yield replace(_hit(command), kind=f"{command.group} · cannot be done now", possible=False)

    def _help(self, words: tuple[str, ...]) -> Iterator[Hit]:
        for page in documentation().pages.values():
            if having(words, page.title):
                yield Hit(page.title, "help", "help", partial(self._session.help_requested.emit, page.name))

    def _other_deeds(self, words: tuple[str, ...]) -> Iterator[Hit]:
        return self._ranked(words, clear=False)

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

    def _recent(self, words: tuple[str, ...]) -> Iterator[Hit]:
        known = {*(cache.path for cache in self._caches()), *self._files_open()}
        for path in map(Path, recent_paths()):
            if path not in known and having(words, path.name):
                yield Hit(path.name, f"opened before · {path.parent}", "time", partial(self._opened, path))

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

    def _files_open(self) -> list[Path]:
        observe: Any = self._place("observe")
        return list(observe.files.roots)

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


def _unless_commands(source: Source, words: tuple[str, ...]) -> Iterable[Hit]:
    return () if words[0].startswith(_COMMANDS) else source(words)


def _remembered() -> list[str]:
    return [name for name in remembered("search/recent", []) if isinstance(name, str)]


def _hit(command: Command, recent: bool = False) -> Hit:
    kind = f"{command.group} · done before" if recent else command.group
    return Hit(command.text, kind, "time" if recent else "bench", partial(_run, command), command.keys, command.name)


def _run(command: Command) -> None:
    owner = getattr(command.run, "__self__", None)
    # what was found may have gone with its view meanwhile
    if not isinstance(owner, QObject) or isValid(owner):
        command.run()
