"""What comparisons of a new product with the one in use have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.local import LocalStatistics, flag_excess
from calgui.core.algorithms.matching import serves, text
from calgui.core.algorithms.registry import Metric, Table
from calgui.core.errors import InputError
from calgui.core.frames.frame import FloatArray, Frame
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: sigma of a difference from which it is one
SIGMAS = 3.0
#: bits for pixels that stand out, up or down
_HIGHER, _LOWER = 1, 2


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


def header_of(new: Frame, unit: str = "") -> dict[str, Any]:
    """The header of a difference: that of the new product, without what tells of its making.

    Parameters
    ----------
    new : Frame
        The new product.
    unit : str
        BUNIT of the difference; left out if it has none.

    Returns
    -------
    dict
    """
    header = {key: value for key, value in new.header.items() if key not in {"HISTORY", "COMMENT", "COLUMNS"}}
    if unit:
        return header | {"BUNIT": unit}
    header.pop("BUNIT", None)
    return header


def check_serves(new: Frame, old: Frame, *keywords: str) -> None:
    """Refuse an old product of another filter or grating; a keyword that either lacks is not compared.

    Parameters
    ----------
    new, old : Frame
        Their headers are asked.
    *keywords : str
        Which must agree.

    Raises
    ------
    InputError
        Naming the old one and the keyword.
    """
    for keyword in keywords:
        ours, theirs = text(new.header, keyword), text(old.header, keyword)
        if ours and theirs and not serves(theirs, ours):
            raise InputError(
                f"{keyword} is {theirs}, that of the new one {ours}.", path=old.path, cure="Choose another."
            )


def bands_apart(ours: Floats, theirs: Floats, old: Frame) -> InputError:
    """That two tables have no wavelengths in common.

    Parameters
    ----------
    ours, theirs : ndarray of float64, shape (n,)
        Wavelengths of the new and of the old one, rising, µm.
    old : Frame
        The old one.

    Returns
    -------
    InputError
        To be raised.
    """
    return InputError(
        f"It tells of {theirs[0]:.4f} to {theirs[-1]:.4f} µm, the new one of {ours[0]:.4f} to {ours[-1]:.4f} µm.",
        path=old.path,
        cure="Choose a table of this band.",
    )


def stand_out(
    difference: FloatArray, good: BoolArray, noise: LocalStatistics, sigma: float, job: Job
) -> tuple[BoolArray, BoolArray]:
    """Pixels of a difference, or ratio, that lie significantly above what is around them, and below.

    Parameters
    ----------
    difference : ndarray of float32, shape (ny, nx)
        New less, or over, old.
    good : ndarray of bool
        Pixels that count.
    noise : LocalStatistics
        Of the difference.
    sigma : float
        Threshold, in its local sigma.
    job : Job
        Cancel.

    Returns
    -------
    higher, lower : ndarray of bool
    """
    found = np.zeros(difference.shape, np.uint32)
    flag_excess(difference, good, noise, (sigma, sigma), (_HIGHER, _HIGHER), found, job)
    turned = LocalStatistics(-noise.level, noise.sigma)
    flag_excess(-difference, good, turned, (sigma, sigma), (_LOWER, _LOWER), found, job)
    return (found & np.uint32(_HIGHER)) != 0, (found & np.uint32(_LOWER)) != 0


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
