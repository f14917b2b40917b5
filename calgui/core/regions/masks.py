"""Which pixels lie in a region: those whose centres do, as in DS9."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.statistics import Box
from calgui.core.regions.shapes import Annulus, Circle, Line, Polygon, Rectangle, Shape


def as_library(shape: Shape) -> Any:
    """A shape as the `regions` package has it.

    Parameters
    ----------
    shape : Shape
        In pixels.

    Returns
    -------
    regions.PixelRegion
    """
    import regions as lib
    from astropy.units import deg

    def at(x: float, y: float) -> Any:
        return lib.PixCoord(x, y)

    match shape:
        case Rectangle():
            return lib.RectanglePixelRegion(at(shape.x, shape.y), shape.width, shape.height, shape.angle * deg)
        case Circle():
            return lib.CirclePixelRegion(at(shape.x, shape.y), shape.radius)
        case Annulus():
            return lib.CircleAnnulusPixelRegion(at(shape.x, shape.y), shape.inner, shape.outer)
        case Line():
            return lib.LinePixelRegion(at(shape.x1, shape.y1), at(shape.x2, shape.y2))
        case Polygon():
            across, along = zip(*shape.points, strict=True)
            return lib.PolygonPixelRegion(lib.PixCoord(np.array(across), np.array(along)))


def bounds(shape: Shape, size: tuple[int, int]) -> Box | None:
    """The pixels about a region.

    Parameters
    ----------
    shape : Shape
        In pixels.
    size : tuple of int
        (ny, nx) of the picture.

    Returns
    -------
    Box or None
        None where it lies outside of the picture.
    """
    match shape:
        case Circle():
            x1, x2 = shape.x - shape.radius, shape.x + shape.radius
            y1, y2 = shape.y - shape.radius, shape.y + shape.radius
        case Annulus():
            x1, x2 = shape.x - shape.outer, shape.x + shape.outer
            y1, y2 = shape.y - shape.outer, shape.y + shape.outer
        case Line():
            x1, x2, y1, y2 = shape.x1, shape.x2, shape.y1, shape.y2
        case _:
            across, along = zip(*shape.points, strict=True)
            x1, x2, y1, y2 = min(across), max(across), min(along), max(along)
    return Box.around(x1, y1, x2, y2, size)


def inside(shape: Shape, size: tuple[int, int]) -> tuple[Box, npt.NDArray[np.bool_]] | None:
    """The pixels whose centres lie in a region.

    Parameters
    ----------
    shape : Shape
        Any but a line, which has no inside.
    size : tuple of int
        (ny, nx) of the picture.

    Returns
    -------
    (Box, ndarray of bool) or None
        The box about it, cut at the picture's edge, and which of its pixels are inside; None where none is.
    """
    if isinstance(shape, Line):
        return None
    box = bounds(shape, size)
    if box is None:
        return None
    rows, columns = box.slices
    if isinstance(shape, Rectangle) and shape.angle % 180 == 0:
        # the common case, without a mask as large as the picture on the way
        across = np.abs(np.arange(columns.start, columns.stop) - shape.x) < shape.width / 2
        along = np.abs(np.arange(rows.start, rows.stop) - shape.y) < shape.height / 2
        mask = along[:, None] & across[None, :]
    else:
        made = as_library(shape).to_mask(mode="center")
        mask = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.bool_)
        about = made.bbox
        top, left = max(rows.start, about.iymin), max(columns.start, about.ixmin)
        bottom, right = min(rows.stop, about.iymax), min(columns.stop, about.ixmax)
        if bottom > top and right > left:
            part = made.data[top - about.iymin : bottom - about.iymin, left - about.ixmin : right - about.ixmin]
            mask[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start] = part > 0
    return _trimmed(box, mask)


def _trimmed(box: Box, mask: npt.NDArray[np.bool_]) -> tuple[Box, npt.NDArray[np.bool_]] | None:
    """Without rows and columns at the edges that hold no pixel of the region."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    low, high, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    trimmed = Box(box.x_start + left, box.x_start + right, box.y_start + low, box.y_start + high)
    return trimmed, mask[low:high, left:right]
