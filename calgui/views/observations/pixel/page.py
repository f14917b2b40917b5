"""A tab of the inspector: the picked pixel in the observation, in its references, along its ramp or spectrum."""

import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.frames.units import shown_unit
from calgui.core.jobs import Job
from calgui.core.runs.pixelfacts import NO_PICTURE, OTHER_PICTURE, Behind, PixelFact, behind, pixel_facts
from calgui.views.image.histogram import number
from calgui.views.image.measure.figure import Curve
from calgui.views.session import Pixel, Session
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.rich import rich

if TYPE_CHECKING:
    from calgui.views.cube.ramp_plot import RampPlot
    from calgui.views.image.measure.figure import Figure

_TITLES = ("What", "Value", "Flags", "File")
_HINT = "Click a pixel of a picture: its value, and what the selected references have there, stand here."
_NO_FILE = "This picture is in no file, nor made of files that are open."
_ROW = 24
#: longer texts are read in the tip
_WIDEST = 245


class PixelPage(QWidget):
    """What is known of the picked pixel.

    Parameters
    ----------
    session : Session
        Whose picked pixel is told, and whose cache has the references.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("pixel_page")
        self.facts: tuple[PixelFact, ...] = ()
        #: what stands in each row of the table: some facts are told in one
        self.rows: tuple[PixelFact, ...] = ()
        self.title = rich(QLabel(_HINT, self))
        self.title.setObjectName("pixel_title")
        self.title.setWordWrap(True)
        self.here = QToolButton(self)
        self.here.setObjectName("pixel_here")
        self.here.setAccessibleName("Pick the same pixel in the selected file")
        self.here.setToolTip("Pick the pixel of the same column and row in the file that is selected now")
        self.here.clicked.connect(self._pick_here)
        self.table = QTableWidget(0, len(_TITLES), self)
        self.table.setObjectName("pixel_facts")
        self.table.setAccessibleName("What files have at the picked pixel")
        self.table.setHorizontalHeaderLabels(_TITLES)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setMaximumSectionSize(_WIDEST)
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        header.setStretchLastSection(True)
        self.table.itemDoubleClicked.connect(lambda item: self._open(item.row()))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, SPACE, 0, 0)
        self.column.setSpacing(SPACE)
        self.column.addWidget(self.title)
        self.column.addWidget(self.here)
        self.column.addWidget(self.table, 1)
        self.behind_title = QLabel(self)
        self.behind_title.setObjectName("pixel_behind_title")
        self.behind_title.hide()
        self.column.addWidget(self.behind_title)
        self._reads: RampPlot | None = None
        self._spectrum: Figure | None = None
        session.pixel_picked.connect(self.show_pixel)
        session.context_changed.connect(self._again)
        session.selection_changed.connect(self._offer)
        theme().changed.connect(self._fill)
        self.show_pixel(session.pixel)

    def _again(self) -> None:
        self.show_pixel(self.session.pixel)

    def show_pixel(self, pixel: Pixel | None) -> None:
        """Tell of another pixel.

        Parameters
        ----------
        pixel : Pixel or None
            None for nothing.
        """
        self.session.tasks.supersede("pixel-facts")
        self._offer()
        if pixel is None or pixel.path is None:
            self.facts = ()
            self._show_behind(None)
            self.title.setText(_HINT if pixel is None else _NO_FILE)
            self._fill()
            return
        path, cache, context = pixel.path, self.session.cache, self.session.context
        others = [(entry.path, entry.header) for entry in self.session.observations()]
        name = escape(path.name)
        plane = f", plane {', '.join(map(str, pixel.plane))}" if any(pixel.plane) else ""
        self.title.setText(f"<b>x {pixel.x}, y {pixel.y}{plane}</b> (FITS {pixel.x + 1}, {pixel.y + 1}) of {name}")
        self.title.setToolTip(str(path))

        def work(job: Job) -> tuple[tuple[PixelFact, ...], Behind | None]:
            facts = pixel_facts(path, pixel.plane, pixel.x, pixel.y, cache, context, job)
            return facts, behind(path, pixel.x, pixel.y, others, job)

        self.session.tasks.start(
            f"Looking at a pixel of {path.name}", work, self._show, self._failed, key="pixel-facts", quiet=True
        )

    @property
    def _elsewhere(self) -> Path | None:
        """The selected file, where the picked pixel is one of another."""
        pixel, selected = self.session.pixel, self.session.selection[:1]
        other = pixel is not None and pixel.path is not None and pixel.path not in self.session.selection
        return selected[0] if selected and other else None

    def _offer(self) -> None:
        """Who goes through files for the sake of one pixel need not find it again in each."""
        path = self._elsewhere
        self.here.setVisible(path is not None)
        self.here.setText(f"Same pixel of {path.name}" if path is not None else "")

    def _pick_here(self) -> None:
        path, pixel = self._elsewhere, self.session.pixel
        if path is not None and pixel is not None:
            self.session.pick(Pixel(path, pixel.x, pixel.y, pixel.plane))

    def _show(self, found: tuple[tuple[PixelFact, ...], Behind | None]) -> None:
        self.facts, behind_it = found
        self._fill()
        self._show_behind(behind_it)

    def _show_behind(self, found: Behind | None) -> None:
        """The ramp or spectrum through the pixel, below the table."""
        self.behind_title.setVisible(found is not None)
        if found is not None:
            what = "Reads in" if found.samples is not None else "Spectrum in"
            self.behind_title.setText(f"{what} {found.path.name}")
            self.behind_title.setToolTip(str(found.path))
        samples = found.samples if found is not None else None
        spectrum = found.spectrum if found is not None else None
        if samples is not None or self._reads is not None:
            self.reads.show_samples([("", samples)] if samples is not None else ())
            self.reads.setVisible(samples is not None)
        if spectrum is not None:
            known = spectrum.wavelength is not None
            x = spectrum.wavelength if spectrum.wavelength is not None else spectrum.pixels
            curve = Curve(spectrum.name, x, spectrum.flux)
            self.spectrum.draw([curve], "wavelength in vacuum (nm)" if known else "plane", spectrum.unit or "value")
        if spectrum is not None or self._spectrum is not None:
            self.spectrum.setVisible(spectrum is not None)

    @property
    def reads(self) -> "RampPlot":
        """The reads behind the pixel; made when they are first needed."""
        if self._reads is None:
            from calgui.views.cube.ramp_plot import RampPlot

            self._reads = RampPlot(self.session, self)
            self.column.addWidget(self._reads, 1)
        return self._reads

    @property
    def spectrum(self) -> "Figure":
        """The spectrum through the pixel; made when it is first needed."""
        if self._spectrum is None:
            from calgui.views.image.measure.figure import Figure

            self._spectrum = Figure("pixel_spectrum", "Spectrum through the pixel", self)
            self.column.addWidget(self._spectrum, 1)
        return self._spectrum

    def _failed(self, error: Exception) -> None:
        self.facts = ()
        self._fill()
        self._show_behind(None)
        if isinstance(error, CalguiError):
            self.title.setText(" ".join(part for part in (error.message, error.cure) if part))
        else:
            self.session.report(error, "Looking at a pixel")

    def _fill(self) -> None:
        self.rows = _rows(self.facts)
        self.table.setVisible(bool(self.rows))
        self.table.setRowCount(len(self.rows))
        for row, fact in enumerate(self.rows):
            texts = (fact.what, _value(fact), ", ".join(fact.flags), fact.path.name if fact.path is not None else "")
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column == 1 and not fact.problem:
                    item.setFont(figures())
                if fact.problem and column < 2:
                    item.setForeground(theme().colour("muted"))
                item.setToolTip(_tip(fact) if column != 2 else text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)

    def _open(self, row: int) -> None:
        path: Path | None = self.rows[row].path
        if path is not None and not self.rows[row].problem:
            self.session.frame_requested.emit(path)


def _rows(facts: tuple[PixelFact, ...]) -> tuple[PixelFact, ...]:
    """What has a value first; what can have none at all, such as tables, together in the last row."""
    none = [fact for fact in facts if fact.problem in (NO_PICTURE, OTHER_PICTURE)]
    others = [fact for fact in facts if fact not in none]
    if not none:
        return tuple(others)
    names = ", ".join(fact.what for fact in none)
    return (*others, PixelFact("others", None, problem=f"no picture of the detector: {names}"))


def _value(fact: PixelFact) -> str:
    if fact.problem:
        return fact.problem
    if fact.values == (fact.dq,):
        return str(fact.dq)  # a map of flags: its bits as they are, in all figures
    told = "  ".join("NaN" if math.isnan(value) else number(value) for value in fact.values)
    error = f" ± {fact.error:.3g}" if fact.error is not None and not math.isnan(fact.error) else ""
    everywhere = "" if fact.place is not None else "  (all pixels)"
    return f"{told}{error} {shown_unit(fact.unit)}".rstrip() + everywhere


def _tip(fact: PixelFact) -> str:
    parts = [str(fact.path)] if fact.path is not None else [f"{fact.what}: {fact.problem}"]
    if fact.path is not None and fact.problem:
        parts.append(fact.problem)
    if fact.place is not None:
        parts.append(f"x {fact.place[0]}, y {fact.place[1]} of that file; a double click shows it")
    return "\n".join(parts)
