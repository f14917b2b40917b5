"""The page of compared pictures: the list of frames, the board, and the controls of the one in front."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.frames import dq as flags
from calgui.views.compare.bar import CompareBar
from calgui.views.compare.board import Board
from calgui.views.compare.cell import Cell
from calgui.views.compare.frame_tabs import FrameTabs
from calgui.views.compare.frames_table import FramesTable
from calgui.views.compare.locks import Locks
from calgui.views.compare.pairing import Pairing
from calgui.views.compare.steps import ComparisonSteps
from calgui.views.image.content import Content, value_at
from calgui.views.image.histogram import number
from calgui.views.image.readout import Reading
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.session import Session
from calgui.views.theme import SPACE

#: each holds its pixels
_MOST = 16
_EMPTY = "Select two or more files in Observe, or add files here, to compare their pictures."


class PicturesPage(QWidget):
    """Pictures side by side, one over another, and one less another.

    Parameters
    ----------
    session : Session
        Whose selection is compared while it is followed.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("compare_pictures")
        self.setAccessibleName("Compared pictures")
        self.cells: list[Cell] = []
        #: the compared files
        self.paths: tuple[Path, ...] = ()
        self.bar = CompareBar(self)
        self.table = FramesTable(self)
        self.tabs = FrameTabs(self)
        self.board = Board(self)
        self.locks = Locks(session, self)
        self.regions = RegionSet(session.history, self)
        self.result = Cell(session, None, self.board, self.regions)
        self.locks.follow(self.result)
        self.pairing = Pairing(session, self.result)
        self._lay_out()
        self._connect()
        self._adopt(self.result)
        self.show_paths(())
        self.steps = ComparisonSteps(self)

    # ---- making

    def _lay_out(self) -> None:
        self.follow = QToolButton(self)
        self.follow.setObjectName("compare_follow")
        self.follow.setText("Follow the selection")
        self.follow.setToolTip("Compare what is selected in Observe; off: keep these frames")
        self.follow.setAccessibleName("Follow the selection")
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.add = QToolButton(self)
        self.add.setObjectName("compare_add")
        self.add.setToolTip("Compare further files, whatever is selected in Observe")
        self.add.setText("Add files…")
        self.add.setAccessibleName("Add files to the comparison")
        self.message = QLabel(_EMPTY, self)
        self.message.setObjectName("compare_message")
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.above, self.below = QStackedWidget(self), QStackedWidget(self)
        # what is taller in another frame must not move the picture
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE, SPACE, 0, SPACE)
        row = QHBoxLayout()
        row.addWidget(self.follow)
        row.addWidget(self.add)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        self.split = QSplitter(Qt.Orientation.Vertical, self)
        self.split.setObjectName("compare_splitter")
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.board)
        self.split.setStretchFactor(0, 3)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, SPACE, SPACE)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.bar)
        column.addWidget(self.above)
        column.addWidget(self.tabs)
        column.addWidget(self.message, 1)
        column.addWidget(self.split, 1)
        column.addWidget(self.below)
        whole = QSplitter(Qt.Orientation.Horizontal, self)
        whole.setObjectName("compare_whole")
        whole.setChildrenCollapsible(False)
        whole.addWidget(left)
        whole.addWidget(right)
        whole.setStretchFactor(1, 1)
        whole.setSizes([430, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(whole)

    def _connect(self) -> None:
        bar = self.bar
        bar.way_chosen.connect(lambda _way: self._show_way())
        bar.pair_chosen.connect(self._show_way)
        bar.lock_chosen.connect(self.locks.set_by)
        bar.limits_chosen.connect(self.locks.set_limits)
        bar.interval_chosen.connect(self.board.set_interval)
        self.table.row_chosen.connect(self.show_frame)
        self.tabs.chosen.connect(self.show_frame)
        self.table.remove_asked.connect(self._remove)
        self.table.validate_asked.connect(lambda place: self.session.ask_page("validate", (self.paths[place],)))
        self.board.turned.connect(self._turned)
        self.locks.pointed.connect(self._point)
        self.result.view.probe.read.connect(self._point_at_result)
        self.locks.aligned.connect(self._compute)
        self.pairing.shown.connect(lambda: self.locks.catch_up(self.result))
        self.locks.failed.connect(lambda text: self.session.notice("warning", text, "Lock by pixel, or not at all."))
        self.follow.toggled.connect(lambda on: on and self._follow_selection())
        self.add.clicked.connect(self._ask_files)
        self.session.selection_changed.connect(self._selection_changed)

    def _adopt(self, cell: Cell) -> None:
        """Take the controls of a view."""
        self.above.addWidget(cell.above)
        self.below.addWidget(cell.below)
        cell.view.measuring.put_panel_in(self.split)
        cell.view.bar.measure.toggled.connect(lambda on: self._measure(cell, on))

    # ---- which frames

    @property
    def busy(self) -> bool:
        """Whether views of files are still to be made."""
        return len(self.cells) < len(self.paths)

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Compare these files; views of files that stay are kept.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            In their order; the first says where the others lie.
        """
        wanted = list(dict.fromkeys(paths))[:_MOST]
        if len(paths) > _MOST:
            self.session.notice(
                "warning", f"{len(paths)} files are selected; the first {_MOST} are compared.", "Select fewer."
            )
        self.paths = tuple(wanted)
        self.table.show_frames(wanted)
        names = [path.name for path in wanted]
        self.bar.set_frames(names)
        self.tabs.set_frames(names)
        self._take()

    def _take(self) -> None:
        """Lay out the views that are there, and one that is not: many at once would stop the window."""
        known = {cell.path: cell for cell in self.cells}
        cells = []
        made = False
        for path in self.paths:
            cell = known.pop(path, None)
            if cell is None:
                if made:
                    continue
                made = True
                cell = Cell(self.session, path, self.board, self.regions)
                cell.view.shown.connect(self._compute)
                cell.view.look.changed.connect(self._compute)
                self._adopt(cell)
            cells.append(cell)
        self.cells = cells
        self.locks.set_cells(cells)
        for place, cell in enumerate(cells):
            cell.name(place)
        if len(self.paths) < 2 and self.bar.way not in ("one", "grid"):
            self.bar.set_way("one")
        self.board.current = min(self.board.current, max(len(cells) - 1, 0))
        self._show_way()
        for gone in known.values():
            gone.close()
        if self.busy:
            QTimer.singleShot(0, self, self._take)

    def _follow_selection(self) -> None:
        if self.follow.isChecked() and self.session.selection:
            self.show_paths(self.session.selection)

    def _selection_changed(self) -> None:
        self._follow_selection()
        self.steps.settle()

    def _ask_files(self) -> None:
        names, _kind = QFileDialog.getOpenFileNames(
            self, "Add files to the comparison", "", "FITS (*.fits *.fit *.fts *.fits.gz *.fits.fz);;All files (*)"
        )
        if names:
            self.add_paths([Path(name) for name in names])

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Compare further files; the selection is not followed any more.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            Put behind those that are there.
        """
        self.follow.setChecked(False)
        self.show_paths((*self.paths, *paths))
        self.steps.note()

    def _remove(self, place: int) -> None:
        self.follow.setChecked(False)
        self.show_paths([path for at, path in enumerate(self.paths) if at != place])
        self.steps.note()

    def take_up(self, kept: dict[str, object]) -> None:
        """Show again what was shown in an earlier session.

        Parameters
        ----------
        kept : dict
            ``way``, ``lock``, ``limits`` and ``paths``; what is not understood is passed over.
        """
        paths = kept.get("paths")
        if isinstance(paths, list) and paths and all(isinstance(path, str) for path in paths):
            self.follow.setChecked(False)
            self.show_paths([Path(str(path)) for path in paths if Path(str(path)).is_file()])
        lock = self.bar.lock.findData(kept.get("lock"))
        if lock >= 0:
            self.bar.lock.setCurrentIndex(lock)
            self.locks.set_by(self.bar.lock.itemData(lock))
        if isinstance(kept.get("limits"), bool):
            self.bar.limits.setChecked(bool(kept["limits"]))
        way = kept.get("way")
        if isinstance(way, str) and way in self.bar.ways and self.bar.ways[way].isEnabled():
            self.bar.set_way(way)
        self.steps.settle()

    # ---- how they are shown

    def _show_way(self) -> None:
        way = self.bar.way
        there = bool(self.cells)
        self.message.setVisible(not there)
        for widget in (self.split, self.above, self.below):
            widget.setVisible(there)
        self.tabs.setVisible(there and way == "one" and len(self.paths) > 1)
        computed = way in ("difference", "ratio")
        self.result.pane.setVisible(computed and there)
        if computed:
            for cell in self.cells:
                cell.pane.hide()
            self.board.set_views([self.result.view])
            self.board.set_mode("one")
            self._compute()
        else:
            self.pairing.forget()
            self.board.set_views([cell.view for cell in self.cells])
            self.board.set_pair(*self.bar.pair)
            self.board.set_mode(way)  # type: ignore[arg-type]
        for cell in (self.result,) if computed else self.cells:
            self.locks.catch_up(cell)
        self._show_controls()

    @property
    def front(self) -> Cell | None:
        """The frame whose controls are shown."""
        if self.bar.way in ("difference", "ratio"):
            return self.result
        return self.cells[self.board.current] if self.board.current < len(self.cells) else None

    def show_frame(self, place: int) -> None:
        """Bring a frame to the front.

        Parameters
        ----------
        place : int
            From 0.
        """
        if self.bar.way == "blink":
            self.board.set_running(False)
        if self.bar.way == "grid":
            self.board.current = place
        else:
            if place < len(self.cells):
                self.locks.catch_up(self.cells[place])
            self.board.show_one(place)
        self._show_controls()

    def _turned(self, place: int) -> None:
        self._mark(place)
        if not self.board.running:  # choosers that change twice a second are of no use
            self._show_controls()

    def _show_controls(self) -> None:
        front = self.front
        if front is None:
            return
        self.above.setCurrentWidget(front.above)
        self.below.setCurrentWidget(front.below)
        if front in self.cells:
            self._mark(self.cells.index(front))

    def _mark(self, place: int) -> None:
        """Say which frame is in front."""
        self.table.show_current(place)
        self.tabs.show_current(place)

    def _measure(self, cell: Cell, on: bool) -> None:
        """Only one frame at a time has its figures below."""
        for other in (*self.cells, self.result):
            if other is not cell and on:
                other.view.bar.measure.setChecked(False)

    def _compute(self, *_: object) -> None:
        if self.bar.way in ("difference", "ratio") and len(self.cells) > 1:
            self.pairing.ask(self.bar.way, self.cells, self.bar.pair, self.locks.alignments)  # type: ignore[arg-type]

    # ---- the cursor

    def _point(self, where: Any) -> None:
        if where is None:
            self.table.show_values(())
            return
        cell, at, surface = where
        told = []
        for other in self.cells:
            if self.locks.by == "off" and other is not cell:
                told.append(("", "", ""))
                continue
            there = at if other is cell else other.view.canvas.to_picture(surface)
            told.append(_said(other.view.content, round(there.x()), round(there.y())))
        self.table.show_values(told)

    def _point_at_result(self, reading: Reading | None) -> None:
        if reading is None:
            self.table.show_values(())
        else:
            at = QPointF(reading.x, reading.y)
            self._point((self.result, at, self.result.view.canvas.to_surface(reading.x, reading.y)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space stops blinking and goes on; Page Up and Page Down go from frame to frame."""
        key = event.key()
        if key == Qt.Key.Key_Space and self.bar.way == "blink":
            self.board.set_running(not self.board.running)
            self._show_controls()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self.bar.way in ("one", "blink"):
            self.board.set_running(False)
            self.board.step(1 if key == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)


def _said(content: Content | None, x: int, y: int) -> tuple[str, str, str]:
    """Pixel, value and flags of a frame at a place."""
    if content is None or not (0 <= x < content.size[1] and 0 <= y < content.size[0]):
        return "", "outside", ""
    values, dq = content.values, content.dq
    value = "…" if values is None else _value(value_at(values, x, y))
    names = flags.decode(int(dq[y, x])) if dq is not None else ()
    return f"{x}, {y}", value, ", ".join(names)


def _value(value: float) -> str:
    return "NaN" if value != value else number(value)
