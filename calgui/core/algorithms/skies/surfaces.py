"""Surfaces of second order through maps of cells: what vignetting and gradients make of a sky."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.skies.cells import Cells
from calgui.core.algorithms.skies.levels import level_of

#: fewest cells of which a surface is fitted
_FEWEST = 12


def fitted_surface(cells: Cells, clip: float) -> npt.NDArray[np.float64]:
    """Fit a surface to cells, without those that stand above it.

    Parameters
    ----------
    cells : ndarray of float64, shape (ny, nx)
        NaN where nothing is known.
    clip : float
        Cells that stand higher than this, in noise of the cells, do not count.

    Returns
    -------
    ndarray of float64, shape (6,)
        Of 1, x, y, x², x y, y²; x and y go from -1 to 1 between the middles of the first and the last cells.
    """
    terms = _terms(cells.shape)
    values = cells.reshape(-1)
    known = np.isfinite(values)
    found: npt.NDArray[np.float64] = np.zeros(6)
    if np.count_nonzero(known) < _FEWEST:
        return found
    kept = known.copy()
    for _ in range(10):
        # six terms on a square are well conditioned: normal equations do
        some = terms[kept]
        found = np.linalg.lstsq(some.T @ some, some.T @ values[kept], rcond=None)[0].astype(np.float64)
        rest = values - terms @ found
        level = level_of(rest[known])
        again = known & (rest < level.value + clip * level.sigma)
        if not level.sigma > 0 or np.array_equal(again, kept) or np.count_nonzero(again) < _FEWEST:
            break
        kept = again
    return found


def values_of(found: npt.NDArray[np.float64], shape: tuple[int, ...]) -> Cells:
    """A surface at the middles of cells.

    Parameters
    ----------
    found : ndarray of float64
        From `fitted_surface`.
    shape : tuple of int
        (ny, nx) of the cells.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
    """
    made: Cells = (_terms(shape) @ found).reshape(shape)
    return made


@lru_cache(maxsize=32)
def _terms(shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    y, x = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
