"""Joins everything that shows spectra: spectrum, residuals, list, field and wall choose the same spectrum and line."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QTabWidget

from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.spectrummarks import LINE_STATES, Spectra
from calgui.views.session import Session
from calgui.views.widgets.tabs import show_tab
from calgui.views.workbench.picturetab import PictureTab
from calgui.views.workbench.spectra.edits import all_forgotten, by_hand, deed, excluded, identified, taken_back
from calgui.views.workbench.spectra.fieldtab import FieldPart
from calgui.views.workbench.spectra.linetable import LineTable
from calgui.views.workbench.spectra.shown import EXCLUDED, MISSING, Shown
from calgui.views.workbench.spectra.spectrumtab import SpectrumPart
from calgui.views.workbench.spectra.walltab import WallPart

#: width of the figures and the list beside the spectrum, where there is room, pixels
_SIDE_WIDE = 360


class SpectraPanel(QObject):
    """The spectra of the result that is shown.

    Signals
    -------
    options_wanted(object)
        Options are to be changed (a dict of option to text), as a click or a key did it.

    Parameters
    ----------
    session : Session
        Who saves plots, and whose steps are undone.
    parent : QObject
        Owns this.
    """

    options_wanted = Signal(object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.part, self.field, self.wall = SpectrumPart(session), FieldPart(session), WallPart()
        self.table = LineTable()
        self._tab = PictureTab(self.part, None, _SIDE_WIDE)
        self._tabs: QTabWidget | None = None
        self._side: QTabWidget | None = None
        #: gives the options of the page as they are
        self.options: Callable[[], Mapping[str, Any]] = dict
        self.shown: Shown | None = None
        self._known: Shown | None = None
        #: the option of that name when spectra were shown last
        self._medium = ""
        self.spectrum = 0
        self.line: int | None = None
        #: pixel of the chosen line, or of a place where none was found
        self.pixel = float("nan")
        part, bar, identify = self.part, self.part.bar, self.part.identify
        part.plot.chosen.connect(self._clicked)
        part.residuals.chosen.connect(self.choose)
        part.plot.wanted.connect(self._key)
        self.table.chosen.connect(self.choose)
        self.table.exclude_wanted.connect(self._exclude_all)
        for changed in (bar.axis_changed, bar.template_changed, bar.unit_changed, bar.hidden_changed):
            changed.connect(self._draw)
        bar.step_wanted.connect(self.step)
        bar.main_wanted.connect(self._to_main)
        identify.identify_wanted.connect(self._identify)
        identify.forget_wanted.connect(self._forget)
        identify.exclude_wanted.connect(lambda listed, out: self._exclude_all((listed,), out))
        identify.main_wanted.connect(self._to_main)
        identify.left.connect(part.plot.setFocus)
        for view in (self.field, self.wall):
            view.chosen.connect(self.choose_spectrum)
            view.opened.connect(self._open)
        for one in (bar, self.field, self.wall):
            one.sought.connect(self._seek)

    # -- what is shown -------------------------------------------------------------------------------------------------

    def live_in(self, tabs: QTabWidget, side: QTabWidget) -> None:
        """Add the tabs, which are seen where there are spectra.

        Parameters
        ----------
        tabs : QTabWidget
            Of the result; the first is the picture.
        side : QTabWidget
            Figures beside the picture: they stand beside the spectrum where that is seen.
        """
        self._tabs, self._side = tabs, side
        for at, (widget, title, tip) in enumerate(
            (
                (self._tab, "Spectrum", "A spectrum with its lines, and their residuals"),
                (self.field, "Field", "Residuals, coefficients and states of the spectra over the field"),
                (self.wall, "Wall", "All spectra below one another, the worst first"),
            ),
            start=1,
        ):
            tabs.setTabToolTip(tabs.insertTab(at, widget, title), tip)
            tabs.setTabVisible(at, False)
        side.setTabVisible(side.addTab(self.table, "Lines"), False)
        tabs.currentChanged.connect(self._take_side)

    def _take_side(self, _at: int) -> None:
        tab = self._tabs.currentWidget() if self._tabs is not None else None
        if self._side is not None and isinstance(tab, PictureTab) and tab.indexOf(self._side) < 0:
            tab.take_side(self._side)

    def take(self, result: Result | None, alone: bool = False) -> None:
        """Show the spectra of a result.

        Parameters
        ----------
        result : Result or None
            What is shown now; where there is nothing, what was chosen and zoomed into stays for the next.
        alone : bool
            Whether it has no picture.
        """
        spectra = result.spectra if result is not None else None
        self.shown = shown = Shown(spectra) if spectra is not None and spectra.flux.size else None
        if shown is not None:
            before, self._known = self._known, shown
            if before is None or before.spectra.flux.shape != shown.spectra.flux.shape:
                self.spectrum = int(shown.spectra.main)
                self.line, self.pixel = None, float("nan")
            else:
                self.line = shown.find_again(before, self.line)
        if result is not None:
            self._show_tabs(alone)
            self._follow_medium()
        self._draw()
        spectrum = self.spectrum if shown is not None else None
        self.field.show_spectra(shown, spectrum)
        self.wall.show_spectra(shown, spectrum)

    def take_one(self, spectra: Spectra) -> None:
        """Draw the spectrum anew as an answer has it; field and wall wait for that of all spectra.

        Parameters
        ----------
        spectra : Spectra
            With the same lines as before: only what became of one spectrum is another.
        """
        if self.shown is not None and spectra.lines.pixel is self.shown.spectra.lines.pixel:
            self.shown = self._known = Shown(spectra)
            self._draw()

    def _show_tabs(self, alone: bool) -> None:
        """The tabs that there is something on; the spectrum is what is looked at first."""
        tabs, side, shown = self._tabs, self._side, self.shown
        if tabs is None or side is None:
            return
        new = shown is not None and not tabs.isTabVisible(tabs.indexOf(self._tab))
        many = shown is not None and shown.count > 1
        show_tab(tabs, tabs.indexOf(self._tab), shown is not None)
        show_tab(tabs, tabs.indexOf(self.field), many and shown is not None and shown.grid is not None)
        show_tab(tabs, tabs.indexOf(self.wall), many)
        show_tab(side, side.indexOf(self.table), shown is not None)
        if new and tabs.currentIndex() == 0:
            tabs.setCurrentWidget(self._tab)
        show_tab(tabs, 0, shown is None or not alone)

    def _follow_medium(self) -> None:
        """Who asks for wavelengths in air, or in vacuum again, reads them so on the axis as well."""
        before, self._medium = self._medium, str(self.options().get("medium", ""))
        axis = self.part.bar.axis
        if before and self._medium != before:
            axis.setCurrentText(axis.currentText().replace(before, self._medium))

    def _draw(self) -> None:
        self.part.draw(self.shown, self.spectrum)
        self._show_line()

    def _show_line(self) -> None:
        bar, shown = self.part.bar, self.shown
        self.part.choose(self.line if shown is not None else None)
        if shown is not None and self.line is not None:
            self.pixel = float(shown.spectra.lines.pixel[self.line])
        axis = bar.chosen_axis
        self.table.show_lines(shown, self.spectrum, axis, bar.chosen_unit, self.line)
        self.part.identify.show_line(
            shown, self.line if shown is not None else None, self.pixel, axis, self.options(), self.spectrum
        )

    def choose_spectrum(self, spectrum: int) -> None:
        """Choose a spectrum, wherever it is shown.

        Parameters
        ----------
        spectrum : int
            Which.
        """
        shown = self.shown
        if shown is None or not 0 <= spectrum < shown.count or spectrum == self.spectrum:
            return
        # the same listed line is looked at in the other spectrum
        lines = shown.spectra.lines
        listed = int(lines.listed[self.line]) if self.line is not None else -1
        self.spectrum = spectrum
        which = shown.index(spectrum)
        same = which[lines.listed[which] == listed] if listed >= 0 else which[:0]
        self.line, self.pixel = (int(same[0]) if same.size else None), float("nan")
        self._draw()
        self.field.choose(spectrum)
        self.wall.choose(spectrum)

    def choose(self, line: int | None) -> None:
        """Choose a line of the spectrum, wherever it is shown.

        Parameters
        ----------
        line : int or None
            Into the table of all lines; None lets go.
        """
        self.line, self.pixel = line, float("nan")
        self._show_line()
        if line is not None:
            self.part.plot.seek(line)

    def step(self, by: int) -> None:
        """Choose the next spectrum in the order of the wall, or one before."""
        shown = self.shown
        if shown is None:
            return
        order = shown.ordered(self.wall.order, self.wall.hidden)
        found = np.flatnonzero(order == self.spectrum)
        at = int(found[0]) + by if found.size else 0
        if 0 <= at < order.size:
            self.choose_spectrum(int(order[at]))

    def _to_main(self) -> None:
        if self.shown is None:
            return
        main, spectrum = int(self.shown.spectra.main), self.spectrum
        waves = self.shown.wavelength_at(spectrum, self.pixel) if np.isfinite(self.pixel) else np.nan
        self.choose_spectrum(main)
        if self.line is None and np.isfinite(waves):
            # one that is not identified is sought by its wavelength
            pixel = float(self.shown.pixel_of(main, float(waves)))
            self.choose(self.shown.nearest(main, pixel, 3.0))

    def _open(self, spectrum: int) -> None:
        self.choose_spectrum(spectrum)
        if self._tabs is not None:
            self._tabs.setCurrentWidget(self._tab)
        self.part.plot.setFocus()

    def _seek(self, text: str) -> None:
        found = self.shown.find(text) if self.shown is not None else None
        if found is not None:
            self.choose_spectrum(found)
        elif self.shown is not None and text.strip():
            where = "Give row and column, as 12, 40, " if self.shown.spectra.place is not None else "Give a number "
            self._session.notice("warning", f"There is no spectrum {text.strip()}.", f"{where}from what is there.")

    # -- what is said of lines -----------------------------------------------------------------------------------------

    def _clicked(self, line: int | None) -> None:
        plot = self.part.plot
        self.choose(line)
        if line is None and plot.under is not None and plot.scale is not None and self.shown is not None:
            pixel = plot.scale.to_pixel(plot.under)
            there = 0 <= pixel < self.shown.pixels and self.spectrum == self.shown.spectra.main
            self.pixel = pixel if there and self.shown.spectra.identifies else float("nan")
            self._show_line()

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
        shown = self.shown
        if shown is None or not changed or not {*changed} <= {shown.spectra.identifies, shown.spectra.excludes}:
            return ""
        if all(not after[name] for name in changed) and len(changed) == 2:
            return "forget what was said of lines by hand"
        # a line that is identified may be taken in again with that: the identity is what is told
        name = shown.spectra.identifies if shown.spectra.identifies in changed else changed[0]
        return deed(shown, name, before[name], after[name])

    def _change(self, changed: Mapping[str, str]) -> None:
        if changed:
            self.options_wanted.emit(dict(changed))

    def _identify(self, pixel: float, wavelength: float) -> None:
        if self.shown is not None and self.spectrum == self.shown.spectra.main:
            self._change(identified(self.shown, pixel, wavelength, self.options()))

    def _forget(self, pixel: float) -> None:
        if self.shown is not None:
            self._change(taken_back(self.shown, pixel, self.options()))

    def _exclude_all(self, listed: tuple[int, ...], out: bool) -> None:
        if self.shown is None:
            return
        now, changed = dict(self.options()), {}
        for one in listed:
            changed |= excluded(self.shown, one, {**now, **changed}, out)
        self._change(changed)

    def _key(self, wanted: str) -> None:
        """What a key of the plot asks for."""
        shown, part, plot = self.shown, self.part, self.part.plot
        if shown is None:
            return
        if wanted in ("next", "previous"):
            self._next(1 if wanted == "next" else -1)
        elif wanted in ("next spectrum", "previous spectrum"):
            self.step(1 if wanted == "next spectrum" else -1)
        elif wanted == "mark":
            # the line under the cursor, as one points and presses; else the chosen one
            under = plot.line_at(plot.under) if plot.under is not None else None
            if under is not None or self.line is None:
                self._clicked(under)
            part.identify.begin()
        elif wanted == "delete" and self.line is not None:
            self._exclude_all((int(shown.spectra.lines.listed[self.line]),), True)
        elif wanted == "undo":
            self._undo()
        elif wanted == "initialise":
            self._change(all_forgotten(shown, self.options()))
        elif wanted == "fit":
            part.residuals.setVisible(part.residuals.isHidden())
        elif wanted == "list":
            if self._side is not None:
                self._side.setCurrentWidget(self.table)
                self.table.view.setFocus()
        elif wanted == "template":
            part.bar.template.toggle()
        elif wanted == "zoom" and self.line is not None:
            plot.zoom_to(self.line)
        elif wanted == "whole":
            plot.show_whole()
            part.residuals.show_whole()

    def _undo(self) -> None:
        """Take in again what was left out, or forget what was said of the line; else undo the last step."""
        shown, line = self.shown, self.line
        if shown is not None and line is not None:
            lines, options = shown.spectra.lines, self.options()
            changed = {}
            if int(lines.state[line]) == EXCLUDED:
                changed = excluded(shown, int(lines.listed[line]), options, False)
            elif self.spectrum == shown.spectra.main and by_hand(shown, float(lines.pixel[line]), options):
                changed = taken_back(shown, float(lines.pixel[line]), options)
            if changed:
                self._change(changed)
                return
        self._session.history.undo()

    def _next(self, by: int) -> None:
        """The next line that is seen, or the one before; those that are missing are in the list alone."""
        assert self.shown is not None
        hidden = self.part.bar.hidden | {LINE_STATES[MISSING]}
        lines, which = self.shown.spectra.lines, self.shown.index(self.spectrum)
        which = which[[LINE_STATES[state] not in hidden for state in lines.state[which]]]
        scale = self.part.plot.scale
        if not which.size or scale is None:
            return
        # from left to right on the axis, which pixels may not be
        which = which[np.argsort(scale.of_pixel(lines.pixel[which]), kind="stable")]
        at = np.flatnonzero(which == self.line) if self.line is not None else np.zeros(0)
        if at.size:
            to = int(at[0]) + by
        else:
            plot = self.part.plot
            low, high = plot.box.viewRange()[0]
            start = plot.under if plot.under is not None else (low if by > 0 else high)
            places = scale.of_pixel(lines.pixel[which])
            to = int(np.searchsorted(places, start)) - (by < 0)
        self.choose(int(which[min(max(to, 0), which.size - 1)]))
