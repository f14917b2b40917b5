"""Exposures of a lamp become one image of its light: unlit frames subtracted, scaled, combined, with errors."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.agreement import TIME_TOLERANCE
from calgui.core.algorithms.combine import Combination, Combined, ErrorKind, combine, combine_bands, empty
from calgui.core.algorithms.exposure import file_name, read_variance, scale_of
from calgui.core.algorithms.flats.config import FlatConfig
from calgui.core.algorithms.flats.exposures import Exposures
from calgui.core.algorithms.flats.levels import Brightness, common_targets, frame_levels, scaled_master
from calgui.core.algorithms.flats.lit import Lit, Unlit, lit_frame
from calgui.core.algorithms.frametable import (
    FrameLook,
    count_outliers,
    first_look,
    sample_frames,
)
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.matching import Placement, check_detector, check_type, place
from calgui.core.algorithms.noise import median_noise_factor
from calgui.core.algorithms.times import start_of
from calgui.core.algorithms.unbiased import error_factors
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

#: frames of which a scatter can be measured
_MEASURABLE = 3
#: rows on each side of the middle in which the level of a lamp-off frame is looked at
_LOOKED_AT = 32
#: part of a row that is saturated where nothing else can be the reason
_ALL_FULL = 0.5


@dataclass(frozen=True)
class Light:
    """The light of a lamp on one detector.

    Attributes
    ----------
    found : Exposures
        What it was made of.
    region : Region
        Where on the detector.
    whole : Combined
        In the unit of ``found``; with error and data quality.
    brightness : Brightness
        Of each frame.
    looks : tuple of FrameLook
        At each frame beside the others; empty for one frame.
    unlit : str
        What was subtracted: ``lamp-off``, ``dark`` or ``none``.
    noise : Noise or None
        What photons and reading leave at least; None where gain, time or read noise are not known.
    error : str
        Which error it is.
    others : mapping of str to ndarray of float32
        Sampled pixels of every detector at the same brightness of the lamp, this one's too.
    notes : tuple of str
        What could not be made sure of.
    """

    found: Exposures
    region: Region
    whole: Combined
    brightness: Brightness
    looks: tuple[FrameLook, ...]
    unlit: str
    noise: "Noise | None"
    error: str
    others: Mapping[str, FloatArray]
    notes: tuple[str, ...]

    def usable(self) -> npt.NDArray[np.bool_]:
        """Pixels of `whole` that see light and have a value."""
        assert self.whole.dq is not None
        made = self.region.mask()
        made &= (self.whole.dq & np.uint32(flags.DO_NOT_USE | flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
        made &= np.isfinite(self.whole.data)
        return made


@dataclass(frozen=True)
class Noise:
    """Photon and read noise of a mean of scaled frames: variance ``light × photon + unlit × glow + reading``.

    Attributes
    ----------
    photon, glow, reading : float
        In the unit of the light, or its square.
    off : float
        Variance that the glow, and the lamp-off frames, add in a typical pixel.
    """

    photon: float
    glow: float
    reading: float
    off: float = 0.0

    def variance(self, light: FloatArray | float, unlit: FloatArray | float = 0.0) -> FloatArray:
        """Of the mean."""
        made: FloatArray = np.maximum(light, 0) * np.float32(self.photon) + np.float32(self.reading)
        return made + np.maximum(unlit, 0) * np.float32(self.glow)


def combine_light(
    all_found: Mapping[str, Exposures],
    name: str,
    dark: FrameLike | None,
    config: FlatConfig,
    job: Job,
) -> Light:
    """Combine the exposures of one detector.

    Parameters
    ----------
    all_found : mapping of str to Exposures
        Of all detectors.
    name : str
        Whose light is wanted; of the others only some pixels are read.
    dark : FrameLike or None
        Subtracted where there are no lamp-off frames.
    config : FlatConfig
        See its options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Light

    Raises
    ------
    InputError
        A frame has no light, or does not fit.
    AlgorithmError
        No pixel can be used.
    """
    reject = reject_bits(config.reject) | flags.SATURATED
    unlit, what, of_whom = {}, {}, {}
    levels, samples = {}, {}
    for number, (key, found) in enumerate(all_found.items()):
        part = job.part(0.3 * number / len(all_found), 0.3 * (number + 1) / len(all_found))
        # the dark is that of the detector whose flat it is
        unlit[key], what[key], of_whom[key] = _unlit(found, dark if key == name else None, config, reject, part)
        frames = [lit_frame(found, frame, config, unlit[key](frame)) for frame in found.on]
        samples[key] = _sampled(frames, reject, part)
        levels[key] = frame_levels(found.on, samples[key])
    targets, notes = common_targets({key: found.on for key, found in all_found.items()}, levels)
    found = all_found[name]
    masters = {key: scaled_master(samples[key], levels[key], targets[key]) for key in all_found}
    brightness = Brightness(levels[name], targets[name])
    lit = [
        lit_frame(found, frame, config, unlit[name](frame), scale)
        for frame, scale in zip(found.on, brightness.scales, strict=True)
    ]
    looks: list[FrameLook] = []
    if len(lit) > 1:
        scaled = [sample * np.float32(scale) for sample, scale in zip(samples[name], brightness.scales, strict=True)]
        looks = first_look(scaled, job)
    del samples
    how, error = _combination(config, len(lit), reject)
    region = region_of(found.on[0])
    whole = empty(lit[0].shape, how)
    factors = error_factors(len(lit), how)
    for band in combine_bands(lit, how, whole, job.part(0.3, 0.9)):
        looks = count_outliers(looks, band, region, reject) if looks else looks
        if factors is not None and band.combined.err is not None:
            band.combined.err[...] *= factors[band.combined.samples]
    if not whole.samples.any():
        raise AlgorithmError(
            "No pixel of these frames can be used: all samples are NaN, saturated or flagged.",
            cure=f"Look at their data quality, or reject fewer flags than {config.reject}; saturated ones need a "
            "fainter lamp or shorter exposures.",
        )
    noise = _noise(found, brightness, config, of_whom[name])
    whole = _with_error(whole, noise, error, config, of_whom[name], brightness, found)
    return Light(found, region, whole, brightness, tuple(looks), what[name], noise, error, masters, tuple(notes))


def _sampled(frames: Sequence[Lit], reject: int, job: Job) -> list[FloatArray]:
    try:
        return sample_frames(frames, region_of(frames[0].frame), reject, job)
    except (AlgorithmError, InputError) as error:
        for frame in frames:
            middle = frame.shape[0] // 2
            bits = frame.rows(middle, middle + 1).dq
            full = 0.0 if bits is None else float(np.mean((bits & np.uint32(flags.SATURATED)) != 0))
            if full > _ALL_FULL:
                raise InputError(
                    f"Too much light: {100 * full:.0f} % of the pixels of the middle row are saturated.",
                    path=frame.path,
                    cure="Take fainter or shorter exposures; the option saturation says from where on pixels are full.",
                ) from error
        raise


def _combination(config: FlatConfig, count: int, reject: int) -> tuple[Combination, str]:
    """How samples are combined, and which error that gives: of too few frames none is measured."""
    kind: ErrorKind = "none"
    if config.error == "propagated" or (config.error == "measured" and count >= _MEASURABLE):
        kind = config.error
    how = Combination(
        method=config.method,
        error=kind,
        low=config.low,
        high=config.high,
        iterations=config.iterations,
        spread=config.spread,
        reject=reject,
        few=flags.DO_NOT_USE | flags.NO_FLAT_FIELD,
    )
    return how, "expected" if kind == "none" else kind


def _unlit(
    found: Exposures, dark: FrameLike | None, config: FlatConfig, reject: int, job: Job
) -> tuple[Callable[[FrameLike], Unlit | None], str, Frame | None]:
    """What is subtracted from each frame, what it is called, and the one image of it, where it has an error."""
    if found.off:
        frames = [lit_frame(found, frame, config, None) for frame in found.off]
        here = Placement(0, 0, *found.off[0].shape[-2:])
        if config.lamp_off == "nearest" and len(frames) > 1:
            return (lambda frame: Unlit(frames[_nearest(frame, found.off)], here, own=True)), "lamp-off", None
        one = _lamp_off(found, frames, config, reject, job)
        return (lambda frame: Unlit(one, here)), "lamp-off", one
    if dark is None:
        return (lambda frame: None), "none", None
    return _less_dark(found, dark, config)


def _less_dark(
    found: Exposures, dark: FrameLike, config: FlatConfig
) -> tuple[Callable[[FrameLike], Unlit | None], str, Frame | None]:
    """The same for a dark: a rate as it is, the counts of one exposure for frames of its time."""
    check_type(dark, ("DARK",), "dark")
    check_detector(found.on[0], dark, "dark")
    part = place(found.on[0], dark, "dark")
    theirs = scale_of([dark], None, config.gain, needs_time=False)
    if theirs.is_rate and found.unit == "electron":
        raise InputError(
            "The exposure time is missing: the dark is a rate, and the flats are counts of an unknown time.",
            path=found.on[0].path,
            cure="Add EXPTIME to the header, or give the option exposure_time.",
        )
    read = part.band(dark, 0, part.ny)
    data = np.nan_to_num(read.data * np.float32(theirs.gain), nan=0.0, posinf=0.0, neginf=0.0)
    err = None if read.err is None else np.nan_to_num(read.err * np.float32(theirs.gain), nan=0.0)
    here = Placement(0, 0, part.ny, part.nx)
    whole = Frame(data, err)

    def of(frame: FrameLike) -> Unlit:
        if theirs.is_rate:
            return Unlit(whole, here)
        seconds = found.time(frame)
        if seconds is None:
            raise InputError(
                "The exposure time is missing: the dark is that of one exposure, and the flats are rates.",
                path=frame.path,
                cure="Add EXPTIME to the header, or choose a dark in electron/s.",
            )
        if theirs.seconds is not None and found.timed and abs(theirs.seconds - seconds) > TIME_TOLERANCE * seconds:
            raise InputError(
                f"The exposure time is {seconds:g} s, that of the dark {file_name(dark)} is {theirs.seconds:g} s; a "
                f"dark in {theirs.unit} is not scaled with time.",
                path=frame.path,
                cure="Choose a dark of this exposure time, or one in electron/s.",
            )
        return Unlit(whole, here, 1 / seconds)

    factor = np.float32(of(found.on[0]).factor)
    return of, "dark", Frame(data * factor, None if err is None else err * factor)


def _lamp_off(found: Exposures, frames: Sequence[Lit], config: FlatConfig, reject: int, job: Job) -> Frame:
    """All lamp-off frames as one, with an error where it is known."""
    measured = len(frames) >= _MEASURABLE
    how = Combination("median" if measured else "mean", "measured" if measured else "none", reject=reject)
    made = combine(frames, how, job)
    err = made.err
    if err is None:
        noise = _noise_of(found, found.off, [1.0] * len(frames), config)
        if noise is not None:
            err = np.sqrt(noise.variance(made.data)).astype(np.float32)
    return Frame(made.data, err, made.dq)


def _nearest(frame: FrameLike, off: Sequence[FrameLike]) -> int:
    """Which lamp-off frame began nearest in time; the first where headers do not say."""
    ours = start_of(frame.header)
    known = [(place, time) for place, other in enumerate(off) if (time := start_of(other.header)) is not None]
    if ours is None or not known:
        return 0
    return min(known, key=lambda one: abs(one[1] - ours))[0]


def _noise(found: Exposures, brightness: Brightness, config: FlatConfig, unlit: Frame | None) -> Noise | None:
    """Of the lamp-on frames, and of the lamp-off frames that were subtracted from all of them, or each from its own."""
    made = _noise_of(found, found.on, brightness.scales, config)
    if made is not None and unlit is None and found.off:
        return _with_own(made, found, brightness, config)
    off = _noise_of(found, found.off, [1.0] * len(found.off), config) if found.off else None
    if made is None or off is None or unlit is None:
        return made
    mean = math.fsum(brightness.scales) / len(brightness.scales)
    glow = float(np.nanmedian(unlit.data))
    both = max(glow, 0.0) * made.glow + mean**2 * float(off.variance(glow))
    return replace(made, off=both)


def _with_own(made: Noise, found: Exposures, brightness: Brightness, config: FlatConfig) -> Noise:
    """With the glow, and the noise of the one lamp-off frame that each lamp-on frame is less."""
    single = _noise_of(found, found.off[:1], [1.0], config)
    if single is None:
        return made
    first = lit_frame(found, found.off[0], config, None)
    middle = first.shape[0] // 2
    values = first.rows(max(middle - _LOOKED_AT, 0), middle + _LOOKED_AT).data
    glow = max(float(np.nanmedian(values)), 0.0)
    squares = math.fsum(scale**2 for scale in brightness.scales) / len(brightness.scales) ** 2
    more = glow * made.glow + squares * float(single.variance(glow))
    return replace(made, reading=made.reading + more)


def _noise_of(
    found: Exposures, frames: Sequence[FrameLike], scales: Sequence[float], config: FlatConfig
) -> Noise | None:
    """What photons and reading leave in a mean of scaled frames."""
    photon = glow = reading = 0.0
    for frame, scale in zip(frames, scales, strict=True):
        seconds, read = found.time(frame), read_variance(frame.header, config.read_noise)
        if seconds is None or read is None:
            return None
        photon += scale / seconds
        glow += scale**2 / seconds
        reading += (scale / seconds) ** 2 * read
    count = len(frames) ** 2
    return Noise(photon / count, glow / count, reading / count)


def _with_error(
    whole: Combined,
    noise: Noise | None,
    error: str,
    config: FlatConfig,
    unlit: Frame | None,
    brightness: Brightness,
    found: Exposures,
) -> Combined:
    """The error of the combination with that of what was subtracted from all frames alike."""
    err = whole.err
    count = len(found.on)
    if error == "expected":
        err = np.full(whole.data.shape, np.nan, np.float32)
        if noise is not None:
            factor = median_noise_factor(count) if config.method == "median" else 1.0
            variance = noise.variance(whole.data, 0.0 if unlit is None else unlit.data)
            samples = np.maximum(whole.samples, 1)
            err = (np.sqrt(variance * np.float32(count) / samples) * np.float32(factor)).astype(np.float32)
    assert err is not None
    if unlit is not None and unlit.err is not None:
        mean = math.fsum(brightness.scales) / count
        err = np.hypot(err, unlit.err * np.float32(mean)).astype(np.float32)
    return replace(whole, err=err)
