"""How the pixels of one picture lie on those of another: by detector pixel, or by the sky."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.frames.sky import celestial

#: places that lie closer to one another are one, in pixels
_SAME = 1e-3


@dataclass(frozen=True)
class Alignment:
    """An affine map from pixels of a picture to those that it is drawn on.

    Attributes
    ----------
    xx, xy, yx, yy : float
        ``X = xx x + xy y + dx`` and ``Y = yx x + yy y + dy``.
    dx, dy : float
        Where the pixel at (0, 0) lies.
    """

    xx: float = 1.0
    xy: float = 0.0
    yx: float = 0.0
    yy: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    def of(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel lies."""
        return self.xx * x + self.xy * y + self.dx, self.yx * x + self.yy * y + self.dy

    def back(self, across: float, along: float) -> tuple[float, float]:
        """The pixel that lies at a place."""
        x, y = across - self.dx, along - self.dy
        size = self.xx * self.yy - self.xy * self.yx
        return (self.yy * x - self.xy * y) / size, (self.xx * y - self.yx * x) / size

    @property
    def numbers(self) -> tuple[float, float, float, float, float, float]:
        """``(xx, xy, yx, yy, dx, dy)``."""
        return self.xx, self.xy, self.yx, self.yy, self.dx, self.dy

    @property
    def inverse(self) -> "Alignment":
        """The map the other way."""
        size = self.xx * self.yy - self.xy * self.yx
        xx, xy, yx, yy = self.yy / size, -self.xy / size, -self.yx / size, self.xx / size
        return Alignment(xx, xy, yx, yy, -xx * self.dx - xy * self.dy, -yx * self.dx - yy * self.dy)

    def then(self, other: "Alignment") -> "Alignment":
        """This map, and after it another."""
        return Alignment(
            other.xx * self.xx + other.xy * self.yx,
            other.xx * self.xy + other.xy * self.yy,
            other.yx * self.xx + other.yy * self.yx,
            other.yx * self.xy + other.yy * self.yy,
            *other.of(self.dx, self.dy),
        )

    @property
    def plain(self) -> bool:
        """Whether it changes nothing."""
        return self == Alignment()

    @property
    def whole(self) -> bool:
        """Whether it only moves, by whole pixels."""
        moves = (self.xx, self.xy, self.yx, self.yy) == (1.0, 0.0, 0.0, 1.0)
        return moves and float(self.dx).is_integer() and float(self.dy).is_integer()

    def settled(self, size: tuple[int, int]) -> "Alignment":
        """The same without the rounding of its numbers, where that is all that keeps pixels apart.

        Parameters
        ----------
        size : tuple of int
            (ny, nx) of the picture.

        Returns
        -------
        Alignment
            A shift, by whole pixels where it is one, if no pixel of the picture lies more than a thousandth of a
            pixel from there.
        """
        for shift in ((float(round(self.dx)), float(round(self.dy))), (self.dx, self.dy)):
            made = Alignment(dx=shift[0], dy=shift[1])
            corners = [(x, y) for x in (0, size[1] - 1) for y in (0, size[0] - 1)]
            if all(math.dist(self.of(*corner), made.of(*corner)) < _SAME for corner in corners):
                return made
        return self


def by_sky(header: Mapping[str, Any], onto: Mapping[str, Any], size: tuple[int, int]) -> Alignment | None:
    """Where the pixels of a picture lie on another that shows the same part of the sky.

    Parameters
    ----------
    header : mapping
        Of the picture.
    onto : mapping
        Of the other one.
    size : tuple of int
        (ny, nx) of the picture.

    Returns
    -------
    Alignment or None
        The affine map that fits best over the picture (distortions and the curvature of the sky are averaged
        over it), exactly a shift where it is one; None where one of them has no celestial coordinates, or where
        they have no part in common.
    """
    from astropy.wcs.utils import pixel_to_pixel

    first, second = celestial(header), celestial(onto)
    if first is None or second is None:
        return None
    along, across = np.meshgrid(np.linspace(0, size[0] - 1, 5), np.linspace(0, size[1] - 1, 5), indexing="ij")
    x, y = across.ravel(), along.ravel()
    try:
        # a picture of another part of the sky has no place on this one's projection
        there = np.array(pixel_to_pixel(first, second, x, y), np.float64)
    except (ValueError, ArithmeticError, RuntimeError, TypeError):
        return None
    good = np.isfinite(there).all(axis=0)
    if np.count_nonzero(good) < 3:
        return None
    basis = np.stack([x[good], y[good], np.ones(np.count_nonzero(good))], axis=1)
    found, _, rank, _ = np.linalg.lstsq(basis, there[:, good].T, rcond=None)
    made = Alignment(*(float(found[at]) for at in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1))))
    if rank < 3 or abs(made.xx * made.yy - made.xy * made.yx) < 1e-12:
        return None
    return made.settled(size)
