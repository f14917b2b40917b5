"""Statistics of a part of a picture, leaving out what has no value or must not be used."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.dq import DO_NOT_USE

Array = npt.NDArray[Any]

#: a normal distribution's standard deviation over its median absolute deviation
MAD_TO_SIGMA = 1.482602218505602


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels, counted from 0; the stops are outside.

    Attributes
    ----------
    x_start, x_stop, y_start, y_stop : int
        Columns and rows.
    """

    x_start: int
    x_stop: int
    y_start: int
    y_stop: int

    @classmethod
    def around(cls, x1: float, y1: float, x2: float, y2: float, shape: tuple[int, ...]) -> "Box | None":
        """The pixels that a rectangle touches, inside a picture.

        Parameters
        ----------
        x1, y1, x2, y2 : float
            Two corners; the centre of the first pixel is at 0.
        shape : tuple of int
            (ny, nx) of the picture.

        Returns
        -------
        Box or None
            None where the rectangle lies outside the picture.
        """
        left, right = sorted((x1, x2))
        bottom, top = sorted((y1, y2))
        box = cls(
            max(0, round(left)), min(shape[1], round(right) + 1), max(0, round(bottom)), min(shape[0], round(top) + 1)
        )
        return box if box.x_stop > box.x_start and box.y_stop > box.y_start else None

    @property
    def slices(self) -> tuple[slice, slice]:
        """For an array in (y, x) order."""
        return slice(self.y_start, self.y_stop), slice(self.x_start, self.x_stop)

    @property
    def text(self) -> str:
        """For people, as first and last pixel."""
        return (
            f"x {self.x_start} to {self.x_stop - 1}, y {self.y_start} to {self.y_stop - 1} "
            f"({self.x_stop - self.x_start} × {self.y_stop - self.y_start})"
        )


@dataclass(frozen=True)
class Statistics:
    """What can be said of a set of pixels; numbers are NaN where no pixel is left.

    Attributes
    ----------
    n : int
        Pixels used: with a finite value, and without DO_NOT_USE.
    median, mean, minimum, maximum : float
        In the unit of the picture.
    sigma : float
        Sample standard deviation (n - 1).
    mad_sigma : float
        1.4826 times the median absolute deviation: the noise's width whatever the outliers.
    n_nan : int
        Pixels without a finite value.
    n_flagged : int
        Pixels with any data-quality bit, used or not.
    n_do_not_use : int
        Pixels left out for DO_NOT_USE.
    """

    n: int
    median: float
    mean: float
    sigma: float
    mad_sigma: float
    minimum: float
    maximum: float
    n_nan: int
    n_flagged: int
    n_do_not_use: int


def statistics(data: Array, dq: Array | None = None) -> Statistics:
    """Describe a set of pixels.

    Parameters
    ----------
    data : ndarray
        Any shape and type.
    dq : ndarray of uint32, optional
        Data-quality bits of the same shape.

    Returns
    -------
    Statistics
    """
    finite = np.isfinite(data)
    n_nan = int(data.size - np.count_nonzero(finite))
    n_flagged = n_unused = 0
    if dq is not None:
        n_flagged = int(np.count_nonzero(dq))
        unused = (dq & np.uint32(DO_NOT_USE)) != 0
        n_unused = int(np.count_nonzero(unused))
        finite &= ~unused
    values = data[finite]
    if values.size == 0:
        nothing = float("nan")
        return Statistics(0, *(nothing,) * 6, n_nan, n_flagged, n_unused)
    median, spread = _middle(values)
    # float64 sums: in float32 the mean of 16 million electrons counts is off in the third digit
    mean = float(values.mean(dtype=np.float64))
    sigma = float(np.std(values, dtype=np.float64, ddof=1)) if values.size > 1 else float("nan")
    return Statistics(
        int(values.size), median, mean, sigma, spread, float(values.min()), float(values.max()),
        n_nan, n_flagged, n_unused,
    )  # fmt: skip


def _middle(values: Array) -> tuple[float, float]:
    """Median, and the spread around it."""
    with np.errstate(over="ignore", invalid="ignore"):
        median = float(np.median(values))
        spread = MAD_TO_SIGMA * float(np.median(np.abs(values - median)))
    if np.isfinite(spread) or values.dtype == np.float64:
        return median, spread
    return _middle(values.astype(np.float64))  # the mean of the middle two, or a distance, was more than it holds
