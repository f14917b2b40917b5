"""Beside the cache's tree: what is known of the node in focus, the mapping's text, the reference's own header."""

from html import escape

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QTabWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.values import Finding, Node
from calgui.views.rules.cache.facts import Fact, Facts, is_mapping
from calgui.views.rules.cache.mapping_text import MappingText
from calgui.views.rules.cache.tree_model import kind_of
from calgui.views.rules.cache.users import UsersView
from calgui.views.rules.marks import SEVERITIES, TRUSTS, Mark
from calgui.views.theme import SPACE, figures, theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COLUMNS = ("HDU", "Keyword", "Value", "Comment")
_MOST_FINDINGS = 40
#: the tab of what uses a file
USED_BY = 2


class CardsModel(QAbstractTableModel):
    """All cards of a file's headers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[tuple[str, str, str, str]] = []

    def show(self, hdus: tuple) -> None:
        """Show the headers of another file."""
        self.beginResetModel()
        self.cards = [
            (hdu.name or str(hdu.index), str(keyword), "" if value is None else str(value), str(comment))
            for hdu in hdus
            for keyword, value, comment in hdu.cards
        ]
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each card."""
        return 0 if parent.isValid() else len(self.cards)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """HDU, keyword, value, comment."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a cell."""
        if not index.isValid():
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.cards[index.row()][index.column()]
        if role == Qt.ItemDataRole.FontRole and index.column() in (1, 2):
            return figures()
        if role == Qt.ItemDataRole.ForegroundRole and index.column() in (0, 3):
            return theme().colour("muted")
        return None


class CardsView(QWidget):
    """The headers of a reference, with a field to search them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model, self.found = CardsModel(self), QSortFilterProxyModel(self)
        self.found.setSourceModel(self.model)
        self.found.setFilterKeyColumn(-1)
        self.found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit(self)
        self.search.setObjectName("reference_header_search")
        self.search.setAccessibleName("Search the reference's header")
        self.search.setPlaceholderText("Search this header")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.found.setFilterFixedString)
        self.view = QTableView(self)
        self.view.setObjectName("reference_header")
        self.view.setAccessibleName("Header of the reference")
        self.view.setModel(self.found)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.view.verticalHeader().setDefaultSectionSize(22)
        self.view.horizontalHeader().setStretchLastSection(True)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.view.horizontalHeader().setResizeContentsPrecision(100)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE // 2, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.view, 1)

    def show_headers(self, hdus: tuple) -> None:
        """Show the headers of another file."""
        self.model.show(hdus)
        for column, most in ((0, 90), (1, 130), (2, 300)):
            self.view.setColumnWidth(column, min(most, self.view.sizeHintForColumn(column) + 2 * SPACE))


class Details(QWidget):
    """All that is known of one node.

    Signals
    -------
    followed(str)
        A link to another mapping was clicked.
    picture_asked(object)
        The user wants to see this reference (a path).
    """

    followed = Signal(str)
    picture_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.node: Node | None = None
        self.facts: Facts | None = None
        self.title = QLabel(self)
        self.title.setObjectName("node_title")
        self.title.setWordWrap(True)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self.title.setFont(font)
        self.where = QLabel(self)
        self.where.setObjectName("node_where")
        self.where.setWordWrap(True)
        self.check = QPushButton("Check this file", self)
        self.check.setObjectName("check_file")
        self.check.setToolTip("Read the whole file: does it open, do its checksums hold, what is its SHA-1.")
        self.picture, self.copy = QPushButton("Show picture", self), QPushButton("Copy path", self)
        self.picture.setObjectName("show_picture")
        self.picture.setAccessibleName("Show the picture of this reference")
        self.picture.clicked.connect(self._ask_picture)
        self.copy.setObjectName("copy_node_path")
        self.copy.setToolTip("Copy where the file lies, for a terminal or a mail.")
        self.copy.setAccessibleName("Copy the path of this file")
        self.copy.clicked.connect(self._copy_path)
        self.browser = QTextBrowser(self)
        self.browser.setObjectName("node_facts")
        self.browser.setAccessibleName("Findings and facts")
        self.browser.setOpenLinks(False)
        self.browser.anchorClicked.connect(self._follow)
        self.text, self.cards = MappingText(self), CardsView(self)
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("node_tabs")
        self.tabs.setAccessibleName("The file: its text, header and uses")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.text, "Mapping")
        self.tabs.addTab(self.cards, "Reference's header")
        self.users = UsersView(self)
        self.tabs.addTab(self.users, "Used by")
        self._lay_out()
        theme().changed.connect(self._restyle)
        self.show_nothing("")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.check)
        head.addWidget(self.picture)
        head.addWidget(self.copy)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setObjectName("details_splitter")
        self.splitter.addWidget(self.browser)
        self.splitter.addWidget(self.tabs)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(head)
        layout.addWidget(self.where)
        layout.addWidget(self.splitter, 1)

    def show_nothing(self, why: str) -> None:
        """Show no node.

        Parameters
        ----------
        why : str
            One sentence, shown in its place.
        """
        self.node = self.facts = None
        self.title.setText("")
        self.where.setText(why)
        for widget in (self.check, self.picture, self.copy, self.splitter, self.title):
            widget.hide()

    def show_node(self, node: Node, where: str) -> None:
        """Show a node's name at once; its facts follow with `show_facts`.

        Parameters
        ----------
        node : Node
            Of the tree.
        where : str
            Its place in words.
        """
        self.node = node
        self.title.setText(node.label)
        self.title.show()
        self.where.setText(f"{kind_of(node)} · {where}" if where else kind_of(node))
        self.where.setStyleSheet(f"color: {theme().colour('muted').name()}")

    def show_facts(self, facts: Facts) -> None:
        """Show what is known of the node.

        Parameters
        ----------
        facts : Facts
            Gathered in the background.
        """
        self.facts = facts
        node = self.node
        if node is None:
            return
        self.splitter.show()
        self.copy.setVisible(facts.path is not None)
        self.picture.setVisible(facts.showable)
        self.check.setVisible(node.file is not None and not is_mapping(node.file) and facts.path is not None)
        self.browser.setHtml(_html(facts))
        self._show_text(node, facts)
        self.cards.show_headers(facts.hdus)
        has_text, has_cards = facts.mapping is not None, bool(facts.hdus)
        self.tabs.setTabVisible(0, has_text)
        self.tabs.setTabVisible(1, has_cards)
        self.tabs.setTabVisible(USED_BY, node.file is not None)
        if self.tabs.currentIndex() != USED_BY or node.file is None:  # what was looked at stays, from node to node
            self.tabs.setCurrentIndex(1 if has_cards and node.kind in ("file", "reference") else 0)
        self.tabs.setVisible(has_text or has_cards or node.file is not None)
        self._share_space()

    def _show_text(self, node: Node, facts: Facts) -> None:
        if facts.mapping is None:
            return
        self.text.show_text(facts.mapping.text)
        self.tabs.setTabText(0, facts.mapping.name)
        self.text.mark_rule(node.line if node.mapping == facts.mapping.name else None)

    def _share_space(self) -> None:
        """Give the facts the height they need, at most half, and the text the rest."""
        document = self.browser.document()
        document.setTextWidth(max(200, self.browser.viewport().width()))
        total = max(self.splitter.height(), 200)
        needed = int(document.size().height()) + 12
        top = min(needed, total // 2) if self.tabs.isVisibleTo(self) else total
        self.splitter.setSizes([top, total - top])

    def _restyle(self) -> None:
        if self.facts is not None:
            self.browser.setHtml(_html(self.facts))
        self.where.setStyleSheet(f"color: {theme().colour('muted').name()}")

    def _follow(self, url: QUrl) -> None:
        self.followed.emit(url.path().removeprefix("/"))

    def _ask_picture(self) -> None:
        if self.facts is not None and self.facts.path is not None:
            self.picture_asked.emit(self.facts.path)

    def _copy_path(self) -> None:
        if self.facts is not None and self.facts.path is not None:
            QGuiApplication.clipboard().setText(str(self.facts.path))


def _html(facts: Facts) -> str:
    look = theme()
    rows = [_finding_row(finding) for finding in facts.findings[:_MOST_FINDINGS]]
    if len(facts.findings) > _MOST_FINDINGS:
        rows.append(f"<tr><td></td><td>and {len(facts.findings) - _MOST_FINDINGS:,} more</td></tr>")
    if facts.problem:
        rows.append(_row(SEVERITIES["error"], escape(facts.problem)))
    found = f"<table cellspacing='0' cellpadding='4' width='100%'>{''.join(rows)}</table>" if rows else ""
    lines = "".join(_fact_row(fact) for fact in facts.lines)
    muted = look.colour("muted").name()
    known = f"<table cellspacing='0' cellpadding='3'>{lines}</table>" if lines else ""
    return f"<style>.name {{ color: {muted}; }} a {{ color: {look.colour('accent').name()}; }}</style>{found}{known}"


def _badge(mark: Mark) -> str:
    look = theme()
    fill, colour = look.colour(mark.fill).name(), look.colour(mark.role).name()
    return f"<span style='background:{fill}; color:{colour}; font-weight:bold'>&nbsp;{escape(mark.glyph)}&nbsp;</span>"


def _row(mark: Mark, content: str) -> str:
    fill = theme().colour(mark.fill).name()
    return (
        f"<tr><td width='80' style='background:{fill}'>{_badge(mark)} {mark.word}</td>"
        f"<td style='background:{fill}'>{content}</td></tr>"
    )


def _finding_row(finding: Finding) -> str:
    muted = theme().colour("muted").name()
    cure = f"<br><span style='color:{muted}'>Cure: {escape(finding.cure)}</span>" if finding.cure else ""
    return _row(SEVERITIES[finding.severity], f"{escape(finding.message)}{cure}")


def _fact_row(fact: Fact) -> str:
    text = escape(fact.text)
    if fact.link is not None:
        text = f"<a href='/{escape(fact.link)}'>{text}</a>"
    if fact.mark is not None:
        word = "" if fact.mark not in TRUSTS.values() else f" <b>{fact.mark.word}</b>."
        text = f"{_badge(fact.mark)}{word} {text}"
    return f"<tr><td class='name'>{escape(fact.name)}&nbsp;&nbsp;</td><td>{text}</td></tr>"
