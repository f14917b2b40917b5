"""Making a large picture small without losing its hot pixels: a block becomes one pixel.

By its mean unless a pixel of it stands out, which then speaks for all (``outliers``); or by maximum, mean or minimum.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.jobs import Job

Array = npt.NDArray[Any]

#: how a block becomes one pixel; ``flags`` joins data-quality bits
Reduction = Literal["outliers", "maximum", "mean", "minimum", "flags"]

_JOIN: dict[str, Any] = {"maximum": np.fmax, "minimum": np.fmin, "mean": np.add, "flags": np.bitwise_or}

#: pixels handled at a time: few enough to stay in the processor's cache, so many that calls do not count
_BAND = 1_000_000

#: a pixel stands out where it lies so many deviations further from the mean of its block than is usual
_STANDS_OUT = 8.0
#: blocks that say what is usual
_USUAL = 50_000


def reduced_shape(shape: tuple[int, ...], factor: int) -> tuple[int, int]:
    """Shape after reducing; blocks that the edge cuts count.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    factor : int
        Side of a block.

    Returns
    -------
    tuple of int
        (ny, nx), rounded up.
    """
    return -(-shape[0] // factor), -(-shape[1] // factor)


def _join(image: Array, factor: int, join: Any) -> Array:
    """Blocks joined by a ufunc, along y and then along x: whole blocks, then those that the edge cuts."""
    whole = image.shape[0] // factor * factor
    high, wide = reduced_shape(image.shape, factor)
    tall = np.empty((high, image.shape[1]), image.dtype)
    join.reduce(image[:whole].reshape(-1, factor, image.shape[1]), axis=1, out=tall[: whole // factor])
    if whole < image.shape[0]:
        join.reduce(image[whole:], axis=0, out=tall[-1])
    whole = image.shape[1] // factor * factor
    small = np.empty((high, wide), image.dtype)
    left = small[:, : whole // factor]
    join(tall[:, 0:whole:factor], tall[:, 1:whole:factor], out=left)
    for column in range(2, factor):
        join(left, tall[:, column:whole:factor], out=left)
    if whole < image.shape[1]:
        join.reduce(tall[:, whole:], axis=1, out=small[:, -1])
    return small


def reduce_band(band: Array, factor: int, how: Reduction) -> Array:
    """Reduce a few whole rows of a picture.

    Parameters
    ----------
    band : ndarray, shape (n, nx)
        Starting at a multiple of ``factor`` rows.
    factor : int
        Side of a block, in pixels.
    how : str
        ``maximum``, ``minimum`` and ``mean`` leave NaN out (a block of NaN alone stays NaN). Not ``outliers``, for
        which bands are too little: see `reduce_bands`.

    Returns
    -------
    ndarray
        Of the same type; float32 for a mean of whole numbers.
    """
    if factor <= 1 or band.size == 0:
        return band
    if how != "mean":
        return _join(band, factor, _JOIN[how])
    numbers = band if band.dtype.kind == "f" else band.astype(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        total = _join(numbers, factor, np.add)
    if np.isfinite(total).all():  # a sum is finite only where all are
        rows = np.full(total.shape[0], factor, total.dtype)
        columns = np.full(total.shape[1], factor, total.dtype)
        rows[-1] = band.shape[0] - factor * (total.shape[0] - 1)
        columns[-1] = band.shape[1] - factor * (total.shape[1] - 1)
        return np.asarray(total / (rows[:, None] * columns[None, :]))
    ones = np.isfinite(numbers)
    with np.errstate(invalid="ignore", over="ignore"):
        total = _join(np.where(ones, numbers, 0), factor, np.add)
    count = _join(ones.astype(total.dtype), factor, np.add)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, total / count, np.nan).astype(total.dtype))


def _keep_outliers(means: Array, highest: Array, lowest: Array) -> Array:
    """The means, but the highest or lowest pixel of a block where that stands out."""
    with np.errstate(invalid="ignore", over="ignore"):
        above, below = highest - means, means - lowest
    high, low = above > _unusual(above), below > _unusual(below)
    darker = low & (below > above * 1.0001)  # of two pixels that the edge leaves, the higher one
    return np.where(high & ~darker, highest, np.where(low, lowest, means)).astype(means.dtype)


def _unusual(distances: Array) -> float:
    """Distance from the mean of a block from which on a pixel stands out."""
    step = max(1, distances.size // _USUAL)
    some = distances.reshape(-1)[::step]
    some = some[np.isfinite(some)].astype(np.float64)  # the mean of the middle two may be more than they can hold
    if some.size == 0:
        return np.inf
    usual = float(np.median(some))
    return usual + _STANDS_OUT * 1.4826 * float(np.median(np.abs(some - usual)))


def band_rows(width: int, factor: int) -> int:
    """Rows that `reduce_bands` asks for at a time.

    Parameters
    ----------
    width : int
        Columns of the picture.
    factor : int
        Side of a block.

    Returns
    -------
    int
        A multiple of ``factor``.
    """
    return max(1, _BAND // max(width * factor, 1)) * factor


def reduce_bands(
    read: Callable[[int, int], Array],
    shape: tuple[int, int],
    factor: int,
    how: Reduction,
    job: Job | None = None,
    threads: int = 1,
) -> Array:
    """Reduce a picture that is read band by band, so that it is never in memory whole.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives whole rows; each band is used up before the same thread asks for
        another.
    shape : tuple of int
        (ny, nx) of the picture.
    factor : int
        Side of a block, in pixels.
    how : str
        See `reduce_band`; or ``outliers``: the mean of each block, but the pixel of it that lies furthest off where
        that is unusual for the picture, so that a hot pixel stays and noise does not look brighter than it is.
    job : Job, optional
        Looked at between bands.
    threads : int
        In how many threads bands are read and reduced at a time; ``read`` is called from all of them.

    Returns
    -------
    ndarray
        Of `reduced_shape`.
    """
    if 0 in shape:
        return np.empty(reduced_shape(shape, factor), np.float32)
    rows = band_rows(shape[1], factor)

    ways: tuple[Reduction, ...] = ("mean", "maximum", "minimum") if how == "outliers" and factor > 1 else (how,)

    def part(start: int) -> list[Array]:
        if job is not None:
            job.check()
        band = read(start, min(start + rows, shape[0]))
        # the reader may use the memory of a band again
        return [reduce_band(band, factor, way) if factor > 1 else band.copy() for way in ways]

    starts = range(0, shape[0], rows)
    if min(threads, len(starts)) < 2:
        parts = [part(start) for start in starts]
    else:
        with ThreadPoolExecutor(threads, thread_name_prefix="calgui-reduce") as pool:
            parts = list(pool.map(part, starts))
    joined = [np.concatenate(some) for some in zip(*parts, strict=True)]
    return joined[0] if len(joined) == 1 else _keep_outliers(joined[0], joined[1], joined[2])


class Pyramid:
    """A picture with its reductions by whole factors, each made once; safe to share between threads.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the picture.
    how : str
        See `reduce_band`.
    image : ndarray, optional
        The picture itself, in native byte order; not copied, never changed. It may come later (`add` with factor 1).
    """

    def __init__(self, shape: tuple[int, int], how: Reduction, image: Array | None = None) -> None:
        self.shape = shape
        self.how = how
        self._levels: dict[int, Array] = {}
        self._lock = threading.Lock()
        if image is not None:
            self.add(1, image)

    @property
    def factors(self) -> tuple[int, ...]:
        """Factors that are at hand, smallest first; 1 is the picture itself."""
        with self._lock:
            return tuple(sorted(self._levels))

    def add(self, factor: int, level: Array) -> None:
        """Keep a reduction that was made elsewhere.

        Parameters
        ----------
        factor : int
            Side of a block; 1 for the picture itself.
        level : ndarray
            Of `reduced_shape`.
        """
        if level.shape != reduced_shape(self.shape, factor):
            raise ValueError(f"a level of shape {level.shape} does not belong to {self.shape} by {factor}")
        with self._lock:
            self._levels[factor] = level

    def build(self, factor: int, job: Job | None = None) -> bool:
        """Reduce by a factor, unless that is at hand already.

        Parameters
        ----------
        factor : int
            Side of a block, at least 1.
        job : Job, optional
            Looked at while working.

        Returns
        -------
        bool
            Whether the level is at hand now; False while there is no picture to make it from.
        """
        with self._lock:
            if factor in self._levels:
                return True
            # a maximum of maxima is the maximum; a mean of means is not where blocks are cut or hold NaN
            joins = self.how not in ("mean", "outliers")
            usable = [known for known in self._levels if factor % known == 0 and (known == 1 or joins)]
            if not usable:
                return False
            base_factor = max(usable)
            base = self._levels[base_factor]
        shape = reduced_shape(self.shape, base_factor)
        step = factor // base_factor
        self.add(factor, reduce_bands(lambda start, stop: base[start:stop], shape, step, self.how, job))
        return True

    def best(self, factor: int) -> tuple[int, Array]:
        """The reduction to draw now: the one asked for, else the next coarser one, else the coarsest at hand.

        Parameters
        ----------
        factor : int
            Side of the block that one screen pixel shows.

        Returns
        -------
        factor : int
            Of the level given.
        level : ndarray
        """
        with self._lock:
            coarser = [known for known in self._levels if known >= factor]
            chosen = min(coarser) if coarser else max(self._levels)
            return chosen, self._levels[chosen]
