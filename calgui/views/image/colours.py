"""Colours of pictures: maps, grey and uniform ones from matplotlib's published tables, and those of flags."""

from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from calgui.core.frames.display import TOP

#: name in the chooser -> name of the table that pyqtgraph ships; None is grey
COLOUR_MAPS: dict[str, str | None] = {
    "grey": None,
    "viridis": "viridis",
    "cividis": "cividis",
    "inferno": "inferno",
    "magma": "magma",
}

#: tone of a pixel without value: in no map, and told from dark and bright in both
_NO_VALUE = {
    "grey": 0xFF2F6DB5,
    "viridis": 0xFFB8B8B8,
    "cividis": 0xFFC94F4F,
    "inferno": 0xFF2F8F8F,
    "magma": 0xFF2F8F8F,
}


@lru_cache(maxsize=32)
def colour_table(name: str, inverted: bool = False) -> tuple[int, ...]:
    """The colours of the 255 tones and of "no value".

    Parameters
    ----------
    name : str
        One of `COLOUR_MAPS`.
    inverted : bool
        Bright for low values.

    Returns
    -------
    tuple of int
        256 colours as ``0xAARRGGBB``.
    """
    source = COLOUR_MAPS[name]
    if source is None:
        levels = np.rint(np.linspace(0, 255, TOP + 1)).astype(np.uint32)
        red = green = blue = levels
    else:
        table = pg.colormap.get(source).getLookupTable(0.0, 1.0, TOP + 1, alpha=False).astype(np.uint32)
        red, green, blue = table[:, 0], table[:, 1], table[:, 2]
    packed = (np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue).tolist()
    if inverted:
        packed.reverse()
    return (*packed, _NO_VALUE[name])


def no_value_colour(name: str) -> str:
    """The colour that stands for NaN in a map.

    Parameters
    ----------
    name : str
        One of `COLOUR_MAPS`.

    Returns
    -------
    str
        ``#rrggbb``.
    """
    return f"#{_NO_VALUE[name] & 0xFFFFFF:06x}"


def flag_swatch(colour: str) -> QIcon:
    """A square of a flag's colour, full while it is marked and empty while it is not.

    Parameters
    ----------
    colour : str
        As Qt reads it.

    Returns
    -------
    QIcon
        With a state on and one off.
    """
    icon = QIcon()
    for state in (QIcon.State.On, QIcon.State.Off):
        pixmap = QPixmap(12, 12)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setPen(QPen(QColor(colour), 2))
        painter.drawRect(1, 1, 10, 10)
        if state is QIcon.State.On:
            painter.fillRect(0, 0, 12, 12, QColor(colour))
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon
