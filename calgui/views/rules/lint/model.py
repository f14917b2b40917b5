"""Findings as a tree: checks, and below each what it found."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from calgui.core.rules.lint.table import CHECKS
from calgui.core.rules.values import Finding, Severity
from calgui.views.rules.marks import SEVERITIES, mark_icon, with_keywords
from calgui.views.theme import theme
from calgui.views.widgets.two_levels import TwoLevels

_Index = QModelIndex | QPersistentModelIndex
_ORDER = list(Severity)


class LintModel(TwoLevels):
    """Groups of findings of one check and severity, and below each its findings."""

    titles = ("What", "Where", "Places")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all: tuple[Finding, ...] = ()
        self.groups: list[list[Finding]] = []

    def show(self, findings: Sequence[Finding], severities: set[Severity], words: str = "") -> None:
        """Show some findings.

        Parameters
        ----------
        findings : sequence of Finding
            Of the report.
        severities : set of Severity
            Those that are shown.
        words : str
            All of them stand in what is shown.
        """
        wanted = words.casefold().split()
        self.beginResetModel()
        self.all = tuple(findings)
        groups: dict[tuple[Severity, str], list[Finding]] = {}
        for finding in findings:
            if finding.severity in severities and all(word in _text(finding) for word in wanted):
                groups.setdefault((finding.severity, finding.code), []).append(finding)
        self.groups = sorted(groups.values(), key=lambda group: _ORDER.index(group[0].severity))
        self.endResetModel()

    def finding(self, index: _Index) -> Finding | None:
        """The finding of a row; of a group its first."""
        if not index.isValid():
            return None
        above = index.internalId()
        return self.groups[above - 1][index.row()] if above else self.groups[index.row()][0]

    def is_group(self, index: _Index) -> bool:
        """Whether a row stands for several findings of a check."""
        return index.isValid() and not index.internalId()

    def tops(self) -> int:
        """Groups."""
        return len(self.groups)

    def below(self, top: int) -> int:
        """Findings of a group; one alone needs no row of its own."""
        count = len(self.groups[top])
        return count if count > 1 else 0

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour, weight and tooltip."""
        finding = self.finding(index)
        if finding is None:
            return None
        group, column = self.is_group(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(finding, index)
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and group:
            return mark_icon(SEVERITIES[finding.severity])
        if role == Qt.ItemDataRole.FontRole and group and column == 0:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and column:
            return theme().colour("muted")
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 2:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            word = SEVERITIES[finding.severity].word
            return f"{word}: {CHECKS[finding.code].title}" if group else f"{word}: {finding.place}: {finding.message}"
        return None

    def _text(self, finding: Finding, index: _Index) -> str:
        if self.is_group(index):
            group = self.groups[index.row()]
            count = sum(one.count or 1 for one in group)
            names = {one.place for one in group}
            where = next(iter(names)) if len(names) == 1 else f"{len(names)} files"
            return (CHECKS[finding.code].title, where, f"{count:,}")[index.column()]
        return (with_keywords(finding.message), finding.place, f"{finding.count or 1:,}")[index.column()]


def _text(finding: Finding) -> str:
    places = " ".join(f"{place.file} {' '.join(place.rule)} {place.reference or ''}" for place in finding.places[:50])
    title = CHECKS[finding.code].title
    return f"{finding.code} {title} {finding.place} {finding.message} {places}".casefold()
