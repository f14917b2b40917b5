"""Regions that several pictures share, on each in its own pixels."""

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject

from calgui.core.regions.alignment import Alignment
from calgui.core.regions.laying import laid
from calgui.core.regions.shapes import Region
from calgui.views.image.regions.region_set import RegionSet


class PlacedRegions(RegionSet):
    """The regions of a common surface as they lie on one picture; what is done to them is done to the surface's.

    Parameters
    ----------
    source : RegionSet
        In pixels of the surface; notes the steps.
    parent : QObject, optional
    """

    def __init__(self, source: RegionSet, parent: QObject | None = None) -> None:
        super().__init__(None, parent)
        self._source = source
        self._place = Alignment()
        self._back = Alignment()
        source.added.connect(self._follow)
        source.changed.connect(self._follow)
        source.removed.connect(self._take)
        source.chosen.connect(self._follow_choice)
        self._follow_all()

    def lay(self, place: Alignment) -> None:
        """Lay the picture elsewhere on the surface; the regions stay where they are on that.

        Parameters
        ----------
        place : Alignment
            From pixels of the picture to those of the surface.
        """
        if place != self._place:
            self._place, self._back = place, place.inverse
            self._follow_all()

    # ---- what the user does to them on this picture

    def add(self, region: Region) -> int:
        """Add a region, told in pixels of this picture."""
        return self._source.add(self._there(region))

    def sketch(self, number: int | None, region: Region) -> int:
        """Show a region while it is being drawn here."""
        return self._source.sketch(number, self._there(region))

    def drawn(self, number: int) -> None:
        """The region that was being drawn is done."""
        self._source.drawn(number)

    def drop(self, number: int) -> None:
        """The region that was being drawn is not wanted."""
        self._source.drop(number)

    def add_all(self, regions: Iterable[Region]) -> None:
        """Add regions in one step."""
        self._source.add_all([self._there(region) for region in regions])

    def drag(self, number: int, region: Region) -> None:
        """Show a region as it is being dragged here."""
        if number in self and region != self[number]:
            self._source.drag(number, self._there(region))

    def finish(self, number: int) -> None:
        """The region was let go."""
        self._source.finish(number)

    def remove(self, number: int) -> None:
        """Remove a region from all pictures."""
        self._source.remove(number)

    def clear(self) -> None:
        """Remove all regions from all pictures."""
        self._source.clear()

    def choose(self, number: int | None) -> None:
        """Make a region the current one on all pictures."""
        self._source.choose(number)

    # ---- inside

    def _there(self, region: Region) -> Region:
        return replace(region, shape=laid(region.shape, self._place))

    def _follow_all(self) -> None:
        for number in self._source.numbers:
            self._follow(number)
        self._follow_choice(self._source.current)

    def _follow(self, number: int) -> None:
        region = self._source[number]
        here = replace(region, shape=laid(region.shape, self._back))
        if number not in self or self[number] != here:
            self._put(number, here)

    def _follow_choice(self, number: int | None) -> None:
        super().choose(number)
