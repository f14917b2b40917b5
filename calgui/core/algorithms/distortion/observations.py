"""Pinholes of one or more pictures as the equations of a fit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.distortion.polynomials import Basis, Field, Floats, design, n_terms

Ints = npt.NDArray[np.int64]
Complexes = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class Observations:
    """Spots that may take part in a solution; those of all pictures in one row.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Centre, pixels from 0.
    error : ndarray of float64, shape (n,)
        Of the centre, pixels per axis.
    frame : ndarray of int64, shape (n,)
        Picture, from 0.
    pinhole : ndarray of int64, shape (n,)
        Which pinhole of the mask it is, from 0 without gaps; the same number in two pictures is the same pinhole.
    mask : ndarray of complex128, shape (n,)
        Where the mask has it, x + iy in pixels of the first picture's lattice; free of any distortion.
    turn : ndarray of complex128, shape (frames,)
        Rotation of the mask in each picture against the first, as a number of modulus 1.
    field : Field
        Of the pictures.
    """

    x: Floats
    y: Floats
    error: Floats
    frame: Ints
    pinhole: Ints
    mask: Complexes
    turn: Complexes
    field: Field

    @property
    def size(self) -> int:
        """How many spots there are."""
        return self.x.size

    @property
    def n_frames(self) -> int:
        """How many pictures there are."""
        return self.turn.size

    @property
    def n_pinholes(self) -> int:
        """How many pinholes of the mask were seen."""
        return int(self.pinhole.max(initial=-1)) + 1

    @property
    def turned(self) -> bool:
        """Whether the mask was rotated between pictures by more than a degree."""
        return bool((np.abs(self.turn - 1) > 0.0175).any())


@dataclass(frozen=True)
class Equations:
    """z = Gβ + mask error + residual, one complex equation for each spot.

    The columns are, for each picture, those of the affine map from the mask to ideal pixels (3), and then those of the
    distortion, by ascending degree: ideal = measured + Σ c B(measured), so that they enter with a minus.

    Attributes
    ----------
    columns : ndarray of float64 or complex128, shape (n, columns)
        G; real where the mask was not rotated.
    target : ndarray of complex128, shape (n,)
        z, the measured place.
    order : int
        Of the polynomial.
    basis : str
        Of it.
    """

    columns: npt.NDArray[np.float64] | Complexes
    target: Complexes
    order: int
    basis: Basis

    def up_to(self, order: int, n_frames: int) -> "Equations":
        """The equations of a lower order: columns stand by their degree.

        Parameters
        ----------
        order : int
            Of the polynomial.
        n_frames : int
            Pictures.

        Returns
        -------
        Equations
        """
        if order == self.order:
            return self
        columns: Any = np.ascontiguousarray(self.columns[:, : columns_of(order, n_frames)])
        return Equations(columns, self.target, order, self.basis)


def affine_columns(mask: Complexes, field: Field) -> Floats:
    """Columns of an affine map of the mask, scaled alike.

    Parameters
    ----------
    mask : ndarray of complex128, shape (n,)
        Places on the mask, pixels.
    field : Field
        For the scale.

    Returns
    -------
    ndarray of float64, shape (n, 3)
        1, x, y.
    """
    half = max(field.half)
    return np.stack([np.ones(mask.size), mask.real / half, mask.imag / half], axis=1)


def equations(seen: Observations, order: int, basis: Basis) -> Equations:
    """Make the equations of a solution.

    Parameters
    ----------
    seen : Observations
        Spots.
    order, basis
        Of the polynomial.

    Returns
    -------
    Equations
    """
    linear = affine_columns(seen.mask, seen.field)
    bent = -design(*seen.field.normalized(seen.x, seen.y), order, basis, lowest=2)
    n_linear = 3 * seen.n_frames
    columns = np.zeros((seen.size, n_linear + bent.shape[1]))
    for number in range(seen.n_frames):
        here = seen.frame == number
        columns[here, 3 * number : 3 * number + 3] = linear[here]
    columns[:, n_linear:] = bent
    target = seen.x + 1j * seen.y
    if seen.turned:
        # turned back to the axes of the mask, on which its errors are the same in every picture
        back = seen.turn.conj()[seen.frame]
        return Equations(columns * back[:, None], target * back, order, basis)
    return Equations(columns, target, order, basis)


def columns_at(
    x: Floats, y: Floats, mask: Complexes, order: int, basis: Basis, frame: int, n_frames: int, field: Field
) -> Floats:
    """The same columns at other places.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Measured, pixels.
    mask : ndarray of complex128, shape (n,)
        The place of the mask there.
    order, basis
        Of the polynomial.
    frame, n_frames : int
        Of which picture, from 0, and how many there are.
    field : Field
        Of the pictures.

    Returns
    -------
    ndarray of float64, shape (n, columns)
    """
    bent = -design(*field.normalized(x, y), order, basis, lowest=2)
    made = np.zeros((x.size, 3 * n_frames + bent.shape[1]))
    made[:, 3 * frame : 3 * frame + 3] = affine_columns(mask, field)
    made[:, 3 * n_frames :] = bent
    return made


def columns_of(order: int, n_frames: int) -> int:
    """How many columns the equations of an order have.

    Parameters
    ----------
    order : int
        Of the polynomial.
    n_frames : int
        Pictures.

    Returns
    -------
    int
    """
    return 3 * n_frames + n_terms(order) - n_terms(1)
