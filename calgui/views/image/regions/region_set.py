"""`RegionSet`: the regions of a picture, shared by all views that show them."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from calgui.core.regions.shapes import Region
from calgui.views.history import History


class RegionSet(QObject):
    """Regions by their numbers, in the order in which they were drawn.

    Signals
    -------
    added(int), removed(int)
        A region came or went.
    changed(int)
        It was moved, reshaped or renamed; also while it is being dragged.
    chosen(object)
        Number of the current region, or None.

    Parameters
    ----------
    history : History, optional
        Where steps are noted, to be undone.
    parent : QObject, optional
    """

    added = Signal(int)
    removed = Signal(int)
    changed = Signal(int)
    chosen = Signal(object)

    def __init__(self, history: History | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._regions: dict[int, Region] = {}
        self._before: dict[int, Region] = {}
        self._next = 1
        self.current: int | None = None

    def __len__(self) -> int:
        return len(self._regions)

    def __contains__(self, number: int) -> bool:
        return number in self._regions

    def __getitem__(self, number: int) -> Region:
        return self._regions[number]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of all regions."""
        return tuple(self._regions)

    @property
    def regions(self) -> tuple[Region, ...]:
        """All of them."""
        return tuple(self._regions.values())

    # ---- what the user does

    def add(self, region: Region) -> int:
        """Add a region and make it the current one.

        Parameters
        ----------
        region : Region
            In pixels of the picture.

        Returns
        -------
        int
            Its number.
        """
        number = self.sketch(None, region)
        self.drawn(number)
        return number

    def sketch(self, number: int | None, region: Region) -> int:
        """Show a region while it is being drawn; `drawn` ends that, or `drop`.

        Parameters
        ----------
        number : int or None
            None for one that begins.
        region : Region
            As it is now.

        Returns
        -------
        int
            Its number.
        """
        if number is None:
            number = self._next
            self._next += 1
        self._put(number, region)
        self.choose(number)
        return number

    def drawn(self, number: int) -> None:
        """The region that was being drawn is done.

        Parameters
        ----------
        number : int
            From `sketch`.
        """
        region = self._regions.get(number)
        if region is not None:
            self._note(f"draw a {region.shape.kind}", lambda: self._take(number), lambda: self._put(number, region))

    def drop(self, number: int) -> None:
        """The region that was being drawn is not wanted.

        Parameters
        ----------
        number : int
            From `sketch`.
        """
        if number in self._regions:
            self._take(number)

    def add_all(self, regions: Iterable[Region]) -> None:
        """Add regions in one step, as from a file.

        Parameters
        ----------
        regions : iterable of Region
            In pixels of the picture.
        """
        made = {self._next + place: region for place, region in enumerate(regions)}
        if not made:
            return
        self._next = max(made) + 1
        self._put_all(made)
        self.choose(next(iter(made)))
        self._note("read regions", lambda: self._take_all(made), lambda: self._put_all(made))

    def drag(self, number: int, region: Region) -> None:
        """Show a region as it is being dragged; `finish` ends that.

        Parameters
        ----------
        number : int
            Of the region.
        region : Region
            As it is now.
        """
        if number in self._regions and region != self._regions[number]:
            self._before.setdefault(number, self._regions[number])
            self._put(number, region)

    def finish(self, number: int) -> None:
        """The region was let go.

        Parameters
        ----------
        number : int
            Of the region.
        """
        before = self._before.pop(number, None)
        after = self._regions.get(number)
        if before is not None and after is not None and before != after:
            self._note("move a region", lambda: self._put(number, before), lambda: self._put(number, after))

    def change(self, number: int, region: Region) -> None:
        """Put another region in the place of one.

        Parameters
        ----------
        number : int
            Of the region.
        region : Region
            As it is to be.
        """
        self.drag(number, region)
        self.finish(number)

    def remove(self, number: int) -> None:
        """Remove a region.

        Parameters
        ----------
        number : int
            Of the region; one that is gone already is none.
        """
        if number in self._regions:
            gone = self._regions[number]
            self._take(number)
            self._note("remove a region", lambda: self._put(number, gone), lambda: self._take(number))

    def clear(self) -> None:
        """Remove all regions, in one step."""
        gone = dict(self._regions)
        if gone:
            self._take_all(gone)
            self._note("remove all regions", lambda: self._put_all(gone), lambda: self._take_all(gone))

    def choose(self, number: int | None) -> None:
        """Make a region the current one.

        Parameters
        ----------
        number : int or None
            None for none.
        """
        if number is not None and number not in self._regions:
            number = None
        if number != self.current:
            self.current = number
            self.chosen.emit(number)

    # ---- inside

    def _note(self, text: str, undo: object, redo: object) -> None:
        if self._history is not None:
            self._history.did(text, undo, redo)  # type: ignore[arg-type]

    def _put(self, number: int, region: Region) -> None:
        known = number in self._regions
        self._regions[number] = region
        (self.changed if known else self.added).emit(number)

    def _put_all(self, regions: dict[int, Region]) -> None:
        for number, region in regions.items():
            self._put(number, region)

    def _take(self, number: int) -> None:
        self._regions.pop(number, None)
        self._before.pop(number, None)
        self.removed.emit(number)
        if self.current == number:
            self.choose(next(reversed(self._regions), None))

    def _take_all(self, regions: Iterable[int]) -> None:
        for number in list(regions):
            self._take(number)
