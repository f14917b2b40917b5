"""Saving and copying what is seen of a picture."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QObject
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QWidget

from calgui.core.errors import CalguiError
from calgui.core.frames.writing import write_atomically
from calgui.views.session import Session
from calgui.views.widgets.saving import ask_where


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


class PictureExport(QObject):
    """Copies and saves what a widget shows.

    Parameters
    ----------
    widget : QWidget
        What is seen.
    session : Session or None
        Who is told.
    name : callable
        Gives the name that is proposed for the file.
    """

    def __init__(self, widget: QWidget, session: Session | None, name: Callable[[], str]) -> None:
        super().__init__(widget)
        self._widget, self._session, self._name = widget, session, name

    def copy(self) -> None:
        """Copy what is seen to the clipboard."""
        QGuiApplication.clipboard().setPixmap(self._widget.grab())
        self._say("The picture was copied.")

    def save(self, path: Path) -> None:
        """Save what is seen as a PNG file, whole or not at all.

        Parameters
        ----------
        path : pathlib.Path
            Replaced if it is there.
        """
        save_png(self._widget.grab(), path)
        self._say(f"The picture was saved as {path.name}.")

    def ask(self) -> None:
        """Ask where, and save."""
        name = f"{Path(self._name()).stem}.png"
        path = ask_where(self._widget, "Save the picture", name, {".png": "PNG picture"})
        if path is None:
            return
        try:
            self.save(path)
        except CalguiError as error:
            if self._session is not None:
                self._session.report(error, "Saving the picture")

    def _say(self, text: str) -> None:
        if self._session is not None:
            self._session.notice("info", text)
