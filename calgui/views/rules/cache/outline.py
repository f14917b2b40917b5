"""The tree of a cache, flattened once, so that model and search work on numbers and never walk it again."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from calgui.core.jobs import Job
from calgui.core.rules.values import Finding, Node, Severity

_RANK = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_SPACE = "\n"


@dataclass
class Outline:
    """All nodes of a tree, breadth first: the children of a node are neighbours.

    Attributes
    ----------
    nodes : list of Node
        The root is number 0.
    parent : list of int
        Number of each node's parent; -1 for the root.
    children : list of range
        Numbers of each node's children.
    counts : list of list of int
        Different errors, warnings, notes of each node and all below it.
    """

    nodes: list[Node] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    children: list[range] = field(default_factory=list)
    counts: list[list[int]] = field(default_factory=list)
    _text: list[str] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, root: Node, job: Job | None = None) -> "Outline":
        """Flatten a tree.

        Parameters
        ----------
        root : Node
            The whole tree.
        job : Job, optional
            To cancel.

        Returns
        -------
        Outline
        """
        made = cls()
        waiting = deque([(root, -1)])
        while waiting:
            node, parent = waiting.popleft()
            number = len(made.nodes)
            if job is not None and not number % 1000:
                job.check()
            made.nodes.append(node)
            made.parent.append(parent)
            first = number + len(waiting) + 1
            made.children.append(range(first, first + len(node.children)))
            made._text.append(_searchable(node))
            made.counts.append([0, 0, 0])
            waiting.extend((child, number) for child in node.children)
        made._count()
        return made

    def _count(self) -> None:
        # one defect counts once, however many rules name the file that has it
        found: dict[int, set[Finding]] = {}
        for number in range(len(self.nodes) - 1, -1, -1):
            here = found.pop(number, set()).union(self.nodes[number].findings)
            ranks = [finding.severity for finding in here]
            self.counts[number] = [ranks.count(rank) for rank in _RANK]
            if here and number:
                found.setdefault(self.parent[number], set()).update(here)

    def above(self, number: int) -> Iterator[int]:
        """The ancestors of a node, nearest first."""
        number = self.parent[number]
        while number >= 0:
            yield number
            number = self.parent[number]

    def path(self, number: int) -> str:
        """Where a node is, in words: ``tmt_0001.pmap › IRIS › flat``."""
        labels = [self.nodes[number].label, *(self.nodes[above].label for above in self.above(number))]
        return " › ".join(reversed(labels[:-1] or labels))

    def search(self, words: str, job: Job | None = None) -> tuple[list[int], bytearray]:
        """Find nodes by words: all of them in the node or above it, at least one in the node itself.

        Parameters
        ----------
        words : str
            Separated by space, in any case; one or two letters must stand alone (a filter's ``K``), longer ones may be
            part of a name.
        job : Job, optional
            To cancel.

        Returns
        -------
        matches : list of int
            Numbers of the nodes found, in the order of the tree from top to bottom.
        visible : bytearray
            1 for each node to show: the matches, what is above them, and what is below them.
        """
        wanted = [_finder(word) for word in words.casefold().split()]
        count = len(self.nodes)
        seen, within, visible = [0] * count, bytearray(count), bytearray(count)
        everything = (1 << len(wanted)) - 1
        matches = []
        for number in range(count):
            if job is not None and not number % 1000:
                job.check()
            own = sum(1 << place for place, found_in in enumerate(wanted) if found_in(self._text[number]))
            parent = self.parent[number]
            seen[number] = own | (seen[parent] if parent >= 0 else 0)
            hit = bool(own) and seen[number] == everything
            if hit:
                matches.append(number)
                for above in self.above(number):
                    if visible[above]:
                        break
                    visible[above] = 1
            within[number] = hit or (parent >= 0 and within[parent])
            visible[number] |= within[number]
        return sorted(matches, key=self._from_top), visible

    def find(self, name: str, line: int | None = None) -> int | None:
        """The node of a mapping or reference, or of a line of a mapping.

        Parameters
        ----------
        name : str
            File name.
        line : int, optional
            Line in that mapping's text, from 1.

        Returns
        -------
        int or None
            With a line the deepest node that begins at or just before it; None where nothing has this name.
        """
        best, best_line = None, -1
        if line is not None:
            for number, node in enumerate(self.nodes):
                if node.mapping == name and node.line is not None and best_line <= node.line <= line:
                    best, best_line = number, node.line
                    if node.kind == "rule" and node.line == line:
                        return number
        if best is not None:
            return best
        # nearest to the root first: a mapping before the leaves that mention it
        return next((number for number, node in enumerate(self.nodes) if node.file == name), None)

    def _from_top(self, number: int) -> list[int]:
        # breadth-first numbers of siblings ascend, so the numbers along the path sort as the tree is drawn
        return [*reversed(list(self.above(number))), number]


def _finder(word: str) -> Callable[[str], object]:
    if len(word) > 2:
        return lambda text: word in text
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])").search


def _searchable(node: Node) -> str:
    told = (f"{finding.code} {finding.message}" for finding in node.findings)
    return _SPACE.join((node.label, node.file or "", *told)).casefold()
