"""The pixels' difference of two references: a picture, and its numbers."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError
from calgui.core.frames.difference import Difference, difference_of_files
from calgui.core.jobs import Job
from calgui.views.image.content import Origin
from calgui.views.session import Session
from calgui.views.theme import SPACE


class PixelsPanel(QWidget):
    """New less old.

    Parameters
    ----------
    session : Session
        Whose tasks read the files.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from calgui.views.image.view import ImageView

        self.session = session
        self.setObjectName("compare_pixels")
        self.setAccessibleName("Pixels' difference")
        self.made: Difference | None = None
        self.numbers = QLabel(self)
        self.numbers.setObjectName("compare_numbers")
        self.numbers.setWordWrap(True)
        self.numbers.setTextFormat(Qt.TextFormat.PlainText)
        self.numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture = ImageView(session, parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, 0, 0, 0)
        layout.addWidget(self.numbers)
        layout.addWidget(self.picture, 1)

    def show_difference(self, old: Path, new: Path) -> None:
        """Subtract two files in the background and show what is left.

        Parameters
        ----------
        old, new : pathlib.Path
            FITS.
        """
        self.say(f"Subtracting {old.name} from {new.name}…")

        def work(_job: Job) -> Difference:
            return difference_of_files(old, new)

        def done(made: Difference) -> None:
            self.made = made
            self.picture.show_frame(made.frame, f"{new.name} − {old.name}", origin=Origin((new, old)))
            self.numbers.setText(_numbers(made))

        self.session.tasks.start(f"Subtracting {old.name}", work, done, self._failed, key="compare-pixels", quiet=True)

    def say(self, text: str) -> None:
        """Say why there is nothing to see.

        Parameters
        ----------
        text : str
            One sentence.
        """
        self.made = None
        self.session.tasks.supersede("compare-pixels")
        self.numbers.setText("")
        self.picture.clear(text)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, CalguiError):
            name = f"{error.path.name}: " if error.path is not None else ""
            self.say(f"{name}{error.message} {error.cure}".strip())
        else:
            self.say("")
            self.session.report(error, "Subtracting")


def _numbers(made: Difference) -> str:
    told, unit = made.statistics, f" {made.frame.unit}" if made.frame.unit else ""
    share = made.differing / made.compared if made.compared else 0.0
    parts = [
        f"median {told.median:.4g}{unit}",
        f"noise (MAD) {told.mad_sigma:.4g}{unit}",
        f"least {told.minimum:.4g}, largest {told.maximum:.4g}{unit}",
        f"{made.differing:,} of {made.compared:,} pixels differ ({share:.2%})",
    ]
    if made.appeared or made.gone:
        parts.append(f"{made.appeared:,} gained a value, {made.gone:,} lost theirs")
    return "   ".join(parts)
