"""The first mapping of a reference type: its parameters are those of the type elsewhere, or of the types beside it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError
from calgui.core.rules.files.mapping_file import SPECIAL, MappingFile
from calgui.core.rules.ingest.incoming import Incoming
from calgui.core.rules.ingest.keying import SELECTORS
from calgui.core.rules.ingest.textedit import signed

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_ELSE_DATES = ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME")
_MOST_MAPPINGS = 20_000


def first_mapping(cache: "Cache", context: str, one: Incoming, name: str, asked: Sequence[str] = ()) -> tuple[str, str]:
    """Text of a mapping for a type that the context has none for, still without rules.

    Parameters
    ----------
    cache : Cache
        Its other mappings are looked at.
    context : str
        The context.
    one : Incoming
        The first file of the type.
    name : str
        Of the new mapping.
    asked : sequence of str
        Parameters that the user wants, as parkeys or keywords; by default they are found.

    Returns
    -------
    str
        Signed, as crds would write it.
    str
        Where its parameters are from, in a few words.
    """
    found = None if asked else _model(cache, context, one)
    classes, parkey, more, source = found if found is not None else _usual(cache, context, one)
    if asked:
        known = cache.observatory.parkey_of
        parkey, source = (tuple(known(key) or key.upper() for key in asked), parkey[1]), "those that were asked for"
    sibling = next(_siblings(cache, context, one.instrument), None)
    header: dict[str, Any] = {
        "classes": classes,
        "derived_from": "",
        "filekind": one.type.upper(),
        "instrument": one.instrument,
        "mapping": "REFERENCE",
        "name": name,
        "observatory": cache.observatory.name.upper(),
        "parkey": parkey,
        "sha1sum": "",
        **more,
    }
    if sibling is not None:  # as the others spell them
        header |= {key: sibling.header[key] for key in ("instrument", "observatory") if key in sibling.header}
    return signed(f"header = {_dictionary(header)}\n\nselector = {classes[0]}({{\n}})\n"), source


def _model(cache: "Cache", context: str, one: Incoming) -> tuple[tuple[str, ...], Any, dict[str, Any], str] | None:
    """Parameters of the same type: in another context of the cache first, then at another instrument."""
    best: tuple[tuple[int, str], MappingFile] | None = None
    for name in cache.mappings[:_MOST_MAPPINGS]:
        if not name.endswith(".rmap") or f"_{one.type}" not in name.lower():
            continue
        parsed = cache.texts.tried(name)
        if parsed is None or parsed.word("filekind") != one.type or not _is_parkey(parsed.header.get("parkey")):
            continue
        rank = (int(parsed.word("instrument") == one.instrument.lower()), name)
        if best is None or rank > best[0]:
            best = rank, parsed
    if best is None:
        return None
    parsed = best[1]
    more = {key: parsed.header[key] for key in ("substitutions",) if isinstance(parsed.header.get(key), dict)}
    return _classes(parsed), parsed.header["parkey"], more, f"those of {parsed.name}"


def _usual(cache: "Cache", context: str, one: Incoming) -> tuple[tuple[str, ...], Any, dict[str, Any], str]:
    """Parameters that most other types of the instrument ask for, as far as the file says them."""
    count: Counter[str] = Counter()
    order: dict[str, None] = {}
    dates: Counter[tuple[str, ...]] = Counter()
    kinds: Counter[str] = Counter()
    total = 0
    for parsed in _siblings(cache, context, one.instrument):
        parkey: Any = parsed.header.get("parkey")
        classes = _classes(parsed)
        if not _is_parkey(parkey) or len(parkey) != 2 or classes[0] != "Match":
            continue
        if classes[1] in ("UseAfter", "ClosestTime"):
            dates[parkey[1]] += 1
            kinds[classes[1]] += 1
        if parkey[0]:
            total += 1
            count.update(parkey[0])
            order |= dict.fromkeys(parkey[0])
    chosen = tuple(key for key in order if 2 * count[key] > total and one.texts.get(key.upper(), "").strip())
    date = max(dates, key=lambda keys: dates[keys]) if dates else tuple(cache.observatory.dates) or _ELSE_DATES
    kind = max(kinds, key=lambda word: kinds[word]) if kinds else "UseAfter"
    said = f"those that most types of {one.instrument} have and the file says" if chosen else "none"
    return ("Match", kind), (chosen, date), {}, said


def _siblings(cache: "Cache", context: str, instrument: str) -> Iterator[MappingFile]:
    try:
        types: Mapping[str, str] = cache.types(context, instrument)
    except CalguiError:
        return
    for name in types.values():
        parsed = cache.texts.tried(name) if name not in SPECIAL else None
        if parsed is not None and parsed.kind == ".rmap":
            yield parsed


def _classes(parsed: MappingFile) -> tuple[str, ...]:
    found = parsed.header.get("classes")
    if isinstance(found, tuple) and found and SELECTORS.issuperset(found):
        return found
    return ("Match", "UseAfter")


def _is_parkey(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(isinstance(level, tuple) and all(isinstance(key, str) for key in level) for level in value)
    )


def _dictionary(values: Mapping[str, Any], indent: int = 0) -> str:
    """As crds writes a header."""
    pad = " " * 4 * indent
    lines = [
        f"{pad}    {key!r} : {_dictionary(value, indent + 1) if isinstance(value, dict) else repr(value)},"
        for key, value in sorted(values.items())
    ]
    return "\n".join(["{", *lines, pad + "}"])
