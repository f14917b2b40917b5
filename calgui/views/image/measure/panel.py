"""What can be read off a picture, below it: regions, profiles, pixels."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from calgui.core.frames.statistics import Box
from calgui.core.tables import Column
from calgui.views.image.content import Content
from calgui.views.image.measure.figure import Figure
from calgui.views.image.measure.pixels_page import PixelsPage
from calgui.views.image.measure.profiles_page import ProfilesPage
from calgui.views.image.measure.regions_page import RegionsPage
from calgui.views.image.regions.measurer import Measurer
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.widgets.plot_saving import from_titles, offer_saving

if TYPE_CHECKING:
    from calgui.views.session import Session

REGIONS, PROFILES, PIXELS = range(3)


class MeasurePanel(QWidget):
    """Regions, profiles and pixels of a picture, as tabs.

    Parameters
    ----------
    session : Session or None
        Who is told of what was saved.
    regions : RegionSet
        Of the picture.
    measurer : Measurer
        Of the picture.
    parent : QWidget, optional

    Signals
    -------
    sought(int)
        The user wants to see this region.
    """

    sought = Signal(int)

    def __init__(
        self, session: "Session | None", regions: RegionSet, measurer: Measurer, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("picture_measure")
        self.setAccessibleName("Measuring the picture")
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("measure_tabs")
        self.tabs.setAccessibleName("Regions, profiles or pixels")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.regions = RegionsPage(session, regions, measurer, self)
        self.profiles = ProfilesPage(self)
        self.pixels = PixelsPage(self)
        for figure in (self.profiles.row, self.profiles.column, self.regions.figure):
            offer_saving(figure, figure.objectName(), session, partial(_columns, figure))
        self.stack = QStackedWidget(self)
        for title, page in (("Regions", self.regions), ("Profiles", self.profiles), ("Pixels", self.pixels)):
            self.tabs.addTab(title)
            self.stack.addWidget(page)
        self.tabs.currentChanged.connect(self.stack.setCurrentIndex)
        self.regions.sought.connect(self.sought)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.tabs)
        layout.addWidget(self.stack, 1)
        self._at: tuple[int, int] | None = None

    def set_content(self, content: Content | None) -> None:
        """Measure another picture.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        for page in (self.regions, self.profiles, self.pixels):
            page.set_content(content)

    def show_at(self, x: int, y: int, seen: Box | None) -> None:
        """Follow the cursor.

        Parameters
        ----------
        x, y : int
            Column and row, from 0.
        seen : Box or None
            The part of the picture that is seen.
        """
        page = self.stack.currentIndex()
        if page == PROFILES:
            self.profiles.show_at(x, y, seen)
        elif page == PIXELS:
            self.pixels.show_at(x, y)


def _columns(figure: Figure) -> list[Column]:
    return from_titles(figure.series())
