"""Sums over square cells of an image, in one pass."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def cell_sums(image, good, low, high, side, first, last, sums, count):  # type: ignore[no-untyped-def]
    """Sum and number of the good pixels of the cells in the rows of cells ``first`` to ``last``.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Finite where ``good``.
    good : ndarray of bool
        Same shape.
    low, high : float32
        Values outside count as these.
    side : int
        Of a cell, pixels.
    first, last : int
        Rows of cells.
    sums, count : ndarray of float64, shape (rows of cells, columns of cells)
        Filled.
    """
    ny, nx = image.shape
    columns = sums.shape[1]
    line = np.empty(nx, np.float32)
    many = np.empty(nx, np.int32)
    for row in range(first, last):
        line[:] = 0
        many[:] = 0
        for y in range(row * side, min((row + 1) * side, ny)):
            for x in range(nx):
                if good[y, x]:
                    line[x] += min(max(image[y, x], low), high)
                    many[x] += 1
        for column in range(columns):
            total = 0.0
            number = 0
            for x in range(column * side, min((column + 1) * side, nx)):
                total += line[x]
                number += many[x]
            sums[row, column] = total
            count[row, column] = number
