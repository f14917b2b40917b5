"""Joins everything that shows marks: picture, legend, list, map and cut-outs choose and pick the same mark."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Result
from calgui.core.frames.frame import Frame
from calgui.core.frames.source import stamp
from calgui.views.image.content import Origin
from calgui.views.image.view import ImageView
from calgui.views.session import Session
from calgui.views.workbench.marks.bar import MarksBar
from calgui.views.workbench.marks.layer import MarksLayer
from calgui.views.workbench.marks.mapping import MapPanel
from calgui.views.workbench.marks.shown import Shown, deed, with_lines
from calgui.views.workbench.marks.table import MarksTable

#: pixels that are seen about a mark that is sought: between these, and so many times the way to the next one
_LEAST, _MOST, _TIMES = 40.0, 400.0, 6.0


@dataclass(frozen=True)
class Wanted:
    """The picture of an input that stands for a result.

    Attributes
    ----------
    number : int
        Of the input, from 1.
    frame : Frame or None
        Its picture where it is in memory; else the file is read.
    path : pathlib.Path or None
        The file.
    words : str
        Said on the picture.
    """

    number: int
    frame: Frame | None
    path: Path | None
    words: str


class MarksPanel(QObject):
    """The marks of the result that is shown.

    Signals
    -------
    options_wanted(object)
        Options are to be changed (a dict of option to text), as a click did it.
    input_wanted()
        Another picture is wanted; see `wanted`.

    Parameters
    ----------
    picture : ImageView
        Where the marks are drawn.
    session : Session
        For the map.
    """

    options_wanted = Signal(object)
    input_wanted = Signal()

    def __init__(self, picture: ImageView, session: Session) -> None:
        super().__init__(picture)
        self._picture = picture
        self.bar, self.layer, self.table, self.map = MarksBar(), MarksLayer(picture), MarksTable(), MapPanel(session)
        #: gives the options of the page as they are
        self.options: Callable[[], Mapping[str, Any]] = dict
        self.shown: Shown | None = None
        self.chosen: int | None = None
        self._result: Result | None = None
        self._inputs: tuple[Path, ...] = ()
        self._by_hand: int | None = None
        self._on_screen: tuple[Any, ...] = ()
        self._live = False
        bar, layer = self.bar, self.layer
        bar.input_chosen.connect(self._choose_input)
        bar.picking_changed.connect(self._set_picking)
        bar.shown_changed.connect(self._refresh)
        bar.rescale.clicked.connect(self._rescale)
        layer.chosen.connect(lambda index: self.choose(index, seek=False))
        layer.picked.connect(self._picked)
        for part in (self.table, self.map):
            part.chosen.connect(self.choose)
        self.table.toggle_wanted.connect(self._toggle_all)
        picture.shown.connect(lambda _path: self._map())
        picture.bar.colours.currentTextChanged.connect(lambda _text: self._map())
        picture.bar.box.toggled.connect(self._other_tool)
        picture.measuring.layer.tool_changed.connect(self._other_tool)

    def key_on(self, widget: QWidget) -> None:
        """Let P switch picking wherever the focus is in a widget.

        Parameters
        ----------
        widget : QWidget
            The picture and what is about it.
        """
        key = QShortcut(QKeySequence("P"), widget, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.setObjectName("marks_pick_key")
        key.activated.connect(lambda: self.bar.pick.click())

    # -- which picture ---------------------------------------------------------------------------------------------

    def take(self, result: Result | None, inputs: Sequence[Path], live: bool) -> None:
        """Show the marks of a result.

        Parameters
        ----------
        result : Result or None
            What is shown now.
        inputs : sequence of pathlib.Path
            What it was made of.
        live : bool
            Whether it is of the whole inputs, so that its marks can be picked.
        """
        if tuple(inputs) != self._inputs:
            self._by_hand = None
            self.bar.forget_scale()
        self._result, self._inputs, self._live = result, tuple(inputs), live
        if result is None:
            self._on_screen = ()
        before = self.shown
        marks = with_lines(result.marks) if result is not None and result.marks is not None else None
        self.shown = self._shown(marks) if marks is not None else None
        self.chosen = self.shown.find_again(before, self.chosen) if self.shown is not None else None
        self.bar.set_inputs(self._choices(), self.number)
        self._refresh()

    def _shown(self, marks: Marks) -> Shown:
        number, result = self._number_of_marks(marks), self._result
        frame = None if result is None else result.frame if number == 0 else result.picture
        return Shown(marks, number, float(min(frame.shape[-2:])) if frame is not None else float("inf"))

    def _choices(self) -> list[tuple[int, str]]:
        result = self._result
        if result is None or not self._about_inputs(result):
            return []
        product = [(0, "the product")] if result.frame is not None else []
        if not self._live and product and result.picture is None:
            # of a part, the files show more
            return product
        return product + [(number, f"{number}: {path.name}") for number, path in enumerate(self._inputs, start=1)]

    @staticmethod
    def _about_inputs(result: Result) -> bool:
        return result.marks is not None or result.picture is not None

    @property
    def number(self) -> int:
        """Of the input whose picture is wanted; 0 for the product."""
        result = self._result
        if result is None or not self._about_inputs(result):
            return 0
        choices = [number for number, _ in self._choices()]
        if self._by_hand in choices:
            assert self._by_hand is not None
            return self._by_hand
        if result.frame is not None and result.picture is None:
            return 0
        return self._number_of_picture(result)

    def _number_of_marks(self, marks: Marks) -> int:
        """Of the picture whose marks are listed and mapped: beside a product without any, those of an input."""
        number = self.number
        if number > 0 or self._result is None or (np.asarray(marks.number) == number).any():
            return number
        return self._number_of_picture(self._result)

    def _number_of_picture(self, result: Result) -> int:
        path = result.picture.path if result.picture is not None else None
        return self._inputs.index(path) + 1 if path in self._inputs else 1

    @property
    def wanted(self) -> Wanted | None:
        """The picture of an input that is to be shown; None where it is that of the product."""
        result, number = self._result, self.number
        if result is None or number == 0:
            return None
        frame = result.picture if self._number_of_picture(result) == number else None
        path = self._inputs[number - 1] if number <= len(self._inputs) else None
        words = f"input {number} of {len(self._inputs)}" if len(self._inputs) > 1 else "the input"
        return Wanted(number, frame, path, words)

    def show_picture(self, wanted: Wanted, note: str) -> None:
        """Show the picture of an input; one that is on the screen stays as it is.

        Parameters
        ----------
        wanted : Wanted
            Which.
        note : str
            Said on it, after what it is.
        """
        said = " · ".join(filter(None, (wanted.words, note)))
        path = wanted.path
        now = ("frame", wanted.frame) if wanted.frame is not None else ("file", path, path and stamp(path))
        if now == self._on_screen and self._picture.content is not None:
            self._picture.set_note(said)
            return
        # before it is shown, which may be at once
        self._on_screen = now
        if wanted.frame is not None:
            name = path.name if path is not None else ""
            origin = Origin((path,)) if path is not None else None
            self._picture.show_frame(wanted.frame, name=name, note=said, origin=origin)
        elif path is not None:
            self._picture.show_file(path)
            self._picture.set_note(said)
        else:
            self._picture.clear("There is no picture of this input.")

    def other_picture(self) -> None:
        """The screen shows something else than the picture of an input."""
        self._on_screen = ()

    @property
    def shown_number(self) -> int:
        """Of the picture whose marks are listed."""
        return self.shown.number if self.shown is not None else 0

    def _choose_input(self, number: int) -> None:
        self._by_hand = number
        if self._result is not None:
            self.take(self._result, self._inputs, self._live)
        self.input_wanted.emit()

    # -- what is seen ------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Draw the marks as the bar says."""
        shown, bar, layer = self.shown, self.bar, self.layer
        marks = shown.marks if shown is not None else None
        pickable = [name for name in (marks.toggles, marks.adds) if name] if marks is not None and self._live else []
        bar.show_marks(shown, pickable, {"pick": self._pick_words()})
        layer.hidden = bar.hidden
        layer.arrows_wanted, layer.lines_wanted = bar.arrows.isChecked(), bar.lines.isChecked()
        layer.arrow_scale = bar.scale.value()
        layer.show_marks(shown if shown is not None and shown.number == self.number else None)
        layer.choose(self.chosen)
        self.table.show_marks(shown, self.chosen)
        self._map()
        self.show_scale()

    def _rescale(self) -> None:
        self.bar.propose_scale(self.shown)
        self._refresh()

    def show_scale(self) -> None:
        """Draw the reference arrow as long as those on the picture."""
        canvas = self._picture.canvas
        self.bar.reference.set_scale(self.bar.scale.value() * canvas.scale_factor() / canvas.devicePixelRatioF())

    def _map(self) -> None:
        result, content = self._result, self._picture.content
        values = content.values if content is not None and self._on_screen else None
        if values is None and result is not None and result.picture is not None and result.picture.data.ndim == 2:
            values = result.picture.data if self.shown_number == self._number_of_picture(result) else None
        self.map.show_marks(self.shown, self.bar.hidden, values, self._picture.bar.colours.currentText())

    def choose(self, index: int | None, seek: bool = True) -> None:
        """Choose a mark, wherever it is shown.

        Parameters
        ----------
        index : int or None
            None lets go.
        seek : bool
            Whether the picture goes there.
        """
        self.chosen = index
        self.layer.choose(index)
        self.table.choose(index)
        self.map.choose(index)
        if seek and index is not None and self.shown is not None and self.shown.number == self.number:
            x, y = float(self.shown.marks.x[index]), float(self.shown.marks.y[index])
            if np.isfinite(x + y):
                spacing = self.shown.spacing
                side = _TIMES * spacing if np.isfinite(spacing) else _LEAST
                self._picture.look_at(x, y, min(max(side, _LEAST), _MOST))

    # -- picking ----------------------------------------------------------------------------------------------------

    def _pick_words(self) -> str:
        marks = self.shown.marks if self.shown is not None else None
        if marks is None:
            return ""
        one = self.shown.one if self.shown is not None else ""
        parts = []
        if marks.toggles:
            verb = "exclude it, or include it again" if marks.toggles == "exclude" else "put it in, or take it out"
            parts.append(f"click a {one} to {verb}")
        if marks.adds:
            parts.append(f"click elsewhere to add {'one' if parts else f'a {one}'}")
        said = "; ".join(parts)
        return f"{said[:1].upper()}{said[1:]} (P begins and ends it)."

    def _set_picking(self, on: bool) -> None:
        picture = self._picture
        if on:
            picture.measuring.layer.set_tool("")
            picture.bar.box.setChecked(False)
        self.layer.picking = on
        picture.canvas.viewport().setCursor(Qt.CursorShape.PointingHandCursor if on else Qt.CursorShape.ArrowCursor)
        picture.bar.hint.emit(self._pick_words() if on else "")

    def _other_tool(self, chosen: object) -> None:
        if chosen:
            self.bar.pick.setChecked(False)

    def _picked(self, index: int | None, x: float, y: float) -> None:
        if self.shown is None:
            return
        if index is None:
            changed = self.shown.added(x, y, self.options())
        else:
            self.choose(index, seek=False)
            changed = self.shown.toggled(index, self.options())
        if changed:
            self.options_wanted.emit(changed)

    def _toggle_all(self, indices: tuple[int, ...]) -> None:
        if self.shown is not None and self._live:
            changed = self.shown.toggled_all(indices, self.options())
            if changed:
                self.options_wanted.emit(changed)

    def deed(self, before: Mapping[str, Any], after: Mapping[str, Any], changed: Sequence[str]) -> str:
        """What was done to marks, as it follows the word Undo.

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
        if shown is None or len(changed) != 1 or changed[0] not in (shown.marks.toggles, shown.marks.adds):
            return ""
        name = changed[0]
        return deed(name, shown.one, before[name], after[name], name == shown.marks.adds)
