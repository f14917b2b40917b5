"""What a selected file looks like: its picture, and beside it its spectra, where it has some."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.views.image.view import ImageView
from calgui.views.session import Session

if TYPE_CHECKING:
    from calgui.core.spectra.spectrum import Spectrum
    from calgui.views.spectrum.view import SpectrumView

#: files of a selection whose spectra are drawn over one another
_MOST = 20


class Viewer(QWidget):
    """Picture and spectra; their tabs are there once a file with a spectrum was selected.

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
        # a bar and a stack of their own: a tab widget whose bar is hidden holds the focus
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("viewer_tabs")
        self.tabs.setAccessibleName("Picture or spectrum")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.addTab("Picture")
        self.tabs.hide()
        self.picture = ImageView(session, parent=self)
        self.picture.cursor_moved.connect(self.cursor_moved)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.picture)
        self.tabs.currentChanged.connect(self.stack.setCurrentIndex)
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
            self.tabs.addTab("Spectrum")
            self.tabs.show()
        return self._spectrum

    def show_files(self, paths: Sequence[Path]) -> None:
        """Show the picture of the first file, and the spectra of all of them.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            Empty for nothing.
        """
        if not paths:
            self.picture.clear()
            self._show_spectra(((), False))
            return
        self.picture.show_file(paths[0])
        chosen = tuple(paths[:_MOST])

        def work(_job: Job) -> "tuple[tuple[Spectrum, ...], bool]":
            return _spectra_of(chosen)

        self.session.tasks.start("Looking for spectra", work, self._show_spectra, key="viewer-spectra", quiet=True)

    def _show_spectra(self, found: "tuple[tuple[Spectrum, ...], bool]") -> None:
        spectra, alone = found
        if not spectra:
            if self._spectrum is not None:
                self._spectrum.clear("No spectrum in what is selected.")
                self.tabs.setCurrentIndex(0)
            return
        self.spectrum.show_spectra(spectra)
        if alone:
            self.tabs.setCurrentIndex(1)


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
