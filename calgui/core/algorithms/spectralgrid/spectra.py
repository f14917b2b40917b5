"""Spectra of a frame and the wavelengths that a WAVECAL has for them, as a stack in which wavelengths rise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.fieldplaces import places_of
from calgui.core.algorithms.matching import check_type
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike, size_text
from calgui.core.spectra.axis import spectral_axis
from calgui.core.spectra.wavelength import IN_NM

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint32]

#: fewer pixels make no spectrum
SHORTEST = 8
#: spectra that are smoothed at a time
_BAND = 1024
#: names of units that are read
_UNITS = {"nm": "nm", "um": "um", "micron": "um", "microns": "um", "angstrom": "Angstrom", "angstroms": "Angstrom"}


@dataclass(frozen=True)
class Layout:
    """How spectra lie in a frame.

    Attributes
    ----------
    shape : tuple of int
        Of the frame: (pixels,), (n, pixels), (pixels, n) or (pixels, y, x).
    first : bool
        Whether wavelength runs along the first axis.
    told : tuple of two ndarray of int, or None
        Row and column of each of a stack in the field, where the file says them.
    """

    shape: tuple[int, ...]
    first: bool
    told: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None

    @property
    def pixels(self) -> int:
        """Of a spectrum."""
        return self.shape[0] if self.first else self.shape[-1]

    @property
    def count(self) -> int:
        """Of spectra."""
        return int(np.prod(self.shape)) // max(self.pixels, 1)

    @property
    def axis(self) -> int:
        """The spectral axis as in FITS, from 1."""
        return len(self.shape) if self.first else 1

    @property
    def place(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
        """Row and column of each spectrum in the field; None where they are in none."""
        if len(self.shape) != 3:
            return self.told
        rows, columns = np.divmod(np.arange(self.count), self.shape[2])
        return rows.astype(np.int64), columns.astype(np.int64)

    def stacked(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Spectra one behind the other, (n, pixels).

        Parameters
        ----------
        image : ndarray
            Of the shape of the frame, or a band of its spectra.

        Returns
        -------
        ndarray
        """
        if not self.first:
            return np.ascontiguousarray(image.reshape(-1, image.shape[-1]))
        return np.ascontiguousarray(image.reshape(image.shape[0], -1).T)

    def laid(self, stack: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The inverse of `stacked` for spectra of another length.

        Parameters
        ----------
        stack : ndarray, shape (n, cells)
            All spectra.

        Returns
        -------
        ndarray
        """
        if not self.first:
            return stack.reshape(*self.shape[:-1], stack.shape[1])
        return np.ascontiguousarray(stack.T).reshape(stack.shape[1], *self.shape[1:])


@dataclass(frozen=True)
class Stack:
    """Spectra with wavelengths, rising.

    Attributes
    ----------
    flux : ndarray of float32, shape (n, pixels)
        In the unit of the frame.
    error : ndarray of float32, or None
        One standard deviation.
    bits : ndarray of uint32, or None
        Data quality.
    wavelength : ndarray of float64, shape (n, pixels)
        In vacuum, in nm; NaN of spectra that have none.
    falling : bool
        Whether they were turned round.
    layout : Layout
        How they lie in the frame.
    """

    flux: Singles
    error: Singles | None
    bits: Words | None
    wavelength: Floats
    falling: bool
    layout: Layout


def layout_of(frame: FrameLike) -> Layout:
    """How the spectra lie in a frame.

    Parameters
    ----------
    frame : FrameLike
        Of one axis; of two with one spectrum in each row, unless CTYPE2 is of wavelengths; of three, a cube.

    Returns
    -------
    Layout

    Raises
    ------
    InputError
        It holds no spectra.
    """
    axes = len(frame.shape)
    if axes not in (1, 2, 3) or 0 in frame.shape:
        raise InputError(
            f"This has {axes} axes; a spectrum has one, extracted spectra have two, a cube has three.",
            path=frame.path,
            cure="Fit ramps first, or choose another extension.",
        )
    axis = spectral_axis(frame.header, axes)
    if axes == 3 and axis in (1, 2):
        raise InputError(
            f"Axis {axis} of this cube is of wavelengths.",
            path=frame.path,
            cure="Write it with wavelength as the third axis: NAXIS1 x, NAXIS2 y, NAXIS3 wavelength.",
        )
    first = axes == 3 or (axes == 2 and axis == 2)
    made = Layout(tuple(frame.shape), first, None if axes != 2 or first else places_of(frame, frame.shape[0]))
    if made.pixels < SHORTEST:
        raise InputError(
            f"A spectrum of {made.pixels} pixels is none (limit {SHORTEST}).",
            path=frame.path,
            cure="Choose a file of spectra; wavelength runs along the rows of an image, or along axis 3 of a cube.",
        )
    return made


def check_fits(frame: FrameLike, wavecal: FrameLike) -> Layout:
    """Refuse a WAVECAL of other spectra.

    Parameters
    ----------
    frame : FrameLike
        Spectra.
    wavecal : FrameLike
        Its image is WAVELENGTH: of the shape of the spectra, or of one spectrum, which serves for all.

    Returns
    -------
    Layout
        Of the frame.

    Raises
    ------
    InputError
        Naming both files.
    """
    layout = layout_of(frame)
    check_type(wavecal, ("WAVECAL",), "wavelength solution")
    if tuple(wavecal.shape) not in (layout.shape, (layout.pixels,), (1, layout.pixels)):
        raise InputError(
            f"The spectra are {size_text(layout.shape)}, the wavelengths of {file_name(wavecal)} "
            f"{size_text(wavecal.shape)}.",
            path=frame.path,
            cure="Choose the WAVECAL that was made from spectra extracted as these were.",
        )
    return layout


def read_spectra(frame: FrameLike, references: Mapping[str, FrameLike]) -> Stack:
    """Read spectra and their wavelengths.

    Parameters
    ----------
    frame : FrameLike
        Spectra.
    references : mapping
        ``WAVECAL`` as for `check_fits`.

    Returns
    -------
    Stack

    Raises
    ------
    InputError
        They do not belong together, or there are no wavelengths.
    """
    if "WAVECAL" not in references:
        raise InputError(
            "There is no wavelength solution.",
            cure="Give one by --reference WAVECAL=FILE, or a cache that selects one.",
        )
    wavecal = references["WAVECAL"]
    layout = check_fits(frame, wavecal)
    rows = frame.rows(0, frame.shape[0])
    wavelength = _wavelengths(wavecal, layout)
    known = np.isfinite(wavelength).all(axis=1)
    span = float(np.median(wavelength[known, -1] - wavelength[known, 0])) if known.any() else 0.0
    if span == 0:
        raise InputError(
            "It has no wavelengths: no spectrum has one for each of its pixels, or all are the same.",
            path=wavecal.path,
            cure="Choose another WAVECAL.",
        )
    turn = slice(None, None, -1 if span < 0 else 1)

    def stacked(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.ascontiguousarray(layout.stacked(image)[:, turn])

    return Stack(
        stacked(rows.data),
        None if rows.err is None or not np.isfinite(rows.err).any() else stacked(rows.err),
        None if rows.dq is None else stacked(rows.dq),
        np.ascontiguousarray(np.broadcast_to(wavelength, (layout.count, layout.pixels))[:, turn]),
        span < 0,
        layout,
    )


def _wavelengths(wavecal: FrameLike, layout: Layout) -> Floats:
    unit = _UNITS.get((wavecal.unit or "um").lower())
    if unit is None:
        raise InputError(
            f"BUNIT of the wavelengths is {wavecal.unit}.", path=wavecal.path, cure="It should be um, nm or Angstrom."
        )
    image = wavecal.rows(0, wavecal.shape[0]).data
    same = tuple(wavecal.shape) == layout.shape
    stack = layout.stacked(image) if same else image.reshape(1, -1)
    return _smoothed(np.multiply(stack, IN_NM[unit], dtype=np.float64))


def _smoothed(wavelength: Floats) -> Floats:
    """Wavelengths without the rounding of 32 bits, which is a thousandth of a pixel: they are smooth functions."""
    known = np.flatnonzero(np.isfinite(wavelength).all(axis=1))
    u = np.linspace(-1, 1, wavelength.shape[1])
    design = np.polynomial.legendre.legvander(u, min(9, wavelength.shape[1] // 4))
    basis, _ = np.linalg.qr(design)
    for start in range(0, len(known), _BAND):
        some = known[start : start + _BAND]
        rows = wavelength[some]
        smooth = (rows @ basis) @ basis.T
        # where they are no such polynomials they stay as they are
        limit = 4e-7 * np.abs(rows).max(axis=1)
        alike = np.abs(smooth - rows).max(axis=1) < limit
        wavelength[some[alike]] = smooth[alike]
    return wavelength
