"""The bar at the bottom: running work with Cancel, what is under the cursor, and the count of notices."""

import time
from collections import Counter

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from calgui.core.jobs import Progress
from calgui.views.session import Session
from calgui.views.tasks import Task
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.picked import PickedButton

#: work that ends sooner is not worth a bar that flickers
_SHOW_AFTER_MS = 150
#: from then on one waits, even for what is usually done at once
_LONG_MS = 1000
#: letters of the newest notice; the list has all
_SHORT = 70


class JobsBar(QWidget):
    """Title, progress and time left of the work that runs, with Cancel.

    Parameters
    ----------
    session : Session
        Whose tasks are shown.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from PySide6.QtWidgets import QHBoxLayout

        self.setObjectName("jobs_bar")
        self._tasks: list[Task] = []
        self._progress: dict[int, Progress] = {}
        self.bar = QProgressBar(self)
        self.bar.setObjectName("job_progress")
        self.bar.setAccessibleName("Progress")
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(140, 10)
        self.label = QLabel(self)
        self.label.setObjectName("job_text")
        self.cancel = QToolButton(self)
        self.cancel.setObjectName("job_cancel")
        self.cancel.setText("Cancel")
        self.cancel.setAccessibleName("Cancel this job")
        self.cancel.setAutoRaise(True)
        self.cancel.clicked.connect(self.cancel_shown)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, 0, 0, 0)
        layout.setSpacing(SPACE)
        for widget in (self.bar, self.label, self.cancel):
            layout.addWidget(widget)
        self._delay = QTimer(self, singleShot=True, interval=_SHOW_AFTER_MS)
        self._delay.timeout.connect(self._tell)
        #: quiet work and when it began, seconds
        self._quiet: dict[Task, float] = {}
        self._long = QTimer(self, singleShot=True)
        self._long.timeout.connect(self._show_long)
        session.tasks.started.connect(self._started)
        session.tasks.progressed.connect(self._progressed)
        session.tasks.finished.connect(self._finished)
        self._tell()

    @property
    def shown(self) -> Task | None:
        """The job that is shown: the one that has run longest."""
        return self._tasks[0] if self._tasks else None

    def cancel_shown(self) -> None:
        """Cancel the job that is shown."""
        if self.shown is not None:
            self.shown.job.cancel()
            self.cancel.setEnabled(False)
            self.label.setText(f"{self.shown.title}: stopping…")

    def _started(self, task: Task) -> None:
        if task.background:
            return
        if task.quiet:
            self._quiet[task] = time.monotonic()
            if not self._long.isActive():
                self._long.start(_LONG_MS)
            return
        self._tasks.append(task)
        self._delay.start()

    def _show_long(self) -> None:
        """Show quiet work that has taken a second; look again when the next one will have."""
        now = time.monotonic()
        for task, begun in list(self._quiet.items()):
            if now - begun >= 0.99 * _LONG_MS / 1000:
                del self._quiet[task]
                self._tasks.append(task)
        if self._quiet:
            self._long.start(max(1, round(_LONG_MS - 1000 * (now - min(self._quiet.values())))))
        if not self._delay.isActive():
            self._tell()

    def _progressed(self, task: Task, progress: Progress) -> None:
        self._progress[task.id] = progress
        if task is self.shown and not self._delay.isActive() and not task.job.cancelled:
            self._tell()

    def _finished(self, task: Task) -> None:
        self._progress.pop(task.id, None)
        self._quiet.pop(task, None)
        if task in self._tasks:
            self._tasks.remove(task)
            self._tell()

    def _tell(self) -> None:
        task = self.shown
        for widget in (self.bar, self.label, self.cancel):
            widget.setVisible(task is not None)
        if task is None:
            return
        progress = self._progress.get(task.id)
        known = progress is not None and progress.fraction == progress.fraction
        self.bar.setRange(0, 1000 if known else 0)
        if progress is not None and known:
            self.bar.setValue(round(1000 * progress.fraction))
        self.cancel.setEnabled(not task.job.cancelled)
        self.cancel.setToolTip(f"Cancel: {task.title}")
        self.label.setText(_said(task, progress, len(self._tasks)))


def _said(task: Task, progress: Progress | None, count: int) -> str:
    parts = [f"{count} jobs"] if count > 1 else []
    parts.append(progress.text if progress is not None and progress.text else task.title)
    remaining = progress.remaining if progress is not None else None
    if remaining is not None and remaining >= 1:
        parts.append(_left(remaining))
    return " · ".join(parts)


def _left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"


class StatusBar(QStatusBar):
    """Jobs, readout, picked pixel, notices.

    Signals
    -------
    notices_asked(bool)
        The list of notices is to be shown or hidden.

    Parameters
    ----------
    session : Session
        Whose work and notices are told.
    parent : QWidget, optional
    """

    notices_asked = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("status_bar")
        self.setAccessibleName("Status")
        self.setSizeGripEnabled(False)
        self.jobs = JobsBar(session, self)
        self.readout = QLabel(self)
        self.readout.setObjectName("status_readout")
        self.readout.setAccessibleName("What is under the cursor")
        self.readout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.notices = QToolButton(self)
        self.notices.setObjectName("notices_button")
        self.notices.setCheckable(True)
        self.notices.setAutoRaise(True)
        self.notices.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.notices.toggled.connect(self.notices_asked)
        self.addWidget(self.jobs)
        self.addWidget(self.readout, 1)
        self.picked = PickedButton(session, self)
        self.addPermanentWidget(self.picked)
        self.addPermanentWidget(self.notices)
        session.noticed.connect(lambda _notice: self.tell())
        theme().changed.connect(self.tell)
        self.tell()

    def tell(self) -> None:
        """Show how many notices there are, and the newest one's text."""
        notices = self.session.notices
        counts = Counter(notice.level for notice in notices)
        worst = next((level for level in ("error", "warning", "info") if counts[level]), None)
        if worst is None:
            self.notices.setIcon(icon("good", "muted"))
            self.notices.setText("No notices")
            self.notices.setToolTip("Nothing to tell")
        else:
            self.notices.setIcon(icon(worst, "accent" if worst == "info" else worst))
            newest = next(notice.text for notice in reversed(notices) if notice.level == worst)
            short = newest if len(newest) <= _SHORT else f"{newest[: _SHORT - 1].rstrip()}…"
            self.notices.setText(f"{said(counts)} · {short}")
            self.notices.setToolTip(newest)
        self.notices.setAccessibleName(f"Notices: {self.notices.text()}")


def said(counts: Counter[str]) -> str:
    """Counts of notices in words.

    Parameters
    ----------
    counts : Counter
        Level to number.

    Returns
    -------
    str
        ``1 error, 2 warnings``.
    """
    words = (("error", "error"), ("warning", "warning"), ("info", "note"))
    return ", ".join(
        f"{counts[level]} {word}{'s' if counts[level] > 1 else ''}" for level, word in words if counts[level]
    )
