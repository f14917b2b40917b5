"""How ``calgui cache lint`` says what it found: grouped by how much it matters, each with its places."""

from pathlib import Path
from typing import TYPE_CHECKING

from calgui.cli.findings import append_finding
from calgui.cli.output import print_json
from calgui.cli.progress import running
from calgui.cli.terminal import screen
from calgui.core.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

    from calgui.core.rules.cache import Cache
    from calgui.core.rules.lint.report import LintReport
    from calgui.core.rules.values import Finding

_SHOWN = 6


def lint_cache(folder: Path, context: str | None, as_json: bool) -> bool:
    """Look through a cache and print what was found.

    Parameters
    ----------
    folder : pathlib.Path
        As `Cache.open` takes it.
    context : str or None
        As seen from this one.
    as_json : bool
        Whether one JSON document is printed.

    Returns
    -------
    bool
        Whether there is no error.
    """
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.lint.run import lint
    from calgui.core.rules.lint.telling import document

    opened = Cache.open(folder)
    with running("Checking the cache") as job:
        report = lint(opened, context, job)
    if as_json:
        print_json(document(opened, report))
    else:
        _print(opened, report)
    return report.healthy


def _print(opened: "Cache", report: "LintReport") -> None:
    from rich.text import Text

    from calgui.core.rules.lint.telling import summary

    text = Text()
    for finding in report.findings:
        _append(text, finding)
    text.append(summary(opened.name, report), style="bold")
    text.append(f" in {report.mappings:,} mappings and {report.references:,} references\n", style="dim")
    screen().print(text, end="")


def _append(text: "Text", finding: "Finding") -> None:
    from calgui.core.rules.lint.telling import WORDS, where

    append_finding(text, finding, WORDS[finding.severity])
    if finding.count > 1:
        for place in finding.places[:_SHOWN]:
            text.append(f"      {printable(where(place))}\n")
        if finding.count > _SHOWN:
            text.append(f"      ... and {finding.count - _SHOWN:,} more (--json lists them)\n", style="dim")
    text.append(f"    Why: {printable(finding.why)}\n", style="dim")
    text.append(f"    Cure: {printable(finding.cure)}\n", style="dim")
