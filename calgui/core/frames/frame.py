"""`Frame`, the immutable picture that algorithms and views work on, and `FrameLike`, what they ask of it.

A frame that lies in a file and is read in bands (`calgui.core.frames.fits`) offers the same `FrameLike` face, so
that twenty frames of 4096 x 4096 are combined without ever being in memory together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
DqArray = npt.NDArray[np.uint32]

#: further images of the same pixels that stay with a frame: the map of the subarrays that were read beside it
KEPT_PLANES: tuple[str, ...] = ("SUBARR_MAP",)


class Rows(NamedTuple):
    """A band of whole rows of a frame.

    Attributes
    ----------
    data : ndarray of float32, shape (stop - start, nx)
        In the unit of the frame; from `FrameLike.band` with the leading axes of a cube or ramp.
    err : ndarray of float32 or None
        One standard deviation, same shape and unit.
    dq : ndarray of uint32 or None
        Data-quality bits, same shape.
    """

    data: FloatArray
    err: FloatArray | None
    dq: DqArray | None


class FrameLike(Protocol):
    """What an algorithm may ask of a frame, wherever its pixels are."""

    @property
    def header(self) -> Mapping[str, Any]:
        """Keywords of the primary header, then of the image's own HDU."""

    @property
    def path(self) -> Path | None:
        """The file that the frame came from."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data, numpy order."""

    @property
    def unit(self) -> str:
        """Unit of data and error (BUNIT), empty if the header does not say."""

    def rows(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive) along the first axis, in native byte order."""

    def band(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive) along the y axis, for all leading axes; of an image its `rows`."""

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> FloatArray | None:
        """Rows of a further image of the same pixels, such as ``SUBARR_MAP``; None where there is none."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Pixels with their error, data quality and header; never changed once made.

    Attributes
    ----------
    data : ndarray of float32
        (ny, nx), or with leading axes for cubes and ramps; in `unit`.
    err : ndarray of float32 or None
        One standard deviation, same shape and unit.
    dq : ndarray of uint32 or None
        Data-quality bits (`calgui.core.frames.dq`), same shape.
    header : mapping
        Keywords: primary header first, then the HDU's own.
    path : pathlib.Path or None
        The file that the frame came from.
    planes : mapping of str to ndarray of float32
        Further images of the same pixels, (ny, nx), by the name of their extension.
    """

    data: FloatArray
    err: FloatArray | None = None
    dq: DqArray | None = None
    header: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None
    planes: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("err", "dq"):
            plane = getattr(self, name)
            if plane is not None and plane.shape != self.data.shape:
                raise ValueError(f"{name} has shape {plane.shape}, the data {self.data.shape}")
        for name, image in self.planes.items():
            if image.shape != self.data.shape[-2:]:
                raise ValueError(f"{name} has shape {image.shape}, the data {self.data.shape}")
        for plane in (self.data, self.err, self.dq, *self.planes.values()):
            if plane is not None:
                plane.flags.writeable = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data, numpy order."""
        return self.data.shape

    @property
    def unit(self) -> str:
        """Unit of data and error (BUNIT), empty if the header does not say."""
        return str(self.header.get("BUNIT") or "").strip()

    @property
    def name(self) -> str:
        """The file's name, for people."""
        return self.path.name if self.path is not None else "(unnamed)"

    def rows(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive).

        Parameters
        ----------
        start, stop : int
            Rows counted from 0.

        Returns
        -------
        Rows
            Views, not copies.
        """
        return Rows(
            self.data[start:stop],
            None if self.err is None else self.err[start:stop],
            None if self.dq is None else self.dq[start:stop],
        )

    def band(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive) of every plane of a cube or ramp.

        Parameters
        ----------
        start, stop : int
            Along the y axis, counted from 0; cut off at the ends as slices are.

        Returns
        -------
        Rows
            Views, not copies, of shape (..., stop - start, nx).
        """
        return Rows(
            self.data[..., start:stop, :],
            None if self.err is None else self.err[..., start:stop, :],
            None if self.dq is None else self.dq[..., start:stop, :],
        )

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> FloatArray | None:
        """Rows of a further image of the same pixels.

        Parameters
        ----------
        name : str
            Of its extension.
        start, stop : int
            Along the y axis, counted from 0; by default all.

        Returns
        -------
        ndarray of float32 or None
            A view; None where there is no such image.
        """
        image = self.planes.get(name)
        return None if image is None else image[start:stop]


def bits_of(pixels: Frame | Rows) -> DqArray:
    """Data quality of pixels.

    Parameters
    ----------
    pixels : Frame or Rows
        Pixels.

    Returns
    -------
    ndarray of uint32
        Of their shape; zeros where they have none.
    """
    return np.zeros(pixels.data.shape, np.uint32) if pixels.dq is None else pixels.dq


def size_text(shape: Sequence[int]) -> str:
    """Lengths of axes for people.

    Parameters
    ----------
    shape : sequence of int
        Numpy order.

    Returns
    -------
    str
        Columns × rows, then further axes: the order of FITS.
    """
    return " × ".join(str(length) for length in reversed(shape))
