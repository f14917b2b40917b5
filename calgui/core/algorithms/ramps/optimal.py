"""The optimal ramp fit: generalised least squares with correlated photon noise, and detection of jumps."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_optimal, unwritten, workers
from calgui.core.errors import InputError
from calgui.core.frames.frame import FloatArray

#: threshold for jumps: of those of 6 sigma 97 % lie above it, and of a million differences without one, 45; some more
#: where few faint reads do not tell how noisy they are
JUMP_SIGMA = 4.08

#: most jumps of one pixel, unless the caller says otherwise
MOST_JUMPS = 32

#: pieces for each thread, so that a processor that is busy elsewhere does not hold up the whole
_PIECES = 4

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class OptimalFit:
    """Rates of pixels, and the jumps that were found.

    Attributes
    ----------
    rate : ndarray of float32, shape (npix,)
        Electrons per second; NaN where no two successive reads can be used.
    error : ndarray of float32
        One standard deviation of it, of read and photon noise, the latter from the fitted rate.
    chi2 : ndarray of float32
        Of the differences that were used, with `dof` degrees of freedom.
    dof : ndarray of int16
        Differences that were used less one.
    jumps : ndarray of bool, shape (nread, npix)
        True for the read that a jump comes before.
    n_used : ndarray of int16
        Reads that count; 0 where the rate is NaN.
    """

    rate: FloatArray
    error: FloatArray
    chi2: FloatArray
    dof: npt.NDArray[np.int16]
    jumps: Booleans
    n_used: npt.NDArray[np.int16]


def fit_optimal(
    reads: FloatArray,
    good: npt.NDArray[Any] | None,
    seconds: npt.NDArray[np.float64],
    read_noise: float | npt.NDArray[np.floating],
    *,
    detect_jumps: bool = True,
    jump_sigma: float = JUMP_SIGMA,
    reads_per_group: int = 1,
    frame_seconds: float = 0.0,
    max_jumps: int = MOST_JUMPS,
    known_jumps: npt.NDArray[Any] | None = None,
    threads: int | None = None,
) -> OptimalFit:
    """Fit the rate of every pixel to its reads.

    Parameters
    ----------
    reads : ndarray of float32, shape (nread, npix)
        Electrons; NaN counts as missing.
    good : ndarray of bool or uint8, shape (nread, npix), or None
        False for reads to leave out; the difference of the reads around it takes their place. None: all are good.
    seconds : ndarray of float64, shape (nread,)
        Time of each read (of a group: mean time of its reads), rising, with any spacing.
    read_noise : float or ndarray of shape (npix,)
        Of a single read, electrons. Pixels whose noise is not positive get NaN.
    detect_jumps : bool
        Whether jumps are looked for, and the differences over them left out.
    jump_sigma : float
        Threshold, in units of the error of a jump's size in the fit to the whole ramp.
    reads_per_group : int
        Reads that were averaged to each of ``reads``.
    frame_seconds : float
        Time between the reads of a group; needed where there are several.
    max_jumps : int
        Most jumps of a pixel.
    known_jumps : ndarray of bool or uint8, shape (nread, npix), optional
        True where a jump before a read is known already; it is not repeated in the result.
    threads : int, optional
        How many share the pixels; by default all processors.

    Returns
    -------
    OptimalFit

    Raises
    ------
    InputError
        When there are fewer than two reads, or shapes or times do not fit.

    Notes
    -----
    Brandt 2024, PASP 136, 045004 and 045005. The covariance of the differences has ``2 R² + F t`` on its diagonal and
    ``-R²`` beside it (for groups with the terms of his equations for averaged reads). The rate F of the photon noise
    is that of the fit itself, in three rounds: its errors are those of the result, and where the weights are optimal a
    change of F by them does not move the rate to first order, unlike with a rate from elsewhere. A jump is where chi²
    falls by more than ``jump_sigma²`` when one difference is left out, or more improbably when two neighbours are;
    the most telling is taken out first, and the search begins anew.
    """
    reads = np.ascontiguousarray(reads, np.float32)
    times = np.ascontiguousarray(seconds, np.float64)
    nread, npix = _shape(reads, times)
    noise, overlap = group_noise(read_noise, npix, reads_per_group, frame_seconds)
    kernel = compiled_optimal()
    wide = max(npix, kernel.BLOCK) if npix else 0
    fit = _room(nread, wide)
    given = _given(
        [reads, _bytes(good, reads.shape, "good"), _bytes(known_jumps, reads.shape, "known_jumps"), noise], npix, wide
    )
    times = unwritten(times)

    def part(start: int, stop: int) -> None:
        # always numbers of one kind: for others the loops would be compiled anew
        kernel.fit_range(
            *given[:3], times, float(overlap), given[3], start, stop, bool(detect_jumps), float(jump_sigma),
            bool(reads_per_group > 1), int(max_jumps), fit.rate, fit.error, fit.chi2, fit.dof, fit.n_used, fit.jumps,
        )  # fmt: skip

    count = threads or workers()
    step = -(-npix // (count * (_PIECES if count > 1 else 1) * kernel.BLOCK)) * kernel.BLOCK
    if step >= npix:
        part(0, wide)
        return fit if wide == npix else _first(fit, npix)
    with ThreadPoolExecutor(count, thread_name_prefix="calgui-ramps") as pool:
        for done in [
            pool.submit(part, min(start, npix - kernel.BLOCK), min(start + step, npix))
            for start in range(0, npix, step)
        ]:
            done.result()
    return fit


def group_noise(
    read_noise: float | npt.NDArray[np.floating], npix: int, reads_per_group: int, frame_seconds: float
) -> tuple[npt.NDArray[np.float32], float]:
    """Noise of a group of reads, and the seconds by which the photon noise of neighbouring ones is shared.

    Parameters
    ----------
    read_noise, reads_per_group, frame_seconds
        As for `fit_optimal`.
    npix : int
        Pixels of the ramp.

    Returns
    -------
    noise : ndarray of float32, shape (1,) or (npix,)
        Electrons.
    overlap : float
        Seconds.

    Raises
    ------
    InputError
        The noise is not one for each pixel, or the time is missing.
    """
    noise = np.atleast_1d(np.ascontiguousarray(read_noise, np.float32))
    if noise.shape not in {(1,), (npix,)}:
        raise InputError(
            f"The read noise is given for {noise.size} pixels, the ramp has {npix}.",
            cure="Give one number, or one for each pixel.",
        )
    if reads_per_group > 1 and not frame_seconds > 0:
        raise InputError(
            "The time between the reads of a group is missing.", cure="Give TFRAME in the header, or as an option."
        )
    overlap = frame_seconds * (reads_per_group**2 - 1) / (6 * reads_per_group)
    return noise / np.float32(np.sqrt(reads_per_group)), overlap


def _room(nread: int, npix: int) -> OptimalFit:
    """Room for the results of so many pixels."""
    return OptimalFit(
        rate=np.empty(npix, np.float32),
        error=np.empty(npix, np.float32),
        chi2=np.empty(npix, np.float32),
        dof=np.empty(npix, np.int16),
        jumps=np.zeros((nread, npix), np.bool_),
        n_used=np.empty(npix, np.int16),
    )


def _given(planes: Sequence[npt.NDArray[Any]], npix: int, wide: int) -> list[npt.NDArray[Any]]:
    """Arrays of npix pixels for the loops: a few pixels are fitted as they are among others, in a block of ``wide``
    pixels, which they fill by repeating."""
    if wide > npix:
        fill = np.arange(wide) % npix
        planes = [plane if plane.size < npix else np.ascontiguousarray(plane[..., fill]) for plane in planes]
    return [unwritten(plane) for plane in planes]


def _first(fit: OptimalFit, npix: int) -> OptimalFit:
    return OptimalFit(**{field.name: getattr(fit, field.name)[..., :npix] for field in fields(fit)})


def _shape(reads: FloatArray, times: npt.NDArray[np.float64]) -> tuple[int, int]:
    if reads.ndim != 2 or reads.shape[0] < 2:
        count = reads.shape[0] if reads.ndim else 0
        raise InputError(f"A slope takes two reads or more; this ramp has {count}.", cure="Choose a longer ramp.")
    if times.shape != reads.shape[:1]:
        raise InputError(
            f"There are {times.size} times for {reads.shape[0]} reads.", cure="Give the time of each read."
        )
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise InputError("The times of the reads do not rise.", cure="Give the time of each read, in their order.")
    return reads.shape[0], reads.shape[1]


_NONE = np.empty((0, 0), np.uint8)


def _bytes(plane: npt.NDArray[Any] | None, shape: tuple[int, ...], name: str) -> npt.NDArray[np.uint8]:
    """Booleans as bytes, without a copy where they lie in order."""
    if plane is None:
        return _NONE
    if plane.shape != shape:
        raise InputError(f"{name} has the shape {plane.shape}, the reads {shape}.", cure="Give one for each read.")
    plane = np.ascontiguousarray(plane)
    return plane.view(np.uint8) if plane.dtype == np.bool_ else plane.astype(np.uint8, copy=False)
