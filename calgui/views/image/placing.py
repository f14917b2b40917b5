"""A subarray in its place on the full detector."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.errors import CalguiError
from calgui.core.regions.alignment import Alignment
from calgui.views.image.canvas import Canvas
from calgui.views.image.content import Content


def place_of(content: Content) -> Region | None:
    """Where a picture lies on its detector.

    Parameters
    ----------
    content : Content
        Its header is asked for SUBSTRT1 and SUBSTRT2.

    Returns
    -------
    Region or None
        None for a full frame, and where nothing says so.
    """
    try:
        region = region_of(content)  # type: ignore[arg-type] - header and shape are all that is asked for
    except (CalguiError, ValueError, TypeError, OverflowError):
        return None
    whole = (region.nx, region.ny) == (region.width, region.height)
    if whole or min(region.x, region.y) < 0 or content.size != (region.ny, region.nx):
        return None
    if region.width is None or region.height is None:
        return region if region.x or region.y else None
    inside = region.x + region.nx <= region.width and region.y + region.ny <= region.height
    return region if inside and max(region.width, region.height) <= 100_000 else None


class Placing(QObject):
    """Shows a subarray where it lies on the detector, where the user wants that.

    Parameters
    ----------
    canvas : Canvas
        Where the picture lies.
    action : QAction
        Checkable: whether it is wanted.
    """

    def __init__(self, canvas: Canvas, action: QAction) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._action = action
        self.region: Region | None = None
        #: another view says where pictures lie
        self.held = False
        action.setEnabled(False)
        action.toggled.connect(lambda _on: self.lay(fit=True))

    def set_content(self, content: Content | None) -> None:
        """Place another picture.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        before = self.region
        self.region = place_of(content) if content is not None else None
        self._action.setEnabled(self.region is not None)
        if self.region != before:
            self.lay(fit=self._action.isChecked())

    def lay(self, fit: bool = False) -> None:
        """Lay the picture where it belongs.

        Parameters
        ----------
        fit : bool
            Whether all of it is to be shown.
        """
        if self.held:
            return
        region = self.region if self._action.isChecked() else None
        if region is None:
            self._canvas.set_alignment(Alignment())
        else:
            whole = (region.height, region.width) if region.height and region.width else None
            self._canvas.set_alignment(Alignment(dx=float(region.x), dy=float(region.y)), whole)
        if fit:
            self._canvas.fit()
