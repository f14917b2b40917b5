"""One image of three axes, read by planes or by columns, wherever its numbers are."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.headers import HduHeader
from calgui.core.frames.pixels import Pixels, read_bits, read_columns, read_floats
from calgui.core.frames.room import check_whole
from calgui.core.frames.source import Source, stamp
from calgui.core.jobs import Job

Array = npt.NDArray[Any]

#: neighbours along a row that are read together: the cursor goes there next
_RUN = 32
#: bytes that are rather read and dropped than left out by one more call to the system
_GAP = 1 << 16
#: numbers of neighbouring planes that are kept where planes are not stored together
_NEAR = 12_000_000

Range = tuple[int, int]


class Layer(Protocol):
    """Numbers in the order (plane, y, x)."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, ny, nx)."""

    @property
    def by_planes(self) -> bool:
        """Whether a plane lies together; else a row with all its planes does."""

    def planes(self, start: int, stop: int) -> Array:
        """Some planes, (stop - start, ny, nx)."""

    def column(self, x: int, y: int) -> Array:
        """All planes at one place, (n,)."""

    def box(self, planes: Range, rows: Range, columns: Range) -> Array:
        """A part, (planes, rows, columns); each range within the shape."""


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

    @property
    def by_planes(self) -> bool:
        """Whether a plane lies together; else a row with all its planes does."""
        return self._array.strides[0] >= max(self._array.strides[1:])

    def planes(self, start: int, stop: int) -> Array:
        """Some planes, (stop - start, ny, nx)."""
        return self._array[start:stop]

    def column(self, x: int, y: int) -> Array:
        """All planes at one place, (n,)."""
        return self._array[:, y, x]

    def box(self, planes: Range, rows: Range, columns: Range) -> Array:
        """A part, (planes, rows, columns); each range within the shape."""
        return self._array[slice(*planes), slice(*rows), slice(*columns)]


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

    Raises
    ------
    InputError
        The file is cut short; later, where it was changed since.
    """

    def __init__(self, source: Source, hdu: HduHeader, axes: tuple[int, int, int], *, bits: bool = False) -> None:
        check_whole(source, hdu)
        self._source = source
        self._stamp = stamp(source.path)
        self._pixels = Pixels.of(hdu, source.path)
        self._bits = bits
        self._axes = axes
        self._stored = cube_shape(hdu.shape)
        self._shape = tuple(self._stored[axis] for axis in axes)
        self._run: tuple[int, int, int, Array] | None = None
        self._near: tuple[int, Array] | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, ny, nx)."""
        n, ny, nx = self._shape
        return n, ny, nx

    @property
    def by_planes(self) -> bool:
        """Whether a plane lies together; else a row with all its planes does."""
        return self._axes[0] == 0

    def planes(self, start: int, stop: int) -> Array:
        """Some planes, (stop - start, ny, nx); of those not stored together the neighbours are kept for the next."""
        n, ny, nx = self.shape
        start, stop, _ = slice(start, stop).indices(n)
        width = min(n, _NEAR // max(ny * nx, 1))
        if self.by_planes or stop - start >= width:
            return self.box((start, max(start, stop)), (0, ny), (0, nx))
        near = self._near
        if near is None or not near[0] <= start <= stop <= near[0] + len(near[1]):
            # to reach one of them, all of the file is gone through
            first = min(max(0, (start + stop - width) // 2), n - width)
            near = first, self.box((first, first + width), (0, ny), (0, nx))
            near[1].flags.writeable = False
            self._near = near
        return near[1][start - near[0] : stop - near[0]]

    def column(self, x: int, y: int) -> Array:
        """All planes at one place, (n,); its neighbours along the row are kept for the next."""
        run = self._run
        if run is None or run[0] != y or not run[1] <= x < run[2]:
            left = max(0, x - _RUN // 2)
            right = min(self.shape[2], left + _RUN)
            run = y, left, right, self.box((0, self.shape[0]), (y, y + 1), (left, right))[:, 0]
            self._run = run
        return run[3][:, x - run[1]]

    def box(self, planes: Range, rows: Range, columns: Range) -> Array:
        """A part, (planes, rows, columns); each range within the shape."""
        ranges: list[Range] = [(0, 0)] * 3
        for axis, wanted in zip(self._axes, (planes, rows, columns), strict=True):
            ranges[axis] = wanted
        return self._part(*ranges).transpose(self._axes)

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
        made = np.empty(self._stored, self._kind)
        slab = math.prod(self._stored[1:])
        step = max(1, 8_000_000 // max(slab, 1))
        for place in range(0, self._stored[0], step):
            job.check()
            self._check()
            count = min(step, self._stored[0] - place)
            made[place : place + count] = self._straight(place * slab, count * slab).reshape(count, *self._stored[1:])
            job.report(start + (stop - start) * (place + count) / self._stored[0])
        return MemoryLayer(made.transpose(self._axes))

    # ---- inside: in the order of the file

    @property
    def _kind(self) -> type[np.generic]:
        return np.uint32 if self._bits else np.float32

    def _check(self) -> None:
        path = self._source.path
        if stamp(path) != self._stamp:
            raise InputError("The file was changed while it was being read.", path=path, cure="Open it again.")

    def _straight(self, start: int, count: int) -> Array:
        return (read_bits if self._bits else read_floats)(self._source, self._pixels, start, count)

    def _part(self, first: Range, second: Range, third: Range) -> Array:
        """A part by ranges of the axes as they are stored."""
        self._check()
        _, middle, length = self._stored
        shape = tuple(stop - start for start, stop in (first, second, third))
        if 0 in shape:
            return np.empty(shape, self._kind)
        if shape[1:] == (middle, length):
            return self._straight(first[0] * middle * length, math.prod(shape)).reshape(shape)
        made = np.empty(shape, self._kind)
        left_out = (length - shape[2]) * self._pixels.dtype.itemsize
        for place, made_here in zip(range(*first), made, strict=True):
            start = (place * middle + second[0]) * length
            if not left_out:
                made_here[:] = self._straight(start, made_here.size).reshape(made_here.shape)
            elif shape[1] > 1 and left_out <= _GAP:
                read_columns(self._source, self._pixels, start, length, third, made_here)
            else:
                for row, made_row in enumerate(made_here):
                    made_row[:] = self._straight(start + row * length + third[0], made_row.size)
        return made


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
