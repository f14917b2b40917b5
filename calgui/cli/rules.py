"""``calgui explain`` and ``calgui bestrefs``: which reference the rules select, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.output import PATH, print_json
from calgui.core.errors import CalguiError, InputError, UsageError

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.values import Selection, Trace

_CACHE = click.option("--cache", "folder", metavar="DIR", required=True, type=PATH)
_CONTEXT = click.option("--context", metavar="PMAP", help="Context; by default the cache's operational one.")
_SET = click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="A FITS keyword or parkey; wins over the file."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
#: outcome -> letter and style of a cell
_CELLS = {
    "match": ("=", "green"),
    "wildcard": ("*", "green"),
    "not-applicable": ("-", "dim"),
    "value-not-applicable": ("~", "dim"),
    "mismatch": ("x", "red"),
    "refused": ("!", "bold red"),
    "missing": ("?", "yellow"),
}
_FATES = {"winner": "bold green", "merged": "green", "no-date": "yellow", "outranked": "cyan", "eliminated": "dim"}
_STATUS = {"selected": "green", "not-applicable": "dim", "not-found": "yellow", "error": "bold red"}
_SHOWN = 20


@click.command()
@_CACHE
@_CONTEXT
@_SET
@_JSON
@click.argument("files", metavar="[FILE]...", nargs=-1, type=PATH)
@click.pass_context
def bestrefs(
    ctx: click.Context,
    folder: Path,
    context: str | None,
    settings: tuple[str, ...],
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Say which reference the rules select for each type, for each FILE or for the --set values alone.

    Exit code 0 also where a reference is not found: that is an answer. 3 if a FILE could not be read; the others are
    answered all the same.
    """
    from calgui.core.rules.bulk import best_references_many

    opened, chosen = _open(folder, context)
    headers, names, unread = _headers(opened, files, settings)
    answers = best_references_many(opened, chosen, headers)
    observations = [
        {"file": name, "references": [_reference(one) for one in found]}
        for name, found in zip(names, answers, strict=True)
    ]
    if as_json:
        failed = [{"file": name, "references": [], "error": message} for name, message in unread]
        print_json({"context": chosen, "observations": observations + failed})
    else:
        for name, found in zip(names, answers, strict=True):
            _print_selections(name, chosen, found)
    for _, message in unread:
        click.echo(f"calgui: {message}", err=True)
    if unread:
        ctx.exit(3)


@click.command()
@_CACHE
@_CONTEXT
@click.option("--type", "kind", metavar="TYPE", required=True, help="Reference type: dark, flat, ...")
@_SET
@click.option("--all", "everything", is_flag=True, help="Show all rules and files, not only the nearest.")
@_JSON
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
def explain(
    folder: Path,
    context: str | None,
    kind: str,
    settings: tuple[str, ...],
    everything: bool,
    as_json: bool,
    file: Path | None,
) -> None:
    """Say why the rules select what they do: rules by parameters, dates, and what nearly was selected.

    Exit code 0 also where nothing is found: that is what is explained.
    """
    from calgui.core.rules.trace import explain as trace_of

    opened, chosen = _open(folder, context)
    header = _header(opened, file, _parsed(settings))
    trace = trace_of(opened, chosen, kind, header)
    if as_json:
        print_json(_trace(trace))
    else:
        _print_trace(trace, None if everything else _SHOWN)


def _open(folder: Path, context: str | None) -> "tuple[Cache, str]":
    from calgui.core.rules.cache import Cache

    opened = Cache.open(folder)
    chosen = context or opened.default_context
    if chosen is None:
        raise InputError("The cache has no context: no .pmap is in it.", path=folder, cure="Name another cache.")
    opened.check_context(chosen)
    return opened, chosen


def _parsed(settings: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set {text!r} is not of the form KEY=VALUE.", cure="Write --set FILTER=K.")
        found[key.strip()] = value
    return found


def _header(opened: "Cache", file: Path | None, settings: dict[str, str]) -> dict[str, Any]:
    from calgui.core.rules.header import with_settings

    header: dict[str, Any] = {}
    if file is not None:
        from calgui.core.frames.headers import rule_header

        header = rule_header(file)
    return with_settings(header, settings, opened.observatory)


def _headers(
    opened: "Cache", files: tuple[Path, ...], settings: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[str | None], list[tuple[str, str]]]:
    parsed = _parsed(settings)
    headers: list[dict[str, Any]] = []
    names: list[str | None] = []
    unread: list[tuple[str, str]] = []
    for file in files or (None,):
        try:
            headers.append(_header(opened, file, parsed))
            names.append(None if file is None else str(file))
        except CalguiError as error:
            unread.append((str(file), str(error)))
    return headers, names, unread


def _reference(one: "Selection") -> dict[str, Any]:
    return {
        "type": one.type,
        "status": one.status.value,
        "file": one.file,
        "path": None if one.path is None else str(one.path),
        "trust": None if one.trust is None else one.trust.value,
        "mapping": one.mapping,
        "message": one.message,
    }


def _trace(trace: "Trace") -> dict[str, Any]:
    return {
        "context": trace.context,
        "mapping": trace.mapping,
        "type": trace.type,
        "status": trace.status.value,
        "selected": trace.selected,
        "message": trace.message,
        "parameters": [
            {"name": one.name, "keyword": one.keyword, "value": one.value, "raw": one.raw} for one in trace.parameters
        ],
        "rules": [
            {
                "key": list(rule.key),
                "fate": rule.fate.value,
                "weight": rule.weight,
                "line": rule.line,
                "cells": [
                    {
                        "parameter": cell.parameter,
                        "rule": cell.rule,
                        "value": cell.value,
                        "outcome": cell.outcome.value,
                        "substituted": cell.substituted,
                    }
                    for cell in rule.cells
                ],
                "dates": [
                    {"date": one.date, "file": one.file, "chosen": one.chosen, "reason": one.reason}
                    for one in rule.dates
                ],
            }
            for rule in trace.rules
        ],
        "near_misses": [
            {
                "file": miss.file,
                "changes": [{"parameter": one.parameter, "from": one.before, "to": one.after} for one in miss.changes],
            }
            for miss in trace.near_misses
        ],
    }


def _clean(text: str) -> str:
    """Without the control characters that a hostile mapping or header could play to the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    # a pipe has no width: lines then stay whole, so that grep and diff see them so
    return console if console.is_terminal else Console(highlight=False, emoji=False, width=10_000)


def _print_selections(name: str | None, context: str, found: "tuple[Selection, ...]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        trust = one.trust.value if one.trust is not None else ""
        status = one.status.value
        table.add_row(
            Text(_clean(one.type), style="bold"),
            Text(status, style=_STATUS[status]),
            Text(trust, style="magenta" if trust != "ok" else "dim"),
            Text(_clean(one.file or one.message or ""), style="dim" if status == "not-applicable" else ""),
        )
    console = _console()
    console.print(Text(f"{_clean(name or 'header from --set')}  ({_clean(context)})", style="bold"), soft_wrap=True)
    reasons = {one.message for one in found}
    if len(found) > 1 and len(reasons) == 1 and all(one.status.value == "error" for one in found):
        console.print(Text.assemble(("error  ", _STATUS["error"]), _clean(found[0].message or "")))
    else:
        console.print(table)


def _print_trace(trace: "Trace", most: int | None) -> None:
    from rich.table import Table
    from rich.text import Text

    console = _console()
    status = trace.status.value
    head = Text(f"{_clean(trace.type)}: ", style="bold").append(status, style=_STATUS[status])
    names = [name for name in (trace.selected, trace.mapping or trace.context) if name]
    console.print(head.append("".join(f"  {_clean(name)}" for name in names)), soft_wrap=True)
    if trace.message:
        console.print(Text(_clean(trace.message)))
    if trace.rules:
        names = [cell.parameter for cell in trace.rules[0].cells]
        keywords = {one.name: one.keyword for one in trace.parameters}
        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("line", "fate", "weight", *(keywords.get(name) or name for name in names)):
            table.add_column(_clean(title))
        values = {one.name: one.value for one in trace.parameters}
        table.add_row("", "header", "", *(Text(_clean(values[name]), style="bold") for name in names))
        for rule in trace.rules[:most]:
            cells = []
            for cell in rule.cells:
                letter, style = _CELLS[cell.outcome.value]
                also = f" ({cell.substituted})" if cell.substituted is not None else ""
                cells.append(Text(_clean(f"{letter} {cell.rule}{also}"), style=style))
            fate = Text(rule.fate.value, style=_FATES[rule.fate.value])
            table.add_row(str(rule.line or ""), fate, str(rule.weight), *cells)
        console.print(table)
        if most is not None and len(trace.rules) > most:
            console.print(f"... and {len(trace.rules) - most} more rules (--all)")
        console.print("= match  * wildcard  - not applicable  ~ value not applicable  x mismatch  ! refused  ? missing")
    for rule in trace.rules:
        if rule.fate.value in ("winner", "merged", "no-date"):
            for one in rule.dates:
                mark = ">" if one.chosen else " "
                line = Text(
                    _clean(f"  {mark} {one.date}  {one.file}  {one.reason}"), style="bold" if one.chosen else ""
                )
                console.print(line, soft_wrap=True)
    _print_near(console, trace, most)


def _print_near(console: Any, trace: "Trace", most: int | None) -> None:
    import shlex

    from rich.text import Text

    if trace.near_misses:
        console.print(Text("Near misses", style="bold"))
    for miss in trace.near_misses[:most]:
        console.print(Text(f"  {_clean(miss.file)}", style="cyan"), soft_wrap=True)
        words = [f"--set {shlex.quote(f'{one.parameter}={one.after}')}" for one in miss.changes]
        console.print(Text(_clean("    " + " ".join(words))), soft_wrap=True)  # whole, so that it can be copied
    if most is not None and len(trace.near_misses) > most:
        console.print(f"... and {len(trace.near_misses) - most} more files (--all)")
