"""``calgui algorithms`` and ``calgui run``: the registry, and any algorithm of it on files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.output import PATH, pairs, print_json
from calgui.cli.progress import running
from calgui.core.errors import UsageError
from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.algorithms.registry import Algorithm
    from calgui.core.runs.comparing import Comparison
    from calgui.core.runs.report import RunReport
    from calgui.core.runs.splitting import SplitReport


#: where the words of a command line are kept for its help
_WORDS = "calgui.words"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def algorithms(as_json: bool) -> None:
    """List the algorithms: names, inputs, options with defaults, units and ranges."""
    from calgui.core.algorithms.registry import registry

    rows = tuple(registry().values())
    if as_json:
        print_json({"algorithms": [_described(row) for row in rows]})
        return
    for row in rows:
        click.echo("\n".join(_lines(row)))


def _lines(row: "Algorithm") -> list[str]:
    """An algorithm for a person: what it takes and makes, and a line for each option."""
    made = [
        f"{row.name}: {row.title}. {row.summary}",
        f"  for: {_group(row.name) or 'any exposure'}",
        f"  inputs: {row.inputs}",
    ]
    if row.gathers:
        made.append(f"  gathers: with --cache one input stands for all references of type {row.gathers} of its mode")
    if row.splits:
        made.append(f"  splits: a product for each {row.splits}; {{{row.splits.lower()}}} in the output stands for it")
    needed = ", ".join((*row.references, *(f"{kind} (optional)" for kind in row.optional_references)))
    if needed:
        made.append(f"  references: {needed}")
    like = "an image like the input" if "image" in row.takes else "an image"
    products = " or ".join((row.product, *row.also_makes))
    made.append(f"  output: {products or like}" if row.makes_file else "  output: figures alone, no file")
    for info in row.options:
        default = "not given" if info.default is None else _text(info.default)
        kind = " | ".join(info.choices) if info.choices else f"{info.type}{_range(info.minimum, info.maximum)}"
        unit = f" {info.unit}" if info.unit else ""
        made.append(f"  -p {info.name}={default}{unit}  [{kind}]  {info.help}")
    return made


def _group(name: str) -> str | None:
    """Title of the calibration or group that an algorithm belongs to."""
    from calgui.core.catalogue import place_of_algorithm

    place = place_of_algorithm(name)
    return place.title if place is not None else None


def _described(row: "Algorithm") -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "summary": row.summary,
        "group": _group(row.name),
        "inputs": row.inputs,
        "takes": list(row.takes),
        "gathers": row.gathers or None,
        "splits": row.splits or None,
        "minimum_inputs": row.minimum_inputs,
        "maximum_inputs": row.maximum_inputs,
        "references": list(row.references),
        "optional_references": list(row.optional_references),
        "product": row.product or None,
        "also_makes": list(row.also_makes),
        "makes_file": row.makes_file,
        "source": row.source,
        "options": [
            {
                "name": info.name,
                "type": info.type,
                "default": info.default,
                "unit": info.unit,
                "minimum": info.minimum,
                "maximum": info.maximum,
                "choices": list(info.choices),
                "optional": info.optional,
                "help": info.help,
            }
            for info in row.options
        ],
    }


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f" {'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _OfAlgorithm(click.Command):
    """A command whose help tells of the algorithm that was named, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from calgui.core.algorithms.registry import registry

        known = registry()
        named = next((word for word in ctx.meta.get(_WORDS, ()) if word in known), None)
        formatter.write_paragraph()
        if named is None:
            formatter.write(
                "Name an algorithm for its options: calgui run normalize-flat --help. Names: calgui algorithms.\n"
            )
        else:
            formatter.write("\n".join(_lines(known[named])) + "\n")


@click.command(cls=_OfAlgorithm)
@click.argument("name")
@click.argument("inputs", nargs=-1, required=True, type=PATH)
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="OPTION=VALUE", help="Set an option.")
@click.option("--reference", "references", multiple=True, metavar="TYPE=FILE", help="Use this reference file.")
@click.option("--cache", type=PATH, help="CRDS cache whose rules select the references.")
@click.option("--context", metavar="PMAP", help="Context of the cache; its operational one by default.")
@click.option("-o", "--output", "out", type=PATH, help="Write the product to this FITS file.")
@click.option("-k", "--keyword", "keywords", multiple=True, metavar="KEY=VALUE", help="Set a keyword of the product.")
@click.option("--overwrite", is_flag=True, help="Replace the output if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run(
    name: str,
    inputs: tuple[Path, ...],
    parameters: tuple[str, ...],
    references: tuple[str, ...],
    cache: Path | None,
    context: str | None,
    out: Path | None,
    keywords: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Run the algorithm NAME on INPUT files.

    References that it needs are selected through --cache unless --reference gives them. Where NAME gathers its inputs
    (dark-trend), one INPUT with --cache stands for all references of its mode in the cache. Where inputs of several
    detectors make a product for each (normalize-flat), {detector} in the name of the output stands for it, and all of
    them are written. The exit code is 0 where the verdict is good or doubtful, 1 where it is bad.
    """
    from calgui.core.algorithms.registry import algorithm
    from calgui.core.runs import splitting
    from calgui.core.runs.run import run_files

    how = algorithm(name)
    if context is not None and cache is None:
        raise UsageError("--context says nothing without --cache.", cure="Give the cache too (--cache DIR).")
    options = pairs(parameters, "-p", "OPTION=VALUE")
    given = {kind: Path(path) for kind, path in pairs(references, "--reference", "TYPE=FILE").items()}
    cards = pairs(keywords, "--keyword", "KEY=VALUE")
    splitting.check_named(how, inputs, options, out)
    if out is not None and how.splits and splitting.placeholder(how) in out.name:
        with running(how.title) as job:
            split = splitting.run_split(
                name, inputs, options, given, cache, context, out, job, keywords=cards, overwrite=overwrite
            )
        _tell_all(split, as_json)
        return
    with running(how.title) as job:
        report = run_files(
            name, inputs, options, given, cache, context, out, job.part(0, 0.9), keywords=cards, overwrite=overwrite
        )
        comparison = _comparison(report, cache, context, job.part(0.9, 1))
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        from calgui.core.runs import comparing
        from calgui.core.runs.report import as_document

        document = as_document(report)
        if comparison is not None:
            document["comparison"] = comparing.as_document(comparison)
        print_json(document)
    else:
        _show(report, comparison)
    if report.verdict == "bad":
        sys.exit(1)


def _tell_all(split: "SplitReport", as_json: bool) -> None:
    """Several runs: one document, or one after the other."""
    from calgui.core.runs import splitting

    if as_json:
        print_json(splitting.as_document(split))
    else:
        for report in split.reports.values():
            _show(report, None)
    if split.verdict == "bad":
        sys.exit(1)


def _comparison(report: "RunReport", cache: Path | None, context: str | None, job: Job) -> "Comparison | None":
    """A new reference beside the one that the cache's rules select for its frames."""
    from calgui.core.algorithms.registry import algorithm
    from calgui.core.frames.headers import rule_header
    from calgui.core.runs.comparing import compare_with_selected, comparer_of

    product = algorithm(report.algorithm).product_of(report.result)
    comparer = comparer_of(product)
    frame = comparer.compared(report.result) if comparer is not None else None
    if cache is None or frame is None:
        return None
    from calgui.core.rules.cache import Cache
    from calgui.core.runs.splitting import own_input

    opened = Cache.open(cache)
    try:
        return compare_with_selected(frame, rule_header(own_input(report)), opened, context, job, product=product)
    finally:
        opened.close()


def _show(report: "RunReport", comparison: "Comparison | None") -> None:
    """The report for a person."""
    click.echo(f"{report.algorithm}: {report.verdict}")
    for reason in report.reasons[: len(report.reasons) - len(report.notes)]:  # notes are told on standard error
        click.echo(f"  {reason}")
    if report.gathered is not None:
        kind, mode = report.gathered.type, ", ".join(value for _name, value in report.gathered.mode)
        click.echo(f"gathered: {len(report.gathered.paths)} of type {kind} of the mode {mode or 'of all'}")
    for item in report.references:
        how = "selected by the rules" if item.selected else "given"
        click.echo(f"{item.type.lower()}: {item.path} ({how})")
    width = max((len(key) for key in report.metrics), default=0)
    for key, metric in report.metrics.items():
        click.echo(f"  {key:<{width}}  {_figure(metric.value)} {metric.unit}".rstrip())
    for table in report.result.tables:
        _show_table(table.title, table.columns, table.rows, table.flagged)
    if comparison is not None:
        click.echo(comparison.message)
    for path in report.outputs:
        click.echo(f"written: {path}")


def _show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], flagged: Sequence[int]) -> None:
    texts = [list(columns)] + [[_figure(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in texts) for column in range(len(columns))]
    click.echo(f"{title}:")
    for number, line in enumerate(texts):
        mark = "!" if number - 1 in flagged else " "
        click.echo(f"{mark} " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _figure(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
