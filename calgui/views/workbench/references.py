"""The references of an algorithm: selected by the rules of the current cache, or chosen by hand."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLabel, QPushButton, QToolButton, QWidget

from calgui.core.algorithms.given import Missing
from calgui.core.runs.references import UnusedReference, UsedReference
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.elided import ElidedLabel


class BenchReferences(QWidget):
    """One row for each type: the file, who chose it, and the way to choose another.

    Signals
    -------
    changed()
        Another file was chosen by hand, or the choice was given back to the rules.

    Parameters
    ----------
    session : Session
        Whose cache is named.
    needed, optional : tuple of str
        Reference types.
    parent : QWidget, optional
    """

    changed = Signal()

    def __init__(
        self, session: Session, needed: tuple[str, ...], optional: tuple[str, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("bench_references")
        self.session = session
        self.given: dict[str, Path] = {}
        self._used: tuple[UsedReference, ...] = ()
        self._unused: tuple[UnusedReference, ...] = ()
        self._optional = frozenset(optional)
        self._missing: Mapping[str, Missing] | None = None
        self._fit = False
        self.folder = ""
        self._files: dict[str, QLabel] = {}
        self._how: dict[str, QLabel] = {}
        self._back: dict[str, QToolButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, kind in enumerate((*needed, *optional)):
            label = QLabel(kind)
            file = ElidedLabel(Qt.TextElideMode.ElideMiddle)
            file.setObjectName(f"bench_reference_{kind}")
            file.setAccessibleName(f"Reference {kind}")
            choose = QPushButton("Choose…")
            choose.setObjectName(f"bench_choose_{kind}")
            choose.setAccessibleName(f"Choose the {kind} by hand")
            choose.setToolTip("Use a file of your own in place of what the rules select")
            choose.clicked.connect(lambda _checked=False, of=kind: self.choose(of))
            back = QToolButton()
            back.setObjectName(f"bench_rules_{kind}")
            back.setText("↺")
            back.setAutoRaise(True)
            back.setAccessibleName(f"Let the rules select the {kind}")
            back.setToolTip("Let the rules select it again")
            back.clicked.connect(lambda _checked=False, of=kind: self.give(of, None))
            how = ElidedLabel()  # told in full by its tool tip where the form is narrow
            how.setObjectName(f"bench_reference_how_{kind}")
            grid.addWidget(label, 2 * row, 0)
            grid.addWidget(file, 2 * row, 1)
            grid.addWidget(choose, 2 * row, 3)
            grid.addWidget(back, 2 * row, 2)
            grid.addWidget(how, 2 * row + 1, 1, 1, 3)
            self._files[kind], self._how[kind], self._back[kind] = file, how, back
        theme().changed.connect(self._show)
        session.context_changed.connect(self._show)
        self._show()

    def give(self, kind: str, path: Path | None) -> None:
        """Choose a reference by hand.

        Parameters
        ----------
        kind : str
            Its type.
        path : pathlib.Path or None
            None gives the choice back to the rules.
        """
        if path is None:
            self.given.pop(kind, None)
        else:
            self.given[kind] = path
        self._used, self._unused, self._missing, self._fit = (), (), None, False
        self._show()
        self.changed.emit()

    def give_all(self, given: Mapping[str, Path]) -> None:
        """Choose all that is chosen by hand.

        Parameters
        ----------
        given : mapping of str to pathlib.Path
            Type to file; all others are selected by the rules.
        """
        for kind in self._files:
            if self.given.get(kind) != given.get(kind):
                self.give(kind, given.get(kind))

    def show_used(
        self,
        used: tuple[UsedReference, ...],
        unused: tuple[UnusedReference, ...] = (),
        missing: Mapping[str, Missing] | None = None,
        *,
        fit: bool = False,
    ) -> None:
        """Show what was found.

        Parameters
        ----------
        used : tuple of UsedReference
            For the present inputs.
        unused : tuple of UnusedReference
            Optional ones that are selected and cannot be used.
        missing : mapping of str to Missing, optional
            Why others are not there, of an algorithm that tells.
        fit : bool
            Whether there are inputs that can be used: what then is not selected, is not wanted.
        """
        self._used, self._unused, self._missing, self._fit = used, unused, missing, fit
        self._show()

    def choose(self, kind: str) -> None:
        """Ask for a file.

        Parameters
        ----------
        kind : str
            The type of reference that it is.
        """
        given = self.given.get(kind)
        folder = str(given.parent) if given is not None else self.folder
        chosen, _kind = QFileDialog.getOpenFileName(self, f"Choose the {kind}", folder, "FITS files (*.fits *.fits.gz)")
        if chosen:
            self.give(kind, Path(chosen))

    def _show(self) -> None:
        by_kind = {item.type: item for item in self._used}
        lost = {item.type: item for item in self._unused}
        for kind, file in self._files.items():
            item = by_kind.get(kind)
            path = self.given.get(kind) or (item.path if item is not None else None)
            without = lost.get(kind) if path is None else None
            # with some others at work, or with inputs that can be used, it is known that this one is not asked for
            idle = self._missing is not None and bool(self._used or self._missing or self._fit)
            nothing = "none" if idle else "none yet"
            file.setText(path.name if path is not None else without.file if without is not None else nothing)
            file.setToolTip(str(path) if path is not None else "")
            if kind in self.given:
                how = "chosen by hand"
            elif item is not None:
                how = f"selected by {item.mapping}" if item.mapping else "selected by the rules"
            elif self._missing is not None and kind in self._missing and self.session.cache is not None:
                how = self._missing[kind].reason
            elif without is not None:
                how = f"not used: {without.reason}"
            elif idle:
                how = "not used with these inputs and options"
            elif self.session.cache is None:
                how = "open a cache whose rules select it, or choose it by hand"
            else:
                how = f"selected through {self.session.cache.name} · {self.session.context} once inputs are there"
            optional = kind in self._optional and without is None and self._missing is None
            how = f"optional, {how}" if optional else how
            self._how[kind].setText(how)
            self._how[kind].setToolTip(how if without is None else without.text)
            colour = theme().colour("muted" if without is None else "warning").name()
            self._how[kind].setStyleSheet(f"color: {colour};")
            self._back[kind].setVisible(kind in self.given)
