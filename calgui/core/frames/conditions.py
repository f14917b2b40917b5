"""What a user types to find headers: words such as ``LGS*``, and conditions such as ``EXPTIME>=30``."""

import fnmatch
import operator
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_CONDITION = re.compile(r"([A-Za-z0-9_.*?-]+)(!=|<=|>=|=|<|>)(.*)", re.DOTALL)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def written(value: Any) -> str:
    """A header's value as it is shown.

    Parameters
    ----------
    value : object
        Of a card; None where the card has no value.

    Returns
    -------
    str
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, float):
        return f"{value:.15g}"  # as many figures as FITS has: dates in days need them
    return " ".join(str(value).split())


@dataclass(frozen=True)
class Condition:
    """One ``KEY=value``.

    Attributes
    ----------
    key : str
        Keyword, or another name for a value, upper case; it may hold ``*`` and ``?``.
    sign : str
        ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``.
    wanted : str
        As typed; with ``=`` and ``!=`` it may hold ``*`` and ``?``; empty means that there is no value.
    """

    key: str
    sign: str
    wanted: str

    @property
    def patterned(self) -> bool:
        """Whether it is about all keywords that fit a pattern."""
        return "*" in self.key or "?" in self.key

    def about(self, keyword: str) -> bool:
        """Whether it is about a keyword.

        Parameters
        ----------
        keyword : str
            In any case.

        Returns
        -------
        bool
        """
        return fnmatch.fnmatchcase(keyword.upper(), self.key) if self.patterned else keyword.upper() == self.key

    def accepts(self, value: Any) -> bool:
        """Whether a value fulfils it.

        Parameters
        ----------
        value : object
            Of a card; None where there is none.

        Returns
        -------
        bool
            Numbers are compared as numbers, also where they are written as texts; texts without regard to case.
        """
        if self.sign in ("=", "!="):
            return self._equal(value) == (self.sign == "=")
        if value is None:
            return False
        mine, theirs = as_number(value), as_number(self.wanted)
        if mine is not None and theirs is not None:
            return _ORDER[self.sign](mine, theirs)
        if self.patterned and theirs is not None:
            return False  # among many keywords a number asks for those that are numbers
        return _ORDER[self.sign](written(value).casefold(), self.wanted.casefold())

    def _equal(self, value: Any) -> bool:
        mine, theirs = as_number(value), as_number(self.wanted)
        if mine is not None and theirs is not None:
            return mine == theirs
        return fnmatch.fnmatchcase(written(value).casefold(), self.wanted.casefold())


def has_words(text: str, words: Sequence[str]) -> bool:
    """Whether a text has every word that was typed.

    Parameters
    ----------
    text : str
        Case-folded.
    words : sequence of str
        Case-folded. One without ``*`` and ``?`` may stand anywhere, also inside another word; one with them is a
        pattern for a whole word, as ``lgs*`` or ``*temp``.

    Returns
    -------
    bool
    """
    return all(word in text or (_is_pattern(word) and _pattern(word).search(text) is not None) for word in words)


def _is_pattern(word: str) -> bool:
    return "*" in word or "?" in word


@lru_cache(maxsize=256)
def _pattern(word: str) -> re.Pattern[str]:
    """A pattern for what stands between blanks; blanks of its own, as quotes allow, stay as they are."""
    parts = {"*": r"\S*", "?": r"\S"}
    # several stars say no more than one, and take far longer
    inner = "".join(parts.get(letter, re.escape(letter)) for letter in re.sub(r"\*+", "*", word))
    return re.compile(rf"(?<!\S){inner}(?!\S)")


def split(text: str) -> tuple[tuple[str, ...], tuple[Condition, ...]]:
    """Read what was typed.

    Parameters
    ----------
    text : str
        Words and conditions, separated by spaces; quotes keep spaces together.

    Returns
    -------
    words : tuple of str
        Case-folded, for `has_words`. Any text is fine: what is no condition is a word.
    conditions : tuple of Condition
    """
    try:
        parts = shlex.split(text)
    except ValueError:
        parts = text.replace('"', " ").replace("'", " ").split()
    words, conditions = [], []
    for part in parts:
        match = _CONDITION.fullmatch(part)
        if match:
            conditions.append(Condition(match[1].upper(), match[2], match[3]))
        else:
            words.append(part.casefold())
    return tuple(words), tuple(conditions)


def as_number(value: Any) -> float | None:
    """A number, also where it is written as a text.

    Parameters
    ----------
    value : object
        Of a card, or typed.

    Returns
    -------
    float or None
        None for what is no number; logical values are none.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
