"""Tabs that are told with every answer whether they are there, and mostly stay as they are."""

from PySide6.QtWidgets import QTabWidget


def show_tab(tabs: QTabWidget, at: int, on: bool, text: str = "") -> None:
    """Show a tab or hide it, and name it; what is so already makes nothing be laid out anew.

    Parameters
    ----------
    tabs : QTabWidget
        Whose.
    at : int
        Its number.
    on : bool
        Whether it is seen.
    text : str
        Its name; empty leaves it.
    """
    if text and tabs.tabText(at) != text:
        tabs.setTabText(at, text)
    if tabs.isTabVisible(at) != on:
        tabs.setTabVisible(at, on)
