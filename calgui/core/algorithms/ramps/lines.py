"""One integration's band of reads becomes rates: all pixels at once where every read counts, else one by one."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_ramps, workers
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.response import Response
from calgui.core.algorithms.ramps.setup import RampSetup, variance_of, weights_of
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray

#: pieces of a band for each thread
_PIECES = 4
#: the quick look at the full well errs on the careful side
_CAREFUL = 0.9
#: part of the full well above the level of the reference pixels, which differs from that of the pixels by some per cent
KNOWN_ZERO = 0.98
_NO_BITS = np.empty(0, np.uint64)
NAMES = np.array([flags.DO_NOT_USE, flags.SATURATED, flags.JUMP_DET, flags.NONLINEAR, flags.NO_LIN_CORR], np.uint32)


@dataclass(frozen=True)
class Line:
    """What a fit of one integration gives, pixel by pixel.

    Attributes
    ----------
    rate, err : ndarray of float32, shape (pixels,)
        Electrons per second; NaN with fewer than two reads that can be used.
    used : ndarray of uint16
        Reads that were used.
    dq : ndarray of uint32
        Data-quality bits.
    parts : ndarray of float32, shape (3, pixels) or (3, 0)
        Where they are wanted: the variance is the first plus the second times the rate; the third is the seconds
        between the first and the last read that were used.
    """

    rate: FloatArray
    err: FloatArray
    used: npt.NDArray[np.uint16]
    dq: DqArray
    parts: FloatArray


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
        self.method = {"utr": self.kernel.UTR, "cds": self.kernel.CDS, "mcds": self.kernel.MCDS}[config.method]
        self.ends = config.ends
        self.noise_squared = setup.group_noise**2 * (1 + noise)
        weights = weights_of(config.method, setup.seconds, config.ends)
        squares, photons = variance_of(weights, setup.seconds, setup.spread)
        #: of a pixel of which all reads are used
        self.read_part, self.photon_part = self.noise_squared * squares, photons
        self.weights = weights * setup.gain
        self.how = np.empty(self.kernel.FIGURES, np.float64)
        self.how[self.kernel.TO_X], self.how[self.kernel.FROM_X] = response.to_x, response.from_x
        self.how[self.kernel.X_MOST], self.how[self.kernel.FULL_WELL] = response.x_most, response.full_well
        self.how[self.kernel.EXTRAPOLATE] = config.bias == "extrapolate"
        self.how[self.kernel.KNOWN_ZERO] = KNOWN_ZERO

    def fit(self, band: Band, pool: ThreadPoolExecutor, *, parts: bool = False) -> Line:
        """Fit one band.

        Parameters
        ----------
        band : Band
            Of one integration.
        pool : ThreadPoolExecutor
            Whose threads share the rows.
        parts : bool
            Whether the parts of the variance are wanted.

        Returns
        -------
        Line
        """
        n, height, nx = band.reads.shape
        planes, bits, held = _addresses(band)
        made = Line(
            np.empty(height * nx, np.float32),
            np.empty(height * nx, np.float32),
            np.full(height * nx, n, np.uint16),
            np.zeros(height * nx, np.uint32),
            np.repeat(self._parts(), height * nx if parts else 0, axis=1),
        )
        if band.terms.shape[0]:
            special = np.arange(height * nx)
        else:
            marked = np.zeros(height * nx, np.bool_)
            columns = (self.weights @ band.columns.astype(np.float64)).astype(np.float32)
            rows = (self.weights @ band.rows.astype(np.float64)).astype(np.float32)
            step = max(1, -(-height // (workers() * _PIECES)))
            found = [
                pool.submit(self._rows, planes, bits, start, min(start + step, height), nx, columns, rows, band.zeros,
                            made, marked)
                for start in range(0, height, step)
            ]  # fmt: skip
            special = np.flatnonzero(marked) if sum(one.result() for one in found) else np.empty(0, np.intp)
        if special.size:
            self._one_by_one(planes, bits, special, nx, band, made, pool)
        del held
        return made

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
        n = band.reads.shape[0]
        planes, bits, held = _addresses(band)
        reads = np.empty((n, pixels.size), np.float32)
        usable, jumps = np.empty(reads.shape, np.bool_), np.empty(reads.shape, np.bool_)
        made = np.empty(pixels.size, np.uint32)
        self.kernel.prepare_reads(
            planes, bits, pixels, band.reads.shape[2], self._known(band), reads, usable, jumps, made
        )
        del held
        return reads, usable, jumps, made


def _addresses(band: Band) -> tuple[Any, Any, Any]:
    """Where the reads of each plane begin, their flags, and what keeps them alive."""
    planes = [np.ascontiguousarray(plane) for plane in band.reads]
    words: Sequence[Any] = () if band.dq is None else [np.ascontiguousarray(plane) for plane in band.dq]
    places = [np.array([plane.ctypes.data for plane in of], np.uint64) for of in (planes, words)]
    return places[0], places[1] if words else _NO_BITS, (planes, words)


def average(lines: Sequence[Line]) -> Line:
    """The weighted mean of several integrations, pixel by pixel.

    Parameters
    ----------
    lines : sequence of Line
        With the parts of their variances.

    Returns
    -------
    Line
        Reads that were used are summed; flags are those that all have in common, with SATURATED and JUMP_DET of any.

    Notes
    -----
    A weight is the inverse of the variance that an integration with these reads has at the rate of all integrations
    together. It never depends on the rate of that integration alone: low rates would count more.
    """
    if len(lines) == 1:
        return lines[0]
    rates = np.stack([line.rate for line in lines]).astype(np.float64)
    read, photon, span = np.stack([line.parts for line in lines], axis=1).astype(np.float64)
    known = np.isfinite(rates)
    span = np.where(known, span, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        together = np.where(known, rates, 0) * span
        common = np.maximum(together.sum(axis=0) / span.sum(axis=0), 0)
        variance = read + photon * common
        # without any noise all that can be used count alike
        weights = np.where(known, np.where(variance > 0, 1 / variance, 1.0), 0)
        total = weights.sum(axis=0)
        rate = np.where(known, rates, 0)
        mean = (weights * rate).sum(axis=0) / total
        own = read + photon * np.maximum(mean, 0)
        error = np.sqrt(np.where(known, weights**2 * own, 0).sum(axis=0)) / total
    some = known.any(axis=0)
    dq = np.stack([line.dq for line in lines])
    common_bits = np.bitwise_and.reduce(dq, axis=0)
    keep = np.uint32(flags.SATURATED | flags.JUMP_DET | flags.NONLINEAR | flags.NO_LIN_CORR)
    bits = common_bits | (np.bitwise_or.reduce(dq, axis=0) & keep)
    bits = np.where(some, bits & ~np.where(known.all(axis=0), np.uint32(0), np.uint32(flags.DO_NOT_USE)), bits)
    used = np.stack([line.used for line in lines]).astype(np.uint32).sum(axis=0)
    return Line(
        np.where(some, mean, np.nan).astype(np.float32),
        np.where(some, error, np.nan).astype(np.float32),
        np.minimum(used, 65535).astype(np.uint16),
        bits.astype(np.uint32),
        np.empty((3, 0), np.float32),
    )
