"""Every rule that names a file: when it would be selected, and whether it can be at all."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calgui.core.errors import CalguiError, InputError
from calgui.core.rules.observatories.observatory import Observatory
from calgui.core.rules.questions.walk import Naming, RuleFile, levels, named_values, namings, rule_files
from calgui.core.rules.questions.witness import Witness, instrument_value, witness
from calgui.core.rules.selection.header import plan_for

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


#: rules that are tried whether they can win: each costs some selections
MOST_PROVED = 400
_UNTRIED = f"Only the first {MOST_PROVED} rules that name a file are tried."


@dataclass(frozen=True)
class Asked:
    """What one rule asks of one parameter.

    Attributes
    ----------
    parkey : str
        Upper case.
    keyword : str or None
        FITS keyword, where the observatory's table knows one.
    value : str
        As written in the rule.
    """

    parkey: str
    keyword: str | None
    value: str


@dataclass(frozen=True)
class Match:
    """One rule that names a file.

    Attributes
    ----------
    file : str
        The file.
    instrument, type, mapping : str
        Instrument in upper case, reference type in lower case, name of the ``.rmap``.
    key : tuple of str
        The rule as written.
    parameters : tuple of Asked
        The rule's values, one for each parameter.
    dates : tuple of Asked
        What the selectors inside the rule ask: date and time, or versions and the like.
    selectors : tuple of str
        Names of the selectors that lead there: ``Match``, ``UseAfter``.
    line : int
        Line of the entry in the mapping's text, from 1.
    wins : bool or None
        Whether some header lets this rule win; None where that could not be told.
    reason : str
        Why it cannot, or was not found to, in a sentence; empty where it can.
    witness : tuple of (str, str)
        Parkey and value of a header for which crds selects the file by this rule.
    """

    file: str
    instrument: str
    type: str
    mapping: str
    key: tuple[str, ...]
    parameters: tuple[Asked, ...]
    dates: tuple[Asked, ...]
    selectors: tuple[str, ...]
    line: int
    wins: bool | None = None
    reason: str = ""
    witness: tuple[tuple[str, str], ...] = ()


def matches(cache: "Cache", context: str, reference: str, *, prove: bool = True) -> tuple[Match, ...]:
    """Every rule of a context that names a file, as ``crds matches`` tells them.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    reference : str
        Name of a file; folders before it are ignored.
    prove : bool
        Whether to look for a header that lets each rule win; of the first `MOST_PROVED` only.

    Returns
    -------
    tuple of Match
        By instrument, type, and line; none where no rule names the file. Mappings that cannot be read are passed over:
        `calgui.core.rules.questions.walk.unread` tells them.

    Raises
    ------
    UsageError, InputError
        When the cache has no such context, or it cannot be read.
    """
    wanted = base_name(reference)
    found: list[Match] = []
    for rules in rule_files(cache, context):
        if rules.parsed is None or wanted not in rules.parsed.text:
            continue
        for place in namings(rules.parsed):
            if place.file == wanted:
                tried = prove and len(found) < MOST_PROVED
                told = _can_win(cache, context, rules, place) if tried else Witness(None, _UNTRIED if prove else "")
                found.append(_match(cache.observatory, rules, place, told))
    return tuple(sorted(found, key=lambda one: (one.instrument, one.type, one.line)))


def base_name(file: str) -> str:
    """A file's name without folders and without ``crds://``."""
    return file.replace("\\", "/").rstrip("/").rpartition("/")[2]


def label(place: Naming) -> str:
    """The keys inside a rule as one text, as `calgui.core.rules.selection.dates.entries` labels them."""
    inner = place.path[1:] if place.selectors[0] == "Match" else place.path
    return " / ".join(", ".join(key) for key in inner)


def _match(observatory: Observatory, rules: RuleFile, place: Naming, told: Witness) -> Match:
    assert rules.parsed is not None
    asked = [
        tuple(Asked(name, observatory.keyword_of(name), value) for name, value in named_values(kind, names, key))
        for kind, names, key in zip(place.selectors, levels(rules.parsed), place.path, strict=False)
    ]
    outer = place.selectors[0] == "Match"
    return Match(
        file=place.file,
        instrument=rules.instrument,
        type=rules.type,
        mapping=rules.mapping,
        key=place.path[0] if outer else (),
        parameters=asked[0] if outer and asked else (),
        dates=tuple(one for level in asked[1 if outer else 0 :] for one in level),
        selectors=place.selectors,
        line=place.line,
        wins=told.wins,
        reason=told.reason,
        witness=told.values,
    )


def _can_win(cache: "Cache", context: str, rules: RuleFile, place: Naming) -> Witness:
    try:
        plan = plan_for(cache, context, rules.instrument)
        if isinstance(plan.rmaps.get(rules.type), InputError):
            raise plan.rmaps[rules.type]
        named = instrument_value(cache, context, rules.instrument)
        key = place.path[0] if place.selectors[0] == "Match" else ()
        return witness(plan, rules.type, key, label(place), place.file, named)
    except CalguiError as error:
        return Witness(False, f"The mapping cannot be used: {error.message}")
