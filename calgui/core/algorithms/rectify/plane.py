"""The plane between two pictures as `reproject` wants it: a world of ideal pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.units import Quantity
from astropy.wcs.wcsapi import BaseLowLevelWCS

Floats = npt.NDArray[np.float64]


class Plane(BaseLowLevelWCS):  # type: ignore[misc]
    """World coordinates that are the pixels of the output.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the picture.
    places : tuple of ndarray of float64, optional
        x, y in this picture of every pixel of the output, which it is asked for in their order; by default the same.
    """

    pixel_n_dim = world_n_dim = 2
    world_axis_physical_types = (None, None)
    world_axis_units = ("", "")
    world_axis_object_components = (("x", 0, "value"), ("y", 0, "value"))
    world_axis_object_classes = {
        "x": (Quantity, (), {"unit": ""}),
        "y": (Quantity, (), {"unit": ""}),
    }

    def __init__(self, shape: tuple[int, int], places: tuple[Floats, Floats] | None = None) -> None:
        self._shape, self._places = shape, places

    @property
    def array_shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self._shape

    @property
    def pixel_shape(self) -> tuple[int, int]:
        """(nx, ny)."""
        return self._shape[1], self._shape[0]

    def pixel_to_world_values(self, *pixels: Any) -> Any:
        """The pixels themselves."""
        return pixels

    def world_to_pixel_values(self, *world: Any) -> Any:
        """The places that were given, for the whole output at once."""
        if self._places is None:
            return world
        x, y = self._places
        return x.reshape(np.shape(world[0])), y.reshape(np.shape(world[1]))
