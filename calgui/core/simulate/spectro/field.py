"""A field of lenslets: their places, and how dispersion and width change from one to the next."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.simulate.spectro.dispersion import Dispersion

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Lenslets:
    """A field of lenslets, row after row.

    Attributes
    ----------
    row, column : ndarray of int32, shape (n,)
        Place of each in the field, from 0.
    dispersion : Dispersion
        Of each.
    smooth : ndarray of float64, shape (n, k)
        Coefficients of the dispersion without the jitter from lenslet to lenslet.
    wider : ndarray of float64, shape (n,)
        Factor of the line-spread function's width.
    throughput : ndarray of float64, shape (n,)
        Around 1.
    """

    row: Whole
    column: Whole
    dispersion: Dispersion
    smooth: Floats
    wider: Floats
    throughput: Floats

    def __len__(self) -> int:
        return int(self.row.size)


def lenslets(
    rows: int,
    columns: int,
    middle: Dispersion,
    rng: np.random.Generator,
    *,
    shift: float = 6.0,
    jitter: float = 0.08,
    stretch: float = 2e-3,
) -> Lenslets:
    """Draw a field.

    Parameters
    ----------
    rows, columns : int
        Its size.
    middle : Dispersion
        Of one spectrum, which that in the middle of the field is like.
    rng : numpy.random.Generator
        Where chance comes from.
    shift : float
        How far lines stand apart between the middle and the edge of the field, pixels: a tilt and a bend.
    jitter : float
        What each lenslet has for itself, sigma, pixels.
    stretch : float
        Change of the dispersion between middle and edge, relative.

    Returns
    -------
    Lenslets
    """
    row, column = (part.ravel().astype(np.int32) for part in np.mgrid[:rows, :columns])
    v, w = (2 * one / max(size - 1, 1) - 1 for one, size in ((row, rows), (column, columns)))
    (base,) = middle.coefficients
    pixel = 2 * base[1] / (middle.pixels - 1)  # nm
    signs = rng.choice([-1.0, 1.0], 3)
    moved = shift * (
        0.55 * signs[0] * v + 0.3 * signs[1] * w + 0.15 * signs[2] * (legendre.legval(w, [0, 0, 1]) + v * w)
    )
    smooth = np.repeat(base[None, :], row.size, axis=0)
    smooth[:, 0] += pixel * moved
    smooth[:, 1] *= 1 + stretch * (0.7 * w - 0.3 * v * v)
    if base.size > 2:
        smooth[:, 2] *= 1 + 0.1 * v
    own = smooth.copy()
    own[:, 0] += pixel * jitter * rng.standard_normal(row.size)
    own[:, 1] *= 1 + 0.3 * jitter / middle.pixels * rng.standard_normal(row.size)
    wider = 1 + 0.08 * w + 0.06 * v * v
    throughput = np.exp(0.03 * rng.standard_normal(row.size)) * (1 - 0.15 * (v * v + w * w) / 2)
    return Lenslets(row, column, Dispersion(own, middle.pixels), smooth, wider, throughput)
