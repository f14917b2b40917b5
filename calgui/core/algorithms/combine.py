"""Combination of n frames pixel by pixel: median, mean or sigma-clipped mean, read and computed in bands of rows."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import MOST_WRITTEN_OUT, VECTOR, compiled, compiled_for, workers
from calgui.core.algorithms.kernels.networks import central_network, sorting_network
from calgui.core.algorithms.noise import mad_factors, median_noise_factors
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike, Rows, size_text
from calgui.core.jobs import Job

Method = Literal["median", "mean", "clipped-mean"]
ErrorKind = Literal["none", "measured", "propagated"]

#: bytes of input that are held at a time (twice: one band is read while another is computed)
_BAND_BYTES = 48 << 20

#: bands of frames that are in memory as a whole: for progress and cancel
_BANDS_IN_MEMORY = 8

#: pieces of a band for each thread
_PIECES = 4

SampleArray = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Combination:
    """How samples of one pixel become one value.

    Attributes
    ----------
    method : str
        ``median``, ``mean`` or ``clipped-mean``.
    error : str
        ``measured`` from the scatter of the samples (of the median: from their median absolute deviation),
        ``propagated`` from the errors of the frames, or ``none``.
    low, high : float
        Clipping thresholds below and above the median, in units of ``spread``.
    iterations : int
        Most rounds of clipping.
    min_left : int
        A round that would leave fewer samples than this is not carried out.
    spread : str
        ``std``, or ``mad``: the median absolute deviation scaled to a standard deviation.
    min_samples : int
        Pixels with fewer samples get ``few``.
    reject : int
        Samples with any of these data-quality bits are left out, as are those that are not finite.
    few : int
        Data-quality bits of pixels with too few samples.
    """

    method: Method = "median"
    error: ErrorKind = "measured"
    low: float = 3.0
    high: float = 3.0
    iterations: int = 5
    min_left: int = 2
    spread: Literal["std", "mad"] = "std"
    min_samples: int = 1
    reject: int = flags.DO_NOT_USE | flags.SATURATED
    few: int = flags.DO_NOT_USE


@dataclass(frozen=True)
class Combined:
    """What a combination gives.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        In the unit of the frames; NaN where no sample is left.
    err : ndarray of float32 or None
        One standard deviation of ``data``; NaN where it cannot be told.
    dq : ndarray of uint32 or None
        Bits that all frames have in common; where no sample is left those of any; ``few`` where it applies.
        None where no frame has data quality: ``samples`` says it all.
    samples : ndarray of uint16
        Samples that were used.
    """

    data: FloatArray
    err: FloatArray | None
    dq: DqArray | None
    samples: SampleArray

    def part(self, start: int, stop: int) -> "Combined":
        """Some of its rows.

        Parameters
        ----------
        start, stop : int
            Rows, ``stop`` exclusive.

        Returns
        -------
        Combined
            Views, no copies.
        """
        rows = slice(start, stop)
        return Combined(
            self.data[rows],
            None if self.err is None else self.err[rows],
            None if self.dq is None else self.dq[rows],
            self.samples[rows],
        )


@dataclass(frozen=True)
class Band:
    """One band of rows while it is at hand, with the samples that it was made from.

    Attributes
    ----------
    start, stop : int
        Its rows.
    inputs : tuple of Rows
        Contiguous rows of every frame.
    combined : Combined
        Of these rows.
    """

    start: int
    stop: int
    inputs: tuple[Rows, ...]
    combined: Combined


def combine(frames: Sequence[FrameLike], how: Combination, job: Job | None = None) -> Combined:
    """Combine frames of one shape.

    Parameters
    ----------
    frames : sequence of FrameLike
        Two-dimensional, in one unit.
    how : Combination
        Method and error.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Combined

    Raises
    ------
    InputError
        When shapes differ, or errors are to be propagated that a frame does not have.
    """
    shape = _common_shape(frames)
    whole = empty(shape, how, with_dq=any(frame.rows(0, 1).dq is not None for frame in frames))
    for _ in combine_bands(frames, how, whole, job or Job()):
        pass
    return whole


def empty(shape: tuple[int, ...], how: Combination, *, with_dq: bool = True) -> Combined:
    """Room for a combination.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    how : Combination
        What is needed of it.
    with_dq : bool
        Whether data quality is wanted.

    Returns
    -------
    Combined
        Not initialised.
    """
    return Combined(
        np.empty(shape, np.float32),
        np.empty(shape, np.float32) if how.error != "none" else None,
        np.empty(shape, np.uint32) if with_dq else None,
        np.empty(shape, np.uint16),
    )


def combine_bands(frames: Sequence[FrameLike], how: Combination, into: Combined, job: Job) -> Iterator[Band]:
    """Combine frames into room that is given, yielding each band while its samples are in memory.

    Parameters
    ----------
    frames : sequence of FrameLike
        Two-dimensional, in one unit.
    how : Combination
        Method and error.
    into : Combined
        From `empty`; filled band by band.
    job : Job
        Progress and cancel.

    Yields
    ------
    Band
        In the order of rows; its arrays are only good until the next one.
    """
    ny, nx = _common_shape(frames)
    kernel = _Kernel(how, len(frames))
    height = max(1, min(ny, _BAND_BYTES // max(1, len(frames) * nx * 12)))
    if all(isinstance(frame, Frame) for frame in frames):
        height = max(height, -(-ny // _BANDS_IN_MEMORY))  # nothing is read, and each band costs a wait
    running: deque[tuple[Band, list[Future[None]]]] = deque()
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-combine") as pool:
        for start in range(0, ny, height):
            stop = min(start + height, ny)
            job.report(start / ny, "Combining")
            inputs = _read(frames, start, stop, how)
            running.append((Band(start, stop, inputs, into.part(start, stop)), []))
            running[-1][1].extend(kernel.start(pool, inputs, running[-1][0].combined))
            del inputs
            if len(running) == 2:  # one is computed while the other is read
                yield _finished(*running.popleft())
        while running:
            yield _finished(*running.popleft())
    job.report(1.0, "Combined")


@dataclass(frozen=True)
class _Inputs:
    """Where the pixels of one band are, for the compiled loops; ``planes`` keeps them alive meanwhile."""

    data: npt.NDArray[np.uint64]
    bits: npt.NDArray[np.uint64]
    errors: npt.NDArray[np.uint64]
    planes: tuple[Any, ...]

    @classmethod
    def of(cls, rows: Sequence[Rows]) -> "_Inputs":
        some = any(row.dq is not None for row in rows)
        clean = np.zeros(rows[0].data.shape, np.uint32) if some else None
        bits = [clean if row.dq is None else row.dq for row in rows]
        return cls(
            _addresses([row.data for row in rows]),
            _addresses(bits),
            _addresses([row.err for row in rows]),
            (rows, clean),
        )


def _finished(band: Band, futures: "list[Future[None]]") -> Band:
    for future in futures:
        future.result()
    return band


class _Kernel:
    """The compiled combination with its tables for n frames."""

    def __init__(self, how: Combination, n: int) -> None:
        self.how = how
        self.bands = compiled()
        self.method = {"median": self.bands.MEDIAN, "mean": self.bands.MEAN, "clipped-mean": self.bands.CLIPPED}[
            how.method
        ]
        self.error = {
            "none": self.bands.NO_ERROR,
            "measured": self.bands.MEASURED,
            "propagated": self.bands.PROPAGATED,
        }[how.error]
        self.spread = self.bands.STANDARD_DEVIATION if how.spread == "std" else self.bands.MEDIAN_DEVIATION
        self.network = sorting_network(n) if how.method == "clipped-mean" else central_network(n)
        self.clip = np.array([how.low, how.high, how.iterations, how.min_left], np.float64)
        self.deviation_factors = mad_factors(n)
        self.error_factors = median_noise_factors(n) if how.method == "median" else np.ones(n + 1)
        #: from the median distance of k samples to the error of their median
        self.factors = self.deviation_factors * self.error_factors / np.sqrt(np.maximum(np.arange(n + 1), 1))
        serves = n <= MOST_WRITTEN_OUT and how.method != "mean" and how.error != "propagated"
        self.written_out = compiled_for(how.method) if serves else None

    def start(self, pool: ThreadPoolExecutor, rows: tuple[Rows, ...], into: Combined) -> "list[Future[None]]":
        """Begin to combine one band, its rows shared among the threads."""
        inputs = _Inputs.of(rows)
        size = into.data.size
        block = self.bands.BLOCK
        # several pieces for each thread, so that a processor that is busy elsewhere does not hold up the band
        step = -(-size // (workers() * _PIECES * block)) * block
        return [pool.submit(self._run, inputs, start, min(start + step, size), into) for start in range(0, size, step)]

    def _run(self, inputs: _Inputs, start: int, stop: int, into: Combined) -> None:
        if self.written_out is not None:
            whole = stop - (stop - start) % VECTOR
            self._run_written_out(self.written_out, inputs, start, whole, into)
            start = whole
        how = self.how
        self.bands.combine(
            inputs.data, inputs.bits, inputs.errors, start, stop, np.uint32(how.reject), self.method, self.network,
            self.spread, self.clip, self.error, self.deviation_factors, self.error_factors, how.min_samples,
            np.uint32(how.few), into.data.reshape(-1),
            _NO_FLOATS if into.err is None else into.err.reshape(-1),
            _NO_BITS if into.dq is None else into.dq.reshape(-1),
            into.samples.reshape(-1),
        )  # fmt: skip

    def _run_written_out(
        self, loop: Callable[..., None], inputs: _Inputs, start: int, stop: int, into: Combined
    ) -> None:
        """The loops that are compiled for this number of frames: it is told by the length of a tuple."""
        how = self.how
        samples = into.samples.reshape(-1)
        bits = _NO_BITS if into.dq is None else into.dq.reshape(-1)
        given = (
            tuple(inputs.data), inputs.data, inputs.bits if inputs.bits.any() else inputs.bits[:0], start, stop,
            np.uint32(how.reject), how.min_samples, np.uint32(how.few), bits, samples,
        )  # fmt: skip
        places = _address(into.data), None if into.err is None else _address(into.err), _address(into.samples)
        if how.method == "median":
            loop(*given, self.factors.astype(np.float32), *places)
        else:
            apart = None if how.spread == "std" else True
            err = _NO_FLOATS if into.err is None else into.err.reshape(-1)
            loop(*given, self.clip, apart, self.deviation_factors, into.data.reshape(-1), err, *places)


def _addresses(planes: Sequence[npt.NDArray[Any] | None]) -> npt.NDArray[np.uint64]:
    return np.array([0 if plane is None else plane.ctypes.data for plane in planes], np.uint64)


def _address(plane: npt.NDArray[Any]) -> np.uint64:
    return np.uint64(plane.ctypes.data)


_NO_FLOATS = np.empty(0, np.float32)
_NO_BITS = np.empty(0, np.uint32)


def _read(frames: Sequence[FrameLike], start: int, stop: int, how: Combination) -> tuple[Rows, ...]:
    """The same rows of every frame, contiguous and in the kernels' types."""
    read = []
    for frame in frames:
        rows = frame.rows(start, stop)
        if how.error == "propagated" and rows.err is None:
            raise InputError(
                "The error cannot be propagated: this frame has no ERR.",
                path=frame.path,
                cure="Choose the error measured from the scatter of the frames (error=measured).",
            )
        read.append(
            Rows(
                np.ascontiguousarray(rows.data, np.float32),
                np.ascontiguousarray(rows.err, np.float32) if how.error == "propagated" else None,
                None if rows.dq is None else np.ascontiguousarray(rows.dq, np.uint32),
            )
        )
    return tuple(read)


def _common_shape(frames: Sequence[FrameLike]) -> tuple[int, int]:
    """The one shape of all frames, or a refusal."""
    if not frames:
        raise InputError("There is no frame to combine.", cure="Choose at least one.")
    first = frames[0]
    for frame in frames:
        if len(frame.shape) != 2:
            raise InputError(
                f"The data have {len(frame.shape)} axes; two are needed.",
                path=frame.path,
                cure="Fit the ramps first, or choose images.",
            )
        if frame.shape != first.shape:
            raise InputError(
                f"The size is {size_text(frame.shape)} pixels, that of {_name(first)} is {size_text(first.shape)}.",
                path=frame.path,
                cure="Combine frames of one size.",
            )
    return first.shape[0], first.shape[1]


def _name(frame: FrameLike) -> str:
    return frame.path.name if frame.path is not None else "the first"
