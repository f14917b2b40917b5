"""The grid that spectra are brought to."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.spectralgrid.config import GridConfig
from calgui.core.errors import UsageError

Floats = npt.NDArray[np.float64]

#: more pixels than this for each of a spectrum are a slip of the pen
_MOST = 20
_NM = 1e3


@dataclass(frozen=True)
class Grid:
    """Linear in wavelength.

    Attributes
    ----------
    start, step : float
        Middle of the first cell, and the width of all; nm, in the medium that was asked for.
    number : int
        Of cells.
    """

    start: float
    step: float
    number: int

    @property
    def edge(self) -> float:
        """Lower edge of the first cell, nm."""
        return self.start - self.step / 2

    @property
    def wavelengths(self) -> Floats:
        """Middles of the cells, nm."""
        return np.asarray(self.start + self.step * np.arange(self.number), np.float64)


def grid_for(wavelength: Floats, config: GridConfig) -> Grid:
    """The grid that options ask for, or that fits the spectra.

    Parameters
    ----------
    wavelength : ndarray of float64, shape (n, pixels)
        Rising; nm, in the medium of the grid; NaN of spectra without.
    config : GridConfig
        ``start``, ``step``, ``number``, ``range``.

    Returns
    -------
    Grid

    Raises
    ------
    UsageError
        The spectra have nothing in common, or the grid would be absurdly long.
    """
    known = wavelength[np.isfinite(wavelength).all(axis=1)]
    pace = np.diff(known, axis=1)
    step = config.step * _NM if config.step is not None else float(np.median(pace))
    lows, highs = known[:, 0] - pace[:, 0] / 2, known[:, -1] + pace[:, -1] / 2
    common = config.range == "common"
    low = float(lows.max() if common else lows.min())
    high = float(highs.min() if common else highs.max())
    if config.start is not None:
        low = config.start * _NM - step / 2
    if config.number is not None:
        number = config.number
    else:
        # cells that are whole, or that hold every pixel
        cells = (high - low) / step
        number = math.floor(cells + 1e-6) if common else math.ceil(cells - 1e-6)
    if number < 2:
        raise UsageError(
            f"From {low / _NM:.5f} to {high / _NM:.5f} µm there is no grid of steps of {step / _NM:.3g} µm.",
            cure="Choose range=all, or another start and step.",
        )
    if number > _MOST * wavelength.shape[1] and config.number is None:
        raise UsageError(
            f"Steps of {step / _NM:.3g} µm make {number} pixels of spectra that have {wavelength.shape[1]}.",
            cure=f"The spectra's own step is {float(np.median(pace)) / _NM:.3g} µm: choose one near it, or a number.",
        )
    return Grid(low + step / 2, step, number)
