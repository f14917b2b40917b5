"""The page where a cache is looked at: its tree, its defects, a search over it all, and the text behind each node."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.jobs import Job
from calgui.core.rules.values import Finding, Trust
from calgui.views.rules.cache.details import USED_BY, Details
from calgui.views.rules.cache.facts import Facts, gather
from calgui.views.rules.cache.findings_list import FindingsView
from calgui.views.rules.cache.outline import Outline
from calgui.views.rules.cache.tree_model import TreeDelegate, TreeModel
from calgui.views.rules.cache.trusting import Trusting, recall
from calgui.views.rules.cache.users import Users, users_of
from calgui.views.rules.ingest.dropping import IngestDrop
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.header_bar import cache_title

#: matches whose branches open by themselves
_MOST_OPENED = 60
#: trees of fewer nodes open down to the reference types
_SMALL = 400
_MOST_BELOW = 500
_PAUSE_MS = 120


class CachePage(QWidget):
    """The cache of the session as a tree, seen from its current context.

    Parameters
    ----------
    session : Session
        Whose cache and context are shown.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("cache_page")
        self.setAccessibleName("The cache")
        self.matches: list[int] = []
        self._wanted: tuple[str, int | None] | None = None
        self._match = -1
        self.search = self._make_search()
        self.tree = self._make_tree()
        self.findings = FindingsView(self)
        self.findings.asked.connect(self._show_finding)
        self.told = QLabel(self)
        self.told.setObjectName("rules_told")
        self.told.setWordWrap(True)
        self.tabs = QTabWidget(self)
        self.tabs.setObjectName("rules_tabs")
        self.tabs.setAccessibleName("Tree, or findings")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.tree, "Tree")
        self.tabs.addTab(self.findings, "Findings")
        self.details = Details(self)
        self.details.followed.connect(lambda name: self.show_mapping(name, None))
        self.details.picture_asked.connect(self._show_picture)
        self.details.users.rule_asked.connect(self.show_mapping)
        self.details.users.observation_asked.connect(self._show_observation)
        self.details.tabs.currentChanged.connect(lambda _place: self._look_for_users())
        self.trust = Trusting(session, self)
        self.trust.found.connect(self._badges_found)
        self.details.check.clicked.connect(self._check_file)
        self.check_all = QPushButton("Check all files", self)
        self.check_all.setObjectName("check_all")
        self.check_all.setToolTip(
            "Read all references that this context reaches; what is known already is not read again."
        )
        self.check_all.clicked.connect(lambda: self.trust.check())
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._search)
        self._lay_out()
        self.drop = IngestDrop(self, lambda paths: session.ask_page("ingest", paths))
        session.context_changed.connect(self.reload)
        session.observations_changed.connect(self._look_for_users)
        theme().changed.connect(self.tree.viewport().update)
        self.reload()

    # ---- making

    def _make_search(self) -> QLineEdit:
        search = QLineEdit(self)
        search.setObjectName("rules_search")
        search.setToolTip("Words of a name, a rule, a file or a finding; all of them must be found (Ctrl+F).")
        search.setAccessibleName("Search the cache")
        search.setPlaceholderText("Search names, rules, files, findings")
        search.setClearButtonEnabled(True)
        search.textChanged.connect(lambda _text: self._pause.start())
        search.returnPressed.connect(self.next_match)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(search.setFocus)
        return search

    def _make_tree(self) -> QTreeView:
        self.model = TreeModel(self)
        tree = QTreeView(self)
        tree.setObjectName("cache_tree")
        tree.setAccessibleName("Context, instrument, type, rule, date, file")
        tree.setModel(self.model)
        tree.setItemDelegate(TreeDelegate(tree))
        tree.setHeaderHidden(True)
        tree.setUniformRowHeights(True)
        tree.setIndentation(18)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.selectionModel().currentChanged.connect(self._show_node)
        tree.activated.connect(self._open)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for name, text, keys, call in (
            ("copy_node", "Copy name", QKeySequence.StandardKey.Copy, self._copy),
            ("expand_below", "Open everything below", "*", self._expand_below),
        ):
            action = QAction(text, tree)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, call=call: call())
            tree.addAction(action)
        return tree

    def _lay_out(self) -> None:
        left, right = QWidget(self), QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE, SPACE, SPACE // 2, SPACE)
        column.setSpacing(SPACE // 2)
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.check_all)
        column.addLayout(row)
        column.addWidget(self.told)
        column.addWidget(self.tabs, 1)
        other = QVBoxLayout(right)
        other.setContentsMargins(SPACE // 2, SPACE, SPACE, SPACE)
        other.addWidget(self.details)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setObjectName("rules_splitter")
        self.splitter.addWidget(left)
        self.splitter.addWidget(right)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([420, 620])
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    # ---- the cache

    def reload(self) -> None:
        """Show the session's cache as its current context sees it."""
        cache, context = self.session.cache, self.session.context
        self.model.show(Outline())
        self.findings.show_findings(())
        self.check_all.setEnabled(cache is not None and context is not None and cache.has_references)
        self.matches = []
        if cache is None:
            self.session.tasks.supersede("rules-tree")
            self.session.tasks.supersede("rules-facts")
            self._say("Open a CRDS cache to see its contexts, mappings and references.")
            self.details.show_nothing("")
            return
        self._say(f"Reading {cache.name}…")
        self.details.show_nothing("")

        store = self.trust.store

        def work(job: Job) -> tuple[Outline, tuple[Finding, ...]]:
            from calgui.core.rules.tree import tree

            recall(store, cache, context)
            # the same name as in the chooser of caches
            root = replace(tree(cache, context), label=cache_title(cache.path))
            return Outline.of(root, job), cache.findings(context)

        self.session.tasks.start(f"Looking through {cache.name}", work, self._loaded, self._failed, key="rules-tree")

    def _loaded(self, result: tuple[Outline, tuple[Finding, ...]]) -> None:
        outline, findings = result
        self.model.show(outline)
        self.findings.show_findings(findings)
        self.tabs.setTabText(1, f"Findings {len(findings):,}" if findings else "Findings")
        self._say("")
        self._open_top()
        if self.search.text().strip():
            self._search()
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self.show_mapping(*wanted)
        else:
            self._go(self.model.outline.children[0].start if self.model.outline.children[0] else 0)

    def _failed(self, error: Exception) -> None:
        self._say("")
        self.details.show_nothing(str(error))
        self.session.report(error, "Reading the cache")

    def _open_top(self) -> None:
        if len(self.model.outline.nodes) < _SMALL:
            self.tree.expandToDepth(2)
        else:
            self.tree.expandToDepth(1)

    def _say(self, text: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        self.told.setStyleSheet(f"color: {theme().colour('muted').name()}")

    # ---- search

    def _search(self) -> None:
        words, outline = self.search.text().strip(), self.model.outline
        self.findings.findings.search(words)
        if not words:
            self.session.tasks.supersede("rules-search")
            self._found(([], None))
            return

        def work(job: Job) -> tuple[list[int], bytearray]:
            return outline.search(words, job)

        self.session.tasks.start("Searching the cache", work, self._found, key="rules-search", quiet=True)

    def _found(self, result: tuple[list[int], bytearray | None]) -> None:
        matches, visible = result
        kept = self._current()
        self.matches, self._match = matches, -1
        self.model.narrow(matches, visible)
        if visible is None:
            self._say("")
            self._open_top()
            if kept is not None:
                self._go(kept)
            return
        count = len(matches)
        self._say(f"{count:,} found; Return goes to the next" if count else "Nothing in this cache holds these words.")
        self.tree.setUpdatesEnabled(False)
        for number in matches[:_MOST_OPENED]:
            for above in self.model.outline.above(number):
                self.tree.expand(self.model.place(above))
        self.tree.setUpdatesEnabled(True)
        if kept is not None and kept in matches:
            self._go(kept)
        elif matches:
            self._go(matches[0])
            self._match = 0

    def next_match(self) -> None:
        """Go to the next node that the search found."""
        if self._pause.isActive():
            self._pause.stop()
            self._search()
            return
        if self.matches:
            self._match = (self._match + 1) % len(self.matches)
            self.tabs.setCurrentWidget(self.tree)
            self._go(self.matches[self._match])

    # ---- going places

    def _current(self) -> int | None:
        index = self.tree.currentIndex()
        return index.internalId() if index.isValid() else None

    def _go(self, number: int) -> bool:
        index = self.model.place(number)
        if not index.isValid():
            return False
        self.tree.setCurrentIndex(index)
        self.tree.scrollTo(index)
        return True

    def show_mapping(self, name: str, line: int | None) -> None:
        """Show a mapping or reference, or a line of a mapping.

        Parameters
        ----------
        name : str
            File name.
        line : int or None
            Line in its text, from 1.
        """
        if not self.model.outline.nodes:
            self._wanted = (name, line)
            return
        number = self.model.outline.find(name, line)
        if number is None and self.session.cache is not None and name == self.session.cache.name:
            number = 0
        if number is None:
            self.session.notice("warning", f"{name} is nowhere in this cache.", "Choose another cache or context.")
            return
        if not self._go(number):
            self._unhide(number)

    def _unhide(self, number: int) -> None:
        """A search that hides what is asked for gives way."""
        self.search.clear()
        self._pause.stop()
        self._search()
        self._go(number)

    def _show_finding(self, finding: Finding) -> None:
        outline = self.model.outline
        number = next((n for n, node in enumerate(outline.nodes) if finding in node.findings), None)
        if number is None:
            number = outline.find(finding.place)
        if not self._go(number or 0) and number is not None:
            self._unhide(number)

    def _show_node(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self._show_facts_of(index.internalId())

    def _show_facts_of(self, number: int) -> None:
        cache, context, outline = self.session.cache, self.session.context, self.model.outline
        if cache is None:
            return
        node = outline.nodes[number]
        self.details.show_node(node, outline.path(outline.parent[number]) if number else "")
        store = self.trust.store

        def work(_job: Job) -> Facts:
            return gather(cache, context, node, store)

        self.session.tasks.start("Reading", work, self._show_facts, self._no_facts, key="rules-facts", quiet=True)

    def _show_facts(self, facts: Facts) -> None:
        self.details.show_facts(facts)
        self._look_for_users()

    def _look_for_users(self) -> None:
        """What uses the file in focus, once somebody looks at that tab."""
        details, cache, context = self.details, self.session.cache, self.session.context
        node = details.node
        if cache is None or node is None or node.file is None or details.tabs.currentIndex() != USED_BY:
            return
        if not details.users.isVisible():
            return
        file, entries = node.file, list(self.session.observations())
        details.users.show_looking()

        def work(job: Job) -> Users:
            return users_of(cache, context, file, entries, job)

        self.session.tasks.start(
            "Looking for what uses it", work, details.users.show_users, self._no_facts, key="rules-users", quiet=True
        )

    def _show_observation(self, path: Path) -> None:
        self.session.place_requested.emit("observe")
        self.session.select([path])

    # ---- trust

    def _check_file(self) -> None:
        node = self.details.node
        if node is not None and node.file is not None:
            self.trust.check([node.file])

    def _badges_found(self, trusts: Mapping[str, Trust]) -> None:
        """Show what a check found: of the file in focus, and where it is in the tree."""
        self.model.take(trusts)
        self.tree.viewport().update()
        number = self._current()
        if number is not None and self.model.outline.nodes[number].file in trusts:
            self._show_facts_of(number)

    def _no_facts(self, error: Exception) -> None:
        self.session.report(error, "Reading the cache")

    def _open(self, index: QModelIndex) -> None:
        facts = self.details.facts
        if self.model.node(index).kind in ("file", "reference") and facts is not None and facts.showable:
            self._show_picture(facts.path)

    def _show_picture(self, path: object) -> None:
        self.session.place_requested.emit("observe")
        self.session.frame_requested.emit(path)

    def _copy(self) -> None:
        """Copy the name of the node in focus."""
        index = self.tree.currentIndex()
        if index.isValid():
            node = self.model.node(index)
            QGuiApplication.clipboard().setText(node.file or node.label)

    def _expand_below(self) -> None:
        """Open everything below the node in focus."""
        index, outline = self.tree.currentIndex(), self.model.outline
        waiting, opened = ([index.internalId()] if index.isValid() else []), 0
        # level by level, and not without end: thousands of open rows help nobody
        while waiting and opened < _MOST_BELOW:
            self.tree.setUpdatesEnabled(False)
            for number in waiting:
                self.tree.expand(self.model.place(number))
            opened += len(waiting)
            waiting = [child for number in waiting for child in outline.children[number] if outline.children[child]]
        self.tree.setUpdatesEnabled(True)
