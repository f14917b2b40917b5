"""Local statistics of an image: median and spread in tiles, and pixels that stand out from them."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def tile_medians(image, good, first, last, out):  # type: ignore[no-untyped-def]
    """Median of the good, finite pixels of each tile of the tile rows ``first`` to ``last``; NaN under 16 of them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit.
    good : ndarray of bool
        Same shape.
    first, last : int
        Rows of tiles.
    out : ndarray of float64, shape (tile rows, tile columns)
        In the image's unit.
    """
    ny, nx = image.shape
    rows, columns = out.shape
    values = np.empty((ny // rows + 2) * (nx // columns + 2), np.float32)
    for row in range(first, last):
        for column in range(columns):
            count = 0
            for y in range(row * ny // rows, (row + 1) * ny // rows):
                for x in range(column * nx // columns, (column + 1) * nx // columns):
                    if good[y, x] and np.isfinite(image[y, x]):
                        values[count] = image[y, x]
                        count += 1
            out[row, column] = np.median(values[:count]) if count >= 16 else np.nan


@_jit
def between_tiles(tiles, y, x, ny, nx):  # type: ignore[no-untyped-def]
    """Value of a map of tiles at a pixel, linear between the tiles' centres."""
    rows, columns = tiles.shape
    v = min(max((y + 0.5) * rows / ny - 0.5, 0.0), rows - 1.0)
    u = min(max((x + 0.5) * columns / nx - 0.5, 0.0), columns - 1.0)
    j = min(int(v), max(rows - 2, 0))
    i = min(int(u), max(columns - 2, 0))
    b = v - j
    a = u - i
    down = min(j + 1, rows - 1)
    right = min(i + 1, columns - 1)
    return (1 - b) * ((1 - a) * tiles[j, i] + a * tiles[j, right]) + b * (
        (1 - a) * tiles[down, i] + a * tiles[down, right]
    )


@_jit
def tile_deviations(image, good, medians, first, last, out):  # type: ignore[no-untyped-def]
    """Median distance of the good pixels of each tile from the interpolated medians; NaN under 16 of them.

    Parameters
    ----------
    image, good : ndarray
        As for `tile_medians`.
    medians : ndarray of float64, shape (tile rows, tile columns)
        Finite.
    first, last : int
        Rows of tiles.
    out : ndarray of float64
        Shape of ``medians``.
    """
    ny, nx = image.shape
    rows, columns = out.shape
    values = np.empty((ny // rows + 2) * (nx // columns + 2), np.float32)
    for row in range(first, last):
        for column in range(columns):
            count = 0
            for y in range(row * ny // rows, (row + 1) * ny // rows):
                for x in range(column * nx // columns, (column + 1) * nx // columns):
                    if good[y, x] and np.isfinite(image[y, x]):
                        values[count] = abs(image[y, x] - between_tiles(medians, y, x, ny, nx))
                        count += 1
            out[row, column] = np.median(values[:count]) if count >= 16 else np.nan


@_jit
def flag_excess(image, good, level, sigma, high, low, high_bits, low_bits, first, last, dq):  # type: ignore[no-untyped-def]
    """Flag the good pixels that exceed the local level by more than so many local sigma.

    Parameters
    ----------
    image, good : ndarray
        As for `tile_medians`.
    level, sigma : ndarray of float64, shape (tile rows, tile columns)
        Finite; where sigma is 0 nothing is flagged.
    high, low : float
        Thresholds in sigma.
    high_bits, low_bits : uint32
        Flags of pixels above ``high``, and of those between ``low`` and ``high``.
    first, last : int
        Rows of the image.
    dq : ndarray of uint32
        Bits are added to it.

    Returns
    -------
    tuple of int
        Pixels above ``high``, and between.
    """
    ny, nx = image.shape
    many = 0
    some = 0
    for y in range(first, last):
        for x in range(nx):
            if not good[y, x] or not np.isfinite(image[y, x]):
                continue
            width = between_tiles(sigma, y, x, ny, nx)
            excess = image[y, x] - between_tiles(level, y, x, ny, nx)
            if width <= 0:
                continue
            if excess > high * width:
                dq[y, x] |= high_bits
                many += 1
            elif excess > low * width:
                dq[y, x] |= low_bits
                some += 1
    return many, some
