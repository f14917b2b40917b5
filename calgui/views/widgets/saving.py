"""Asking where a file is to be saved: the ending follows the kind that was chosen, the folder is remembered."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from calgui.views.settings import remember, remembered

#: what is offered for a table
TABLES = {".ecsv": "ECSV table", ".csv": "CSV for spreadsheets"}


def ask_where(
    parent: QWidget | None, title: str, proposed: str | Path, kinds: Mapping[str, str], folder: str = ""
) -> Path | None:
    """Ask where a file is to be saved.

    Parameters
    ----------
    parent : QWidget or None
        Whose dialog it is.
    title : str
        Of the dialog.
    proposed : str or pathlib.Path
        Name of the file, with one of the endings.
    kinds : mapping of str to str
        What is offered: endings as ``.csv``, and what each is. Several endings of one kind stand with blanks between
        them, the one that is added first.
    folder : str
        Key of the settings under which the folder is remembered; empty for none.

    Returns
    -------
    pathlib.Path or None
        With one of the endings; None where the user thought better of it.
    """
    if folder:
        proposed = Path(str(remembered(folder, ""))) / proposed
    patterns = {endings: f"(*{' *'.join(endings.split())})" for endings in kinds}
    offered = ";;".join(f"{words} {patterns[endings]}" for endings, words in kinds.items())
    text, chosen = QFileDialog.getSaveFileName(parent, title, str(proposed), offered)
    if not text:
        return None
    path = Path(text)
    if not path.name.lower().endswith(tuple(" ".join(kinds).split())):
        kind = next((endings for endings, pattern in patterns.items() if chosen.endswith(pattern)), next(iter(kinds)))
        path = path.with_name(path.name + kind.split()[0])
        # the dialog asked about the name without the ending
        if path.exists() and not _may_replace(parent, title, path):
            return None
    if folder:
        remember(folder, str(path.parent))
    return path


def _may_replace(parent: QWidget | None, title: str, path: Path) -> bool:
    text = f"{path.name} is there already. Replace it?"
    question = QMessageBox(QMessageBox.Icon.Question, title, text, parent=parent)
    replace = question.addButton("Replace", QMessageBox.ButtonRole.DestructiveRole)
    question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
    question.exec()
    return question.clickedButton() is replace
