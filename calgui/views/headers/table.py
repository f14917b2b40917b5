"""What the tables of headers have in common."""

from collections.abc import Callable

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

ROW_HEIGHT = 24


def make_table(name: str, accessible: str, model: QAbstractItemModel, parent: QWidget) -> QTableView:
    """A calm table: no grid, rows of one height, arrows inside and Tab out of it.

    Parameters
    ----------
    name, accessible : str
        For scripts, and for screen readers.
    model : QAbstractItemModel
        What it shows.
    parent : QWidget

    Returns
    -------
    QTableView
    """
    table = QTableView(parent)
    table.setObjectName(name)
    table.setAccessibleName(accessible)
    table.setModel(model)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
    rows = table.verticalHeader()
    rows.setHighlightSections(False)
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(ROW_HEIGHT)
    rows.hide()
    return table


def copy_action(name: str, table: QTableView, call: Callable[[], None]) -> QAction:
    """Ctrl+C on a table.

    Parameters
    ----------
    name : str
        For scripts.
    table : QTableView
        Whose cells are copied.
    call : callable
        Copies them.

    Returns
    -------
    QAction
    """
    action = QAction("Copy", table)
    action.setObjectName(name)
    action.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
    action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    action.triggered.connect(lambda _checked=False: call())
    return action
