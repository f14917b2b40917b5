"""The list of loaded observations that a case can start from."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from calgui.views.session import Session

if TYPE_CHECKING:
    from calgui.core.frames.index import FileEntry


class ObservationChooser(QComboBox):
    """Loaded observations, found by any part of their names.

    Parameters
    ----------
    session : Session
        Whose observations are listed; a hidden list is filled when it is shown.
    parent : QWidget, optional

    Signals
    -------
    chosen(FileEntry)
        One was chosen.
    """

    chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("whatif_start")
        self.setAccessibleName("Add a case that starts from a loaded observation")
        self.setToolTip("Add a case that starts from a loaded observation; type a part of its name")
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(20)
        # thousands of names are not measured
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(20)
        self._stale = True
        self._entries: list[FileEntry] = []
        self._names = QStringListModel(self)
        self.setModel(self._names)
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)
        self.lineEdit().setPlaceholderText("Add an observation…")
        self.lineEdit().setObjectName("whatif_start_text")
        self.activated.connect(self._choose)
        session.observations_changed.connect(self._others)

    def _others(self) -> None:
        self._stale = True
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """List the observations that are loaded now."""
        if not self._stale:
            return
        self._stale = False
        self._entries = [entry for entry in self.session.observations() if entry.error is None]
        seen: dict[str, int] = {}
        for entry in self._entries:
            seen[entry.path.name] = seen.get(entry.path.name, 0) + 1
        self._names.setStringList(
            [
                entry.path.name if seen[entry.path.name] == 1 else f"{entry.path.name}  in {entry.path.parent}"
                for entry in self._entries
            ]
        )
        self.setCurrentIndex(-1)
        self.setEnabled(bool(self._entries))

    def _choose(self, row: int) -> None:
        self.setCurrentIndex(-1)
        self.clearEditText()
        if 0 <= row < len(self._entries):
            self.chosen.emit(self._entries[row])
