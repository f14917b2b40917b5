"""How the findings of a cache look on a terminal."""

from typing import TYPE_CHECKING

from calgui.core.printable import printable

if TYPE_CHECKING:
    from rich.text import Text

    from calgui.core.rules.values import Finding

#: color and sign of each severity
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
MARKS = {"error": "✗", "warning": "!", "info": "i"}


def append_finding(text: "Text", finding: "Finding", word: str) -> None:
    """Add what a finding says: how much it matters, where, its code, and the sentence below.

    Parameters
    ----------
    text : rich.text.Text
        What is printed.
    finding : Finding
        Any.
    word : str
        For its severity.
    """
    severity = finding.severity.value
    text.append(f"{MARKS[severity]} {word:<8}", style=STYLES[severity])
    text.append(printable(finding.place), style="bold")
    text.append(f"  {finding.code}\n", style="dim")
    text.append(f"    {printable(finding.message)}\n")
