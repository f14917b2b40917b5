"""Labels that understand HTML; all others, and all tool tips, show what they are given letter by letter.

Qt guesses whether a text is HTML, and a value of somebody's header that looks so would be laid out as such, with the
pictures that it names read from the disk. The theme switches the guessing off (`PLAIN`); the few labels whose HTML is
made here say so with `rich`, and escape what they put into it.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

_PROPERTY = "holds_html"

#: part of the application's style sheet
PLAIN = f"""
    QLabel, QToolTip {{ qproperty-textFormat: PlainText; }}
    QLabel[{_PROPERTY}="true"] {{ qproperty-textFormat: RichText; }}
"""


def rich(*labels: QLabel) -> QLabel:
    """Let labels understand HTML.

    Parameters
    ----------
    *labels : QLabel
        Not shown yet. Whatever is put into them must be escaped.

    Returns
    -------
    QLabel
        The last of them.
    """
    for label in labels:
        label.setProperty(_PROPERTY, True)
        label.setTextFormat(Qt.TextFormat.RichText)
    return labels[-1]
