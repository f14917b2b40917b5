"""What a pixel does to an image: it sums over its area, leaks into its neighbours, and the source has a size."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """The pixel's response, as transfer functions whose product is exact at every place.

    Attributes
    ----------
    pixel_mas : float
        Side of a pixel, mas: a top-hat.
    coupling : float
        Part of a pixel's charge that each of its four neighbours shows (inter-pixel capacitance).
    diffusion_mas : float
        Sigma of the charge's diffusion, mas.
    source_mas : float
        Diameter of the source, an even disk: a fiber or a pinhole. 0 for a star.
    """

    pixel_mas: float
    coupling: float = 0.0
    diffusion_mas: float = 0.0
    source_mas: float = 0.0

    def transfer(self, fx: npt.NDArray[np.floating[Any]], fy: npt.NDArray[np.floating[Any]]) -> Floats:
        """How much of each spatial frequency is left.

        Parameters
        ----------
        fx, fy : ndarray of float
            Cycles per mas, of shapes that broadcast.

        Returns
        -------
        ndarray of float64
            1 at frequency 0.
        """
        side = self.pixel_mas
        left = np.sinc(side * fx) * np.sinc(side * fy)
        if self.coupling:
            turn = 2 * np.pi * side
            left = left * (1 - 4 * self.coupling + 2 * self.coupling * (np.cos(turn * fx) + np.cos(turn * fy)))
        if self.diffusion_mas:
            left = left * np.exp(-2 * (np.pi * self.diffusion_mas) ** 2 * (fx**2 + fy**2))
        if self.source_mas:
            from scipy.special import j1

            z = np.pi * self.source_mas * np.hypot(fx, fy)
            left = left * np.where(z > 1e-9, 2 * j1(z) / np.maximum(z, 1e-9), 1.0)
        return np.asarray(left, np.float64)
