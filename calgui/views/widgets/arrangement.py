"""Panels that are moved, put into tabs or windows of their own, and whose arrangement is remembered.

An arrangement is a value of JSON: a name is a panel, ``{"split": "across", "sizes": [2, 3], "parts": [...]}`` panels
beside one another, ``"down"`` below one another, and ``{"tabs": [...], "current": 0}`` panels behind one another.
Beside the tree stands which panels float: ``{"tree": ..., "floating": {"why": [x, y, width, height]}}``.
"""

from collections.abc import Mapping
from typing import Any, Literal

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from calgui.views.widgets.panel_tree import is_place, joined, panels_in, without

Side = Literal["left", "right", "top", "bottom"]
#: share of the room that a panel gets when it is moved to an edge
_SHARE = 0.3


class Arrangement(QWidget):
    """Shows panels as a tree of splitters and tabs.

    Parameters
    ----------
    name : str
        Object names of its parts begin with it.
    panels : mapping of str to (str, QWidget)
        Title and widget of each panel, in the order of the Tab key.
    tree : object
        How they stand at first.
    parent : QWidget, optional

    Signals
    -------
    docked(str)
        The window of a panel was closed, and the panel came back to its place.
    """

    docked = Signal(str)

    def __init__(
        self, name: str, panels: Mapping[str, tuple[str, QWidget]], tree: Any, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._panels = dict(panels)
        self._tree: Any = tree
        self._hidden: set[str] = set()
        self._windows: dict[str, _PanelWindow] = {}
        self._root: QWidget | None = None
        self._sized = False
        self._splitters: list[tuple[dict[str, Any], QSplitter]] = []
        self._bars: list[tuple[dict[str, Any], QTabBar]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._build()

    # ---- as a value

    def state(self) -> dict[str, Any]:
        """How the panels stand now.

        Returns
        -------
        dict
            A value of JSON, for `put`.
        """
        floating = {name: list(window.geometry().getRect()) for name, window in self._windows.items()}
        return {"tree": self._read(self._tree), "floating": floating}

    def put(self, state: Any) -> bool:
        """Arrange the panels anew.

        Parameters
        ----------
        state : object
            As `state` gave it, or as it was read from a file.

        Returns
        -------
        bool
            False where it cannot be understood, and nothing was changed.
        """
        if not isinstance(state, Mapping) or not self._is_whole(state.get("tree")):
            return False
        floating = state.get("floating", {})
        self._tree = state["tree"]
        for name in list(self._windows):
            self._take_back(name)
        if isinstance(floating, Mapping):
            for name, place in floating.items():
                if name in self._panels and name not in self._windows and is_place(place):
                    self._float(name, QRect(*place))
        self._build()
        return True

    def _is_whole(self, tree: Any) -> bool:
        """Whether a tree has every panel once, and nothing else."""
        try:
            names = list(panels_in(tree, 0))
        except (TypeError, ValueError, KeyError):
            return False
        return sorted(names) == sorted(self._panels)

    def _read(self, tree: Any) -> Any:
        """A tree with the sizes and tabs of the moment."""
        if isinstance(tree, str):
            return tree
        if "tabs" in tree:
            bar = next((bar for part, bar in self._bars if part is tree), None)
            shown = bar.tabData(bar.currentIndex()) if bar is not None else None
            current = tree["tabs"].index(shown) if shown in tree["tabs"] else tree.get("current", 0)
            return {"tabs": list(tree["tabs"]), "current": current}
        parts = [self._read(part) for part in tree["parts"]]
        splitter = next((one for part, one in self._splitters if part is tree), None)
        sizes = list(tree["sizes"])
        if splitter is not None and splitter.count() == len(parts) and splitter.isVisible():
            now = splitter.sizes()
            # a hidden panel has no size: it keeps its share
            had = sum(size for size, seen in zip(sizes, now, strict=True) if seen)
            share = sum(now) / had if had else 1
            sizes = [seen or round(size * share) for size, seen in zip(sizes, now, strict=True)]
        return {"split": tree["split"], "sizes": sizes, "parts": parts}

    # ---- what the user does

    def show_panel(self, name: str, on: bool) -> None:
        """Show or hide a panel, wherever it is.

        Parameters
        ----------
        name : str
            Of the panel.
        on : bool
            Whether it is shown.
        """
        (self._hidden.discard if on else self._hidden.add)(name)
        if name in self._windows:
            self._windows[name].setVisible(on)
        bar = next((bar for _tree, bar in self._bars if name in _tabs(bar)), None)
        around = [(tree, splitter) for tree, splitter in self._splitters if name in panels_in(tree, 0)]
        sizes = [self._read(tree)["sizes"] for tree, _splitter in around]
        if bar is None:
            self._panels[name][1].setVisible(on)
        else:
            self._show_tabs(bar)
        if on:
            for (tree, splitter), shares in zip(around, sizes, strict=True):
                pairs = zip(tree["parts"], shares, strict=True)
                splitter.setSizes([size for part, size in pairs if self._is_there(part)])

    def _show_tabs(self, bar: QTabBar) -> None:
        """Tabs of the panels that are not hidden, of which one is seen."""
        names = _tabs(bar)
        for place, name in enumerate(names):
            bar.setTabVisible(place, name not in self._hidden)
        there = [place for place, name in enumerate(names) if name not in self._hidden]
        if there and bar.currentIndex() not in there:
            bar.setCurrentIndex(there[0])
        bar.setVisible(len(there) > 1)
        for place, name in enumerate(names):
            self._panels[name][1].setVisible(place == bar.currentIndex() and place in there)

    def move(self, name: str, side: Side) -> None:
        """Move a panel to an edge of the whole.

        Parameters
        ----------
        name : str
            Of the panel.
        side : str
            ``left``, ``right``, ``top`` or ``bottom``.
        """
        rest = without(self.state()["tree"], name)
        first = side in ("left", "top")
        room = self.width() if side in ("left", "right") else self.height()
        sizes = [round(_SHARE * room), round((1 - _SHARE) * room)]
        self._settle(
            name,
            {
                "split": "across" if side in ("left", "right") else "down",
                "sizes": sizes if first else sizes[::-1],
                "parts": [name, rest] if first else [rest, name],
            },
        )

    def join(self, name: str, other: str) -> None:
        """Put a panel behind another one, as a tab.

        Parameters
        ----------
        name, other : str
            Of the panels.
        """
        self._settle(name, joined(without(self.state()["tree"], name), other, name))

    def float(self, name: str) -> None:
        """Give a panel a window of its own; closing that brings it back.

        Parameters
        ----------
        name : str
            Of the panel.
        """
        if name not in self._windows:
            self._tree = self.state()["tree"]
            widget = self._panels[name][1]
            corner = (
                widget.mapToGlobal(widget.rect().topLeft())
                if widget.isVisible()
                else self.mapToGlobal(self.rect().center())
            )
            self._float(name, QRect(corner, widget.size().expandedTo(widget.minimumSizeHint())))
            self._build()

    def close_windows(self) -> None:
        """Close the windows of panels with the main window, which would otherwise leave them alone."""
        for window in self._windows.values():
            window.hide()

    def _settle(self, name: str, tree: Any) -> None:
        self._take_back(name)
        self._tree = tree
        self._build()

    def _float(self, name: str, place: QRect) -> None:
        title, widget = self._panels[name]
        window = _PanelWindow(f"{self.objectName()}_window_{name}", title, self)
        window.closed.connect(lambda: self._dock(name))
        window.take(widget)
        window.setGeometry(place)
        self._windows[name] = window
        window.setVisible(name not in self._hidden and self.isVisible())
        widget.setVisible(name not in self._hidden)

    def _take_back(self, name: str) -> None:
        window = self._windows.pop(name, None)
        if window is not None:
            self._panels[name][1].setParent(self)
            window.hide()
            window.deleteLater()

    def _dock(self, name: str) -> None:
        self._tree = self.state()["tree"]
        self._take_back(name)
        self._build()
        self.docked.emit(name)

    def showEvent(self, event: QShowEvent) -> None:
        """Panels with windows of their own come with the others."""
        super().showEvent(event)
        self._size()
        for name, window in self._windows.items():
            window.setVisible(name not in self._hidden)

    # ---- making

    def _build(self) -> None:
        """Put all panels where the tree says."""
        old, self._splitters, self._bars = self._root, [], []
        for name, (_title, widget) in self._panels.items():
            if name not in self._windows:
                widget.setParent(self)
        self._root = self._make(self._tree)
        layout = self.layout()
        assert layout is not None
        if self._root is not None:
            layout.addWidget(self._root)
            self._root.show()
        if (
            old is not None
            and old is not self._root
            and all(old is not panel for _title, panel in self._panels.values())
        ):
            old.hide()
            old.deleteLater()
        for name, (_title, widget) in self._panels.items():
            widget.setVisible(name not in self._hidden)
        for tree, bar in self._bars:
            wanted = tree["tabs"][min(max(tree.get("current", 0), 0), len(tree["tabs"]) - 1)]
            names = _tabs(bar)
            bar.setCurrentIndex(names.index(wanted) if wanted in names else 0)
            self._show_tabs(bar)

        layout.activate()
        self._sized = False
        self._size()

    def _size(self) -> None:
        """Share the room as the tree says, from the whole inwards, once there is room to share."""
        if self._sized or not self.isVisible():
            return
        self._sized = True
        for tree, splitter in reversed(self._splitters):
            there = [size for part, size in zip(tree["parts"], tree["sizes"], strict=True) if self._is_there(part)]
            across = splitter.orientation() == Qt.Orientation.Horizontal
            room = (splitter.width() if across else splitter.height()) / max(sum(there), 1)
            splitter.setSizes([max(round(size * room), 1) for size in there])

    def _is_there(self, tree: Any) -> bool:
        """Whether a part has any panel that is not in a window of its own."""
        return any(name not in self._windows for name in panels_in(tree, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The first time that there is room, share it."""
        super().resizeEvent(event)
        self._size()

    def _make(self, tree: Any) -> QWidget | None:
        if isinstance(tree, str):
            return None if tree in self._windows else self._panels[tree][1]
        if "tabs" in tree:
            return self._make_tabs(tree)
        made = [(self._make(part), size) for part, size in zip(tree["parts"], tree["sizes"], strict=True)]
        there = [(widget, size) for widget, size in made if widget is not None]
        if len(there) < 2:
            return there[0][0] if there else None
        splitter = QSplitter(Qt.Orientation.Horizontal if tree["split"] == "across" else Qt.Orientation.Vertical)
        splitter.setObjectName(f"{self.objectName()}_splitter_{len(self._splitters)}")
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        for place, (widget, size) in enumerate(there):
            splitter.addWidget(widget)
            splitter.setStretchFactor(place, max(round(size), 1))
        splitter.setSizes([max(round(size), 1) for _widget, size in there])
        self._splitters.append((tree, splitter))
        return splitter

    def _make_tabs(self, tree: dict[str, Any]) -> QWidget | None:
        names = [name for name in tree["tabs"] if name not in self._windows]
        if len(names) < 2:
            return self._panels[names[0]][1] if names else None
        # a bar and a stack of their own: a tab widget whose bar is hidden holds the focus
        holder, bar, stack = QWidget(), QTabBar(), QStackedWidget()
        bar.setObjectName(f"{self.objectName()}_tabs_{len(self._bars)}")
        bar.setAccessibleName("Panels behind one another")
        bar.setDrawBase(False)
        bar.setExpanding(False)
        for name in names:
            title, widget = self._panels[name]
            bar.setTabData(bar.addTab(title), name)
            stack.addWidget(widget)
        bar.currentChanged.connect(stack.setCurrentIndex)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(stack, 1)
        self._bars.append((tree, bar))
        return holder


class _PanelWindow(QWidget):
    """A window of its own for a panel."""

    closed = Signal()

    def __init__(self, name: str, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setWindowTitle(f"{title} — calgui")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def take(self, widget: QWidget) -> None:
        """Show a panel."""
        self._layout.addWidget(widget)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The panel goes back to its place."""
        event.ignore()
        self.closed.emit()


def _tabs(bar: QTabBar) -> list[str]:
    return [bar.tabData(place) for place in range(bar.count())]
