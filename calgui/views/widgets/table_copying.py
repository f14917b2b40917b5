"""Every table is copied as a spreadsheet likes it, and saved as a file: one helper for all of them.

Tables and trees need do nothing for it: the first time that one has the focus it gets the entries Copy (Ctrl+C), Copy
with titles, and Save the table in its menu. A model may say better what a cell is to a spreadsheet than what it
shows: it answers `COPIED`. A view whose own entry with Ctrl+C says what else it copies (``Copy name``) keeps that key.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QTreeView, QWidget

from calgui.core.printable import no_formula
from calgui.views.session import Session
from calgui.views.widgets.saving import TABLES, ask_where

if TYPE_CHECKING:
    from calgui.core.tables import Column

#: data role of a cell as a spreadsheet is to have it
COPIED = Qt.ItemDataRole.UserRole + 4711
_PLAIN = ("Copy", "Copy rows")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_ROOT = QModelIndex()
#: format that marks what was copied from here
_OURS = "application/x-calgui-cells"
Cells = list[list[str]]


class TableCopying(QObject):
    """Gives each table and tree its entries.

    Parameters
    ----------
    session : Session
        Whose tasks write, and who is told.
    parent : QObject
        The window.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus)

    def _focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(new, QTableView | QTreeView) and new.property("copies_cells") is None:
            self.equip(new)

    def equip(self, view: QTableView | QTreeView) -> None:
        """Give a view the entries, once.

        Parameters
        ----------
        view : QTableView or QTreeView
            Any.
        """
        view.setProperty("copies_cells", True)
        copy, shifted = QKeySequence(QKeySequence.StandardKey.Copy), QKeySequence("Ctrl+Shift+C")
        taken = {key for action in view.actions() for key in action.shortcuts() if action.text() not in _PLAIN}
        for action in view.actions():
            if action.text() in _PLAIN and copy in action.shortcuts():
                action.setShortcuts([])
                view.removeAction(action)
        if view.actions():
            separator = QAction(view)
            separator.setSeparator(True)
            view.addAction(separator)
        self._add(view, "Copy cells" if copy in taken else "Copy", "copy_cells", None if copy in taken else copy)
        self._add(view, "Copy with titles", "copy_with_titles", None if shifted in taken else shifted)
        self._add(view, "Save the table…", "save_table", None)
        if view.contextMenuPolicy() == Qt.ContextMenuPolicy.DefaultContextMenu:
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _add(self, view: QTableView | QTreeView, text: str, name: str, keys: QKeySequence | None) -> None:
        action = QAction(text, view)
        action.setObjectName(name)
        if keys is not None:
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        call = {"copy_cells": self._copy, "copy_with_titles": self._copy_with_titles, "save_table": self._save}[name]
        action.triggered.connect(lambda _checked=False: call(view))
        view.addAction(action)

    def _copy(self, view: QTableView | QTreeView) -> None:
        cells = chosen(view)
        copy_cells(cells, titles=len(cells) > 2)

    def _copy_with_titles(self, view: QTableView | QTreeView) -> None:
        copy_cells(chosen(view), titles=True)

    def _save(self, view: QTableView | QTreeView) -> None:
        from calgui.core.tables import write_table

        cells = chosen(view, whole=True)
        if len(cells) < 2:
            self._session.notice("info", "The table is empty: there is nothing to save.", "Show something first.")
            return
        path = ask_where(view, "Save the table", f"{view.objectName() or 'table'}.ecsv", TABLES, "tables/folder")
        if path is None:
            return
        self._session.tasks.start(
            f"Saving {path.name}",
            lambda _job: write_table(columns_of(cells), path, overwrite=True),
            lambda written: self._session.notice("info", f"The table was saved as {written.name}."),
        )


def copy_cells(cells: Cells, titles: bool) -> None:
    """Put cells on the clipboard, as text between tabs and as a table of HTML.

    Parameters
    ----------
    cells : list of list of str
        The titles first, as `chosen` gives them.
    titles : bool
        Whether these are copied too.
    """
    rows = [[no_formula(cell) for cell in row] for row in (cells if titles else cells[1:])]
    if len(cells) < 2:
        return
    data = QMimeData()
    data.setText("".join("\t".join(row) + "\n" for row in rows))
    lines = []
    for number, row in enumerate(rows):
        tag = "th" if titles and number == 0 else "td"
        lines.append("<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>")
    data.setHtml(f"<table>{''.join(lines)}</table>")
    data.setData(_OURS, b"1")
    QGuiApplication.clipboard().setMimeData(data)


def let_go() -> None:
    """Leave what was copied on the clipboard as plain text; to be called before the program ends.

    Qt deletes the cells with the application, and Python would delete them once more.
    """
    clipboard = QGuiApplication.clipboard()
    data = clipboard.mimeData()
    # asked of the contents, for not every platform knows whether they are ours
    if data is not None and data.hasFormat(_OURS):
        clipboard.setText(clipboard.text())


def chosen(view: QTableView | QTreeView, whole: bool = False) -> Cells:
    """The selected cells of a view as texts, below a row of titles; all where none is selected.

    Parameters
    ----------
    view : QTableView or QTreeView
        Its hidden rows and columns are left out; columns are in the order that is seen.
    whole : bool
        All cells, whatever is selected.

    Returns
    -------
    list of list of str
        A cell of a row that is not selected itself is empty.
    """
    model, header = view.model(), view.horizontalHeader() if isinstance(view, QTableView) else view.header()
    if model is None:
        return []
    columns = [place for place in _seen(header) if not header.isSectionHidden(place)]
    picked: dict[tuple[int, ...], set[int]] = {}
    if not whole:
        for part in view.selectionModel().selection():
            above = _path(part.parent())
            for row in range(part.top(), part.bottom() + 1):
                picked.setdefault((*above, row), set()).update(range(part.left(), part.right() + 1))
        columns = [place for place in columns if not picked or any(place in cells for cells in picked.values())]
    down = isinstance(view, QTableView) and not view.verticalHeader().isHidden()
    titles = [_title(model, place) for place in columns]
    cells: Cells = [["", *titles] if down else titles]
    for parent, row in _rows(view, model, _ROOT):
        mine = picked.get((*_path(parent), row)) if picked else None
        if picked and mine is None:
            continue
        line = [_cell(model.index(row, place, parent)) if mine is None or place in mine else "" for place in columns]
        side = model.headerData(row, Qt.Orientation.Vertical) if down else None
        cells.append([_clean(str(side)), *line] if down else line)
    return cells


def _path(index: QModelIndex) -> tuple[int, ...]:
    """Rows from the root down: what two indices of one place share."""
    rows: list[int] = []
    while index.isValid():
        rows.append(index.row())
        index = index.parent()
    return tuple(reversed(rows))


def _seen(header: QHeaderView) -> list[int]:
    return [header.logicalIndex(place) for place in range(header.count())]


def _rows(view: QTableView | QTreeView, model: QAbstractItemModel, parent: QModelIndex) -> Iterator[tuple[Any, int]]:
    """Rows from top to bottom; of a tree those that are unfolded."""
    for row in range(model.rowCount(parent)):
        if isinstance(view, QTableView):
            if not view.isRowHidden(row):
                yield parent, row
            continue
        if view.isRowHidden(row, parent):
            continue
        yield parent, row
        index = model.index(row, 0, parent)
        if view.isExpanded(index):
            yield from _rows(view, model, index)


def _title(model: QAbstractItemModel, column: int) -> str:
    return _clean(str(model.headerData(column, Qt.Orientation.Horizontal) or ""))


def _cell(index: QModelIndex) -> str:
    """A cell as a spreadsheet reads it: numbers without marks between thousands, with all digits that are known."""
    for role in (COPIED, Qt.ItemDataRole.EditRole):
        value = index.data(role)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return repr(float(value) if isinstance(value, float) else int(value))
        if role == COPIED and value is not None:
            return _clean(str(value))
    shown = index.data()
    text = _clean("" if shown is None else str(shown))
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _clean(text: str) -> str:
    return " ".join(text.split())


def columns_of(cells: Cells) -> "list[Column]":
    """Cells as columns: of numbers where all are numbers or missing.

    Parameters
    ----------
    cells : list of list of str
        The titles first.

    Returns
    -------
    list of Column
        With the units that stand in the titles.
    """
    from calgui.core.tables import Column, titled

    made = []
    for place, title in enumerate(cells[0]):
        texts = [row[place] for row in cells[1:]]
        name, unit = titled(title)
        name = name or ("row" if place == 0 else f"column {place + 1}")
        if any(texts) and all(not text or _NUMBER.fullmatch(text) for text in texts):
            whole = all(text.lstrip("+-").isdigit() and len(text) < 18 for text in texts)
            values: list[Any] = [int(text) for text in texts] if whole else [float(text or "nan") for text in texts]
            made.append(Column(name, values, unit))
        else:
            # of texts there is no unit: what stands in brackets, as UTC, is a part of the name
            made.append(Column(title.strip() or name, texts, ""))
    return made
