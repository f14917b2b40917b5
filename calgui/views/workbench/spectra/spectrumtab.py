"""The tab of one spectrum: the plot with its lines, their residuals, and what can be said of the chosen line."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from calgui.views.session import Session
from calgui.views.spectrum.readout import read_out
from calgui.views.theme import SPACE, figures, theme
from calgui.views.workbench.spectra.bars import SpectraBar
from calgui.views.workbench.spectra.identify import IdentifyBar
from calgui.views.workbench.spectra.plot import LinePlot
from calgui.views.workbench.spectra.residuals import ResidualPlot
from calgui.views.workbench.spectra.shown import Shown


class SpectrumPart(QWidget):
    """Everything about one spectrum, without the figures that stand beside it.

    Parameters
    ----------
    session : Session or None
        Who saves the plots.
    parent : QWidget, optional
    """

    def __init__(self, session: Session | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_spectrum")
        self.bar = SpectraBar(session)
        self.said = QLabel()
        self.said.setObjectName("spectra_said")
        self.said.setWordWrap(True)
        self.plot = LinePlot(session)
        self.residuals = ResidualPlot(self.plot, session)
        self.readout = QLabel(" ")
        self.readout.setObjectName("spectra_readout")
        self.readout.setAccessibleName("Under the cursor")
        self.readout.setFont(figures())
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.readout.setContentsMargins(SPACE, 0, SPACE, SPACE // 2)
        self.identify = IdentifyBar()
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setObjectName("spectra_split")
        self.split.setHandleWidth(1)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.plot)
        self.split.addWidget(self.residuals)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([3000, 1100])
        self.plot.setMinimumHeight(140)
        self.residuals.setMinimumHeight(90)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.bar, self.said):
            layout.addWidget(widget)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.readout)
        layout.addWidget(self.identify)
        self.plot.pointed.connect(self._pointed)
        theme().changed.connect(self._retheme)
        self._retheme()

    def _retheme(self) -> None:
        self.said.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: 2px {SPACE}px 4px {SPACE}px;")

    def draw(self, shown: Shown | None, spectrum: int) -> None:
        """Draw a spectrum with its lines and residuals.

        Parameters
        ----------
        shown : Shown or None
            All spectra; None for none.
        spectrum : int
            Which.
        """
        bar = self.bar
        bar.follow_axis()
        self.plot.hidden = bar.hidden
        self.plot.draw(shown, spectrum, bar.chosen_axis, bar.template.isChecked(), bar.log.isChecked())
        self.residuals.draw(bar.chosen_unit)
        bar.show_spectrum(shown, spectrum, self.plot.scale.axis if self.plot.scale is not None else None)
        self.said.setText(shown.words(spectrum) if shown is not None else "")

    def choose(self, line: int | None) -> None:
        """Put rings about a line.

        Parameters
        ----------
        line : int or None
            Into the table of all lines.
        """
        self.plot.choose(line)
        self.residuals.choose(line)

    def _pointed(self, pixel: float | None) -> None:
        scale = self.plot.scale
        if pixel is None or scale is None:
            self.readout.setText(" ")
            self.plot.point(None)
            return
        inside = min(max(pixel, 0.0), scale.places.size - 1.0)
        self.plot.point(self.plot.under)
        self.readout.setText(read_out(scale.value, inside, scale.axis))
