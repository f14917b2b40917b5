"""One pixel of a ramp: its reads as they are and straightened, and the line that each method puts through them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_ramps
from calgui.core.algorithms.ramps.averaging import Line
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.lines import Band, LineFitter
from calgui.core.algorithms.ramps.reading import read_band
from calgui.core.algorithms.ramps.refpix import Drift, reference_drift
from calgui.core.algorithms.ramps.response import Response, response_of
from calgui.core.algorithms.ramps.setup import RampSetup, setup_of
from calgui.core.errors import UsageError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

#: all methods, as `FitRampConfig` has them
METHODS: tuple[str, ...] = get_args(get_type_hints(FitRampConfig)["method"])


@dataclass(frozen=True)
class PixelLine:
    """What one method makes of one integration of a pixel.

    Attributes
    ----------
    method : str
        As in `FitRampConfig`.
    rate, error : float
        Electrons per second; NaN with fewer than two reads that can be used.
    start : float
        Electrons of the line at time zero, on the scale of the straightened reads.
    used : ndarray of bool, shape (n,)
        Reads that count; of ``cds`` and ``mcds`` those at the ends.
    jumps : ndarray of bool, shape (n,)
        Reads before which ``optimal`` found a jump.
    """

    method: str
    rate: float
    error: float
    start: float
    used: Booleans
    jumps: Booleans

    def at(self, seconds: Floats) -> Floats:
        """The line.

        Parameters
        ----------
        seconds : ndarray of float64
            Since the reset.

        Returns
        -------
        ndarray of float64
            Electrons.
        """
        return np.asarray(self.start + self.rate * seconds)


@dataclass(frozen=True)
class PixelFits:
    """Reads and fits of one pixel.

    Attributes
    ----------
    x, y : int
        Which, from 0.
    seconds : ndarray of float64, shape (n,)
        Since the reset.
    raw : ndarray of float64, shape (nint, n)
        As in the file, in ``unit``.
    straight : ndarray of float64, shape (nint, n)
        Electrons above the level at time zero: drifts taken out, response straightened.
    usable, jumps : ndarray of bool, shape (nint, n)
        Reads that can be used; those before which a jump was flagged.
    dq : ndarray of uint32, shape (nint, n)
        Flags in the file.
    bits : ndarray of uint32, shape (nint,)
        Flags of the pixel as the fit has them: whether it saturated, or its coefficients do not reach.
    unit : str
        Of ``raw``.
    gain : float
        Electrons for one of it.
    lines : tuple of mapping of str to PixelLine
        For each integration, by method.
    """

    x: int
    y: int
    seconds: Floats
    raw: Floats
    straight: Floats
    usable: Booleans
    jumps: Booleans
    dq: npt.NDArray[np.uint32]
    bits: npt.NDArray[np.uint32]
    unit: str
    gain: float
    lines: tuple[Mapping[str, PixelLine], ...]


def pixel_of(
    frame: FrameLike,
    references: Mapping[str, FrameLike],
    config: FitRampConfig,
    x: int,
    y: int,
    drift: Drift | None = None,
    methods: Sequence[str] = METHODS,
) -> PixelFits:
    """Reads and fits of one pixel of a ramp.

    Parameters
    ----------
    frame : FrameLike
        The ramp; a few rows of it are read.
    references : mapping of str to FrameLike
        As for `fit_ramp`.
    config : FitRampConfig
        Its method does not matter.
    x, y : int
        Column and row, from 0.
    drift : Drift, optional
        From `reference_drift`, where it is known already.
    methods : sequence of str
        Which are wanted.

    Returns
    -------
    PixelFits
        The same numbers as `fit_ramp` gives for this pixel.

    Raises
    ------
    UsageError
        There is no such pixel.
    InputError
        As `fit_ramp`.
    """
    from calgui.core.algorithms.ramps.fitting import place_of

    ny, nx = frame.shape[-2:]
    if not (0 <= x < nx and 0 <= y < ny):
        raise UsageError(f"There is no pixel {x}, {y}; the ramp is {nx} × {ny}.")
    setup = setup_of([frame], config)
    response = response_of(frame, references.get("NONLINCOEFF"), setup, config)
    if drift is None:
        drift = reference_drift(frame, place_of(frame), config, setup.reads, Job())
    first, last = max(y - drift.halo, 0), min(y + 1 + drift.halo, ny)
    reads = read_band(frame, first, last)
    by_row = drift.rows(reads, (y - first, last - y - 1), y)
    terms = response.terms(y, y + 1)
    if terms.shape[-1] > 1:
        terms = np.ascontiguousarray(terms[:, x : x + 1])
    bands = [
        Band(
            reads.data[number, :, y - first : y - first + 1, x : x + 1],
            None if reads.dq is None else reads.dq[number, :, y - first : y - first + 1, x : x + 1],
            np.ascontiguousarray(drift.columns[number][:, x : x + 1]),
            by_row[number],
            np.ascontiguousarray(drift.zeros[number][x : x + 1]),
            terms,
        )
        for number in range(reads.data.shape[0])
    ]
    return fit_pixel(bands, setup, response, config, (x, y), drift.noise, methods)


def fit_pixel(
    bands: Sequence[Band],
    setup: RampSetup,
    response: Response,
    config: FitRampConfig,
    place: tuple[int, int] = (0, 0),
    noise: float = 0.0,
    methods: Sequence[str] = METHODS,
) -> PixelFits:
    """The same from the reads of one pixel.

    Parameters
    ----------
    bands : sequence of Band
        Of one pixel each, one for each integration.
    setup, response, config
        As for `LineFitter`.
    place : tuple of int
        x and y, to be told.
    noise : float
        As for `LineFitter`.
    methods : sequence of str
        Which are wanted.

    Returns
    -------
    PixelFits
    """
    fitters = {method: LineFitter(setup, replace(config, method=method), response, noise) for method in methods}  # type: ignore[arg-type]
    one = next(iter(fitters.values()), None) or LineFitter(setup, config, response, noise)
    straight, usable, jumps, bits, lines = [], [], [], [], []
    with ThreadPoolExecutor(1) as pool:
        for band in bands:
            reads, good, jumped, found = one.prepare(band, np.zeros(1, np.intp))
            straight.append(reads[:, 0].astype(np.float64))
            usable.append(good[:, 0])
            jumps.append(jumped[:, 0])
            bits.append(found[0])
            lines.append(
                {
                    method: _line(method, fitter.fit(band, pool), straight[-1], usable[-1], jumps[-1], fitter, config)
                    for method, fitter in fitters.items()
                }
            )
    raw = np.stack([band.reads[:, 0, 0] for band in bands]).astype(np.float64)
    dq = [np.zeros(setup.reads, np.uint32) if band.dq is None else band.dq[:, 0, 0] for band in bands]
    return PixelFits(
        *place, setup.seconds, raw, np.stack(straight), np.stack(usable), np.stack(jumps), np.stack(dq),
        np.array(bits, np.uint32), setup.unit, setup.gain, tuple(lines),
    )  # fmt: skip


def _line(
    method: str, made: Line, reads: Floats, usable: Booleans, jumps: Booleans, fitter: LineFitter, config: FitRampConfig
) -> PixelLine:
    setup = fitter.setup
    rate, error = float(made.rate[0]), float(made.err[0])
    good, found = np.empty(usable.size, np.bool_), np.zeros(usable.size, np.bool_)
    if method == "optimal":
        found = fitter.find_jumps(reads, usable, jumps)
        count = int(usable.sum()) if np.isfinite(rate) else 0
        good[:] = usable
    else:
        count = compiled_ramps().longest_run(usable, jumps, good)
    if count < 2:
        return PixelLine(method, rate, error, float("nan"), np.zeros(usable.size, np.bool_), found)
    used = good.copy()
    if method in ("cds", "mcds"):
        ends = 1 if method == "cds" else max(1, min(config.ends, count // 2))
        used[np.flatnonzero(good)[ends:-ends]] = False
    # of several stretches between jumps the line is put through the first
    breaks = np.flatnonzero(found | (jumps if method == "optimal" else found))
    through = used & (np.arange(used.size) < (breaks[0] if breaks.size and used[: breaks[0]].any() else used.size))
    start = float(np.mean(reads[through]) - rate * np.mean(setup.seconds[through]))
    return PixelLine(method, rate, error, start, used, found)
