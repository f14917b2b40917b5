"""Level or noise of every pixel from maps of tiles and strips."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def expand(tiles, columns, rows, product, first, last, ny, out):  # type: ignore[no-untyped-def]
    """Values of rows of an image: linear between the centres of tiles, with what strips add or multiply.

    Parameters
    ----------
    tiles : ndarray of float64, shape (tile rows, tile columns)
        Finite.
    columns : ndarray of float64, shape (strips, nx)
        Strip k serves the rows from k ny // strips.
    rows : ndarray of float64, shape (ny, strips)
        In the same way along x; not looked at where values are multiplied.
    product : bool
        Whether the values of the strips are multiplied, not added.
    first, last : int
        Rows of the image.
    ny : int
        Rows of the whole image.
    out : ndarray of float32, shape (last - first, nx)
        The values.
    """
    nx = columns.shape[1]
    high, wide = tiles.shape
    line = np.empty(wide, np.float64)
    for y in range(first, last):
        v = min(max((y + 0.5) * high / ny - 0.5, 0.0), high - 1.0)
        j = min(int(v), max(high - 2, 0))
        b = v - j
        down = min(j + 1, high - 1)
        for i in range(wide):
            line[i] = (1 - b) * tiles[j, i] + b * tiles[down, i]
        up = ((y + 1) * columns.shape[0] - 1) // ny
        for x in range(nx):
            u = min(max((x + 0.5) * wide / nx - 0.5, 0.0), wide - 1.0)
            i = min(int(u), max(wide - 2, 0))
            a = u - i
            value = (1 - a) * line[i] + a * line[min(i + 1, wide - 1)]
            if product:
                out[y - first, x] = np.float32(value * columns[up, x])
            else:
                across = ((x + 1) * rows.shape[1] - 1) // nx
                out[y - first, x] = np.float32(value + columns[up, x] + rows[y, across])
