"""``calgui validate``: is a new reference or calibration exposure good, and why not?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from calgui.cli.asking import CONTEXT, JSON, observations
from calgui.cli.output import PATH, print_json
from calgui.cli.progress import running
from calgui.cli.terminal import say
from calgui.core.errors import CalguiError, Cancelled, InputError, UsageError
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.jobs import Job
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.certify import Certified
    from calgui.core.validation import Validation


@click.command()
@click.option("--cache", "folder", metavar="DIR", type=PATH, help="Compare with the reference that its rules select.")
@CONTEXT
@click.option("--type", "kind", metavar="TYPE", help="Type of the files, where their headers do not say it.")
@click.option("--checks", "changes", metavar="FILE", type=PATH, help="Changes of the checks; else your own, if any.")
@click.option("--certify/--no-certify", default=True, help="Ask crds certify about references; needs --cache.")
@click.option(
    "--algorithms/--no-algorithms",
    default=True,
    help="Measure exposures with the algorithms of their calibration: Strehl ratio, lines, pinholes, flux.",
)
@click.option("--all", "all_checks", is_flag=True, help="Tell the checks too that found nothing.")
@JSON
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.pass_context
def validate(
    ctx: click.Context,
    folder: Path | None,
    context: str | None,
    kind: str | None,
    changes: Path | None,
    certify: bool,
    algorithms: bool,
    all_checks: bool,
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Hold FILEs against the checks of their types: references, or exposures of a calibration; folders too.

    The exit code is 0 where all are good or doubtful, 1 where one is bad, 3 where one could not be read.
    """
    from calgui.core.rules.cache import Cache
    from calgui.core.validation import as_document, checks_for, tell_twins, user_file, validate_file

    if context is not None and folder is None:
        raise UsageError("--context says nothing without --cache.", cure="Give the cache too (--cache DIR).")
    changes = changes if changes is not None else user_file()
    if changes is not None:
        checks_for(kind or "dark", changes)  # a mistake in it is told before any file is read
    found = observations(files)
    if not found:
        raise InputError("There is no FITS file in it.", path=files[0], cure="Name files, or a folder that has some.")
    made: list[Validation] = []
    unread: list[tuple[str, CalguiError]] = []
    cache = Cache.open(folder) if folder is not None else None
    try:
        if cache is not None and context is not None:
            cache.check_context(context)
        with running("Validate") as job:
            said = _certified(cache, found, context, job) if cache is not None and certify else {}
            for number, path in enumerate(found):
                part = job.part(number / len(found), (number + 1) / len(found))
                try:
                    sure = said.get(path, False)
                    made.append(
                        validate_file(path, kind, cache, context, changes, part, certify=sure, algorithms=algorithms)
                    )
                except (Cancelled, UsageError):
                    raise
                except CalguiError as error:
                    unread.append((str(path), error))
    finally:
        if cache is not None:
            cache.close()
    made = list(tell_twins(made))
    if as_json:
        print_json(
            {
                "context": None if cache is None else context or cache.default_context,
                "files": [as_document(one) for one in made],
                "unread": [{"file": name, "error": printable(str(error))} for name, error in unread],
            }
        )
    else:
        for one in made:
            _show(one, all_checks)
    for _, error in unread:
        click.echo(f"calgui: {printable(str(error))}", err=True)
    if unread:
        ctx.exit(max(error.exit_code for _, error in unread))
    if any(one.verdict == "bad" for one in made):
        ctx.exit(1)


def _certified(cache: "Cache", files: Sequence[Path], context: str | None, job: "Job") -> "dict[Path, Certified]":
    """What crds certify says of the references among some files."""
    from calgui.core.algorithms.metadata.facts import is_reference
    from calgui.core.frames.headers import read_headers, union
    from calgui.core.rules.certify import certify

    asked = []
    for path in files:
        try:
            if is_reference(union(read_headers(path))):
                asked.append(path)
        except CalguiError:
            continue  # told when it is validated
    return dict(zip(asked, certify(cache, asked, context, job), strict=True)) if asked else {}


def _show(one: "Validation", all_checks: bool) -> None:
    kind = "reference" if one.is_reference else "exposure"
    say((f"{one.path.name}: {one.verdict} ({one.type.lower()}, {kind})", _color(one.verdict)))
    for said in one.said:
        if said.verdict in ("doubtful", "bad"):
            say("  ", (said.verdict, _color(said.verdict)), f": {said.sentence}")
        elif all_checks:
            value = (
                ""
                if said.value is None
                else f" {said.value:.5g}"
                if isinstance(said.value, float)
                else f" {said.value}"
            )
            click.echo(printable(f"  {said.verdict}: {said.title}{value} {said.unit}".rstrip()))
    for note in one.notes:
        click.echo(printable(f"  note: {note}"))


def _color(verdict: str) -> str:
    return {"good": "green", "doubtful": "yellow", "bad": "red"}.get(verdict, "white")
