"""Places on the inputs in the text of an option: ``1034.2,88.1; 2:512,40.3`` (the second on input 2)."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.errors import UsageError

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_PLACE = re.compile(rf"(?:(\d+)\s*:)?\s*({_NUMBER})\s*,\s*({_NUMBER})")


@dataclass(frozen=True)
class Position:
    """One place.

    Attributes
    ----------
    x, y : float
        Pixels from 0 at the centre of the first pixel.
    number : int
        Of the input, from 1.
    """

    x: float
    y: float
    number: int = 1


def parse_positions(text: str, name: str) -> tuple[Position, ...]:
    """Read the text of an option.

    Parameters
    ----------
    text : str
        Places with a semicolon between; empty for none.
    name : str
        Of the option, for the message.

    Returns
    -------
    tuple of Position

    Raises
    ------
    UsageError
        A part of it is no place.
    """
    made = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = _PLACE.fullmatch(part)
        if found is None or int(found[1] or 1) < 1 or not all(math.isfinite(float(found[i])) for i in (2, 3)):
            raise UsageError(
                f"Option {name!r} cannot hold {part!r}.",
                cure="Give x,y in pixels from 0, several with ; between, and N: before one on input N: 12.5,40; 2:7,9.",
            )
        made.append(Position(float(found[2]), float(found[3]), int(found[1] or 1)))
    return tuple(made)


def format_positions(positions: Sequence[Position]) -> str:
    """Write places as the text of an option.

    Parameters
    ----------
    positions : sequence of Position
        To a hundredth of a pixel.

    Returns
    -------
    str
        As `parse_positions` reads it.
    """
    return "; ".join(
        f"{f'{place.number}:' if place.number > 1 else ''}{place.x:.2f},{place.y:.2f}" for place in positions
    )


def nearest(
    positions: Sequence[Position],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    number: npt.NDArray[np.int64],
    within: float,
) -> npt.NDArray[np.int64]:
    """Which of some points each place means.

    Parameters
    ----------
    positions : sequence of Position
        Places.
    x, y : ndarray of float64, shape (n,)
        Points, pixels; those that are not finite are nobody's.
    number : ndarray of int, shape (n,)
        Input of each point, from 1.
    within : float
        Pixels that a place may lie off.

    Returns
    -------
    ndarray of int
        Index of the nearest point on the same input for each place; -1 where there is none so near.
    """
    found = np.full(len(positions), -1, np.int64)
    for index, place in enumerate(positions):
        apart = np.where(number == place.number, np.hypot(x - place.x, y - place.y), np.inf)
        apart[np.isnan(apart)] = np.inf
        if apart.size and apart.min() <= within:
            found[index] = int(apart.argmin())
    return found


def meant(
    positions: Sequence[Position],
    index: int,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    number: npt.NDArray[np.int64],
    least: float = 3.0,
) -> tuple[int, ...]:
    """Which of some places mean a point, as someone would take them who sees the points.

    Parameters
    ----------
    positions : sequence of Position
        Places.
    index : int
        Of the point.
    x, y : ndarray of float64, shape (n,)
        All points, pixels.
    number : ndarray of int, shape (n,)
        Input of each, from 1.
    least : float
        Pixels that a place may lie off in any case; else half the way to the next point.

    Returns
    -------
    tuple of int
        Indices of places that are nearer to this point than to any other on its input.
    """
    apart = np.hypot(x - x[index], y - y[index])
    apart[(number != number[index]) | ~np.isfinite(apart)] = np.inf
    apart[index] = np.inf
    within = max(least, float(apart.min()) / 2) if np.isfinite(apart.min()) else 10 * least
    return tuple(np.flatnonzero(nearest(positions, x, y, number, within) == index).tolist())
