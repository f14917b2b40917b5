"""How states are told: a glyph, a word, a colour and a sentence for each, in one place."""

import re
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap

from calgui.core.rules.values import Fate, Outcome, Severity, Status, Trust
from calgui.views.theme import theme


@dataclass(frozen=True)
class Mark:
    """How one state is told.

    Attributes
    ----------
    glyph : str
        One character, different for each state of a kind, so that colour is never needed.
    word : str
        A word or two.
    role : str
        Colour of glyph and word.
    fill : str
        Colour behind them.
    meaning : str
        One sentence for tooltips and legends.
    """

    glyph: str
    word: str
    role: str
    fill: str
    meaning: str


OUTCOMES: dict[Outcome, Mark] = {
    Outcome.MATCH: Mark("=", "match", "good", "good_fill", "The rule asks for this very value."),
    Outcome.WILDCARD: Mark("*", "any value", "good", "good_fill", "The rule takes any value; it counts as a match."),
    Outcome.NOT_APPLICABLE: Mark(
        "–", "not asked", "muted", "neutral_fill", "The rule says N/A: it does not look here, and gains no weight."
    ),
    Outcome.VALUE_NOT_APPLICABLE: Mark(
        "∅", "value is N/A", "muted", "neutral_fill", "The observation says N/A: nothing to compare, no weight."
    ),
    Outcome.MISMATCH: Mark("≠", "differs", "error", "error_fill", "The rule asks for another value."),
    Outcome.REFUSED: Mark(
        "!", "in no rule", "error", "error_fill", "No rule of this mapping lists the value, so every rule fails."
    ),
    Outcome.MISSING: Mark("?", "missing", "warning", "warning_fill", "The header lacks the keyword."),
}

#: a cell whose rule text was replaced before matching, whatever came of it
SUBSTITUTED = Mark("→", "substituted", "accent", "neutral_fill", "The rule's text was replaced before matching.")

FATES: dict[Fate, Mark] = {
    Fate.WINNER: Mark("★", "winner", "good", "good_fill", "This rule decides."),
    Fate.MERGED: Mark("+", "merged", "good", "good_fill", "Equal weight: its dates were merged with the winner's."),
    Fate.NO_DATE: Mark("◷", "no date", "warning", "warning_fill", "It matches, but holds no date that fits."),
    Fate.OUTRANKED: Mark("↓", "outranked", "warning", "warning_fill", "It matches, but with less weight."),
    Fate.ELIMINATED: Mark("✕", "eliminated", "muted", "neutral_fill", "At least one parameter does not fit."),
}

STATUSES: dict[Status, Mark] = {
    Status.SELECTED: Mark("✓", "selected", "good", "good_fill", "The rules select this file."),
    Status.NOT_APPLICABLE: Mark("–", "not needed", "muted", "neutral_fill", "The rules say: not for this observation."),
    Status.NOT_FOUND: Mark("✕", "not found", "error", "error_fill", "No rule fits this observation."),
    Status.ERROR: Mark("!", "error", "error", "error_fill", "The mapping could not be used."),
}

TRUSTS: dict[Trust, Mark] = {
    Trust.OK: Mark("✓", "present", "good", "good_fill", "The file is in the cache and its checksum holds."),
    Trust.UNCHECKED: Mark("○", "present", "text", "neutral_fill", "The file is there; no checksum to hold it against."),
    Trust.MISSING: Mark("✕", "missing", "error", "error_fill", "The cache does not hold this file."),
    Trust.LFS_POINTER: Mark(
        "↗", "LFS pointer", "warning", "warning_fill", "Only a Git LFS pointer: the data were never fetched."
    ),
    Trust.CORRUPT: Mark("!", "corrupt", "error", "error_fill", "The file is there but cannot be read."),
    Trust.CHECKSUM_MISMATCH: Mark(
        "≠", "checksum differs", "error", "error_fill", "Its content is not what was stated."
    ),
}

#: a cache of mappings only lacks every reference, which is then no defect
NOT_HERE = Mark("✕", "not here", "muted", "neutral_fill", "This cache holds mappings only, no references.")

#: the header names another file than the rules select now
OTHER_USED = Mark("≠", "other used", "error", "error_fill", "The header names another file.")

SEVERITIES: dict[Severity, Mark] = {
    Severity.ERROR: Mark("✕", "error", "error", "error_fill", "Something is broken."),
    Severity.WARNING: Mark("!", "warning", "warning", "warning_fill", "Something is not as it should be."),
    Severity.INFO: Mark("i", "note", "accent", "neutral_fill", "Good to know."),
}


_BOTH_NAMES = re.compile(r"\b[A-Z0-9_]+(?:\.[A-Z0-9_]+)+ \(([A-Z0-9_-]+)\)")


def with_keywords(sentence: str) -> str:
    """A sentence with FITS keywords only, where it names parkeys beside them.

    Parameters
    ----------
    sentence : str
        ``META.INSTRUMENT.FILTER (FILTER) is J.``

    Returns
    -------
    str
        ``FILTER is J.``
    """
    return _BOTH_NAMES.sub(r"\1", sentence)


def mark_icon(mark: Mark, size: int = 16) -> QIcon:
    """The glyph of a mark on its colour, in the present theme.

    Parameters
    ----------
    mark : Mark
        What is told.
    size : int
        Edge in logical pixels.

    Returns
    -------
    QIcon
    """
    look = theme()
    return _icon(mark.glyph, look.colour(mark.role).name(), look.colour(mark.fill).name(), size)


@lru_cache(maxsize=256)
def _icon(glyph: str, colour: str, fill: str, size: int) -> QIcon:
    pixmap = QPixmap(size * 3, size * 3)
    pixmap.setDevicePixelRatio(3)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_badge(painter, QRectF(0, 0, size, size), glyph, QColor(colour), QColor(fill))
    painter.end()
    icon = QIcon(pixmap)
    # a row in focus keeps its colours: they mean something
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def paint_badge(painter: QPainter, box: QRectF, glyph: str, colour: QColor, fill: QColor) -> None:
    """Draw a glyph on a small rounded square.

    Parameters
    ----------
    painter : QPainter
        Where to draw.
    box : QRectF
        The square.
    glyph : str
        One character.
    colour, fill : QColor
        Of the glyph, and behind it.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawRoundedRect(box, 4, 4)
    font = QFont(painter.font())
    font.setPixelSize(max(8, round(box.height() * 0.75)))
    font.setBold(True)
    font.setItalic(False)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, glyph)
    painter.restore()
