"""Why a file is not good: a card for each reason, with its sentence and its picture."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from calgui.core.validation import Said
from calgui.core.validation.pictures import Illustration
from calgui.views.rules.marks import mark_icon
from calgui.views.rules.validate.looking import key_of
from calgui.views.rules.validate.thumbnail import Thumbnail
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import words_in

#: more would hold up the window; all are in the table of checks
_MOST, _AT_ONCE = 40, 3


class Reasons(QScrollArea):
    """Cards, the worst first.

    Signals
    -------
    large_asked(object)
        The picture of a `Said` is to be seen large.
    """

    large_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_reasons")
        self.setAccessibleName("Reasons of the verdict, with their pictures")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.said: tuple[Said, ...] = ()
        self.thumbnails: dict[str, Thumbnail] = {}
        self._shown: Mapping[str, Illustration] = {}
        self._note, self._made = "", 0
        self._making = QTimer(self, singleShot=True, interval=0)
        self._making.timeout.connect(self._add_some)
        theme().changed.connect(self._build)
        self._build()

    @property
    def busy(self) -> bool:
        """Whether cards are still being made."""
        return self._making.isActive()

    def show_reasons(self, said: Sequence[Said], note: str) -> None:
        """Show others.

        Parameters
        ----------
        said : sequence of Said
            What is not good.
        note : str
            What stands below them, or in their place.
        """
        if tuple(said) == self.said and note == self._note:
            return
        self.said, self._note, self._shown = tuple(said), note, {}
        self._build()

    def show_pictures(self, shown: Mapping[str, Illustration]) -> None:
        """Fill the pictures in.

        Parameters
        ----------
        shown : mapping of str to Illustration
            By `key_of`.
        """
        self._shown = shown
        for key, thumbnail in self.thumbnails.items():
            thumbnail.show_illustration(shown.get(key))

    def _build(self) -> None:
        whole = QWidget()
        whole.setObjectName("validate_cards")
        line = theme().colour("line").name()
        whole.setStyleSheet(f"#validate_card {{ border-bottom: 1px solid {line}; }}")
        self._column = QVBoxLayout(whole)
        self._column.setContentsMargins(0, 0, SPACE, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self.thumbnails, self._made = {}, 0
        self.setWidget(whole)
        self._add_some()

    def _add_some(self) -> None:
        last = min(len(self.said), _MOST)
        for said in self.said[self._made : min(self._made + _AT_ONCE, last)]:
            self._column.insertWidget(self._made, self._card(said))
            self._made += 1
        if self._made < last:
            self._making.start()
            return
        self._making.stop()
        rest = len(self.said) - last
        text = f"and {rest:,} more, in the table of checks." if rest > 0 else self._note
        if text:
            label = words_in(text, "muted")
            label.setObjectName("validate_reasons_note")
            label.setContentsMargins(SPACE, SPACE, 0, SPACE)
            self._column.insertWidget(self._made, label)

    def _card(self, said: Said) -> QWidget:
        mark = VERDICTS[said.verdict]
        frame = QFrame()
        frame.setObjectName("validate_card")
        badge = QLabel(frame)
        badge.setPixmap(mark_icon(mark, 18).pixmap(18, 18))
        badge.setToolTip(mark.meaning)
        words = QVBoxLayout()
        words.setSpacing(2)
        head = words_in(f"{mark.word}  {_glance(said)}", mark.role, bold=True)
        words.addWidget(head)
        words.addWidget(words_in(said.text, "text"))
        if said.look:
            words.addWidget(words_in(f"Look at {said.look}.", "muted"))
        words.addStretch(1)
        key = key_of(said)
        thumbnail = Thumbnail(f"validate_picture_{said.check}", said.title, frame)
        thumbnail.show_illustration(self._shown.get(key))
        thumbnail.clicked.connect(lambda: self.large_asked.emit(said))
        self.thumbnails[key] = thumbnail
        layout = QHBoxLayout(frame)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(thumbnail, 0, Qt.AlignmentFlag.AlignTop)
        return frame


def _glance(said: Said) -> str:
    """The number and its limit, else what it is about; the sentence says the rest."""
    value, limit = said.value, said.threshold
    if isinstance(value, int | float) and not isinstance(value, bool) and limit is not None and said.check != "certify":
        unit = f" {said.unit}" if said.unit not in ("", "1") else ""
        return f"{said.check}  {value:.4g}{unit} {'<' if value < limit else '>'} {limit:g}{unit}"
    return said.title
