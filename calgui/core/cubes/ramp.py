"""`Ramp`: the reads of a pixel up the ramp, and a straight line through them for a quick look."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.layers import FileLayer, Layer, MemoryLayer, cube_shape
from calgui.core.cubes.reading import axes_text, kind_of
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.dq import DO_NOT_USE, JUMP_DET, SATURATED
from calgui.core.frames.fits import read_frame
from calgui.core.frames.headers import merged, read_headers
from calgui.core.frames.keywords import finite_number
from calgui.core.frames.layout import choose, siblings
from calgui.core.frames.source import PlainSource, open_source

Floats = npt.NDArray[np.float64]

#: reads with one of these are not part of the line
_OUT = DO_NOT_USE | SATURATED | JUMP_DET

#: seconds between reads that can be; an hour is long
_STEPS = (1e-6, 1e6)


@dataclass(frozen=True)
class Samples:
    """The reads of one pixel.

    Attributes
    ----------
    place : ndarray of float64, shape (nread,)
        Seconds since the reset, or the number of the read from 0 where the header has no times.
    timed : bool
        Which of the two.
    value : ndarray of float64, shape (nint, nread)
        In ``unit``.
    dq : ndarray of uint32, shape (nint, nread)
        Data-quality bits.
    unit : str
        As in the header.
    """

    place: Floats
    timed: bool
    value: Floats
    dq: npt.NDArray[np.uint32]
    unit: str

    @property
    def used(self) -> npt.NDArray[np.bool_]:
        """Which reads a line goes through: finite, and without SATURATED, JUMP_DET or DO_NOT_USE."""
        return np.asarray(np.isfinite(self.value) & ((self.dq & np.uint32(_OUT)) == 0))


@dataclass(frozen=True)
class StraightLine:
    """A line through the reads of one integration.

    Attributes
    ----------
    slope, slope_error : float
        In the unit of the reads per second, or per read; the error is from the scatter about the line. NaN with
        fewer than two reads, and the error with fewer than three.
    start : float
        Value at place 0.
    used : int
        Reads that it goes through.
    """

    slope: float
    slope_error: float
    start: float
    used: int


def straight_line(samples: Samples, integration: int) -> StraightLine:
    """Put a line through the reads, all alike: for a quick look, not a measurement.

    Parameters
    ----------
    samples : Samples
        Of one pixel.
    integration : int
        Which, from 0.

    Returns
    -------
    StraightLine
        Ordinary least squares.
    """
    good = samples.used[integration]
    x, y = samples.place[good], samples.value[integration][good]
    nothing = float("nan")
    if x.size < 2:
        return StraightLine(nothing, nothing, nothing, int(x.size))
    middle = x.mean()
    spread = float(np.sum((x - middle) ** 2))
    slope = float(np.sum((x - middle) * (y - y.mean())) / spread)
    start = float(y.mean() - slope * middle)
    error = nothing
    if x.size > 2:
        error = math.sqrt(float(np.sum((y - start - slope * x) ** 2)) / (x.size - 2) / spread)
    return StraightLine(slope, error, start, int(x.size))


class Ramp:
    """Reads of a detector; opened by `open_ramp`.

    Parameters
    ----------
    data, group_dq, pixel_dq : Layer or None
        (nint x nread, ny, nx); flags of each read; flags of all reads of a pixel, one plane.
    shape : tuple of int
        (nint, nread, ny, nx).
    header : mapping
        FITS keywords.
    path : pathlib.Path
        The file.
    """

    def __init__(
        self,
        data: Layer,
        group_dq: Layer | None,
        pixel_dq: Layer | None,
        shape: tuple[int, int, int, int],
        header: Mapping[str, Any],
        path: Path,
    ) -> None:
        self._data, self._group_dq, self._pixel_dq = data, group_dq, pixel_dq
        self.shape, self.header, self.path = shape, header, path
        self.unit = str(header.get("BUNIT") or "").strip()

    @property
    def times(self) -> Floats | None:
        """Seconds since the reset of each read, from TGROUP; None where the header says none that can be."""
        step = finite_number(self.header.get("TGROUP"))
        if step is None or not _STEPS[0] <= step <= _STEPS[1]:
            return None
        return np.asarray(step * np.arange(1, self.shape[1] + 1), np.float64)

    def as_cube(self) -> Cube:
        """Its reads as planes, all integrations after one another.

        Returns
        -------
        Cube
            Over the same numbers.
        """
        return Cube(self._data, None, self._group_dq, self.header, self.path)

    def samples(self, x: int, y: int) -> Samples:
        """The reads of a pixel.

        Parameters
        ----------
        x, y : int
            Column and row, from 0.

        Returns
        -------
        Samples

        Raises
        ------
        UsageError
            There is no such pixel.
        """
        integrations, reads, ny, nx = self.shape
        if not (0 <= x < nx and 0 <= y < ny):
            raise UsageError(f"There is no pixel {x}, {y}; the picture is {nx} × {ny}.")
        value = self._data.column(x, y).astype(np.float64).reshape(integrations, reads)
        dq = np.zeros(value.shape, np.uint32)
        if self._group_dq is not None:
            dq |= self._group_dq.column(x, y).astype(np.uint32).reshape(value.shape)
        if self._pixel_dq is not None:
            dq |= np.uint32(self._pixel_dq.column(x, y)[0])
        times = self.times
        place = times if times is not None else np.arange(reads, dtype=np.float64)
        return Samples(place, times is not None, value, dq, self.unit)


def open_ramp(path: Path | str, hdu: int | None = None) -> Ramp:
    """Open a ramp; its numbers stay in the file.

    Parameters
    ----------
    path : path-like
        FITS with SCI of (integration, read, y, x) or (read, y, x); GROUPDQ and PIXELDQ where there are any. A
        compressed one is read into memory at once.
    hdu : int, optional
        Number of the HDU; else SCI or the first image.

    Returns
    -------
    Ramp

    Raises
    ------
    InputError
        It cannot be read, or is no ramp.
    """
    path = Path(path)
    hdus = read_headers(path)
    image = choose(hdus, hdu, path)
    if kind_of(path, hdu) != "ramp":
        raise InputError(
            f"This is no ramp: its axes are {axes_text(image.shape)}.",
            path=path,
            cure="A ramp has reads along its third axis.",
        )
    four = (1, *image.shape)[-4:]
    header = merged(hdus[0], image)
    source = open_source(path)
    others = siblings(hdus, image)
    layers: dict[str, Layer] = {}
    wanted = {"SCI": image} | {name: one for name, one in others.items() if name in ("GROUPDQ", "PIXELDQ", "DQ")}
    if isinstance(source, PlainSource) and all(one.kind == "image" for one in wanted.values()):
        try:
            for name, one in wanted.items():
                layers[name] = FileLayer(source, one, (0, 1, 2), bits=name != "SCI")
        except InputError:
            source.close()
            raise
    else:
        source.close()
        for name, one in wanted.items():
            frame = read_frame(path, one.index)
            array: Any = frame.data if name == "SCI" or frame.dq is None else frame.dq
            layers[name] = MemoryLayer(array.reshape(cube_shape(frame.shape)))
    reads = cube_shape(image.shape)
    group = next((layers[name] for name in ("GROUPDQ", "DQ") if name in layers and layers[name].shape == reads), None)
    pixel = layers.get("PIXELDQ")
    if pixel is not None and pixel.shape != (1, *reads[1:]):
        pixel = None
    return Ramp(layers["SCI"], group, pixel, (four[0], four[1], four[2], four[3]), header, path)
