"""What is dropped is opened and shown, and never taken away from where it lies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
COPY, MOVE, LINK = Qt.DropAction.CopyAction, Qt.DropAction.MoveAction, Qt.DropAction.LinkAction
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def holding(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def targets(window: MainWindow) -> tuple[Any, ...]:
    place: Any = window.place("bench")
    return window, place.show_algorithm("master-dark").inputs


@pytest.mark.parametrize(
    ("offered", "taken"), [(COPY | MOVE | LINK, COPY), (MOVE | LINK, LINK), (MOVE, None)], ids=["all", "link", "move"]
)
@pytest.mark.parametrize("which", [0, 1], ids=["window", "inputs"])
def test_a_move_is_never_agreed_to(
    window: MainWindow, night: Any, settled: Settled, which: int, offered: Any, taken: Any
) -> None:
    """A file manager proposes to move within one disk, and deletes what was moved."""
    target: QWidget = targets(window)[which]
    data = holding(night(2) / "iris_0001.fits")
    for event in (
        QDragEnterEvent(QPoint(9, 9), offered, data, LEFT, NONE),
        QDragMoveEvent(QPoint(9, 9), offered, data, LEFT, NONE),
        QDropEvent(QPointF(9, 9), offered, data, LEFT, NONE),
    ):
        event.setDropAction(MOVE)
        event.ignore()
        kind = {QDragEnterEvent: "dragEnterEvent", QDragMoveEvent: "dragMoveEvent", QDropEvent: "dropEvent"}
        getattr(target, kind[type(event)])(event)
        assert event.isAccepted() == (taken is not None)
        if taken is not None:
            assert event.dropAction() == taken
    settled(window)


def test_what_is_dragged_is_named_until_it_leaves(window: MainWindow, night: Any) -> None:
    folder = night(2)
    one, two = holding(folder / "iris_0001.fits"), holding(folder, folder / "iris_0000.fits")
    for data, words in ((one, "Drop to open iris_0001.fits"), (two, "Drop to open 2 files and folders")):
        window.dragEnterEvent(QDragEnterEvent(QPoint(9, 9), COPY, data, LEFT, NONE))
        assert window.status.readout.text() == words
        window.dragLeaveEvent(QDragLeaveEvent())
        assert window.status.readout.text() == ""


def test_a_file_that_is_dropped_is_shown_though_the_filter_hides_it(
    window: MainWindow, night: Any, settled: Settled
) -> None:
    folder = night(4)
    alone = folder.parent / "alone.fits"
    (folder / "iris_0003.fits").rename(alone)
    window.open_paths([folder])
    settled(window)
    window.observe.table.take_filter("iris_0002")
    data = holding(alone)
    window.dropEvent(QDropEvent(QPointF(9, 9), COPY, data, LEFT, NONE))
    settled(window)
    assert window.session.selection == (alone,)
    assert window.observe.inspector.path == alone
    assert window.observe.table.filter.text() == ""
    # a folder adds to the table, and leaves what is looked at
    whole = holding(folder)
    window.dropEvent(QDropEvent(QPointF(9, 9), COPY, whole, LEFT, NONE))
    settled(window)
    assert window.session.selection == (alone,)
