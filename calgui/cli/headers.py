"""``calgui headers`` and ``calgui search-headers``: what files say, side by side, and where it is said."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.asking import JSON, observations, tell_unread
from calgui.cli.output import PATH, print_json
from calgui.cli.progress import running
from calgui.cli.terminal import screen
from calgui.core.errors import InputError, UsageError
from calgui.core.printable import printable

if TYPE_CHECKING:
    from calgui.core.frames.headercompare import Cell, HeaderTable, Row
    from calgui.core.frames.headersearch import Found, Hit

#: what nobody reads to its end is not drawn to its end
_MOST_ROWS = 5_000
_SIGNS = {"different": ("≠ ", "bold yellow"), "missing": ("- ", "bold red"), "extra": ("+ ", "bold cyan")}


@click.command()
@click.option("--only-differences", is_flag=True, help="Only keywords on which the files do not agree.")
@click.option("--against", metavar="FILE", type=PATH, help="Which of the FILEs the others are held against.")
@click.option("--hdu", metavar="NAME", help="Only this HDU: PRIMARY, SCI, ...")
@click.option("--ignore", metavar="KEY", multiple=True, help="Look past this keyword; it may hold * and ?.")
@click.option("--strict", is_flag=True, help="Also count CHECKSUM, DATASUM, DATE, COMMENT and HISTORY.")
@click.option("-o", "--output", metavar="OUT", type=PATH, help="Write it to OUT.csv or OUT.ecsv instead.")
@click.option("--overwrite", is_flag=True, help="Replace OUT where it exists.")
@JSON
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH)
@click.pass_context
def headers(
    ctx: click.Context,
    only_differences: bool,
    against: Path | None,
    hdu: str | None,
    ignore: tuple[str, ...],
    strict: bool,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Put the headers of FILEs side by side, with meaning and unit of each keyword and differences marked.

    The others are held against the first FILE. FILEs may be folders.
    """
    from calgui.core.frames.headercompare import HOUSEKEEPING, compare_headers, read_files
    from calgui.core.frames.headerexport import lines_of, write_lines

    found = observations(files)
    if not found:
        raise InputError("There is no FITS file.", path=files[0], cure="Name files, or another folder.")
    if against is not None and against not in found:
        raise UsageError(f"--against {against} is not among the files.", cure="Name one of the files.")
    with running("Reading headers") as job:
        read = read_files(found, job)
    reference = found.index(against) if against is not None else 0
    table = compare_headers(read, reference, (*(() if strict else HOUSEKEEPING), *ignore))
    rows = _rows(table, hdu, only_differences)
    if output is not None:
        write_lines(lines_of(table, rows), output, overwrite=overwrite)
    if as_json:
        print_json(_table_json(table, rows, output))
    elif output is None:
        _print_table(table, rows)
    tell_unread(ctx, [(str(file.path), f"{file.path}: {file.error}") for file in read if file.error is not None])


def _rows(table: "HeaderTable", hdu: str | None, only_differences: bool) -> "list[Row]":
    rows = [row for row in table.rows if row.differs or not only_differences]
    if hdu is None:
        return rows
    if hdu.upper() not in table.hdus:
        raise UsageError(f"There is no HDU {hdu}.", cure=f"Name one of: {', '.join(dict.fromkeys(table.hdus))}.")
    return [row for row in rows if table.hdus[row.hdu] == hdu.upper()]


def _table_json(table: "HeaderTable", rows: "list[Row]", output: Path | None) -> dict[str, Any]:
    names = [str(file.path) for file in table.files]
    return {
        "files": names,
        "reference": names[table.reference],
        "differing": table.differing,
        "output": None if output is None else str(output),
        "keywords": [_row_json(table, row, names) for row in rows],
        "unread": [{"file": str(file.path), "error": file.error} for file in table.files if file.error is not None],
    }


def _row_json(table: "HeaderTable", row: "Row", names: list[str]) -> dict[str, Any]:
    from calgui.core.frames.headerexport import comment_of
    from calgui.core.frames.keywordmeaning import meaning_of, unit_of

    meaning = meaning_of(row.keyword)
    return {
        "hdu": table.hdus[row.hdu],
        "keyword": row.keyword,
        "number": row.number,
        "meaning": None if meaning is None else meaning.text,
        "unit": unit_of(row.keyword, comment_of(row)) or None,
        "differs": row.differs,
        "ignored": row.ignored,
        "values": [
            {"file": name, "state": cell.state.value, "value": cell.value, "comment": cell.comment or None}
            for name, cell in zip(names, row.cells, strict=True)
        ],
    }


def _print_table(table: "HeaderTable", rows: "list[Row]") -> None:
    from rich.table import Table
    from rich.text import Text

    from calgui.core.frames.headerexport import comment_of, short_names
    from calgui.core.frames.keywordmeaning import meaning_of, unit_of, without_unit

    several = len(table.files) > 1
    shown = Table(box=None, padding=(0, 2, 0, 0))
    shown.add_column("keyword", no_wrap=True)
    for number, name in enumerate(short_names([file.path for file in table.files])):
        title = f"* {name}" if several and number == table.reference else name
        shown.add_column(Text(printable(title)), overflow="fold")
    shown.add_column("unit")
    shown.add_column("meaning", style="dim")
    last = None
    for row in rows[:_MOST_ROWS]:
        if row.hdu != last:
            shown.add_row(Text(printable(table.hdus[row.hdu]), style="bold"))
            last = row.hdu
        meaning, comment = meaning_of(row.keyword), comment_of(row)
        about = meaning.text if meaning is not None else without_unit(comment)
        cells = [_cell_text(row, cell, several) for cell in row.cells]
        name, unit = f"  {row.name}", unit_of(row.keyword, comment)
        shown.add_row(Text(printable(name)), *cells, Text(printable(unit)), Text(printable(about)))
    console = screen()
    console.print(shown)
    if len(rows) > _MOST_ROWS:
        console.print(f"... and {len(rows) - _MOST_ROWS:,} more keywords (--json tells all)")
    if several:
        console.print(f"{len(table.files)} files, {len(table.rows):,} keywords, {table.differing:,} differ")


def _cell_text(row: "Row", cell: "Cell", several: bool) -> Any:
    from rich.text import Text

    sign, style = ("", "") if row.ignored else _SIGNS.get(cell.state.value, ("", ""))
    text = cell.text if cell.there else "missing" if cell.state.value == "missing" else ""
    # as wide as a sign, so that values stand in one line
    return Text(printable(f"{sign or '  ' * several}{text}"), style=style)


@click.command("search-headers")
@click.option("--limit", metavar="N", type=click.IntRange(1), help="So many cards are enough.")
@JSON
@click.argument("text", metavar="TEXT")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PATH)
@click.pass_context
def search_headers(ctx: click.Context, limit: int | None, as_json: bool, text: str, paths: tuple[Path, ...]) -> None:
    """Find cards in the headers of files, and of the FITS files in folders.

    TEXT holds words, which a card must all have in keyword, value or comment, and conditions, which a file must all
    fulfil: 'FILTER=K* temperature', 'LGS*', 'EXPTIME>=30', '*TEMP>80', 'LAMP=' (no value). With conditions alone the
    cards that fulfil them are told.
    """
    from calgui.core.frames.headersearch import MOST_HITS
    from calgui.core.frames.headersearch import search_headers as search

    if not text.strip():
        raise UsageError("There is nothing to search for.", cure="Name a word, or a condition such as FILTER=K.")
    with running("Searching headers") as job:
        found = search(observations(paths), text, job, most=limit or MOST_HITS)
    if as_json:
        print_json(_found_json(text, found))
    else:
        _print_found(found)
    tell_unread(ctx, [(str(path), f"{path}: {why}") for path, why in found.unread])


def _found_json(text: str, found: "Found") -> dict[str, Any]:
    return {
        "text": text,
        "files": found.files,
        "more": found.more,
        "hits": [_hit_json(hit) for hit in found.hits],
        "unread": [{"file": str(path), "error": why} for path, why in found.unread],
    }


def _hit_json(hit: "Hit") -> dict[str, Any]:
    from calgui.core.frames.keywordmeaning import unit_of

    return {
        "file": str(hit.path),
        "hdu": hit.hdu,
        "hdu_name": hit.hdu_name or None,
        "keyword": hit.keyword,
        "value": hit.value,
        "unit": unit_of(hit.keyword, hit.comment) or None,
        "comment": hit.comment or None,
    }


def _print_found(found: "Found") -> None:
    from rich.table import Table
    from rich.text import Text

    from calgui.core.frames.conditions import written

    shown = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("file", "HDU", "keyword", "value", "comment"):
        shown.add_column(title, overflow="fold")
    for hit in found.hits:
        value = "not in this file" if hit.hdu is None else written(hit.value)
        name = hit.hdu_name or ("" if hit.hdu is None else str(hit.hdu))
        # as Text: what stands in brackets is a unit, no style
        shown.add_row(*(Text(printable(text)) for text in (str(hit.path), name, hit.keyword, value, hit.comment)))
    console = screen()
    if found.hits:
        console.print(shown)
    first = "the first " if found.more else ""
    console.print(f"{first}{len(found.hits):,} cards in {found.matched:,} of {found.files:,} files")
