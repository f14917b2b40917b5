"""``calgui compare`` and ``calgui matrix``: what changes from one context to another, and for which observations."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.asking import CACHE, CONTEXT, JSON, headers_of, observations, open_cache, reference_json, tell_unread
from calgui.cli.output import PATH, print_json
from calgui.cli.terminal import screen
from calgui.core.errors import UsageError
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.rules.questions.compare import Change, ChangedSelection, ContextDiff
    from calgui.core.rules.questions.matrix import Matrix, MatrixRow

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "replaced": ("~", "yellow")}


@click.command()
@CACHE
@click.option("--new-cache", "other", metavar="DIR", type=PATH, help="Cache of NEW; by default the same.")
@click.option("--text", "as_text", is_flag=True, help="Also the difference of the mappings as texts.")
@JSON
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=PATH)
@click.pass_context
def compare(
    ctx: click.Context,
    folder: Path,
    other: Path | None,
    as_text: bool,
    as_json: bool,
    old: str,
    new: str,
    files: tuple[Path, ...],
) -> None:
    """Say what changes from OLD to NEW, by rule and date, and for which of the FILEs the selection changes.

    OLD and NEW are two .pmap, two .imap or two .rmap; FILEs are observations or folders of them, and need two .pmap.
    """
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.questions.compare import changed_selections, compare_contexts, text_diff

    first = Cache.open(folder)
    second = Cache.open(other) if other is not None else first
    told = compare_contexts(first, old, second, new)
    if files and not old.endswith(".pmap"):
        raise UsageError("Selections are those of contexts.", cure="Name two .pmap to ask about files.")
    headers, names, unread = headers_of(first, observations(files), ()) if files else ([], [], [])
    changed = changed_selections(first, old, second, new, headers) if headers else ()
    texts = {}
    for pair in told.pairs if as_text else ():
        if pair.old and pair.new:
            texts[pair.old, pair.new] = text_diff(first, pair.old, second, pair.new)
    if as_json:
        document = _document(told)
        document["observations"] = [_changed(names[one.index], one) for one in changed]
        if as_text:
            document["texts"] = [{"old": a, "new": b, "diff": text} for (a, b), text in texts.items()]
        print_json(document)
    else:
        _print_diff(told)
        _print_changed([str(name) for name in names], changed, bool(headers))
        for text in texts.values():
            click.echo("\n".join(printable(line.replace("\t", "    ")) for line in text.splitlines()))
    tell_unread(ctx, unread)


def _document(told: "ContextDiff") -> dict[str, Any]:
    return {
        "old_cache": told.old_cache,
        "new_cache": told.new_cache,
        "old": told.old,
        "new": told.new,
        "same": told.same,
        "changes": [_change(one) for one in told.changes],
        "mappings": [
            {"instrument": one.instrument or None, "type": one.type or None, "old": one.old, "new": one.new}
            for one in told.pairs
        ],
        "problems": list(told.problems),
    }


def _change(one: "Change") -> dict[str, Any]:
    return {
        "what": one.what.value,
        "action": one.action,
        "instrument": one.instrument or None,
        "type": one.type or None,
        "old_mapping": one.old_mapping,
        "new_mapping": one.new_mapping,
        "parameters": list(one.parameters),
        "key": list(one.key),
        "date": one.date or None,
        "old": one.old,
        "new": one.new,
        "old_line": one.old_line,
        "new_line": one.new_line,
    }


def _changed(name: str | None, one: "ChangedSelection") -> dict[str, Any]:
    return {
        "file": name,
        "type": one.type,
        "old": None if one.old is None else reference_json(one.old),
        "new": None if one.new is None else reference_json(one.new),
    }


def _print_diff(told: "ContextDiff") -> None:
    from rich.text import Text

    console = screen()
    if told.same:
        console.print("Nothing that decides about a selection differs.")
    place = None
    for one in told.changes:
        if place != (one.instrument, one.type):
            place = one.instrument, one.type
            console.print(Text(printable(" ".join(filter(None, place)) or told.new), style="bold"), soft_wrap=True)
        sign, style = _SIGNS[one.action]
        words = [one.what.value, "  ".join(filter(None, [", ".join(one.key), one.date]))]
        values = " -> ".join(value for value in (one.old, one.new) if value is not None)
        line = "  ".join([f"  {sign}", *filter(None, words), values])
        console.print(Text(printable(line), style=style), soft_wrap=True)
    for text in told.problems:
        click.echo(f"calgui: {printable(text)}", err=True)


def _print_changed(names: list[str], changed: "tuple[ChangedSelection, ...]", asked: bool) -> None:
    if not asked:
        return
    if not changed:
        click.echo("No selection changes.")
    for one in changed:
        said = [("no such type" if end is None else end.file or end.status.value) for end in (one.old, one.new)]
        click.echo(printable(f"{names[one.index]}  {one.type}  {said[0]} -> {said[1]}"))


@click.command()
@CACHE
@CONTEXT
@click.option("--since", metavar="PMAP", help="Another context, to see what changed since.")
@click.option("--type", "kinds", metavar="TYPE", multiple=True, help="Only this type; may be given more than once.")
@click.option("--not-found", is_flag=True, help="Only observations with a type that is not found.")
@click.option("--changed", is_flag=True, help="Only those whose selection changed --since.")
@click.option("--disagrees", is_flag=True, help="Only those whose header says that another file was used.")
@click.option("-o", "--output", metavar="OUT", type=PATH, help="Write it to OUT.csv or OUT.ecsv instead.")
@click.option("--overwrite", is_flag=True, help="Replace OUT where it exists.")
@JSON
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.pass_context
def matrix(
    ctx: click.Context,
    folder: Path,
    context: str | None,
    since: str | None,
    kinds: tuple[str, ...],
    not_found: bool,
    changed: bool,
    disagrees: bool,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Say what is selected for many observations: FILEs down, types across, with what their headers say was used.

    FILEs may be folders. With several of the filters a row is told for which one of them holds.
    """
    from calgui.core.rules.questions.matrix import matrix as ask
    from calgui.core.rules.questions.matrix import write_matrix

    if changed and since is None:
        raise UsageError("--changed needs another context to compare with.", cure="Name it with --since.")
    opened, chosen = open_cache(folder, context)
    found = observations(files)
    headers, names, unread = headers_of(opened, found, ()) if found else ([], [], [])
    table = ask(opened, chosen, headers, [str(name) for name in names], kinds or None, since)
    table = table.filtered(not_found=not_found, changed=changed, disagrees=disagrees)
    if output is not None:
        write_matrix(table, output, overwrite=overwrite)
    if as_json:
        print_json(_matrix(table, output, unread))
    elif output is None:
        _print_matrix(table)
    tell_unread(ctx, unread)


def _matrix(table: "Matrix", output: Path | None, unread: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "context": table.context,
        "since": table.since,
        "types": list(table.types),
        "output": None if output is None else str(output),
        "observations": [
            {
                "file": row.name,
                "references": [_cell(table, row, number) for number, cell in enumerate(row.cells) if cell is not None],
            }
            for row in table.rows
        ],
        "unread": [{"file": name, "error": message} for name, message in unread],
    }


def _cell(table: "Matrix", row: "MatrixRow", number: int) -> dict[str, Any]:
    cell = row.cells[number]
    told = {"type": table.types[number]} if cell is None else reference_json(cell)
    told["used"] = row.used[number]
    told["disagrees"] = row.disagrees_at(number)
    if table.since is not None:
        before = row.before[number]
        told["before"] = None if before is None else reference_json(before)
        told["changed"] = row.changed_at(number)
    return told


def _print_matrix(table: "Matrix") -> None:
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, padding=(0, 2, 0, 0))
    shown.add_column("observation", no_wrap=True)
    for kind in table.types:
        shown.add_column(printable(kind), overflow="fold")
    for row in table.rows:
        cells = []
        for number, cell in enumerate(row.cells):
            text = "" if cell is None else cell.file or cell.status.value
            if row.changed_at(number):
                before = row.before[number]
                old = "none" if before is None else before.file or before.status.value
                text = f"{old} -> {text}"
            if row.disagrees_at(number):
                text = f"{text} (used {row.used[number]})"
            marked = row.changed_at(number) or row.disagrees_at(number)
            cells.append(Text(printable(text), style="yellow" if marked else ""))
        shown.add_row(printable(row.name), *cells)
    screen().print(shown)
