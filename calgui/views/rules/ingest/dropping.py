"""Reference files that are dropped on a page of the cache are looked at for ingest."""

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget

from calgui.views.dropping import dragged, take_copy
from calgui.views.opening import is_cache
from calgui.views.session import Session
from calgui.views.theme import theme

#: height in pixels of what says what dropping does
_BAND = 72
_ENDINGS = (".fits", ".fit", ".fits.gz", ".asdf", ".json")


def references_in(paths: Iterable[Path]) -> list[Path]:
    """Files, and the files of folders that may be references; caches are left out.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        As they were dropped or chosen.

    Returns
    -------
    list of pathlib.Path
    """
    found: list[Path] = []
    for path in paths:
        if is_cache(path):
            continue
        if path.is_dir():
            found += sorted(inside for inside in path.iterdir() if inside.name.lower().endswith(_ENDINGS))
        else:
            found.append(path)
    return found


def asked_for(about: object) -> list[Path]:
    """The files that a page is asked about.

    Parameters
    ----------
    about : object
        As `Session.ask_page` brings it: paths, or something that is of another page.

    Returns
    -------
    list of pathlib.Path
        Empty where it names none.
    """
    if not isinstance(about, Iterable) or isinstance(about, str | bytes):
        return []
    return [path for path in about if isinstance(path, Path)]


def found_in(paths: Iterable[Path], session: Session) -> list[Path]:
    """What `references_in` finds, as absolute paths, each once; what cannot be read, and that there is none, is told.

    Parameters
    ----------
    paths : iterable of pathlib.Path
    session : Session
        That tells it.

    Returns
    -------
    list of pathlib.Path
        Empty where there is none, or a folder cannot be read.
    """
    paths = list(paths)
    try:
        found = list(dict.fromkeys(path.absolute() for path in references_in(paths)))
    except OSError as error:
        where = Path(str(error.filename)).name
        session.notice("error", f"{where} cannot be read: {error.strerror}.", "Look at the folder's permissions.")
        return []
    if paths and not found:
        kinds = ", ".join(_ENDINGS)
        session.notice(
            "warning", f"There is no file for it in {paths[0].name}.", f"Files are taken that end in {kinds}."
        )
    return found


def ask_files(name: str, title: str, kinds: str, parent: QWidget, take: Callable[[Iterable[Path]], object]) -> None:
    """Ask the user for files.

    Parameters
    ----------
    name, title : str
        Object name of the dialog, and what stands above it.
    kinds : str
        As `QFileDialog` filters by.
    parent : QWidget
    take : callable
        Given the paths.
    """
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setObjectName(name)
    dialog.setModal(False)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.filesSelected.connect(lambda names: take(map(Path, names)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.show()


class IngestDrop(QObject):
    """Lets a widget take reference files; a cache alone is left to the window, which opens it.

    Parameters
    ----------
    widget : QWidget
        That they are dropped on.
    take : callable
        Given the files and folders.
    words : callable, optional
        Given what is dropped, and whether it is one file: what dropping does.
    """

    def __init__(
        self,
        widget: QWidget,
        take: Callable[[list[Path]], object],
        words: Callable[[str, bool], str] | None = None,
    ) -> None:
        super().__init__(widget)
        self._widget, self._take, self._fits = widget, take, False
        self._words = words or _changes
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)
        self.hint = QLabel(widget)
        self.hint.setObjectName("ingest_drop_hint")
        self.hint.setAccessibleName("What dropping does")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is dragged over the widget."""
        kinds = QEvent.Type
        if event.type() == kinds.DragLeave:
            self.hint.hide()
        elif event.type() in (kinds.DragEnter, kinds.DragMove, kinds.Drop) and isinstance(event, QDropEvent):
            paths = dragged(event.mimeData())
            if event.type() != kinds.DragMove:
                self._fits = not all(map(is_cache, paths))
            if not self._fits:
                return False
            take_copy(event)
            if event.type() == kinds.DragEnter and event.isAccepted():
                self._say(paths)
            if event.type() == kinds.Drop:
                self.hint.hide()
                if event.isAccepted():
                    self._take(paths)
            return True
        return super().eventFilter(watched, event)

    def _say(self, paths: list[Path]) -> None:
        look = theme()
        what = paths[0].name if len(paths) == 1 else f"{len(paths):,} files"
        self.hint.setText(self._words(what, len(paths) == 1))
        self.hint.setStyleSheet(
            f"#ingest_drop_hint {{ background: {look.colour('selected').name()}; color: {look.colour('text').name()};"
            f" border: 2px solid {look.colour('accent').name()}; font-weight: bold; }}"
        )
        self.hint.setGeometry(0, 0, self._widget.width(), min(_BAND, self._widget.height()))
        self.hint.raise_()
        self.hint.show()


def _changes(what: str, one: bool) -> str:
    return f"Drop to see what changes if {what} {'goes' if one else 'go'} into the cache"
