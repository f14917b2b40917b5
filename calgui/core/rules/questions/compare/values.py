"""What differs between two mappings, as values."""

from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    """What a change is about."""

    INSTRUMENT = "instrument"
    TYPE = "type"
    PARKEY = "parkey"
    HEADER = "header"
    SELECTOR = "selector"
    RULE = "rule"
    DATE = "date"


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes
    ----------
    what : What
        An instrument or a type of a context, with its mapping or N/A; the parameters that rules look at; another entry
        of a mapping's header; the kind of a selector; a whole rule; an entry inside a rule that is in both.
    action : str
        ``added``, ``removed`` or ``replaced``.
    instrument, type : str
        Upper and lower case; empty where the change is above them.
    old_mapping, new_mapping : str or None
        Names of the mappings in whose texts it stands; None where there is none.
    parameters, key : tuple of str
        Parkeys and values of the rule; for a header its entry as key.
    date : str
        The entry inside the rule, as written, levels joined by `` / ``.
    old, new : str or None
        File, mapping, N/A, or header value, as texts.
    old_line, new_line : int or None
        In the texts, from 1.
    """

    what: What
    action: str
    instrument: str
    type: str
    old_mapping: str | None
    new_mapping: str | None
    parameters: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    date: str = ""
    old: str | None = None
    new: str | None = None
    old_line: int | None = None
    new_line: int | None = None


@dataclass(frozen=True)
class Pair:
    """Two mappings that were compared, with different texts.

    Attributes
    ----------
    instrument, type : str
        Empty for a ``.pmap``; an ``.imap`` has no type.
    old, new : str or None
        Names; None where one side has none.
    """

    instrument: str
    type: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class ContextDiff:
    """What differs between two contexts, or two mappings of one kind.

    Attributes
    ----------
    old_cache, new_cache : str
        Names of the caches; the same for two contexts of one.
    old, new : str
        Names of the mappings.
    changes : tuple of Change
        By instrument and type; instruments and types first, then headers, then rules and dates.
    pairs : tuple of Pair
        The mappings whose texts differ.
    problems : tuple of str
        What could not be compared, and why: a sentence for each.
    """

    old_cache: str
    new_cache: str
    old: str
    new: str
    changes: tuple[Change, ...]
    pairs: tuple[Pair, ...]
    problems: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether no difference was found, and nothing escaped the look."""
        return not self.changes and not self.problems
