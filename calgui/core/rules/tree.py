"""A cache as a tree: context > instrument > type > rule > date > file, and apart what the context does not reach."""

from collections.abc import Iterator

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import SPECIAL, Choices, Entry, MappingFile
from calgui.core.rules.files.reach import CHILD
from calgui.core.rules.health.doctor import Doctor
from calgui.core.rules.values import Finding, Node

#: unreached mappings whose defects are looked for here; old caches have tens of thousands
_MOST_EXAMINED = 1000


def tree(cache: Cache, context: str | None = None) -> Node:
    """The tree of a cache, as seen from one context.

    Parameters
    ----------
    cache : Cache
    context : str, optional
        Name of a ``.pmap`` of the cache; by default the default one.

    Returns
    -------
    Node
        Of kind ``cache``; below it the context, and ``unreached`` where the context leaves files of the cache out.

    Raises
    ------
    UsageError
        When the cache has no such context.
    """
    if context is not None:
        cache.check_context(context)
    context = context or cache.default_context
    grower = _Grower(cache.doctor(context))
    branches = [grower.context(context)] if context else []
    branches += grower.unreached()
    return Node("cache", cache.name, findings=tuple(grower.doctor.whole()), children=tuple(branches))


class _Grower:
    def __init__(self, doctor: Doctor) -> None:
        self.doctor = doctor
        self.cache = doctor.cache

    def context(self, name: str) -> Node:
        parsed = self.cache.texts.tried(name)
        children = tuple(self._child(parsed, entry, "instrument") for entry in _entries(parsed))
        return Node("context", name, file=name, findings=self.doctor.mapping(name), children=children)

    def _child(self, parent: MappingFile | None, entry: Entry, kind: str) -> Node:
        assert parent is not None
        label = ", ".join(entry.key)
        findings = self.doctor.entry(parent, entry)
        value = entry.value
        if not isinstance(value, str) or value in SPECIAL:
            shown = f"{label}: {value}" if isinstance(value, str) else label
            return Node(kind, shown, mapping=parent.name, line=entry.line, findings=findings)
        children: tuple[Node, ...] = ()
        if value.endswith(CHILD[parent.kind]):
            findings = _once((*self.doctor.mapping(value), *findings))
            children = tuple(self._below(value, kind))
        return Node(kind, label, file=value, mapping=parent.name, line=entry.line, findings=findings, children=children)

    def _below(self, name: str, kind: str) -> Iterator[Node]:
        parsed = self.cache.texts.tried(name)
        if parsed is None:
            return
        if kind == "instrument":
            for entry in parsed.choices.entries:
                yield self._child(parsed, entry, "type")
        else:
            yield from self._rules(parsed, parsed.choices, "rule" if parsed.choices.selector == "Match" else "date")

    def _rules(self, parsed: MappingFile, choices: Choices, kind: str) -> Iterator[Node]:
        for entry in choices.entries:
            label = ", ".join(entry.key) or "every observation"
            if isinstance(entry.value, Choices):
                children = tuple(self._rules(parsed, entry.value, "date"))
            else:
                children = tuple(self._file(parsed, name, line) for name, line in entry.files())
            yield Node(kind, label, mapping=parsed.name, line=entry.line, children=children)

    def _file(self, parsed: MappingFile, name: str, line: int) -> Node:
        if name in SPECIAL:
            return Node("file", name, mapping=parsed.name, line=line)
        verdict = self.cache.verdict(name)
        findings = self.doctor.reference(name, verdict)
        return Node("file", name, file=name, mapping=parsed.name, line=line, trust=verdict.trust, findings=findings)

    def unreached(self) -> Iterator[Node]:
        reach = self.doctor.reach
        mappings = [name for name in self.cache.mappings if name not in reach.mappings]
        references = [name for name in self.cache.layout.reference_names() if name not in reach.references]
        children = [
            Node("mapping", name, file=name, findings=self.doctor.mapping(name) if count < _MOST_EXAMINED else ())
            for count, name in enumerate(mappings)
        ]
        children += [
            Node("reference", name, file=name, trust=self.cache.trust(name), findings=self.doctor.reference(name))
            for name in references
        ]
        if children:
            yield Node("unreached", f"Not reached by {self.doctor.context}", children=tuple(children))


def _entries(parsed: MappingFile | None) -> tuple[Entry, ...]:
    return parsed.choices.entries if parsed else ()


def _once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys(findings))
