"""Holes of a sky, where sources cover all frames, filled from around them."""

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]


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
    By pull and push (Gortler et al. 1996, "The Lumigraph", section 3.4): means over squares of 2, 4, 8 ... pixels as
    far as they are known, then back from coarse to fine, so that a large hole gets a smooth surface and a small one
    the mean of its neighbours.
    """
    known = np.isfinite(image)
    if known.all() or not known.any():
        return image
    weight = known.astype(np.float32)
    made: Image = np.where(known, image, _pulled(np.where(known, image, np.float32(0)), weight))
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
