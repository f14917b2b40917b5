"""Below the slider: pinning, how spaxels of a region are joined, how planes are drawn, and saving the picture."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from calgui.core.errors import UsageError
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.views.image.controls import chooser
from calgui.views.session import Session
from calgui.views.theme import SPACE

HOW = ("mean", "sum", "median")


class CubeTools(QWidget):
    """Buttons; what they do is the view's.

    Parameters
    ----------
    drawing : sequence of QWidget
        Of the slider, for which there is no room beside it.
    parent : QWidget, optional
    """

    def __init__(self, drawing: Sequence[QWidget] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cube_tools")
        self.pin = self._button("cube_pin", "Pin", "Keep the spectrum of the picked spaxel on the plot, or let go (P)")
        self.unpin = self._button("cube_unpin", "Unpin all", "Take the pinned spectra off the plot")
        self.unpin.setEnabled(False)
        self.word = QLabel("Regions:", self)
        self.how = chooser(
            "cube_regions", "Spectra of regions", "How the spaxels of a region are joined to one spectrum", HOW
        )
        self.save = self._button("cube_save", "Save as FITS…", "Save the picture with its errors as a FITS file")
        self.save.setEnabled(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, 0, SPACE, 0)
        layout.setSpacing(SPACE // 2)
        for widget in (self.pin, self.unpin, self.word, self.how):
            layout.addWidget(widget)
        layout.addStretch(1)
        for widget in drawing:
            layout.addWidget(widget)
        layout.addWidget(self.save)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def set_ramp(self, ramp: bool) -> None:
        """Offer what there is for a ramp or a cube.

        Parameters
        ----------
        ramp : bool
            Of it there are no spectra.
        """
        for widget in (self.pin, self.unpin, self.word, self.how):
            widget.setVisible(not ramp)


def save_map(session: Session, frame: Frame, what: str, path: Path) -> None:
    """Save a picture of a cube in the background.

    Parameters
    ----------
    session : Session
        Whose task it is, and who is told.
    frame : Frame
        The picture.
    what : str
        Of which planes it is, for its history.
    path : pathlib.Path
        Replaced if it is there, unless it is the cube.
    """

    def work(_job: object) -> Path:
        if frame.path is not None and path.exists() and path.samefile(frame.path):
            raise UsageError("This is the cube itself.", path=path, cure="Choose another name.")
        earlier = str(frame.header.get("HISTORY") or "")
        told = f"calgui: {what} of {frame.path.name if frame.path is not None else 'a cube'}"
        header = {**frame.header, "HISTORY": "\n".join(part for part in (earlier, told) if part)}
        return write_frame(Frame(frame.data, frame.err, frame.dq, header), path, overwrite=True)

    session.tasks.start(
        f"Saving {path.name}",
        work,
        lambda made: session.notice("info", f"The picture was saved as {made.name}."),
        lambda error: session.report(error, "Saving the picture"),
    )
