"""What if the header said something else: cases with values set, the answers side by side, as ``--set`` options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError, UsageError
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.header import (
    UNDEFINED,
    Plan,
    find_instrument,
    plan_for,
    plan_of,
    rule_keywords,
    with_settings,
)
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.selection.trace import accepted_values
from calgui.core.rules.values import Selection

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class Case:
    """A header with some values set.

    Attributes
    ----------
    name : str
        To show.
    header : mapping of str to object
        What it starts from: an observation's header, or nothing.
    changes : tuple of (str, str or None)
        FITS keyword or parkey, and the value set; None takes the value away. The last one for a name counts.
    """

    name: str
    header: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[tuple[str, str | None], ...] = ()

    def with_change(self, name: str, value: str | None) -> "Case":
        """The same case with one more value set, or taken away by None."""
        kept = tuple(change for change in self.changes if change[0].upper() != name.upper())
        return replace(self, changes=(*kept, (name, value)))

    def without_change(self, name: str) -> "Case":
        """The same case with what the header itself says for one name."""
        return replace(self, changes=tuple(change for change in self.changes if change[0].upper() != name.upper()))


@dataclass(frozen=True)
class Setting:
    """One value that can be set.

    Attributes
    ----------
    parkey : str
        Upper case.
    keyword : str or None
        FITS keyword, where the observatory's table knows one.
    value : str or None
        As the case has it; None where it has none.
    changed : bool
        Whether the case sets it.
    accepted : tuple of str
        Values that rules list for it, patterns among them; empty for dates, versions and the like.
    types : tuple of str
        Reference types whose rules read it.
    """

    parkey: str
    keyword: str | None
    value: str | None
    changed: bool
    accepted: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One type for which two cases have different answers.

    Attributes
    ----------
    type : str
        Reference type, lower case.
    before, after : Selection or None
        None where a case has no such type.
    """

    type: str
    before: Selection | None
    after: Selection | None


def header_of(cache: "Cache", case: Case) -> dict[str, Any]:
    """The header that a case stands for.

    Parameters
    ----------
    cache : Cache
        Its observatory says which names mean the same.
    case : Case

    Returns
    -------
    dict of str to object
        As `--set` on the command line would make it.
    """
    header = dict(case.header)
    for name, value in case.changes:
        header = with_settings(header, {name: value}, cache.observatory)
    return {name: value for name, value in header.items() if value is not None}


def answers(cache: "Cache", context: str, case: Case, types: Sequence[str] | None = None) -> tuple[Selection, ...]:
    """The references that the rules select for a case, for all types at once.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    case : Case
    types : sequence of str, optional
        By default all of the case's instrument.

    Returns
    -------
    tuple of Selection
        Errors for each type where the instrument is missing or unknown.

    Raises
    ------
    UsageError, InputError
        As `calgui.core.rules.selection.select.best_references`.
    """
    return best_references(cache, context, header_of(cache, case), types)


def settings_of(cache: "Cache", context: str, case: Case) -> tuple[Setting, ...]:
    """Everything that can be set in a case: what the rules of its instrument read.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    case : Case

    Returns
    -------
    tuple of Setting
        The instrument first, then as read by most types. Where the instrument is not known yet, only that.

    Raises
    ------
    UsageError, InputError
        When there is no such context, or it cannot be read.
    """
    naming = str(cache.load(context).instrument_key).upper()
    instruments = tuple(cache.instruments(context))
    header = header_of(cache, case)
    set_names = _set_names(cache, case)
    try:
        instrument: str | None = find_instrument(cache, context, header)
    except InputError:
        instrument = None
    keyword = cache.observatory.keyword_of(naming)
    first = Setting(naming, keyword, instrument, naming in set_names, instruments, ())
    if instrument is None:
        return (first,)
    plan = plan_for(cache, context, instrument)
    texts = plan.texts(header)
    read = rule_keywords(cache, context, header)
    accepted = _accepted(plan)
    rest = [
        Setting(name, cache.observatory.keyword_of(name), texts.get(name), name in set_names, accepted[name], kinds)
        for name, kinds in read.items()
        if name != naming
    ]
    return (first, *sorted(rest, key=lambda one: (-len(one.types), one.parkey)))


def _accepted(plan: Plan) -> "dict[str, tuple[str, ...]]":
    found: dict[str, dict[str, None]] = {name: {} for name in plan.parkeys}
    for rmap in plan.rmaps.values():
        if isinstance(rmap, InputError):
            continue
        for name, values in rmap.selector.get_value_map().items():
            found.setdefault(str(name).upper(), {}).update(dict.fromkeys(str(value) for value in values))
    return {name: tuple(sorted(values)) for name, values in found.items()}


def _set_names(cache: "Cache", case: Case) -> set[str]:
    names: set[str] = set()
    for name, _ in case.changes:
        names |= {name.upper(), *cache.observatory.parkeys_of(name)}
    return names


def differences(before: Sequence[Selection], after: Sequence[Selection]) -> tuple[Difference, ...]:
    """Types for which two cases have different answers.

    Parameters
    ----------
    before, after : sequence of Selection
        As `answers` gives them.

    Returns
    -------
    tuple of Difference
        Another file or another status; the sentences that tell why are not compared.
    """
    old = {one.type: one for one in before}
    new = {one.type: one for one in after}
    found = []
    for kind in dict.fromkeys([*old, *new]):
        one, two = old.get(kind), new.get(kind)
        if one is None or two is None or (one.status, one.file) != (two.status, two.file):
            found.append(Difference(kind, one, two))
    return tuple(found)


def as_options(cache: "Cache", context: str, case: Case) -> tuple[str, ...]:
    """A case as options of ``calgui bestrefs`` and ``calgui explain``, which then need no file.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    case : Case

    Returns
    -------
    tuple of str
        ``--set``, ``KEY=VALUE``, ...: everything that the rules read of the case's header, by FITS keyword where one
        stands for that parkey alone. With them the answers are those of the case.

    Raises
    ------
    UsageError
        When a value cannot be given on a command line: it holds a NUL.
    InputError
        When the case's instrument is missing or unknown.
    """
    header = header_of(cache, case)
    plan = plan_of(cache, context, header)
    texts = plan.texts(header)
    naming = str(cache.load(context).instrument_key).upper()
    names = [naming, *(name for name in plan.parkeys if name != naming)]
    if naming not in texts:
        # the instrument stands under another of the names that crds looks at
        others = [str(name).upper() for name in crds_module("core.rmap").INSTRUMENT_KEYWORDS]
        names = [*(name for name in others if name in texts), *names]
    found: list[str] = []
    for name in dict.fromkeys(names):
        if name in texts:
            found += ["--set", _option(cache, name, texts[name])]
    return tuple(found)


def _option(cache: "Cache", parkey: str, value: str) -> str:
    keyword = cache.observatory.keyword_of(parkey)
    name = parkey
    if keyword is not None and cache.observatory.parkeys_of(keyword) == (parkey,):
        name = keyword
    if "\0" in value:
        raise UsageError(f"The value of {parkey} holds a NUL, which no command line can carry.")
    return f"{name}={value}"


def from_options(name: str, options: Sequence[str], header: Mapping[str, Any] | None = None) -> Case:
    """A case from ``KEY=VALUE`` texts, with or without ``--set`` before each.

    Parameters
    ----------
    name : str
        To show.
    options : sequence of str
        As `as_options` gives them.
    header : mapping, optional
        What the case starts from.

    Returns
    -------
    Case

    Raises
    ------
    UsageError
        For a text that is not of this form.
    """
    case = Case(name, dict(header or {}))
    for text in options:
        if text == "--set":
            continue
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{text!r} is not of the form KEY=VALUE.", cure="Write FILTER=K.")
        case = case.with_change(key.strip(), value)
    return case


__all__ = [
    "UNDEFINED",
    "Case",
    "Difference",
    "Setting",
    "accepted_values",
    "answers",
    "as_options",
    "differences",
    "from_options",
    "header_of",
    "settings_of",
]
