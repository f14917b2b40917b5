"""Reference pixels: what drifts from read to read, by amplifier and by row.

The four columns and rows at the border of a detector see no light. What they change from the first read on is drift of
the electronics, which all pixels of the amplifier, or of the row, share: it is subtracted. The first read stays as it
is, so that levels keep their meaning.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import Region, says_where
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.parts import Border, RampPart, border_of
from calgui.core.algorithms.ramps.reading import Reads
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, FrameLike
from calgui.core.jobs import Job

#: reference pixels further from the others than this many sigma do not count
_CLIP = 5.0


@dataclass(frozen=True)
class Drift:
    """What reference pixels say of one ramp.

    Attributes
    ----------
    columns : ndarray of float32, shape (nint, n, nx)
        Drift of the amplifier of each column since the first read, in the unit of the ramp; zeros where there are no
        reference pixels or none are wanted.
    zeros : ndarray of float32, shape (nint, nx)
        Level of the reference pixels of the first read; NaN where there are none.
    border : Border
        Where the reference pixels at the sides are.
    at_sides : ndarray of float32, shape (nint, n, columns at the sides)
        Drift of the amplifiers there.
    window : int
        Rows that are averaged for one.
    noise : float
        What the correction adds to the variance of a read, as a part of it.
    done : tuple of str
        What is corrected: ``amplifiers``, ``rows``.
    """

    columns: FloatArray
    zeros: FloatArray
    border: Border
    at_sides: FloatArray
    window: int
    noise: float
    done: tuple[str, ...]

    @property
    def halo(self) -> int:
        """Rows beyond a band, on each side, that its correction looks at."""
        return self.window // 2 if "rows" in self.done and self.border.sides is None else 0

    def rows(self, band: Reads, skip: tuple[int, int], start: int) -> FloatArray:
        """Drift of each row since the first read, beyond that of the amplifiers.

        Parameters
        ----------
        band : Reads
            Rows with their halo.
        skip : tuple of int
            Rows of the halo at the beginning and at the end.
        start : int
            First row without the halo.

        Returns
        -------
        ndarray of float32, shape (nint, n, rows without halo)
        """
        nint, n, height, _ = band.data.shape
        first, last = skip[0], height - skip[1]
        if "rows" not in self.done:
            return np.zeros((nint, n, last - first), np.float32)
        if self.border.sides is None:
            values = _since_first(band, self.border.side_columns)
        else:
            values = _since_first(self.border.sides, slice(None))
            first, last = self.border.before + start, self.border.before + start + last - first
        values = _clipped(values - self.at_sides[:, :, None, :], (2, 3))
        known = np.isfinite(values)
        sums = _moving(np.where(known, values, 0).sum(axis=3), self.window)
        counts = _moving(known.sum(axis=3).astype(np.float64), self.window)
        mean = np.where(counts > 0, sums / np.maximum(counts, 1), 0)
        # row by row in memory, as the zeros above: for another order the loops would be compiled anew
        return np.ascontiguousarray(mean[:, :, first:last], np.float32)


def reference_drift(frame: FrameLike, region: Region, config: FitRampConfig, reads: int, job: Job) -> Drift:
    """Look at the reference pixels above and below, and at which there are at the sides.

    Parameters
    ----------
    frame : FrameLike
        The ramp, or a part of one that knows the reference pixels of the whole.
    region : Region
        Where it lies on the detector.
    config : FitRampConfig
        What is wanted.
    reads : int
        Reads of an integration.
    job : Job
        Cancel.

    Returns
    -------
    Drift
    """
    nx = region.nx
    nint = frame.shape[0] if len(frame.shape) == 4 else 1
    border: Border | None = None
    if config.reference_pixels != "off" and says_where(frame):
        border = frame.border if isinstance(frame, RampPart) else border_of(frame)
    border = border or Border(None, 0, None, np.empty(0, np.intp))
    width = max(border.offset + nx, int(border.side_columns.max(initial=-1)) + 1)
    if border.rows is not None:
        width = border.rows.data.shape[3]
    drift = np.zeros((nint, reads, width), np.float32)
    zeros = np.full((nint, width), np.nan, np.float32)
    wanted = ("amplifiers", "rows") if config.reference_pixels == "both" else (config.reference_pixels,)
    done: list[str] = []
    noise = 0.0
    if border.rows is not None:
        # left and right of them, the corners are reference pixels too
        data, level = _since_first(border.rows, slice(None)), _masked(border.rows)[:, 0]
        numbers = (np.arange(width) + region.x - border.offset) // config.amplifier_width
        # of a part of a ramp only the amplifiers that it needs
        needed = np.r_[border.offset : border.offset + nx, border.side_columns]
        for number in np.unique(numbers[needed]):
            job.check()
            of = np.flatnonzero(numbers == number)
            values = _clipped(data[..., of], (2, 3))
            known = np.isfinite(values)
            count = known.sum(axis=(2, 3))
            mean = np.where(known, values, 0).sum(axis=(2, 3)) / np.maximum(count, 1)
            if "amplifiers" in wanted:
                drift[:, :, of] = mean[..., None]
                noise = max(noise, 1.0 / max(int(np.median(count)), 1))
            finite = np.where(np.isfinite(level[..., of]), level[..., of], np.nan)
            if np.isfinite(finite).all():
                zeros[:, of] = np.median(finite, axis=(1, 2))[:, None]
            elif np.isfinite(finite).any():
                zeros[:, of] = np.nanmedian(finite, axis=(1, 2))[:, None]
        if "amplifiers" in wanted:
            done.append("amplifiers")
    sides = border.side_columns
    if "rows" in wanted and sides.size:
        done.append("rows")
        noise += 1.0 / (sides.size * config.row_window)
    here = slice(border.offset, border.offset + nx)
    return Drift(
        np.ascontiguousarray(drift[..., here]), np.ascontiguousarray(zeros[..., here]), border, drift[..., sides],
        config.row_window, noise, tuple(done),
    )  # fmt: skip


def _masked(band: Reads) -> npt.NDArray[np.float64]:
    values = band.data.astype(np.float64)
    if band.dq is not None:
        values[(band.dq & np.uint32(flags.BAD_REF_PIXEL)) != 0] = np.nan
    return values


def _since_first(band: Reads, columns: Any) -> npt.NDArray[np.float64]:
    """Values of some columns less those of the first read."""
    values = _masked(Reads(band.data[..., columns], None if band.dq is None else band.dq[..., columns]))
    with np.errstate(invalid="ignore"):
        return values - values[:, :1]


def _clipped(values: npt.NDArray[np.float64], axes: tuple[int, int]) -> npt.NDArray[np.float64]:
    """NaN for values that lie far from the others of their read."""
    finite = np.isfinite(values)
    if finite.all():
        # several times faster, and the usual case
        middle = np.median(values, axis=axes, keepdims=True)
        sigma = MAD_TO_SIGMA * np.median(np.abs(values - middle), axis=axes, keepdims=True)
        return np.where(np.abs(values - middle) <= _CLIP * np.maximum(sigma, 1e-6), values, np.nan)
    if not finite.any():
        return np.full(values.shape, np.nan)
    values = np.where(finite, values, np.nan)
    some = finite.any(axis=axes, keepdims=True)
    filled = np.where(some, values, 0)
    middle = np.nanmedian(filled, axis=axes, keepdims=True)
    sigma = MAD_TO_SIGMA * np.nanmedian(np.abs(filled - middle), axis=axes, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values - middle) <= _CLIP * np.maximum(sigma, 1e-6), values, np.nan)


def _moving(values: npt.NDArray[np.float64], window: int) -> npt.NDArray[np.float64]:
    """Sums over windows along the last axis, shorter at the ends."""
    half = window // 2
    total = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    place = np.arange(values.shape[-1])
    stop, start = np.minimum(place + half + 1, values.shape[-1]), np.maximum(place - half, 0)
    return np.asarray(total[..., stop] - total[..., start])
