"""What darks say of every pixel: its excess over the surroundings, its scatter, two levels, no noise at all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.badpixels.structure import BoolArray, Structure, structure_of
from calgui.core.algorithms.combine import Band, Combination, Combined, combine_bands, empty
from calgui.core.algorithms.exposure import Scale
from calgui.core.algorithms.frametable import FrameLook, count_outliers
from calgui.core.algorithms.geometry import Region
from calgui.core.algorithms.kernels import compiled_states, workers
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, FrameLike
from calgui.core.jobs import Job

#: two levels explain the samples where these scatter about them by less than this many times the usual noise
_ABOUT_LEVELS = 2.0
#: a pixel whose samples scatter by less than this part of the usual noise has none
_NO_NOISE = 1e-6
#: how probable it may be that samples with noise are alike by chance, because the converter's steps are coarse
_BY_CHANCE = 1e-9
#: pixels of a band that needs no second thread
_SMALL = 300_000
#: pixels that say how coarse the steps are
_SAMPLE = 100_000

BITS = {name: np.uint32(flags.BY_NAME[name].value) for name in flags.BY_NAME}


@dataclass(frozen=True)
class Scatters:
    """How the samples of each pixel scatter, in the unit of the frames; see `kernels.states`.

    Attributes
    ----------
    std, trimmed, drop, between, within : ndarray of float32, shape (ny, nx)
        As the compiled loop gives them.
    samples : ndarray of uint16
        Good samples.
    """

    std: FloatArray
    trimmed: FloatArray
    drop: FloatArray
    between: FloatArray
    within: FloatArray
    samples: npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Darks:
    """The darks of a map, measured.

    Attributes
    ----------
    whole : Combined
        Their median, in the unit of the frames.
    scatters : Scatters
        From frame to frame.
    looks : tuple of FrameLook
        Every frame beside the others.
    structure : Structure
        Level and noise of the median.
    noise : Structure
        Level of the scatter: the noise of one frame, around every pixel.
    frames : int
        How many there are.
    scale : Scale
        Their unit and time.
    """

    whole: Combined
    scatters: Scatters
    looks: tuple[FrameLook, ...]
    structure: Structure
    noise: Structure
    frames: int
    scale: Scale


def combination(reject: int) -> Combination:
    """How darks are combined: hot pixels stand out from a median, cosmic rays do not."""
    return Combination(method="median", error="none", min_samples=1, reject=reject, few=0)


def measure_darks(
    frames: Sequence[FrameLike],
    scale: Scale,
    region: Region,
    light: BoolArray,
    looks: Sequence[FrameLook],
    reject: int,
    box: int,
    job: Job,
) -> Darks:
    """Combine darks and measure how every pixel of them scatters.

    Parameters
    ----------
    frames : sequence of FrameLike
        Three or more of one shape and unit.
    scale : Scale
        That unit.
    region : Region
        Which pixels are reference pixels.
    light : ndarray of bool, shape (ny, nx)
        The same as an array; taken away from it are pixels that the frames' own data quality calls reference pixels.
    looks : sequence of FrameLook
        A first look at each.
    reject : int
        Data-quality bits of samples that are left out.
    box : int
        Side of the tiles for local statistics.
    job : Job
        Progress and cancel.

    Returns
    -------
    Darks

    Raises
    ------
    AlgorithmError
        When no pixel, or next to none, has a sample.
    """
    how = combination(reject)
    shape = frames[0].shape
    whole = empty(shape, how)
    std, trimmed, drop, levels, within = (np.empty(shape, np.float32) for _ in range(5))
    scatters = Scatters(std, trimmed, drop, levels, within, np.empty(shape, np.uint16))
    for band in combine_bands(frames, how, whole, job.part(0, 0.7)):
        looks = count_outliers(looks, band, region, reject)
        _scatters_of(band, reject, scatters)
    assert whole.dq is not None
    light &= (whole.dq & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
    good = light & (whole.samples > 0)
    job.report(0.7, "Level and noise around every pixel")
    structure = structure_of(whole.data, good, box, job)
    noise = structure_of(scatters.std, good, box, job, noise=False)
    if structure is None or noise is None:
        raise AlgorithmError(
            "Too few pixels of the darks can be used: the others are NaN or flagged.",
            cure="Look at their data quality, or choose a larger part of the image.",
        )
    return Darks(whole, scatters, tuple(looks), structure, noise, len(frames), scale)


def _scatters_of(band: Band, reject: int, into: Scatters) -> None:
    """Fill in the rows of one band."""
    rows = slice(band.start, band.stop)
    loop = compiled_states().states
    data = np.array([part.data.ctypes.data for part in band.inputs], np.uint64)
    bits = np.array([0 if part.dq is None else part.dq.ctypes.data for part in band.inputs], np.uint64)
    centre = np.nan_to_num(band.combined.data.reshape(-1), nan=0.0)
    out = [
        plane[rows].reshape(-1)
        for plane in (into.std, into.trimmed, into.drop, into.between, into.within, into.samples)
    ]
    if centre.size <= _SMALL:
        loop(data, bits, np.uint32(reject), 0, centre.size, centre, *out)
        return
    step = -(-centre.size // (4 * workers()))
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-states") as pool:
        parts = [
            pool.submit(loop, data, bits, np.uint32(reject), start, min(start + step, centre.size), centre, *out)
            for start in range(0, centre.size, step)
        ]
        for part in parts:
            part.result()


def flag_darks(darks: Darks, light: BoolArray, config: MaskConfig, dq: DqArray, job: Job) -> None:
    """Flag what the darks show: HOT, WARM, DEAD (no noise), TELEGRAPH, UNRELIABLE_DARK.

    Parameters
    ----------
    darks : Darks
        Measured.
    light : ndarray of bool, shape (ny, nx)
        Light-sensitive pixels.
    config : MaskConfig
        Thresholds.
    dq : ndarray of uint32
        Bits are added to it.
    job : Job
        Progress and cancel.
    """
    whole, scatters, step = darks.whole, darks.scatters, 512
    ny = dq.shape[0]
    coarse = _chance_of_alike(darks)
    warm = min(config.warm_sigma, config.hot_sigma)
    for start in range(0, ny, step):
        job.report(start / ny, "Flagging what the darks show")
        stop = min(start + step, ny)
        rows = slice(start, stop)
        good = light[rows] & (whole.samples[rows] > 0)
        bits = dq[rows]
        excess = whole.data[rows] - darks.structure.level(start, stop)
        sigma = darks.structure.sigma(start, stop)
        fine = good & (sigma > 0)
        hot = fine & (excess > config.hot_sigma * sigma)
        bits[hot] |= BITS["HOT"]
        bits[fine & ~hot & (excess > warm * sigma)] |= BITS["WARM"]
        usual = darks.noise.level(start, stop)
        allowed = _allowed(darks, excess, usual, config.drift)
        if coarse < _BY_CHANCE:
            silent = good & (scatters.samples[rows] >= darks.frames) & (scatters.std[rows] <= _NO_NOISE * usual)
            silent &= usual > 0
            bits[silent] &= ~(BITS["HOT"] | BITS["WARM"])  # stuck somewhere, which is no dark current
            bits[silent] |= BITS["DEAD"]
        with np.errstate(invalid="ignore", divide="ignore"):
            two = scatters.between[rows] > config.telegraph_sigma * allowed
            about = _about_levels(darks, allowed, scatters.between[rows], scatters.samples[rows])
            two &= scatters.within[rows] < _ABOUT_LEVELS * about
        two &= good & (usual > 0)
        bits[two] |= BITS["TELEGRAPH"]
    _flag_noisy(darks, light, config, dq, job)
    _flag_lost(whole, light, dq)


def _allowed(darks: Darks, excess: FloatArray, usual: FloatArray, drift: float) -> FloatArray:
    """Noise of one frame in each pixel: what is usual around it, photon noise of its own excess, and its drift."""
    above = np.maximum(np.nan_to_num(excess), 0)
    squares = usual * usual + (np.float32(drift) * above) ** 2
    if darks.scale.seconds or not darks.scale.is_rate:
        squares += above / np.float32(darks.scale.to_counts)
    made: FloatArray = np.sqrt(squares)
    return made


def _about_levels(
    darks: Darks, allowed: FloatArray, between: FloatArray, samples: npt.NDArray[np.uint16]
) -> FloatArray:
    """Noise about two levels: the upper one has more photons, of which a median on the lower one knows nothing."""
    if not darks.scale.seconds and darks.scale.is_rate:
        return allowed
    # as if half of the samples were on each level, which is where the same sum of squares needs the smallest step
    step = 2 * between / np.sqrt(np.maximum(samples, 1))
    made: FloatArray = np.sqrt(allowed * allowed + step / np.float32(2 * darks.scale.to_counts))
    return made


def _flag_noisy(darks: Darks, light: BoolArray, config: MaskConfig, dq: DqArray, job: Job) -> None:
    """UNRELIABLE_DARK where the samples scatter, but not about two levels."""
    ny = dq.shape[0]
    relative, low = np.empty(dq.shape, np.float32), np.empty(dq.shape, np.bool_)
    for start in range(0, ny, 512):
        job.check()
        stop = min(start + 512, ny)
        excess = darks.whole.data[start:stop] - darks.structure.level(start, stop)
        usual = darks.noise.level(start, stop)
        with np.errstate(invalid="ignore", divide="ignore"):
            allowed = _allowed(darks, excess, usual, config.drift)
            relative[start:stop] = darks.scatters.trimmed[start:stop] / allowed
            low[start:stop] = darks.scatters.drop[start:stop] > np.float32(config.noisy_sigma) * allowed
    good = light & np.isfinite(relative)
    around = structure_of(relative, good, config.box, job)
    if around is None:
        return
    noisy = good & (relative > around.level() + np.float32(config.noisy_sigma) * around.sigma())
    noisy |= good & low
    noisy &= (dq & BITS["TELEGRAPH"]) == 0
    dq[noisy] |= BITS["UNRELIABLE_DARK"]


def _flag_lost(whole: Combined, light: BoolArray, dq: DqArray) -> None:
    """A pixel that saturates in every dark is the hottest of all; one without a value cannot be used."""
    assert whole.dq is not None
    lost = light & (whole.samples == 0)
    saturated = lost & ((whole.dq & BITS["SATURATED"]) != 0)
    dq[saturated] |= BITS["HOT"] | BITS["SATURATED"]
    dq[lost & ~saturated] |= BITS["UNRELIABLE_DARK"]


def _chance_of_alike(darks: Darks) -> float:
    """How probable it is that all samples of a pixel with the usual noise are alike: steps of the converter."""
    sigma = darks.noise.typical_level
    if not sigma > 0:
        return 1.0
    values = darks.whole.data[np.isfinite(darks.whole.data)]
    values = np.unique(values[:: max(1, values.size // _SAMPLE)])
    steps = np.diff(values.astype(np.float64))
    steps = steps[steps > 1e-4 * sigma]
    if not steps.size:
        return 1.0
    # of an odd number of samples the median is one of them; of an even number it may lie halfway
    step = float(np.percentile(steps, 5)) * (1 if darks.frames % 2 else 2)
    alike = min(1.0, step / (sigma * np.sqrt(2 * np.pi)))
    return float(alike ** (darks.frames - 1) / np.sqrt(darks.frames))
