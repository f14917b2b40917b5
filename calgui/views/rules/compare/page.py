"""The page that compares two contexts, or two versions of a mapping: by rule, by observation, by text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.jobs import Job
from calgui.core.rules.questions.compare import (
    ChangedSelection,
    ContextDiff,
    changed_selections,
    compare_contexts,
    text_diff,
)
from calgui.core.rules.values import Selection, Trust
from calgui.views.answering import AnsweringPage
from calgui.views.rules.compare.models import ACTIONS, ChangesModel, SelectionsModel, searchable
from calgui.views.rules.compare.pixels import PixelsPanel
from calgui.views.rules.compare.sides import Side, Sides
from calgui.views.rules.compare.text import DiffText
from calgui.views.rules.marks import mark_icon
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.tables import make_table

_PAUSE_MS = 150
_USABLE = (Trust.OK, Trust.UNCHECKED, Trust.CHECKSUM_MISMATCH)


@dataclass(frozen=True)
class _Answer:
    """What is computed off the main thread."""

    old: Side
    new: Side
    told: ContextDiff
    selections: tuple[ChangedSelection, ...]
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    texts: tuple[str, ...]
    text: str


class ComparePage(AnsweringPage):
    """Two contexts side by side.

    Parameters
    ----------
    session : Session
        Whose caches and observations are compared.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "compare", "Choose a side again to compare anew.", parent)
        self.setObjectName("compare_page")
        self.setAccessibleName("Compare two contexts")
        self.answer: _Answer | None = None
        self.sides = Sides(session, self)
        self.filter = QLineEdit(self)
        self.filter.setObjectName("compare_filter")
        self.filter.setToolTip("Words of a type, a file or a parameter; only rows that have them all are shown.")
        self.filter.setAccessibleName("Filter the differences")
        self.filter.setPlaceholderText("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(280)
        self.told = QLabel(self)
        self.told.setObjectName("compare_told")
        self.told.setWordWrap(True)
        self.changes, self.selections = ChangesModel(self), SelectionsModel(self)
        self.rules = make_table("compare_rules", "Differences by rule and date", self.changes, self)
        self.observations = make_table(
            "compare_observations", "Observations whose selection changes", self.selections, self
        )
        self.text = DiffText(self)
        self.pixels = PixelsPanel(session, self)
        self.show_rule = self._make_button("compare_show_rule", "Show in the mapping", self.go_to_rule)
        self.show_rule.setToolTip("Show this rule where it stands in its mapping.")
        self.show_why = self._make_button("compare_show_why", "Why after", lambda: self.go_to_reason())
        self.show_why.setToolTip("Explain the selection of the newer context.")
        self.show_why_before = self._make_button("compare_show_why_before", "Why before", self.go_to_old_reason)
        self.show_why_before.setToolTip("Explain the selection of the older context.")
        self.actions_shown = {name: self._make_switch(name) for name in ACTIONS}
        self.show_pixels = self._make_button("compare_show_pixels", "Pixels' difference", self.subtract)
        self.tabs = QTabWidget(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._lay_out()
        self._connect()
        self._tell()

    def _make_button(self, name: str, text: str, call: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.clicked.connect(lambda _checked=False: call())  # type: ignore[operator]
        return button

    def _make_switch(self, action: str) -> QPushButton:
        button = QPushButton(self)
        button.setObjectName(f"compare_{action}")
        button.setCheckable(True)
        button.setChecked(True)
        button.toggled.connect(lambda _on: self._narrow())
        return button

    def _lay_out(self) -> None:
        self.tabs.setObjectName("compare_tabs")
        self.tabs.setAccessibleName("What differs: rules, observations, text")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        for word, table, buttons in (
            ("Rules", self.rules, (self.show_rule, *self.actions_shown.values())),
            ("Observations", self.observations, (self.show_why_before, self.show_why, self.show_pixels)),
        ):
            page = QWidget(self.tabs)
            column = QVBoxLayout(page)
            column.setContentsMargins(0, SPACE // 2, 0, 0)
            column.setSpacing(SPACE)
            if table is self.observations:
                self.split = QSplitter(Qt.Orientation.Horizontal, page)
                self.split.setObjectName("compare_splitter")
                self.split.setChildrenCollapsible(False)
                self.split.addWidget(table)
                self.split.addWidget(self.pixels)
                self.split.setSizes([620, 480])
                column.addWidget(self.split, 1)
            else:
                column.addWidget(table, 1)
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
            self.tabs.addTab(page, word)
        self.tabs.addTab(self.text, "Text")
        self.pixels.hide()
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.sides, 1)
        top.addWidget(self.filter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(top)
        layout.addWidget(self.told)
        layout.addWidget(self.tabs, 1)
        layout.addStretch()
        layout.setStretchFactor(self.tabs, 1)

    def _connect(self) -> None:
        session = self.session
        self.sides.changed.connect(self._ask)
        self.filter.textChanged.connect(lambda _text: self._pause.start())
        self._pause.timeout.connect(self._narrow)
        self.tabs.currentChanged.connect(self._show_text)
        self.rules.doubleClicked.connect(lambda _index: self.go_to_rule())
        self.observations.doubleClicked.connect(lambda _index: self.go_to_reason())
        self.rules.selectionModel().currentChanged.connect(lambda *_: self._allow())
        self.observations.selectionModel().currentChanged.connect(lambda *_: self._allow())
        for signal in (session.caches_changed, session.context_changed):
            signal.connect(self._caches_changed)
        session.observations_changed.connect(self._out_of_date)
        theme().changed.connect(self._tell)

    # ---- asking

    def ask(self, about: object) -> None:
        """Compare a pair.

        Parameters
        ----------
        about : tuple of Side
            The older and the newer.
        """
        if isinstance(about, tuple) and len(about) == 2 and all(isinstance(one, Side) for one in about):
            self.sides.set(*about)

    def showEvent(self, event: QShowEvent) -> None:
        """Compare when somebody looks."""
        if self._stale:
            self.sides.refresh()
        super().showEvent(event)

    def _caches_changed(self) -> None:
        self.sides.refresh()
        self._out_of_date()

    def _ask(self) -> None:
        old, new = self.sides.side(self.sides.old), self.sides.side(self.sides.new)
        if old is None or new is None:
            self._nothing_to_ask()
            return
        contexts = old.mapping.endswith(".pmap") and new.mapping.endswith(".pmap")
        entries = [entry for entry in self.session.observations() if entry.error is None] if contexts else []

        def work(job: Job) -> _Answer:
            told = compare_contexts(old.cache, old.mapping, new.cache, new.mapping)
            job.report(0.1, "asking for the observations")
            headers = [entry.header for entry in entries]
            changed: Sequence[ChangedSelection] = ()
            if headers:
                part = job.part(0.1, 0.95)
                changed = changed_selections(old.cache, old.mapping, new.cache, new.mapping, headers, None, part)
            text = "\n".join(
                text_diff(old.cache, pair.old, new.cache, pair.new)
                for pair in told.pairs
                if pair.old is not None and pair.new is not None
            )
            paths = tuple(entry.path for entry in entries)
            names = tuple(path.name for path in paths)
            return _Answer(old, new, told, tuple(changed), paths, names, tuple(searchable(changed, names)), text)

        self._begin("Comparing", work)

    def _done(self, answer: _Answer | None) -> None:
        if answer is not None and answer == self.answer:  # nothing is new: what is chosen stays chosen
            self._tell()
            return
        self.answer = answer
        self._show_text(self.tabs.currentIndex())
        self.pixels.hide()
        self._narrow()
        for table, most in ((self.rules, 300), (self.observations, 320)):
            model = table.model()
            metrics = table.fontMetrics()
            for column in range(model.columnCount() - 1):
                texts = [str(model.index(row, column).data() or "") for row in range(min(model.rowCount(), 80))]
                texts.append(str(model.headerData(column, Qt.Orientation.Horizontal)))
                table.setColumnWidth(column, min(most, max(map(metrics.horizontalAdvance, texts)) + 44))

    def _show_text(self, tab: int) -> None:
        """The texts, once somebody looks at them: they may have ten thousand lines."""
        if self.tabs.widget(tab) is self.text:
            self.text.show_text(self.answer.text if self.answer is not None else "")

    # ---- showing

    def _narrow(self) -> None:
        answer, words = self.answer, self.filter.text()
        actions = [name for name, button in self.actions_shown.items() if button.isChecked()]
        self.changes.narrow(answer.told.changes if answer is not None else (), words, actions)
        if answer is None:
            self.selections.narrow((), (), (), "")
        else:
            self.selections.narrow(answer.selections, answer.names, answer.texts, words)
        self._tell()

    def _tell(self) -> None:
        answer = self.answer
        self.told.setStyleSheet(f"color: {theme().colour('muted').name()}")
        self.tabs.setVisible(answer is not None)
        for action, button in self.actions_shown.items():
            mark = ACTIONS[action]
            count = sum(one.action == action for one in answer.told.changes) if answer is not None else 0
            button.setIcon(mark_icon(mark))
            button.setText(f"{count:,} {mark.word}")
            button.setToolTip(f"{mark.meaning} Shown where pressed.")
        if not self.session.caches:
            text = "Open a CRDS cache to compare two of its contexts."
        elif self._working:
            text = "Comparing…"
        elif answer is None:
            text = "Choose two contexts, or two versions of a mapping."
        else:
            text = _summary(answer)
            counts = (len(answer.told.changes), len(answer.selections), len(answer.told.pairs))
            for place, (word, count) in enumerate(zip(("Rules", "Observations", "Text"), counts, strict=True)):
                self.tabs.setTabText(place, f"{word} {count:,}" if count else word)
        self.told.setText(text)
        self._allow()

    def _allow(self) -> None:
        self.show_rule.setEnabled(self.rules.currentIndex().isValid())
        chosen = self._selection()
        for button in (self.show_why, self.show_why_before):
            button.setEnabled(chosen is not None)
        self.show_pixels.setEnabled(chosen is not None and chosen.old is not None and chosen.new is not None)

    def _selection(self) -> ChangedSelection | None:
        row = self.observations.currentIndex().row()
        return self.selections.shown[row] if 0 <= row < len(self.selections.shown) else None

    # ---- doing

    def go_to_rule(self) -> None:
        """Show the place of the change in focus in its mapping: in the newer one, where it is there."""
        row = self.rules.currentIndex().row()
        if self.answer is None or not 0 <= row < len(self.changes.shown):
            return
        change = self.changes.shown[row]
        sides = (
            (self.answer.new, change.new_mapping, change.new_line),
            (self.answer.old, change.old_mapping, change.old_line),
        )
        for side, mapping, line in sides:
            if mapping is not None and (line is not None or change.old_line is None):
                self._look_at(side)
                self.session.mapping_requested.emit(mapping, line)
                return

    def _look_at(self, side: Side) -> None:
        """Make a side the current cache and context, where it is a context."""
        if side.mapping.endswith(".pmap"):
            self.session.set_context(side.cache, side.mapping)
        elif side.cache is not self.session.cache:
            self.session.set_context(side.cache, side.cache.default_context)

    def go_to_old_reason(self) -> None:
        """Explain the selection in focus, as the older context makes it."""
        if self.answer is not None:
            self.go_to_reason(self.answer.old)

    def go_to_reason(self, side: Side | None = None) -> None:
        """Explain the selection in focus.

        Parameters
        ----------
        side : Side, optional
            Whose; the newer one's by default.
        """
        chosen = self._selection()
        if chosen is None or self.answer is None:
            return
        self._look_at(side or self.answer.new)
        self.session.place_requested.emit("observe")
        self.session.select([self.answer.paths[chosen.index]])
        Inquiry.of(self.session).focus(chosen.type)

    def subtract(self) -> None:
        """Show the pixels of the newer file less those of the older one."""
        chosen = self._selection()
        if chosen is None:
            return
        self.pixels.show()
        reason = _no_pixels(chosen.old, "older") or _no_pixels(chosen.new, "newer")
        if reason or chosen.old is None or chosen.new is None:
            self.pixels.say(reason)
            return
        assert chosen.old.path is not None
        assert chosen.new.path is not None
        self.pixels.show_difference(chosen.old.path, chosen.new.path)


def _no_pixels(selection: Selection | None, which: str) -> str:
    """Why a file cannot be looked at; empty where it can."""
    if selection is None or selection.file is None:
        return f"The {which} context selects no file."
    if selection.path is None or selection.trust not in _USABLE:
        what = "is a Git LFS pointer" if selection.trust is Trust.LFS_POINTER else "is not there, or cannot be read"
        return f"{selection.file}, which the {which} context selects, {what}: there are no pixels to subtract."
    return ""


def _summary(answer: _Answer) -> str:
    told = answer.told
    if told.same:
        text = f"{told.old} and {told.new} have the same rules."
    else:
        types = {one.type for one in told.changes if one.type}
        text = f"{len(told.changes):,} differences of rules in {len(types)} types"
        if answer.paths:
            files = {one.index for one in answer.selections}
            text += f"; {len(files):,} of {len(answer.paths):,} loaded observations select something else"
        text += "."
    return " ".join((text, *dict.fromkeys(told.problems)))
