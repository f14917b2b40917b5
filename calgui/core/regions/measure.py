"""What can be said of the pixels in a region: statistics, sum with its error, histogram, profiles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.frames.statistics import Statistics, statistics
from calgui.core.regions.masks import inside
from calgui.core.regions.profiles import Profile, across, along, radial
from calgui.core.regions.shapes import Annulus, Circle, Line, Shape

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

_BINS = 60


@dataclass(frozen=True)
class Counted:
    """A histogram.

    Attributes
    ----------
    edges : ndarray of float64, shape (n + 1,)
        Of the bins, in the unit of the picture.
    counts : ndarray of int64, shape (n,)
        Pixels in each.
    below, above : int
        Pixels outside of all bins.
    """

    edges: Floats
    counts: npt.NDArray[np.int64]
    below: int
    above: int


@dataclass(frozen=True)
class Measured:
    """What is in a region.

    Attributes
    ----------
    area : int
        Pixels whose centres are inside the region and the picture; samples along a line.
    statistics : Statistics
        Of those with a finite value and without DO_NOT_USE.
    total : float
        Their sum; NaN where there are none.
    total_error : float
        Of the sum, errors of pixels taken as independent; NaN without errors.
    histogram : Counted or None
        None where no pixel is left.
    profiles : tuple of Profile
        Along x and y, and by distance for what is round; along the line for a line.
    """

    area: int
    statistics: Statistics
    total: float
    total_error: float
    histogram: Counted | None
    profiles: tuple[Profile, ...]


def measure(shape: Shape, values: Array, err: Array | None = None, dq: Array | None = None) -> Measured:
    """Measure a region of a picture.

    Parameters
    ----------
    shape : Shape
        In pixels of the picture.
    values : ndarray, shape (ny, nx)
        The picture.
    err : ndarray, optional
        One standard deviation of each pixel, same shape.
    dq : ndarray of uint32, optional
        Data-quality bits, same shape.

    Returns
    -------
    Measured
        Of nothing where the region lies outside.
    """
    if isinstance(shape, Line):
        profile = along(values, shape)
        there = profile.value[np.isfinite(profile.value)]
        total = float(there.sum()) if there.size else float("nan")
        return Measured(len(profile.value), statistics(profile.value), total, float("nan"), _count(there), (profile,))
    found = inside(shape, (values.shape[0], values.shape[1]))
    if found is None:
        return Measured(0, statistics(np.empty(0)), float("nan"), float("nan"), None, ())
    box, mask = found
    part = values[box.slices][mask]
    bits = None if dq is None else dq[box.slices][mask]
    told = statistics(part, bits)
    used = np.isfinite(part)
    if bits is not None:
        used &= (bits & np.uint32(DO_NOT_USE)) == 0
    good = part[used].astype(np.float64)
    error = float("nan")
    if err is not None and good.size:
        error = float(np.sqrt(np.sum(err[box.slices][mask][used].astype(np.float64) ** 2)))
    usable = mask.copy()
    usable[mask] = used
    profiles = [across(values, usable, box, "row"), across(values, usable, box, "column")]
    if isinstance(shape, Circle | Annulus):
        profiles.insert(0, radial(values, usable, box, shape.x, shape.y))
    total = float(good.sum()) if good.size else float("nan")
    return Measured(int(np.count_nonzero(mask)), told, total, error, _count(good), tuple(profiles))


def _count(values: Floats) -> Counted | None:
    """Bins over the bulk of the values; one hot pixel would put all others into the first."""
    if values.size == 0:
        return None
    low, middle, high = (float(value) for value in np.percentile(values, (1.0, 50.0, 99.0)))
    reach = max(high - middle, middle - low) * 1.5
    if reach <= 0:
        reach = max(abs(middle) * 1e-3, 0.5)
    low, high = max(float(values.min()), middle - reach), min(float(values.max()), middle + reach)
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        low, high = middle - reach, middle + reach
    counts, edges = np.histogram(values, _BINS, (low, high))
    return Counted(
        edges.astype(np.float64),
        counts.astype(np.int64),
        int(np.count_nonzero(values < low)),
        int(np.count_nonzero(values > high)),
    )
