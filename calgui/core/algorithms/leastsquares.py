"""Linear least squares of many values and few unknowns, by the normal equations."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: relative to the largest: what is weaker is no unknown of its own
_WEAKEST = 1e-12


def solve(design: Floats, values: Floats) -> Floats:
    """Coefficients that bring a sum of columns nearest to values.

    Parameters
    ----------
    design : ndarray of float64, shape (n, p)
        Columns, weighted; nearly independent of one another, as lines and an orthogonal continuum are.
    values : ndarray of float64, shape (n,)
        Weighted alike.

    Returns
    -------
    ndarray of float64, shape (p,)
        Some hundred times sooner than a decomposition of all rows, which the preview has no time for.
    """
    norm = np.sqrt(np.maximum(np.einsum("ij,ij->j", design, design), 1e-300))
    normal = (design.T @ design) / np.outer(norm, norm)
    right = (design.T @ values) / norm
    return np.asarray(np.linalg.pinv(normal, rcond=_WEAKEST, hermitian=True) @ right / norm)
