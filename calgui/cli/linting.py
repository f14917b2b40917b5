"""How ``calgui cache lint`` says what it found: grouped by how much it matters, each with its places."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.cli.output import print_json
from calgui.cli.progress import running

if TYPE_CHECKING:
    from rich.text import Text

    from calgui.core.rules.cache import Cache
    from calgui.core.rules.lint.report import LintReport
    from calgui.core.rules.values import Finding, Place

_STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
_MARKS = {"error": "✗", "warning": "!", "info": "i"}
_WORDS = {"error": "error", "warning": "warning", "info": "note"}
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

    opened = Cache.open(folder)
    with running("Checking the cache") as job:
        report = lint(opened, context, job)
    if as_json:
        print_json(_document(opened, report))
    else:
        _print(opened, report)
    return report.healthy


def _counts(report: "LintReport") -> dict[str, int]:
    from calgui.core.rules.values import Severity

    return {severity.value: report.count(severity) for severity in Severity}


def _document(opened: "Cache", report: "LintReport") -> dict[str, Any]:
    return {
        "cache": str(opened.path),
        "observatory": opened.observatory.name,
        "context": report.context,
        "contexts": list(opened.contexts),
        "verdict": "good" if report.healthy else "bad",
        "counts": _counts(report),
        "mappings": report.mappings,
        "references": report.references,
        "seconds": report.seconds,
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: "Finding") -> dict[str, Any]:
    from calgui.core.rules.lint.table import CHECKS

    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "title": CHECKS[finding.code].title,
        "place": finding.place,
        "message": finding.message,
        "why": finding.why,
        "cure": finding.cure,
        "count": finding.count,
        "places": [
            {
                "file": place.file,
                "line": place.line,
                "rule": list(place.rule),
                "date": place.date,
                "reference": place.reference,
                "note": place.note,
                "header": dict(place.header),
            }
            for place in finding.places
        ],
    }


def _print(opened: "Cache", report: "LintReport") -> None:
    from rich.console import Console
    from rich.text import Text

    text = Text()
    for finding in report.findings:
        _append(text, finding)
    counts = _counts(report)
    said = ", ".join(f"{count} {_WORDS[name]}{'' if count == 1 else 's'}" for name, count in counts.items())
    text.append(f"{opened.name}, {report.context}: {said}", style="bold")
    text.append(f" in {report.mappings:,} mappings and {report.references:,} references\n", style="dim")
    # a pipe has no width: lines then stay whole, so that grep and diff see them so
    console = Console(highlight=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, emoji=False, width=10_000)
    console.print(text, end="")


def _append(text: "Text", finding: "Finding") -> None:
    severity = finding.severity.value
    text.append(f"{_MARKS[severity]} {_WORDS[severity]:<8}", style=_STYLES[severity])
    text.append(_clean(finding.place), style="bold")
    text.append(f"  {finding.code}\n", style="dim")
    text.append(f"    {_clean(finding.message)}\n")
    if finding.count > 1:
        for place in finding.places[:_SHOWN]:
            text.append(f"      {_clean(_where(place))}\n")
        if finding.count > _SHOWN:
            text.append(f"      ... and {finding.count - _SHOWN:,} more (--json lists them)\n", style="dim")
    text.append(f"    Why: {_clean(finding.why)}\n", style="dim")
    text.append(f"    Cure: {_clean(finding.cure)}\n", style="dim")


def _where(place: "Place") -> str:
    """One place in a line: file, line, rule, date, and what it selects."""
    parts = [place.file if place.line is None else f"{place.file}:{place.line}"]
    if place.rule:
        parts.append(f"({', '.join(place.rule)})")
    if place.date:
        parts.append(place.date)
    if place.reference:
        parts.append(place.reference)
    return "  ".join(parts)


def _clean(text: str) -> str:
    """Without the control characters that a hostile mapping could play to the terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
