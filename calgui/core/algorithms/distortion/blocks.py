"""Products of tall matrices in pieces that are multiplied by one thread.

The matrices of a fit are small: a product takes a millisecond. Libraries share it among threads all the same, and on a
machine whose cores are busy these wait for each other a hundred times longer.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

#: multiplications of a piece; OpenBLAS begins to share at twice that many
_MATRIX = 1 << 17
#: of a vector it shares from 9,216 real or 4,096 complex elements of the matrix
_VECTOR, _COMPLEX_VECTOR = 8192, 3584

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
    if _mixed(a, b):
        return _together(gram(a, _apart(b)), b.ndim)
    step = _rows(a, b)
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
    if _mixed(a, b):
        return _together(times(a, _apart(b)), b.ndim)
    made = np.empty((len(a), *b.shape[1:]), np.result_type(a, b))
    step = _rows(a, b)
    for start in range(0, len(a), step):
        np.matmul(a[start : start + step], b, out=made[start : start + step])
    return made


def _mixed(a: Matrix, b: Matrix) -> bool:
    """Real times complex, of which numpy would make a complex product with four times the work."""
    return not np.iscomplexobj(a) and np.iscomplexobj(b)


def _apart(b: Matrix) -> Matrix:
    """Real and imaginary parts as columns next to each other."""
    return np.ascontiguousarray(b).view(np.float64).reshape(len(b), -1)


def _together(made: Matrix, ndim: int) -> Matrix:
    whole = np.ascontiguousarray(made).view(np.complex128)
    return whole[:, 0] if ndim == 1 else whole


def _rows(a: Matrix, b: Matrix) -> int:
    columns = max(int(a.shape[1]), 1)
    others = int(b.shape[1]) if b.ndim > 1 else 1
    if others > 1:
        return max(_MATRIX // (columns * others), 1)
    return max((_COMPLEX_VECTOR if np.iscomplexobj(a) else _VECTOR) // columns, 1)
