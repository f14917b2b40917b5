"""The search for spots of a pinhole mask: what stands out, peaks in it, and how wide they are."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.tiles import between_tiles

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def significance(image, bad, level, sigma, first, last, out):  # type: ignore[no-untyped-def]
    """Excess over the local level in local sigma, of the rows ``first`` to ``last``; bad pixels get the level itself.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; bad pixels are overwritten.
    bad : ndarray of bool, shape (ny, nx)
        Pixels that do not count.
    level, sigma : ndarray of float64, shape (tile rows, tile columns)
        Of `calgui.core.algorithms.local.local_statistics`.
    first, last : int
        Rows.
    out : ndarray of float32, shape (ny, nx)
        The result.
    """
    ny, nx = image.shape
    for y in range(first, last):
        for x in range(nx):
            here = between_tiles(level, y, x, ny, nx)
            if bad[y, x]:
                image[y, x] = np.float32(here)
                out[y, x] = np.float32(0)
            else:
                excess = image[y, x] - here
                out[y, x] = np.float32(excess / between_tiles(sigma, y, x, ny, nx))


@_jit
def peaks(image, labels, level, first, last, sharpest, found):  # type: ignore[no-untyped-def]
    """Pixels of segments that are not exceeded by any of the eight around them, and that these follow.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit; bad pixels hold the local level.
    labels : ndarray of int32, shape (ny, nx)
        Segments; 0 outside.
    level : ndarray of float64, shape (tile rows, tile columns)
        Local level.
    first, last : int
        Rows to look at, not those of the image's edge.
    sharpest : float
        The mean of the four next to a peak is at least this part of it, above the level: else it is a hot pixel.
    found : ndarray of int64, shape (n, 2)
        Gets y, x.

    Returns
    -------
    int
        How many there are, which may be more than found room.
    """
    ny, nx = image.shape
    count = 0
    for y in range(max(first, 1), min(last, ny - 1)):
        for x in range(1, nx - 1):
            if labels[y, x] == 0:
                continue
            value = image[y, x]
            # of equal ones the first counts
            if (
                image[y - 1, x - 1] >= value or image[y - 1, x] >= value or image[y - 1, x + 1] >= value
                or image[y, x - 1] >= value or image[y, x + 1] > value
                or image[y + 1, x - 1] > value or image[y + 1, x] > value or image[y + 1, x + 1] > value
            ):  # fmt: skip
                continue
            base = between_tiles(level, y, x, ny, nx)
            around = image[y - 1, x] + image[y + 1, x] + image[y, x - 1] + image[y, x + 1]
            if around / 4 - base < sharpest * (value - base):
                continue
            if count < found.shape[0]:
                found[count, 0] = y
                found[count, 1] = x
            count += 1
    return count


@_jit
def tiles_at(tiles, found, ny, nx):  # type: ignore[no-untyped-def]
    """Value of a map of tiles at some pixels, linear between the tiles' centres.

    Parameters
    ----------
    tiles : ndarray of float64, shape (tile rows, tile columns)
        The map.
    found : ndarray of int64, shape (n, 2)
        y, x.
    ny, nx : int
        Of the image.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    out = np.empty(found.shape[0])
    for k in range(found.shape[0]):
        out[k] = between_tiles(tiles, found[k, 0], found[k, 1], ny, nx)
    return out


@_jit
def half_widths(image, peak, level, out):  # type: ignore[no-untyped-def]
    """Width of each peak at half of it, along four rays so that neighbors stay out.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Any unit.
    peak : ndarray of int64, shape (n, 2)
        y, x.
    level : ndarray of float64, shape (n,)
        Local level of each.
    out : ndarray of float64, shape (n,)
        Mean length of the four rays to half of the peak, doubled: a full width at half maximum in pixels.
    """
    ny, nx = image.shape
    for k in range(peak.shape[0]):
        y, x = peak[k, 0], peak[k, 1]
        half = (image[y, x] - level[k]) / 2
        total = 0.0
        for way in range(4):
            dy = (0, 0, 1, -1)[way]
            dx = (1, -1, 0, 0)[way]
            before = image[y, x] - level[k]
            step = 1
            while True:
                v, u = y + dy * step, x + dx * step
                if v < 0 or u < 0 or v >= ny or u >= nx:
                    total += step
                    break
                here = image[v, u] - level[k]
                if here < half:
                    total += step - 1 + (before - half) / (before - here)
                    break
                before = here
                step += 1
        out[k] = total / 2
