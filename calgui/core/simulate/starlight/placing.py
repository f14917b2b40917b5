"""Stars on an image."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.starlight.light import StarLight, star_light


def add_light(image: npt.NDArray[np.float32], x: float, y: float, flux: float, light: StarLight) -> None:
    """Add a star to an image, in place.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What it is added to.
    x, y : float
        From 0 at the centre of the first pixel.
    flux : float
        All its light; some of it lies beyond what is known of the star, 2 arcsec on each side.
    light : StarLight
        Its image.
    """
    column, row = math.floor(x + 0.5), math.floor(y + 0.5)
    half = light.field // 2
    tiles = []
    for middle, count in ((row, image.shape[0]), (column, image.shape[1])):
        low, high = max(0, middle - half), min(count, middle - half + light.field)
        if high <= low:
            return
        tiles.append((slice(low, high), slice(low - middle + half, high - middle + half)))
    seen = light.image(x - column, y - row)
    image[tiles[0][0], tiles[1][0]] += np.float32(flux) * seen[tiles[0][1], tiles[1][1]]


def star_image(
    shape: tuple[int, int], x: float, y: float, flux: float, filter: str, strehl: float, rotation_deg: float = 0.0
) -> npt.NDArray[np.float32]:
    """An image of one star.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, pixels of 4 mas.
    x, y : float
        From 0 at the centre of the first pixel.
    flux : float
        All its light.
    filter : str
        As in `calgui.core.simulate.filters.FILTERS`.
    strehl : float
        Ratio that is aimed at; `calgui.core.simulate.starlight.measures` of the same `star_light` tells what it is.
    rotation_deg : float
        Of the pupil: PROTANG.

    Returns
    -------
    ndarray of float32
        In units of the flux.
    """
    row = FILTERS[filter]
    image = np.zeros(shape, np.float32)
    add_light(image, x, y, flux, star_light((row.wavemin, row.wavemax), strehl, rotation_deg))
    return image
