"""The places of the window, as data: another place is another row."""

import importlib
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from calgui.views.session import Session


@dataclass(frozen=True)
class Place:
    """One place.

    Attributes
    ----------
    name : str
        Short name; also that of its icon.
    word : str
        On the rail.
    tip : str
        What one does there.
    module, attribute : str
        Where its widget is; imported when the place is first gone to.
    """

    name: str
    word: str
    tip: str
    module: str
    attribute: str

    def make(self, session: Session) -> QWidget:
        """Make the widget of the place.

        Parameters
        ----------
        session : Session
            Shared by all places.

        Returns
        -------
        QWidget
        """
        widget: QWidget = getattr(importlib.import_module(self.module), self.attribute)(session)
        return widget


PLACES: tuple[Place, ...] = (
    Place(
        "observe",
        "Observe",
        "Files, their headers, the references that the rules select, and why",
        "calgui.views.observations.place",
        "ObservePlace",
    ),
    Place(
        "rules",
        "Rules",
        "The cache itself: contexts, mappings, rules, references, and what is wrong with them",
        "calgui.views.rules.place",
        "RulesPlace",
    ),
    Place(
        "bench",
        "Bench",
        "One page for each calibration: inputs, options, live preview, result, verdict",
        "calgui.views.workbench.place",
        "BenchPlace",
    ),
    Place(
        "compare",
        "Compare",
        "Frames side by side, blinking, split, one less another",
        "calgui.views.compare.place",
        "ComparePlace",
    ),
)
