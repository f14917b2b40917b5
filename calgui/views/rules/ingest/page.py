"""The page that says what a new reference would change, and then writes the cache with it in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.source import stamp
from calgui.core.jobs import Job
from calgui.core.rules.questions.compare import Change
from calgui.views.rules.ingest.answer import Answer, rows_of, work_out
from calgui.views.rules.ingest.cards import Card, cards_of
from calgui.views.rules.ingest.certifying import Certifying
from calgui.views.rules.ingest.draft import Draft, words
from calgui.views.rules.ingest.dropping import IngestDrop, ask_files, asked_for, found_in
from calgui.views.rules.ingest.files import FilesPanel
from calgui.views.rules.ingest.judged import Verdicts
from calgui.views.rules.ingest.summary import told_of
from calgui.views.rules.ingest.tabs import IngestTabs
from calgui.views.rules.ingest.target import TargetBar, refusal
from calgui.views.rules.ingest.wayback import WayBack
from calgui.views.rules.ingest.writing import Writing
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.session import Session
from calgui.views.stepping import Steps
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.coming_back import ComingBack
from calgui.views.widgets.rows_above import RowsAbove

_PAUSE_MS = 150


class IngestPage(QWidget):
    """New references, what they would change, and the writing of a cache with them.

    Parameters
    ----------
    session : Session
        Whose cache and context they are for, and whose observations are looked at.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("ingest_page")
        self.setAccessibleName("Ingest new references")
        self.draft = Draft()
        self.answer: Answer | None = None
        self._stale, self._working, self._problem, self._result = True, False, "", ""
        self._first = True
        #: the files as they were looked at
        self._seen: dict[Path, Any] = {}
        self.files = FilesPanel(self)
        self.told = QLabel(self)
        self.told.setObjectName("ingest_told")
        self.told.setAccessibleName("What would be done")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.tabs = IngestTabs(self)
        self.target = TargetBar(lambda folder: refusal(session.cache, folder), self)
        self.verdicts = Verdicts(session, self)
        self.certifying = Certifying(session, self)
        self.writing = Writing(session, self.target, self)
        self.way_back = WayBack(session, self.tabs, self)
        self.drop = IngestDrop(self, self.add)
        ComingBack(self, self._look_at_files)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._steps = Steps(session.history, lambda: self.draft, self._put, words)
        self._lay_out()
        self._connect()
        self._tell()
        session.keep("ingest", self._kept, self._take_up)

    def _lay_out(self) -> None:
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.told)
        column.addWidget(self.tabs, 1)
        self.split = RowsAbove("ingest_splitter", self.files, below, self)
        self.split.setSizes([190, 460])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.target)

    def _connect(self) -> None:
        session, files, tabs = self.session, self.files, self.tabs
        self._pause.timeout.connect(self._ask)
        files.add_asked.connect(self._ask_files)
        files.removed.connect(lambda paths, names: self._change(self.draft.without(paths, names)))
        files.named.connect(lambda path, name: self._change(self.draft.named(path, name)))
        files.delete_asked.connect(self.delete)
        files.rename_asked.connect(lambda on: self._change(replace(self.draft, rename=on)))
        tabs.cards.value_given.connect(lambda paths, key, value: self._change(self.draft.with_value(paths, key, value)))
        tabs.cards.rename_wanted.connect(lambda: self._change(replace(self.draft, rename=True)))
        tabs.cards.parameters_given.connect(self._take_parameters)
        tabs.observation_asked.connect(self._explain)
        tabs.rule_asked.connect(self._show_rule)
        files.report_asked.connect(self.verdicts.open)
        tabs.cards.report_asked.connect(self.verdicts.open)
        self.verdicts.changed.connect(self._show_verdicts)
        self.certifying.changed.connect(self._show_verdicts)
        self.target.write_asked.connect(self._write)
        self.target.patch_asked.connect(self._save_patch)
        self.writing.changed.connect(self._tell)
        self.writing.failed.connect(self._ask_soon)
        for signal in (session.context_changed, session.caches_changed, session.observations_changed):
            signal.connect(self._out_of_date)
        theme().changed.connect(self._tell)

    # ---- what goes in and out

    @property
    def busy(self) -> bool:
        """Whether something is looked at or written."""
        others = (self.verdicts.judge, self.certifying, self.writing, self.tabs.cards)
        return self._working or self._pause.isActive() or any(one.busy for one in others)

    def ask(self, about: object) -> None:
        """Take new references.

        Parameters
        ----------
        about : iterable of pathlib.Path
            Files, and folders of them.
        """
        self.add(asked_for(about))

    def add(self, paths: Iterable[Path]) -> None:
        """Take new references, besides those that are there.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Files, and folders of them.
        """
        found = found_in(paths, self.session)
        draft = self.draft.add(found)
        if found and draft == self.draft:
            what = found[0].name if len(found) == 1 else "All of it"
            self.session.notice("info", f"{what} is on the list of the ingest already.")
        self._change(draft)

    def go_to_tab(self, word: str) -> None:
        """Go to a tab, if it is there.

        Parameters
        ----------
        word : str
            As written on it, in any case.
        """
        self.tabs.go(word)

    def delete(self, name: str) -> None:
        """Take a reference out of the new context.

        Parameters
        ----------
        name : str
            That the context selects.
        """
        if name and name not in self.draft.delete:
            self._change(replace(self.draft, delete=(*self.draft.delete, name)))

    def _take_parameters(self, text: str) -> None:
        self._change(replace(self.draft, parkey=tuple(text.replace(",", " ").split())))

    def _change(self, draft: Draft) -> None:
        if draft == self.draft:
            return
        self._put(draft)
        self._steps.note()

    def _put(self, draft: Draft) -> None:
        self._first = self._first or not self.draft
        self.draft, self._result = draft, ""
        self.files.show_draft(draft, rows_of(draft))
        self.split.make_room(len(draft.items) + len(draft.delete), 6, beside=130, empty=190)
        self._ask_soon()

    def _kept(self) -> dict[str, Any] | None:
        return {**self.draft.kept(), "into": self.target.named} if self.draft else None

    def _take_up(self, kept: Any) -> None:
        self._put(Draft.read(kept))
        self.target.take_named(kept.get("into"))
        self._steps.settle()

    def _ask_files(self) -> None:
        kinds = "References (*.fits *.fit *.fits.gz *.asdf *.json)"
        ask_files("ingest_files_dialog", "New references", kinds, self, self.add)

    # ---- looking

    def showEvent(self, event: QShowEvent) -> None:
        """Look when somebody wants to know."""
        super().showEvent(event)
        self.way_back.look()
        if self._stale:
            self._ask()
        else:
            self._look_at_files()

    def _look_at_files(self) -> None:
        """Look anew where a file is no longer as it was looked at."""
        if not self._stale and not self._working and any(stamp(path) != was for path, was in self._seen.items()):
            self._ask_soon()

    def _out_of_date(self) -> None:
        if self.isVisible():
            self.way_back.look()
        else:
            self.way_back.out_of_date()
        self._ask_soon()

    def _ask_soon(self) -> None:
        self._stale = True
        self._tell()
        if self.isVisible():
            self._pause.start()

    def _ask(self) -> None:
        self._stale = False
        session, draft = self.session, self.draft
        self._seen = {item.path: stamp(item.path) for item in draft.items}
        cache, context = session.cache, session.context
        self.files.follow(session)
        if cache is None or context is None or not draft:
            session.tasks.supersede("ingest")
            self.verdicts.want((), {})
            self._done(None)
            return
        entries = [entry for entry in session.observations() if entry.error is None]

        def work(job: Job) -> tuple[Answer, list[Card]]:
            answer = work_out(cache, context, draft, entries, job)
            return answer, cards_of(answer)

        self.verdicts.want([item.path for item in draft.items], draft.kinds())
        self._working = True
        self._tell()
        session.tasks.start(
            "Looking what an ingest changes",
            work,
            lambda made: self._done(*made),
            self._failed,
            key="ingest",
            quiet=True,
        )

    def _done(self, answer: Answer | None, cards: Sequence[Card] = (), problem: str = "") -> None:
        self._working, self._problem = False, problem
        had, self.answer = self.answer, answer
        self.tabs.show_answer(answer, cards)
        if answer is not None:
            self.verdicts.follow(answer.rows)
        if self.certifying.want(answer):
            self.target.ask_anew()
        self._show_rows()
        if answer is not None:
            self.target.patch_name = f"{answer.proposal.new_context.removesuffix('.pmap')}.patch"
            if answer.proposal.mappings:
                self.target.propose(answer.folder)
        if self._first or (had is None) != (answer is None):
            self.tabs.show_first()
        self._first = answer is None
        self._tell()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._done(None, problem="Cancelled. Change something to look again.")
        elif isinstance(error, CalguiError):
            self._done(None, problem=f"{error.message} {error.cure}".strip())
        else:
            self._done(None)
            self.session.report(error, "Looking what an ingest changes")

    # ---- showing

    def _show_rows(self) -> None:
        answer = self.answer
        self.files.show_draft(self.draft, self.certifying.marked(answer.rows) if answer else rows_of(self.draft))

    def _show_verdicts(self) -> None:
        if self._fresh:
            self._show_rows()
        self.files.model.show_verdicts(self.verdicts.known())
        refused, told = self.certifying.cards()
        who = ["crds certify"] if self.certifying.busy else []
        who += ["the validation"] if self.verdicts.waits else []
        waits = f"Waiting for {' and '.join(who)}…" if who else ""
        self.tabs.show_verdicts([*refused, *self.verdicts.cards(), *told], waits)
        self._tell()

    @property
    def _fresh(self) -> bool:
        """Whether what is shown is what would be written."""
        answer, session = self.answer, self.session
        return (
            answer is not None
            and not self._working
            and not self._stale
            and (answer.draft, answer.cache, answer.context) == (self.draft, session.cache, session.context)
        )

    def _tell(self) -> None:
        role, text = self._said()
        self.told.setText(text)
        self.told.setVisible(bool(text))
        weight = "bold" if role in ("good", "error", "warning") else "normal"
        self.told.setStyleSheet(f"color: {theme().colour(role).name()}; font-weight: {weight};")
        ready = self._fresh and self.answer is not None and self.answer.proposal.ready
        count = self.certifying.waits
        waits = f"crds certify is being asked about {count:,} file{'' if count == 1 else 's'}…" if count else ""
        doubt = self.certifying.told() if self.certifying.refused else ""
        self.target.show_ready(ready, self.writing.busy, waits, doubt, self.certifying.note())
        self.target.setVisible(bool(self.draft) or self.writing.busy)
        self.files.show_cache(self.session.cache is not None, bool(self.draft), not self.writing.busy)

    def _said(self) -> tuple[str, str]:
        """Colour and sentences."""
        answer = self.answer
        if self.session.cache is None:
            return "muted", "Open a CRDS cache first: new references go into a copy of it." if self.draft else ""
        if self._result and not self.draft and self.writing.stands:
            return "good", self._result
        if self._problem:
            return "error", f"✕ {self._problem}"
        if not self._fresh or answer is None or not self.draft:
            return "muted", "Looking what changes…" if (self._working or self._stale) and self.draft else ""
        crds = self.certifying
        waits = crds.busy or self.verdicts.waits
        return told_of(answer, self.verdicts.told(), crds.told(), bool(crds.refused), waits)

    # ---- doing

    def _write(self, folder: Path) -> None:
        if self.answer is not None and self._fresh and self.target.allowed:
            self.writing.write(self.answer, folder, self._written)

    def _written(self, answer: Answer, said: str) -> None:
        """It was written: the files are no longer to go in, and the new cache comes beside the old one."""
        before, cache, context = self.draft, answer.cache.path, answer.context
        refused = len(self.certifying.refused)
        said += f" crds certify refuses {refused:,} of them." if refused else ""
        self.target.forget()
        self._put(Draft())
        self._steps.settle()
        self._result = said
        self._tell()
        page, session = self, self.session

        def back() -> None:
            session.return_to(cache, context)
            page._put(before)
            page._steps.settle()

        def again(folder: Path, new: str) -> Callable[[], None]:
            def call() -> None:
                page._put(Draft())
                page._steps.settle()
                session.return_to(folder, new)

            return call

        written = self.writing.written
        if written is not None:
            session.history.did(f"go to {written.context}", back, again(written.folder, written.context))

    def _save_patch(self, path: Path) -> None:
        if self.answer is not None and self._fresh and self.target.allowed:
            self.writing.save_patch(self.answer, path)

    def _explain(self, row: int) -> None:
        if self.answer is None:
            return
        chosen = self.tabs.selections.shown[row]
        self.session.place_requested.emit("observe")
        self.session.select([self.answer.paths[chosen.index]])
        Inquiry.of(self.session).focus(chosen.type)

    def _show_rule(self, change: Change) -> None:
        if change.old_mapping is not None:
            self.session.mapping_requested.emit(change.old_mapping, change.old_line)
