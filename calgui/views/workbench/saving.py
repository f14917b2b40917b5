"""The form in which a product is saved: where, and with which keywords; what is wrong is said at its field."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.runs.saving import PEDIGREES, problems
from calgui.views.theme import SPACE, theme

_HELP = {
    "USEAFTER": "Observations from this UTC time on may get this file (2026-03-11T00:00:00).",
    "PEDIGREE": "Where the data come from.",
    "AUTHOR": "Who made this reference.",
    "DESCRIP": "What it is, in one line.",
    "HISTORY": "What others should know. Inputs, references, options and checksums are added by themselves.",
}


class SaveDialog(QDialog):
    """Asks for the file and, for a reference, its keywords.

    Parameters
    ----------
    path : pathlib.Path
        Proposed.
    cards : dict of str to str
        Proposed keywords; empty for a product that is no reference.
    refusal : callable
        Given the file and whether an older one may be replaced, says why it cannot be written; empty where it can.
    parent : QWidget, optional
    """

    def __init__(
        self,
        path: Path,
        cards: dict[str, str],
        refusal: Callable[[Path, bool], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._refusal = refusal
        self.setObjectName("bench_save")
        self.setWindowTitle("Save as a reference" if cards else "Save the result")
        self.setMinimumWidth(700)
        self._editors: dict[str, QLineEdit | QComboBox | QPlainTextEdit] = {}
        self._problems: dict[str, QLabel] = {}
        form = QFormLayout()
        form.setHorizontalSpacing(2 * SPACE)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.file = QLineEdit(str(path))
        self.file.setObjectName("bench_save_file")
        self.file.setAccessibleName("File")
        browse = QPushButton("Choose…")
        browse.setObjectName("bench_save_browse")
        browse.setAccessibleName("Choose the file")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(browse)
        form.addRow("File", row)
        self.replace = QCheckBox("Replace an older file of this name")
        self.replace.setObjectName("bench_save_replace")
        self.file_problem = QLabel()
        self.file_problem.setObjectName("bench_save_problem_file")
        self.file_problem.setAccessibleName("Why the file cannot be written")
        self.file_problem.setWordWrap(True)
        self.file_problem.setTextFormat(Qt.TextFormat.PlainText)
        form.addRow("", self.file_problem)
        form.addRow("", self.replace)
        for keyword, text in cards.items():
            form.addRow(keyword, self._field(keyword, text))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setObjectName("bench_save_ok")
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setObjectName("bench_save_cancel")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(form)
        layout.addWidget(self.buttons)
        self.file.textChanged.connect(self._check)
        self.replace.toggled.connect(self._check)
        self._check()

    def _field(self, keyword: str, text: str) -> QWidget:
        editor: QLineEdit | QComboBox | QPlainTextEdit
        if keyword == "PEDIGREE":
            editor = QComboBox()
            editor.setEditable(True)
            editor.addItems(PEDIGREES)
            editor.setCurrentText(text)
            editor.currentTextChanged.connect(self._check)
        elif keyword == "HISTORY":
            editor = QPlainTextEdit(text)
            editor.setFixedHeight(90)
            editor.setTabChangesFocus(True)
            editor.textChanged.connect(self._check)
        else:
            editor = QLineEdit(text)
            editor.textChanged.connect(self._check)
        editor.setObjectName(f"bench_save_{keyword}")
        editor.setAccessibleName(keyword)
        editor.setToolTip(_HELP[keyword])
        self._editors[keyword] = editor
        told = QLabel(_HELP[keyword])
        told.setObjectName(f"bench_save_problem_{keyword}")
        told.setWordWrap(True)
        self._problems[keyword] = told
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, SPACE // 2)
        layout.setSpacing(2)
        layout.addWidget(editor)
        layout.addWidget(told)
        return whole

    @property
    def path(self) -> Path:
        """The file that was chosen."""
        return Path(self.file.text().strip()).expanduser()

    @property
    def overwrite(self) -> bool:
        """Whether an older file may be replaced."""
        return self.replace.isChecked()

    @property
    def cards(self) -> dict[str, str]:
        """Keyword to text."""
        return {keyword: _text(editor) for keyword, editor in self._editors.items()}

    def set_card(self, keyword: str, text: str) -> None:
        """Put a text into a field, as the user would.

        Parameters
        ----------
        keyword, text : str
            Which, and what.
        """
        editor = self._editors[keyword]
        if isinstance(editor, QComboBox):
            editor.setCurrentText(text)
        elif isinstance(editor, QPlainTextEdit):
            editor.setPlainText(text)
        else:
            editor.setText(text)

    def _check(self) -> None:
        wrong = problems(self.cards) if self._editors else {}
        muted, error = (theme().colour(role).name() for role in ("muted", "error"))
        for keyword, label in self._problems.items():
            bad = wrong.get(keyword)
            label.setText(f"✕ {bad}" if bad else _HELP[keyword])
            label.setStyleSheet(f"color: {error if bad else muted};")
        named = bool(self.file.text().strip())
        refused = self._refusal(self.path, self.overwrite) if named else "Name the file."
        self.file_problem.setText(f"✕ {refused}" if refused else "")
        self.file_problem.setVisible(bool(refused))
        self.file_problem.setStyleSheet(f"color: {error};")
        save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        save.setEnabled(not wrong and not refused)
        save.setToolTip("Mend the marked fields first" if wrong or refused else "")
        QTimer.singleShot(0, self, self._grow)

    def _grow(self) -> None:
        """Leave room for what is said at the fields; a dialog does not do so by itself."""
        layout = self.layout()
        if layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))

    def _browse(self) -> None:
        """Ask for the file; whether an older one may be replaced is said in this form, once."""
        dialog = QFileDialog(self, "Save", str(self.path.parent), "FITS files (*.fits)")
        dialog.setObjectName("bench_save_file_dialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix("fits")
        dialog.selectFile(self.path.name)
        dialog.fileSelected.connect(self.file.setText)
        dialog.open()


def _text(editor: QLineEdit | QComboBox | QPlainTextEdit) -> str:
    if isinstance(editor, QComboBox):
        return editor.currentText()
    return editor.toPlainText() if isinstance(editor, QPlainTextEdit) else editor.text()
