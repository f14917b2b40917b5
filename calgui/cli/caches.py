"""``calgui cache``: a cache as a tree, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from calgui.cli.findings import MARKS, STYLES, append_finding
from calgui.cli.output import PATH, print_json
from calgui.cli.progress import running
from calgui.cli.terminal import screen
from calgui.core.printable import printable

if TYPE_CHECKING:
    from rich.tree import Tree

    from calgui.core.rules.cache import Cache
    from calgui.core.rules.values import Finding, Node

_DIR = click.argument("folder", metavar="DIR", type=PATH)
_CONTEXT = click.option("--context", metavar="PMAP", help="As seen from this context; by default the operational one.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def cache() -> None:
    """Look at a CRDS cache: its tree of rules, and its health. Nothing is ever written to it."""


@cache.command()
@_DIR
@_CONTEXT
@click.option("--depth", type=click.IntRange(1), metavar="N", help="Levels to show below the cache; by default all.")
@_JSON
def tree(folder: Path, context: str | None, depth: int | None, as_json: bool) -> None:
    """Show a cache as a tree: context > instrument > type > rule > date > file.

    What the context does not reach stands apart. DIR is a cache's folder, or one of its .pmap files.
    """
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.tree import tree as grow

    opened = Cache.open(folder)
    root = grow(opened, context)
    if as_json:
        print_json({**_about(opened, context), "tree": _node(root, depth)})
    else:
        _print(_rich_tree(root, depth))


@cache.command()
@_DIR
@_CONTEXT
@_JSON
@click.pass_context
def lint(ctx: click.Context, folder: Path, context: str | None, as_json: bool) -> None:
    """Look through a whole cache: what is wrong, useless or doubtful, why it matters, and what cures it.

    Beside all that 'check' finds: rules that can never win or overlap, references that no observation gets, files that
    no mapping names, dates on which nothing changes, values that no observation can say, references at odds with the
    rules that select them. Exit code 1 if there is an error.
    """
    from calgui.cli.linting import lint_cache

    if not lint_cache(folder, context, as_json):
        ctx.exit(1)


@cache.command()
@_DIR
@_CONTEXT
@click.option("--all", "everything", is_flag=True, help="Also list what is only worth knowing.")
@click.option("--deep", is_flag=True, help="Read every reference whole, and compare it with its own checksums.")
@_JSON
@click.pass_context
def check(ctx: click.Context, folder: Path, context: str | None, everything: bool, deep: bool, as_json: bool) -> None:
    """Say what is wrong with a cache, what each defect means, and what cures it.

    What --deep found of a reference is remembered until the file changes; so a check that was broken off goes on
    where it was.

    Exit code 1 if there is an error in what the context reaches; warnings and notes leave it 0.
    """
    from calgui.core.rules.cache import Cache

    opened = Cache.open(folder)
    if context is not None:
        opened.check_context(context)
    _known(opened, context, deep)
    findings = opened.findings(context)
    counts = Counter(finding.severity.value for finding in findings)
    totals = {name: counts[name] for name in ("error", "warning", "info")}
    if as_json:
        print_json(
            {
                **_about(opened, context),
                "verdict": "bad" if totals["error"] else "good",
                "counts": totals,
                "findings": [_finding(finding) for finding in findings],
            }
        )
    else:
        _print_findings(opened, findings, totals, everything)
    if totals["error"]:
        ctx.exit(1)


def _known(opened: "Cache", context: str | None, deep: bool) -> None:
    """What is known of the references beyond a quick look: of earlier checks, or of one that reads them whole now."""
    from calgui.core.rules.deepcheck.checking import badges, check_references
    from calgui.core.rules.deepcheck.truststore import TrustStore, store_path

    if not deep and not store_path().exists():
        return
    store = TrustStore()
    try:
        if deep:
            with running("Reading references") as job:
                check_references(opened, context, job, store=store)
        else:
            for name, badge in badges(opened, opened.doctor(context).reach.references, store).items():
                if badge is not None:
                    opened.remember(name, badge.verdict)
    finally:
        store.close()
    for note in store.notes:
        click.echo(f"calgui: {note}", err=True)


def _about(opened: "Cache", context: str | None) -> dict[str, Any]:
    return {
        "cache": str(opened.path),
        "observatory": opened.observatory.name,
        "context": context or opened.default_context,
        "contexts": list(opened.contexts),
    }


def _finding(finding: "Finding") -> dict[str, Any]:
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "place": finding.place,
        "message": finding.message,
        "cure": finding.cure,
    }


def _node(node: "Node", depth: int | None) -> dict[str, Any]:
    below = None if depth is None else depth - 1
    return {
        "kind": node.kind,
        "label": node.label,
        "file": node.file,
        "mapping": node.mapping,
        "line": node.line,
        "trust": node.trust.value if node.trust else None,
        "findings": [_finding(finding) for finding in node.findings],
        "children": [_node(child, below) for child in node.children] if depth is None or depth > 0 else [],
    }


def _print(renderable: Any) -> None:
    screen().print(renderable)


def _rich_tree(root: "Node", depth: int | None) -> "Tree":
    from rich.tree import Tree

    top = Tree(_label(root))
    stack: list[tuple[Tree, Node, int]] = [(top, root, 0)]
    while stack:
        branch, node, level = stack.pop()
        if depth is not None and level >= depth:
            continue
        for child in node.children:
            stack.append((branch.add(_label(child)), child, level + 1))
    return top


def _label(node: "Node") -> Any:
    from rich.text import Text

    text = Text(printable(node.label), style="bold" if node.kind in ("cache", "context", "unreached") else "")
    if node.file and node.file != node.label:
        text.append(f"  {printable(node.file)}", style="cyan")
    if node.trust and node.trust.value not in ("ok",):
        text.append(f"  [{node.trust.value}]", style="magenta")
    for finding in node.findings:
        style = STYLES[finding.severity.value]
        text.append(f"\n{MARKS[finding.severity.value]} {finding.code}: {printable(finding.message)}", style=style)
    return text


def _print_findings(opened: "Cache", findings: tuple["Finding", ...], totals: dict[str, int], everything: bool) -> None:
    from rich.text import Text

    lines = Text()
    for finding in _shown(findings, everything):
        append_finding(lines, finding, finding.severity.value)
        if finding.cure:
            lines.append(f"    {printable(finding.cure)}\n", style="dim")
    hidden = "" if everything or not totals["info"] else " (--all lists them)"
    lines.append(
        f"{opened.name}: {totals['error']} errors, {totals['warning']} warnings, {totals['info']} notes{hidden}",
        style="bold",
    )
    _print(lines)


def _shown(findings: tuple["Finding", ...], everything: bool) -> Iterator["Finding"]:
    for finding in findings:
        if everything or finding.severity.value != "info":
            yield finding
