"""``calgui explain`` and ``calgui bestrefs``: which reference the rules select, and why."""

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
    open_cache,
    read_settings,
    reference_json,
    tell_unread,
)
from calgui.cli.output import PATH, print_json
from calgui.cli.terminal import screen
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.questions.rulechange import RuleChange
    from calgui.core.rules.values import NearMiss, Selection, Trace

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
@CACHE
@CONTEXT
@SET
@JSON
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
    from calgui.core.rules.selection.bulk import best_references_many

    opened, chosen = open_cache(folder, context)
    headers, names, unread = headers_of(opened, files, settings)
    answers = best_references_many(opened, chosen, headers)
    observations = [
        {"file": name, "references": [reference_json(one) for one in found]}
        for name, found in zip(names, answers, strict=True)
    ]
    if as_json:
        failed = [{"file": name, "references": [], "error": message} for name, message in unread]
        print_json({"context": chosen, "observations": observations + failed})
    else:
        for name, found in zip(names, answers, strict=True):
            _print_selections(name, chosen, found)
    tell_unread(ctx, unread)


@click.command()
@CACHE
@CONTEXT
@click.option("--type", "kind", metavar="TYPE", required=True, help="Reference type: dark, flat, ...")
@SET
@click.option("--all", "everything", is_flag=True, help="Show all rules and files, not only the nearest.")
@click.option("--toward", metavar="REFERENCE", help="Also the fewest header changes that would select this file.")
@JSON
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
def explain(
    folder: Path,
    context: str | None,
    kind: str,
    settings: tuple[str, ...],
    everything: bool,
    toward: str | None,
    as_json: bool,
    file: Path | None,
) -> None:
    """Say why the rules select what they do: rules by parameters, dates, what nearly was selected, and which rule would
    have to change.

    Exit code 0 also where nothing is found: that is what is explained.
    """
    from calgui.core.rules.selection.trace import explain as trace_of

    opened, chosen = open_cache(folder, context)
    header = header_of(opened, file, read_settings(settings))
    trace = trace_of(opened, chosen, kind, header)
    changes, near = _other_ways(opened, chosen, trace, header, toward)
    if as_json:
        document = _trace(trace) | {"rule_changes": [_rule_change(one) for one in changes]}
        if toward is not None:
            document["toward"] = None if near is None else _near_miss(near)
        print_json(document)
        return
    _print_trace(trace, None if everything else _SHOWN)
    _print_changes(changes)
    if toward is not None:
        _print_toward(toward, near)


def _other_ways(
    opened: "Cache", chosen: str, trace: "Trace", header: dict[str, Any], toward: str | None
) -> "tuple[tuple[RuleChange, ...], NearMiss | None]":
    """What a rule, and what the header, would have to say instead; nothing where no rules were asked."""
    if not trace.rules:
        return (), None
    from calgui.core.rules.questions.nearest import near_miss_of
    from calgui.core.rules.questions.rulechange import rule_changes

    near = near_miss_of(opened, chosen, trace.type, header, toward) if toward is not None else None
    return rule_changes(opened, chosen, trace.type, header), near


def _rule_change(one: "RuleChange") -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "line": one.line,
        "key": list(one.key),
        "new_key": list(one.new_key),
        "file": one.file,
        "edits": [
            {"parameter": edit.parameter, "from": edit.before, "to": edit.after, "date": edit.dated}
            for edit in one.edits
        ],
    }


def _near_miss(miss: "NearMiss") -> dict[str, Any]:
    return {
        "file": miss.file,
        "changes": [{"parameter": one.parameter, "from": one.before, "to": one.after} for one in miss.changes],
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
        "near_misses": [_near_miss(miss) for miss in trace.near_misses],
    }


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
            Text(printable(one.type), style="bold"),
            Text(status, style=_STATUS[status]),
            Text(trust, style="magenta" if trust != "ok" else "dim"),
            Text(printable(one.file or one.message or ""), style="dim" if status == "not-applicable" else ""),
        )
    console = screen()
    console.print(
        Text(f"{printable(name or 'header from --set')}  ({printable(context)})", style="bold"), soft_wrap=True
    )
    reasons = {one.message for one in found}
    if len(found) > 1 and len(reasons) == 1 and all(one.status.value == "error" for one in found):
        console.print(Text.assemble(("error  ", _STATUS["error"]), printable(found[0].message or "")))
    else:
        console.print(table)


def _print_trace(trace: "Trace", most: int | None) -> None:
    from rich.table import Table
    from rich.text import Text

    console = screen()
    status = trace.status.value
    head = Text(f"{printable(trace.type)}: ", style="bold").append(status, style=_STATUS[status])
    names = [name for name in (trace.selected, trace.mapping or trace.context) if name]
    console.print(head.append("".join(f"  {printable(name)}" for name in names)), soft_wrap=True)
    if trace.message:
        console.print(Text(printable(trace.message)))
    if trace.rules:
        names = [cell.parameter for cell in trace.rules[0].cells]
        keywords = {one.name: one.keyword for one in trace.parameters}
        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("line", "fate", "weight", *(keywords.get(name) or name for name in names)):
            table.add_column(printable(title))
        values = {one.name: one.value for one in trace.parameters}
        table.add_row("", "header", "", *(Text(printable(values[name]), style="bold") for name in names))
        for rule in trace.rules[:most]:
            cells = []
            for cell in rule.cells:
                letter, style = _CELLS[cell.outcome.value]
                also = f" ({cell.substituted})" if cell.substituted is not None else ""
                cells.append(Text(printable(f"{letter} {cell.rule}{also}"), style=style))
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
                    printable(f"  {mark} {one.date}  {one.file}  {one.reason}"), style="bold" if one.chosen else ""
                )
                console.print(line, soft_wrap=True)
    _print_near(console, trace, most)


def _print_near(console: Any, trace: "Trace", most: int | None) -> None:
    import shlex

    from rich.text import Text

    if trace.near_misses:
        console.print(Text("Near misses", style="bold"))
    for miss in trace.near_misses[:most]:
        console.print(Text(f"  {printable(miss.file)}", style="cyan"), soft_wrap=True)
        words = [f"--set {shlex.quote(f'{one.parameter}={one.after}')}" for one in miss.changes]
        console.print(Text(printable("    " + " ".join(words))), soft_wrap=True)  # whole, so that it can be copied
    if most is not None and len(trace.near_misses) > most:
        console.print(f"... and {len(trace.near_misses) - most} more files (--all)")


def _print_changes(changes: "tuple[RuleChange, ...]") -> None:
    from rich.text import Text

    if not changes:
        return
    console = screen()
    console.print(Text("Changes of a rule that would select", style="bold"))
    for one in changes:
        place = f"{one.mapping}:{one.line}" if one.line else one.mapping
        console.print(Text(printable(f"  {one.file}  {place}"), style="cyan"), soft_wrap=True)
        for edit in one.edits:
            words = (
                f"date {edit.after} added (now from {edit.before})" if edit.dated else f"{edit.before} -> {edit.after}"
            )
            console.print(Text(printable(f"    {edit.keyword or edit.parameter}: {words}")), soft_wrap=True)


def _print_toward(file: str, near: "NearMiss | None") -> None:
    from shlex import quote

    if near is None:
        click.echo(f"No header changes were found that would select {printable(file)}.")
    elif not near.changes:
        click.echo(f"{printable(near.file)} is selected.")
    else:
        words = [f"--set {quote(f'{one.parameter}={one.after}')}" for one in near.changes]
        click.echo(printable(f"{near.file} would be selected with {' '.join(words)}"))
