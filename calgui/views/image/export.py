"""Saving what is seen of a picture."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from calgui.core.frames.writing import write_atomically


def save_png(pixmap: QPixmap, path: Path) -> None:
    """Write a PNG file, whole or not at all.

    Parameters
    ----------
    pixmap : QPixmap
        What is seen.
    path : pathlib.Path
        Replaced if it is there.

    Raises
    ------
    InputError
        It cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    pixmap.save(buffer, "PNG")  # type: ignore[call-overload]
    pixels = bytes(buffer.data().data())
    write_atomically(path, lambda file: file.write(pixels), overwrite=True)


def ask_for_png(parent: QWidget, name: str) -> Path | None:
    """Ask where a picture is to be saved.

    Parameters
    ----------
    parent : QWidget
        Whose picture it is.
    name : str
        Proposed, without suffix.

    Returns
    -------
    pathlib.Path or None
        Ending in ``.png``; None where the user thought better of it.
    """
    chosen, _kind = QFileDialog.getSaveFileName(parent, "Save the picture", f"{name}.png", "PNG pictures (*.png)")
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix.lower() == ".png" else path.with_name(f"{path.name}.png")
