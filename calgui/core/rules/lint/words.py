"""What rules ask for and no observation can say: parameters that no data model knows, values outside the allowed."""

from collections.abc import Iterator, Sequence
from typing import Any

from calgui.core.errors import InputError
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import MappingFile, names_in
from calgui.core.rules.lint.report import found
from calgui.core.rules.observatories.observatory import Observatory, described
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.values import Finding, Place

_ODD = frozenset("*?[]|(){}#<>=")
#: what a header is taken to say where it says nothing, or that a parameter does not apply
_ALWAYS = frozenset({"N/A", "*", "", "UNDEFINED", "NONE"})
_SHOWN = 8


def words(cache: Cache, names: Sequence[str]) -> Iterator[Finding]:
    """Findings on the parameters and values of some mappings; none for an observatory whose data models are not known.

    Parameters
    ----------
    cache : Cache
    names : sequence of str
        ``.rmap`` files.

    Yields
    ------
    Finding
    """
    known = described(cache.observatory.name)
    if known is None or not any(row.allowed for row in known.rows):
        return
    for name in names:
        parsed = cache.texts.tried(name)
        if parsed is not None:
            yield from _parameters(parsed, known)
            yield from _values(cache, parsed, known)


def _parameters(parsed: MappingFile, known: Observatory) -> Iterator[Finding]:
    line = parsed.header_lines.get("parkey")
    for parameter in dict.fromkeys(names_in(parsed.header.get("parkey"))):
        if known.row(parameter) is None:
            text = (
                f"The rules ask for {parameter}, which the data models of {known.title} do not have: no observation's"
                " header can give it a value."
            )
            yield found("unknown-parkey", [Place(parsed.name, line, note=parameter)], text)


def _values(cache: Cache, parsed: MappingFile, known: Observatory) -> Iterator[Finding]:
    names = parsed.matched()
    if names is None:
        return
    condition = crds_module("core.utils").condition_value
    substituted = _substituted(cache, parsed.name)
    for column, parameter in enumerate(names):
        allowed = {condition(value) for value in known.allowed(str(parameter))}
        if not allowed:
            continue
        allowed |= _ALWAYS | {condition(word) for word in substituted.get(str(parameter), ())}
        places: dict[str, Place] = {}
        for entry in parsed.choices.entries:
            for word in entry.key[column].split("|") if column < len(entry.key) else ():
                value = condition(word)
                if value not in allowed and not _ODD.intersection(value) and not value.startswith(("NOT ", "BETWEEN ")):
                    places.setdefault(value, Place(parsed.name, entry.line, entry.key, note=word))
        if places:
            listed = ", ".join(list(places)[:_SHOWN]) + (" and others" if len(places) > _SHOWN else "")
            keyword = known.keyword_of(str(parameter)) or parameter
            text = (
                f"{keyword} is asked to be {listed}, which the data models of {known.title} do not allow: no"
                " observation can say so."
            )
            yield found("unknown-value", list(places.values()), text)


def _substituted(cache: Cache, name: str) -> dict[str, Any]:
    try:
        selector = cache.load(name).selector
    except InputError:
        return {}
    return dict(getattr(selector, "_substitutions", {}))
