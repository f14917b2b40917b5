"""Holes of a sky, where sources cover all frames, filled from around them."""

import numpy as np

from calgui.core.algorithms.skies.cells import FEWEST, FINE, BoolArray, Image
from calgui.core.algorithms.skies.levels import clipped_cells, level_of, thinned
from calgui.core.algorithms.skies.surfaces import fitted_surface


def filled(image: Image) -> Image:
    """An image whose NaN are replaced by what lies around them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        With NaN.

    Returns
    -------
    ndarray of float32
        Finite where any pixel is; known pixels are as they were.

    Notes
    -----
    A surface of second order is fitted and taken out, for what vignetting makes of a sky. The rest is filled by pull
    and push (Gortler et al. 1996, "The Lumigraph", section 3.4): means over squares of 2, 4, 8 ... pixels as far as
    they are known, then back from coarse to fine, so that a large hole gets a smooth surface and a small one the mean
    of its neighbours.
    """
    known = np.isfinite(image)
    if known.all() or not known.any():
        return image
    smooth = surface(image, known)
    rest = np.where(known, image - smooth, np.float32(0))
    made: Image = np.where(known, image, smooth + _pulled(rest, known.astype(np.float32)))
    return made


def surface(image: Image, known: BoolArray) -> Image:
    """A surface of second order through the cells of an image.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Finite where ``known``.
    known : ndarray of bool
        Pixels that count.

    Returns
    -------
    ndarray of float32
        Zero where there are too few cells.
    """
    cells = clipped_cells(image, known, level_of(thinned(image, known)), 6)
    made: Image = np.zeros(image.shape, np.float32)
    if np.count_nonzero(np.isfinite(cells)) < FEWEST:
        return made
    fitted = fitted_surface(cells, 3.0)
    ny, nx = image.shape
    # the places of the pixels, on a scale on which the first cell's middle is -1 and the last one's 1
    y, x = (
        (np.arange(n) - (FINE - 1) / 2) / (FINE * max(m - 1, 1)) * 2 - 1
        for n, m in zip((ny, nx), cells.shape, strict=True)
    )
    c = fitted.astype(np.float32)
    y, x = y.astype(np.float32)[:, None], x.astype(np.float32)[None, :]
    made[...] = (c[0] + c[2] * y + c[5] * y * y) + (c[1] * x + c[3] * x * x) + c[4] * (x * y)
    return made


def _pulled(total: Image, weight: Image) -> Image:
    """Values everywhere, from weighted ones: ``total`` is value times weight."""
    ny, nx = total.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        own = total / weight
    if max(ny, nx) <= 1 or (weight >= 1).all():
        made: Image = np.nan_to_num(own)
        return made
    padded = [np.pad(plane, ((0, ny % 2), (0, nx % 2))) for plane in (total, weight)]
    halves = [plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2] for plane in padded]
    # beyond one known pixel more of them do not count more than the coarser level does
    cut = np.minimum(halves[1], 1) / np.maximum(halves[1], np.float32(1e-12))
    coarse = _pulled(halves[0] * cut, halves[1] * cut)
    smooth = _doubled(coarse)[:ny, :nx]
    return np.where(weight > 0, weight * np.nan_to_num(own) + (1 - weight) * smooth, smooth)


def _doubled(image: Image) -> Image:
    """Twice as many pixels on each axis, linear between the old ones."""
    for axis in (0, 1):
        before = np.concatenate([np.take(image, [0], axis), np.take(image, range(image.shape[axis] - 1), axis)], axis)
        after = np.concatenate([np.take(image, range(1, image.shape[axis]), axis), np.take(image, [-1], axis)], axis)
        pair = np.stack([0.75 * image + 0.25 * before, 0.75 * image + 0.25 * after], axis + 1)
        shape = list(image.shape)
        shape[axis] *= 2
        image = pair.reshape(shape).astype(np.float32)
    return image
