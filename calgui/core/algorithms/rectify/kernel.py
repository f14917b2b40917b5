"""Weights of the interpolation, whose squares make the errors."""

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

Kernel = Literal["cubic", "linear"]
#: order of the spline
ORDERS: dict[Kernel, int] = {"cubic": 3, "linear": 1}
#: fractions of a pixel at which weights are tabled
_PHASES = 256


@cache
def squared_weights(kernel: Kernel, reach: int) -> npt.NDArray[np.float64]:
    """Squares of the weights that pixels have in a place between them.

    Parameters
    ----------
    kernel : str
        ``cubic`` or ``linear``.
    reach : int
        Pixels on each side; those of the cubic spline beyond 3 are below 1 % of the error.

    Returns
    -------
    ndarray of float64, shape (257, 2 reach)
        By fraction of a pixel from 0 to 1; pixel k lies at k - reach + 1.
    """
    from scipy.ndimage import map_coordinates

    middle = 40
    line = np.zeros(2 * middle)
    line[middle] = 1.0
    phases = np.arange(_PHASES + 1) / _PHASES
    steps = np.arange(2 * reach) - reach + 1
    at = middle + phases[:, None] - steps[None]
    made: npt.NDArray[np.float64] = map_coordinates(line, [at.ravel()], order=ORDERS[kernel], mode="constant") ** 2
    made = made.reshape(at.shape)
    made.flags.writeable = False
    return made
