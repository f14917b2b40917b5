"""What a selected file looks like: its picture, its spectra, and the cube or ramp that it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError
from calgui.core.spectra.stacks import is_stack, spectrum_of_stack
from calgui.views.image.view import ImageView
from calgui.views.session import Pixel, Session

if TYPE_CHECKING:
    from calgui.core.spectra.spectrum import Spectrum
    from calgui.views.cube.view import CubeView
    from calgui.views.spectrum.view import SpectrumView

#: files of a selection whose spectra are drawn over one another
_MOST = 20
PICTURE, SPECTRUM, CUBE = range(3)


class Viewer(QWidget):
    """Picture, spectra and cube; their tabs are there for files that have them.

    Parameters
    ----------
    session : Session
        Whose tasks read the files.
    parent : QWidget, optional

    Signals
    -------
    cursor_moved(object)
        As of `ImageView`.
    """

    cursor_moved = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("viewer")
        self._spectrum: SpectrumView | None = None
        self._cube: CubeView | None = None
        self._shown: Path | None = None
        self._stack = False
        # a bar and a stack of their own: a tab widget whose bar is hidden holds the focus
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("viewer_tabs")
        self.tabs.setAccessibleName("Picture, spectrum or cube")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for title in ("Picture", "Spectrum", "Cube"):
            self.tabs.addTab(title)
        self.picture = ImageView(session, parent=self)
        self.picture.cursor_moved.connect(self.cursor_moved)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.picture)
        self.tabs.currentChanged.connect(self._go)
        session.pixel_picked.connect(self._picked)
        self._offer(SPECTRUM, False)
        self._offer(CUBE, False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs)
        layout.addWidget(self.stack, 1)

    @property
    def spectrum(self) -> "SpectrumView":
        """The view of spectra; made when it is first needed."""
        if self._spectrum is None:
            from calgui.views.spectrum.view import SpectrumView

            self._spectrum = SpectrumView(self.session, self)
            self.stack.addWidget(self._spectrum)
        return self._spectrum

    @property
    def cube(self) -> "CubeView":
        """The view of cubes and ramps; made when it is first needed."""
        if self._cube is None:
            from calgui.views.cube.view import CubeView

            self._cube = CubeView(self.session, self)
            self._cube.cursor_moved.connect(self.cursor_moved)
            self.stack.addWidget(self._cube)
        return self._cube

    def _go(self, tab: int) -> None:
        pages = {PICTURE: lambda: self.picture, SPECTRUM: lambda: self.spectrum, CUBE: lambda: self.cube}
        self.stack.setCurrentWidget(pages[tab]())
        if tab == CUBE and self._shown is not None:
            self.cube.show_file(self._shown)

    def _offer(self, tab: int, on: bool) -> None:
        if not on and self.tabs.currentIndex() == tab:
            self.tabs.setCurrentIndex(PICTURE)
        self.tabs.setTabVisible(tab, on)
        self.tabs.setVisible(any(self.tabs.isTabVisible(other) for other in (SPECTRUM, CUBE)))

    def show_files(self, paths: Sequence[Path]) -> None:
        """Show the picture of the first file, its cube, and the spectra of all of them.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            Empty for nothing.
        """
        self._shown = paths[0] if paths else None
        if not paths:
            self.picture.clear()
            self._show_found(Found())
            return
        self.picture.show_file(paths[0])
        chosen = tuple(paths[:_MOST])
        self.session.tasks.start(
            "Looking for spectra", lambda _job: _look(chosen), self._show_found, key="viewer-spectra", quiet=True
        )

    def _picked(self, pixel: Pixel | None) -> None:
        """Of a stack of spectra the one whose row is picked."""
        if not self._stack or pixel is None or pixel.path != self._shown:
            return
        path, row = pixel.path, int(pixel.y)

        def show(spectrum: "Spectrum | None") -> None:
            if spectrum is not None and self._stack and path == self._shown:
                self.spectrum.show_spectra([spectrum], keys=("row",))

        self.session.tasks.start(
            f"Reading {path.name}", lambda _job: spectrum_of_stack(path, row), show, key="viewer-row", quiet=True
        )

    def _show_found(self, found: "Found") -> None:
        self._stack = found.stack
        self._show_spectra(found)
        if found.kind is not None:
            self.tabs.setTabText(CUBE, "Ramp" if found.kind == "ramp" else "Cube")
        self._offer(CUBE, found.kind is not None)
        if self._cube is not None:
            # a cube that nobody looks at is not read
            if found.kind is not None and self.tabs.currentIndex() == CUBE and self._shown is not None:
                self._cube.show_file(self._shown)
            elif found.kind is None:
                self._cube.clear()

    def _show_spectra(self, found: "Found") -> None:
        if not found.spectra:
            if self._spectrum is not None:
                self._spectrum.clear("No spectrum in what is selected.")
            self._offer(SPECTRUM, False)
            return
        self._offer(SPECTRUM, True)
        self.spectrum.show_spectra(found.spectra, ("row",) if found.stack else ())
        if found.alone:
            self.tabs.setCurrentIndex(SPECTRUM)


@dataclass(frozen=True)
class Found:
    """What files have besides a picture.

    Attributes
    ----------
    spectra : tuple of Spectrum
        Of all of them.
    alone : bool
        Whether the first has nothing else to look at.
    kind : str or None
        ``cube`` or ``ramp`` where the first is one.
    stack : bool
        Whether the first holds the spectra of a field, one in each row, of which ``spectra`` has one.
    """

    spectra: "tuple[Spectrum, ...]" = ()
    alone: bool = False
    kind: str | None = None
    stack: bool = False


def _look(paths: Sequence[Path]) -> Found:
    from calgui.core.cubes.reading import kind_of

    spectra, alone = _spectra_of(paths)
    kind = kind_of(paths[0])
    if not spectra and kind is None:
        try:
            one = spectrum_of_stack(paths[0]) if is_stack(paths[0]) else None
        except CalguiError:
            one = None  # the picture says what is wrong with the file
        if one is not None:
            return Found((one,), False, None, True)
    return Found(spectra, alone, kind)


def _spectra_of(paths: Sequence[Path]) -> "tuple[tuple[Spectrum, ...], bool]":
    """The spectra of some files, and whether the first has nothing else to look at."""
    from calgui.core.spectra.reading import read_spectrum, spectra_in

    spectra: list[Spectrum] = []
    alone = False
    for number, path in enumerate(paths):
        try:
            places = spectra_in(path)
            spectra += [read_spectrum(path, place.index) for place in places]
            if number == 0 and places:
                alone = not _has_image(path)
        except CalguiError:
            continue  # the picture says what is wrong with the file
    return tuple(spectra[:_MOST]), alone


def _has_image(path: Path) -> bool:
    from calgui.core.frames.headers import read_headers

    return any(hdu.is_image and len([side for side in hdu.shape if side > 1]) > 1 for hdu in read_headers(path))
