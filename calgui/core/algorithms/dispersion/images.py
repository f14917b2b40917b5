"""Images of a white-light fiber: through several filters, or drawn out into spectra."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.geometry import region_of
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.frame import FrameLike, Rows, size_text

Floats = npt.NDArray[np.float64]
Kind = Literal["planes", "filters", "traces"]

#: filters from which on images are those of one fiber through them
_FILTERS = 3
#: wavelengths that are those of different filters, µm
_APART = 0.002


class FilterPlanes:
    """Images through several filters as a cube of that many planes, sorted by wavelength; read when asked for.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (n,)
        Of each, µm.
    header : mapping
        Of the first one, without its own wavelength.
    path : pathlib.Path or None
        Of the first one.
    shape : tuple of int
        (n, ny, nx).
    """

    def __init__(self, frames: Sequence[FrameLike]) -> None:
        waves = np.array([_center(frame) for frame in frames])
        order = np.argsort(waves, kind="stable")
        self._frames = [frames[int(k)] for k in order]
        self.wavelength: Floats = waves[order]
        own = {"WAVECEN", "WAVEMIN", "WAVEMAX", "FILTER"}
        self.header: Mapping[str, Any] = {key: value for key, value in frames[0].header.items() if key not in own}
        self.path: Path | None = frames[0].path
        self.shape: tuple[int, ...] = (len(frames), *frames[0].shape)

    @property
    def unit(self) -> str:
        """Of the first one."""
        return self._frames[0].unit

    def rows(self, start: int, stop: int) -> Rows:
        """Images ``start`` to ``stop`` (exclusive), reference pixels flagged."""
        parts = [active_rows(frame) for frame in self._frames[start:stop]]
        data = np.array([part.data for part in parts], np.float32)
        errors = [part.err for part in parts if part.err is not None]
        err = np.array(errors, np.float32) if len(errors) == len(parts) else None
        return Rows(data, err, np.array([part.dq for part in parts], np.uint32))

    def band(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive) of all images."""
        whole = self.rows(0, self.shape[0])
        return Rows(*(None if one is None else one[:, start:stop] for one in whole))  # type: ignore[arg-type]

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> npt.NDArray[np.float32] | None:
        """None: there are no further images."""
        return None


def active_rows(frame: FrameLike) -> Rows:
    """An image, with reference pixels flagged as not to be used.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx).

    Returns
    -------
    Rows
        Always with DQ.
    """
    whole = frame.rows(0, frame.shape[0])
    bits = np.zeros(frame.shape, np.uint32) if whole.dq is None else np.array(whole.dq, np.uint32)
    bits[~region_of(frame).mask()] |= np.uint32(dq.DO_NOT_USE)
    return Rows(whole.data, whole.err, bits)


def kind_of_inputs(frames: Sequence[FrameLike], images: str) -> Kind:
    """What the inputs are, by their axes, the option ``images``, and the wavelengths of their filters.

    Parameters
    ----------
    frames : sequence of FrameLike
        Headers and shapes are looked at.
    images : str
        ``auto``, ``filters`` or ``traces``.

    Returns
    -------
    str
        ``planes`` of cubes; ``filters`` of images, or ``traces`` on them.

    Raises
    ------
    InputError
        Cubes and images are mixed; images through filters are of different size or have no wavelength.
    """
    axes = {len(frame.shape) for frame in frames}
    if axes == {3}:
        return "planes"
    if 3 in axes:
        odd = next(frame for frame in frames if len(frame.shape) != len(frames[0].shape))
        raise InputError(
            "Cubes and images are not measured together.", path=odd.path, cure="Choose the ones or the others."
        )
    waves = {round(wave / _APART) for frame in frames if (wave := number(frame.header, "WAVECEN")) is not None}
    if images == "traces" or (images == "auto" and len(waves) < _FILTERS):
        return "traces"
    for frame in frames:
        _center(frame)
        if frame.shape != frames[0].shape or region_of(frame) != region_of(frames[0]):
            raise InputError(
                f"This image is {size_text(frame.shape)}, the first one {size_text(frames[0].shape)}, or it is another "
                "part of the detector.",
                path=frame.path,
                cure="Choose images of the same part of the detector.",
            )
    return "filters"


def _center(frame: FrameLike) -> float:
    """Wavelength of a filter, µm."""
    found = number(frame.header, "WAVECEN")
    if found is None:
        ends = number(frame.header, "WAVEMIN"), number(frame.header, "WAVEMAX")
        found = None if ends[0] is None or ends[1] is None else (ends[0] + ends[1]) / 2
    if found is None or found <= 0:
        raise InputError(
            "The wavelength of this image is not known: WAVECEN holds no number of µm.",
            path=frame.path,
            cure="Add WAVECEN to the header, or choose images that have it.",
        )
    return found
