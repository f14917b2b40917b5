"""``calgui whatif`` and ``prefetch``: cases side by side, and what a pipeline would fetch for one."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.asking import CACHE, CONTEXT, JSON, SET, header_of, open_cache, read_settings, reference_json
from calgui.cli.output import PATH, print_json
from calgui.cli.terminal import screen
from calgui.core.errors import InputError, UsageError
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.rules.questions.stpipe import Fetch
    from calgui.core.rules.questions.whatif import Difference


@click.command()
@CACHE
@CONTEXT
@click.option(
    "--case",
    "cases",
    metavar="'KEY=VALUE ...'",
    multiple=True,
    help="One case: values set beside those of --set, apart by spaces; quotes inside as in a shell.",
)
@SET
@JSON
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
def whatif(
    folder: Path,
    context: str | None,
    cases: tuple[str, ...],
    settings: tuple[str, ...],
    as_json: bool,
    file: Path | None,
) -> None:
    """Put cases side by side: what the rules select for FILE as it is, and with the values of each --case set.

    Each case is told with the --set options that give the same answers without FILE.
    """
    from calgui.core.rules.questions import whatif as asking

    opened, chosen = open_cache(folder, context)
    start = asking.Case(str(file) if file else "--set", header_of(opened, file, read_settings(settings)))
    listed = [start]
    for text in cases:
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise UsageError(f"--case {text!r}: {error}.", cure="Close the quotes.") from error
        listed.append(asking.from_options(text, words, start.header))
    answers = [asking.answers(opened, chosen, case) for case in listed]
    changed = [asking.differences(answers[0], one) for one in answers]
    if as_json:
        print_json(
            {
                "context": chosen,
                "cases": [
                    {
                        "case": case.name,
                        "options": _options(opened, chosen, case),
                        "references": [reference_json(one) for one in found],
                        "differences": [_difference(one) for one in differ],
                    }
                    for case, found, differ in zip(listed, answers, changed, strict=True)
                ],
            }
        )
        return
    _print_cases([case.name for case in listed], answers)
    for case in listed:
        options = _options(opened, chosen, case)
        if options:
            click.echo(printable(f"{case.name}: {shlex.join(options)}"))


def _options(opened: Any, chosen: str, case: Any) -> list[str]:
    from calgui.core.rules.questions.whatif import as_options

    try:
        return list(as_options(opened, chosen, case))
    except InputError:
        return []  # no instrument: the answers say so


def _difference(one: "Difference") -> dict[str, Any]:
    return {
        "type": one.type,
        "before": None if one.before is None else reference_json(one.before),
        "after": None if one.after is None else reference_json(one.after),
    }


def _print_cases(names: list[str], answers: list[Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("type")
    for name in names:
        table.add_column(printable(name), overflow="fold")
    by_type = [{one.type: one for one in found} for found in answers]
    for kind in dict.fromkeys(kind for found in by_type for kind in found):
        cells = [found.get(kind) for found in by_type]
        first = cells[0]
        row = []
        for cell in cells:
            text = "" if cell is None else cell.file or cell.status.value
            other = cell is not None and first is not None and (cell.file, cell.status) != (first.file, first.status)
            row.append(Text(printable(f"> {text}" if other else text), style="bold yellow" if other else ""))
        table.add_row(printable(kind), *row)
    screen().print(table)


@click.command()
@CACHE
@CONTEXT
@click.option("--type", "kinds", metavar="TYPE", multiple=True, help="A type that the step asks for; by default all.")
@click.option(
    "--override", "overrides", metavar="TYPE=FILE", multiple=True, help="Another choice: its line for the step is told."
)
@click.option("--step", metavar="STEP", help="Name of the step in a pipeline, for the lines.")
@SET
@JSON
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
@click.pass_context
def prefetch(
    ctx: click.Context,
    folder: Path,
    context: str | None,
    kinds: tuple[str, ...],
    overrides: tuple[str, ...],
    step: str | None,
    settings: tuple[str, ...],
    as_json: bool,
    file: Path | None,
) -> None:
    """Say what stpipe's prefetch would fetch for a step, and give the lines that make it use another choice.

    Exit code 1 if the pipeline would stop at it: a type is not found.
    """
    from calgui.core.rules.questions import stpipe

    opened, chosen = open_cache(folder, context)
    header = header_of(opened, file, read_settings(settings))
    choices = {kind.lower(): path for kind, path in _pairs(overrides)}
    told = stpipe.prefetch(opened, chosen, header, kinds or None, choices)
    lines = stpipe.override_lines(choices, step)
    options = stpipe.override_options(choices, step)
    if as_json:
        print_json(
            {
                "context": chosen,
                "stops": told.stops,
                "fetches": [_fetch(one) for one in told.fetches],
                "override_lines": list(lines),
                "override_options": list(options),
            }
        )
    else:
        for one in told.fetches:
            there = "" if one.file is None else "there" if one.present else "to be fetched"
            text = one.override or one.file or one.message or ""
            status = "overridden" if one.override is not None else one.status.value
            click.echo(printable(f"{one.type:<14} {status:<15} {there:<14} {text}"))
        for line in (*lines, *(shlex.quote(option) for option in options)):
            click.echo(line)
    if told.stops:
        ctx.exit(1)


def _pairs(overrides: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for text in overrides:
        kind, equals, path = text.partition("=")
        if not equals or not kind.strip() or not path:
            raise UsageError(f"--override {text!r} is not of the form TYPE=FILE.", cure="Write dark=new_dark.fits.")
        found.append((kind.strip(), path))
    return found


def _fetch(one: "Fetch") -> dict[str, Any]:
    return {
        "type": one.type,
        "status": one.status.value,
        "file": one.file,
        "path": None if one.path is None else str(one.path),
        "present": one.present,
        "trust": None if one.trust is None else one.trust.value,
        "message": one.message,
        "override": one.override,
    }
