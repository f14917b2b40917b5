"""The page of one algorithm: inputs, references and options on the left; picture, numbers and verdict on the right."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.errors import CalguiError, Cancelled
from calgui.core.jobs import Job, Progress
from calgui.core.runs.command import command_line
from calgui.core.runs.compare import Comparison, compare_with_selected
from calgui.core.runs.preview import Cut, Examined, centred_box, cut_inputs, examine, preview
from calgui.core.runs.report import RunReport
from calgui.core.runs.run import run_files
from calgui.core.runs.saving import proposed, save_report
from calgui.views.session import Session
from calgui.views.tasks import Task
from calgui.views.theme import SPACE, theme
from calgui.views.workbench.inputs import InputsPanel
from calgui.views.workbench.options import OptionForm
from calgui.views.workbench.output import OutputPanel
from calgui.views.workbench.references import BenchReferences
from calgui.views.workbench.saving import SaveDialog

#: milliseconds from the last change to the preview: several changes at once are one
_SETTLE = 60


@dataclass(frozen=True)
class _Looked:
    """What the background work for a preview found."""

    examined: Examined
    cut: Cut | None = None
    result: Result | None = None
    error: CalguiError | None = None


@dataclass(frozen=True)
class _Made:
    """What a run of the whole frames gave."""

    report: RunReport
    comparison: Comparison | None


class AlgorithmPage(QWidget):
    """Everything that is done with one algorithm.

    Parameters
    ----------
    session : Session
        Selection, cache, tasks.
    how : Algorithm
        Which one.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, how: Algorithm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"bench_page_{how.name}")
        self.session = session
        self.how = how
        self.report: RunReport | None = None
        self._key = f"bench-{how.name}-{id(self)}-"
        self._cut: tuple[Any, Cut] | None = None
        self._run_task: Task | None = None
        self._dialog: SaveDialog | None = None
        self._fit = False
        self.inputs = InputsPanel(session, how.inputs)
        self.references = BenchReferences(session, how.references, how.optional_references)
        self.options = OptionForm(how.options)
        self.output = OutputPanel(session, how.product == "DARK")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._look)
        self._build()
        self._connect()
        self._update_buttons()

    def _build(self) -> None:
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE)
        title = QLabel(self.how.title)
        title.setObjectName("bench_title")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.35)
        font.setBold(True)
        title.setFont(font)
        summary = QLabel(self.how.summary + (f" Method: {self.how.source}." if self.how.source else ""))
        summary.setWordWrap(True)
        column.addWidget(title)
        column.addWidget(summary)
        column.addWidget(_heading("Inputs"))
        column.addWidget(self.inputs)
        if self.how.references or self.how.optional_references:
            column.addWidget(_heading("References"))
            column.addWidget(self.references)
        column.addWidget(_heading("Options"))
        column.addWidget(self.options)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("bench_form")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(form)
        left = QWidget()
        # as wide as the form needs, or its right end would be cut off
        bar = scroll.verticalScrollBar().sizeHint().width()
        left.setMinimumWidth(max(420, form.minimumSizeHint().width() + bar + 2))
        left_layout = QVBoxLayout(left)
        left_layout.setContentsMargins(0, 0, 0, 0)
        left_layout.setSpacing(0)
        left_layout.addWidget(scroll, 1)
        left_layout.addWidget(self._actions())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.output)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([460, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)

    def _actions(self) -> QWidget:
        self.run = _button("bench_run", "Run on the whole frames", "Run the algorithm on the whole frames")
        self.run.setDefault(True)
        self.cancel = _button("bench_cancel", "Cancel", "Stop; nothing is left behind")
        self.save = _button("bench_save_button", "Save…", "Save the product as a FITS file with its provenance")
        self.copy = _button("bench_copy_command", "Copy command", "Copy the calgui run command that does the same")
        self.progress = QProgressBar()
        self.progress.setObjectName("bench_progress")
        self.progress.setAccessibleName("Progress")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.said = QLabel()
        self.said.setObjectName("bench_progress_text")
        widget = QFrame()
        widget.setObjectName("bench_actions")
        layout = QVBoxLayout(widget)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.run, 1)
        first.addWidget(self.cancel)
        second.addWidget(self.save)
        second.addWidget(self.copy)
        second.addStretch(1)
        layout.addLayout(first)
        layout.addWidget(self.progress)
        layout.addWidget(self.said)
        layout.addLayout(second)
        self.progress.hide()
        self.said.hide()
        return widget

    def _connect(self) -> None:
        self.inputs.changed.connect(self._inputs_changed)
        self.references.changed.connect(self._changed)
        self.options.changed.connect(self._changed)
        self.output.place_changed.connect(self._changed)
        self.session.context_changed.connect(self._changed)
        self.session.tasks.progressed.connect(self._progressed)
        self.run.clicked.connect(self.start)
        self.cancel.clicked.connect(self._cancel)
        self.save.clicked.connect(self.ask_to_save)
        self.copy.clicked.connect(self.copy_command)
        theme().changed.connect(self._retheme)
        self._retheme()

    def _retheme(self) -> None:
        line = theme().colour("line").name()
        self.setStyleSheet(f"#bench_actions {{ border-top: 1px solid {line}; }}")

    def _inputs_changed(self) -> None:
        """Other inputs are fit for a run only once they were looked at."""
        self._fit = False
        self._update_buttons()
        self._changed()

    # -- preview ---------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Inputs, references, options or the place of the preview are others: look again, soon."""
        self.output.mark_outdated()
        self._settle.start()

    def _look(self) -> None:
        how, paths, options = self.how, self.inputs.paths, self.options.values()
        given, cache, context = dict(self.references.given), self.session.cache, self.session.context
        if not paths:
            self.session.tasks.supersede(self._key + "look")
            self._looked(_Looked(Examined(())))
            return
        side, centre = self.output.preview_side, self.output.preview_centre
        known = self._cut

        def work(job: Job) -> _Looked:
            examined = examine(how.name, paths, options, given, cache, context, job.part(0, 0.2))
            if examined.problem is not None or not how.previewable or len(examined.shape) != 2:
                return _Looked(examined)
            shape = (examined.shape[0], examined.shape[1])
            box = centred_box(shape, side, *centre)
            key = (paths, tuple(item.path for item in examined.references), box, _stamps(paths))
            try:
                if known is not None and known[0] == key:
                    cut = known[1]
                else:
                    cut = cut_inputs(paths, examined.references, box, job.part(0.2, 0.6))
                self._cut = (key, cut)
                return _Looked(examined, cut, preview(how.name, cut, options, job.part(0.6, 1)))
            except Cancelled:
                raise
            except CalguiError as error:
                return _Looked(examined, error=error)

        self.session.tasks.start(
            f"Preview of {how.title}", work, self._looked, self._look_failed, key=self._key + "look", quiet=True
        )

    def _looked(self, looked: _Looked) -> None:
        self.inputs.show_examined(looked.examined)
        self.references.show_used(looked.examined.references)
        self._fit = bool(self.inputs.paths) and looked.examined.problem is None
        if looked.result is not None and looked.cut is not None:
            self.output.show_preview(looked.result, looked.cut, self.how.title)
        elif looked.error is not None:
            self.output.show_problem(looked.error)
        else:
            self.output.show_waiting(bool(self.inputs.paths), looked.examined.problem)
        self._update_buttons()

    def _look_failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self.session.report(error, f"Preview of {self.how.title}")

    # -- the whole frames --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Run the algorithm on the whole frames, in the background."""
        how, paths, options = self.how, self.inputs.paths, self.options.values()
        given, cache, context = dict(self.references.given), self.session.cache, self.session.context

        def work(job: Job) -> _Made:
            report = run_files(how.name, paths, options, given, cache, context, job=job.part(0, 0.9))
            comparison = None
            if how.product == "DARK" and cache is not None and report.result.frame is not None:
                from calgui.core.frames.headers import rule_header

                job.report(0.9, "Comparing with the dark in use")
                comparison = compare_with_selected(
                    report.result.frame, rule_header(paths[0]), cache, context, job.part(0.9, 1)
                )
            return _Made(report, comparison)

        self.report = None
        self._asked = (paths, options, given)
        self.output.show_running(how.title)
        self._run_task = self.session.tasks.start(how.title, work, self._made, self._failed, key=self._key + "run")
        self._update_buttons()

    def _made(self, made: _Made) -> None:
        self._run_task = None
        self.report = made.report
        now = (self.inputs.paths, self.options.values(), dict(self.references.given))
        self.output.show_whole(made.report, self.how.title, outdated=now != self._asked)
        if made.comparison is not None:
            self.output.comparison.show_comparison(made.comparison)
        elif self.how.product == "DARK":
            self.output.comparison.show_nothing("Open a cache to compare the new dark with the one that it selects.")
        self._update_buttons()

    def _failed(self, error: Exception) -> None:
        self._run_task = None
        if isinstance(error, Cancelled):
            self.output.show_cancelled()
        elif isinstance(error, CalguiError):
            self.output.show_problem(error)
        else:
            self.session.report(error, self.how.title)
        self._update_buttons()

    def _cancel(self) -> None:
        if self._run_task is not None:
            self._run_task.job.cancel()
            self.said.setText("Stopping…")

    def _progressed(self, task: Task, progress: Progress) -> None:
        if task is self._run_task:
            self.progress.setValue(round(1000 * progress.fraction) if progress.fraction == progress.fraction else 0)
            left = f" · about {progress.remaining:.0f} s left" if progress.remaining is not None else ""
            self.said.setText(f"{progress.text}{left}")

    def _update_buttons(self) -> None:
        running = self._run_task is not None
        self.run.setEnabled(self._fit and not running)
        self.cancel.setEnabled(running)
        self.progress.setVisible(running)
        self.said.setVisible(running)
        if running:
            self.progress.setValue(0)
            self.said.setText("Starting…")
        self.save.setEnabled(self.report is not None and self.report.result.frame is not None)
        self.save.setText("Save as a reference…" if self.how.product else "Save…")
        self.copy.setEnabled(bool(self.inputs.paths))

    # -- saving and the command line ---------------------------------------------------------------------------------

    def ask_to_save(self) -> SaveDialog | None:
        """Open the form for saving the product.

        Returns
        -------
        SaveDialog or None
            None where there is nothing to save.
        """
        report = self.report
        if report is None or report.result.frame is None:
            return None
        try:
            cards = proposed(report) if self.how.product else {}
        except CalguiError as error:
            self.session.report(error, "Saving")
            return None
        folder = report.inputs[0].parent
        dialog = SaveDialog(folder / f"{self.how.name.replace('-', '_')}.fits", cards, self)
        dialog.accepted.connect(lambda: self._save(report, dialog))
        self._dialog = dialog
        dialog.open()
        return dialog

    def _save(self, report: RunReport, dialog: SaveDialog) -> None:
        path, cards, cache, overwrite = dialog.path, dialog.cards, self.session.cache, dialog.overwrite

        def saved(written: Path) -> None:
            self.session.notice("info", f"{written.name} was saved in {written.parent}.")

        self.session.tasks.start(
            f"Saving {path.name}", lambda job: save_report(report, path, cards, cache, job, overwrite=overwrite), saved
        )

    def command(self) -> str:
        """The command line that does the same as Run.

        Returns
        -------
        str
        """
        cache = self.session.cache
        return command_line(
            self.how.name,
            self.inputs.paths,
            self.options.values(),
            self.references.given,
            cache.path if cache is not None else None,
            self.session.context if cache is not None else None,
            Path(f"{self.how.name.replace('-', '_')}.fits"),
        )

    def copy_command(self) -> None:
        """Copy that command line."""
        QGuiApplication.clipboard().setText(self.command())
        self.session.notice("info", "The command line was copied.")


def _stamps(paths: tuple[Path, ...]) -> tuple[tuple[int, int], ...]:
    """Size and time of files: a cut-out of a file that has changed is read again."""
    found = [path.stat() for path in paths]
    return tuple((info.st_size, info.st_mtime_ns) for info in found)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    return button
