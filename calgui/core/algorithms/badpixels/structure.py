"""The local level and noise of a detector with amplifiers, gradients and glow.

A level that is smooth between tiles runs off at the edge of an amplifier, where level and noise step. So both are
followed along columns and rows first, by medians of strips; a running median over neighbouring columns keeps an edge
where it is, and a single bad column, which is a defect and no structure, out of it. What is left is smooth.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_structure
from calgui.core.algorithms.local import LocalStatistics, TileMap, local_statistics, tile_levels, tile_medians
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]

#: columns (rows) whose median keeps an edge and leaves a defect of under half as many out
_RUNNING = 15
#: length of a strip in tiles: its median of so many pixels has a tenth of their noise or less
_STRIP = 8
#: rows of an image that say what is typical of it
_ALL = 1024
#: fewest good pixels of a detector to say anything of it
_FEWEST = 64


@dataclass(frozen=True)
class Structure:
    """Level and noise of every pixel of an image.

    Attributes
    ----------
    smooth : ndarray of float64, shape (tile rows, tile columns)
        Level that is linear between the tiles' centres.
    columns : ndarray of float64, shape (strips, nx)
        What is added along the columns, each strip for its part of the rows.
    rows : ndarray of float64, shape (ny, strips)
        What is added along the rows.
    noise : ndarray of float64, shape of ``smooth``
        Robust standard deviation about the level, in parts of ``spread``.
    spread : ndarray of float64, shape of ``columns``
        Typical distance from the level along the columns.
    shape : tuple of int
        (ny, nx).
    """

    smooth: TileMap
    columns: TileMap
    rows: TileMap
    noise: TileMap
    spread: TileMap
    shape: tuple[int, int]

    def level(self, start: int = 0, stop: int | None = None) -> FloatArray:
        """Level of some rows.

        Parameters
        ----------
        start, stop : int
            Rows from 0; all of them without.

        Returns
        -------
        ndarray of float32, shape (stop - start, nx)
            In the unit of the image.
        """
        return self._expanded(self.smooth, self.columns, False, start, stop)

    def sigma(self, start: int = 0, stop: int | None = None) -> FloatArray:
        """Noise of some rows.

        Parameters
        ----------
        start, stop : int
            Rows from 0; all of them without.

        Returns
        -------
        ndarray of float32, shape (stop - start, nx)
        """
        return self._expanded(self.noise, self.spread, True, start, stop)

    def _expanded(self, tiles: TileMap, columns: TileMap, product: bool, start: int, stop: int | None) -> FloatArray:
        ny, nx = self.shape
        stop = ny if stop is None else stop
        made = np.empty((stop - start, nx), np.float32)
        compiled_structure().expand(tiles, columns, self.rows, product, start, stop, ny, made)
        return made

    @property
    def typical_level(self) -> float:
        """Median over the image."""
        return float(np.median(self.level(*self._middle)))

    @property
    def typical_sigma(self) -> float:
        """Median over the image."""
        return float(np.median(self.sigma(*self._middle)))

    @property
    def _middle(self) -> tuple[int, int]:
        """Rows that stand for all: there is no need to expand a large image for its median."""
        ny = self.shape[0]
        return (0, ny) if ny <= _ALL else (ny // 2 - _ALL // 2, ny // 2 + _ALL // 2)


def _strip_of(pixels: npt.NDArray[np.intp], length: int, strips: int) -> npt.NDArray[np.intp]:
    """The strip of each pixel, as the compiled loops divide a length: strip k begins at k length // strips."""
    made: npt.NDArray[np.intp] = ((pixels + 1) * strips - 1) // length
    return made


def structure_of(image: FloatArray, good: BoolArray, box: int, job: Job, *, noise: bool = True) -> Structure | None:
    """Find the level and the noise around every pixel.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        NaN is left out.
    good : ndarray of bool
        Pixels that count.
    box : int
        Side of the tiles, pixels.
    job : Job
        Cancel.
    noise : bool
        Whether the noise is wanted; it is 0 everywhere else.

    Returns
    -------
    Structure or None
        None where too few pixels are good.
    """
    if np.count_nonzero(good & np.isfinite(image)) < _FEWEST:
        return None
    ny, nx = image.shape
    strips = max(1, round(ny / (_STRIP * box)))
    columns = _profile(image, good, (strips, nx), 1, job)
    up = _strip_of(np.arange(ny), ny, strips)
    rest = image - columns.astype(np.float32)[up]
    rows = _profile(rest, good, (ny, max(1, round(nx / (_STRIP * box)))), 0, job)
    rest -= rows.astype(np.float32)[:, _strip_of(np.arange(nx), nx, rows.shape[1])]
    level = tile_levels(rest, good, box, job)
    if level is None:
        return None
    nothing = Structure(level, columns, rows, np.zeros_like(level), np.ones_like(columns), (ny, nx))
    if not noise:
        return nothing
    smooth = np.empty((ny, nx), np.float32)
    compiled_structure().expand(level, np.zeros((1, nx)), np.zeros((ny, 1)), False, 0, ny, ny, smooth)
    rest -= smooth
    spread = _profile(np.abs(rest), good, (strips, nx), 1, job)
    known = spread > 0
    if not known.any():
        return nothing
    spread[~known] = np.median(spread[known])
    rest /= spread.astype(np.float32)[up]
    about: LocalStatistics | None = local_statistics(rest, good, box, job)
    if about is None:
        return None
    return Structure(level, columns, rows, about.sigma, spread, (ny, nx))


def _profile(rest: FloatArray, good: BoolArray, shape: tuple[int, int], axis: int, job: Job) -> TileMap:
    """Medians of strips one pixel wide, steady over `_RUNNING` neighbours along ``axis``."""
    from scipy.ndimage import median_filter

    medians = tile_medians(rest, good, shape, job)
    for strip in medians if axis else medians.T:
        known = np.flatnonzero(np.isfinite(strip))
        # beside reference pixels the nearest that are none say what is usual
        strip[:] = np.interp(np.arange(strip.size), known, strip[known]) if known.size else 0.0
    made: TileMap = median_filter(medians, size=(1, _RUNNING) if axis else (_RUNNING, 1), mode="nearest")
    return made
