"""Measured places on a picture, such as pinholes and stars, for a view that draws them and lets them be clicked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Marks:
    """Places that an algorithm found, used, or missed.

    Attributes
    ----------
    name : str
        What each is, in the plural: ``pinholes``.
    x, y : ndarray of float64, shape (n,)
        Pixels of the input from 0 at the centre of the first pixel.
    state : ndarray of int, shape (n,)
        Index into `states`.
    states : tuple of str
        As shown in the legend, the best first: ``used``, ``rejected``, ``excluded``, ``missing``.
    number : ndarray of int, shape (n,)
        Of the input that each was found on, from 1; a picture shows those of one input. 0: on the product's image.
    label : tuple of str
        A word for each, such as its lattice indices; empty for none.
    vectors : tuple of two ndarray of float64, or None
        (dx, dy) of each in pixels, such as a residual: an arrow, with a scale that the user sets. NaN for none.
    vectors_name : str
        What they are.
    values : mapping of str to ndarray of float64, shape (n,)
        Measured of each, by the name as shown with its unit: a map over the field can be drawn of it.
    toggles : str
        Option that a click on a mark puts its place into, or takes it out of (`calgui.core.algorithms.positions`).
    adds : str
        Option that a click where no mark is puts the place into.
    lines : mapping of int to tuple of two ndarray of float64
        Lines over the picture of an input (0: over the product's image), by its number, such as a grid or the edge of
        an aperture: x and y in pixels, with NaN between one line and the next.
    """

    name: str
    x: Places
    y: Places
    state: npt.NDArray[np.int64]
    states: tuple[str, ...]
    number: npt.NDArray[np.int64]
    label: tuple[str, ...] = ()
    vectors: tuple[Places, Places] | None = None
    vectors_name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    toggles: str = ""
    adds: str = ""
    lines: Mapping[int, tuple[Places, Places]] = field(default_factory=dict)
