"""`Cube`: planes, spectra of spaxels and regions, and sums over a range of planes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.cubes.layers import FileLayer, Layer, MemoryLayer
from calgui.core.errors import UsageError
from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.spectra.spectrum import Spectrum

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
How = Literal["mean", "sum", "median"]

#: numbers that are worked on at a time
_BLOCK = 16_000_000
#: error of a median over that of a mean, for normal errors and many values: sqrt(pi / 2)
_MEDIAN = 1.2533141373155001


class Cube:
    """Values over planes, rows and columns.

    Parameters
    ----------
    data : Layer
        (n, ny, nx), in ``unit``.
    err : Layer or None
        One standard deviation, same shape.
    dq : Layer or None
        Data-quality bits, same shape.
    header : mapping
        FITS keywords.
    path : pathlib.Path or None
        The file.
    wavelength : ndarray of float64, shape (n,), or None
        In vacuum, in nm.
    """

    def __init__(
        self,
        data: Layer,
        err: Layer | None = None,
        dq: Layer | None = None,
        header: Mapping[str, Any] | None = None,
        path: Path | None = None,
        wavelength: Floats | None = None,
    ) -> None:
        self._data, self._err, self._dq = data, err, dq
        self.header: Mapping[str, Any] = header if header is not None else {}
        self.path = path
        self.wavelength = wavelength

    @property
    def shape(self) -> tuple[int, int, int]:
        """(n, ny, nx)."""
        return self._data.shape

    @property
    def unit(self) -> str:
        """Of the values (BUNIT); empty if the header does not say."""
        return str(self.header.get("BUNIT") or "").strip()

    @property
    def name(self) -> str:
        """Of the file, for people."""
        return self.path.name if self.path is not None else "(unnamed)"

    @property
    def size(self) -> int:
        """Bytes that all of it takes in memory."""
        n, ny, nx = self.shape
        return 4 * n * ny * nx * (1 + (self._err is not None) + (self._dq is not None))

    @property
    def loaded(self) -> bool:
        """Whether its numbers are in memory."""
        return isinstance(self._data, MemoryLayer)

    def load(self, job: Job) -> None:
        """Read all of it into memory; afterwards spectra are a matter of microseconds.

        Parameters
        ----------
        job : Job
            Looked at, and told how far it is.
        """
        layers = [self._data, self._err, self._dq]
        count = sum(isinstance(layer, FileLayer) for layer in layers)
        done = 0
        made: list[Layer | None] = []
        for layer in layers:
            if isinstance(layer, FileLayer):
                made.append(layer.load(job, done / count, (done + 1) / count))
                done += 1
            else:
                made.append(layer)
        data, err, dq = made
        assert data is not None
        self._data, self._err, self._dq = data, err, dq

    def plane(self, number: int) -> Frame:
        """One plane.

        Parameters
        ----------
        number : int
            From 0.

        Returns
        -------
        Frame
        """
        self._check(number, 0)

        def one(layer: Layer | None, kind: Any) -> Array | None:
            return None if layer is None else np.array(layer.planes(number, number + 1)[0], kind, order="C")

        data = one(self._data, np.float32)
        assert data is not None
        return Frame(data, one(self._err, np.float32), one(self._dq, np.uint32), self.header, self.path)

    def spectrum(self, x: int, y: int) -> Spectrum:
        """The spectrum of a spaxel.

        Parameters
        ----------
        x, y : int
            Column and row, from 0.

        Returns
        -------
        Spectrum
            With NaN where DO_NOT_USE is set.
        """
        self._check(x, 2)
        self._check(y, 1)
        flux = self._data.column(x, y).astype(np.float64)
        error = None if self._err is None else self._err.column(x, y).astype(np.float64)
        if self._dq is not None:
            flux = np.where(self._dq.column(x, y) & np.uint32(DO_NOT_USE), np.nan, flux)
        return Spectrum(flux, error, self.wavelength, self.unit, f"x {x}, y {y}", self.path, self.header)

    def spectrum_of(self, mask: npt.NDArray[np.bool_], how: How = "mean", job: Job | None = None) -> Spectrum:
        """The spectrum of several spaxels.

        Parameters
        ----------
        mask : ndarray of bool, shape (ny, nx)
            Which.
        how : str
            ``mean``, ``sum`` or ``median`` of those that have a value; a sum over fewer is lower.
        job : Job, optional
            Looked at between planes.

        Returns
        -------
        Spectrum
            Errors of pixels taken as independent; those of a median are 1.25 times those of the mean.
        """
        n = self.shape[0]
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            raise UsageError("There is no spaxel in this region.", cure="Draw it on the picture.")
        low, high = int(rows[0]), int(rows[-1]) + 1
        left, right = int(columns[0]), int(columns[-1]) + 1
        part = mask[low:high, left:right]
        flux, error = np.full(n, np.nan), np.full(n, np.nan)
        for plane in range(n):
            if job is not None and plane % 64 == 0:
                job.check()

            def taken(layer: Layer, plane: int = plane) -> Array:
                return layer.rows(plane, low, high)[:, left:right][part]

            values = taken(self._data).astype(np.float64)
            good = np.isfinite(values)
            if self._dq is not None:
                good &= (taken(self._dq) & np.uint32(DO_NOT_USE)) == 0
            count = int(np.count_nonzero(good))
            if not count:
                continue
            flux[plane] = _of(values[good], how)
            if self._err is not None:
                variance = float(np.sum(taken(self._err)[good].astype(np.float64) ** 2))
                error[plane] = np.sqrt(variance) * {"sum": 1.0, "mean": 1 / count, "median": _MEDIAN / count}[how]
        name = f"{how} of {int(np.count_nonzero(mask)):,} spaxels"
        known = error if self._err is not None else None
        return Spectrum(flux, known, self.wavelength, self.unit, name, self.path, self.header)

    def collapse(self, start: int, stop: int, how: How, job: Job) -> Frame:
        """One picture of a range of planes.

        Parameters
        ----------
        start, stop : int
            Planes from ``start`` up to but not including ``stop``.
        how : str
            ``mean``, ``sum`` or ``median`` of the planes that have a value at a place; a sum over fewer is lower.
        job : Job
            Looked at, and told how far it is.

        Returns
        -------
        Frame
            NaN where no plane has a value; errors of planes taken as independent, those of a median 1.25 times
            those of the mean; flags that all planes have in common.
        """
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        if stop <= start:
            raise UsageError("There is no plane in this range.", cure="Choose a longer one.")
        if how == "median":
            data, err = self._median(start, stop, job)
        else:
            data, err = self._totals(start, stop, how, job)
        flags = self._common_flags(start, stop) if self._dq is not None else None
        return Frame(data, err, flags, self.header, self.path)

    @property
    def has_errors(self) -> bool:
        """Whether errors are known."""
        return self._err is not None

    def block(self, planes: npt.NDArray[np.intp], start: int, stop: int) -> tuple[Floats, Floats | None]:
        """Some rows of some planes.

        Parameters
        ----------
        planes : ndarray of int
            Which planes.
        start, stop : int
            Rows from ``start`` up to but not including ``stop``.

        Returns
        -------
        values : ndarray of float64, shape (planes, rows, nx)
            NaN where DO_NOT_USE is set.
        errors : ndarray of float64 or None
            Of the same shape.
        """

        def taken(layer: Layer) -> Array:
            return np.stack([layer.rows(int(plane), start, stop) for plane in planes])

        values = taken(self._data).astype(np.float64)
        if self._dq is not None:
            values[(taken(self._dq) & np.uint32(DO_NOT_USE)) != 0] = np.nan
        return values, None if self._err is None else taken(self._err).astype(np.float64)

    # ---- inside

    def _check(self, number: int, axis: int) -> None:
        if not 0 <= number < self.shape[axis]:
            what = ("plane", "row", "column")[axis]
            raise UsageError(f"There is no {what} {number}; they count from 0 to {self.shape[axis] - 1}.")

    def _good(self, start: int, stop: int) -> tuple[Array, npt.NDArray[np.bool_]]:
        values = self._data.planes(start, stop)
        good = np.isfinite(values)
        if self._dq is not None:
            good &= (self._dq.planes(start, stop) & np.uint32(DO_NOT_USE)) == 0
        return values, good

    def _blocks(self, start: int, stop: int) -> list[tuple[int, int]]:
        _, ny, nx = self.shape
        step = max(1, _BLOCK // max(ny * nx, 1))
        return [(first, min(first + step, stop)) for first in range(start, stop, step)]

    def _totals(self, start: int, stop: int, how: How, job: Job) -> tuple[Array, Array | None]:
        total = np.zeros(self.shape[1:])
        count = np.zeros(self.shape[1:], np.int64)
        variance = np.zeros(self.shape[1:]) if self._err is not None else None
        for first, last in self._blocks(start, stop):
            job.check()
            values, good = self._good(first, last)
            total += np.where(good, values, 0).sum(axis=0, dtype=np.float64)
            count += np.count_nonzero(good, axis=0)
            if variance is not None and self._err is not None:
                errors = np.where(good, self._err.planes(first, last), 0).astype(np.float64)
                variance += np.square(errors).sum(axis=0)
            job.report((last - start) / (stop - start))
        scale = np.ones(count.shape) if how == "sum" else np.maximum(count, 1)
        data = np.where(count > 0, total / scale, np.nan).astype(np.float32)
        if variance is None:
            return data, None
        return data, np.where(count > 0, np.sqrt(variance) / scale, np.nan).astype(np.float32)

    def _median(self, start: int, stop: int, job: Job) -> tuple[Array, Array | None]:
        _, ny, nx = self.shape
        step = max(1, _BLOCK // max((stop - start) * nx, 1))
        data = np.empty((ny, nx), np.float32)
        for low in range(0, ny, step):
            high = min(low + step, ny)
            job.check()
            values = np.stack([self._data.rows(plane, low, high) for plane in range(start, stop)])
            if self._dq is not None:
                flags = np.stack([self._dq.rows(plane, low, high) for plane in range(start, stop)])
                values = np.where(flags & np.uint32(DO_NOT_USE), np.float32(np.nan), values)
            data[low:high] = _nan_median(values)
            job.report(high / ny)
        if self._err is None:
            return data, None
        _, err = self._totals(start, stop, "mean", job)
        return data, None if err is None else np.asarray(err * np.float32(_MEDIAN))

    def _common_flags(self, start: int, stop: int) -> Array:
        assert self._dq is not None
        common = np.full(self.shape[1:], 0xFFFFFFFF, np.uint32)
        for first, last in self._blocks(start, stop):
            common &= np.bitwise_and.reduce(self._dq.planes(first, last), axis=0).astype(np.uint32)
        return common


def _of(values: Floats, how: How) -> float:
    if how == "median":
        return float(np.median(values))
    return float(values.sum()) if how == "sum" else float(values.mean())


def _nan_median(values: Array) -> Array:
    """Medians along the first axis, without what has no value."""
    import warnings

    values = np.where(np.isfinite(values), values, np.nan)
    if np.isfinite(values).all():
        return np.asarray(np.median(values, axis=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where there is nothing, NaN is the answer
        return np.asarray(np.nanmedian(values, axis=0))
