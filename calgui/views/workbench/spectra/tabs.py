"""The tabs of spectra on a page of the bench: made where there are spectra, as most pages never have any."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QTabWidget

from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.views.session import Session
from calgui.views.workbench.spectra.panel import SpectraPanel


class SpectraTabs(QObject):
    """Stands for the spectra of a page, whether it has any or not.

    Signals
    -------
    options_wanted(object)
        Options are to be changed (a dict of option to text), as a click or a key did it.

    Parameters
    ----------
    session : Session
        Who saves plots, and whose steps are undone.
    tabs : QTabWidget
        Of the result; the first is the picture.
    side : QTabWidget
        Figures beside the picture.
    """

    options_wanted = Signal(object)

    def __init__(self, session: Session, tabs: QTabWidget, side: QTabWidget) -> None:
        super().__init__(tabs)
        self._session, self._tabs, self._side = session, tabs, side
        self._panel: SpectraPanel | None = None
        #: gives the options of the page as they are
        self.options: Callable[[], Mapping[str, Any]] = dict

    @property
    def panel(self) -> SpectraPanel:
        """What shows them; made when it is first asked for."""
        if self._panel is None:
            self._panel = made = SpectraPanel(self._session, self)
            made.options = lambda: self.options()
            made.options_wanted.connect(self.options_wanted)
            made.live_in(self._tabs, self._side)
        return self._panel

    def take(self, result: Result | None, alone: bool = False) -> None:
        """Show the spectra of a result.

        Parameters
        ----------
        result : Result or None
            What is shown now; None for nothing.
        alone : bool
            Whether it has no picture.
        """
        if self._panel is not None or (result is not None and result.spectra is not None):
            self.panel.take(result, alone)

    @property
    def looked_at(self) -> int | None:
        """The spectrum that is seen with its lines; None where another tab is seen, or there is one alone."""
        panel = self._panel
        seen = panel is not None and panel.shown is not None and panel.shown.count > 1 and panel.part.isVisible()
        return panel.spectrum if panel is not None and seen else None

    def take_one(self, spectra: Spectra) -> None:
        """Show another fit of the spectrum that is looked at; that of all others follows.

        Parameters
        ----------
        spectra : Spectra
            All of them.
        """
        if self._panel is not None:
            self._panel.take_one(spectra)

    def deed(self, before: Mapping[str, Any], after: Mapping[str, Any], changed: Sequence[str]) -> str:
        """What was done to lines, as it follows the word Undo.

        Parameters
        ----------
        before, after : mapping of str to object
            Options.
        changed : sequence of str
            Names of those that are not alike.

        Returns
        -------
        str
            Empty where something else was done.
        """
        return self._panel.deed(before, after, changed) if self._panel is not None else ""
