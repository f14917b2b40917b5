"""Overlapping rules of equal weight: two that the same observation matches alike, shown by such an observation.

crds merges what such rules hold, so the newer date wins whichever rule it stands in. Each pair is proved by asking crds
with the header that is given. Pairs that need a header with N/A are left out: with it all rules weigh alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from calgui.core.jobs import Job
from calgui.core.rules.lint.grid import OTHER, Cell, Grid, GridRow
from calgui.core.rules.lint.joins import Joins
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.header import UNDEFINED

#: pairs that are compared in one mapping, and those among them that crds is asked about
MOST_PAIRS = 20_000
_MOST_ASKED = 200
#: rules that crds goes through for those questions
_MOST_LOOKS = 200_000
_MOST_HEADERS = 6


@dataclass(frozen=True, eq=False)
class Overlap:
    """Two rules that match one header with equal weight, no other being heavier.

    Attributes
    ----------
    first, second : GridRow
    header : tuple of (str, str)
        Parkey and value; what is left out may be missing.
    merged : bool
        Whether crds merges them; else it stops.
    """

    first: GridRow
    second: GridRow
    header: tuple[tuple[str, str], ...]
    merged: bool


def overlaps(grid: Grid, joins: Joins, job: Job) -> tuple[list[Overlap], bool]:
    """Pairs of rules of a grid that overlap with equal weight and select different files.

    Parameters
    ----------
    grid : Grid
    joins : Joins
        Of the same.
    job : Job
        Progress and cancel.

    Returns
    -------
    list of Overlap
        In the order of the rules.
    bool
        Whether all pairs were looked at.
    """
    found: list[Overlap] = []
    asked, most = 0, max(8, min(_MOST_ASKED, _MOST_LOOKS // max(len(grid.rows), 1)))
    seen: set[tuple[int, int]] = set()
    for number, row in enumerate(grid.rows):
        if number % 64 == 0:
            job.report(number / len(grid.rows), "overlapping rules")
        if not row.fits_some:
            continue
        for other in joins.candidates(row, _alike):
            pair = (row.number, other.number)
            if other.number < row.number or pair in seen:
                continue
            seen.add(pair)
            if len(seen) > MOST_PAIRS:
                return found, False
            if row.entries is not None and row.entries == other.entries:
                continue
            headers = list(_headers(grid, row, other))
            if not headers:
                continue
            if asked >= most:
                return found, False
            asked += 1
            told = next((one for header in headers for one in _ask(grid, row, other, header)), None)
            if told is not None:
                found.append(told)
    return found, True


def _alike(mine: str, other: str) -> bool:
    """Whether rules of these kinds can match one value with equal weight."""
    weigh = {"W": 1, "w": 0, "A": 1, "P": 1, "N": 0}
    return sum(weigh[kind] for kind in mine) == sum(weigh[kind] for kind in other)


def _headers(grid: Grid, row: GridRow, other: GridRow) -> Iterator[tuple[str, ...]]:
    """Values that both accept; a few sets of them."""
    columns: list[list[str]] = []
    for column, (a, b) in enumerate(zip(row.cells, other.cells, strict=True)):
        values = [value for value in _values(grid, column, a, b) if a.status(value) >= 0 and b.status(value) >= 0]
        if not values:
            return
        columns.append(values[:2])
    yield from islice(product(*columns), _MOST_HEADERS)


def _values(grid: Grid, column: int, a: Cell, b: Cell) -> list[str]:
    if a.words is not None and b.words is not None:
        return sorted(a.words & b.words)[:4]
    if a.words is not None or b.words is not None:
        return sorted(a.words or b.words or ())[:20]
    # where no rule lists a value, the header may leave it out
    return [*grid.values[column][:20], OTHER] if grid.values[column] else [UNDEFINED]


def _heaviest(selector: Any, header: dict[str, str]) -> Any:
    """Keys of the heaviest rules that match."""
    weights, left = selector._winnow(header, dict(selector._match_selections))
    return selector._rank_candidates(weights, left)[0][1]


def _ask(grid: Grid, row: GridRow, other: GridRow, values: tuple[str, ...]) -> Iterator[Overlap]:
    """The overlap, if crds says that both are among the heaviest rules for these values."""
    header = dict(zip(grid.parameters, values, strict=True))
    errors = crds_module("core.exceptions")
    selector = grid.selector
    try:
        selector._validate_header(header)
        selection = next(iter(selector.get_selection(header)))
        keys: Any = selection.key
        # a rule that holds N/A beside one that holds dates: what crds gives then is neither
        merged = not (isinstance(selection.choice, tuple) and any(hasattr(one, "choices") for one in selection.choice))
    except errors.CrdsError as error:
        if not isinstance(error, errors.AmbiguousMatchError):
            return
        keys, merged = _heaviest(selector, header), False
    except Exception:  # noqa: BLE001 - crds raises whatever merging leads it to
        keys, merged = _heaviest(selector, header), False
    if row.conditioned in keys and other.conditioned in keys:
        shown = tuple((name, value) for name, value in header.items() if value != UNDEFINED)
        yield Overlap(row, other, shown, merged)
