"""An ingest as a patch for a git checkout of the cache: what ``git am`` takes, or anybody reads.

New mappings are told as copies of those that they follow, so that only what differs has to be read. A ``server_config``
names the new context afterwards. References are data and are not in the patch: the message names them, with their
checksums, to be added beside.
"""

import datetime as dt
import email.utils
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.files.mapping_file import LARGEST_MAPPING, read_safely
from calgui.core.rules.ingest.comparing import unified
from calgui.core.rules.ingest.configuring import configured
from calgui.core.rules.ingest.overlay import place_of
from calgui.core.rules.ingest.problems import clean
from calgui.core.rules.ingest.values import Action, NewMapping, Proposal

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_AUTHOR = "calgui ingest <ingest@calgui.invalid>"
_CHUNK = 8 * 2**20


def message(cache: "Cache", proposal: Proposal, job: Job | None = None) -> str:
    """What an ingest does, in the form of a commit's message.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for.
    proposal : Proposal
    job : Job, optional
        The references are read for their checksums.

    Returns
    -------
    str
        A line, then rules, deletions, and the files to add with size and SHA-1.
    """
    job = job or Job()
    parts = []
    if proposal.rules:
        kinds = ", ".join(dict.fromkeys(rule.type for rule in proposal.rules))
        parts.append(f"{len(proposal.rules)} new {kinds}")
    if proposal.deletions:
        parts.append(f"without {len({one.reference for one in proposal.deletions})} references")
    lines = [f"{proposal.new_context}: {', '.join(parts) or 'nothing new'}", "", f"Follows {proposal.context}.", ""]
    for rule in proposal.rules:
        said = ", ".join(f"{parameter.keyword or parameter.name}={parameter.value}" for parameter in rule.parameters)
        instead = f", in place of {rule.replaces}" if rule.action is Action.REPLACES else ""
        since = f" from {rule.date}" if rule.date else ""
        lines.append(f"{rule.mapping}: {rule.source.name} for {said or 'every observation'}{since}{instead}")
    lines += [f"{one.mapping}: without {one.reference}" for one in proposal.deletions]
    if proposal.rules:
        lines += ["", "Files to add:"]
    for rule in proposal.rules:
        lines.append(
            f"  {place_of(cache, rule).as_posix()}  {rule.source.size} bytes  sha1 {_sha1(rule.source.path, job)}"
        )
    return "\n".join(clean(line, 500) for line in lines) + "\n"


def patch(cache: "Cache", proposal: Proposal, job: Job | None = None) -> str:
    """A patch that brings a git checkout of the cache to the proposed state, references left out.

    Parameters
    ----------
    cache : Cache
        That the proposal was made for; the checkout has the same mappings.
    proposal : Proposal
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    str
        With ``git am`` or ``git apply`` at the cache's top folder.
    """
    told = message(cache, proposal, job)
    subject, _, body = told.partition("\n")
    folder = cache.layout.mappings.relative_to(cache.layout.root).as_posix()
    below = "" if folder == "." else f"{folder}/"
    diffs = [_mapping(cache, below, one) for one in proposal.mappings]
    config = _configuration(cache, proposal)
    names = "\n".join([f" {below}{one.name}" for one in proposal.mappings] + [f" {path}" for path in config])
    date = email.utils.format_datetime(dt.datetime.now(dt.UTC))
    return (
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001\nFrom: {_AUTHOR}\nDate: {date}\nSubject: [PATCH] {subject}\n"
        f"MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
        f"{body}---\n{names}\n\n{''.join([*diffs, *config.values()])}-- \ncalgui\n"
    )


def _configuration(cache: "Cache", proposal: Proposal) -> dict[str, str]:
    """Path of ``server_config`` below the cache's top folder to its difference; empty where there is none to change."""
    root = cache.layout.root
    path = cache.layout.config / "server_config"
    try:
        old = read_safely(path, root, LARGEST_MAPPING).decode()
    except (InputError, UnicodeDecodeError):
        return {}
    name = path.relative_to(root).as_posix()
    new = configured(cache, proposal.new_context, [one.name for one in proposal.mappings])
    return {name: f"diff --git a/{name} b/{name}\n{unified(old, new, f'a/{name}', f'b/{name}')}"}


def _mapping(cache: "Cache", below: str, one: NewMapping) -> str:
    new = f"{below}{one.name}"
    # lines that end as those of Windows do are made alike in the new mapping: git would not find them in the old one
    if not one.derived_from or b"\r" in cache.raw(one.derived_from):
        return f"diff --git a/{new} b/{new}\nnew file mode 100644\n{unified('', one.text, '/dev/null', f'b/{new}')}"
    old = f"{below}{one.derived_from}"
    base = cache.parsed(one.derived_from).text
    return (
        f"diff --git a/{old} b/{new}\nsimilarity index 90%\ncopy from {old}\ncopy to {new}\n"
        f"{unified(base, one.text, f'a/{old}', f'b/{new}')}"
    )


def _sha1(path: Path, job: Job) -> str:
    made = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            job.check()
            made.update(data)
    return made.hexdigest()
