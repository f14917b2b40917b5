"""From what a reference says of itself to the rule that selects it, by the parkey of a mapping, as crds makes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.rules.health.checks import is_date
from calgui.core.rules.ingest.incoming import Incoming
from calgui.core.rules.ingest.problems import asks, clean, error, warning
from calgui.core.rules.observatories.observatory import Observatory
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.header import UNDEFINED, names_in_expressions
from calgui.core.rules.values import Finding, Parameter

#: keys of a header that say from when on a file is to be used
USEAFTER = ("USEAFTER", "META.USEAFTER", "ROMAN.META.USEAFTER")
_DATED = ("UseAfter", "ClosestTime")
#: all that crds has
SELECTORS = frozenset(
    ("Match", "UseAfter", "ClosestTime", "VersionAfter", "SelectVersion", "GeometricallyNearest", "Bracket")
)
_LONGEST = 400
#: how many values that are allowed a sentence names
_MOST_LISTED = 12
#: what crds would take for an expression and not for a word
_EXPRESSION = re.compile(r"[{(#<>=!]|(NOT|BETWEEN)\b|.*[\\?\[\]]", re.IGNORECASE)
_NO_WORDS = frozenset({"N/A", "*", "ANY"})


@dataclass(frozen=True)
class Keyed:
    """Where a file's entry stands in a mapping.

    Attributes
    ----------
    path : tuple
        Key of each level: those that the mapping has, as it has them.
    found : str or None
        The file that stands there now.
    parameters : tuple of Parameter
        Those of the outermost Match.
    date : str
        Keys of the levels below, joined by `` / ``.
    header : mapping of str to str
        What crds inserts by.
    """

    path: tuple[Any, ...]
    found: str | None
    parameters: tuple[Parameter, ...]
    date: str
    header: Mapping[str, str]


def key_of(rmap: Any, observatory: Observatory, one: Incoming) -> tuple[Keyed | None, list[Finding]]:
    """Where a file's entry belongs in a mapping.

    Parameters
    ----------
    rmap : crds ReferenceMapping
        As loaded; not changed.
    observatory : Observatory
        Whose table says which keyword is asked for.
    one : Incoming
        The file.

    Returns
    -------
    Keyed or None
        None where an error stands in the way.
    list of Finding
    """
    levels, classes = rmap.selector.parkey, rmap.selector.class_list
    name = one.source.name
    if len(levels) != len(classes) or not SELECTORS.issuperset(classes) or not all(map(_is_level, levels)):
        text = f"{rmap.basename} has groups of parameters and selectors that do not fit each other: nothing goes in."
        return None, [error("mapping", name, text, "Correct 'parkey' or 'classes' in the mapping.")]
    found: list[Finding] = []
    header = _dataset_header(rmap, observatory, one, found)
    found += _check_values(rmap, observatory, one, header)
    if found and any(finding.severity.value == "error" for finding in found):
        return None, found
    found += _reach(rmap, observatory, one, header)
    path, held, beside = _path(rmap.selector, header, levels, classes)
    found += _same_time(one, path, beside) if held is None and classes[-1] == "UseAfter" else []
    match = classes[0] == "Match"
    parameters = tuple(_parameter(observatory, str(key).upper(), one, header) for key in levels[0]) if match else ()
    date = " / ".join(part if isinstance(part, str) else ", ".join(part) for part in path[1 if match else 0 :])
    return Keyed(tuple(path), held, parameters, date, header), found


def _is_level(level: Any) -> bool:
    return isinstance(level, tuple) and all(isinstance(key, str) for key in level)


def _parameter(observatory: Observatory, name: str, one: Incoming, header: Mapping[str, str]) -> Parameter:
    value = "|".join(crds_module("core.selectors").glob_list(header[name]))
    return Parameter(name, observatory.keyword_of(name), value, one.texts.get(name))


def _dataset_header(rmap: Any, observatory: Observatory, one: Incoming, found: list[Finding]) -> dict[str, str]:
    """The file's header in the words of observations, as crds's ``reference_to_dataset_header`` gives it."""
    utils = crds_module("core.utils")
    texts = {key: text for key, text in one.texts.items() if text.strip() and text.strip().upper() != UNDEFINED}
    given = rmap.header.get("reference_to_dataset", None)
    translated = {
        str(dataset).upper(): texts[str(reference).upper()]
        for reference, dataset in sorted(given.items() if isinstance(given, dict) else ())
        if str(reference).upper() in texts
    }
    texts |= translated
    needed = [str(key).upper() for key in rmap.get_required_parkeys()]
    header: dict[str, str] = {**dict.fromkeys(needed, UNDEFINED), **texts}
    for level, kind in zip(rmap.selector.parkey, rmap.selector.class_list, strict=True):
        if kind in _DATED:
            header |= _dates(one, [str(key).upper() for key in level], found)
    if observatory.name == "hst":
        header = crds_module("core.substitutions").expand_wildcards(rmap, header)
    header = {str(key): str(value) for key, value in utils.condition_header(header).items()}
    header = {**header, **rmap.map_irrelevant_parkeys_to_na(header, keep_comments=True)}
    return header | dict.fromkeys((str(key).upper() for key in rmap.get_extra_parkeys()), "N/A")


def _dates(one: Incoming, keys: list[str], found: list[Finding]) -> dict[str, str]:
    """The file's date, as parkeys ask for it: as one text, or day and time."""
    name = one.source.name
    said = next((one.texts[key].strip() for key in USEAFTER if one.texts.get(key, "").strip()), "")
    cure = "Write USEAFTER into its header as 2026-03-11T00:00:00 (UTC)."
    if not said or said.upper() in (UNDEFINED, "N/A", "NONE"):
        text = "Its header does not say from when on it is to be used (USEAFTER)."
        found.append(error("useafter", name, text, cure, asks(name, "USEAFTER", said)))
        return {}
    try:
        date = str(crds_module("core.timestamp").reformat_date(said.removesuffix("Z")))
    except Exception:  # noqa: BLE001 - crds raises whatever a text leads it to
        date = ""
    if not is_date((date,)) or not keys or len(keys) > 2:
        text = f"Its USEAFTER is {clean(said, 60)!r}, which is no date that crds can compare."
        found.append(error("useafter", name, text, cure, asks(name, "USEAFTER", said)))
        return {}
    return dict(zip(keys, [date] if len(keys) == 1 else date.split(" ", 1), strict=True))


def _check_values(rmap: Any, observatory: Observatory, one: Incoming, header: Mapping[str, str]) -> list[Finding]:
    found: list[Finding] = []
    for level, kind in zip(rmap.selector.parkey, rmap.selector.class_list, strict=True):
        if kind in _DATED:
            continue
        for key in (str(key).upper() for key in level):
            replaced = rmap.selector._substitutions.get(key, {})
            found += _check_value(observatory, one, key, header.get(key, UNDEFINED), replaced)
    return found


def _check_value(
    observatory: Observatory, one: Incoming, key: str, value: str, replaced: Mapping[str, Any]
) -> list[Finding]:
    name, keyword = one.source.name, observatory.keyword_of(key) or key
    if not value.strip() or value.strip().upper() == UNDEFINED:
        text = f"Its header does not say {keyword} ({key}), which the rules of {one.type} ask for."
        cure = f"Write {keyword} into its header, or set it (--set {keyword}=VALUE)."
        return [error("keyword", name, text, cure, asks(name, keyword))]
    cure = f"Correct {keyword} in its header, or set it (--set {keyword}=VALUE)."
    words = [word.strip() for word in value.split("|")]
    raw = [word.strip().upper() for word in one.texts.get(key, "").split("|")]
    if len(raw) > 1 and "N/A" in raw:
        text = f"Its {keyword} is {clean('|'.join(raw), 60)!r}: N/A asks for nothing, and crds forgets the other words."
        return [error("value", name, text, cure, asks(name, keyword, "|".join(raw)))]
    if not value.isprintable() or len(value) > _LONGEST or not all(words) or any(map(_EXPRESSION.match, words)):
        text = f"Its {keyword} is {clean(value, 60)!r}: no word, nor words joined by '|', and no rule is made of it."
        return [error("value", name, text, cure, asks(name, keyword, value))]
    condition = crds_module("core.utils").condition_value
    allowed = {str(condition(text)) for text in observatory.allowed(key)}
    also = _NO_WORDS | {str(condition(word)) for word in replaced}
    strange = [word for word in words if allowed and condition(word) not in allowed | also]
    if strange:
        listed = ", ".join(sorted(allowed)[:_MOST_LISTED]) + (" and others" if len(allowed) > _MOST_LISTED else "")
        text = (
            f"Its {keyword} is {clean(strange[0], 60)!r}, which the data models of {observatory.title} do not allow;"
            f" they allow {clean(listed)}."
        )
        return [error("value", name, text, cure, asks(name, keyword, value))]
    return []


def _reach(rmap: Any, observatory: Observatory, one: Incoming, header: Mapping[str, str]) -> list[Finding]:
    """A warning where a condition in the mapping's header keeps observations like the file from its rules."""
    named = names_in_expressions(rmap, tuple(header))
    if not named or any(header.get(key, UNDEFINED) == UNDEFINED for key in named):
        return []
    given = crds_module("core.utils").condition_header_keys(dict(header))
    for check, what in ((rmap.check_rmap_omit, "rmap_omit"), (rmap.check_rmap_relevance, "rmap_relevance")):
        try:
            check(given)
        except Exception:  # noqa: BLE001 - not all that crds says it by are errors of its own
            said = ", ".join(f"{observatory.keyword_of(key) or key} = {clean(header[key], 40)}" for key in named)
            text = f"{what} in the header of {rmap.basename} keeps observations with {said} from its rules."
            return [warning("unreachable", one.source.name, text, f"Look whether its header or {what} is right.")]
    return []


def _same_time(one: Incoming, path: Sequence[Any], beside: Sequence[tuple[Any, Any]]) -> list[Finding]:
    """A warning where an entry of the rule begins at the same time, which it writes in another way."""
    reformat = crds_module("core.timestamp").reformat_date
    for key, file in beside:
        try:
            same = isinstance(key, str) and str(reformat(key)) == path[-1]
        except Exception:  # noqa: BLE001 - crds raises whatever a text leads it to
            continue
        if same:
            text = f"{clean(file, 80)} begins at the same time, which its mapping writes as {clean(key, 40)!r}."
            cure = "Of the two the later text wins, as crds compares texts: delete that file if this one replaces it."
            return [warning("same-time", one.source.name, text, cure)]
    return []


def _path(
    selector: Any, header: Mapping[str, str], levels: Any, classes: Any
) -> tuple[list[Any], str | None, list[tuple[Any, Any]]]:
    """Key of each level, what stands there, and the entries beside it in the last level, where that is."""
    path: list[Any] = []
    here: Any = selector
    instead: str | None = None
    beside: list[tuple[Any, Any]] = []
    for level, kind in zip(levels, classes, strict=True):
        maker = getattr(crds_module("core.selectors"), f"{kind}Selector")
        key = maker._make_key(header, tuple(str(name).upper() for name in level))
        index = here._find_key(key) if hasattr(here, "_find_key") else None
        beside = list(here._raw_selections) if hasattr(here, "_find_key") else []
        if index is None:
            instead = here if isinstance(here, str) else instead  # such as N/A for a whole rule
            here = None
            path.append(key)
        else:
            raw, here = here._raw_selections[index]
            path.append(raw)
    return path, here if isinstance(here, str) else instead, beside
