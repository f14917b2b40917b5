"""Local level and noise of an image, and the pixels that stand out from them: hot ones, unreliable ones."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_tiles, workers
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.frames.frame import DqArray, FloatArray
from calgui.core.jobs import Job

TileMap = npt.NDArray[np.float64]
#: pixels of an image that needs no second thread
_SMALL = 300_000
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LocalStatistics:
    """Level and noise in tiles over an image.

    Attributes
    ----------
    level : ndarray of float64, shape (tile rows, tile columns)
        Medians; finite unless the image has no good pixel.
    sigma : ndarray of float64, same shape
        1.4826 times the median distance from the interpolated level.
    """

    level: TileMap
    sigma: TileMap

    @property
    def typical_sigma(self) -> float:
        """Median of the tiles' sigma."""
        return float(np.median(self.sigma))


def tile_medians(image: FloatArray, good: BoolArray, shape: tuple[int, int], job: Job) -> TileMap:
    """Medians of an image in tiles.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        NaN is left out.
    good : ndarray of bool
        Pixels that count.
    shape : tuple of int
        Rows and columns of tiles.
    job : Job
        Cancel.

    Returns
    -------
    ndarray of float64
        NaN where too few pixels of a tile are good.
    """
    kernels = compiled_tiles()
    made = np.full(shape, np.nan)
    share(shape[0], lambda a, b: kernels.tile_medians(image, good, a, b, made), job, image.size)
    return made


def tile_levels(image: FloatArray, good: BoolArray, box: int, job: Job) -> TileMap | None:
    """Medians of an image in tiles of about ``box`` pixels on a side, all of them known.

    Parameters
    ----------
    image, good, job
        As for `tile_medians`.
    box : int
        Side of a tile.

    Returns
    -------
    ndarray of float64 or None
        Tiles with too few good pixels have the median of the others; None where there are no others.
    """
    made = tile_medians(image, good, tiles_of(image.shape, box), job)
    known = np.isfinite(made)
    if not known.any():
        return None
    made[~known] = np.median(made[known])
    return made


def tiles_of(shape: tuple[int, ...], box: int) -> tuple[int, int]:
    """How many rows and columns of tiles of about ``box`` pixels on a side an image has."""
    return max(1, round(shape[0] / box)), max(1, round(shape[1] / box))


def local_statistics(image: FloatArray, good: BoolArray, box: int, job: Job) -> LocalStatistics | None:
    """Level and noise of an image in tiles of about ``box`` pixels on a side.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        NaN is left out.
    good : ndarray of bool
        Pixels that count.
    box : int
        Side of a tile.
    job : Job
        Cancel.

    Returns
    -------
    LocalStatistics or None
        None where too few pixels are good to say anything.
    """
    level = tile_levels(image, good, box, job)
    if level is None:
        return None
    kernels = compiled_tiles()
    sigma = np.full(level.shape, np.nan)
    share(level.shape[0], lambda a, b: kernels.tile_deviations(image, good, level, a, b, sigma), job, image.size)
    sigma *= MAD_TO_SIGMA
    # a tile without scatter (few levels of the converter) says nothing of its noise: the others do
    known = np.isfinite(sigma) & (sigma > 0)
    sigma[~known] = np.median(sigma[known]) if known.any() else 0.0
    return LocalStatistics(level, sigma)


def flag_excess(
    image: FloatArray,
    good: BoolArray,
    local: LocalStatistics,
    thresholds: tuple[float, float],
    bits: tuple[int, int],
    dq: DqArray,
    job: Job,
) -> tuple[int, int]:
    """Flag pixels that exceed their surroundings.

    Parameters
    ----------
    image, good : ndarray
        As for `local_statistics`.
    local : LocalStatistics
        Of this image.
    thresholds : tuple of float
        In local sigma, the higher one first.
    bits : tuple of int
        Data-quality bits of pixels above the higher, and between the two.
    dq : ndarray of uint32
        Bits are added to it.
    job : Job
        Cancel.

    Returns
    -------
    tuple of int
        How many pixels got each.
    """
    kernels = compiled_tiles()
    high, low = np.uint32(bits[0]), np.uint32(bits[1])
    counts = share(
        image.shape[0],
        lambda a, b: kernels.flag_excess(
            image, good, local.level, local.sigma, thresholds[0], thresholds[1], high, low, a, b, dq
        ),
        job,
        image.size,
    )
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def share(rows: int, work: Callable[[int, int], Any], job: Job, pixels: int) -> list[Any]:
    """Call a function for parts of some rows in several threads, looking at cancel between them.

    Parameters
    ----------
    rows : int
        How many there are.
    work : callable
        ``work(start, stop)``; it releases the GIL.
    job : Job
        Cancel.
    pixels : int
        Of the image; a small one is done at once, as threads would cost more than they save.

    Returns
    -------
    list
        What the calls gave, in the order of the rows.
    """
    if pixels <= _SMALL:
        job.check()
        return [work(0, rows)]
    step = max(1, rows // 64)
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-tiles") as pool:

        def part(start: int) -> Any:
            return None if job.cancelled else work(start, min(start + step, rows))

        made = list(pool.map(part, range(0, rows, step)))
    job.check()
    return made
