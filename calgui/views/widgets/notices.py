"""The list of notices: what happened, when, and what to do; never in the way."""

import time

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.views.session import Notice, Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.rich import rich

_WORDS = {"error": "Error", "warning": "Warning", "info": "Note"}
#: older ones are dropped from the list
_MOST = 200
_HEIGHT = 168


class NoticeList(QFrame):
    """All notices, the newest first.

    Signals
    -------
    closed()
        The user closed the list.
    cleared()
        There are no notices any more, or those that were there again.

    Parameters
    ----------
    session : Session
        Whose notices are listed.
    parent : QWidget, optional
    """

    closed = Signal()
    cleared = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("notice_list")
        self.setAccessibleName("Notices")
        title = rich(QLabel("<b>Notices</b>", self))
        self.copy_button = self._button("notices_copy", "Copy all", "Copy all notices as text")
        self.clear_button = self._button("notices_clear", "Clear", "Forget all notices")
        self.close_button = self._button("notices_close", "", "Hide the notices")
        self.copy_button.clicked.connect(self.copy)
        self.clear_button.clicked.connect(self.clear)
        self.close_button.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(title, 1)
        for button in (self.copy_button, self.clear_button, self.close_button):
            head.addWidget(button)
        self._body = QWidget(self)
        self._body.setObjectName("notices_body")
        self._rows = QVBoxLayout(self._body)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(SPACE)
        self._rows.addStretch()
        self.area = QScrollArea(self)
        self.area.setObjectName("notices_area")
        self.area.setAccessibleName("Notices, the newest first")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(self._body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.addLayout(head)
        layout.addWidget(self.area)
        self.setFixedHeight(_HEIGHT)
        self._times: dict[int, str] = {}
        session.noticed.connect(self._add)
        theme().changed.connect(self._fill)
        self._fill()

    def sizeHint(self) -> QSize:
        """Low, and as wide as there is."""
        return QSize(600, _HEIGHT)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        return button

    def _add(self, notice: Notice) -> None:
        self._times[id(notice)] = time.strftime("%H:%M:%S")
        self._rows.insertWidget(0, self._row(notice))
        while self._rows.count() > _MOST + 1:
            self._drop(self._rows.count() - 2)

    def _drop(self, place: int) -> None:
        item = self._rows.takeAt(place)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.deleteLater()

    def _fill(self) -> None:
        self.close_button.setIcon(icon("close", "muted"))
        while self._rows.count() > 1:
            self._drop(0)
        for notice in self.session.notices[-_MOST:]:
            self._rows.insertWidget(0, self._row(notice))

    def _row(self, notice: Notice) -> QWidget:
        look = theme()
        role = "accent" if notice.level == "info" else notice.level
        row = QWidget(self._body)
        picture = QLabel(row)
        picture.setPixmap(icon(notice.level, role).pixmap(18, 18))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        word = rich(QLabel(f"<b style='color:{look.colour(role).name()}'>{_WORDS[notice.level]}</b>", row))
        word.setMinimumWidth(64)
        word.setAlignment(Qt.AlignmentFlag.AlignTop)
        text = QLabel(row)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setText(f"{notice.text}\n{notice.cure}" if notice.cure else notice.text)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        when = QLabel(self._times.get(id(notice), ""), row)
        when.setStyleSheet(f"color: {look.colour('muted').name()}")
        when.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(picture)
        layout.addWidget(word)
        layout.addWidget(text, 1)
        layout.addWidget(when)
        return row

    def text(self) -> str:
        """All notices as text, the oldest first.

        Returns
        -------
        str
        """
        return "\n".join(
            f"{self._times.get(id(n), '')} {_WORDS[n.level]}: {n.text} {n.cure}".strip() for n in self.session.notices
        )

    def copy(self) -> None:
        """Copy all notices as text."""
        QGuiApplication.clipboard().setText(self.text())

    def clear(self) -> None:
        """Forget all notices; they come back by undoing it."""
        gone = tuple(self.session.notices)
        if gone:
            self._clear()
            self.session.history.did("clear the notices", lambda: self._bring_back(gone), self._clear)

    def _clear(self) -> None:
        self.session.notices.clear()
        self._fill()
        self.cleared.emit()

    def _bring_back(self, gone: tuple[Notice, ...]) -> None:
        self.session.notices[:0] = gone
        self._fill()
        self.cleared.emit()
