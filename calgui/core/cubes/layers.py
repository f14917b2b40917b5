"""One image of three axes, read by planes or by columns, wherever its numbers are."""

import math
import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from calgui.core.frames.headers import HduHeader
from calgui.core.frames.pixels import Pixels, read_bits, read_floats
from calgui.core.frames.source import Source
from calgui.core.jobs import Job

Array = npt.NDArray[Any]

#: neighbours along a row that are read together: the cursor goes there next
_RUN = 32


class Layer(Protocol):
    """Numbers in the order (plane, y, x)."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, ny, nx)."""

    def planes(self, start: int, stop: int) -> Array:
        """Some planes, (stop - start, ny, nx)."""

    def column(self, x: int, y: int) -> Array:
        """All planes at one place, (n,)."""

    def rows(self, plane: int, start: int, stop: int) -> Array:
        """Some rows of one plane, (stop - start, nx)."""


class MemoryLayer:
    """Numbers that are in memory.

    Parameters
    ----------
    array : ndarray, shape (n, ny, nx)
        Any type and strides.
    """

    def __init__(self, array: Array) -> None:
        self._array = array

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, ny, nx)."""
        n, ny, nx = self._array.shape
        return n, ny, nx

    def planes(self, start: int, stop: int) -> Array:
        """Some planes, (stop - start, ny, nx)."""
        return self._array[start:stop]

    def column(self, x: int, y: int) -> Array:
        """All planes at one place, (n,)."""
        return self._array[:, y, x]

    def rows(self, plane: int, start: int, stop: int) -> Array:
        """Some rows of one plane, (stop - start, nx)."""
        return self._array[plane, start:stop]


class FileLayer:
    """Numbers that stay in their file; safe to share between threads.

    Parameters
    ----------
    source : Source
        The file; plain, or everything before a place is decompressed to reach it.
    hdu : HduHeader
        An image of three axes, or of more, of which the leading ones are counted through as one.
    axes : tuple of int
        Which of its three axes (numpy order) are plane, y and x.
    bits : bool
        Whether they are data-quality bits (uint32); else values (float32).
    """

    def __init__(self, source: Source, hdu: HduHeader, axes: tuple[int, int, int], *, bits: bool = False) -> None:
        self._source = source
        self._pixels = Pixels.of(hdu, source.path)
        self._read = read_bits if bits else read_floats
        self._axes = axes
        self._stored = cube_shape(hdu.shape)
        strides = [math.prod(self._stored[axis + 1 :]) for axis in range(3)]
        self._step, self._up, self._across = (strides[axis] for axis in axes)
        self._shape = tuple(self._stored[axis] for axis in axes)
        self._run: tuple[int, int, int, Array] | None = None
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, ny, nx)."""
        n, ny, nx = self._shape
        return n, ny, nx

    def planes(self, start: int, stop: int) -> Array:
        """Some planes, (stop - start, ny, nx)."""
        n, ny, nx = self.shape
        start, stop, _ = slice(start, stop).indices(n)
        if self._axes[0] == 0:
            part = self._read(self._source, self._pixels, start * self._step, (stop - start) * ny * nx)
            return part.reshape(stop - start, *self._stored[1:]).transpose(0, *(axis for axis in self._axes[1:]))
        # planes are not stored together: all that lies between is read, a slab at a time
        made = np.empty((stop - start, ny, nx), np.float32 if self._read is read_floats else np.uint32)
        slab = math.prod(self._stored[1:])
        for place in range(self._stored[0]):
            part = self._read(self._source, self._pixels, place * slab, slab).reshape(self._stored[1:])
            taken = part[start:stop] if self._axes[0] == 1 else part[:, start:stop].T
            if self._axes[1] == 0:
                made[:, place, :] = taken
            else:
                made[:, :, place] = taken
        return made

    def column(self, x: int, y: int) -> Array:
        """All planes at one place, (n,); its neighbours along the row are kept for the next."""
        with self._lock:
            run = self._run
        if run is None or run[0] != y or not run[1] <= x < run[2]:
            left = max(0, x - _RUN // 2)
            right = min(self.shape[2], left + _RUN)
            run = y, left, right, self._columns(y, left, right)
            with self._lock:
                self._run = run
        return run[3][:, x - run[1]]

    def _columns(self, y: int, left: int, right: int) -> Array:
        n = self.shape[0]
        first = y * self._up + left * self._across
        made = np.empty((n, right - left), np.float32 if self._read is read_floats else np.uint32)
        if self._step == 1:
            for place in range(right - left):
                made[:, place] = self._read(self._source, self._pixels, first + place * self._across, n)
        elif self._across == 1:
            for plane in range(n):
                made[plane] = self._read(self._source, self._pixels, first + plane * self._step, right - left)
        else:
            for plane in range(n):
                for place in range(right - left):
                    at = first + plane * self._step + place * self._across
                    made[plane, place] = self._read(self._source, self._pixels, at, 1)[0]
        return made

    def rows(self, plane: int, start: int, stop: int) -> Array:
        """Some rows of one plane, (stop - start, nx)."""
        _, ny, nx = self.shape
        start, stop, _ = slice(start, stop).indices(ny)
        if self._across == 1 and self._up == nx:
            at = plane * self._step + start * nx
            return self._read(self._source, self._pixels, at, (stop - start) * nx).reshape(stop - start, nx)
        return self.planes(plane, plane + 1)[0, start:stop]

    def load(self, job: Job, start: float, stop: float) -> MemoryLayer:
        """Read all of it.

        Parameters
        ----------
        job : Job
            Looked at, and told how far it is.
        start, stop : float
            Between which fractions of the whole this is.

        Returns
        -------
        MemoryLayer
            In the order of the file, so that it is read once from end to end.
        """
        made = np.empty(self._stored, np.float32 if self._read is read_floats else np.uint32)
        slab = math.prod(self._stored[1:])
        step = max(1, 8_000_000 // max(slab, 1))
        for place in range(0, self._stored[0], step):
            job.check()
            count = min(step, self._stored[0] - place)
            part = self._read(self._source, self._pixels, place * slab, count * slab)
            made[place : place + count] = part.reshape(count, *self._stored[1:])
            job.report(start + (stop - start) * (place + count) / self._stored[0])
        return MemoryLayer(made.transpose(self._axes))


def cube_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """The three axes of a cube.

    Parameters
    ----------
    shape : sequence of int
        Numpy order.

    Returns
    -------
    tuple of int
        Filled up with ones in front; more than three axes are counted through the leading ones.
    """
    lengths = [1] * max(0, 3 - len(shape)) + list(shape)
    return math.prod(lengths[:-2]), lengths[-2], lengths[-1]
