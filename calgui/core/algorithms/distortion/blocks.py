"""Products of tall matrices in pieces that are multiplied by one thread.

The matrices of a fit are small: a product takes a millisecond. Libraries share it among threads all the same, and on a
machine whose cores are busy these wait for each other a hundred times longer.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

#: multiplications of a piece; OpenBLAS begins to share at twice that many, and for a vector at 9,216
_MATRIX, _VECTOR = 1 << 17, 8192

Matrix = npt.NDArray[Any]


def gram(a: Matrix, b: Matrix) -> Matrix:
    """Conjugate transpose of one tall matrix times another.

    Parameters
    ----------
    a : ndarray, shape (n, columns)
        Tall.
    b : ndarray, shape (n, others) or (n,)
        As tall.

    Returns
    -------
    ndarray, shape (columns, others) or (columns,)
    """
    step = _rows(a, b.shape[1:])
    made = a[:step].conj().T @ b[:step]
    for start in range(step, len(a), step):
        made += a[start : start + step].conj().T @ b[start : start + step]
    return made


def times(a: Matrix, b: Matrix) -> Matrix:
    """A tall matrix times a small one.

    Parameters
    ----------
    a : ndarray, shape (n, columns)
        Tall.
    b : ndarray, shape (columns, others) or (columns,)
        Small.

    Returns
    -------
    ndarray, shape (n, others) or (n,)
    """
    made = np.empty((len(a), *b.shape[1:]), np.result_type(a, b))
    step = _rows(a, b.shape[1:])
    for start in range(0, len(a), step):
        made[start : start + step] = a[start : start + step] @ b
    return made


def _rows(a: Matrix, others: tuple[int, ...]) -> int:
    columns = max(int(a.shape[1]), 1)
    most = _MATRIX // (columns * others[0]) if others and others[0] else _VECTOR // columns
    return max(most, 1)
