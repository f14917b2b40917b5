"""``calgui ingest`` and ``calgui context``: new references into an overlay of a cache, and the way back from there."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.asking import CACHE, CONTEXT, JSON, headers_of, observations, open_cache, read_settings, reference_json
from calgui.cli.findings import STYLES
from calgui.cli.output import PATH, print_json
from calgui.cli.progress import running
from calgui.cli.terminal import screen
from calgui.core.errors import InputError, UsageError
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.ingest.certifying import Asked
    from calgui.core.rules.ingest.values import NewRule, Preview, Proposal, Written
    from calgui.core.rules.values import Finding

_WORDS = {"error": "error", "warning": "warning", "info": "note"}


@click.command()
@CACHE
@click.option("--into", metavar="NEWDIR", type=PATH, help="Folder of the new cache; must not exist, or be empty.")
@CONTEXT
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option(
    "--delete", "gone", metavar="NAME", multiple=True, help="A reference that is not to be selected any more."
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="What headers lack; wins over the files.")
@click.option("--type", "kind", metavar="TYPE", help="Type of the references, where their headers do not say it.")
@click.option("--parkey", metavar="KEYWORD", multiple=True, help="A parameter of the rules of a type that is new.")
@click.option("--rename", is_flag=True, help="Give the references the next free names of CRDS's form.")
@click.option(
    "--observation",
    "seen",
    metavar="FILE",
    multiple=True,
    type=PATH,
    help="An observation, or a folder of them: say how their selections change.",
)
@click.option("--patch", "patch_to", metavar="FILE", type=PATH, help="Also write a patch for a git checkout of DIR.")
@click.option("--certify/--no-certify", default=True, help="Ask crds certify about the references before.")
@click.option(
    "--despite-certify",
    "despite",
    is_flag=True,
    help="Write although crds certify refuses a reference; the exit code is 1 then.",
)
@click.option("--diff", "as_diff", is_flag=True, help="Also print the differences of the mappings as texts.")
@JSON
@click.argument("references", metavar="[REFERENCE]...", nargs=-1, type=PATH)
@click.pass_context
def ingest(
    ctx: click.Context,
    folder: Path,
    into: Path | None,
    context: str | None,
    dry_run: bool,
    gone: tuple[str, ...],
    settings: tuple[str, ...],
    kind: str | None,
    parkey: tuple[str, ...],
    rename: bool,
    seen: tuple[Path, ...],
    patch_to: Path | None,
    certify: bool,
    despite: bool,
    as_diff: bool,
    as_json: bool,
    references: tuple[Path, ...],
) -> None:
    """Put REFERENCEs into a complete new cache at NEWDIR, with rules from their headers and a new context.

    DIR is never written to; NEWDIR appears whole, or not at all. What changes is said first: rules, mappings, and with
    --observation the selections of observations. An error in a file or its rule stops all of it, and so does crds
    certify where it refuses a file, unless you go on despite it.
    """
    if into is None and not dry_run and patch_to is None:
        raise UsageError("It is not said where the new cache is to be.", cure="Name a folder: --into NEWDIR.")
    from calgui.core.rules.ingest.overlay import check_target
    from calgui.core.rules.ingest.preview import in_the_way, preview
    from calgui.core.rules.ingest.proposing import propose
    from calgui.core.rules.ingest.values import Request

    opened, chosen = open_cache(folder, context)
    if into is not None:
        check_target(opened, into)
    request = Request(references, gone, read_settings(settings), kind, rename, parkey)
    with running("Looking at the references") as job:
        proposal = propose(opened, request, chosen, job.part(0, 0.3))
        headers, names, unread = headers_of(opened, observations(seen), ()) if seen else ([], [], [])
        told = preview(opened, proposal, headers, job.part(0.3, 1))
    defects = in_the_way(opened, proposal) if proposal.ready else ()
    asked: tuple[Asked, ...] | None = None
    if certify and proposal.ready:
        from calgui.core.rules.ingest.certifying import certify_proposal

        with running("Asking crds certify") as job:
            asked = certify_proposal(opened, proposal, job)
    refused = any(one.certified.errors for one in asked or ())
    ready = proposal.ready and (despite or not refused)
    written: Written | None = None
    patched = None
    if ready and patch_to is not None and not dry_run:
        patched = _write_patch(opened, proposal, patch_to)
    if ready and into is not None and not dry_run:
        from calgui.core.rules.ingest.overlay import write_overlay

        with running("Writing the new cache") as job:
            written = write_overlay(opened, proposal, into, job)
    if as_json:
        print_json(_document(opened, proposal, told, names, defects, asked, ready, written, patched))
    else:
        _print(proposal, told, names, defects, asked or (), written, patched, settings, as_diff)
    for _, message in unread:
        click.echo(f"calgui: {printable(message)}", err=True)
    if not ready:
        cure = " To go on all the same: --despite-certify." if proposal.ready else ""
        click.echo(f"calgui: nothing was written.{cure}", err=True)
    if not ready or unread:
        ctx.exit(InputError.exit_code)
    if refused or any(_stops(one) for one in defects):
        ctx.exit(1)


def _stops(defect: "Finding") -> bool:
    """Whether stock crds stops for it, and not only who reads what it gives."""
    return defect.severity.value == "error"


def _write_patch(opened: "Cache", proposal: "Proposal", to: Path) -> Path:
    from calgui.core.frames.writing import write_atomically
    from calgui.core.rules.ingest.patching import patch

    if to.resolve().is_relative_to(opened.layout.root):
        raise UsageError(
            "This is inside of the cache, which is never written to.", path=to, cure="Name a file outside of it."
        )
    text = patch(opened, proposal)
    return write_atomically(to, lambda file: file.write(text.encode()))


def _document(
    opened: "Cache",
    proposal: "Proposal",
    told: "Preview",
    names: list[str | None],
    defects: "tuple[Finding, ...]",
    asked: "tuple[Asked, ...] | None",
    ready: bool,
    written: "Written | None",
    patched: Path | None,
) -> dict[str, Any]:
    from calgui.cli.comparing import _change

    return {
        "cache": str(opened.path),
        "context": proposal.context,
        "new_context": proposal.new_context if proposal.mappings else None,
        "ready": ready,
        "written": None if written is None else str(written.folder),
        "files": [] if written is None else list(written.files),
        "left_out": [] if written is None else list(written.left_out),
        "patch": None if patched is None else str(patched),
        "references": [_rule(rule) for rule in proposal.rules],
        "deleted": [
            {"file": one.reference, "type": one.type, "instrument": one.instrument, "mapping": one.mapping}
            for one in proposal.deletions
        ],
        "mappings": [
            {"name": one.name, "derived_from": one.derived_from or None, "sha1": one.sha1, "diff": one.diff}
            for one in proposal.mappings
        ],
        "changes": [_change(one) for one in told.diff.changes],
        "observations": [
            {
                "file": names[one.index],
                "type": one.type,
                "old": None if one.old is None else reference_json(one.old),
                "new": None if one.new is None else reference_json(one.new),
            }
            for one in told.observations
        ],
        "observations_asked": told.asked,
        "findings": [_finding(one) for one in proposal.findings],
        "in_the_way": [_finding(one) for one in defects],
        "certify": None if asked is None else [_certified(one) for one in asked],
    }


def _rule(rule: "NewRule") -> dict[str, Any]:
    return {
        "file": rule.source.name,
        "path": str(rule.source.path),
        "instrument": rule.instrument,
        "type": rule.type,
        "mapping": rule.mapping,
        "action": rule.action.value,
        "replaces": rule.replaces,
        "parameters": [
            {"name": one.name, "keyword": one.keyword, "value": one.value, "raw": one.raw} for one in rule.parameters
        ],
        "date": rule.date or None,
        "line": rule.line,
    }


def _certified(one: "Asked") -> dict[str, Any]:
    said = one.certified
    return {
        "file": one.name,
        "path": str(one.path),
        "errors": list(said.errors),
        "warnings": list(said.warnings),
        "problem": said.problem or None,
    }


def _finding(one: "Finding") -> dict[str, Any]:
    return {
        "severity": one.severity.value,
        "code": one.code,
        "place": one.place,
        "message": one.message,
        "cure": one.cure,
        "keyword": next((key for place in one.places for key, _ in place.header[:1] if not place.rule), None),
    }


def _print(
    proposal: "Proposal",
    told: "Preview",
    names: list[str | None],
    defects: "tuple[Finding, ...]",
    asked: "tuple[Asked, ...]",
    written: "Written | None",
    patched: Path | None,
    settings: tuple[str, ...],
    as_diff: bool,
) -> None:
    from rich.text import Text

    from calgui.core.rules.ingest.certifying import told_of

    console = screen()

    def say(text: str, style: str = "") -> None:
        console.print(Text(printable(text), style=style), soft_wrap=True)

    for rule in proposal.rules:
        said = ", ".join(f"{one.keyword or one.name} = {one.value}" for one in rule.parameters) or "every observation"
        instead = f", in place of {rule.replaces}" if rule.replaces else ""
        since = f", from {rule.date}" if rule.date else ""
        say(f"{rule.source.name}  goes into {rule.mapping}{instead}, for {said}{since}", "bold")
    for one in proposal.deletions:
        say(f"{one.reference}  deleted in {one.mapping}", "bold")
    for new in proposal.mappings:
        say(f"{new.name}  {'follows ' + new.derived_from if new.derived_from else 'is the first of its type'}")
    for finding in (*proposal.findings, *told_of(asked), *defects):
        word = _WORDS[finding.severity.value]
        say(f"{word:<8} {finding.place}  {finding.message} {finding.cure}", STYLES[finding.severity.value])
    if asked and not any(one.certified.errors or one.certified.problem for one in asked):
        say(f"crds certify accepts {'it' if len(asked) == 1 else 'all of them'}.")
    if settings and proposal.rules:
        said = ", ".join(settings)
        say(
            f"note     {said} counts for the rules alone: the files stay as they are, which certify and pipelines read."
        )
    if any(_stops(one) for one in defects):
        say("Errors of other mappings were there before: they stop stock crds for the instrument until mended.")
    if told.asked and proposal.mappings:
        count, of = len(told.observations), "observation" if told.asked == 1 else "observations"
        say(f"{count} {'selection' if count == 1 else 'selections'} of {told.asked} {of} will change.")
        if told.loss:
            say(told.loss, STYLES["warning"])
    for change in told.observations:
        ends = [("no such type" if end is None else end.file or end.status.value) for end in (change.old, change.new)]
        say(f"  {names[change.index]}  {change.type}  {ends[0]} -> {ends[1]}")
    if as_diff:
        for new in proposal.mappings:
            click.echo("\n".join(printable(line.replace("\t", "    ")) for line in new.diff.splitlines()))
    if patched is not None:
        beside = "; the references that its message names are added beside" if proposal.rules else ""
        say(f"{patched}: a patch for 'git am' in a checkout of the cache{beside}.")
    if written is not None:
        for text in written.left_out:
            say(f"note     {text}", "dim")
        say(f"{written.folder}: {written.context} is operational, {len(written.files)} files are new.")
        say(f"The way back: calgui context --cache {shlex.quote(str(written.folder))} {proposal.context}")


@click.command("context")
@CACHE
@JSON
@click.argument("context", metavar="[PMAP]", required=False)
def context_command(folder: Path, as_json: bool, context: str | None) -> None:
    """List the contexts of a cache, or make PMAP the operational one of an overlay that an ingest wrote.

    The way back from an ingest: the context before stays in the overlay, and is chosen here. Other caches are never
    written to.
    """
    from calgui.core.rules.ingest.history import choose_context, context_before, ingests

    opened, _ = open_cache(folder, None)
    if context is not None:
        choose_context(opened, context)
        opened.reload()
    rows = [
        {"context": name, "follows": context_before(opened, name), "operational": name == opened.default_context}
        for name in opened.contexts
    ]
    if as_json:
        print_json({"cache": str(opened.path), "contexts": rows, "ingests": list(ingests(opened))})
        return
    for row in rows:
        mark = "*" if row["operational"] else " "
        follows = f"  follows {row['follows']}" if row["follows"] else ""
        click.echo(printable(f"{mark} {row['context']}{follows}"))
