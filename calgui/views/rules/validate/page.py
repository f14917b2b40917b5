"""The page that says whether new frames are good, and why not."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from calgui.core.validation import Said
from calgui.views.rules.ingest.dropping import IngestDrop, ask_files, asked_for, found_in
from calgui.views.rules.validate.banner import Banner
from calgui.views.rules.validate.checks_model import lines_of
from calgui.views.rules.validate.checks_panel import ChecksPanel
from calgui.views.rules.validate.files import FilesPanel
from calgui.views.rules.validate.files_model import line_of
from calgui.views.rules.validate.judge import Judge
from calgui.views.rules.validate.large import LargePicture
from calgui.views.rules.validate.metadata_panel import Headers, MetadataPanel
from calgui.views.rules.validate.pictures import Pictures
from calgui.views.rules.validate.reasons import Reasons
from calgui.views.rules.validate.unsaved import is_unsaved, shown_name
from calgui.views.rules.validate.verdicts import rank
from calgui.views.rules.validate.words import State, note_of, words_of
from calgui.views.session import Session
from calgui.views.stepping import Steps
from calgui.views.theme import SPACE
from calgui.views.widgets.coming_back import ComingBack
from calgui.views.widgets.rows_above import RowsAbove
from calgui.views.workbench.comparison import ComparisonPanel

REASONS, CHECKS, COMPARISON, METADATA, PICTURE = range(5)
_WORDS = ("Reasons", "Checks", "In use", "Metadata", "Picture")
_TIPS = (
    "Why it is not good: each reason with its picture",
    "All checks: what was found, and the limits",
    "The difference to the reference in use",
    "Keywords of the metadata, and how they run over the night",
    "The picture of a reason, large",
)
#: files that are many, and milliseconds after which more that is known is shown, of few and of many
_MANY, _FEW_MS, _MANY_MS = 20, 20, 250


class ValidatePage(QWidget):
    """Files, their verdicts, and the report of the one that is chosen.

    Parameters
    ----------
    session : Session
        Whose cache has the references in use.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("validate_page")
        self.setAccessibleName("Validate new frames")
        self.judge = Judge.of(session)
        self.items: State = ()
        self.current: Path | None = None
        #: whether the worst file is looked at, whichever it turns out to be
        self._worst = False
        self.files = FilesPanel(self)
        self.banner = Banner(self)
        self.reasons = Reasons(self)
        self.checks = ChecksPanel(self.judge.thresholds, self)
        self.comparison = ComparisonPanel(session, None, self)
        self.metadata = MetadataPanel(session, self._headers, self)
        self.large = LargePicture(session, self)
        self.pictures = Pictures(session, self.reasons, self.comparison, self.large, self)
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("validate_tabs")
        self.tabs.setAccessibleName("Report of the chosen file")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        parts = (self.reasons, self.checks, self.comparison, self.metadata, self.large)
        for number, (part, word) in enumerate(zip(parts, _WORDS, strict=True)):
            self.tabs.addTab(part, word)
            self.tabs.setTabToolTip(number, _TIPS[number])
        self.drop = IngestDrop(
            self, self.add, lambda what, one: f"Drop to see whether {what} {'is' if one else 'are'} good"
        )
        ComingBack(self, self._judge)
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._show_files)
        self._soon.timeout.connect(self.metadata.follow)
        self._steps = Steps(session.history, lambda: self.items, self._put, words_of)
        self._lay_out()
        self._connect()
        self._show_files()
        session.keep("validate", self._kept, self._take_up)

    def _lay_out(self) -> None:
        self.below = QWidget(self)
        column = QVBoxLayout(self.below)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.banner)
        column.addWidget(self.tabs, 1)
        column.addStretch(0)  # without a report the banner stays what it is
        self.split = RowsAbove("validate_splitter", self.files, self.below, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.split)

    def _connect(self) -> None:
        files, judge = self.files, self.judge
        files.add_asked.connect(self._ask_files)
        files.cancel_asked.connect(judge.cancel)
        files.removed.connect(self._remove)
        files.ingest_asked.connect(lambda paths: self.session.ask_page("ingest", tuple(paths)))
        files.compare_asked.connect(lambda paths: self.session.compare_requested.emit(tuple(paths)))
        files.chosen.connect(self.choose)
        judge.changed.connect(self._known_more)
        judge.busy_changed.connect(self._show_busy)
        self.banner.again_asked.connect(lambda: judge.again(self.files.paths()))
        self.banner.type_given.connect(self._give_type)
        self.reasons.large_asked.connect(self.show_picture)
        self.checks.picture_asked.connect(self.show_picture)
        self.metadata.file_chosen.connect(self._go_to_file)
        self.large.header_asked.connect(self._show_header)
        self.pictures.file_changed.connect(self._leave_picture)
        self.pictures.large_shown.connect(lambda: self.tabs.setCurrentIndex(PICTURE))
        self.tabs.currentChanged.connect(self._show_frame)

    # ---- what is judged

    @property
    def busy(self) -> bool:
        """Whether something is judged, or looked at."""
        waits = self._soon.isActive() or self.metadata.busy
        return self.judge.busy or self.pictures.busy or self.reasons.busy or waits

    def ask(self, about: object) -> None:
        """Judge files, and look at the first of them.

        Parameters
        ----------
        about : iterable of pathlib.Path
            Files, and folders of them.
        """
        self.add(asked_for(about))

    def add(self, paths: Iterable[Path]) -> None:
        """Judge files, besides those that are there.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Files, and folders of them.
        """
        found = found_in(paths, self.session)
        if not found:
            return
        there = dict(self.items)
        self.judge.again(path for path in found if path in there and self.judge.known(path).cancelled)
        self._put((*self.items, *((path, "") for path in found if path not in there)))
        self._steps.note()
        self.choose(found[0])
        self._worst = len(found) > 1
        self._show_files()

    def _remove(self, paths: Iterable[Path]) -> None:
        gone = set(paths)
        self._put(tuple(item for item in self.items if item[0] not in gone))
        self._steps.note()

    def _give_type(self, kind: str) -> None:
        if kind and self.current is not None:
            self._put(tuple((path, kind if path == self.current else had) for path, had in self.items))
            self._steps.note()

    def _put(self, items: State) -> None:
        has = dict(items)
        for path, kind in self.items:
            if kind and not has.get(path):
                self.judge.forget(path)  # what the user said of it does not hold any more
        self.items = items
        paths = [path for path, _ in items]
        if self.current not in paths:
            self.current = paths[0] if paths else None
        self.split.make_room(len(items), max(3, self.height() // 150), beside=84, empty=190)
        if self.isVisible():
            self.judge.want(paths, dict(items))
        self._show_files()
        self.metadata.follow()

    def showEvent(self, event: QShowEvent) -> None:
        """Judge what came meanwhile, or changed."""
        super().showEvent(event)
        self.judge.thresholds.look()
        self._judge()
        self._show_file()

    def _judge(self) -> None:
        """What is new, or changed."""
        self.judge.want([path for path, _ in self.items], dict(self.items))

    def hideEvent(self, event: QHideEvent) -> None:
        """Let go of large pixels that nobody looks at: they are read again when the page is shown."""
        super().hideEvent(event)
        self.pictures.let_go()

    def _kept(self) -> dict[str, Any] | None:
        items = [[str(path), kind] for path, kind in self.items if not is_unsaved(path)]
        return {"files": items} if items else None

    def _take_up(self, kept: Any) -> None:
        self._put(tuple((Path(path), str(kind)) for path, kind in kept["files"]))
        self._steps.settle()

    def _ask_files(self) -> None:
        kinds = "FITS files (*.fits *.fit *.fits.gz);;All files (*)"
        ask_files("validate_files_dialog", "New frames", kinds, self, self.add)

    # ---- showing

    def choose(self, path: Path | None) -> None:
        """Look at the report of a file.

        Parameters
        ----------
        path : pathlib.Path or None
            One of the list.
        """
        self._worst = False
        if path is not None and path != self.current:
            self.current = path
            self._show_files()
        elif path is not None:
            self._show_file()

    def _known_more(self, paths: tuple[Path, ...]) -> None:
        if self._soon.isActive():
            return
        listed = {path for path, _ in self.items}
        if listed.intersection(paths):
            # of many files that are judged at once the list is shown a few times a second
            self._soon.start(_FEW_MS if len(listed) < _MANY else _MANY_MS)

    def _show_files(self) -> None:
        lines = [line_of(self.judge.known(path), shown_name(path)) for path, _ in self.items]
        if self._worst and lines:
            self.current = min(lines, key=lambda line: rank(line.verdict)).path
        self.files.show_lines(lines, self.current)
        self._show_busy()
        self._show_file()

    def _show_busy(self) -> None:
        self.files.show_busy(self.judge.busy, self.judge.progress())

    def _show_file(self) -> None:
        path = self.current
        one = self.judge.known(path) if path is not None else None
        self.banner.show_judged(one, shown_name(path) if path is not None else "")
        self.below.setVisible(path is not None)
        validation = one.validation if one is not None else None
        self.tabs.setVisible(validation is not None)
        if one is None or validation is None:
            self.metadata.show_found(None)
            self.pictures.forget()
            return
        bad = [said for said in validation.said if said.verdict in ("bad", "doubtful")]
        self.reasons.show_reasons(bad, note_of(one))
        self.checks.show_lines(lines_of(validation, one.certifying), validation.type)
        self.metadata.show_found(validation.found)
        for place, count in ((REASONS, len(bad)), (CHECKS, len(validation.said))):
            self.tabs.setTabText(place, f"{_WORDS[place]} {count:,}" if count else _WORDS[place])
        self.pictures.look(one, self.isVisible())

    # ---- doing

    def go_to_tab(self, word: str) -> None:
        """Go to a tab; to that of the picture with the picture of the first reason.

        Parameters
        ----------
        word : str
            As written on it, in any case.
        """
        place = [one.casefold() for one in _WORDS].index(word.casefold()) if word.capitalize() in _WORDS else REASONS
        self.tabs.setCurrentIndex(place)
        if place == PICTURE and self.reasons.said:
            self.show_picture(self.reasons.said[0])

    def show_picture(self, said: Said) -> None:
        """Show the picture of a check large; it is made where it is not there.

        Parameters
        ----------
        said : Said
        """
        one = self.judge.known(self.current) if self.current is not None else None
        if one is None or one.validation is None:
            return
        self.pictures.show(one, said, self.isVisible())

    def _leave_picture(self) -> None:
        """It was of another file."""
        if self.tabs.currentIndex() == PICTURE:
            self.tabs.setCurrentIndex(REASONS)

    def _show_frame(self, place: int) -> None:
        """Without a reason that was clicked the file itself is looked at."""
        if place == PICTURE and self.large.shown is None and self.current is not None:
            self.large.show_file(self.current)

    def _headers(self) -> Headers:
        """Of the files that are judged."""
        known = [(path, self.judge.known(path).validation) for path, _ in self.items]
        return [(path, one.found.header) for path, one in known if one is not None and one.found is not None]

    def _go_to_file(self, path: Path) -> None:
        """To the file of a point: here where it is listed, else under Observe."""
        if path in dict(self.items):
            self.choose(path)
        else:
            self.session.place_requested.emit("observe")
            self.session.select([path])

    def _show_header(self, keyword: str) -> None:
        if self.current is not None and keyword:
            self.session.place_requested.emit("observe")
            self.session.card_requested.emit(self.current, None, keyword)
