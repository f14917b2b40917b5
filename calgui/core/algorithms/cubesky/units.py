"""Cubes in units of huge or tiny numbers, of which single precision cannot hold the squares."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.algorithms.cubesky.residuals import Left
from calgui.core.algorithms.cubesky.scaling import Fit
from calgui.core.frames.frame import FloatArray, FrameLike, Rows

#: numbers that need nothing done to them
_USUAL = (1e-8, 1e12)


@dataclass(frozen=True)
class Multiplied:
    """A frame whose values and errors are multiplied as they are read.

    Attributes
    ----------
    source : FrameLike
        The frame.
    factor : float
        What it is multiplied by.
    """

    source: FrameLike
    factor: float

    @property
    def header(self) -> Mapping[str, Any]:
        """That of the source."""
        return self.source.header

    @property
    def path(self) -> Path | None:
        """That of the source."""
        return self.source.path

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the source."""
        return self.source.shape

    @property
    def unit(self) -> str:
        """That of the source."""
        return self.source.unit

    def rows(self, start: int, stop: int) -> Rows:
        """As `FrameLike.rows`."""
        return self._times(self.source.rows(start, stop))

    def band(self, start: int, stop: int) -> Rows:
        """As `FrameLike.band`."""
        return self._times(self.source.band(start, stop))

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> FloatArray | None:
        """As `FrameLike.plane`."""
        return self.source.plane(name, start, stop)

    def _times(self, rows: Rows) -> Rows:
        factor = np.float32(self.factor)
        return Rows(rows.data * factor, None if rows.err is None else rows.err * factor, rows.dq)


def handy(cube: FrameLike) -> float:
    """What brings the values of a cube to numbers whose squares can be held.

    Parameters
    ----------
    cube : FrameLike
        (n, ny, nx); one row of spaxels is looked at.

    Returns
    -------
    float
        1 for usual numbers.
    """
    middle = cube.shape[1] // 2
    values = np.abs(cube.band(middle, middle + 1).data)
    values = values[np.isfinite(values) & (values > 0)]
    usual = float(np.median(values)) if values.size else 1.0
    return 1.0 if _USUAL[0] < usual < _USUAL[1] else 2.0 ** -round(np.log2(usual))


def fit_in(fit: Fit, factor: float) -> Fit:
    """A fit in other units.

    Parameters
    ----------
    fit : Fit
        As it was made.
    factor : float
        What values are multiplied by.

    Returns
    -------
    Fit
    """
    names = ("continuum", "sky_continuum", "offset", "slope", "light")
    return replace(fit, **{name: getattr(fit, name) * factor for name in names})


def left_in(left: Left, factor: float) -> Left:
    """Residuals in other units.

    Parameters
    ----------
    left : Left
        As they were measured.
    factor : float
        What values are multiplied by.

    Returns
    -------
    Left
    """
    names = ("before", "after", "expected", "mean_before", "mean_after", "mean_noise")
    return replace(left, **{name: getattr(left, name) * factor for name in names})
