"""The Observe place: files, the references that the rules select for them, the picture, and why."""

import gc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from calgui.views.observations.files import ObservedFiles
from calgui.views.observations.layouts import DEFAULT, LAYOUTS, PANELS
from calgui.views.observations.table import ObservationTable
from calgui.views.session import Session
from calgui.views.settings import remember, remembered
from calgui.views.widgets.arrangement import Arrangement

#: so often at most the others are told that files arrive
_TELL_MS = 300
#: objects through which a full round of Python's collector goes in a few milliseconds
_MANY = 50_000


class ObservePlace(QWidget):
    """Table, references, picture, why and inspector.

    The table is there at once; the other panels, whose packages take long to load, come after the first painting
    (`complete`).

    Parameters
    ----------
    session : Session
        Whose observations are shown.
    parent : QWidget, optional

    Signals
    -------
    read_out(str)
        What is under the cursor in the picture, in words.
    open_requested(str)
        The user asks for ``files`` or a ``folder``.
    """

    read_out = Signal(str)
    open_requested = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("observe_place")
        self.setAccessibleName("Observe")
        self.files = ObservedFiles(session, self)
        self.table = ObservationTable(session, self.files, self)
        self.table.open_requested.connect(self.open_requested)
        self._arrivals = QTimer(self)
        self._arrivals.setSingleShot(True)
        self._arrivals.setInterval(_TELL_MS)
        self._arrivals.timeout.connect(session.observations_changed)
        self.files.arrived.connect(self._observations_changed)
        self.files.forgotten.connect(self._observations_changed)
        session.observations = lambda: [row.entry for row in self.table.model.entries()]
        self.files.scanning_changed.connect(lambda scanning: None if scanning else set_apart())
        self.panels: dict[str, QWidget] = {}
        self.viewer: Any = None
        self.picture: Any = None
        self.inspector: Any = None
        self._slots = {name: _slot(name, self) for name in ("references", "picture", "inspector", "why")}
        self.arrangement = self._lay_out()
        self._completed = False
        session.selection_changed.connect(self._show_selection)
        session.frame_requested.connect(self._show_file)
        session.pixel_requested.connect(self._show_pixel)
        session.keep("observe", self._kept, self._take_up)

    def _lay_out(self) -> Arrangement:
        widgets = {"table": self.table, **self._slots}
        panels = {name: (title, widgets[name]) for name, title in PANELS.items()}
        arrangement = Arrangement("observe_panels", panels, LAYOUTS[DEFAULT], self)
        arrangement.put(remembered("layouts/observe", {}))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(arrangement)
        return arrangement

    # ---- what the window asks

    def open(self, paths: Iterable[Path]) -> None:
        """Read the headers of files and folders, and show them in the table.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Absolute.
        """
        self.files.open(paths)

    def close_roots(self, roots: Iterable[Path]) -> None:
        """Take files and folders out of the table that were opened.

        Parameters
        ----------
        roots : iterable of pathlib.Path
            As they were opened.
        """
        self.table.close_roots(roots)

    def complete(self) -> None:
        """Make the panels that are not there yet, one at a time so that the window stays alive."""
        if not self._completed:
            self._completed = True
            # in the order in which the Tab key goes through them
            self._makers = [self._make_references, self._make_picture, self._make_inspector, self._make_why]
            QTimer.singleShot(0, self._make_next)

    @property
    def busy(self) -> bool:
        """Whether panels are still to come, or files to be read."""
        return (self._completed and bool(self._makers)) or self.files.scanning

    def show_panel(self, name: str, on: bool) -> None:
        """Show or hide a panel.

        Parameters
        ----------
        name : str
            ``references``, ``picture``, ``inspector`` or ``why``.
        on : bool
            Whether it is shown.
        """
        self.arrangement.show_panel(name, on)

    def arrange(self, state: object, text: str) -> None:
        """Put the panels elsewhere, as a step that can be taken back.

        Parameters
        ----------
        state : object
            As the arrangement gives it.
        text : str
            What it is, after the word Undo.
        """
        before = self.arrangement.state()
        if self.arrangement.put(state):
            self.arranged(text, before)

    def arranged(self, text: str, before: object) -> None:
        """Note that the panels stand elsewhere now.

        Parameters
        ----------
        text : str
            What was done.
        before : object
            How they stood.
        """
        after, put = self.arrangement.state(), self.arrangement.put
        self.session.history.did(text, lambda: put(before), lambda: put(after))

    def save(self) -> None:
        """Remember where the panels are, and the columns."""
        self.table.save()
        remember("layouts/observe", self.arrangement.state())

    def close_files(self) -> None:
        """Let go of the index; call it when no task runs any more."""
        self.arrangement.close_windows()
        self.files.close()

    def _kept(self) -> dict[str, Any]:
        return {"filter": self.table.filter.text(), "panels": self.arrangement.state()}

    def _take_up(self, kept: Any) -> None:
        self.table.take_filter(str(kept["filter"])[:1000])
        self.arrangement.put(kept["panels"])

    # ---- panels

    def _observations_changed(self, _rows: object = None) -> None:
        # told at a steady pace while thousands arrive
        if not self._arrivals.isActive():
            self._arrivals.start()

    def _make_next(self) -> None:
        if self._makers:
            self._makers.pop(0)()
            QTimer.singleShot(0, self._make_next)
        else:
            set_apart()

    def _fill(self, name: str, widget: QWidget) -> None:
        self.panels[name] = widget
        layout = self._slots[name].layout()
        assert layout is not None
        layout.addWidget(widget)

    def _make_references(self) -> None:
        from calgui.views.rules.why.references import ReferencesPanel

        self._fill("references", ReferencesPanel(self.session, self))

    def _make_why(self) -> None:
        from calgui.views.rules.why.panel import WhyPanel

        self._fill("why", WhyPanel(self.session, self))

    def _make_inspector(self) -> None:
        from calgui.views.observations.inspector import Inspector

        self.inspector = Inspector(self.session, self)
        self._fill("inspector", self.inspector)
        # what was selected before it was there
        self.inspector.show_file(self.session.selection[0] if self.session.selection else None)

    def _make_picture(self) -> None:
        from calgui.views.observations.viewer import Viewer

        self.viewer = Viewer(self.session, self)
        self.picture = self.viewer.picture
        self.viewer.cursor_moved.connect(lambda reading: self.read_out.emit(_said(reading)))
        self._fill("picture", self.viewer)
        self._show_selection()

    def _show_selection(self) -> None:
        selection = self.session.selection
        if self.inspector is not None:
            self.inspector.show_file(selection[0] if selection else None)
        if self.viewer is not None:
            self.viewer.show_files(selection)

    def _show_pixel(self) -> None:
        """The file of the picked pixel, and all that is known of it."""
        pixel = self.session.pixel
        if pixel is not None and pixel.path is not None:
            self._show_file(pixel.path)
            self.show_panel("inspector", True)
            if self.inspector is not None:
                self.inspector.show_pixel()

    def _show_file(self, path: Path) -> None:
        self.session.place_requested.emit("observe")
        if self.viewer is not None:
            self.viewer.show_files([path])
        if self.inspector is not None:
            self.inspector.show_file(path)


def set_apart() -> None:
    """Take what stays for long, packages and rows, out of the rounds of Python's collector.

    Each of its full rounds would look at all of it, and stop the window for 50 to 100 ms. But what was set apart and
    then let go in a ring of references, as a view of a file is, stays for ever: few things are not set apart.
    """
    # the list of all things holds, for a moment, the tuples that other threads are making longer, which ends in a
    # SystemError there: between its making and its end no other thread may have its turn, as one may between two calls
    # from Python
    if next(map(len, map(gc.get_objects, (None,)))) > _MANY:
        gc.freeze()


def _said(reading: Any) -> str:
    """What the status bar says of a pixel."""
    if reading is None:
        return ""
    parts = (f"x {reading.x}   y {reading.y}", reading.value_text, ", ".join(reading.flags), reading.sky)
    return "     ".join(part for part in parts if part)


def _slot(name: str, parent: QWidget) -> QWidget:
    slot = QWidget(parent)
    slot.setObjectName(f"{name}_slot")
    layout = QVBoxLayout(slot)
    layout.setContentsMargins(0, 0, 0, 0)
    slot.setMinimumSize(240, 90)
    return slot
