"""The page of the timeline: which file was in use when, for one mode, and on one night."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import registry
from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.lanes import Lanes, lanes_of
from calgui.core.rules.questions.whatif import Case, Setting
from calgui.core.rules.values import Status
from calgui.core.tables import Column
from calgui.views.rules.asking_page import AskingPage
from calgui.views.rules.marks import STATUSES, mark_icon
from calgui.views.rules.timeline.chart import ChartScroll, Spot, TimelineChart, date_words
from calgui.views.rules.timeline.spot import SpotPanel
from calgui.views.rules.whatif.table import choices
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.plot_saving import offer_saving
from calgui.views.widgets.rich import rich

_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f")


def parse_night(text: str) -> datetime | None:
    """A date as people type it.

    Parameters
    ----------
    text : str
        ``2026-03-11``, with a time of day after a space or T.

    Returns
    -------
    datetime or None
        UTC, without a zone; None for what is none.
    """
    for form in _FORMS:
        try:
            return datetime.strptime(text.strip(), form)
        except ValueError:
            continue
    return None


class TimelinePage(AskingPage):
    """Lanes of all reference types of a mode.

    Parameters
    ----------
    session : Session
        Whose cache, context, selection and observations are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "timeline_page", "Timeline: which file was in use when", parent)
        self.case = Case("")
        self.paths: tuple[Path, ...] = ()
        self.lanes: Lanes | None = None
        self._own_mode = False
        self.mode = QWidget(self)
        self.mode.setObjectName("timeline_mode")
        self._editors: dict[str, QComboBox] = {}
        self.from_observation = QPushButton("From the observation", self)
        self.from_observation.setObjectName("timeline_from_observation")
        self.from_observation.setToolTip("The mode of the selected observation.")
        self.night = QLineEdit(self)
        self.night.setObjectName("timeline_night")
        self.night.setAccessibleName("On this night")
        self.night.setPlaceholderText("2026-03-11 08:00")
        self.night.setToolTip("UTC. What was in use then is listed on the right.")
        self.night.setClearButtonEnabled(True)
        self.night.setMaximumWidth(240)
        self.fit = QPushButton("Fit", self)
        self.fit.setObjectName("timeline_fit")
        self.fit.setToolTip("See everything (Home, or double click). Wheel: zoom; drag: move.")
        self.told = QLabel(self)
        self.told.setObjectName("timeline_told")
        self.told.setWordWrap(True)
        self.chart = TimelineChart()
        self.saving = offer_saving(self.chart, "timeline", session, self._series)
        self.scroll = ChartScroll(self.chart, self)
        self.spot = SpotPanel(session, self)
        self.in_use_title = rich(QLabel(self))
        self.in_use_title.setObjectName("timeline_in_use_title")
        self.in_use = self._make_in_use()
        self._lay_out()
        self._connect()
        self._tell()

    def _series(self) -> list[Column]:
        """A row for each span of time of each type; empty where it has no beginning or no end."""
        spans = [
            (lane.type, one.start, one.end, one.file or "", one.status.value)
            for lane in self.chart.lanes
            if lane.told is not None
            for one in lane.told.segments
        ]
        rows = [(kind, _moment(start), _moment(end), file, status) for kind, start, end, file, status in spans]
        names = ("type", "from (UTC)", "until (UTC)", "file", "status")
        return (
            [Column(name, column) for name, column in zip(names, zip(*rows, strict=True), strict=True)] if rows else []
        )

    def _make_in_use(self) -> QTableWidget:
        table = QTableWidget(0, 2, self)
        table.setObjectName("timeline_in_use")
        table.setAccessibleName("Files in use on that night")
        table.setHorizontalHeaderLabels(["Type", "File in use"])
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.horizontalHeader().setStretchLastSection(True)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        return table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.from_observation)
        self._mode_row = QHBoxLayout(self.mode)
        self._mode_row.setContentsMargins(0, 0, 0, 0)
        self._mode_row.setSpacing(SPACE // 2)
        row.addWidget(self.mode, 1)
        night = QLabel("On this night", self)
        night.setBuddy(self.night)
        row.addWidget(night)
        row.addWidget(self.night)
        row.addWidget(self.fit)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(SPACE // 2, 0, SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.spot)
        column.addWidget(self.in_use_title)
        column.addWidget(self.in_use, 1)
        column.addStretch()
        self.split = QSplitter(Qt.Orientation.Horizontal, self)
        self.split.setObjectName("timeline_splitter")
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.scroll)
        self.split.addWidget(right)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([800, 320])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, 0, SPACE)
        layout.setSpacing(SPACE)
        row.setContentsMargins(0, 0, SPACE, 0)
        layout.addLayout(row)
        layout.addWidget(self.told)
        layout.addWidget(self.split, 1)
        layout.addStretch()
        layout.setStretchFactor(self.split, 1)

    def _connect(self) -> None:
        self.from_observation.clicked.connect(self._take_observation)
        self.night.textChanged.connect(lambda _text: self._show_night())
        self.fit.clicked.connect(self.chart.fit)
        self.chart.chosen.connect(self._choose)
        self.session.context_changed.connect(self._out_of_date)
        self.session.observations_changed.connect(self._out_of_date)
        self.session.selection_changed.connect(self._selection_changed)
        theme().changed.connect(self._tell)

    # ---- asking

    def ask(self, about: object) -> None:
        """Show the timeline of a mode.

        Parameters
        ----------
        about : Case, mapping or path-like
            A case, a header, or an observation.
        """
        if isinstance(about, Case):
            self.case, self._own_mode = about, True
        elif isinstance(about, Mapping):
            self.case, self._own_mode = Case("header", dict(about)), True
        elif isinstance(about, str | Path):
            self._take(Path(about))
            return
        self._out_of_date()

    def _selection_changed(self) -> None:
        self.from_observation.setEnabled(bool(self.session.selection))
        if not self._own_mode:
            self._out_of_date()

    def _take_observation(self) -> None:
        self._own_mode = False
        if self.session.selection:
            self._take(self.session.selection[0])

    def _take(self, path: Path) -> None:
        header = next((entry.header for entry in self.session.observations() if entry.path == path), None)
        if header is not None:
            self.case = Case(path.name, dict(header))
            self._out_of_date()
            return

        def work(_job: Job) -> Case:
            from calgui.core.frames.headers import rule_header

            return Case(path.name, rule_header(path))

        self.session.tasks.start(f"Reading {path.name}", work, self.ask, quiet=True)

    def _ask(self) -> None:
        session = self.session
        cache, context = session.cache, session.context
        self._stale = False
        entries = [entry for entry in session.observations() if entry.error is None]
        if not self._own_mode and session.selection:
            chosen = next((entry for entry in entries if entry.path == session.selection[0]), None)
            if chosen is not None:
                self.case = Case(chosen.path.name, dict(chosen.header))
        if cache is None or context is None:
            session.tasks.supersede("timeline")
            self._done(None)
            return
        case, now = self.case, datetime.now(UTC).replace(tzinfo=None)
        self.paths = tuple(entry.path for entry in entries)

        def work(job: Job) -> Lanes:
            registry()  # takes half a second when first asked for: here, and not at a click
            return lanes_of(cache, context, case, [entry.header for entry in entries], job, now)

        self._working = True
        self._tell()
        session.tasks.start("Asking for all times", work, self._done, self._failed, key="timeline")

    def _done(self, lanes: Lanes | None) -> None:
        self._working = False
        if (
            lanes is not None
            and self.lanes is not None
            and (lanes.lanes, lanes.settings)
            == (
                self.lanes.lanes,
                self.lanes.settings,
            )
        ):
            self._tell()  # nothing is new: what is chosen stays chosen
            return
        keep = lanes is not None and self.lanes is not None and len(self.lanes.lanes) == len(lanes.lanes)
        self.lanes = lanes
        if lanes is not None:
            self.chart.show_lanes(lanes.lanes, lanes.start, lanes.end, keep=keep)
            self._show_mode(lanes)
        else:
            self.chart.show_lanes((), datetime(2020, 1, 1), datetime(2030, 1, 1))
        self._choose(None)
        self._show_night()
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._done(None)
        if isinstance(error, CalguiError):
            self.told.setText(f"{error.message} {error.cure}".strip())
        else:
            self.session.report(error, "Timeline")

    # ---- the mode

    def _show_mode(self, lanes: Lanes) -> None:
        """An editable list for everything that decides beside the date."""
        wanted = [one for one in lanes.settings if one.parkey not in lanes.dated]
        if list(self._editors) != [one.parkey for one in wanted]:
            while self._mode_row.count():
                widget = self._mode_row.takeAt(0).widget()
                if widget is not None:
                    widget.deleteLater()
            self._editors = {one.parkey: self._make_editor(one) for one in wanted}
            self._mode_row.addStretch(1)
        for one in wanted:
            editor = self._editors[one.parkey]
            editor.blockSignals(True)
            editor.setEditText(one.value or "")
            editor.blockSignals(False)

    def _make_editor(self, setting: Setting) -> QComboBox:
        editor = QComboBox(self.mode)
        name = setting.keyword or setting.parkey
        editor.setObjectName(f"timeline_value_{name}")
        editor.setAccessibleName(f"Value of {name}")
        editor.setToolTip(f"{name} ({setting.parkey}): of the mode. Empty: missing.")
        editor.setEditable(True)
        editor.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        editor.addItems(choices(setting.accepted))
        editor.lineEdit().setPlaceholderText(name)
        editor.setMinimumContentsLength(5)
        editor.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        editor.activated.connect(lambda _place: self._set(setting.parkey, editor.currentText()))
        editor.lineEdit().editingFinished.connect(lambda: self._set(setting.parkey, editor.currentText()))
        self._mode_row.addWidget(editor)
        return editor

    def _set(self, parkey: str, value: str) -> None:
        lanes = self.lanes
        now = next((one for one in lanes.settings if one.parkey == parkey), None) if lanes is not None else None
        if now is None or value.strip() == (now.value or ""):
            return
        before, after = self.case, self.case.with_change(parkey, value.strip() or None)
        self._take_mode(after)
        text = f"change {now.keyword or parkey} of the mode"
        self.session.history.did(text, lambda: self._take_mode(before), lambda: self._take_mode(after))

    def _take_mode(self, case: Case) -> None:
        self.case, self._own_mode = case, True
        self._out_of_date()

    # ---- what is chosen

    def _choose(self, spot: Spot | None) -> None:
        self.chart.choose(spot)
        self._tell_spot()
        if spot is not None and spot.mark is not None:
            self._own_mode = True  # the mode stays, whatever observation is looked at
            self.session.select([self.paths[spot.mark.index]])

    def _tell_spot(self) -> None:
        spot = self.chart.spot
        lane = self.chart.lanes[spot.lane] if spot is not None else None
        self.spot.show_spot(lane, spot.segment if spot is not None else None, self.case)

    # ---- one night

    def _show_night(self) -> None:
        text = self.night.text()
        moment = parse_night(text)
        wrong = bool(text.strip()) and moment is None
        self.night.setStyleSheet(f"border: 1px solid {theme().colour('error').name()}" if wrong else "")
        self.night.setToolTip("Write 2026-03-11 or 2026-03-11 08:00." if wrong else "UTC.")
        self.chart.set_night(moment)
        there = moment is not None and bool(self.chart.lanes)
        self.in_use.setVisible(there)
        self.in_use_title.setVisible(there)
        if moment is None or not self.chart.lanes:
            return
        self.in_use_title.setText(f"<b>In use on {date_words(moment)}</b>")
        told = [(lane, lane.told.at(moment)) for lane in self.chart.lanes if lane.told is not None]
        self.in_use.setRowCount(len(told))
        for number, (lane, segment) in enumerate(told):
            mark = STATUSES[segment.status]
            kind, file = QTableWidgetItem(lane.type), QTableWidgetItem(segment.file or mark.word)
            file.setIcon(mark_icon(mark))
            file.setToolTip(segment.message or date_words(segment.start, True))
            if segment.status in (Status.NOT_FOUND, Status.ERROR):
                file.setForeground(theme().colour("error"))
            self.in_use.setItem(number, 0, kind)
            self.in_use.setItem(number, 1, file)

    # ---- showing

    def _tell(self) -> None:
        session, lanes = self.session, self.lanes
        self.told.setStyleSheet(f"color: {theme().colour('muted').name()}")
        self.from_observation.setEnabled(bool(session.selection))
        if session.cache is None:
            text = "Open a CRDS cache to see which file was in use when."
        elif self._working:
            text = "Asking for all times…"
        elif lanes is None or not lanes.settings:
            text = "Select an observation: its mode is asked for all times."
        elif not lanes.lanes:
            text = "Choose the instrument: its reference types are asked for all times."
        else:
            marked = len({mark.index for lane in lanes.lanes for mark in lane.marks})
            text = f"{len(lanes.lanes)} types that this mode needs; {marked:,} loaded observations of it are marked."
        self.told.setText(text)
        self.mode.setVisible(lanes is not None)
        self.split.setVisible(lanes is not None and bool(lanes.lanes))
        self.fit.setEnabled(lanes is not None and bool(lanes.lanes))
        self.night.setEnabled(lanes is not None and bool(lanes.lanes))
        self._tell_spot()


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="milliseconds") if moment is not None else ""
