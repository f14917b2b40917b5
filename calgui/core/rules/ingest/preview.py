"""What a proposal changes, for rules and for observations, before anything is written; and what else is in the way."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calgui.core.jobs import Job
from calgui.core.rules.files.reach import children
from calgui.core.rules.ingest.problems import warning
from calgui.core.rules.ingest.proposed import ProposedCache
from calgui.core.rules.ingest.values import Preview
from calgui.core.rules.questions.compare import ContextDiff, changed_selections, compare_contexts
from calgui.core.rules.values import Finding, Place, Severity, Trust

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.ingest.values import Proposal

#: how a reference cannot be read: of one and of many, and the cure
_UNREAD = {
    Trust.MISSING: (("missing", "missing"), "Fetch it into the cache's references."),
    Trust.LFS_POINTER: (("a Git LFS pointer", "Git LFS pointers"), "Run 'git lfs pull' in the cache's repository."),
    Trust.CORRUPT: (("broken", "broken"), "Fetch it anew."),
}
_FEW = 3


def preview(
    cache: "Cache", proposal: "Proposal", headers: Sequence[Mapping[str, Any]] = (), job: Job | None = None
) -> Preview:
    """What changes from the old context to the proposed one.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for.
    proposal : Proposal
    headers : sequence of mapping
        One for each observation.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Preview
        As `compare_contexts` and `changed_selections` tell it of two contexts that are there; empty where a problem
        stands in the way of the proposal.

    Raises
    ------
    InputError
        When the old context cannot be read.
    Cancelled
        When the job was cancelled.
    """
    job = job or Job("Comparing with the proposal")
    old, new = proposal.context, proposal.new_context
    if not proposal.mappings:
        return Preview(ContextDiff(cache.name, cache.name, old, new, (), ()), (), len(headers))
    with contextlib.closing(ProposedCache(cache, proposal)) as proposed:
        diff = compare_contexts(cache, old, proposed, new)
        changed = changed_selections(cache, old, proposed, new, headers, None, job)
    return Preview(diff, changed, len(headers))


def in_the_way(cache: "Cache", proposal: "Proposal") -> tuple[Finding, ...]:
    """Old defects of the cache that keep stock crds from giving the new references, or pipelines from reading others.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for.
    proposal : Proposal

    Returns
    -------
    tuple of Finding
        Errors of mappings that crds reads together with the new ones: those of the same instruments. One that is there
        stops crds for the whole instrument, unless it is told to ignore checksums where that is all. The ingest mends
        none of them: it changes no mapping that is there. Then warnings, one for each kind: references that the new
        context gives for these instruments, but that are missing, Git LFS pointers or broken.
    """
    with contextlib.closing(ProposedCache(cache, proposal)) as proposed:
        return _in_the_way(cache, proposed, proposal)


def _in_the_way(cache: "Cache", proposed: ProposedCache, proposal: "Proposal") -> tuple[Finding, ...]:
    doctor = proposed.doctor(proposal.new_context)
    new = set(proposal.texts)
    found: dict[Finding, None] = {}
    rules: list[str] = []
    for mapping in proposal.mappings:
        if not mapping.name.endswith(".imap"):
            continue
        parsed = proposed.parsed(mapping.name)
        for entry in parsed.choices.entries:
            found |= dict.fromkeys(one for one in doctor.entry(parsed, entry) if one.severity is Severity.ERROR)
        for name in children(parsed):
            rules.append(name)
            if name not in new:
                found |= dict.fromkeys(one for one in doctor.mapping(name) if one.severity is Severity.ERROR)
    return (*found, *_not_to_be_read(cache, proposed, proposal.new_context, rules))


def _not_to_be_read(cache: "Cache", proposed: ProposedCache, context: str, rules: Sequence[str]) -> Iterator[Finding]:
    """A warning for each way in which references cannot be read that some mappings name."""
    if not cache.has_references and not cache.layout.reference_names():
        return  # a cache of rules alone, whose references are elsewhere
    parsed = filter(None, map(proposed.texts.tried, dict.fromkeys(rules)))
    named = sorted({file for one in parsed for file, _ in one.files()})
    for trust, (what, cure) in _UNREAD.items():
        bad = [name for name in named if proposed.trust(name) is trust]
        if bad:
            listed = ", ".join(bad[:_FEW]) + (f" and {len(bad) - _FEW} more" if len(bad) > _FEW else "")
            given, it = ("a reference that is", "it") if len(bad) == 1 else (f"{len(bad)} references that are", "one")
            text = f"{context} gives {given} {what[len(bad) > 1]}: {listed}. A pipeline that reads {it} stops."
            yield warning(f"{trust.value}-given", bad[0], text, cure, tuple(map(Place, bad)))
