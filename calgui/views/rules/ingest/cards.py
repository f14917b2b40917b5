"""What is wrong, a card for each finding: the sentence, the cure, and the field or button that cures it here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QApplication,
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.ingest.problems import clean
from calgui.core.rules.values import Finding, Severity
from calgui.views.rules.ingest.answer import Answer, asked_of, cure_of
from calgui.views.rules.marks import SEVERITIES, Mark, mark_icon
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import words_in

#: more would hold up the window
_MOST = 60
_AT_ONCE = 4
#: letters of values that are listed beside their field; the tool tip lists all
_LONGEST = 60
_NAMES = ("naming", "name-taken")
_SET = Mark("=", "set by you", "accent", "neutral_fill", "It wins over what the file says.")
_OLD = "It was in the cache before, and an ingest does not mend it."
_STOPS = f"{_OLD[:-1]}: stock crds stops there until it is mended."


@dataclass(frozen=True)
class Card:
    """What one card says.

    Attributes
    ----------
    mark : Mark
    place : str
        The file.
    message, cure : str
    path : pathlib.Path or None
        The file that a value is asked for.
    keyword, value : str
        What is asked for, and what is said now; empty where nothing is.
    every : tuple of pathlib.Path
        All files that lack the same.
    kind : str
        ``value``, ``name``, ``parameters``, ``set``, ``report``, or empty: what can be done here.
    """

    mark: Mark
    place: str
    message: str
    cure: str = ""
    path: Path | None = None
    keyword: str = ""
    value: str = ""
    every: tuple[Path, ...] = ()
    kind: str = ""


def cards_of(answer: Answer) -> list[Card]:
    """A card for each finding, then one for each value that the user gave; safe in another thread.

    Parameters
    ----------
    answer : Answer

    Returns
    -------
    list of Card
    """
    asked = {id(one): asked_of(one) for one in answer.proposal.findings}
    lists: dict[str, list[Path]] = {}
    for about in asked.values():
        if about is not None:
            lists.setdefault(about[1], []).append(about[0])
    lacking = {keyword: tuple(dict.fromkeys(paths)) for keyword, paths in lists.items()}
    made = [_card(one, asked[id(one)], lacking, answer) for one in answer.proposal.findings]
    for one in answer.defects:
        old = _STOPS if one.severity is Severity.ERROR else _OLD
        made.append(Card(SEVERITIES[one.severity], one.place, f"{one.message} {old}", cure_of(one)))
    open_ones = {(path, keyword) for keyword, paths in lacking.items() for path in paths}
    for item in answer.draft.items:
        for keyword, value in item.settings:
            if (item.path, keyword) not in open_ones:
                text = f"{keyword} = {value} counts instead of what the file says; the file itself stays as it is."
                made.append(Card(_SET, item.path.name, text, "", item.path, keyword, value, (), "set"))
    return made


def _card(
    one: Finding, about: tuple[Path, str, str] | None, lacking: dict[str, tuple[Path, ...]], answer: Answer
) -> Card:
    mark = SEVERITIES[one.severity]
    if about is not None:
        path, keyword, value = about
        return Card(mark, one.place, one.message, cure_of(one), path, keyword, value, lacking[keyword], "value")
    kind = "name" if one.code in _NAMES and not answer.draft.rename else ""
    value = ""
    if one.code == "new-type":
        kind = "parameters"
        rule = next((rule for rule in answer.proposal.rules if rule.source.name == one.place), None)
        value = ", ".join(p.keyword or p.name for p in rule.parameters) if rule is not None else ""
    return Card(mark, one.place, one.message, cure_of(one), value=value, kind=kind)


class Cards(QScrollArea):
    """All findings of a draft.

    Signals
    -------
    value_given(object, str, str)
        For the files of these paths, this keyword has this value; an empty one takes it back.
    rename_wanted()
        All files are to get the next free names.
    parameters_given(str)
        Of the first mapping of a type, separated by commas.
    report_asked(object)
        The validation of the file of this path is to be seen.
    """

    value_given = Signal(object, str, str)
    rename_wanted = Signal()
    parameters_given = Signal(str)
    report_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ingest_findings")
        self.setAccessibleName("What is wrong, and how it is cured")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cards: list[Card] = []
        #: what crds certify says of the files, and their validation
        self.verdicts: list[Card] = []
        self._waits = ""
        self._choices: dict[str, tuple[str, ...]] = {}
        self._numbers: Counter[str] = Counter()
        self._typed: dict[str, str] = {}
        self._focus, self._made, self._at = "", 0, 0
        self._making = QTimer(self, singleShot=True, interval=0)
        self._making.timeout.connect(self._add_some)
        theme().changed.connect(self._build)
        self._build()

    def show_cards(self, cards: Sequence[Card], choices: dict[str, tuple[str, ...]]) -> None:
        """Show others; who was typing goes on.

        Parameters
        ----------
        cards : sequence of Card
        choices : dict of str to tuple of str
            Values that a keyword may have.
        """
        if list(cards) == self.cards and choices == self._choices:
            return
        self.cards, self._choices = list(cards), choices
        self._build()

    def show_verdicts(self, cards: Sequence[Card], waits: str = "") -> None:
        """Show what is said of the files themselves, after all findings.

        Parameters
        ----------
        cards : sequence of Card
        waits : str
            Who has yet to say something, in a sentence; empty where all have.
        """
        if list(cards) != self.verdicts or waits != self._waits:
            self.verdicts, self._waits = list(cards), waits
            self._build_end()

    @property
    def busy(self) -> bool:
        """Whether cards are still being made."""
        return self._making.isActive()

    def _build(self) -> None:
        """Begin anew; a few cards at a time, so that nothing waits for them."""
        focus = QApplication.focusWidget()
        self._focus = focus.objectName() if focus is not None and self.isAncestorOf(focus) else ""
        self._typed = {field.objectName(): field.text() for field in self.findChildren(QLineEdit) if field.isModified()}
        whole = QWidget()
        whole.setObjectName("ingest_cards")
        line = theme().colour("line").name()
        whole.setStyleSheet(f"#ingest_card {{ border-bottom: 1px solid {line}; }}")
        self._numbers = Counter()
        self._column = QVBoxLayout(whole)
        self._column.setContentsMargins(0, 0, SPACE, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._made, self._at = 0, self.verticalScrollBar().value()
        #: by the tabulator key: the part that comes last, and the last one of the findings
        self._last: QWidget = self
        self._end: QWidget = self
        self.setWidget(whole)
        self._add_some()

    def _build_end(self) -> None:
        """Only what stands after the findings: in those somebody may be typing, or about to press a button."""
        count = min(len(self.cards), _MOST)
        if self._made < count:
            return  # they are being made, and the end after them
        focus = QApplication.focusWidget()
        while self._column.count() - 1 > count:
            part = self._column.takeAt(count).widget()
            if focus is not None and part.isAncestorOf(focus):
                self._focus = focus.objectName()
            part.setParent(None)
            part.deleteLater()
        self._made, self._at, self._last = count, self.verticalScrollBar().value(), self._end
        self._numbers.pop("report", None)
        self._add_some()

    def _add_some(self) -> None:
        every = [*self.cards, *self.verdicts]
        last = min(len(every), _MOST)
        whole = self.widget()
        for card in every[self._made : min(self._made + _AT_ONCE, last)]:
            if self._made == len(self.cards):
                self._end = self._last
            self._column.insertWidget(self._made, self._frame(card, whole))
            self._made += 1
        for field in whole.findChildren(QLineEdit):
            if field.objectName() in self._typed:
                field.setText(self._typed.pop(field.objectName()))
                field.setModified(True)
        again = whole.findChild(QWidget, self._focus) if self._focus else None
        if again is not None:
            again.setFocus()
            self._focus = ""
        if self._made < last:
            self._making.start()
            return
        self._making.stop()
        if last <= len(self.cards):
            self._end = self._last
        rest = len(every) - last
        said = f"and {rest:,} more; they are shown once these are cured." if rest > 0 else self._waits
        if said or not every:
            label = words_in(said or "✓ Nothing is wrong.", "muted" if said else "good")
            label.setObjectName("ingest_findings_rest")
            label.setContentsMargins(SPACE, SPACE, 0, SPACE)
            self._column.insertWidget(self._made, label)
        self.verticalScrollBar().setValue(self._at)

    def _frame(self, card: Card, parent: QWidget) -> QWidget:
        frame = QFrame(parent)
        frame.setObjectName("ingest_card")
        badge = QLabel(frame)
        badge.setPixmap(mark_icon(card.mark, 18).pixmap(18, 18))
        badge.setToolTip(card.mark.meaning)
        own = clean(card.path.name) if card.path is not None else ""
        also = "" if own in card.place else f"  ({own})"
        head = words_in(f"{card.mark.word}  {card.place}{also}", card.mark.role, bold=True)
        right = QVBoxLayout()
        right.setSpacing(2)
        right.addWidget(head)
        right.addWidget(words_in(card.message, "text"))
        if card.cure:
            right.addWidget(words_in(card.cure, "muted"))
        row = self._deeds(card, frame)
        if row is not None:
            right.addLayout(row)
        layout = QHBoxLayout(frame)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(right, 1)
        return frame

    def _deeds(self, card: Card, frame: QWidget) -> QHBoxLayout | None:
        row = QHBoxLayout()
        row.setContentsMargins(0, SPACE // 2, 0, 0)
        row.setSpacing(SPACE)
        if card.kind == "value" and card.path is not None:
            self._ask(card, card.path, row, frame)
        elif card.kind == "name":
            tip = "Give this and all other new files the next free names of CRDS's form."
            button = self._button("rename", "Use the next free names", tip, frame)
            button.clicked.connect(self.rename_wanted)
            row.addWidget(button)
        elif card.kind == "parameters":
            field = self._field(
                "parameters", "Parameters", card.value, "By what its rules tell observations apart", frame
            )
            field.setPlaceholderText("DETECTOR, FILTER")
            button = self._button("set_parameters", "Use these", "Make the first mapping with these parameters.", frame)
            _send(field, button, lambda: self.parameters_given.emit(field.text()))
            for part in (words_in("Parameters", "text"), field, button):
                row.addWidget(part)
        elif card.kind == "set":
            path, keyword = card.path, card.keyword
            button = self._button(f"forget_{keyword}", "Take it back", f"Let the file say {keyword} again.", frame)
            button.clicked.connect(lambda: self.value_given.emit((path,), keyword, ""))
            row.addWidget(button)
        elif card.kind == "report":
            path = card.path
            button = self._button(
                "report", "Open the report", "See all checks of the file, with their pictures.", frame
            )
            button.clicked.connect(lambda: self.report_asked.emit(path))
            row.addWidget(button)
        else:
            return None
        row.addStretch(1)
        return row

    def _ask(self, card: Card, path: Path, row: QHBoxLayout, frame: QWidget) -> None:
        keyword = card.keyword
        choices = self._choices.get(keyword, ())
        hint = f"One of {', '.join(choices)}" if choices else f"What {keyword} is to be"
        field = self._field(f"value_{keyword}", f"{keyword} of {card.place}", card.value, hint, frame)
        field.setPlaceholderText("2026-03-11T00:00:00" if keyword == "USEAFTER" else "")
        if choices:
            completer = QCompleter(choices, field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            field.setCompleter(completer)
        one = self._button(f"set_{keyword}", "Set", f"Let {keyword} have this value for {card.place}.", frame)
        _send(field, one, lambda: self.value_given.emit((path,), keyword, field.text().strip()))
        for part in (words_in(keyword, "text"), field, one):
            row.addWidget(part)
        if len(card.every) > 1:
            said = f"Set for all {len(card.every):,}"
            every = self._button(f"set_all_{keyword}", said, f"For all files that lack {keyword}.", frame)
            every.clicked.connect(lambda: self.value_given.emit(card.every, keyword, field.text().strip()))
            row.addWidget(every)
        if choices and len(hint) <= _LONGEST:
            row.addWidget(words_in(hint, "muted"), 1)

    def _name(self, name: str) -> str:
        """The first of a kind has the plain name, the others are counted."""
        self._numbers[name] += 1
        number = self._numbers[name]
        return f"ingest_{name}" if number == 1 else f"ingest_{name}_{number}"

    def _field(self, name: str, title: str, value: str, tip: str, frame: QWidget) -> QLineEdit:
        field = QLineEdit(value, frame)
        field.setObjectName(self._name(name))
        field.setAccessibleName(title)
        field.setToolTip(tip)
        field.setFixedWidth(260)
        self._next(field)
        return field

    def _button(self, name: str, text: str, tip: str, frame: QWidget) -> QPushButton:
        button = QPushButton(text, frame)
        button.setObjectName(self._name(name))
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        self._next(button)
        return button

    def _next(self, part: QWidget) -> None:
        """By the tabulator key after the one before: what is made late would come after all else."""
        QWidget.setTabOrder(self._last, part)
        self._last = part


def _send(field: QLineEdit, button: QPushButton, call: object) -> None:
    """By the button, or by Return."""

    def send() -> None:
        field.setModified(False)
        call()  # type: ignore[operator]

    button.clicked.connect(lambda _checked=False: send())
    field.returnPressed.connect(send)
