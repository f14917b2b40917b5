"""The picked pixel, in sight wherever one is; a click goes to all that is known of it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget

from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.icons import icon


class PickedButton(QToolButton):
    """Shown while a pixel is picked.

    Parameters
    ----------
    session : Session
        Whose picked pixel is told.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("picked_pixel")
        self.setAccessibleName("Picked pixel")
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.clicked.connect(lambda: session.pixel_requested.emit())
        session.pixel_picked.connect(self._tell)
        theme().changed.connect(self._tell)
        self._tell()

    def _tell(self, _pixel: object = None) -> None:
        pixel = self._session.pixel
        self.setVisible(pixel is not None and pixel.path is not None)
        if pixel is None or pixel.path is None:
            return
        self.setIcon(icon("pixel", "warning"))
        self.setText(f"x {pixel.x}  y {pixel.y}")
        said = f"Picked pixel x {pixel.x}, y {pixel.y} of {pixel.path.name}"
        self.setAccessibleName(said)
        self.setToolTip(f"{said}: show its file, what the references have there, and the ramp or spectrum behind it")
