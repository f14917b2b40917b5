"""Hits as things: neighbouring pixels together, their charge, and how many there are for area and time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.registry import Curve, Table

#: rows of the table of the biggest
_SHOWN = 25


@dataclass(frozen=True)
class Hits:
    """Groups of neighbouring pixels that were hit, the biggest first.

    Attributes
    ----------
    charge : ndarray of float64
        Electrons that were taken out.
    pixels : ndarray of int64
        How many pixels each has.
    x, y : ndarray of float64
        Centre weighted by charge, from 0.
    exposure : ndarray of int64
        Index of the frame.
    """

    charge: npt.NDArray[np.float64]
    pixels: npt.NDArray[np.int64]
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    exposure: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return self.charge.size


def group(hit: npt.NDArray[np.bool_], electrons: npt.NDArray[np.floating], exposure: int = 0) -> Hits:
    """Put pixels that touch, at edges or corners, together.

    Parameters
    ----------
    hit : ndarray of bool, shape (ny, nx)
        Pixels.
    electrons : ndarray
        What was taken out of each.
    exposure : int
        Index of the frame.

    Returns
    -------
    Hits
    """
    from scipy import ndimage

    labels, count = ndimage.label(hit, np.ones((3, 3), int))
    y, x = np.divmod(np.flatnonzero(hit), hit.shape[1])
    which = labels[y, x] - 1
    value = np.nan_to_num(electrons[y, x].astype(np.float64))
    pixels = np.bincount(which, minlength=count)
    charge = np.bincount(which, value, count).astype(np.float64)
    weight = np.maximum(value, 0) + 1e-9
    total = np.maximum(np.bincount(which, weight, count), 1e-300)
    centre_x, centre_y = np.bincount(which, weight * x, count) / total, np.bincount(which, weight * y, count) / total
    return _sorted(Hits(charge, pixels, centre_x, centre_y, np.full(count, exposure)))


def together(parts: list[Hits]) -> Hits:
    """Hits of several exposures, the biggest first.

    Parameters
    ----------
    parts : list of Hits
        At least one.

    Returns
    -------
    Hits
    """
    return _sorted(
        Hits(
            charge=np.concatenate([part.charge for part in parts]),
            pixels=np.concatenate([part.pixels for part in parts]),
            x=np.concatenate([part.x for part in parts]),
            y=np.concatenate([part.y for part in parts]),
            exposure=np.concatenate([part.exposure for part in parts]),
        )
    )


def _sorted(hits: Hits) -> Hits:
    order = np.argsort(-hits.charge, kind="stable")
    return Hits(hits.charge[order], hits.pixels[order], hits.x[order], hits.y[order], hits.exposure[order])


def table(hits: Hits, names: list[str]) -> Table:
    """The biggest hits.

    Parameters
    ----------
    hits : Hits
        All.
    names : list of str
        Files of the exposures.

    Returns
    -------
    Table
    """
    rows: list[tuple[Any, ...]] = [
        (
            names[hits.exposure[i]], round(float(hits.x[i]), 1), round(float(hits.y[i]), 1), int(hits.pixels[i]),
            round(float(hits.charge[i]), 1),
        )
        for i in range(min(len(hits), _SHOWN))
    ]  # fmt: skip
    return Table("The biggest hits", ("file", "x (pixel)", "y (pixel)", "pixels", "charge (e-)"), tuple(rows))


def charges(hits: Hits) -> Curve | None:
    """How the charges of hits are distributed.

    Parameters
    ----------
    hits : Hits
        All.

    Returns
    -------
    Curve or None
        None for fewer than two hits that took charge out.
    """
    positive = hits.charge[hits.charge > 0]
    if positive.size < 2:
        return None
    counts, edges = np.histogram(np.log10(positive), bins=min(40, max(5, positive.size // 10)))
    return Curve("Charges of the hits", "charge (log10 of e-)", "hits", {"hits": (edges, counts)}, style="histogram")
