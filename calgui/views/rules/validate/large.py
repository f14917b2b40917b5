"""The picture of a reason at full size: in the image view, as a plot, or as lines of the header."""

import re
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from calgui.core.frames import dq as flags
from calgui.core.tables import Column
from calgui.core.validation import Found
from calgui.core.validation.pictures import Illustration
from calgui.views.image.content import Origin
from calgui.views.image.view import ImageView
from calgui.views.rules.validate.thumbnail import ends_of, zones
from calgui.views.session import Session
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.plot_saving import offer_saving

_STRETCH = re.compile(r", stretched from [^.]*")
_ROLES = {"value": "accent", "doubtful": "warning", "bad": "error"}


class LargePicture(QWidget):
    """One illustration with room for it.

    Signals
    -------
    header_asked(str)
        A keyword is to be looked at among all others of the file.

    Parameters
    ----------
    session : Session
        For the picture and for saving.
    parent : QWidget, optional
    """

    header_asked = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_large")
        self.session = session
        self.shown: Illustration | None = None
        self.told = QLabel("Click the small picture of a reason to see it here.", self)
        self.told.setObjectName("validate_large_told")
        self.told.setAccessibleName("What the picture shows")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.header = QPushButton("Show in the header", self)
        self.header.setObjectName("validate_large_header")
        self.header.setAccessibleName("Show the keyword among all others of the file")
        self.header.setToolTip("Show the keyword among all others of the file, under Observe.")
        self.header.clicked.connect(lambda: self.header_asked.emit(self.shown.keyword if self.shown else ""))
        self.header.hide()
        self.picture: ImageView | None = None
        self.plot = pg.PlotWidget(background=theme().colour("surface"))
        self.plot.setObjectName("validate_large_plot")
        self.plot.setAccessibleName("Histogram with the limits")
        self.plot.setToolTip("Wheel: zoom; drag: move; right click: more.")
        self.saving = offer_saving(self.plot, "validation", session, self._series)
        self.cards = QLabel(self)
        self.cards.setObjectName("validate_large_cards")
        self.cards.setAccessibleName("Lines of the header")
        self.cards.setTextFormat(Qt.TextFormat.PlainText)
        self.cards.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.cards.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.cards.setWordWrap(True)
        self.cards.setFont(figures())
        self.cards.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        self.stack = QStackedWidget(self)
        for part in (self.cards, self.plot):
            self.stack.addWidget(part)
        row = QHBoxLayout()
        row.addWidget(self.told, 1)
        row.addWidget(self.header)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE // 2, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(row)
        layout.addWidget(self.stack, 1)
        theme().changed.connect(self._retheme)
        self._retheme()

    def show_illustration(self, shown: Illustration, sentence: str, found: Found | None) -> None:
        """Show another one.

        Parameters
        ----------
        shown : Illustration
        sentence : str
            Of the reason.
        found : Found or None
            Of the file whose pixels these are.
        """
        self.shown = shown
        # the small picture has a stretch of its own; here it is that of the view, which says so
        caption = _STRETCH.sub("", shown.caption) if shown.frame is not None else shown.caption
        self.told.setText(f"{sentence} {caption}" if sentence else caption)
        self.header.setVisible(bool(shown.keyword))
        if shown.frame is not None:
            view = self._view()
            # the flags that are meant are seen without a search for them
            view.bar.marked_at_first = frozenset(flag.name for flag in flags.FLAGS)
            same = found is not None and shown.frame.data.shape == found.shape
            origin = Origin((found.path,)) if same and found is not None else None
            # what it shows stands above it, and would hide a part of a small one
            view.show_frame(shown.frame, found.path.name if found is not None else "", "", origin)
            self.stack.setCurrentWidget(view)
        elif shown.marks or shown.counts is not None:
            self._draw()
            self.stack.setCurrentWidget(self.plot)
        else:
            self.cards.setText("\n".join(shown.cards) or shown.caption)
            self.stack.setCurrentWidget(self.cards)

    def show_file(self, path: Path) -> None:
        """Show the picture of a file as it is.

        Parameters
        ----------
        path : pathlib.Path
        """
        self.told.setText(f"{path.name}. Click the small picture of a reason to see what is wrong.")
        self.header.hide()
        view = self._view()
        view.show_file(path)
        self.stack.setCurrentWidget(view)

    def clear(self) -> None:
        """Show nothing: another file is looked at."""
        self.shown = None
        self.told.setText("Click the small picture of a reason to see it here.")
        self.header.hide()
        self.cards.setText("")
        self.stack.setCurrentWidget(self.cards)
        if self.picture is not None:
            self.picture.clear()

    def _view(self) -> ImageView:
        """Made when a picture is first asked for: it takes its time."""
        if self.picture is None:
            self.picture = ImageView(self.session)
            self.picture.setObjectName("validate_picture_view")
            self.stack.addWidget(self.picture)
        return self.picture

    def _draw(self) -> None:
        shown = self.shown
        assert shown is not None
        item = self.plot.getPlotItem()
        item.clear()
        colour = theme().colour
        unit = f" ({shown.unit})" if shown.unit else ""
        for side, label in (("bottom", f"{shown.axis}{unit}"), ("left", "Pixels" if shown.counts is not None else "")):
            axis = item.getAxis(side)
            # pyqtgraph takes labels for HTML, and names of files and units are others' words
            axis.setLabel(escape(label), color=colour("muted").name())
            axis.setPen(colour("line"))
            axis.setTextPen(colour("muted"))
            axis.enableAutoSIPrefix(False)
        item.showGrid(x=True, y=shown.counts is not None, alpha=0.15)
        item.showAxis("left", shown.counts is not None)
        if shown.counts is not None and shown.edges is not None:
            fill = colour("field")
            fill.setAlpha(150)
            counts = np.log10(1 + np.asarray(shown.counts, float))
            item.plot(shown.edges, counts, stepMode="center", fillLevel=0, brush=fill, pen=pg.mkPen(colour("field")))
            item.getAxis("left").setLabel("log10 (1 + pixels)", color=colour("muted").name())
        else:
            low, high = ends_of(shown.marks)
            for start, end, role in zones(shown.marks, low, high):
                band = pg.LinearRegionItem((start, end), brush=colour(f"{role}_fill"), movable=False)
                for line in band.lines:
                    line.setPen(pg.mkPen(None))
                item.addItem(band)
            item.setXRange(low, high, padding=0)
        for mark in shown.marks:
            item.addItem(self._line(mark.at, mark.what))
        item.enableAutoRange()

    def _line(self, at: float, what: str) -> Any:
        colour = theme().colour(_ROLES[what])
        style = Qt.PenStyle.SolidLine if what == "value" else Qt.PenStyle.DashLine
        label = f"{'' if what == 'value' else f'{what} '}{at:.4g}"
        options = {"color": colour, "position": 0.92 if what == "value" else 0.8, "fill": theme().colour("surface")}
        pen = pg.mkPen(colour, width=2, style=style)
        return pg.InfiniteLine(at, angle=90, pen=pen, label=label, labelOpts=options)

    def _series(self) -> list[Column]:
        shown = self.shown
        if shown is None:
            return []
        if shown.counts is not None and shown.edges is not None:
            return [Column(shown.axis, shown.edges, shown.unit), Column("Pixels", shown.counts)]
        names = np.array([mark.what for mark in shown.marks])
        return [Column("What", names), Column(shown.axis, np.array([mark.at for mark in shown.marks]), shown.unit)]

    def _retheme(self) -> None:
        colour = theme().colour
        self.told.setStyleSheet(f"color: {colour('muted').name()};")
        self.plot.setBackground(colour("surface"))
        self.cards.setStyleSheet(f"#validate_large_cards {{ background: {colour('surface').name()}; }}")
        if self.shown is not None and self.stack.currentWidget() is self.plot:
            self._draw()
