"""The Compare place."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QVBoxLayout, QWidget

from calgui.views.compare.pictures import PicturesPage
from calgui.views.session import Session


class ComparePlace(QWidget):
    """Frames side by side.

    Parameters
    ----------
    session : Session
        Whose selection is compared.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("compare_place")
        self.setAccessibleName("Compare")
        self.pictures = PicturesPage(session, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pictures)
        if session.selection:
            self.pictures.show_paths(session.selection)

    def compare(self, paths: Sequence[Path]) -> None:
        """Compare these files.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            In their order.
        """
        self.pictures.follow.setChecked(False)
        self.pictures.show_paths(paths)
