"""What the page shows below the files: findings, observations, mappings, rules, contexts."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.values import Severity
from calgui.views.rules.compare.models import ChangesModel, SelectionsModel
from calgui.views.rules.compare.text import DiffText
from calgui.views.rules.ingest.answer import Answer
from calgui.views.rules.ingest.cards import Card, Cards
from calgui.views.rules.ingest.contexts import Contexts
from calgui.views.rules.ingest.models import ContextsModel, MappingsModel
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import push_button
from calgui.views.widgets.tables import fit_columns, make_table

FINDINGS, OBSERVATIONS, MAPPINGS, RULES, CONTEXTS = range(5)
_WORDS = ("Findings", "Observations", "Mappings", "Rules", "Contexts")


class IngestTabs(QTabWidget):
    """The tabs; those about a draft are hidden where there is none.

    Signals
    -------
    observation_asked(int)
        Number of an observation that is to be explained as it is now.
    rule_asked(object)
        A `Change` whose place in the old mapping is to be shown.
    operational_asked(str), look_asked(str)
        A context is to become the operational one, or is to be looked at.
    """

    observation_asked = Signal(int)
    rule_asked = Signal(object)
    operational_asked = Signal(str)
    look_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ingest_tabs")
        self.setAccessibleName("What is wrong, and what changes")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.tabBar().setAccessibleName("Findings, and what changes")
        self.answer: Answer | None = None
        self.contexts: Contexts | None = None
        self.cards = Cards(self)
        self.selections, self.changes = SelectionsModel(self), ChangesModel(self)
        self.mappings_model, self.contexts_model = MappingsModel(self), ContextsModel(self)
        self.observations = make_table(
            "ingest_observations", "Observations whose selection changes", self.selections, self
        )
        self.rules = make_table("ingest_rules", "Changed rules", self.changes, self)
        self.mappings = make_table("ingest_mappings", "New mappings", self.mappings_model, self)
        self.contexts_table = make_table("ingest_contexts", "Contexts of the cache", self.contexts_model, self)
        self.diff = DiffText(self)
        self.diff.setObjectName("ingest_diff")
        self.diff.setAccessibleName("Difference of the mapping from the one that it follows")
        self.diff.setPlaceholderText("Choose a mapping to see how it differs from the one that it follows.")
        self.diff.setAcceptDrops(False)
        self.sum = QLabel(self)
        self.sum.setObjectName("ingest_sum")
        self.sum.setAccessibleName("Checksum of the mapping")
        self.sum.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.filter = QLineEdit(self)
        self.filter.setObjectName("ingest_filter")
        self.filter.setAccessibleName("Filter the observations")
        self.filter.setToolTip("Words of a file, a type or a reference; only rows that have them all are shown.")
        self.filter.setPlaceholderText("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(280)
        self.why = push_button("ingest_why", "Why now", "Explain what this observation gets now.", self)
        self.show_rule = push_button(
            "ingest_show_rule", "Show in the old mapping", "Show where this rule stands now.", self
        )
        self.operational = push_button(
            "ingest_operational",
            "Make it operational",
            "Pipelines that name no context use it from now on. Only in a cache that an ingest wrote.",
            self,
        )
        self.look = push_button("ingest_look", "Look at it", "See the cache as this context does.", self)
        self.contexts_said = QLabel(self)
        self.contexts_said.setObjectName("ingest_contexts_said")
        self.contexts_said.setWordWrap(True)
        self._lay_out()
        self._connect()
        self.show_answer(None)
        self.show_contexts(None)

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setObjectName("ingest_mappings_splitter")
        split.setChildrenCollapsible(False)
        split.addWidget(self.mappings)
        right = QWidget(split)
        texts = QVBoxLayout(right)
        texts.setContentsMargins(SPACE, 0, 0, 0)
        texts.setSpacing(SPACE // 2)
        texts.addWidget(self.sum)
        texts.addWidget(self.diff, 1)
        split.addWidget(right)
        split.setSizes([420, 580])
        pages: tuple[tuple[QWidget, Sequence[QWidget]], ...] = (
            (self.cards, ()),
            (self.observations, (self.why, self.filter)),
            (split, ()),
            (self.rules, (self.show_rule,)),
            (self.contexts_table, (self.operational, self.look, self.contexts_said)),
        )
        for word, (widget, parts) in zip(_WORDS, pages, strict=True):
            page = QWidget(self)
            column = QVBoxLayout(page)
            column.setContentsMargins(0, SPACE // 2, 0, 0)
            column.setSpacing(SPACE // 2)
            column.addWidget(widget, 1)
            if parts:
                row = QHBoxLayout()
                row.setSpacing(SPACE)
                for part in parts:
                    row.addWidget(part, 1 if part is self.contexts_said else 0)
                row.addStretch(0 if self.contexts_said in parts else 1)
                column.addLayout(row)
            self.addTab(page, word)

    def _connect(self) -> None:
        self.currentChanged.connect(
            lambda place: QTimer.singleShot(0, self.diff.centerCursor) if place == MAPPINGS else None
        )
        self.filter.textChanged.connect(lambda _text: self._narrow())
        self.mappings.selectionModel().currentRowChanged.connect(lambda *_: self._show_diff())
        self.why.clicked.connect(self._ask_why)
        self.observations.doubleClicked.connect(lambda _index: self._ask_why())
        self.show_rule.clicked.connect(self._ask_rule)
        self.rules.doubleClicked.connect(lambda _index: self._ask_rule())
        self.operational.clicked.connect(lambda: self._ask_context(self.operational_asked))
        self.look.clicked.connect(lambda: self._ask_context(self.look_asked))
        for table in (self.observations, self.rules, self.contexts_table):
            table.selectionModel().currentChanged.connect(lambda *_: self._allow())
        theme().changed.connect(self._allow)

    # ---- showing

    def show_answer(self, answer: Answer | None, cards: Sequence[Card] = ()) -> None:
        """Show what a draft would do.

        Parameters
        ----------
        answer : Answer or None
            None while there is no draft.
        cards : sequence of Card
            Its findings.
        """
        self.answer = answer
        self.setTabVisible(FINDINGS, answer is not None)
        for place in (OBSERVATIONS, MAPPINGS, RULES):
            self.setTabVisible(place, answer is not None and bool(answer.proposal.mappings))
        self.cards.show_cards(cards, answer.choices if answer is not None else {})
        proposal = answer.proposal if answer is not None else None
        row = max(self.mappings.currentIndex().row(), 0)
        self.mappings_model.show(proposal.mappings if proposal is not None else ())
        fit_columns(self.mappings, 260)
        if self.mappings_model.shown:
            self.mappings.setCurrentIndex(self.mappings_model.index(min(row, len(self.mappings_model.shown) - 1), 0))
        self._show_diff()
        self.changes.narrow(answer.told.diff.changes if answer is not None else ())
        self._narrow()
        fit_columns(self.rules, 280)
        fit_columns(self.observations, 320)
        self._count()

    def show_verdicts(self, cards: Sequence[Card], waits: str) -> None:
        """Show what is said of the files themselves: as `Cards.show_verdicts`."""
        self.cards.show_verdicts(cards, waits)
        self._count()

    def _count(self) -> None:
        answer = self.answer
        if answer is not None:
            cards = [*self.cards.cards, *self.cards.verdicts]
            counts = (len(cards), len(answer.told.observations), len(answer.proposal.mappings), len(self.changes.shown))
            for place, count in enumerate(counts):
                self.setTabText(place, f"{_WORDS[place]} {count:,}" if count else _WORDS[place])

    def go(self, word: str) -> None:
        """Go to a tab, if it is there.

        Parameters
        ----------
        word : str
            ``Findings``, ``Observations``, ``Mappings``, ``Rules`` or ``Contexts``, in any case.
        """
        place = [one.casefold() for one in _WORDS].index(word.casefold()) if word.title() in _WORDS else -1
        if self.isTabVisible(place):
            self.setCurrentIndex(place)

    def show_first(self) -> None:
        """Go to what matters first: what is wrong, else what changes."""
        answer = self.answer
        if answer is None:
            self.setCurrentIndex(CONTEXTS)
        elif answer.count(Severity.ERROR) or answer.count(Severity.WARNING) or not answer.told.observations:
            self.setCurrentIndex(FINDINGS if self.cards.cards else MAPPINGS)
        else:
            self.setCurrentIndex(OBSERVATIONS)

    def show_contexts(self, contexts: Contexts | None) -> None:
        """Show the contexts of a cache.

        Parameters
        ----------
        contexts : Contexts or None
        """
        self.contexts = contexts
        self.contexts_model.show(contexts.rows if contexts is not None else ())
        fit_columns(self.contexts_table, 300)
        self.setTabVisible(CONTEXTS, contexts is not None)
        self._allow()

    def _narrow(self) -> None:
        answer = self.answer
        if answer is None:
            self.selections.narrow((), (), (), "")
        else:
            self.selections.narrow(answer.told.observations, answer.names, answer.texts, self.filter.text())
        self._allow()

    def _show_diff(self) -> None:
        row, shown = self.mappings.currentIndex().row(), self.mappings_model.shown
        one = shown[row] if 0 <= row < len(shown) else None
        self.diff.show_text(one.diff if one is not None else "")
        self.sum.setText(f"SHA-1 {one.sha1}" if one is not None else "")
        if one is not None and self.answer is not None:
            proposal = self.answer.proposal
            gone = {deletion.reference for deletion in proposal.deletions}
            _show_new(self.diff, {rule.source.name for rule in proposal.rules}, gone)

    def _context(self) -> str:
        row = self.contexts_table.currentIndex().row()
        shown = self.contexts_model.shown
        return shown[row].context if 0 <= row < len(shown) else ""

    def _allow(self) -> None:
        self.why.setEnabled(self.observations.currentIndex().isValid())
        self.show_rule.setEnabled(self.rules.currentIndex().isValid())
        chosen, ours = self._context(), self.contexts is not None and self.contexts.ours
        running = any(row.operational and row.context == chosen for row in self.contexts_model.shown)
        self.look.setEnabled(bool(chosen))
        self.operational.setEnabled(bool(chosen) and ours and not running)
        if ours:
            text = "The way back from an ingest: no context is ever removed, and each can be made the operational one."
        else:
            text = "No ingest wrote this cache, so it is never written to: its contexts can only be looked at."
        self.contexts_said.setText(text)
        for label in (self.contexts_said, self.sum):
            label.setStyleSheet(f"color: {theme().colour('muted').name()};")

    # ---- asking

    def _ask_why(self) -> None:
        row = self.observations.currentIndex().row()
        if 0 <= row < len(self.selections.shown):
            self.observation_asked.emit(row)

    def _ask_rule(self) -> None:
        row = self.rules.currentIndex().row()
        if 0 <= row < len(self.changes.shown):
            self.rule_asked.emit(self.changes.shown[row])

    def _ask_context(self, signal: Signal) -> None:
        context = self._context()
        if context:
            signal.emit(context)  # type: ignore[attr-defined]


def _show_new(diff: DiffText, names: set[str], gone: set[str]) -> None:
    """What changes first in a mapping is its header; what one looks for is the new rule, or the one that goes."""
    block = diff.document().begin()
    while block.isValid():
        text = block.text()
        looked_for = names if text.startswith("+") else gone if text.startswith("-") else ()
        if any(name in text for name in looked_for):
            diff.setTextCursor(QTextCursor(block))
            diff.centerCursor()
            return
        block = block.next()
