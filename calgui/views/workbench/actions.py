"""What can be done with a page: run, cancel, save, copy the command; and how far a run is."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import Result
from calgui.core.jobs import Progress
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import push_button

_VALIDATE = "Hold the result against the checks of its type, saved or not"
_SAVE = "Save the product as a FITS file with its provenance"


class ActionsBar(QFrame):
    """Two rows that keep their height: while a run goes on its progress stands where saving and copying were.

    Parameters
    ----------
    product : bool
        Whether the result is saved as a reference.
    makes_file : bool
        Whether there is anything to save.
    parent : QWidget, optional
    """

    def __init__(self, product: bool, makes_file: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_actions")
        #: the reference that was saved last
        self.saved: Path | None = None
        self.run = push_button("bench_run", "Run on the whole frames", "Run the algorithm on the whole frames")
        self.run.setDefault(True)
        self.cancel = push_button("bench_cancel", "Cancel", "Stop; nothing is left behind")
        self._words = "Save as a reference…" if product else "Save…"
        self.save = push_button("bench_save_button", self._words, _SAVE)
        if not makes_file:
            self.save.hide()
        tip = "See what changes if the file that was saved goes into the cache"
        self.ingest = push_button("bench_ingest", "Ingest…", tip)
        self.ingest.hide()
        self.validate = push_button("bench_validate", "Validate", _VALIDATE)
        if not product:
            self.validate.hide()
        self.copy = push_button("bench_copy_command", "Copy command", "Copy the calgui run command that does the same")
        self.progress = QProgressBar()
        self.progress.setObjectName("bench_progress")
        self.progress.setAccessibleName("Progress")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.said = QLabel()
        self.said.setObjectName("bench_progress_text")
        # never wider than the column, whatever it says
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        first = QHBoxLayout()
        first.setSpacing(SPACE)
        first.addWidget(self.run, 1)
        first.addWidget(self.validate)
        first.addWidget(self.cancel)
        self._idle, self._busy = QWidget(), QWidget()
        idle = QHBoxLayout(self._idle)
        idle.addWidget(self.save, 1)
        idle.addWidget(self.ingest)
        idle.addWidget(self.copy)
        busy = QVBoxLayout(self._busy)
        busy.setSpacing(2)
        busy.addWidget(self.progress)
        busy.addWidget(self.said)
        for inner in (idle, busy):
            inner.setContentsMargins(0, 0, 0, 0)
        self._row = QStackedWidget()
        for page in (self._idle, self._busy):
            self._row.addWidget(page)
        self._row.setFixedHeight(self._row.sizeHint().height())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(first)
        layout.addWidget(self._row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_running(False)
        theme().changed.connect(self._retheme)
        self._retheme()

    def show_product(self, result: Result | None) -> None:
        """Whether there is something to save, and that a bad one says so.

        Parameters
        ----------
        result : Result or None
            Of the whole frames.
        """
        self.save.setEnabled(result is not None and result.has_product)
        self.validate.setEnabled(result is not None and result.has_product)
        bad = result is not None and result.verdict == "bad"
        said = "The verdict is bad: the file will say so (CALVERD), and why" if bad else _SAVE
        self.save.setToolTip(said)

    def show_running(self, running: bool) -> None:
        """Show either the progress or what can be done with the result.

        Parameters
        ----------
        running : bool
            Whether a run goes on.
        """
        self.cancel.setEnabled(running)
        self._row.setCurrentWidget(self._busy if running else self._idle)

    def offer_ingest(self, path: Path) -> None:
        """A reference was saved: it can go into the cache.

        Parameters
        ----------
        path : pathlib.Path
            Where it is.
        """
        self.saved = path
        self.save.setText("Save…")  # there is no room for more beside the other
        self.ingest.show()

    def start(self) -> None:
        """Begin at nothing."""
        self.ingest.hide()
        self.save.setText(self._words)
        self.progress.setValue(0)
        self._say("Starting…")

    def stopping(self) -> None:
        """Say that the run was asked to stop, which takes until it next looks."""
        self.cancel.setEnabled(False)
        self._say("Stopping…")

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is.

        Parameters
        ----------
        progress : Progress
            Of the run.
        """
        self.progress.setValue(round(1000 * progress.fraction) if progress.fraction == progress.fraction else 0)
        left = f" · about {progress.remaining:.0f} s left" if progress.remaining is not None else ""
        self._say(f"{progress.text}{left}")

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setToolTip(text)

    def _retheme(self) -> None:
        line = theme().colour("line").name()
        self.setStyleSheet(f"#bench_actions {{ border-top: 1px solid {line}; }}")


def add_key(button: QPushButton, keys: str, where: QWidget) -> None:
    """Let a key do what a button does, where it can be done.

    Parameters
    ----------
    button : QPushButton
        Its tool tip tells the key from now on.
    keys : str
        As Qt writes them.
    where : QWidget
        The key counts in it, and in all that is in it.
    """
    shortcut = QShortcut(QKeySequence(keys), where, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.setObjectName(f"{button.objectName()}_key")
    shortcut.setWhatsThis(button.text())
    # a button that is disabled does nothing when it is clicked
    shortcut.activated.connect(lambda: button.click())
    button.setToolTip(f"{button.toolTip()} ({keys})")
