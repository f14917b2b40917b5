"""One frame of the comparison: its view, its letter, and its controls."""

from pathlib import Path

from PySide6.QtCore import QObject

from calgui.core.regions.alignment import Alignment
from calgui.views.compare.board import Board, Pane
from calgui.views.image.marks import Mark
from calgui.views.image.regions.placed import PlacedRegions
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.image.view import ImageView
from calgui.views.session import Session
from calgui.views.theme import theme


def letter(place: int) -> str:
    """What a frame is called: A, B, C, and on.

    Parameters
    ----------
    place : int
        From 0.

    Returns
    -------
    str
    """
    return chr(ord("A") + place) if place < 26 else f"{chr(ord('A') + place // 26 - 1)}{chr(ord('A') + place % 26)}"


class Cell(QObject):
    """A view of one frame, whose choosers and figures are elsewhere.

    Parameters
    ----------
    session : Session
        Whose tasks read the file.
    path : pathlib.Path or None
        The file; None for what is computed.
    board : Board
        Where the view is.
    regions : RegionSet
        On the common surface, shown as they lie on this frame.
    """

    def __init__(self, session: Session, path: Path | None, board: Board, regions: RegionSet) -> None:
        super().__init__(board)
        self.path = path
        self.pane = Pane(board)
        self.view = ImageView(session, parent=self.pane)
        self.view.setObjectName("compared_picture")
        self.above, self.below = self.view.take_apart()
        self.cursor = Mark(self.view.canvas, "accent")
        self.regions = PlacedRegions(regions, self)
        self.view.measuring.show_regions(self.regions)
        theme().changed.connect(self.cursor_retheme)
        if path is not None:
            self.view.show_file(path)

    def cursor_retheme(self) -> None:
        """Take the colour of the theme."""
        self.cursor.retheme()

    def lay(self, place: Alignment | None) -> None:
        """Lay the frame and its regions on the common surface.

        Parameters
        ----------
        place : Alignment or None
            From its pixels to those of the surface; None where frames have nothing in common.
        """
        known = place or Alignment()
        if place is None or self.view.canvas.alignment != known:
            self.view.lay(place)
        self.regions.lay(known)

    def name(self, place: int) -> None:
        """Give the frame its letter.

        Parameters
        ----------
        place : int
            From 0.
        """
        self.view.set_note(letter(place))

    def close(self) -> None:
        """Let go of the view and its parts."""
        self.view.clear()
        for widget in (self.pane, self.above, self.below):
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        self.deleteLater()
