"""From the pupil to the image: Fourier transforms by matrix, exact at any sampling.

Soummer, Pueyo, Sivaramakrishnan and Vanderbei 2007, Optics Express 15, 15935.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.optics.band import Band
from calgui.core.optics.pupil import Floats, Pupil
from calgui.core.optics.raster import pupil_mask

RAD_PER_MAS = math.pi / 180 / 3600e3
#: cells across the pupil: 3.9 cm of 30 m, which show at 1 µm what lies within 2.6 arcsec
CELLS = 768


def star_density(
    pupil: Pupil, band: Band, x_mas: Floats, y_mas: Floats, rotation_deg: float = 0.0, cells: int = CELLS
) -> Floats:
    """Light of a star through a pupil without wavefront error, before any pixel.

    Parameters
    ----------
    pupil : Pupil
        What lets light through.
    band : Band
        Wavelengths and weights.
    x_mas, y_mas : ndarray of float64, shapes (nx,) and (ny,)
        Where, mas from the star; steps of their own are not needed.
    rotation_deg : float
        By which the pupil is turned, from x towards y.
    cells : int
        Cells across the pupil.

    Returns
    -------
    ndarray of float64, shape (ny, nx)
        Part of the star's light per mas²; its integral over all the plane is 1.
    """
    mask = pupil_mask(pupil, cells, rotation_deg)
    cell = pupil.diameter_m / cells
    area = float(mask.sum()) * cell**2
    places = ((np.arange(cells) + 0.5) * cell - pupil.diameter_m / 2).astype(np.float64)
    grid = mask.astype(np.float32)
    even = bool(np.allclose(grid, grid[::-1, ::-1], atol=1e-4))
    total = np.zeros((y_mas.size, x_mas.size))
    for wavelength, weight in zip(band.wavelengths_um, band.weights, strict=True):
        per_mas = 2 * math.pi * RAD_PER_MAS / (wavelength * 1e-6)
        # grey cells are averages: what averaging takes away at the image's edge is given back
        given = 1 / (np.sinc(_turns(y_mas, cell, wavelength))[:, None] * np.sinc(_turns(x_mas, cell, wavelength)))
        light = _power(grid, per_mas * np.outer(y_mas, places), per_mas * np.outer(x_mas, places), even)
        scale = weight * cell**4 / (area * (wavelength * 1e-6) ** 2) * RAD_PER_MAS**2
        total += scale * light * given**2
    return total


def _turns(angle_mas: Floats, cell: float, wavelength_um: float) -> Floats:
    return np.asarray(angle_mas * (RAD_PER_MAS * cell / (wavelength_um * 1e-6)))


def _power(grid: npt.NDArray[np.float32], phase_y: Floats, phase_x: Floats, even: bool) -> npt.NDArray[Any]:
    """|transform|² of a real map by the phases of rows and columns; of an even map it is real."""
    rows = (np.cos(phase_y).astype(np.float32) @ grid, np.sin(phase_y).astype(np.float32) @ grid)
    columns = (np.cos(phase_x).astype(np.float32).T, np.sin(phase_x).astype(np.float32).T)
    real = rows[0] @ columns[0] - rows[1] @ columns[1]
    power = real.astype(np.float64) ** 2
    if not even:
        power += (rows[0] @ columns[1] + rows[1] @ columns[0]).astype(np.float64) ** 2
    return np.asarray(power)
