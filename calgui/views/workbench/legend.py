"""Entries of a legend: each counts what has a state, and a click hides or shows it."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from calgui.views.theme import theme
from calgui.views.workbench.marks.signs import Sign, icon


class LegendButton(QToolButton):
    """One entry.

    Parameters
    ----------
    name : str
        Of the widget.
    sign : Sign, optional
        Stands before its words.
    on : bool
        Whether what it stands for is seen.
    """

    def __init__(self, name: str, sign: Sign | None = None, on: bool = True) -> None:
        super().__init__()
        self.setObjectName(name)
        if sign is not None:
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.setIcon(icon(sign))
        self.setCheckable(True)
        self.setChecked(on)

    def tell(self, state: str, count: int, things: str, before: str = "", more: str = "") -> None:
        """Count what has a state.

        Parameters
        ----------
        state : str
            In a word.
        count : int
            How many have it.
        things : str
            What they are.
        before : str
            Sign of a font, where it has no icon.
        more : str
            Said of them in the tool tip.
        """
        self.setText(f"{before} {state} {count:,}".strip())
        self.setToolTip(f"{count:,} {things} {state}{more}. Click to hide or show them.")
        self.setAccessibleName(f"{state}: {count:,} {things}, shown or hidden")


def hidden(legend: Mapping[str, LegendButton]) -> frozenset[str]:
    """States that are not to be seen.

    Parameters
    ----------
    legend : mapping of str to LegendButton
        State to its entry.

    Returns
    -------
    frozenset of str
    """
    return frozenset(state for state, button in legend.items() if not button.isChecked())


def legend_style(name: str) -> str:
    """Style of the entries in a bar of this name."""
    muted, text = (theme().colour(role).name() for role in ("muted", "text"))
    part = f"#{name} LegendButton"
    return (
        f"{part} {{ border: 1px solid transparent; border-radius: 4px; padding: 2px 5px; color: {muted}; }}"
        f"{part}:checked {{ color: {text}; }}"
        f"{part}:hover {{ background: {theme().colour('raised').name()}; }}"
        f"{part}:focus {{ border-color: {theme().colour('accent').name()}; }}"
    )
