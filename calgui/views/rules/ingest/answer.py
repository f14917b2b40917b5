"""What an ingest would do, gathered off the main thread in the form in which the page shows it."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.ingest.preview import in_the_way, preview
from calgui.core.rules.ingest.problems import clean
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import NewRule, Preview, Proposal
from calgui.core.rules.values import Finding, Severity
from calgui.views.rules.compare.models import searchable
from calgui.views.rules.ingest.draft import Draft

if TYPE_CHECKING:
    from calgui.core.frames.index import FileEntry
    from calgui.core.rules.cache import Cache

#: options of the command line, which mean nothing in the window
_OPTION = re.compile(r" ?\(--[^)]*\)")


@dataclass(frozen=True)
class Row:
    """A file that goes in, or a reference that goes out.

    Attributes
    ----------
    state : str
        Of `calgui.views.rules.ingest.models.STATES`.
    path : pathlib.Path or None
        None for what is deleted.
    name, type, rule, date, instead : str
        As shown.
    """

    state: str
    path: Path | None
    name: str
    type: str = ""
    rule: str = ""
    date: str = ""
    instead: str = ""


@dataclass(frozen=True)
class Answer:
    """All that the page shows of a draft.

    Attributes
    ----------
    draft : Draft
    cache : Cache
    context : str
        That the new one follows.
    proposal : Proposal
    told : Preview
    defects : tuple of Finding
        Old ones that stand in the way.
    rows : tuple of Row
    paths, names, texts : tuple
        Of the observations; what each changed one is searched by.
    choices : dict of str to tuple of str
        Values that a keyword may have, where they are listed.
    folder : pathlib.Path
        Proposed for the new cache: beside the old one, or where that may not be written to at home; not there yet.
    """

    draft: Draft
    cache: "Cache"
    context: str
    proposal: Proposal
    told: Preview
    defects: tuple[Finding, ...]
    rows: tuple[Row, ...]
    paths: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    folder: Path = Path()

    def count(self, severity: Severity) -> int:
        """How many findings of the proposal are so bad.

        Parameters
        ----------
        severity : Severity

        Returns
        -------
        int
        """
        return sum(one.severity is severity for one in self.proposal.findings)


def work_out(cache: "Cache", context: str, draft: Draft, entries: Sequence["FileEntry"], job: Job) -> Answer:
    """Propose, and look what changes.

    Parameters
    ----------
    cache : Cache
    context : str
    draft : Draft
    entries : sequence of FileEntry
        Observations that are open.
    job : Job
        Progress and cancel.

    Returns
    -------
    Answer
    """
    proposal = propose(cache, draft.request(), context, job.part(0, 0.4))
    told = preview(cache, proposal, [entry.header for entry in entries], job.part(0.4, 0.9))
    defects = in_the_way(cache, proposal) if proposal.ready else ()
    paths = tuple(entry.path for entry in entries)
    names = tuple(path.name for path in paths)
    return Answer(
        draft,
        cache,
        context,
        proposal,
        told,
        defects,
        rows_of(draft, proposal),
        paths,
        names,
        tuple(searchable(told.observations, names)),
        _choices(cache, context, proposal),
        _free_folder(cache, proposal.new_context),
    )


def _free_folder(cache: "Cache", context: str) -> Path:
    root = cache.layout.root
    stem = f"{root.name}-{context.removesuffix('.pmap')}"
    beside = root.parent if os.access(root.parent, os.W_OK | os.X_OK) else Path.home()
    names = (stem, *(f"{stem}-{number}" for number in range(2, 100)))
    return next((beside / name for name in names if not os.path.lexists(beside / name)), beside / stem)


def rows_of(draft: Draft, proposal: Proposal | None = None) -> tuple[Row, ...]:
    """A row for each file, in the order in which they came.

    Parameters
    ----------
    draft : Draft
    proposal : Proposal, optional
        None while it is being worked out.

    Returns
    -------
    tuple of Row
    """
    if proposal is None:
        rows = [Row("waiting", one.path, clean(one.name or one.path.name)) for one in draft.items]
        return (*rows, *(Row("waiting", None, name, instead=name) for name in draft.delete))
    rules = {rule.source.path: rule for rule in proposal.rules}
    errors = [one for one in proposal.findings if one.severity is Severity.ERROR]
    stopped = {one.place for one in errors} | {place.note for one in errors for place in one.places if place.note}
    rows = []
    for item in draft.items:
        rule = rules.get(_resolved(item.path))
        if rule is None:
            called = proposal.called.get(str(item.path), item.name or item.path.name)
            rows.append(Row("stopped", item.path, clean(called)))
        else:
            bad = stopped.intersection((str(item.path), rule.source.name))
            rows.append(_row(rule, item.path, "stopped" if bad else rule.action.value))
    gone = {one.reference: one for one in proposal.deletions}
    for name in draft.delete:
        one = gone.get(name)
        state = "stopped" if one is None or name in stopped else "deletes"
        rows.append(Row(state, None, "", one.type if one is not None else "", instead=name))
    return tuple(rows)


def _row(rule: NewRule, path: Path, state: str) -> Row:
    said = " · ".join(f"{one.keyword or one.name} {one.value}" for one in rule.parameters) or "every observation"
    return Row(state, path, rule.source.name, rule.type, said, rule.date, rule.replaces or "")


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def cure_of(finding: Finding) -> str:
    """What to do, without options of the command line.

    Parameters
    ----------
    finding : Finding

    Returns
    -------
    str
    """
    return _OPTION.sub("", finding.cure)


def asked_of(finding: Finding) -> tuple[Path, str, str] | None:
    """What a value would cure.

    Parameters
    ----------
    finding : Finding

    Returns
    -------
    tuple of (pathlib.Path, str, str) or None
        The file, the keyword, and what the file says now.
    """
    for place in finding.places:
        if place.header and place.note and not place.rule:
            keyword, value = place.header[0]
            return Path(place.note), keyword, value
    return None


def _choices(cache: "Cache", context: str, proposal: Proposal) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for keyword in {asked[1] for asked in map(asked_of, proposal.findings) if asked is not None}:
        if keyword == "REFTYPE":
            found[keyword] = _types(cache, context)
        elif keyword == "INSTRUME":
            found[keyword] = tuple(cache.instruments(context))
        else:
            parkey = cache.observatory.parkey_of(keyword)
            found[keyword] = tuple(cache.observatory.allowed(parkey)) if parkey else ()
    return found


def _types(cache: "Cache", context: str) -> tuple[str, ...]:
    kinds = {kind.lower() for kind in cache.observatory.types}
    for instrument in cache.instruments(context):
        try:
            kinds.update(dict(cache.types(context, instrument)))
        except CalguiError:
            continue
    return tuple(sorted(kinds))


def selected_names(cache: "Cache", context: str, job: Job) -> tuple[str, ...]:
    """References that a context names, which can be deleted from it.

    Parameters
    ----------
    cache : Cache
    context : str
    job : Job
        For cancel.

    Returns
    -------
    tuple of str
        In the order of their names; what cannot be read names none.
    """
    names: set[str] = set()
    for instrument in cache.instruments(context):
        try:
            mappings = set(dict(cache.types(context, instrument)).values())
        except CalguiError:
            continue
        for mapping in mappings:
            job.check()
            parsed = cache.texts.tried(mapping) if mapping.endswith(".rmap") else None
            if parsed is not None:
                names.update(name for name, _ in parsed.files())
    return tuple(sorted(names))
