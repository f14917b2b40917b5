"""``fit-ramp``: the reads of a detector become electrons per second, with errors and data quality."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.geometry import REFERENCE_BORDER, Region, region_of, says_where
from calgui.core.algorithms.kernels import workers
from calgui.core.algorithms.ramps.averaging import Line, average
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.judging import is_complete, judge, keywords_of, metrics_of
from calgui.core.algorithms.ramps.lines import Band, LineFitter
from calgui.core.algorithms.ramps.looks import curves_of, residuals
from calgui.core.algorithms.ramps.reading import Reads, read_band
from calgui.core.algorithms.ramps.refpix import Drift, reference_drift
from calgui.core.algorithms.ramps.response import Response, response_of
from calgui.core.algorithms.ramps.setup import RampSetup, check_ramps, four_axes, setup_of
from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.cubes.header import picture_header
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

#: bytes of reads and their flags that are held at a time (twice: one band is read while another is fitted)
_BAND_BYTES = 48 << 20
#: bands of ramps that are in memory as a whole: for progress and cancel; so many pixels are done at once in any case
_BANDS_IN_MEMORY, _AT_ONCE = 8, 32_768
#: pixels whose reads are kept to look at them
_SAMPLE = 20_000
#: rows whose flags are looked at at once
_SETTLED = 128

Sample = list[tuple[FloatArray, npt.NDArray[np.bool_]]]


@dataclass(frozen=True)
class _Whole:
    """Room for the picture, filled band by band."""

    rate: FloatArray
    err: FloatArray
    dq: DqArray
    used: npt.NDArray[np.uint16]
    sample: Sample = field(default_factory=list)

    def rows(self, start: int, stop: int) -> Line:
        """Room for the fit of some rows."""
        part = slice(start, stop)
        return Line(
            self.rate[part].reshape(-1), self.err[part].reshape(-1), self.used[part].reshape(-1),
            self.dq[part].reshape(-1), np.empty((3, 0), np.float32),
        )  # fmt: skip

    def put(self, start: int, stop: int, line: Line) -> None:
        for name in ("rate", "err", "dq", "used"):
            place, made = getattr(self, name)[start:stop], getattr(line, name)
            if not np.may_share_memory(place, made):
                place[...] = made.reshape(place.shape)


def fit_ramp(
    frames: Sequence[FrameLike],
    references: Mapping[str, FrameLike],
    config: FitRampConfig,
    job: Job | None = None,
) -> Result:
    """Fit ramps.

    Parameters
    ----------
    frames : sequence of FrameLike
        (nint, n, ny, nx) or (n, ny, nx), in adu or electron; all integrations of all of them are averaged to one
        image. They are read in bands of rows.
    references : mapping of str to FrameLike
        ``NONLINCOEFF``, where the response is to be straightened.
    config : FitRampConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Frame in electron/s with ERR and DQ, plane ``NREADS`` (reads that were used, summed over the integrations);
        metrics; histogram, residuals of the reads and drifts.

    Raises
    ------
    InputError
        When something that is needed is missing, or inputs do not belong together.
    AlgorithmError
        When no pixel has two reads that can be used.

    Notes
    -----
    ``optimal`` is the fit of Brandt (2024). Variances of the other methods are those of Vacca, Cushing & Rayner (2004)
    with photon noise that is correlated along the ramp, exactly for the reads that a pixel has left; their weights of
    reads depend on times alone, never on the rate.
    """
    job = job or Job("Fit ramps")
    check_ramps(frames)
    setup = setup_of(frames, config)
    response = response_of(frames[0], references.get("NONLINCOEFF"), setup, config)
    region = place_of(frames[0])
    drifts = [reference_drift(frame, region, config, setup.reads, job) for frame in frames]
    fitter = LineFitter(setup, config, response, max(drift.noise for drift in drifts))
    shape = region.ny, region.nx
    whole = _Whole(
        np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint32), np.empty(shape, np.uint16)
    )
    _fit_bands(frames, setup, response, region, drifts, fitter, whole, job.part(0, 0.9))
    light = region.mask()
    good = np.empty(shape, np.bool_)

    def settle(start: int, stop: int) -> None:
        words, lit = whole.dq[start:stop], light[start:stop]
        words[~lit] |= np.uint32(flags.REFERENCE_PIXEL)
        lit &= (words & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
        np.logical_and(lit, whole.used[start:stop], out=good[start:stop])

    over_bands(region.ny, _SETTLED, settle, job.part(0.9, 0.92), "Looking at the reads")
    if not good.any():
        raise AlgorithmError(
            "No pixel has two reads that can be used: all are NaN, flagged or saturated from the start.",
            cure="Look at the reads and their flags, or give shorter exposures.",
        )
    job.report(0.92, "Looking at the reads")
    found = residuals(whole.sample, setup)
    job.check()
    metrics = metrics_of(whole.rate, whole.err, whole.dq, whole.used, light, found, setup)
    verdict, reasons = judge(frames, config, setup, response, drifts, metrics, found)
    header: dict[str, Any] = common_header(frames) | {"BUNIT": "electron/s"}
    if len(frames) == 1:
        header = picture_header(frames[0].header)
        header["BUNIT"] = "electron/s"
    keywords = keywords_of(config, setup, response, drifts, metrics)
    # what was done before the ramps came here stays done
    keywords = {key: card for key, card in keywords.items() if card[0] != "SKIPPED" or not is_complete(frames, key)}
    job.report(1.0, "Done")
    return Result(
        frame=Frame(whole.rate, whole.err, whole.dq, header),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=curves_of(whole.rate, good, found, setup, drifts),
        keywords=keywords,
        planes={"NREADS": whole.used},
    )


def place_of(frame: FrameLike) -> Region:
    """Where a ramp lies on its detector.

    Parameters
    ----------
    frame : FrameLike
        The ramp.

    Returns
    -------
    Region
        Away from the border where nothing says where it lies: its edge may see light.
    """
    if says_where(frame):
        return region_of(frame)
    ny, nx = frame.shape[-2:]
    return Region(REFERENCE_BORDER, REFERENCE_BORDER, nx, ny, None, None)


@dataclass(frozen=True)
class _Rows:
    """Rows of one ramp as they were read, with a halo for the correction of rows, and their coefficients."""

    start: int
    stop: int
    ramp: int
    skip: tuple[int, int]
    reads: Reads
    terms: FloatArray


def _rows_of(frames: Sequence[FrameLike], region: Region, height: int) -> Iterator[tuple[int, int, int]]:
    """What to read, in order: start, stop, which ramp."""
    for start in range(0, region.ny, height):
        for ramp in range(len(frames)):
            yield start, min(start + height, region.ny), ramp


class _Rooms:
    """Two rooms that serve in turn: one is read into while what is in the other is worked on."""

    def __init__(self) -> None:
        self._both = [np.empty(0, np.float32), np.empty(0, np.float32)]

    def next(self, size: int) -> FloatArray:
        """The room that was not the last one, for so many numbers; a room is never made smaller."""
        one, other = self._both
        if one.size < size:
            one = np.empty(size, np.float32)
        self._both = [other, one]
        return one


class _Reader:
    """Reads rows with what belongs to them; used by one thread, while others fit."""

    def __init__(self, frames: Sequence[FrameLike], response: Response, drifts: Sequence[Drift]) -> None:
        self.frames, self.response, self.drifts = frames, response, drifts
        self._terms: tuple[int, FloatArray] | None = None
        self._rooms, self._rooms_of_terms = _Rooms(), _Rooms()

    def rows(self, start: int, stop: int, ramp: int) -> _Rows:
        frame, halo = self.frames[ramp], self.drifts[ramp].halo
        ny = frame.shape[-2]
        first, last = max(start - halo, 0), min(stop + halo, ny)
        integrations, n, _, nx = four_axes(frame.shape)
        reads = read_band(frame, first, last, self._rooms.next(integrations * n * (last - first) * nx))
        if self._terms is None or self._terms[0] != start:  # those of the ramp before are the same
            room = self._rooms_of_terms.next(self.response.terms_of_a_pixel * (stop - start) * nx)
            self._terms = start, self.response.terms(start, stop, room)
        return _Rows(start, stop, ramp, (start - first, last - stop), reads, self._terms[1])


def _fit_bands(
    frames: Sequence[FrameLike],
    setup: RampSetup,
    response: Response,
    region: Region,
    drifts: Sequence[Drift],
    fitter: LineFitter,
    whole: _Whole,
    job: Job,
) -> None:
    """Read bands ahead in one thread while others fit the one before."""
    most = max(four_axes(frame.shape)[0] for frame in frames)
    height = max(1, min(region.ny, _BAND_BYTES // (most * setup.reads * region.nx * 8)))
    if all(isinstance(frame, Frame) for frame in frames):
        height = max(height, -(-region.ny // _BANDS_IN_MEMORY), _AT_ONCE // region.nx)
    step = -(-region.ny * region.nx // _SAMPLE)
    lines: list[Line] = []
    ready = _Reader(frames, response, drifts)
    with (
        ThreadPoolExecutor(1, thread_name_prefix="calgui-ramp-reader") as reader,
        ThreadPoolExecutor(workers(), thread_name_prefix="calgui-ramp") as pool,
    ):
        ahead: deque[Future[_Rows]] = deque()
        wanted = _rows_of(frames, region, height)

        def ask() -> None:
            item = next(wanted, None)
            if item is not None:
                ahead.append(reader.submit(ready.rows, *item))

        ask()
        while ahead:
            rows = ahead.popleft().result()
            job.report(rows.start / region.ny, "Fitting")
            ask()
            for number, band in enumerate(_bands(rows, drifts[rows.ramp])):
                job.check()
                several = setup.integrations > 1
                room = None if several else whole.rows(rows.start, rows.stop)
                lines.append(fitter.fit(band, pool, parts=several, room=room))
                if rows.ramp == 0 and number == 0:
                    _look(band, rows.start, step, region, fitter, whole.sample)
            if rows.ramp == len(frames) - 1:
                whole.put(rows.start, rows.stop, average(lines))
                lines = []
    job.report(1.0, "Fitted")


def _bands(rows: _Rows, drift: Drift) -> Iterator[Band]:
    """The integrations of some rows, without the halo."""
    by_row = drift.rows(rows.reads, rows.skip, rows.start)
    first, last = rows.skip[0], rows.reads.data.shape[2] - rows.skip[1]
    for number in range(rows.reads.data.shape[0]):
        yield Band(
            rows.reads.data[number, :, first:last],
            None if rows.reads.dq is None else rows.reads.dq[number, :, first:last],
            drift.columns[number],
            by_row[number],
            drift.zeros[number],
            rows.terms,
        )


def _look(band: Band, start: int, step: int, region: Region, fitter: LineFitter, sample: Sample) -> None:
    """Keep the reads of evenly spaced rows."""
    height, nx = band.reads.shape[1:]
    rows = np.arange(-(-start // step) * step, start + height, step)
    inside, columns = region.active()
    rows = rows[(rows >= inside.start) & (rows < inside.stop)] - start
    pixels = (rows[:, None] * nx + np.arange(columns.start, columns.stop)[None, :]).reshape(-1)
    if pixels.size:
        reads, usable, jumps, _ = fitter.prepare(band, pixels.astype(np.intp))
        sample.append((reads, usable & ~jumps))


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return fit_ramp(frames, references, config, job)


ALGORITHMS = (
    Algorithm(
        name="fit-ramp",
        title="Fit ramps",
        summary="Makes electrons per second of the reads of a detector, with their errors and flags.",
        inputs="one or more ramps of one detector, read mode and filter",
        takes=("ramp",),
        config=FitRampConfig,
        run=_run,
        optional_references=("NONLINCOEFF",),
        check=check_ramps,
        source="Brandt 2024 (optimal weights, jumps); Vacca, Cushing & Rayner 2004 (variances of CDS, MCDS and lines)",
    ),
)
