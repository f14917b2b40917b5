"""What is chosen on a timeline: file, span and rule, and the ways on from there."""

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from calgui.core.rules.questions.lanes import Lane
from calgui.core.rules.questions.timeline import Segment
from calgui.core.rules.questions.whatif import Case
from calgui.core.runs.gathering import gathered_of, gatherer
from calgui.views.rules.marks import STATUSES
from calgui.views.rules.timeline.chart import date_words
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.left_out import show_left_out
from calgui.views.widgets.rich import rich


class SpotPanel(QWidget):
    """Tells of one bar.

    Parameters
    ----------
    session : Session
        Who shows a mapping, a page, or the bench.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("timeline_spot")
        self._lane: Lane | None = None
        self._segment: Segment | None = None
        self._case = Case("")
        self.details = QLabel(self)
        self.details.setObjectName("timeline_details")
        self.details.setWordWrap(True)
        rich(self.details)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.rule = QPushButton("Show the rule", self)
        self.rule.setObjectName("timeline_rule")
        self.rule.setToolTip("Show the rule that gives the chosen file, in its mapping.")
        self.what_if = QPushButton("What if…", self)
        self.what_if.setObjectName("timeline_whatif")
        self.what_if.setToolTip("This mode at this time, on the page What if.")
        self.bench = QPushButton("At the bench", self)
        self.bench.setObjectName("timeline_bench")
        self.bench.setToolTip("All files of this lane, to the algorithm that looks at their history.")
        buttons = QHBoxLayout()
        for button in (self.rule, self.what_if, self.bench):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.details)
        column.addLayout(buttons)
        self.rule.clicked.connect(self._show_rule)
        self.what_if.clicked.connect(self._ask_what_if)
        self.bench.clicked.connect(self._ask_bench)

    def show_spot(self, lane: Lane | None, segment: Segment | None, case: Case) -> None:
        """Tell of a bar.

        Parameters
        ----------
        lane : Lane or None
            Its reference type.
        segment : Segment or None
            Its span; None where nothing is chosen.
        case : Case
            The mode.
        """
        self._lane, self._segment, self._case = lane, segment, case
        there = lane is not None and segment is not None
        self.rule.setEnabled(segment is not None and segment.line is not None)
        self.what_if.setEnabled(there)
        how = gatherer(lane.type) if lane is not None and there else None
        self.bench.setVisible(how is not None)
        if how is not None:
            self.bench.setText(how.title)
            self.bench.setToolTip(f"{how.summary} Those of this lane, on the Bench.")
            self.bench.setAccessibleName(f"{how.title}, at the bench")
        self.details.setText(self._told())

    def _told(self) -> str:
        lane, segment, muted = self._lane, self._segment, theme().colour("muted").name()
        if lane is None or segment is None:
            return f"<span style='color:{muted}'>Click a bar to see its rule; arrow keys go on.</span>"
        mark = STATUSES[segment.status]
        colour = theme().colour("text" if segment.file else mark.role).name()
        lines = [
            f"<b style='color:{colour}'>{escape(segment.file or f'{mark.glyph} {mark.word}')}</b>",
            f"{escape(lane.type)} &nbsp; <span style='color:{muted}'>from</span> "
            f"{escape(date_words(segment.start, True))} <span style='color:{muted}'>to</span> "
            f"{escape(date_words(segment.end))}",
        ]
        if segment.rule:
            date = f", {segment.date}" if segment.date else ""
            lines.append(f"<span style='color:{muted}'>rule</span> {escape(', '.join(segment.rule) + date)}")
        if segment.selector:
            lines.append(f"<span style='color:{muted}'>by</span> {escape(segment.selector)}")
        if segment.message:
            lines.append(escape(segment.message))
        if lane.told is not None and not lane.told.axis:
            lines.append("No rule of this type looks at a date.")
        return "<br>".join(lines)

    def _show_rule(self) -> None:
        told = self._lane.told if self._lane is not None else None
        if self._segment is not None and told is not None and told.mapping:
            self.session.mapping_requested.emit(told.mapping, self._segment.line)

    def _ask_what_if(self) -> None:
        told, segment = self._lane.told if self._lane is not None else None, self._segment
        if segment is None or told is None:
            return
        case = self._case
        moment = segment.start if segment.start and segment.start.year > 1 else None
        if moment is not None and told.axis:
            from calgui.core.rules.questions.moments import words

            for name, value in words(told.axis, moment).items():
                case = case.with_change(name, value)
        self.session.ask_page("whatif", case)

    def _ask_bench(self) -> None:
        """All files of the lane, to the algorithm that looks at their history."""
        told, cache = self._lane.told if self._lane is not None else None, self.session.cache
        how = gatherer(told.type) if told is not None else None
        if told is None or how is None or cache is None:
            return
        gathered = gathered_of(told, cache)
        show_left_out(self.session, gathered)
        self.session.ask_bench(how.name, gathered.paths)
