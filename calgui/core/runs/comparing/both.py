"""What two products say of the same things, one below the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from calgui.core.algorithms.registry import Metric, Table

#: sigma of a difference from which it is one
SIGMAS = 3.0


@dataclass(frozen=True)
class Pair:
    """A figure of the new product and of the one in use.

    Attributes
    ----------
    name, unit : str
        As in the metrics, without the unit.
    new, old : float or None
        None where one does not have it.
    error : float or None
        One sigma of the difference; None where it is not known.
    words : str
        What it is.
    """

    name: str
    unit: str
    new: float | None
    old: float | None
    error: float | None
    words: str

    @property
    def difference(self) -> float | None:
        """New less old."""
        return None if self.new is None or self.old is None else self.new - self.old

    @property
    def sigmas(self) -> float | None:
        """The difference over its error."""
        if self.difference is None or not self.error:
            return None
        return abs(self.difference) / self.error

    def metrics(self) -> dict[str, Metric]:
        """New, old, difference and, where it is known, its error, by their names."""
        tail = f"_{self.unit.replace('-/', '_per_')}" if self.unit else ""
        made = {
            f"{self.name}_new{tail}": Metric(self.new, self.unit, f"{self.words}, of the new one."),
            f"{self.name}_old{tail}": Metric(self.old, self.unit, f"{self.words}, of the one in use."),
            f"{self.name}_difference{tail}": Metric(self.difference, self.unit, f"{self.words}: new less old."),
        }
        if self.error is not None:
            made[f"{self.name}_difference_error{tail}"] = Metric(self.error, self.unit, "One sigma of that difference.")
        return made


def table_of(pairs: Sequence[Pair]) -> Table:
    """Pairs as a table; those that differ by more than `SIGMAS` are flagged.

    Parameters
    ----------
    pairs : sequence of Pair
        In the order of the rows.

    Returns
    -------
    Table
    """

    def shown(value: float | None) -> str:
        return "" if value is None else f"{value:.4g}"

    rows = tuple(
        (
            f"{pair.words} ({pair.unit})" if pair.unit else pair.words,
            *(shown(value) for value in (pair.new, pair.old, pair.difference, pair.error)),
        )
        for pair in pairs
    )
    flagged = tuple(number for number, pair in enumerate(pairs) if (pair.sigmas or 0) > SIGMAS)
    return Table("New and in use", ("figure", "new", "in use", "difference", "1 sigma"), rows, flagged)
