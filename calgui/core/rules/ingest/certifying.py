"""What ``crds certify`` says of the new files of a proposal, asked before anything is written."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.jobs import Job
from calgui.core.rules.certify import Certified, certify
from calgui.core.rules.files.reach import reach
from calgui.core.rules.ingest.problems import error, warning
from calgui.core.rules.ingest.proposed import ProposedCache
from calgui.core.rules.values import Finding

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.ingest.values import Proposal

_FEW = 3
_MEND = "Correct the header of the file itself: crds certify reads that, and not what is set for an ingest."


@dataclass(frozen=True)
class Asked:
    """What crds says of one new reference.

    Attributes
    ----------
    name : str
        In the new cache.
    path : pathlib.Path
        Where it is now.
    certified : Certified
        Its answer.
    """

    name: str
    path: Path
    certified: Certified


def certify_proposal(cache: "Cache", proposal: "Proposal", job: Job | None = None) -> tuple[Asked, ...]:
    """Ask ``crds certify`` about the new references, with the new context: by its rules, and under their new names.

    The mappings that the new context reaches are written to a folder that goes again, beside links to the files; crds
    runs there in a process of its own. A type that is new is known to the new context alone.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for.
    proposal : Proposal
        With its mappings.
    job : Job, optional
        Cancel.

    Returns
    -------
    tuple of Asked
        One for each rule of the proposal, in their order. Where crds could not be asked, they say why.

    Raises
    ------
    Cancelled
        When the job was cancelled.
    """
    if not proposal.rules:
        return ()
    try:
        with tempfile.TemporaryDirectory(prefix="calgui-certify-") as folder:
            paths = _lay_out(cache, proposal, Path(folder), job)
            said = _certify(cache, paths, proposal.new_context, job, Path(folder))
    except OSError as problem:
        text = f"crds certify was not asked: {problem.strerror or problem}."
        said = (Certified(problem=text),) * len(proposal.rules)
    return tuple(Asked(rule.source.name, rule.source.path, one) for rule, one in zip(proposal.rules, said, strict=True))


def _certify(cache: "Cache", paths: list[Path], context: str, job: Job | None, root: Path) -> tuple[Certified, ...]:
    """What crds says; what only the constraints beside the observatory have against a file stops nobody."""
    said = list(certify(cache, paths, context, job, root=root))
    refused = [place for place, one in enumerate(said) if one.errors]
    alone = certify(cache, [paths[place] for place in refused], context, job, root=root, constraints=False)
    for place, plain in zip(refused, alone, strict=True):
        if not plain.problem:
            by = f"By the constraints of {cache.observatory.name.upper()}, which crds does not have"
            added = tuple(f"{by}: {text}" for text in said[place].errors if text not in plain.errors)
            said[place] = Certified(plain.errors, (*added, *said[place].warnings))
    return tuple(said)


def _lay_out(cache: "Cache", proposal: "Proposal", root: Path, job: Job | None) -> list[Path]:
    """Write what crds needs to know of the new cache; where the new files are in there."""
    below = cache.layout.folder or cache.observatory.name
    mappings = root / "mappings" / below
    references = root / "references" / below
    for place in (mappings, references):
        place.mkdir(parents=True)
    proposed = ProposedCache(cache, proposal)
    try:
        for name in reach(proposed.texts, proposal.new_context).mappings:
            if job is not None:
                job.check()
            if name in proposed.texts.names:  # one that is missing is told as a defect of the cache
                (mappings / name).write_bytes(proposed.texts.raw(name))
    finally:
        proposed.close()
    paths = []
    for rule in proposal.rules:
        place = references / rule.instrument.lower()
        place.mkdir(exist_ok=True)
        (place / rule.source.name).symlink_to(rule.source.path)
        paths.append(place / rule.source.name)
    return paths


def told_of(asked: Sequence[Asked]) -> tuple[Finding, ...]:
    """What crds says, as findings beside those of the proposal.

    Parameters
    ----------
    asked : sequence of Asked
        Of `certify_proposal`.

    Returns
    -------
    tuple of Finding
        An error for each file that crds refuses (``certify-refuses``), a warning for each that it warns of
        (``certify-warns``) or could not be asked about (``certify-not-asked``).
    """
    refused = [
        error("certify-refuses", one.name, f"crds certify refuses it: {_some(one.certified.errors)}", _MEND)
        for one in asked
        if one.certified.errors
    ]
    warned = [
        warning("certify-warns", one.name, f"crds certify warns: {_some(one.certified.warnings)}", _MEND)
        for one in asked
        if one.certified.warnings and not one.certified.errors
    ]
    unknown = [
        warning("certify-not-asked", one.name, one.certified.problem, "Ask it yourself before the file is used.")
        for one in asked
        if one.certified.problem
    ]
    return (*refused, *warned, *unknown)


def _some(sentences: Sequence[str]) -> str:
    more = len(sentences) - _FEW
    return " ".join(sentences[:_FEW]) + (f" And {more:,} more." if more > 0 else "")
