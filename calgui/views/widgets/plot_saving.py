"""Every plot is saved as PNG, as SVG, and its data as ECSV or CSV: one helper for all of them.

A view offers it with one call when its plot is made::

    offer_saving(self.plot, "spectrum", session, self._series)

``_series()`` gives what is drawn at the moment, as columns with units.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from PySide6.QtCore import QBuffer, QIODevice, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsView, QWidget

from calgui.core.errors import CalguiError
from calgui.core.frames.writing import write_atomically
from calgui.core.tables import Column, write_table
from calgui.views.session import Session
from calgui.views.widgets.saving import TABLES, ask_where

#: points of a saved PNG for each of the screen, so that it can be printed
_FINE = 2.0
_PICTURES = {".png": "PNG picture", ".svg": "SVG drawing"}
Series = Callable[[], Sequence[Column]]


class PlotSaving(QObject):
    """The entries of one plot; see `offer_saving`.

    Parameters
    ----------
    plot : QWidget
        What is drawn; owns this.
    name : callable
        Gives the name that is proposed for files.
    session : Session or None
        Whose tasks write, and who is told; without one there is nothing but the clipboard.
    series : callable
        Gives the data.
    """

    def __init__(self, plot: QWidget, name: Callable[[], str], session: Session | None, series: Series) -> None:
        super().__init__(plot)
        self._plot, self._name, self._session, self._series = plot, name, session, series
        if hasattr(plot, "setMenuEnabled"):
            # pyqtgraph's own menu speaks of transforms and downsampling
            plot.setMenuEnabled(False)
            whole: Any = plot
            self._add("plot_whole", "Whole plot", "", lambda: (whole.autoRange(), whole.enableAutoRange()))
        if session is not None:
            self._add("plot_save", "Save the plot…", "Ctrl+S", self.ask_picture)
            self._add("plot_save_data", "Save the data…", "Ctrl+Shift+D", self.ask_data)
        self._add("plot_copy", "Copy the plot", "Ctrl+C", self.copy)
        plot.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        if plot.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(plot, QGraphicsView):
            plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _add(self, name: str, text: str, keys: str, call: Callable[[], object]) -> None:
        action = QAction(text, self._plot)
        action.setObjectName(name)
        if keys:
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: call())
        self._plot.addAction(action)

    def copy(self) -> None:
        """Copy the plot as a picture."""
        QGuiApplication.clipboard().setPixmap(painted(self._plot))
        if self._session is not None:
            self._session.notice("info", "The plot was copied.")

    def ask_picture(self) -> None:
        """Ask where, and save the plot as PNG or SVG."""
        path = self._ask("Save the plot", _PICTURES)
        if path is not None:
            self.save_picture(path)

    def ask_data(self) -> None:
        """Ask where, and save the data of the plot."""
        path = self._ask("Save the data of the plot", TABLES)
        if path is not None:
            self.save_data(path)

    def _ask(self, title: str, kinds: Mapping[str, str]) -> Path | None:
        return ask_where(self._plot, title, f"{self._name()}{next(iter(kinds))}", kinds, "plots/folder")

    def save_picture(self, path: Path) -> None:
        """Save the plot as it is seen.

        Parameters
        ----------
        path : pathlib.Path
            Ending in ``.svg``, or else a PNG; replaced if it is there.
        """
        raw = drawn(self._plot, self._name()) if path.suffix.lower() == ".svg" else _png(painted(self._plot))

        def write(file: IO[bytes]) -> None:
            file.write(raw)

        self._start(path, partial(write_atomically, path, write, overwrite=True), "The plot")

    def save_data(self, path: Path) -> None:
        """Save the data of the plot.

        Parameters
        ----------
        path : pathlib.Path
            Ending in ``.ecsv`` or ``.csv``; replaced if it is there.
        """
        columns = tuple(self._series())
        self._start(path, partial(write_table, columns, path, {"plot": self._name()}, overwrite=True), "The data")

    def _start(self, path: Path, work: Callable[[], Path], what: str) -> None:
        session = self._session
        if session is None:
            raise CalguiError("There is nobody to save for.", path=path, cure="Copy the plot.")
        session.tasks.start(
            f"Saving {path.name}",
            lambda _job: work(),
            lambda written: session.notice("info", f"{what} was saved as {written.name}."),
        )


def offer_saving(plot: QWidget, name: str | Callable[[], str], session: Session | None, series: Series) -> PlotSaving:
    """Offer to save a plot and its data: in its menu, and by Ctrl+S while it has the focus.

    Parameters
    ----------
    plot : QWidget
        A pyqtgraph plot, or any widget that draws one.
    name : str or callable
        Proposed for files, without ending.
    session : Session or None
        Whose tasks write, and who is told.
    series : callable
        Gives the data that is drawn at the moment, as columns with units.

    Returns
    -------
    PlotSaving
        Owned by the plot; for buttons that ask for the same.
    """
    return PlotSaving(plot, (lambda: name) if isinstance(name, str) else name, session, series)


def from_titles(pairs: Iterable[tuple[str, Any]]) -> list[Column]:
    """Columns from titles that hold a unit in brackets, wherever in them.

    Parameters
    ----------
    pairs : iterable of (str, array)
        Title, and values.

    Returns
    -------
    list of Column
    """
    made = []
    for title, values in pairs:
        match = re.search(r"\s*\(([^()]+)\)", title)
        made.append(Column(title.replace(match[0], "") if match else title, values, match[1] if match else ""))
    return made


def painted(plot: QWidget) -> QPixmap:
    """A plot as pixels, finer than the screen.

    Parameters
    ----------
    plot : QWidget
        As it is seen.

    Returns
    -------
    QPixmap
    """
    pixmap = QPixmap(plot.size() * _FINE)
    pixmap.setDevicePixelRatio(_FINE)
    pixmap.fill(plot.palette().color(plot.backgroundRole()))
    # a graphics view has a method of this name for its scene alone
    QWidget.render(plot, pixmap, QPoint())
    return pixmap


def drawn(plot: QWidget, title: str) -> bytes:
    """A plot as an SVG drawing: lines and texts stay lines and texts.

    Parameters
    ----------
    plot : QWidget
        As it is seen.
    title : str
        Told in the file.

    Returns
    -------
    bytes
    """
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(plot.size()))
    generator.setViewBox(plot.rect())
    generator.setTitle(title)
    painter = QPainter(generator)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(plot, QGraphicsView):
            painter.fillRect(plot.rect(), plot.backgroundBrush())
            plot.render(painter, plot.rect(), plot.rect())
        else:
            plot.render(painter, QPoint())
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _png(pixmap: QPixmap) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    save: Any = pixmap.save
    save(buffer, "PNG")
    return bytes(buffer.data().data())
