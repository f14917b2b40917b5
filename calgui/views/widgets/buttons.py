"""Buttons as all of the bench have them: with a name, and a tip that is read out too."""

from PySide6.QtWidgets import QPushButton


def push_button(name: str, text: str, tip: str) -> QPushButton:
    """A button.

    Parameters
    ----------
    name : str
        Of the widget.
    text : str
        On it.
    tip : str
        What it does; also its accessible name.

    Returns
    -------
    QPushButton
    """
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    return button
