"""The inputs of an algorithm: taken from the table's selection, chosen, or dropped here; checked at once."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.runs.gathering import Gathered, gather
from calgui.core.runs.preview import Examined, InputFacts
from calgui.views.dropping import dragged, take_copy
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.left_out import show_left_out

_COLUMNS = ("", "file", "detector", "time", "size")
#: columns that are shown only where the files differ -> what they show of a file
_COMPARED = {2: "detector", 3: "exposure", 4: "size"}
#: the table is as high as its files, within these
_FEWEST_ROWS, _MOST_ROWS = 3, 10
_SUFFIXES = (".fits", ".fit", ".fts", ".fits.gz", ".fit.gz", ".fits.bz2", ".fits.xz", ".fz")


class InputsPanel(QWidget):
    """The list of inputs with what their headers say, and the reason why they cannot be used.

    Signals
    -------
    changed()
        Other files.

    Parameters
    ----------
    session : Session
        Whose selection can be taken.
    what : str
        What the algorithm takes, for people.
    gathers : str
        Reference type of which the cache can give all files of a mode; empty for none.
    parent : QWidget, optional
    """

    changed = Signal()

    def __init__(self, session: Session, what: str, gathers: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_inputs_panel")
        self.setAcceptDrops(True)
        self.session = session
        self.paths: tuple[Path, ...] = ()
        self.table = QTreeWidget()
        self.table.setObjectName("bench_inputs")
        self.table.setAccessibleName("Inputs")
        self.table.setHeaderLabels(_COLUMNS)
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setStyleSheet("QTreeView::item { padding: 3px 0; }")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setToolTip(f"Takes {what}. Drop files here; Delete takes the selected ones out.")
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setIndentation(0)
        header = self.table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._selection_changed)
        self.table.itemDoubleClicked.connect(
            lambda item, _column: session.frame_requested.emit(item.data(1, Qt.ItemDataRole.UserRole))
        )
        self.take = self._button("bench_take_selection", "Take the selection", "Use the files selected under Observe")
        self.add = self._button("bench_add_files", "Add files…", "Choose files")
        self.remove = self._button("bench_remove", "Remove", "Take the selected files out (Delete)")
        self._gathers, self.gathered = gathers, False
        self.gather = self._button(
            "bench_gather",
            "All of this mode in the cache",
            f"Use every {gathers or 'reference'} that the rules give the mode of the first file, at any date",
        )
        self.gather.setVisible(bool(gathers))
        self.problem = QLabel()
        self.problem.setObjectName("bench_inputs_problem")
        self.problem.setAccessibleName("Why the inputs cannot be used")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QHBoxLayout()
        for button in (self.take, self.add, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(buttons)
        layout.addWidget(self.gather, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.table)
        layout.addWidget(self.problem)
        self.take.clicked.connect(lambda: self.set_paths(session.selection))
        self.add.clicked.connect(self._choose)
        self.remove.clicked.connect(self.remove_selected)
        self.gather.clicked.connect(self.gather_mode)
        session.context_changed.connect(self._selection_changed)
        session.selection_changed.connect(self._selection_changed)
        theme().changed.connect(self._retheme)
        self._hint = f"Takes {what}: select them under Observe and take the selection, add files, or drop them here."
        self._state = "muted"
        self._show_files()
        self._say("muted", self._hint)
        self._selection_changed()

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        return button

    # -- files -----------------------------------------------------------------------------------------------------

    def set_paths(self, paths: Iterable[Path]) -> None:
        """Use these files.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Each counts once.
        """
        chosen = tuple(dict.fromkeys(paths))
        if chosen == self.paths:
            return
        self.paths = chosen
        self._show_files()
        self._say("muted", self._hint if not chosen else "Looking at the headers…")
        self.changed.emit()

    def add_paths(self, paths: Iterable[Path]) -> None:
        """Use these files too.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Each counts once.
        """
        self.set_paths((*self.paths, *paths))

    def remove_selected(self) -> None:
        """Take the selected files out."""
        gone = {item.data(1, Qt.ItemDataRole.UserRole) for item in self.table.selectedItems()}
        self.set_paths(path for path in self.paths if path not in gone)

    def _choose(self) -> None:
        # more of the same night are beside those that are here, or that are selected
        known = (*self.paths, *self.session.selection)
        folder = str(known[0].parent) if known else ""
        chosen, _kind = QFileDialog.getOpenFileNames(
            self, "Add files", folder, "FITS files (*.fits *.fit *.fts *.fits.gz *.fits.bz2 *.fits.xz);;All files (*)"
        )
        self.add_paths(Path(path) for path in chosen)

    def _selection_changed(self) -> None:
        count = len(self.session.selection)
        self.take.setText(f"Take the selection ({count})" if count else "Take the selection")
        self.take.setEnabled(bool(count))
        self.remove.setEnabled(bool(self.table.selectedItems()))
        self.gather.setEnabled(bool(self._gathers and self.paths and self.session.cache is not None))

    def gather_mode(self) -> None:
        """Use all references of the mode of the first file that the cache has; those that are given stay."""
        session, kind, asked = self.session, self._gathers, self.paths
        cache, context = session.cache, session.context
        if cache is None or not asked or not kind:
            return

        def work(job: Job) -> Gathered:
            return gather(kind, asked[0], cache, context, job, others=asked[1:])

        def done(gathered: Gathered) -> None:
            if self.paths != asked:
                return  # the user has chosen others meanwhile
            show_left_out(session, gathered)
            # a step of its own, however soon it follows
            self.gathered = True
            self.set_paths(gathered.paths)
            self.gathered = False

        def failed(error: Exception) -> None:
            if not isinstance(error, Cancelled):
                session.report(error, "Looking for all of this mode")

        session.tasks.start(f"Looking for every {kind} of this mode", work, done, failed, key=f"gather-{id(self)}")

    # -- what is known of them -------------------------------------------------------------------------------------

    def _show_files(self) -> None:
        self._fill(tuple(InputFacts(path) for path in self.paths), None)

    def show_examined(self, examined: Examined) -> None:
        """Show what the headers say.

        Parameters
        ----------
        examined : Examined
            Of the present files.
        """
        blamed = examined.problem.path if examined.problem is not None else None
        self._fill(examined.inputs, blamed)
        problem = examined.problem
        if not self.paths:
            self._say("muted", self._hint)
        elif problem is None:
            count = len(self.paths)
            said = (values for values in self._values(examined.inputs).values() if len(values) == 1)
            # a line breaks between two of them, not within a size
            same = [value.replace(" ", "\u00a0") for values in said for value in values if value]
            self._say("good", " · ".join([f"✓ {count} file{'s' if count != 1 else ''}, fit for this", *same]))
        else:
            place = f"{problem.path.name}: " if problem.path is not None else ""
            self._say("error", f"✕ {place}{problem.message} {problem.cure}".rstrip())

    def _fill(self, facts: tuple[InputFacts, ...], blamed: Path | None) -> None:
        self.table.clear()
        for fact in facts:
            bad = fact.error is not None or fact.path == blamed
            item = QTreeWidgetItem(
                ["✕" if bad else "", fact.path.name, fact.detector, fact.exposure, fact.size, fact.date]
            )
            item.setData(1, Qt.ItemDataRole.UserRole, fact.path)
            item.setToolTip(1, "\n".join(filter(None, (str(fact.path), fact.date, str(fact.error or "")))))
            if bad:
                for column in range(len(_COLUMNS)):
                    item.setForeground(column, theme().colour("error"))
            self.table.addTopLevelItem(item)
        # what all have in common is said once, below; what differs stands out in the table
        for column, values in self._values(facts).items():
            self.table.setColumnHidden(column, len(values) < 2)
        rows = min(max(len(facts), _FEWEST_ROWS), _MOST_ROWS)
        metrics = self.table.fontMetrics()
        self.table.setFixedHeight(rows * (metrics.height() + 6) + self.table.header().sizeHint().height() + 4)
        self._selection_changed()

    @staticmethod
    def _values(facts: tuple[InputFacts, ...]) -> dict[int, set[str]]:
        """What the files say, by the column that shows it."""
        return {column: {getattr(fact, name) for fact in facts} for column, name in _COMPARED.items()}

    def _say(self, role: str, text: str) -> None:
        self._state = role
        self.problem.setText(text)
        self._retheme()

    def _retheme(self) -> None:
        colour = theme().colour
        if self._state == "muted":
            style = f"color: {colour('muted').name()};"
        else:
            fill = colour(f"{self._state}_fill").name()
            style = f"color: {colour(self._state).name()}; background: {fill}; padding: 5px 8px; border-radius: 4px;"
        if style != self.problem.styleSheet():
            self.problem.setStyleSheet(style)

    # -- dropping and keys -----------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if dragged(event.mimeData()):
            take_copy(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Take them wherever they are dropped here."""
        take_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the files, and those of folders."""
        take_copy(event)
        self.add_paths(found(dragged(event.mimeData())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the selected files out."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_selected()
        else:
            super().keyPressEvent(event)


def found(paths: Iterable[Path]) -> list[Path]:
    """Files, and the FITS files of folders in the order of their names.

    Parameters
    ----------
    paths : iterable of pathlib.Path
        As they were dropped.

    Returns
    -------
    list of pathlib.Path
    """
    made: list[Path] = []
    for path in paths:
        if path.is_dir():
            made += sorted(inside for inside in path.iterdir() if inside.name.lower().endswith(_SUFFIXES))
        else:
            made.append(path)
    return made
