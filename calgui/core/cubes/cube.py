"""`Cube`: planes, spectra of spaxels and regions, and sums over a range of planes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.cubes.header import picture_header
from calgui.core.cubes.layers import FileLayer, Layer, MemoryLayer, Range
from calgui.core.errors import UsageError
from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.spectra.spectrum import Spectrum

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
How = Literal["mean", "sum", "median"]

#: numbers that are worked on at a time
_BLOCK = 4_000_000
#: numbers of a file that may be gone through between two looks at the job
_SPAN = 32_000_000
#: planes, each of which may take a call to the system, between two looks at the job
_CALLS = 256
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
    axes : tuple of int
        Which axes (numpy order) plane, y and x are in the header.
    """

    def __init__(
        self,
        data: Layer,
        err: Layer | None = None,
        dq: Layer | None = None,
        header: Mapping[str, Any] | None = None,
        path: Path | None = None,
        wavelength: Floats | None = None,
        axes: tuple[int, int, int] = (0, 1, 2),
    ) -> None:
        self._data, self._err, self._dq = data, err, dq
        self.header: Mapping[str, Any] = header if header is not None else {}
        #: of pictures that are made of it: x and y are their first and second axis
        self.picture_header: Mapping[str, Any] = picture_header(self.header, axes)
        self.path = path
        self.wavelength = wavelength
        #: whether the file has its planes one after another, so that a plane's number is the file's, too
        self.in_order = axes == tuple(sorted(axes))

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
        return Frame(data, one(self._err, np.float32), one(self._dq, np.uint32), self.picture_header, self.path)

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
        if not mask.any():
            raise UsageError("There is no spaxel in this region.", cure="Draw it on the picture.")
        flux, variance, count = self._along(mask, how, job or Job())
        scale = np.ones(count.shape) if how == "sum" else np.maximum(count, 1)
        if how != "median":
            flux = np.where(count > 0, flux / scale, np.nan)
        error = np.where(count > 0, np.sqrt(variance) / scale * (_MEDIAN if how == "median" else 1.0), np.nan)
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
        flags = self._common_flags(start, stop, job) if self._dq is not None else None
        return Frame(data, err, flags, self.picture_header, self.path)

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

        runs = np.split(planes, np.flatnonzero(np.diff(planes) != 1) + 1)

        def taken(layer: Layer) -> Array:
            ranges = [(int(run[0]), int(run[-1]) + 1) for run in runs if run.size]
            return np.concatenate([layer.box(one, (start, stop), (0, self.shape[2])) for one in ranges])

        values = taken(self._data).astype(np.float64)
        if self._dq is not None:
            values[(taken(self._dq) & np.uint32(DO_NOT_USE)) != 0] = np.nan
        return values, None if self._err is None else taken(self._err).astype(np.float64)

    # ---- inside

    def _check(self, number: int, axis: int) -> None:
        if not 0 <= number < self.shape[axis]:
            what = ("plane", "row", "column")[axis]
            raise UsageError(f"There is no {what} {number}; they count from 0 to {self.shape[axis] - 1}.")

    def _good(self, *box: Range) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Values of a part, and which of them count."""
        values = self._data.box(*box)
        good = np.isfinite(values)
        if self._dq is not None:
            good &= (self._dq.box(*box) & np.uint32(DO_NOT_USE)) == 0
        return values, good

    def _parts(self, planes: Range, rows: Range, columns: Range, *, bands: bool) -> Iterator[tuple[Range, Range]]:
        """Cuts a box into parts: whole planes of it, or bands of rows with all its planes."""
        deep, high, wide = (stop - start for start, stop in (planes, rows, columns))
        if not bands:
            step = max(1, min(_BLOCK // (high * wide), _CALLS if self._data.by_planes else deep))
            yield from (((low, min(low + step, planes[1])), rows) for low in range(*planes, step))
            return
        # where a file is not stored by planes, all planes of a row are gone through
        span = wide * (deep if self._data.by_planes else self.shape[0])
        step = max(1, min(_BLOCK // (deep * wide), _SPAN // span))
        yield from ((planes, (low, min(low + step, rows[1]))) for low in range(*rows, step))

    def _along(self, mask: npt.NDArray[np.bool_], how: How, job: Job) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
        """For each plane the sum (or median) over the mask, the sum of the variances, and how many values count."""
        n = self.shape[0]
        found, variance, count = np.full(n, np.nan if how == "median" else 0.0), np.zeros(n), np.zeros(n, np.int64)
        rows, columns = _extent(mask, 1), _extent(mask, 0)
        bands = how != "median" and not self._data.by_planes
        for planes, band in self._parts((0, n), rows, columns, bands=bands):
            job.check()
            part = mask[slice(*band), slice(*columns)]
            values, good = (array[:, part] for array in self._good(planes, band, columns))
            here = slice(*planes)
            count[here] += np.count_nonzero(good, axis=1)
            if how == "median":
                found[here] = _median_of(values.T, good.T)
            else:
                found[here] += np.where(good, values, 0).sum(axis=1, dtype=np.float64)
            if self._err is not None:
                errors = np.where(good, self._err.box(planes, band, columns)[:, part], 0)
                variance[here] += np.square(errors, dtype=np.float64).sum(axis=1)
        return found, variance, count

    def _totals(self, start: int, stop: int, how: How, job: Job) -> tuple[Array, Array | None]:
        _, ny, nx = self.shape
        total, variance, count = np.zeros((ny, nx)), np.zeros((ny, nx)), np.zeros((ny, nx), np.int64)
        for planes, band in self._parts((start, stop), (0, ny), (0, nx), bands=not self._data.by_planes):
            job.report((planes[0] - start) / (stop - start) if self._data.by_planes else band[0] / ny)
            values, good = self._good(planes, band, (0, nx))
            here = slice(*band)
            total[here] += np.where(good, values, 0).sum(axis=0, dtype=np.float64)
            count[here] += np.count_nonzero(good, axis=0)
            if self._err is not None:
                errors = np.where(good, self._err.box(planes, band, (0, nx)), 0)
                variance[here] += np.square(errors, dtype=np.float64).sum(axis=0)
        job.report(1.0)
        scale = np.ones(count.shape) if how == "sum" else np.maximum(count, 1)
        data = np.where(count > 0, total / scale, np.nan).astype(np.float32)
        if self._err is None:
            return data, None
        return data, np.where(count > 0, np.sqrt(variance) / scale, np.nan).astype(np.float32)

    def _median(self, start: int, stop: int, job: Job) -> tuple[Array, Array | None]:
        _, ny, nx = self.shape
        data = np.empty((ny, nx), np.float32)
        for planes, band in self._parts((start, stop), (0, ny), (0, nx), bands=True):
            job.report(band[0] / ny * (0.5 if self._err is not None else 1.0))
            data[slice(*band)] = _median_of(*self._good(planes, band, (0, nx)))
        if self._err is None:
            job.report(1.0)
            return data, None
        _, err = self._totals(start, stop, "mean", job.part(0.5, 1.0))
        return data, None if err is None else np.asarray(err * np.float32(_MEDIAN))

    def _common_flags(self, start: int, stop: int, job: Job) -> Array:
        assert self._dq is not None
        _, ny, nx = self.shape
        common = np.full((ny, nx), 0xFFFFFFFF, np.uint32)
        for planes, band in self._parts((start, stop), (0, ny), (0, nx), bands=not self._data.by_planes):
            job.check()
            common[slice(*band)] &= np.bitwise_and.reduce(self._dq.box(planes, band, (0, nx)), axis=0)
        return common


def _extent(mask: npt.NDArray[np.bool_], across: int) -> Range:
    places = np.flatnonzero(np.any(mask, axis=across))
    return int(places[0]), int(places[-1]) + 1


def _median_of(values: Array, good: npt.NDArray[np.bool_]) -> Array:
    """Medians along the first axis of what counts; NaN where nothing does."""
    if good.all():
        return np.asarray(np.median(values, axis=0))
    # what does not count comes last in the order
    ordered = np.sort(np.where(good, values, np.float32(np.nan)), axis=0)
    count = np.count_nonzero(good, axis=0)
    middle = [
        np.take_along_axis(ordered, place[None], axis=0)[0] for place in (np.maximum(count - 1, 0) // 2, count // 2)
    ]
    return np.asarray(np.where(count > 0, (middle[0] + middle[1]) / 2, np.nan))
