"""What is dragged over a widget: which files it holds, and that they are only read."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QDropEvent


def dragged(data: QMimeData) -> list[Path]:
    """The files and folders that are dragged.

    Parameters
    ----------
    data : QMimeData
        Of the drag.

    Returns
    -------
    list of pathlib.Path
        Absolute; empty where it holds none of this machine.
    """
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def take_copy(event: QDropEvent) -> None:
    """Take what is dragged as a copy, or a link, whatever the other program proposes.

    A file manager proposes to move within one disk, and may delete what it is told was moved.

    Parameters
    ----------
    event : QDropEvent
        Of entering, moving or dropping; ignored where nothing but a move is offered.
    """
    offered = event.possibleActions()
    for action in (Qt.DropAction.CopyAction, Qt.DropAction.LinkAction):
        if offered & action:
            event.setDropAction(action)
            event.accept()
            return
    event.ignore()
