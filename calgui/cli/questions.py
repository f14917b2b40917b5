"""``calgui matches``, ``uses`` and ``timeline``: questions about a file or a mode."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.asking import (
    CACHE,
    CONTEXT,
    JSON,
    SET,
    header_of,
    headers_of,
    observations,
    open_cache,
    read_settings,
    tell_unread,
)
from calgui.cli.output import PATH, print_json
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.rules.questions.matches import Asked, Match
    from calgui.core.rules.questions.timeline import Segment

_WINS = {True: "yes", False: "never", None: "not known"}


@click.command()
@CACHE
@CONTEXT
@JSON
@click.argument("reference", metavar="REFERENCE")
def matches(folder: Path, context: str | None, as_json: bool, reference: str) -> None:
    """Say when a file would be selected: every rule of the context that names it, and whether the rule can win at all.

    Exit code 0 also where no rule names it: that is an answer.
    """
    from calgui.core.rules.questions.matches import base_name
    from calgui.core.rules.questions.matches import matches as ask
    from calgui.core.rules.questions.walk import unread

    opened, chosen = open_cache(folder, context)
    found = ask(opened, chosen, reference)
    hidden = unread(opened, chosen)
    if as_json:
        print_json(
            {
                "context": chosen,
                "reference": base_name(reference),
                "matches": [_match(one) for one in found],
                "unread": list(hidden),
            }
        )
        return
    _tell_hidden(hidden)
    if not found:
        click.echo(f"No rule of {chosen} names {printable(reference)}.")
    for one in found:
        click.echo(f"{printable(one.mapping)}:{one.line}  {printable(one.instrument)} {printable(one.type)}")
        for asked in (*one.parameters, *one.dates):
            also = f" ({asked.keyword})" if asked.keyword and asked.keyword != asked.parkey else ""
            click.echo(f"    {printable(asked.parkey)}{printable(also)} = {printable(asked.value)}")
        click.echo(f"    can win: {_WINS[one.wins]}{'. ' if one.reason else ''}{printable(one.reason)}")
        if one.witness:
            words = [f"--set {shlex.quote(f'{name}={value}')}" for name, value in one.witness]
            click.echo(printable(f"    {' '.join(words)}"))


def _match(one: "Match") -> dict[str, Any]:
    return {
        "file": one.file,
        "instrument": one.instrument,
        "type": one.type,
        "mapping": one.mapping,
        "line": one.line,
        "key": list(one.key),
        "parameters": [_asked(asked) for asked in one.parameters],
        "dates": [_asked(asked) for asked in one.dates],
        "selectors": list(one.selectors),
        "wins": one.wins,
        "reason": one.reason or None,
        "witness": [{"parameter": name, "value": value} for name, value in one.witness],
    }


def _asked(one: "Asked") -> dict[str, Any]:
    return {"parameter": one.parkey, "keyword": one.keyword, "rule": one.value}


@click.command()
@CACHE
@CONTEXT
@JSON
@click.argument("file", metavar="FILE")
@click.argument("files", metavar="[OBSERVATION]...", nargs=-1, type=PATH)
@click.pass_context
def uses(
    ctx: click.Context, folder: Path, context: str | None, as_json: bool, file: str, files: tuple[Path, ...]
) -> None:
    """Say what uses a file: the mappings and contexts that reach it, and which of the OBSERVATIONs select it.

    FILE is the name of a reference or a mapping; OBSERVATIONs are files or folders. Only the observations are asked of
    the --context.
    """
    from calgui.core.rules.questions.uses import selected_by
    from calgui.core.rules.questions.uses import uses as ask

    opened, chosen = open_cache(folder, context)
    told = ask(opened, file)
    headers, names, unread = headers_of(opened, observations(files), ()) if files else ([], [], [])
    selecting = [str(names[index]) for index in selected_by(opened, chosen, file, headers)] if headers else []
    if as_json:
        print_json(
            {
                "file": told.file,
                "mappings": list(told.mappings),
                "contexts": list(told.contexts),
                "places": [{"mapping": one.mapping, "line": one.line, "key": one.key} for one in told.places],
                "unread": list(told.unread),
                "context": chosen,
                "observations": selecting,
            }
        )
    else:
        _tell_hidden(told.unread)
        if not told.mappings:
            click.echo(f"No mapping of {opened.name} names {printable(told.file)}.")
        for name in told.mappings:
            click.echo(printable(name))
        for one in told.places:
            click.echo(printable(f"  {one.mapping}:{one.line}  {one.key}"))
        for name in selecting:
            click.echo(printable(f"selected by {name}"))
    tell_unread(ctx, unread)


@click.command()
@CACHE
@CONTEXT
@click.option("--type", "kind", metavar="TYPE", required=True, help="Reference type: dark, flat, ...")
@SET
@JSON
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
@click.argument("others", metavar="[OBSERVATION]...", nargs=-1, type=PATH)
@click.pass_context
def timeline(
    ctx: click.Context,
    folder: Path,
    context: str | None,
    kind: str,
    settings: tuple[str, ...],
    as_json: bool,
    file: Path | None,
    others: tuple[Path, ...],
) -> None:
    """Say which file was active when, for the mode of FILE or of the --set values, whatever their date.

    OBSERVATIONs, files or folders, are told with their dates and what they select.
    """
    from calgui.core.rules.questions.timeline import marks
    from calgui.core.rules.questions.timeline import timeline as ask

    opened, chosen = open_cache(folder, context)
    told = ask(opened, chosen, kind, header_of(opened, file, read_settings(settings)))
    headers, names, unread = headers_of(opened, observations(others), ()) if others else ([], [], [])
    seen = marks(opened, told, headers) if headers else ()
    marked = [
        {
            "observation": names[one.index],
            "date": None if one.when is None else str(one.when),
            "file": one.file,
            "status": one.status.value,
            "same_mode": one.same_mode,
        }
        for one in seen
    ]
    if as_json:
        print_json(
            {
                "context": chosen,
                "instrument": told.instrument,
                "type": told.type,
                "mapping": told.mapping,
                "axis": list(told.axis),
                "mode": [{"parameter": name, "value": value} for name, value in told.mode],
                "segments": [_segment(one) for one in told.segments],
                "observations": marked,
            }
        )
    else:
        for segment in told.segments:
            span = f"{segment.start or '...'!s:<26}  {segment.end or '...'!s:<26}"
            click.echo(printable(f"{span}  {segment.file or segment.status.value}  {_why(segment)}").rstrip())
        for mark in marked:
            note = "" if mark["same_mode"] else "  (another mode)"
            words = f"{mark['date']}  {mark['observation']}  {mark['file'] or mark['status']}{note}"
            click.echo(printable(words))
    tell_unread(ctx, unread)


def _segment(one: "Segment") -> dict[str, Any]:
    return {
        "start": None if one.start is None else str(one.start),
        "end": None if one.end is None else str(one.end),
        "file": one.file,
        "status": one.status.value,
        "message": one.message,
        "rule": list(one.rule),
        "date": one.date,
        "selector": one.selector or None,
        "line": one.line,
    }


def _why(one: "Segment") -> str:
    if one.file is None:
        return one.message or ""
    return "  ".join(filter(None, [", ".join(one.rule), f"{one.selector} {one.date}" if one.date else ""]))


def _tell_hidden(hidden: tuple[str, ...]) -> None:
    for text in hidden:
        click.echo(f"calgui: not looked into: {printable(text)}", err=True)
