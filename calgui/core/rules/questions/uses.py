"""Which mappings and contexts reach a file, and which observations select it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calgui.core.errors import UsageError
from calgui.core.jobs import Job
from calgui.core.rules.files.mapping_file import KINDS
from calgui.core.rules.files.reach import CHILD
from calgui.core.rules.questions.matches import base_name
from calgui.core.rules.questions.walk import namings, rule_files
from calgui.core.rules.selection.bulk import best_references_many

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_ABOVE = {below: above for above, below in CHILD.items()}


@dataclass(frozen=True)
class Place:
    """One place that names a file.

    Attributes
    ----------
    mapping : str
        Name of the mapping.
    key : str
        What leads there, as written: a type, an instrument, or a rule with its date.
    line : int
        In the mapping's text, from 1.
    """

    mapping: str
    key: str
    line: int


@dataclass(frozen=True)
class Uses:
    """What reaches a file.

    Attributes
    ----------
    file : str
        Name of the mapping or reference.
    places : tuple of Place
        Where it is named, by mapping and line.
    mappings : tuple of str
        All mappings that name it or reach it through others, by name, as ``crds uses`` lists them.
    contexts : tuple of str
        Those of them that are contexts.
    unread : tuple of str
        Mappings that could not be read, a sentence for each: they may name it as well.
    """

    file: str
    places: tuple[Place, ...]
    mappings: tuple[str, ...]
    contexts: tuple[str, ...]
    unread: tuple[str, ...] = ()


def uses(cache: "Cache", file: str) -> Uses:
    """Every mapping and context that reaches a file.

    Parameters
    ----------
    cache : Cache
        All its mappings are looked at, whatever context they belong to.
    file : str
        Name of a reference or a mapping; folders before it are ignored.

    Returns
    -------
    Uses
        Empty where nothing names the file.
    """
    wanted = base_name(file)
    kind = wanted[-5:].lower()
    first = _ABOVE.get(kind, "" if kind in KINDS else ".rmap")
    level, places = _naming(cache, first, {wanted})
    found = set(level)
    while level and first in _ABOVE:
        first = _ABOVE[first]
        level, _ = _naming(cache, first, set(level))
        found |= set(level)
    unread = []
    for name in cache.mappings:
        if cache.texts.tried(name) is None:
            unread.append(f"{name}: {_why(cache, name)}")
    ordered = tuple(sorted(found))
    contexts = tuple(name for name in cache.contexts if name in found)
    return Uses(wanted, tuple(places), ordered, contexts, tuple(unread))


def _naming(cache: "Cache", suffix: str, wanted: set[str]) -> tuple[list[str], list[Place]]:
    """Mappings of one kind that name some files, and where."""
    found: dict[str, None] = {}
    places = []
    for name in cache.mappings:
        if not suffix or not name.endswith(suffix):
            continue
        parsed = cache.texts.tried(name)
        if parsed is None or not any(text in parsed.text for text in wanted):
            continue
        for one in namings(parsed):
            if one.file in wanted:
                found[name] = None
                places.append(Place(name, "  ".join(", ".join(key) for key in one.path), one.line))
    return list(found), places


def _why(cache: "Cache", name: str) -> str:
    from calgui.core.errors import InputError

    try:
        cache.parsed(name)
    except InputError as error:
        return error.message
    return ""


def selected_by(
    cache: "Cache", context: str, file: str, headers: Sequence[Mapping[str, Any]], job: Job | None = None
) -> tuple[int, ...]:
    """Which observations select a file.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    file : str
        Name of a reference, or of a mapping of the context: then those for which it decides.
    headers : sequence of mapping
        One for each observation, as in its file.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    tuple of int
        Places in `headers`, ascending.

    Raises
    ------
    UsageError, InputError
        As `calgui.core.rules.selection.bulk.best_references_many`.
    """
    wanted = base_name(file)
    if wanted.endswith((".pmap", ".imap")):
        raise UsageError(f"{wanted} decides about whole instruments; name a reference or an .rmap.")
    decides = wanted.endswith(".rmap")
    types = [
        rules.type
        for rules in rule_files(cache, context)
        if (rules.mapping == wanted if decides else rules.parsed is not None and wanted in rules.parsed.text)
    ]
    if not types:
        return ()
    answers = best_references_many(cache, context, headers, list(dict.fromkeys(types)), job)
    return tuple(
        number
        for number, answer in enumerate(answers)
        if any(
            one.file is not None and (one.mapping == wanted if decides else wanted in one.file.split(","))
            for one in answer
        )
    )
