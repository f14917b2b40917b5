"""How a ramp was read: times, unit, gain and noise of its reads, from its header or from options, never guessed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.agreement import check_agreement
from calgui.core.algorithms.exposure import ADU, ELECTRON, canonical_unit, file_name
from calgui.core.algorithms.inputkinds import check_taken
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.readtimes import positive, read_times
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

Floats = npt.NDArray[np.float64]

#: times, gains and noises of ramps that are fitted together agree within this part
_SAME = 1e-3


@dataclass(frozen=True)
class RampSetup:
    """What is known of the reads of one or more ramps.

    Attributes
    ----------
    integrations : int
        Of all ramps together.
    seconds : ndarray of float64, shape (n,)
        Time from the reset to each read; of a read that is a mean of several frames its mean time.
    spread : ndarray of float64, shape (n,)
        What the photons of such a mean have as variance beyond ``rate x seconds``, for a rate of 1: negative, and 0
        for single frames.
    unit : str
        ``adu`` or ``electron``.
    gain : float
        Electrons per unit of the reads; 1 for electrons.
    adu : float or None
        Electrons per adu, where it is known.
    read_noise : float
        Of a single frame, electrons.
    frames : int
        Frames that were averaged to one read.
    frame_seconds : float
        Between two of them.
    given : tuple of str
        What was given as options.
    """

    integrations: int
    seconds: Floats
    spread: Floats
    unit: str
    gain: float
    adu: float | None
    read_noise: float
    frames: int = 1
    frame_seconds: float = 0.0
    given: tuple[str, ...] = ()

    @property
    def reads(self) -> int:
        """Reads of one integration."""
        return int(self.seconds.size)

    @property
    def group_noise(self) -> float:
        """Noise of one read as it is in the file, a mean of frames, in electrons."""
        return self.read_noise / float(np.sqrt(self.frames))


def four_axes(shape: Sequence[int]) -> tuple[int, int, int, int]:
    """(integrations, reads, ny, nx) of a ramp with three or four axes.

    Parameters
    ----------
    shape : sequence of int
        Numpy order.

    Returns
    -------
    tuple of int
    """
    nint, reads, ny, nx = (1, *shape)[-4:]
    return nint, reads, ny, nx


def check_ramps(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse ramps that cannot be fitted, or not together.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : FitRampConfig, optional
        With it, times, unit, gain and noise are looked at too.

    Raises
    ------
    InputError
        Naming the file, and all that is missing.
    """
    check_taken("a fit of ramps", ("ramp",), frames)
    check_agreement(frames)
    _, reads, ny, nx = four_axes(frames[0].shape)
    if reads < 2:
        raise InputError(
            f"The ramp has {reads} read; a rate takes two or more.",
            path=frames[0].path,
            cure="Choose a ramp of several reads.",
        )
    for frame in frames[1:]:
        if four_axes(frame.shape)[1:] != (reads, ny, nx):
            _, others, high, wide = four_axes(frame.shape)
            raise InputError(
                f"It has {others} reads of {wide} × {high} pixels, {file_name(frames[0])} has {reads} of {nx} × {ny}.",
                path=frame.path,
                cure="Choose ramps of one size and number of reads.",
            )
    if config is not None:
        setup_of(frames, config)


def setup_of(frames: Sequence[FrameLike], config: FitRampConfig) -> RampSetup:
    """How ramps that are fitted together were read.

    Parameters
    ----------
    frames : sequence of FrameLike
        Of one size.
    config : FitRampConfig
        Options override the headers.

    Returns
    -------
    RampSetup

    Raises
    ------
    InputError
        Naming all keywords that are needed and missing, with the options that give them; or what differs.

    Notes
    -----
    Times as JWST defines them: a read is the mean of NFRAMES frames of TFRAME seconds, GROUPGAP frames are dropped
    between reads, TGROUP = (NFRAMES + GROUPGAP) TFRAME. Where TGROUP is not that, the first read is one TGROUP after
    the reset. The covariance of such means is that of Vacca, Cushing & Rayner (2004) and Brandt (2024).
    """
    made = [_one(frame, config) for frame in frames]
    first = made[0]
    for frame, setup in zip(frames[1:], made[1:], strict=True):
        pairs = (
            ("time between reads", "s", setup.seconds[-1] - setup.seconds[0], first.seconds[-1] - first.seconds[0]),
            ("gain", "e-/adu", setup.gain, first.gain),
            ("read noise", "e-", setup.read_noise, first.read_noise),
            ("unit", "", float(setup.unit == ADU), float(first.unit == ADU)),
        )
        for what, unit, here, there in pairs:
            if abs(here - there) > _SAME * abs(there):
                said = f"is {here:g} {unit}, that of {file_name(frames[0])} {there:g} {unit}" if unit else "differs"
                raise InputError(
                    f"The {what} {said}.", path=frame.path, cure="Fit them apart, or choose ramps that agree."
                )
    total = sum(four_axes(frame.shape)[0] for frame in frames)
    return replace(first, integrations=total)


def _one(frame: FrameLike, config: FitRampConfig) -> RampSetup:
    header = frame.header
    missing: list[str] = []
    options: list[str] = []

    def need(keyword: str, option: str) -> None:
        missing.append(keyword)
        options.append(option)

    times = read_times(header, config.group_time)
    step, frames, frame_time = times.step, times.frames, times.frame_seconds
    if step is None:
        need("TGROUP (or TFRAME, NFRAMES and GROUPGAP), the time from read to read", "group_time")
    unit: str | None = config.unit
    if unit is None:
        unit = canonical_unit(frame.unit) if frame.unit else None
        if frame.unit and unit not in (ADU, ELECTRON):
            raise InputError(
                f"BUNIT is {frame.unit!r}; the reads of a ramp are in adu or electron.",
                path=frame.path,
                cure="Choose a ramp as it was read, or give the option unit.",
            )
        if unit is None:
            need("BUNIT, the unit of the reads", "unit")
    adu = config.gain or positive(header, "GAIN")
    if adu is None and unit != ELECTRON:
        need("GAIN, in electrons per adu", "gain")
    noise = config.read_noise if config.read_noise is not None else positive(header, "READNOIS")
    if noise is None:
        need("READNOIS, the noise of one read in electrons", "read_noise")
    if missing or step is None or unit is None or noise is None:
        raise InputError(
            f"The header lacks {'; '.join(missing)}.",
            path=frame.path,
            cure=f"Add {'it' if len(missing) == 1 else 'them'} to the header, or give the "
            f"{'option' if len(options) == 1 else 'options'} {', '.join(options)}.",
        )
    reads = four_axes(frame.shape)[1]
    first = config.first_read if config.first_read is not None else times.first * step
    gain = 1.0 if unit == ELECTRON else adu
    assert gain is not None
    names = ("unit", "group_time", "first_read", "gain", "read_noise")
    return RampSetup(
        four_axes(frame.shape)[0],
        first + step * np.arange(reads, dtype=np.float64),
        np.full(reads, -frame_time * (frames**2 - 1) / (6 * frames)),
        unit,
        gain,
        adu,
        noise,
        frames,
        frame_time,
        tuple(name for name in names if getattr(config, name) is not None),
    )


def weights_of(method: str, seconds: Floats, ends: int = 4) -> Floats:
    """Weights that make a rate of the sum of the reads, where all can be used.

    Parameters
    ----------
    method : str
        ``utr``, ``cds`` or ``mcds``.
    seconds : ndarray of float64, shape (n,)
        Of the reads.
    ends : int
        Reads at each end for ``mcds``; at most half of them.

    Returns
    -------
    ndarray of float64, shape (n,)
        Their sum is 0, that of their products with ``seconds`` 1.
    """
    n = seconds.size
    if method == "utr":
        weights = seconds - seconds.mean()
        return np.asarray(weights / np.sum(weights**2))
    each = 1 if method == "cds" else max(1, min(ends, n // 2))
    weights = np.zeros(n)
    weights[:each], weights[n - each :] = -1 / each, 1 / each
    return np.asarray(weights / np.sum(weights * seconds))


def variance_of(weights: Floats, seconds: Floats, spread: Floats | None = None) -> tuple[float, float]:
    """What noise makes of a weighted sum of reads.

    Parameters
    ----------
    weights, seconds : ndarray of float64, shape (n,)
        Of the reads that are used.
    spread : ndarray of float64, optional
        See `RampSetup`.

    Returns
    -------
    tuple of float
        The variance is the first times the variance of a read, plus the second times the rate.

    Notes
    -----
    Photons that came before a read are in all later ones: the covariance of two reads is the rate times the earlier
    time. For equal steps that is, with n reads δ apart, ``12 / [n (n² - 1) δ²]`` and ``6 (n² + 1) / [5 n (n² - 1) δ]``
    for a line, and with m reads at each end ``2 / (m T²)`` and ``δ [(n - m) - (m² - 1) / (3 m)] / T²`` for means, T
    being ``(n - m) δ`` (Vacca, Cushing & Rayner 2004).
    """
    later = np.cumsum(weights[::-1])[::-1]
    photons = float(np.sum(later**2 * np.diff(seconds, prepend=0.0)))
    if spread is not None:
        photons += float(np.sum(weights**2 * spread))
    return float(np.sum(weights**2)), photons
