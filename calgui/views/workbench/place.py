"""The Bench place: the calibrations of the catalogue, and a page for each algorithm that makes or judges them."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import registry
from calgui.core.algorithms.warming import warm_up
from calgui.core.catalogue import CATALOGUE, GROUPS, Calibration, Group
from calgui.core.help import page_of_calibration
from calgui.core.runs.suggesting import fitting_algorithm
from calgui.views.help.button import HelpButton
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.workbench.folding import SideStrip
from calgui.views.workbench.page import AlgorithmPage

_NAME = Qt.ItemDataRole.UserRole
#: from this width on the list of calibrations is open by itself, pixels
_ROOMY = 1400


class BenchPlace(QWidget):
    """One page for each algorithm, grouped by the calibration that it serves.

    Parameters
    ----------
    session : Session
        Selection, cache, tasks.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_place")
        self.setAccessibleName("Bench")
        self.session = session
        self._pages: dict[str, AlgorithmPage] = {}
        self._chosen: bool | None = None
        self._page_chosen = False
        self.list = QTreeWidget()
        self.list.setObjectName("bench_list")
        self.list.setAccessibleName("Calibrations and their algorithms")
        self.list.setHeaderHidden(True)
        self.list.setIndentation(2 * SPACE)
        self.list.setRootIsDecorated(False)
        self.list.setMinimumWidth(170)
        self.list.setUniformRowHeights(True)
        self.list.setStyleSheet("QTreeView::item { padding: 4px 2px; }")
        self.list.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.stack = QStackedWidget()
        self.facts = QLabel()
        self.facts.setObjectName("bench_facts")
        self.facts.setAccessibleName("What this calibration is")
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.facts.setWordWrap(True)
        self.facts.setMargin(3 * SPACE)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts_help = HelpButton(session, "views/bench", "Calibrations")
        self.facts_help.setObjectName("bench_help_facts")
        corner = QVBoxLayout(self.facts)
        corner.addWidget(self.facts_help, 0, Qt.AlignmentFlag.AlignRight)
        corner.addStretch(1)
        self.stack.addWidget(self.facts)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._side())
        splitter.addWidget(self.stack)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([215, 1300])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip)
        layout.addWidget(splitter, 1)
        self._fill()
        self.list.currentItemChanged.connect(lambda item, _before: self._choose(item))
        theme().changed.connect(self._retheme)
        session.keep("bench", self._kept, self._take_up)
        session.bench_requested.connect(lambda name, paths: self.show_algorithm(name).inputs.set_paths(paths))
        # the first preview is not to wait for the compiler
        warm_up()

    def _side(self) -> QWidget:
        """The list under its heading, which can be folded away into a strip."""
        self.strip = SideStrip("bench_show_list", "Calibrations", "Show the calibrations and their algorithms")
        self.fold = QToolButton()
        self.fold.setObjectName("bench_fold_list")
        self.fold.setText("«")
        self.fold.setAutoRaise(True)
        self.fold.setToolTip("Fold the list away; it leaves more room for the picture")
        self.fold.setAccessibleName("Fold the list of calibrations away")
        self.strip.clicked.connect(lambda: self._unfold_by_hand(True))
        self.fold.clicked.connect(lambda: self._unfold_by_hand(False))
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, SPACE // 2, SPACE // 2, 0)
        title = QLabel("Calibrations")
        title.setObjectName("bench_list_heading")
        head.addWidget(title, 1)
        head.addWidget(self.fold)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        self.side = side
        return side

    def _unfold_by_hand(self, unfolded: bool) -> None:
        self._chosen = unfolded
        self._unfold(unfolded)
        (self.list if unfolded else self.strip).setFocus()

    def _unfold(self, unfolded: bool) -> None:
        self.side.setVisible(unfolded)
        self.strip.setVisible(not unfolded)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list is there where it takes nothing from the picture, or where the user wants it."""
        super().resizeEvent(event)
        self._unfold(event.size().width() >= _ROOMY if self._chosen is None else self._chosen)

    def _fill(self) -> None:
        known = registry()
        # what is asked for most stands first
        rows: tuple[Calibration | Group, ...] = (*GROUPS[:1], *CATALOGUE, *GROUPS[1:])
        with_pages = [row for row in rows if any(name in known for name in row.algorithms)]
        for calibration in with_pages:
            group = self._row(calibration.title, None, calibration)
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.list.addTopLevelItem(group)
            for name in (name for name in calibration.algorithms if name in known):
                item = self._row(known[name].title, name, None)
                item.setToolTip(0, known[name].summary)
                group.addChild(item)
            group.setExpanded(True)
        heading = QTreeWidgetItem(["Without an algorithm yet"])
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.list.addTopLevelItem(heading)
        for calibration in (row for row in CATALOGUE if row not in with_pages):
            heading.addChild(self._row(calibration.title, None, calibration))
        heading.setExpanded(True)
        self._retheme()

    def _row(self, text: str, algorithm: str | None, calibration: Calibration | Group | None) -> QTreeWidgetItem:
        item = QTreeWidgetItem([text])
        item.setData(0, _NAME, algorithm or calibration)
        if isinstance(calibration, Group):
            item.setToolTip(0, calibration.summary)
        elif calibration is not None:
            item.setToolTip(0, f"{calibration.kind}; from {calibration.source}; serves {calibration.serves}")
        return item

    def _retheme(self) -> None:
        for number in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(number)
            if item is not None and not item.flags() & Qt.ItemFlag.ItemIsSelectable:
                font = item.font(0)
                font.setBold(True)
                item.setFont(0, font)
            for child in [item.child(at) for at in range(item.childCount())] if item is not None else []:
                if not isinstance(child.data(0, _NAME), str):
                    child.setForeground(0, theme().colour("muted"))

    def showEvent(self, event: QShowEvent) -> None:
        """Until a page was chosen, the one that fits the files that are selected."""
        super().showEvent(event)
        if not self._page_chosen and not event.spontaneous():
            selected = set(self.session.selection)
            headers = [entry.header for entry in self.session.observations() if entry.path in selected]
            self.show_algorithm(fitting_algorithm(headers))
            self._page_chosen = False

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        self._page_chosen = item is not None
        self._show(item)

    def _show(self, item: QTreeWidgetItem | None) -> None:
        what = item.data(0, _NAME) if item is not None else None
        if isinstance(what, str):
            self.stack.setCurrentWidget(self.page(what))
        elif isinstance(what, Calibration):
            self.facts.setText(_facts(what))
            self.facts_help.set_page(page_of_calibration(what.key), what.title)
            self.stack.setCurrentWidget(self.facts)

    def _kept(self) -> dict[str, Any]:
        item = self.list.currentItem()
        name = item.data(0, _NAME) if item is not None else None
        pages = {name: kept for name, page in self._pages.items() if (kept := page.kept())}
        return {"algorithm": name if isinstance(name, str) else "", "pages": pages}

    def _take_up(self, kept: Any) -> None:
        known = registry()
        for name, page in kept["pages"].items():
            if name in known:
                self.page(name).take_up(page)
        if kept["algorithm"] in known:
            self.show_algorithm(kept["algorithm"])

    @property
    def busy(self) -> bool:
        """Whether a page has yet to look at what was changed."""
        return any(page.busy for page in self._pages.values())

    def page(self, name: str) -> AlgorithmPage:
        """The page of an algorithm, made when it is first asked for.

        Parameters
        ----------
        name : str
            Of the algorithm.

        Returns
        -------
        AlgorithmPage
        """
        if name not in self._pages:
            self._pages[name] = AlgorithmPage(self.session, registry()[name])
            self.stack.addWidget(self._pages[name])
        return self._pages[name]

    def show_algorithm(self, name: str) -> AlgorithmPage:
        """Open the page of an algorithm.

        Parameters
        ----------
        name : str
            Of the algorithm.

        Returns
        -------
        AlgorithmPage
        """
        self._page_chosen = True
        for number in range(self.list.topLevelItemCount()):
            group = self.list.topLevelItem(number)
            for child in (group.child(at) for at in range(group.childCount())) if group is not None else ():
                if child.data(0, _NAME) == name:
                    self.list.setCurrentItem(child)
        return self.page(name)


def _facts(calibration: Calibration) -> str:
    lines = [
        calibration.title,
        "",
        f"What it is: {calibration.kind}",
        f"Made by: {calibration.source}",
        f"Serves: {calibration.serves}",
        f"Needed in real time: {'yes' if calibration.real_time else 'no'}",
    ]
    if calibration.spectrograph_only:
        lines.append("Only the spectrograph needs it.")
    if calibration.reference_types:
        lines.append(f"In the cache: {', '.join(calibration.reference_types)}")
    else:
        lines.append("It is not in the cache: its values are in the headers of the observations.")
    return "\n".join([*lines, "", "This version has no algorithm for it; its files can be looked at under Observe."])
