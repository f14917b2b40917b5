"""Rules that can never win, proved from crds's weights: whatever matches them matches another that hides them.

crds takes the rules of the greatest weight that match: ``*`` weighs as much as the exact value, N/A nothing. Equal
weights are merged date by date, and of two files with the same date the greater name counts. If the heaviest rules have
no date early enough, the next ones are asked. So an entry is hidden where, for every value that its rule accepts, some
other rule is heavier and has an earlier or equal date, or is not lighter and has the same date with a greater name.

An observation that says N/A makes all weights alike: what is hidden by weight alone wins there after all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calgui.core.jobs import Job
from calgui.core.rules.lint.grid import Cell, Grid, GridRow
from calgui.core.rules.lint.joins import Joins, spread

#: combinations of words of one rule that are looked at one by one
_MOST_PIECES = 64
#: pairs of rules that are compared in one mapping
MOST_PAIRS = 400_000
_Words = Sequence[frozenset[str] | None]


@dataclass(frozen=True, eq=False)
class Hidden:
    """One entry that never wins.

    Attributes
    ----------
    row : GridRow
        Its rule.
    date : str or None
        Its date; None for a rule that holds a file alone.
    file : str
        What it would select.
    by : GridRow
        A rule that hides it (one of them).
    always : bool
        Whether it is hidden for every header; else one that says N/A may still reach it.
    """

    row: GridRow
    date: str | None
    file: str
    by: GridRow
    always: bool


def shadows(grid: Grid, joins: Joins, job: Job) -> tuple[list[Hidden], bool]:
    """Entries of a grid that never win.

    Parameters
    ----------
    grid : Grid
    joins : Joins
        Of the same.
    job : Job
        Progress and cancel.

    Returns
    -------
    list of Hidden
    bool
        Whether all rules were looked at.
    """
    found: list[Hidden] = []
    pairs = 0
    for number, row in enumerate(grid.rows):
        if number % 64 == 0:
            job.report(number / len(grid.rows), "rules that never win")
        if row.entries is None or not row.fits_some:
            continue
        rivals = []
        for other in joins.candidates(row, _can_hide):
            pairs += 1
            if pairs > MOST_PAIRS:
                return found, False
            if other.entries is not None:
                rivals.append(other)
        if rivals:
            found += _hidden(row, list(dict.fromkeys(rivals)))
    return found, True


def _can_hide(mine: str, other: str) -> bool:
    """Whether a rule of the second kinds can be at least as heavy as one of the first wherever that matches."""
    total = 0
    for a, b in zip(mine, other, strict=True):
        if a in "Ww":
            gain = {"W": int(a == "w"), "w": 0 if a == "w" else -1, "N": 0 if a == "w" else -1}.get(b, int(a == "w"))
        elif b == "A":
            gain = int(a == "N")
        elif b == "N":
            gain = 0 if a == "N" else -1
        elif a == b == "P":
            gain = 0
        else:
            return False
        total += gain
    return total >= 0


def _hidden(row: GridRow, rivals: list[GridRow]) -> Iterator[Hidden]:
    words = [cell.words for cell in row.cells]
    whole = _judges(row, words, rivals)
    pieces: list[list[_Judge]] | None = None
    assert row.entries is not None
    for date, file in row.entries:
        told = [_hider(date, file, whole)]
        if told[0] is None:
            if pieces is None:
                apart = spread(words, _MOST_PIECES) or []
                pieces = [_judges(row, piece, rivals) for piece in apart] if len(apart) > 1 else [[]]
            told = [_hider(date, file, judges) for judges in pieces]
        hiders = [one for one in told if one is not None]
        if len(hiders) == len(told):
            yield Hidden(row, date, file, hiders[0].rival, all(one.always_at(date, file) for one in hiders))


@dataclass(frozen=True, eq=False)
class _Judge:
    """A rival that matches wherever a rule does and is not lighter: by how much it is heavier at least.

    ``always`` is whether that holds for headers as well that say N/A or ``*``.
    """

    rival: GridRow
    gain: int
    always: bool

    def same(self, date: str | None, file: str) -> bool:
        """Whether it has a greater name for the same date: that counts, or the rival is asked first."""
        return date is not None and self.rival.latest_names.get(date, "") > file

    def hides(self, date: str | None, file: str) -> bool:
        """Whether it hides an entry."""
        if self.gain >= 1:
            first = self.rival.first
            if self.rival.always or (date is not None and first is not None and first <= date):
                return True
        return self.same(date, file)

    def always_at(self, date: str | None, file: str) -> bool:
        """Whether it hides an entry whatever the header says."""
        return self.always and self.same(date, file)


def _judges(row: GridRow, words: _Words, rivals: list[GridRow]) -> list[_Judge]:
    told = ((rival, *_gain(row, words, rival)) for rival in rivals)
    return [_Judge(rival, gain, always) for rival, gain, always in told if gain is not None]


def _hider(date: str | None, file: str, judges: list[_Judge]) -> _Judge | None:
    """Who hides an entry; first of all one that does so whatever the header says."""
    hiding = [judge for judge in judges if judge.hides(date, file)]
    return next((judge for judge in hiding if judge.always_at(date, file)), hiding[0] if hiding else None)


def _gain(row: GridRow, words: _Words, rival: GridRow) -> tuple[int | None, bool]:
    """By how much a rival is heavier at least; None where it is lighter or does not match.

    And whether it matches and is not lighter also for headers that say N/A or ``*``.
    """
    total, always = 0, True
    for cell, mine, other in zip(row.cells, words, rival.cells, strict=True):
        gain = _cell_gain(cell, mine, other)
        if gain is None:
            return None, False
        total += gain
        listed = cell.plain and (other.plain or other.kind == "A")
        always = always and gain >= 0 and (listed or cell.text == other.text)
    return (total, always) if total >= 0 else (None, False)


def _cell_gain(cell: Cell, mine: frozenset[str] | None, other: Cell) -> int | None:
    if mine is None:
        if other.text == cell.text:
            return 0
        return other.weight - cell.weight if other.kind in "AN" else None
    if other.words is not None:
        return other.weight - cell.weight if mine <= other.words else None
    if other.kind in "AN":
        return other.weight - cell.weight
    least = min(other.status(word) for word in mine)
    return None if least < 0 else least - cell.weight
