"""Loops of the rounds in which sources are found: medians of the others, smoothed images, levels."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

#: pixels that are sorted side by side
_BLOCK = 512
_NAN, _INFINITY = np.float32(np.nan), np.float32(np.inf)

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def medians_of_others(planes, made):  # type: ignore[no-untyped-def]
    """For each of n images the median of the other ones, all of which are sorted only once.

    Parameters
    ----------
    planes : ndarray of floats, shape (n, pixels)
        NaN for what does not count; no infinities.
    made : ndarray of the same kind, shape (n, pixels)
        Filled; NaN where no sample is left.
    """
    n, pixels = planes.shape
    ordered = np.empty((n, _BLOCK), planes.dtype)
    many = np.empty(_BLOCK, np.int32)
    for start in range(0, pixels, _BLOCK):
        size = min(_BLOCK, pixels - start)
        many[:] = 0
        for i in range(n):
            for x in range(size):
                value = planes[i, start + x]
                good = value == value
                ordered[i, x] = value if good else _INFINITY
                many[x] += good
        for turn in range(n):
            for i in range(turn % 2, n - 1, 2):
                for x in range(size):
                    a, b = ordered[i, x], ordered[i + 1, x]
                    ordered[i, x] = a if a < b else b
                    ordered[i + 1, x] = b if a < b else a
        for i in range(n):
            for x in range(size):
                own = planes[i, start + x]
                left = many[x] - (own == own)
                if left == 0:
                    made[i, start + x] = _NAN
                    continue
                # without its own sample, those above that move down by one place
                place = left // 2
                upper = ordered[place + (own <= ordered[place, x]), x]
                if left % 2 == 0:
                    place -= 1
                    lower = ordered[place + (own <= ordered[place, x]), x]
                    upper = np.float32(0.5) * (lower + upper)
                made[i, start + x] = upper


@_jit
def boxes_of_three(image, made):  # type: ignore[no-untyped-def]
    """Mean of the 3 x 3 pixels about each; what lies beyond the edge is zero.

    Parameters
    ----------
    image, made : ndarray of float32, shape (ny, nx)
        The second is filled.
    """
    ny, nx = image.shape
    line = np.empty(nx, np.float64)
    third = 1.0 / 9.0
    for y in range(ny):
        for x in range(nx):
            line[x] = image[y, x]
        if y > 0:
            for x in range(nx):
                line[x] += image[y - 1, x]
        if y < ny - 1:
            for x in range(nx):
                line[x] += image[y + 1, x]
        for x in range(1, nx - 1):
            made[y, x] = np.float32((line[x - 1] + line[x] + line[x + 1]) * third)
        made[y, 0] = np.float32((line[0] + (line[1] if nx > 1 else 0.0)) * third)
        if nx > 1:
            made[y, nx - 1] = np.float32((line[nx - 2] + line[nx - 1]) * third)


@_jit
def above_and_around(image, limit, grow, made):  # type: ignore[no-untyped-def]
    """Pixels above a limit, and those in the squares about them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Where it is NaN nothing is found.
    limit : float32
        What is to be exceeded.
    grow : int
        Pixels on each side.
    made : ndarray of bool, shape (ny, nx)
        Filled.
    """
    ny, nx = image.shape
    made[:] = False
    marked = np.empty(nx, np.bool_)
    for y in range(ny):
        first, last, some = max(0, y - grow), min(ny, y + grow + 1), False
        marked[:] = False
        end = 0
        for x in range(nx):
            if image[y, x] > limit:
                some = True
                stop = min(nx, x + grow + 1)
                for at in range(max(end, x - grow, 0), stop):
                    marked[at] = True
                end = stop
        if some:
            for row in range(first, last):
                for x in range(nx):
                    made[row, x] |= marked[x]


@_jit
def level_among(ordered, window, to_sigma):  # type: ignore[no-untyped-def]
    """The level of a sky among sources.

    Parameters
    ----------
    ordered : ndarray
        Values from the lowest up; one or more.
    window : float
        Values nearer to the level than so many sigma make it.
    to_sigma : float
        From the median distance to a standard deviation.

    Returns
    -------
    level, sigma : float64
    used : int
        Values within the window.
    """
    level = np.float64(ordered[ordered.size // 2])
    sigma = np.nan
    for _ in range(50):
        below = _reach(ordered, level, True)
        # the median distance of the lower half, which is ordered already
        sigma = to_sigma * (level - np.float64(ordered[below // 2])) if below else 0.0
        first = _reach(ordered, level - window * sigma, False)
        last = _reach(ordered, level + window * sigma, False)
        if last <= first or sigma == 0:
            break
        middle = np.float64(ordered[first + (last - first) // 2])
        moved = abs(middle - level)
        level = middle
        if moved < 2e-3 * sigma:
            break
    first = _reach(ordered, level - window * sigma, True)
    last = _reach(ordered, level + window * sigma, True)
    return level, sigma, max(last - first, 1)


@_jit
def _reach(ordered, value, inclusive):  # type: ignore[no-untyped-def]
    """How many values lie below one, or not above it."""
    first, last = 0, ordered.size
    while first < last:
        middle = (first + last) // 2
        one = np.float64(ordered[middle])
        if one < value or (inclusive and one == value):
            first = middle + 1
        else:
            last = middle
    return first
