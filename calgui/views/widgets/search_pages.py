"""The pages of all places as commands: a question about rules, a calibration, headers side by side."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from PySide6.QtWidgets import QWidget

from calgui.core.catalogue import CATALOGUE
from calgui.views.commands import Command
from calgui.views.compare.pages import PAGES as COMPARED
from calgui.views.rules.pages import PAGES as ASKED
from calgui.views.session import Session


def of_pages(session: Session, place: Callable[[str], QWidget]) -> Iterator[Command]:
    """Commands that go to a page, wherever the user is.

    Parameters
    ----------
    session : Session
        By which a page is asked for.
    place : callable
        Gives the widget of a place by its name; called when a command is done, not before.

    Yields
    ------
    Command
    """
    from calgui.core.algorithms.registry import registry

    def bench(name: str) -> None:
        session.place_requested.emit("bench")
        there: Any = place("bench")
        there.show_algorithm(name)

    def compare(number: int) -> None:
        session.place_requested.emit("compare")
        there: Any = place("compare")
        there.tabs.setCurrentIndex(number)

    for name, algorithm in registry().items():
        serves = ", ".join(row.title for row in CATALOGUE if name in row.algorithms) or "Bench"
        yield Command(
            f"algorithm_{name}", f"Bench: {algorithm.title}", serves, "", algorithm.summary, partial(bench, name)
        )
    for page in ASKED:
        ask = partial(session.ask_page, page.name)
        yield Command(f"page_rules_{page.name}", f"Rules: {page.word}", "Rules", "", page.tip, ask)
    for number, (title, tip) in enumerate(COMPARED):
        yield Command(f"page_compare_{number}", f"Compare: {title}", "Compare", "", tip, partial(compare, number))
