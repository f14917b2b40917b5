"""What stands above a report: the verdict at a glance, of what, and against which reference."""

from collections import Counter

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from calgui.core.validation import known_types
from calgui.views.rules.marks import mark_icon
from calgui.views.rules.validate.known import Judged
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.theme import SPACE, theme


class Banner(QFrame):
    """The verdict of one file.

    Signals
    -------
    again_asked()
        Judge the file anew.
    type_given(str)
        The user says what the file is.
    """

    again_asked = Signal()
    type_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_banner")
        self._icon = QLabel(self)
        self.word = QLabel(self)
        self.word.setObjectName("validate_verdict")
        self.word.setAccessibleName("Verdict")
        self.said = QLabel(self)
        self.said.setObjectName("validate_told")
        self.said.setAccessibleName("What was judged")
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # a long name wraps or is cut; it never widens the window
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.kind = QComboBox(self)
        self.kind.setObjectName("validate_type")
        self.kind.setAccessibleName("Type of the file")
        self.kind.setToolTip("What the file is, where its header does not say it.")
        self.kind.addItem("Type…", "")
        for kind in known_types():
            self.kind.addItem(kind.lower(), kind)
        self.kind.activated.connect(lambda _at: self.type_given.emit(self.kind.currentData()))
        self.again = QPushButton("Judge again", self)
        self.again.setObjectName("validate_again")
        self.again.setToolTip("Read the file again, and judge it anew; of several that are chosen, all of them.")
        self.again.clicked.connect(self.again_asked)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        for part, stretch in ((self._icon, 0), (self.word, 0), (self.said, 1), (self.kind, 0), (self.again, 0)):
            layout.addWidget(part, stretch)
        self._shown: Judged | None = None
        theme().changed.connect(self._retheme)
        self.show_judged(None)

    def show_judged(self, one: Judged | None, name: str = "") -> None:
        """Show what is known of a file.

        Parameters
        ----------
        one : Judged or None
            None where no file is chosen.
        name : str
            Of the file.
        """
        self._shown = one
        self.setVisible(one is not None)
        if one is None:
            return
        validation = one.validation
        self.kind.setVisible(validation is None and one.untyped)
        self.kind.setCurrentIndex(0)
        self.again.setVisible(one.state in ("judged", "failed"))
        self.word.setText(VERDICTS[one.verdict].word.capitalize())
        if validation is None:
            self.said.setText(f"{name}: {one.error}" if one.error else name)
        else:
            kind = "reference" if validation.is_reference else "exposure"
            counts = Counter(said.verdict for said in validation.said)
            told = [f"{counts[word]:,} {word}" for word in ("bad", "doubtful", "unknown", "good") if counts[word]]
            lines = [f"{name} · {validation.type.lower()}, {kind} · {', '.join(told)} of {len(validation.said)} checks"]
            more = [f"in use: {validation.used}"] if validation.used else list(validation.notes[:1])
            more += ["crds certify is being asked…"] if one.certifying else []
            self.said.setText("\n".join([*lines, " · ".join(more)] if more else lines))
        self._retheme()

    def _retheme(self) -> None:
        if self._shown is None:
            return
        mark, colour = VERDICTS[self._shown.verdict], theme().colour
        self._icon.setPixmap(mark_icon(mark, 24).pixmap(24, 24))
        self.word.setStyleSheet(f"color: {colour(mark.role).name()}; font-weight: 600; font-size: 16px;")
        self.said.setStyleSheet(f"color: {colour('text').name()};")
        fill = colour(mark.fill).name()
        self.setStyleSheet(f"#validate_banner {{ background: {fill}; border-radius: 4px; }}")
