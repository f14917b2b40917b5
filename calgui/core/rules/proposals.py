"""Values that a rule would accept for a parameter: what a near miss proposes. Each is tried on crds's own matcher."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from calgui.core.rules.board import refusal
from calgui.core.rules.setup import crds_module

_NUMBER = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")
_MOST = 3


def proposals(selector: Any, parameter: str, element: str, matcher: Any, listed: Sequence[str]) -> tuple[str, ...]:
    """Values of a parameter that let one rule match there, plainest first.

    Parameters
    ----------
    selector : crds MatchSelector
        Which may refuse a value before it matches.
    parameter : str
        Parkey.
    element : str
        What the rule asks for, as crds conditioned it.
    matcher : crds Matcher
        Of that element.
    listed : sequence of str
        All that the rules list for the parameter.

    Returns
    -------
    tuple of str
        At most three, conditioned; empty where none was found.
    """
    condition = crds_module("core.utils").condition_value
    found: dict[str, None] = {}
    for text in _guesses(element, listed):
        value = condition(text)
        if value in ("*", "", "UNDEFINED") or value in found:
            continue
        if matcher.match(value) >= 0 and refusal(selector, parameter, value) is None:
            found[value] = None
            if len(found) == _MOST:
                break
    return tuple(found)


def _guesses(element: str, listed: Sequence[str]) -> list[str]:
    guesses: list[str] = []
    if element[:1] == "{":
        guesses.append(element[1:-1])
    elif element[:1] not in ("(", "#", "<", ">"):
        guesses += [part.replace("*", "") for part in element.split("|")]
    plain = [value for value in listed if not set(value) & set("*|(){}#<>")]
    guesses += plain
    numbers = [float(text) for text in _NUMBER.findall(element)]
    for number in numbers:
        guesses += [str(number), str(number + 1), str(number - 1)]
    guesses += [str(sum(pair) / 2) for pair in pairwise(numbers)]
    return [*guesses, "NONE", "N/A"]
