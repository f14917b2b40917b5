"""Where the new cache goes, and what is done with a proposal: write it, or save it as a patch."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.jobs import Progress
from calgui.core.rules.ingest.overlay import check_target
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.elided import ElidedLabel

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


def refusal(cache: "Cache | None", folder: Path) -> str:
    """Why a new cache cannot be written to a folder.

    Parameters
    ----------
    cache : Cache or None
        The old one.
    folder : pathlib.Path

    Returns
    -------
    str
        Empty where it can.
    """
    if cache is None:
        return ""
    try:
        check_target(cache, folder)
    except CalguiError as error:
        return f"{error.message} {error.cure}".strip()
    except OSError as error:
        return f"This cannot be looked at: {error.strerror}. Name another folder."
    return ""


class TargetBar(QFrame):
    """A row with the folder and the deeds; while one goes on its progress stands below.

    Parameters
    ----------
    refusal : callable
        Given a folder, says why the new cache cannot be written there; empty where it can.
    parent : QWidget, optional

    Signals
    -------
    write_asked(object), patch_asked(object)
        Where to: a path.
    cancelled()
    """

    write_asked = Signal(object)
    patch_asked = Signal(object)
    cancelled = Signal()

    def __init__(self, refusal: Callable[[Path], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._refusal = refusal
        self._ready, self._busy, self._waits, self._doubt, self._note = False, False, "", "", ""
        self._proposed = ""
        self.patch_name = "ingest.patch"
        self.setObjectName("ingest_target_bar")
        self.folder = QLineEdit(self)
        self.folder.setObjectName("ingest_target")
        self.folder.setAccessibleName("Folder of the new cache")
        self.folder.setToolTip("The whole new cache is written here; the folder must not exist, or be empty.")
        self.folder.setPlaceholderText("It is proposed once nothing is wrong")
        self.choose = _button("ingest_choose", "Choose…", "Choose the folder in which the new cache is made.", self)
        self.patch = _button(
            "ingest_patch", "Save a patch…", "Write the new mappings as a patch for a git checkout of the cache.", self
        )
        self.write = _button("ingest_write", "Write the new cache", "", self)
        self.write.setDefault(True)
        self.said = ElidedLabel(parent=self)
        self.said.setObjectName("ingest_target_said")
        self.despite = QCheckBox("Write it all the same", self)
        self.despite.setObjectName("ingest_despite")
        self.despite.setAccessibleName("Write the new cache although crds certify refuses a file")
        self.despite.setToolTip("crds certify refuses a file, and who reads it later may stumble over the same.")
        self.progress = QProgressBar(self)
        self.progress.setObjectName("ingest_progress")
        self.progress.setAccessibleName("Progress")
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        self.step = ElidedLabel(parent=self)
        self.step.setObjectName("ingest_progress_text")
        self.cancel = _button("ingest_cancel", "Cancel", "Stop; nothing is left behind.", self)
        self._lay_out()
        self.choose.clicked.connect(self._choose)
        self.write.clicked.connect(lambda: self.write_asked.emit(self.path))
        self.patch.clicked.connect(self._ask_patch)
        self.cancel.clicked.connect(self._cancel)
        self.folder.textChanged.connect(lambda _text: self._check())
        self.despite.toggled.connect(lambda _on: self._check())
        theme().changed.connect(self._check)
        self._check()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        label = QLabel("New cache", self)
        label.setBuddy(self.folder)
        row.addWidget(label)
        row.addWidget(self.folder, 1)
        for button in (self.choose, self.patch, self.write):
            row.addWidget(button)
        idle, busy = QWidget(self), QWidget(self)
        inner = QHBoxLayout(idle)
        inner.setSpacing(SPACE)
        inner.addWidget(self.said, 1)
        inner.addWidget(self.despite)
        running = QHBoxLayout(busy)
        running.setSpacing(SPACE)
        running.addWidget(self.progress, 2)
        running.addWidget(self.step, 3)
        running.addWidget(self.cancel)
        for layout in (inner, running):
            layout.setContentsMargins(0, 0, 0, 0)
        self._below = QStackedWidget(self)
        self._below.addWidget(idle)
        self._below.addWidget(busy)
        self._below.setFixedHeight(self.cancel.sizeHint().height())
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        column.setSpacing(SPACE // 2)
        column.addLayout(row)
        column.addWidget(self._below)

    @property
    def path(self) -> Path:
        """The folder that is named."""
        path = Path(self.folder.text().strip())
        try:
            return path.expanduser()
        except RuntimeError:  # the home of somebody who is not there
            return path

    @property
    def named(self) -> str:
        """What the user typed or chose; empty where the proposed folder stands."""
        text = self.folder.text()
        return "" if text == self._proposed else text

    def take_named(self, text: object) -> None:
        """Name the folder that the user had named.

        Parameters
        ----------
        text : object
            As `named` gave it; anything else is left alone, and so is an empty one.
        """
        if isinstance(text, str) and text and text.isprintable():
            self.folder.setText(text)

    def propose(self, folder: Path) -> None:
        """Name a folder, unless the user named one.

        Parameters
        ----------
        folder : pathlib.Path
        """
        text = str(folder)
        if self.folder.text() in ("", self._proposed):
            self._proposed = text
            self.folder.setText(text)
        self._check()

    def forget(self) -> None:
        """The folder was written: the next one is proposed anew."""
        self._proposed = ""
        self.folder.clear()

    def show_ready(self, ready: bool, busy: bool, waits: str = "", doubt: str = "", note: str = "") -> None:
        """Whether there is something to write, and whether something is being done.

        Parameters
        ----------
        ready, busy : bool
        waits : str
            What has to answer first, in a sentence; empty where nothing has.
        doubt : str
            Why it should not be written, in a sentence: the user has to say that it shall be all the same.
        note : str
            What else is known of it, in a sentence.
        """
        self._ready, self._busy, self._waits, self._doubt, self._note = ready, busy, waits, doubt, note
        self._below.setCurrentIndex(1 if busy else 0)
        if not busy:
            self.progress.setValue(0)
        self._check()

    @property
    def allowed(self) -> bool:
        """Whether what is there can be written, or saved as a patch."""
        knows = not self._doubt or self.despite.isChecked()
        return self._ready and not self._busy and not self._waits and knows

    def ask_anew(self) -> None:
        """Something else is to be written: what the user said of doubts does not hold for it."""
        self.despite.setChecked(False)

    def start(self, text: str) -> None:
        """Something begins.

        Parameters
        ----------
        text : str
        """
        self.cancel.setEnabled(True)
        self.progress.setValue(0)
        self.step.setText(text)

    def show_progress(self, progress: Progress) -> None:
        """Say how far it is.

        Parameters
        ----------
        progress : Progress
        """
        self.progress.setValue(round(1000 * progress.fraction) if progress.fraction == progress.fraction else 0)
        left = f" · about {progress.remaining:.0f} s left" if progress.remaining is not None else ""
        self.step.setText(f"{progress.text}{left}")

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.step.setText("Stopping…")
        self.cancelled.emit()

    def _check(self) -> None:
        named = bool(self.folder.text().strip())
        refused = ("Name a folder for the new cache." if not named else self._refusal(self.path)) if self._ready else ""
        role, text = self._said(refused)
        self.said.setText(text)
        self.said.setToolTip(text if role != "muted" else "")
        self.said.setStyleSheet(f"color: {theme().colour(role).name()};")
        self.despite.setVisible(self._ready and bool(self._doubt))
        self.write.setEnabled(self.allowed and not refused)
        self.patch.setEnabled(self.allowed)
        self.folder.setEnabled(not self._busy)
        self.choose.setEnabled(not self._busy)
        tip = "Write a complete new cache; the old one is only read."
        first = "Name another folder first." if refused else text if self._ready and not self.allowed else ""
        self.write.setToolTip(first or tip)
        self.write.setAccessibleName(tip)
        self.setStyleSheet(f"#ingest_target_bar {{ border-top: 1px solid {theme().colour('line').name()}; }}")

    def _said(self, refused: str) -> tuple[str, str]:
        """Colour and sentence: what stands in the way first."""
        if refused:
            return "error", f"✕ {refused}"
        if self._ready and self._waits:
            return "muted", self._waits
        if self._ready and self._doubt:
            return ("warning", f"! {self._doubt}") if self.despite.isChecked() else ("error", f"✕ {self._doubt}")
        return "muted", f"{self._note} The old cache is only read.".strip() if self._ready else ""

    def _choose(self) -> None:
        """Ask for a folder: an empty one is it, in another one the new cache gets a folder of its own."""
        start = self.path.parent
        dialog = QFileDialog(self, "The folder in which the new cache is made", str(start if start.is_dir() else ""))
        dialog.setObjectName("ingest_folder_dialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.take_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_folder(self, chosen: str) -> None:
        """A folder was chosen.

        Parameters
        ----------
        chosen : str
        """
        folder = Path(chosen)
        try:
            empty = next(folder.iterdir(), None) is None
        except OSError:
            empty = False
        self.folder.setText(str(folder if empty else folder / (self.path.name or "cache")))

    def _ask_patch(self) -> None:
        dialog = QFileDialog(self, "Save a patch", str(self.path.parent), "Patches (*.patch *.diff)")
        dialog.setObjectName("ingest_patch_dialog")
        dialog.setModal(False)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("patch")
        dialog.selectFile(self.patch_name)
        dialog.fileSelected.connect(lambda name: self.patch_asked.emit(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()


def _button(name: str, text: str, tip: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setObjectName(name)
    button.setAccessibleName(tip or text)
    button.setToolTip(tip)
    return button
