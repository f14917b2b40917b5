"""One integration's band of reads becomes rates: all pixels at once where every read counts, else one by one."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_ramps, workers
from calgui.core.algorithms.ramps.averaging import Line
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.optimal import MOST_JUMPS, OptimalFit, fit_optimal, group_noise
from calgui.core.algorithms.ramps.response import Response
from calgui.core.algorithms.ramps.setup import RampSetup, variance_of, weights_of
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray

#: pieces of a band for each thread
_PIECES = 4
#: the quick look at the full well errs on the careful side
_CAREFUL = 0.9
#: pixels that are fitted optimally at once: their reads stay in the second cache
_OPTIMAL = 8192
#: part of the full well above the level of the reference pixels, which differs from that of the pixels by some per cent
KNOWN_ZERO = 0.98
_NO_BITS = np.empty(0, np.uint64)
NAMES = np.array([flags.DO_NOT_USE, flags.SATURATED, flags.JUMP_DET, flags.NONLINEAR, flags.NO_LIN_CORR], np.uint32)


@dataclass(frozen=True)
class Band:
    """Reads of one integration in some rows, and what is known of them.

    Attributes
    ----------
    reads : ndarray of float32, shape (n, rows, nx)
        In the unit of the ramp.
    dq : ndarray of uint32 or None
        Flags of each read.
    columns : ndarray of float32, shape (n, nx)
        Drift of the amplifiers.
    rows : ndarray of float32, shape (n, rows)
        Drift of the rows.
    zeros : ndarray of float32, shape (nx,)
        Level of the reference pixels; NaN where it is not known.
    terms : ndarray of float32
        From `Response.terms`.
    """

    reads: FloatArray
    dq: DqArray | None
    columns: FloatArray
    rows: FloatArray
    zeros: FloatArray
    terms: FloatArray

    def __post_init__(self) -> None:
        # compiled loops look at no bounds
        n, rows, nx = self.reads.shape
        shapes = (self.columns.shape, self.rows.shape, self.zeros.shape)
        if shapes != ((n, nx), (n, rows), (nx,)) or (self.terms.shape[-1] > 1 and self.terms.shape[-1] != rows * nx):
            raise ValueError(f"reads of {self.reads.shape}, but {shapes} and terms of {self.terms.shape}")
        if self.dq is not None and self.dq.shape != self.reads.shape:
            raise ValueError(f"reads of {self.reads.shape}, flags of {self.dq.shape}")

    def part(self, start: int, stop: int) -> "Band":
        """Some of its rows.

        Parameters
        ----------
        start, stop : int
            Rows, ``stop`` exclusive.

        Returns
        -------
        Band
        """
        nx = self.reads.shape[2]
        each = self.terms.shape[0] and self.terms.shape[1] > 1
        return Band(
            self.reads[:, start:stop],
            None if self.dq is None else self.dq[:, start:stop],
            self.columns,
            np.ascontiguousarray(self.rows[:, start:stop]),
            self.zeros,
            np.ascontiguousarray(self.terms[:, start * nx : stop * nx]) if each else self.terms,
        )


class LineFitter:
    """Fits bands with what is the same for all of them.

    Parameters
    ----------
    setup : RampSetup
        Times, gain, noise.
    config : FitRampConfig
        Method.
    response : Response
        How reads are straightened.
    noise : float
        What the correction by reference pixels adds to the variance of a read, as a part of it.
    """

    def __init__(self, setup: RampSetup, config: FitRampConfig, response: Response, noise: float = 0.0) -> None:
        self.kernel = compiled_ramps()
        self.setup, self.response = setup, response
        self.config = config
        self.optimal = config.method == "optimal"
        line = "utr" if config.method == "optimal" else config.method
        self.method = {"utr": self.kernel.UTR, "cds": self.kernel.CDS, "mcds": self.kernel.MCDS}[line]
        self.ends = config.ends
        self.read_noise = setup.read_noise * float(np.sqrt(1 + noise))
        self.noise_squared = setup.group_noise**2 * (1 + noise)
        weights = weights_of(line, setup.seconds, config.ends)
        squares, photons = variance_of(weights, setup.seconds, setup.spread)
        #: of a pixel of which all reads are used
        self.read_part, self.photon_part = self.noise_squared * squares, photons
        self.weights = weights * setup.gain
        self.how = np.empty(self.kernel.FIGURES, np.float64)
        self.how[self.kernel.TO_X], self.how[self.kernel.FROM_X] = response.to_x, response.from_x
        self.how[self.kernel.X_MOST], self.how[self.kernel.FULL_WELL] = response.x_most, response.full_well
        self.how[self.kernel.EXTRAPOLATE] = config.bias == "extrapolate"
        self.how[self.kernel.KNOWN_ZERO] = KNOWN_ZERO

    def fit(self, band: Band, pool: ThreadPoolExecutor, *, parts: bool = False, room: Line | None = None) -> Line:
        """Fit one band.

        Parameters
        ----------
        band : Band
            Of one integration.
        pool : ThreadPoolExecutor
            Whose threads share the rows.
        parts : bool
            Whether the parts of the variance are wanted.
        room : Line, optional
            Where to put the result, without parts; not all methods need it.

        Returns
        -------
        Line
        """
        n, height, nx = band.reads.shape
        if self.optimal:
            return self._optimal(band, pool, parts=parts, room=room)
        planes, bits, held = _addresses(band)
        made = Line(
            np.empty(height * nx, np.float32),
            np.empty(height * nx, np.float32),
            # one number stands for all until pixels differ
            np.broadcast_to(np.uint16(n), height * nx),
            np.zeros(height * nx, np.uint32),
            np.repeat(self._parts(), height * nx if parts else 0, axis=1),
        )
        marked = np.zeros(height * nx, np.bool_)
        columns = (self.weights @ band.columns.astype(np.float64)).astype(np.float32)
        rows = (self.weights @ band.rows.astype(np.float64)).astype(np.float32)
        step = max(1, -(-height // (workers() * _PIECES)))
        found = [
            pool.submit(self._bent_rows, planes, bits, start, min(start + step, height), nx, band, made, marked)
            if band.terms.shape[0]
            else pool.submit(
                self._rows, planes, bits, start, min(start + step, height), nx, columns, rows, band.zeros, made, marked
            )
            for start in range(0, height, step)
        ]
        special = np.flatnonzero(marked) if sum(one.result() for one in found) else np.empty(0, np.intp)
        if special.size:
            made = replace(made, used=np.array(made.used))
            self._one_by_one(planes, bits, special, nx, band, made, pool)
        del held
        return made

    def _optimal(self, band: Band, pool: ThreadPoolExecutor, *, parts: bool, room: Line | None) -> Line:
        """The same with the weights of correlated noise, and jumps that are found."""
        _, height, nx = band.reads.shape
        size = height * nx
        made = room or Line(
            np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.uint16),
            np.empty(size, np.uint32), np.empty((3, size if parts else 0), np.float32), exact=False,
        )  # fmt: skip
        places = _addresses(band)
        step = max(1, -(-height // (workers() * _PIECES)))
        work = self._bent_optimal if band.terms.shape[0] else self._as_read
        running = [
            pool.submit(work, band, places, start, min(start + step, height), made) for start in range(0, height, step)
        ]
        for one in running:
            one.result()
        return made

    def _bent_optimal(self, band: Band, places: tuple[Any, Any, Any], start: int, stop: int, made: Line) -> None:
        """Some rows whose response is to be straightened."""
        setup, config = self.setup, self.config
        noise, overlap = group_noise(self.read_noise, band.reads.size, setup.frames, setup.frame_seconds)
        self.kernel.fit_rows(
            *places[:2], start, stop, band.reads.shape[2], self._known(band), noise, float(overlap),
            bool(config.detect_jumps), float(config.jump_sigma), setup.frames > 1, MOST_JUMPS,
            (NAMES[0], NAMES[2]), float(self.noise_squared), made.rate, made.err, made.used, made.dq, made.parts,
        )  # fmt: skip

    def _as_read(self, band: Band, _places: Any, first: int, last: int, made: Line) -> None:
        """Some rows without coefficients, a few at a time."""
        nx = band.reads.shape[2]
        step = max(1, _OPTIMAL // nx)
        for start in range(first, last, step):
            stop = min(start + step, last)
            reads, usable, known, dq = self._plain(band.part(start, stop))
            place = slice(start * nx, stop * nx)
            self._put(self._best(reads, usable, known), reads, usable, known, dq, place, made)

    def _put(self, found: OptimalFit, reads: Any, usable: Any, known: Any, dq: Any, place: slice, made: Line) -> None:
        lost = ~np.isfinite(found.rate)
        jumps = found.jumps.any(axis=0)
        made.rate[place], made.err[place], made.used[place] = found.rate, found.error, found.n_used
        # whole planes of factors are done sooner than some pixels of them
        np.bitwise_or(dq, jumps * np.uint32(flags.JUMP_DET), out=made.dq[place])
        if lost.any():
            made.dq[place] |= lost * np.uint32(flags.DO_NOT_USE)
            made.used[place][lost] = 0
        if made.parts.size:
            pixels = np.arange(place.start, place.stop)
            good = np.ones(reads.shape, np.bool_) if usable is None else usable
            breaks = found.jumps if known is None else found.jumps | known
            setup = self.setup
            self.kernel.parts_of(good, breaks, pixels, setup.seconds, setup.spread, self.noise_squared, made.parts)

    def find_jumps(
        self, reads: npt.NDArray[np.float64], usable: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Reads of one pixel before which the optimal fit finds a jump.

        Parameters
        ----------
        reads : ndarray of float64, shape (n,)
            Electrons, straightened.
        usable, known : ndarray of bool, shape (n,)
            Reads that can be used; those before which a jump is known.

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        found = self._best(reads[:, None].astype(np.float32), usable[:, None], known[:, None])
        return np.asarray(found.jumps[:, 0])

    def _best(self, reads: FloatArray, usable: Any, known: Any) -> OptimalFit:
        setup = self.setup
        return fit_optimal(
            reads, usable, setup.seconds, self.read_noise, detect_jumps=self.config.detect_jumps,
            jump_sigma=self.config.jump_sigma, reads_per_group=setup.frames, frame_seconds=setup.frame_seconds,
            known_jumps=known, threads=1,
        )  # fmt: skip

    def _plain(self, band: Band) -> tuple[FloatArray, Any, Any, DqArray]:
        """Reads of all pixels as `prepare` gives them where there are no coefficients; None where all reads can be
        used, or no jump is known."""
        n, height, nx = band.reads.shape
        pixels = height * nx
        gain = np.float32(self.setup.gain)
        reads = band.reads * gain
        if band.columns.any():
            reads -= band.columns[:, None, :] * gain
        if band.rows.any():
            reads -= band.rows[:, :, None] * gain
        reads = reads.reshape(n, pixels)
        usable = known = None
        dq = np.zeros(pixels, np.uint32)
        if band.dq is not None:
            words = band.dq.reshape(n, pixels)
            seen = np.bitwise_or.reduce(words, axis=0)
            dq = np.bitwise_and.reduce(words, axis=0) | (seen & np.uint32(flags.SATURATED | flags.JUMP_DET))
            if (seen & np.uint32(flags.SATURATED | flags.DO_NOT_USE)).any():
                full = np.logical_or.accumulate((words & np.uint32(flags.SATURATED)) != 0, axis=0)
                usable = ~full & ((words & np.uint32(flags.DO_NOT_USE)) == 0)
            if (seen & np.uint32(flags.JUMP_DET)).any():
                known = (words & np.uint32(flags.JUMP_DET)) != 0
        near = self._near_full(band, reads)
        if near.size:
            usable = np.ones(reads.shape, np.bool_) if usable is None else usable
            reads[:, near], usable[:, near], _, dq[near] = self.prepare(band, near)
        return reads, usable, known, dq

    def _near_full(self, band: Band, reads: FloatArray) -> npt.NDArray[np.intp]:
        """Pixels that may reach the full well."""
        well = self.response.full_well
        if not np.isfinite(well):
            return np.empty(0, np.intp)
        seconds = self.setup.seconds
        lead = np.float32(seconds[0] / (seconds[1] - seconds[0]) if self.how[self.kernel.EXTRAPOLATE] else 0.0)
        with np.errstate(invalid="ignore"):
            high = np.fmax.reduce(reads, axis=0)
            zero = reads[0] - lead * np.maximum(reads[1] - reads[0], 0)
            zeros = np.tile(band.zeros, band.reads.shape[1]) * np.float32(self.setup.gain)
            return np.flatnonzero((high - zero >= _CAREFUL * well) | (high - zeros >= _CAREFUL * well))

    def _parts(self) -> FloatArray:
        """Of a pixel of which all reads are used."""
        span = self.setup.seconds[-1] - self.setup.seconds[0]
        return np.array([[self.read_part], [self.photon_part], [span]], np.float32)

    def _known(self, band: Band) -> tuple[Any, ...]:
        setup = self.setup
        return (band.columns, band.rows, band.zeros, setup.seconds, setup.spread, band.terms, self.how, NAMES)

    def _rows(
        self, planes: Any, bits: Any, start: int, stop: int, nx: int, columns: Any, rows: Any, zeros: Any, made: Line,
        marked: Any,
    ) -> int:  # fmt: skip
        found = self.kernel.weighted_sums(
            planes, self.weights.astype(np.float32), start, stop, nx, columns, rows,
            (self.read_part, self.photon_part), made.rate, made.err, marked,
        )  # fmt: skip
        if not bits.size and not np.isfinite(self.response.full_well):
            return int(found)
        seconds = self.setup.seconds
        lead = seconds[0] / (seconds[1] - seconds[0]) if self.how[self.kernel.EXTRAPOLATE] else 0.0
        reject = flags.DO_NOT_USE | flags.SATURATED | flags.JUMP_DET
        keep = flags.SATURATED | flags.JUMP_DET
        return int(self.kernel.find_special(
            planes, bits, start, stop, nx, np.float32(self.setup.gain), np.float32(_CAREFUL * self.response.full_well),
            np.float32(lead), zeros, np.uint32(reject), np.uint32(keep), made.rate, made.dq, marked,
        ))  # fmt: skip

    def _bent_rows(
        self, planes: Any, bits: Any, start: int, stop: int, nx: int, band: Band, made: Line, marked: Any
    ) -> int:
        return int(self.kernel.straight_sums(
            planes, bits, start, stop, nx, self._known(band), self.weights / self.setup.gain,
            (self.read_part, self.photon_part), made.rate, made.err, made.dq, marked,
        ))  # fmt: skip

    def _one_by_one(
        self, planes: Any, bits: Any, special: Any, nx: int, band: Band, made: Line, pool: ThreadPoolExecutor
    ) -> None:
        step = max(256, -(-special.size // (workers() * _PIECES)))
        running: list[Future[None]] = [
            pool.submit(
                self.kernel.fit_pixels, planes, bits, special[start : start + step], nx, self._known(band), self.method,
                self.ends, self.noise_squared, made.rate, made.err, made.used, made.dq, made.parts,
            )
            for start in range(0, special.size, step)
        ]  # fmt: skip
        for one in running:
            one.result()

    def prepare(self, band: Band, pixels: npt.NDArray[np.intp]) -> tuple[FloatArray, Any, Any, DqArray]:
        """Reads of some pixels in electrons above the level at time zero, straightened.

        Parameters
        ----------
        band : Band
            Of one integration.
        pixels : ndarray of int
            Which, counted through the rows of the band.

        Returns
        -------
        reads : ndarray of float32, shape (n, pixels)
        usable, jumps : ndarray of bool, shape (n, pixels)
            Reads that can be used, and those before which a jump was flagged.
        dq : ndarray of uint32, shape (pixels,)
        """
        return self._prepare(band, _addresses(band), pixels)

    def _prepare(
        self, band: Band, places: tuple[Any, Any, Any], pixels: npt.NDArray[np.intp]
    ) -> tuple[FloatArray, Any, Any, DqArray]:
        reads = np.empty((band.reads.shape[0], pixels.size), np.float32)
        usable, jumps = np.empty(reads.shape, np.bool_), np.empty(reads.shape, np.bool_)
        made = np.empty(pixels.size, np.uint32)
        self.kernel.prepare_reads(
            *places[:2], pixels, band.reads.shape[2], self._known(band), reads, usable, jumps, made
        )
        return reads, usable, jumps, made


def _addresses(band: Band) -> tuple[Any, Any, Any]:
    """Where the reads of each plane begin, their flags, and what keeps them alive."""
    planes = [np.ascontiguousarray(plane) for plane in band.reads]
    words: Sequence[Any] = () if band.dq is None else [np.ascontiguousarray(plane) for plane in band.dq]
    places = [np.array([plane.ctypes.data for plane in of], np.uint64) for of in (planes, words)]
    return places[0], places[1] if words else _NO_BITS, (planes, words)
