"""Small parts of pages and cards: buttons with names, words in colours of the theme."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from calgui.views.theme import theme

#: letters of what stays on one line beside other parts
_SHORT = 40


def push_button(name: str, text: str, tip: str, parent: QWidget | None = None) -> QPushButton:
    """A button.

    Parameters
    ----------
    name, text, tip : str
        Object name, what stands on it, and what it does; read out are the words, and after them the tip.
    parent : QWidget, optional

    Returns
    -------
    QPushButton
    """
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button


def words_in(text: str, role: str, bold: bool = False) -> QLabel:
    """Plain words in a colour of the theme as it is now, which wrap where they are many, and can be copied.

    Parameters
    ----------
    text : str
    role : str
        Of the colour.
    bold : bool

    Returns
    -------
    QLabel
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(len(text) > _SHORT)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    # a palette and no style sheet: that takes longer than all the rest
    palette = label.palette()
    palette.setColor(QPalette.ColorRole.WindowText, theme().colour(role))
    label.setPalette(palette)
    if bold:
        font = label.font()
        font.setBold(True)
        label.setFont(font)
    return label
