"""The page of one algorithm: inputs, references and options on the left; picture, numbers and verdict on the right."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from calgui.core.algorithms.registry import Algorithm
from calgui.core.errors import CalguiError, Cancelled
from calgui.core.jobs import Progress
from calgui.core.runs.command import command_line
from calgui.core.runs.comparing import comparer_of
from calgui.core.runs.preview import Examined
from calgui.core.runs.report import RunReport
from calgui.core.runs.solutions import Solution
from calgui.views.rules.validate.unsaved import validate_unsaved
from calgui.views.session import Session
from calgui.views.stepping import Steps
from calgui.views.tasks import Task
from calgui.views.workbench.actions import ActionsBar
from calgui.views.workbench.handwork import Painting
from calgui.views.workbench.inputs import InputsPanel
from calgui.views.workbench.layout import lay_out
from calgui.views.workbench.options import OptionForm
from calgui.views.workbench.output import OutputPanel
from calgui.views.workbench.ramp_following import RampFollowing
from calgui.views.workbench.ramp_pixel import RampPixelPanel
from calgui.views.workbench.references import BenchReferences
from calgui.views.workbench.region import PreviewRegion
from calgui.views.workbench.saver import ask_to_save
from calgui.views.workbench.saving import SaveDialog
from calgui.views.workbench.solutions import SolutionsPanel
from calgui.views.workbench.staged import Staged
from calgui.views.workbench.steps import ChainSteps, FollowingSteps
from calgui.views.workbench.work import Asked, Fitted, Looked, Made, look, make

#: milliseconds from the last change to the preview: several changes at once are one
_SETTLE = 20


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
        self._last_look: Looked | None = None
        self._run_task: Task | None = None
        self._asked: Asked | None = None
        self._dialog: SaveDialog | None = None
        self._fit = False
        self._going_back = ""
        self.inputs = InputsPanel(session, how.inputs, how.gathers)
        self.references = BenchReferences(session, how.references, how.optional_references)
        # every pixel of a ramp is many: an answer to a changed option should come at once
        self.region = PreviewRegion(128 if "ramp" in how.takes else 256)
        self.options = OptionForm(how.options)
        self.actions_bar = ActionsBar(bool(how.product), how.makes_file)
        reads = RampPixelPanel(session) if how.name == "fit-ramp" else None
        steps = ChainSteps(frozenset(info.name for info in how.options)) if how.name == "quick-look" else None
        self.output = OutputPanel(session, how.product, reads or steps)
        self.reads = RampFollowing(session, self.output, reads, self.options.values) if reads is not None else None
        self.steps = FollowingSteps(self, steps) if steps is not None else None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE if how.measure is None else 0)
        self._settle.timeout.connect(self._look)
        self._steps = Steps(session.history, self._setting, self._put, self._words, join="same")
        self.painting = Painting(self) if how.product == "MASK" else None
        self.staged = Staged(self) if how.measure is not None else None
        self.solutions = SolutionsPanel(session.history, self._solution) if how.refit is not None else None
        if self.solutions is not None:
            tip = "Solutions that were kept, to compare them and to go back"
            self.output.add_beside(self.solutions, "Solutions", tip)
            self.solutions.back_wanted.connect(self.go_back_to)
        for part in (self.output.marks, self.output.spectra):
            part.options = self.options.values
            part.options_wanted.connect(self.options.put_values)
        lay_out(self)
        self._connect()
        self._update_buttons()

    def _connect(self) -> None:
        self.inputs.changed.connect(self._inputs_changed)
        for part in (self.inputs, self.references, self.options):
            part.changed.connect(self._steps.note)
        self.references.changed.connect(self._changed)
        self.options.changed.connect(self._changed)
        self.region.changed.connect(self._changed)
        self.session.context_changed.connect(self._changed)
        self.session.tasks.progressed.connect(self._progressed)
        self.actions_bar.run.clicked.connect(self.start)
        self.actions_bar.cancel.clicked.connect(self._cancel)
        self.actions_bar.save.clicked.connect(self.ask_to_save)
        self.actions_bar.copy.clicked.connect(self.copy_command)
        self.actions_bar.validate.clicked.connect(self.validate)
        self.actions_bar.ingest.clicked.connect(lambda: self.session.ask_page("ingest", (self.actions_bar.saved,)))

    @property
    def busy(self) -> bool:
        """Whether a change has yet to be looked at."""
        return self._settle.isActive() or (self.reads is not None and self.reads.busy)

    def _ask(self) -> Asked:
        cache, context = self.session.cache, self.session.context
        given = dict(self.references.given)
        return Asked(self.how, self.inputs.paths, self.options.values(), given, cache, context)

    def _inputs_changed(self) -> None:
        """Other inputs are fit for a run only once they were looked at."""
        self._fit = False
        if self.solutions is not None:
            self.solutions.set_inputs([path.name for path in self.inputs.paths])
        # a reference of one's own is looked for beside what it is for
        self.references.folder = str(self.inputs.paths[0].parent) if self.inputs.paths else ""
        self._update_buttons()
        self._changed()

    # -- undo, and what comes back with a session ---------------------------------------------------------------------

    def _setting(self) -> tuple[tuple[Path, ...], dict[str, Any], dict[str, Path]]:
        return self.inputs.paths, self.options.values(), dict(self.references.given)

    def _put(self, setting: tuple[tuple[Path, ...], dict[str, Any], dict[str, Path]]) -> None:
        paths, values, given = setting
        self.inputs.set_paths(paths)
        self.options.put_values(values)
        self.references.give_all(given)

    def _words(self, before: Any, after: Any) -> str:
        if self._going_back:
            return f"go back to {self._going_back} of {self.how.title}"
        if before[0] != after[0]:
            deed = "gather" if self.inputs.gathered else "change"
            return f"{deed} the inputs of {self.how.title}"
        changed = [name for name, value in after[1].items() if before[1][name] != value]
        for part in (self.output.marks, self.output.spectra):
            if done := part.deed(before[1], after[1], changed):
                return f"{done} in {self.how.title}"
        one = changed[0].replace("_", " ") if changed else "the references"
        what = f"{len(changed)} options" if len(changed) > 1 else one
        return f"change {what} of {self.how.title}"

    def kept(self) -> dict[str, Any]:
        """What comes back with a session, as a value of JSON; empty where nothing was chosen.

        Returns
        -------
        dict
        """
        parts = {
            "inputs": [str(path) for path in self.inputs.paths],
            "options": self.options.changed_values(),
            "references": {kind: str(path) for kind, path in self.references.given.items()},
            "solutions": self.solutions.kept() if self.solutions is not None else [],
        }
        return {name: part for name, part in parts.items() if part}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Choose again what was chosen.

        Parameters
        ----------
        kept : dict
            As `kept` gave it, perhaps damaged.
        """
        self.options.put_values(kept.get("options", {}))
        self.references.give_all({kind: Path(path) for kind, path in kept.get("references", {}).items()})
        self.inputs.set_paths(Path(path) for path in kept.get("inputs", []))
        if self.solutions is not None:
            self.solutions.take_up(kept.get("solutions"))
        self._steps.settle()

    def _solution(self) -> tuple[RunReport, dict[str, Any]] | None:
        """What is shown, and the options behind it that are not as they are by default."""
        report = self.report
        if report is None or not self.output.showing_whole:
            return None
        usual = {info.name: getattr(info.default, "value", info.default) for info in self.how.options}
        return report, {name: value for name, value in report.options.items() if value != usual.get(name)}

    def go_back_to(self, solution: Solution) -> None:
        """Choose the options of a solution again; others get their defaults.

        Parameters
        ----------
        solution : Solution
            That was kept.
        """
        usual = {info.name: info.default for info in self.how.options}
        # all of them at once: one step back, and one fit
        with QSignalBlocker(self.options):
            self.options.put_values({**usual, **solution.options})
        self._going_back = solution.label
        self.options.changed.emit()
        self._going_back = ""

    # -- preview ---------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Inputs, references, options or the place of the preview are others: look again, soon."""
        self.output.mark_outdated()
        if self.reads is not None:
            self.reads.follow()
        self._settle.start()

    def _look(self) -> None:
        asked, known = self._ask(), self._last_look
        if not asked.paths:
            self.session.tasks.supersede(self._key + "look")
            if self.staged is not None:
                self.staged.stop()
            self._looked(Looked(Examined(())))
            return
        if self.staged is not None:
            if self._run_task is None:
                self.staged.look(asked)
            return
        part = self.output.seen_part
        if part is not None:
            # what the user zoomed into is what the preview is wanted of
            self.region.follow(*part)
        side, centre = self.region.pixels, self.region.centre
        self.session.tasks.start(
            f"Preview of {self.how.title}",
            lambda job: look(asked, side, centre, known, job),
            self._looked,
            self._look_failed,
            key=self._key + "look",
            quiet=True,
        )

    def _show_examined(self, examined: Examined) -> None:
        self.inputs.show_examined(examined)
        missing = examined.missing if self.how.wants is not None else None
        self._fit = bool(self.inputs.paths) and examined.problem is None
        self.references.show_used(examined.references, examined.unused, missing, fit=self._fit)

    def show_fitted(self, fitted: Fitted) -> None:
        """Show what a look at the whole inputs has given; it can be saved as that of a run.

        Parameters
        ----------
        fitted : Fitted
            Of the staged look.
        """
        self._show_examined(fitted.examined)
        self.report = fitted.report
        if fitted.report is not None:
            self.output.show_whole(fitted.report, fitted.hot, self.how.title, outdated=False)
            product = self.how.product_of(fitted.report.result)
            if (comparer := comparer_of(product)) is not None:
                self.output.comparison.show_nothing(f"Run compares the new {comparer.word} with the one in use.")
        elif fitted.error is not None:
            self.output.show_problem(fitted.error, fitted.unsolved)
        else:
            self.output.show_waiting(bool(self.inputs.paths), fitted.examined.problem)
        self._update_buttons()

    def show_failed(self) -> None:
        """A defect ended the look at the whole inputs: there is nothing to save."""
        self.report = None
        self.output.show_failed()
        self._update_buttons()

    def _looked(self, looked: Looked) -> None:
        self._last_look = looked
        self._show_examined(looked.examined)
        if looked.result is not None and looked.cut is not None:
            self.region.set_range(looked.cut.whole)
            notes = tuple(one.text for one in looked.examined.unused)
            self.output.show_preview(looked.result, looked.cut, looked.hot, self.how.title, notes)
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
        asked = self._asked = self._ask()
        self.report = None
        known = None
        if self.staged is not None:
            self.staged.stop()
            known = self.staged.known.measured if self.staged.known is not None else None
        if self.painting is not None:
            self.painting.end()
        self.output.show_running()
        self.actions_bar.start()
        self._run_task = self.session.tasks.start(
            self.how.title, lambda job: make(asked, job, known), self._made, self._failed, key=self._key + "run"
        )
        self._update_buttons()

    def _made(self, made: Made) -> None:
        self._run_task = None
        self.report = made.report
        if self.painting is not None and self._asked is not None:
            self.painting.begin(self._asked, made)
        outdated = self._ask() != self._asked
        if self.staged is not None and self._asked is not None:
            self.staged.took(self._asked, made)
            if outdated:
                self._settle.start()
        self.output.show_whole(made.report, made.hot, self.how.title, outdated=outdated)
        if made.comparison is not None:
            self.output.comparison.show_comparison(made.comparison, made.report.inputs)
        elif (comparer := comparer_of(self.how.product_of(made.report.result))) is not None:
            self.output.comparison.show_nothing(
                f"Open a cache to compare the new {comparer.word} with the one that it selects."
            )
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
            self.actions_bar.stopping()
        elif self.staged is not None:
            self.staged.cancel()

    def _progressed(self, task: Task, progress: Progress) -> None:
        if task is self._run_task and not task.job.cancelled:
            self.actions_bar.show_progress(progress)

    def _update_buttons(self) -> None:
        running, bar = self._run_task is not None, self.actions_bar
        bar.show_running(running or (self.staged is not None and self.staged.measuring))
        bar.run.setEnabled(self._fit and not running)
        bar.show_product(self.report.result if self.report is not None else None)
        bar.copy.setEnabled(bool(self.inputs.paths))
        if self.solutions is not None:
            self.solutions.refresh_buttons()

    # -- saving and the command line ---------------------------------------------------------------------------------

    def ask_to_save(self) -> SaveDialog | None:
        """Open the form for saving the product.

        Returns
        -------
        SaveDialog or None
            None where there is nothing to save.
        """
        report = self.report
        if report is None or not report.result.has_product:
            return None
        self._dialog = ask_to_save(self, report)
        return self._dialog

    def validate(self) -> None:
        """Hold the result against the checks of its type: the file where it was saved, else a copy of the program's."""
        report, saved = self.report, self.actions_bar.saved
        if report is None or not report.result.has_product:
            return
        if saved is not None and not self.actions_bar.ingest.isHidden():
            self.session.ask_page("validate", (saved,))
        else:
            validate_unsaved(self.session, report, self.how.product_of(report.result))

    def command(self) -> str:
        """The command line that does the same as Run.

        Returns
        -------
        str
        """
        asked = self._ask()
        path, context = (asked.cache.path, asked.context) if asked.cache is not None else (None, None)
        out = Path(f"{self.how.name.replace('-', '_')}.fits") if self.how.makes_file else None
        return command_line(self.how.name, asked.paths, asked.options, asked.given, path, context, out)

    def copy_command(self) -> None:
        """Copy that command line."""
        QGuiApplication.clipboard().setText(self.command())
        self.session.notice("info", "The command line was copied.")
