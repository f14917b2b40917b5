"""A report as a document and as text: what the command line prints and the window saves."""

from typing import TYPE_CHECKING, Any

from calgui.core.printable import printable
from calgui.core.rules.lint.report import LintReport
from calgui.core.rules.lint.table import CHECKS
from calgui.core.rules.values import Finding, Place, Severity

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: what severities are called
WORDS: dict[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def document(cache: "Cache", report: LintReport) -> dict[str, Any]:
    """A report as plain values, for JSON.

    Parameters
    ----------
    cache : Cache
        That was looked through.
    report : LintReport
        What was found.

    Returns
    -------
    dict
        The form is the command line's contract.
    """
    return {
        "cache": str(cache.path),
        "observatory": cache.observatory.name,
        "context": report.context,
        "contexts": list(cache.contexts),
        "verdict": "good" if report.healthy else "bad",
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "mappings": report.mappings,
        "references": report.references,
        "seconds": report.seconds,
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
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


def summary(cache_name: str, report: LintReport) -> str:
    """How much of each severity was found, in one line.

    Parameters
    ----------
    cache_name : str
        For people.
    report : LintReport
        What was found.

    Returns
    -------
    str
    """
    counts = ((report.count(severity), word) for severity, word in WORDS.items())
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    return f"{cache_name}, {report.context}: {said}"


def where(place: Place) -> str:
    """One place in a line: file, line, rule, date, and what it selects.

    Parameters
    ----------
    place : Place

    Returns
    -------
    str
    """
    parts = [place.file if place.line is None else f"{place.file}:{place.line}"]
    if place.rule:
        parts.append(f"({', '.join(place.rule)})")
    if place.date:
        parts.append(place.date)
    if place.reference:
        parts.append(place.reference)
    return "  ".join(parts)


def as_text(cache_name: str, report: LintReport) -> str:
    """A whole report as lines of text.

    Parameters
    ----------
    cache_name : str
        For people.
    report : LintReport
        What was found.

    Returns
    -------
    str
        All places of each finding.
    """
    lines = [summary(cache_name, report), ""]
    for finding in report.findings:
        lines.append(f"{WORDS[finding.severity]:<8} {printable(finding.place)}  {finding.code}")
        lines.append(f"    {printable(finding.message)}")
        if finding.count > 1:
            lines += [f"      {printable(where(place))}" for place in finding.places]
        lines += [f"    Why: {printable(finding.why)}", f"    Cure: {printable(finding.cure)}", ""]
    return "\n".join(lines)
