"""Checks of how the files of a cache hang together: circles, what nothing reaches, what nothing names."""

from collections.abc import Iterator

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import SPECIAL, MappingFile
from calgui.core.rules.files.reach import reach
from calgui.core.rules.lint.report import found
from calgui.core.rules.values import Finding, Place


def structure(cache: Cache, reached: frozenset[str]) -> Iterator[Finding]:
    """Circles, mappings that no context reaches, files that no mapping names.

    Parameters
    ----------
    cache : Cache
    reached : frozenset of str
        Mappings that the context in view reaches.

    Yields
    ------
    Finding
    """
    yield from _circles(cache, reached)
    yield from _histories(cache)
    yield from _unreachable(cache)
    yield from _unnamed(cache)


def _circles(cache: Cache, reached: frozenset[str]) -> Iterator[Finding]:
    """Entries that lead back to the mapping that holds them, by way of whatever they name."""
    edges: dict[str, list[tuple[str, int, tuple[str, ...]]]] = {}
    for name in cache.mappings:
        parsed = cache.texts.tried(name)
        if parsed is not None:
            edges[name] = list(_named_mappings(parsed))
    for circle in _cycles({name: [child for child, _, _ in pairs] for name, pairs in edges.items()}):
        places = []
        for name, following in zip(circle, [*circle[1:], circle[0]], strict=True):
            line, key = next((line, key) for child, line, key in edges[name] if child == following)
            places.append(Place(name, line, key, reference=following, note=f"names {following}"))
        way = " → ".join([*circle, circle[0]])
        text = f"These mappings lead back to themselves: {way}. Nothing below them can be selected."
        yield found("circular", places, text, strict=not reached.isdisjoint(circle))


def _named_mappings(parsed: MappingFile) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    for entry in parsed.choices.entries:
        for name, line in entry.files():
            if name not in SPECIAL and name.endswith((".pmap", ".imap", ".rmap")):
                yield name, line, entry.key


def _cycles(edges: dict[str, list[str]]) -> list[list[str]]:
    """Circles of a graph, each once, found by walking it without recursion."""
    state: dict[str, int] = {}  # 1 on the way, 2 done
    circles = []
    for start in edges:
        if start in state:
            continue
        way = [start]
        todo = [iter(edges[start])]
        state[start] = 1
        while todo:
            child = next(todo[-1], None)
            if child is None:
                todo.pop()
                state[way.pop()] = 2
            elif state.get(child) == 1:
                circles.append(way[way.index(child) :])
            elif child not in state and child in edges:
                state[child] = 1
                way.append(child)
                todo.append(iter(edges[child]))
    return circles


def _histories(cache: Cache) -> Iterator[Finding]:
    """Mappings that are derived from themselves by way of others."""
    origins = {}
    for name in cache.mappings:
        parsed = cache.texts.tried(name)
        origin = parsed.header.get("derived_from") if parsed is not None else None
        if isinstance(origin, str) and origin != name:  # itself is told of by the checks of one mapping
            origins[name] = [origin]
    for circle in _cycles(origins):
        places = [Place(name, _header_line(cache, name), note=f"derived from {origins[name][0]}") for name in circle]
        way = " ← ".join([*circle, circle[0]])
        yield found("derived-from", places, f"These mappings are said to be derived from each other: {way}.")


def _header_line(cache: Cache, name: str) -> int | None:
    parsed = cache.texts.tried(name)
    return parsed.header_lines.get("derived_from") if parsed is not None else None


def _unreachable(cache: Cache) -> Iterator[Finding]:
    if not cache.contexts:
        return
    known: set[str] = set()
    for context in cache.contexts:
        known |= reach(cache.texts, context).mappings
    places = [Place(name, note="reached by no context") for name in cache.mappings if name not in known]
    for place in places:
        yield found(
            "unreachable-mapping", [place], "No context reaches this mapping: whatever it says, it is not asked."
        )


def _unnamed(cache: Cache) -> Iterator[Finding]:
    named: set[str] = set()
    for name in cache.mappings:
        parsed = cache.texts.tried(name)
        if parsed is None:
            return  # what cannot be read may name any of them
        if parsed.kind == ".rmap":
            named.update(file for file, _ in parsed.files())
    for file in cache.layout.reference_names():
        if file not in named:
            yield found("unnamed-file", [Place(file)], "No mapping names this file: it can never be selected.")
