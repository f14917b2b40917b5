"""The entries of a mapping's text: rule, date, file, and where each stands."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from calgui.core.rules.files.mapping_file import Choices, MappingFile


class TextEntry(NamedTuple):
    """One file that a mapping names.

    Attributes
    ----------
    rule : tuple of str
        Key of the outermost rule; empty where dates are outermost.
    date : str or None
        Key of the innermost selector, if it is not the rule itself.
    selector : str
        Name of that selector.
    file : str
    line : int
    """

    rule: tuple[str, ...]
    date: str | None
    selector: str
    file: str
    line: int


def walk(parsed: MappingFile) -> Iterator[TextEntry]:
    """All files that an ``.rmap`` names, in the order of its text.

    Parameters
    ----------
    parsed : MappingFile

    Yields
    ------
    TextEntry
    """
    yield from _walk(parsed.choices, (), outermost=parsed.choices.selector == "Match")


def _walk(choices: Choices, rule: tuple[str, ...], *, outermost: bool) -> Iterator[TextEntry]:
    for entry in choices.entries:
        key = entry.key if outermost else rule
        if isinstance(entry.value, Choices):
            yield from _walk(entry.value, key, outermost=False)
        else:
            date = None if outermost else ", ".join(entry.key)
            for file, line in entry.files():
                yield TextEntry(key, date, choices.selector, file, line)


class Lines:
    """Where rules and their entries stand in a mapping's text.

    Parameters
    ----------
    parsed : MappingFile
    """

    def __init__(self, parsed: MappingFile) -> None:
        self._parsed = parsed

    @cached_property
    def _rules(self) -> Mapping[tuple[str, ...], int]:
        return {entry.key: entry.line for entry in self._parsed.choices.entries}

    @cached_property
    def _dates(self) -> Mapping[tuple[tuple[str, ...], str | None], int]:
        return {(entry.rule, entry.date): entry.line for entry in walk(self._parsed)}

    def line(self, rule: tuple[str, ...], date: str | None = None) -> int | None:
        """Line of a rule, or of its entry of a date; None where it is not found."""
        found = self._dates.get((rule, date)) if date is not None else None
        return found or self._rules.get(rule)
