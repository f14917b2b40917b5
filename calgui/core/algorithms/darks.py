"""Master dark: many darks become one, with its hot pixels, its noise, and a judgement of every frame."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.agreement import check_inputs
from calgui.core.algorithms.combine import Combination, Combined, combine_bands, empty
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.darkverdict import judge
from calgui.core.algorithms.exposure import ELECTRON, ELECTRON_PER_S, Scale, scale_of
from calgui.core.algorithms.frametable import (
    FrameLook,
    count_outliers,
    first_look,
    odd_ones,
    sample_frames,
    table,
)
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.headeroptions import Unit, gain_option, temperature_option, time_option, unit_option
from calgui.core.algorithms.local import flag_excess, local_statistics
from calgui.core.algorithms.noise import thin
from calgui.core.algorithms.options import option
from calgui.core.algorithms.profiles import histogram, profiles
from calgui.core.algorithms.registry import Algorithm, Metric, Result
from calgui.core.algorithms.scatter import UsualScatter, flag_error, flag_scatter, usual_scatter
from calgui.core.algorithms.unbiased import error_factors
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

MINIMUM_FRAMES = 3
#: headings under which a form folds options away
_CLIPPING, _HOT = "clipped-mean", "hot and unreliable pixels"


@dataclass(frozen=True)
class DarkConfig:
    """Options of ``master-dark``."""

    method: Literal["median", "mean", "clipped-mean"] = option("median", "How the samples of a pixel are combined.")
    low: float = option(
        3.0, "Clipped mean: threshold below the median.", unit="sigma", minimum=0.5, maximum=100, group=_CLIPPING
    )
    high: float = option(
        3.0, "Clipped mean: threshold above the median.", unit="sigma", minimum=0.5, maximum=100, group=_CLIPPING
    )
    iterations: int = option(5, "Clipped mean: most rounds of clipping.", minimum=0, maximum=100, group=_CLIPPING)
    min_left: int = option(
        2, "Clipped mean: a round that would leave fewer samples is not done.", minimum=1, group=_CLIPPING
    )
    spread: Literal["std", "mad"] = option(
        "std",
        "Clipped mean: sigma is the standard deviation, or the scaled median absolute deviation.",
        group=_CLIPPING,
    )
    error: Literal["measured", "propagated"] = option(
        "measured",
        "Error from the scatter of the frames, right in the mean over pixels, or from their ERR planes.",
    )
    min_samples: int = option(2, "Pixels with fewer good samples are flagged DO_NOT_USE.", minimum=1)
    reject: str = option("DO_NOT_USE,SATURATED", "Samples with these data-quality flags are left out.")
    output: Literal["electron/s", "electron"] = option(
        "electron/s", "Unit of the master: a rate, or the electrons of one exposure."
    )
    hot_sigma: float = option(
        7.0, "Hot: excess over the surroundings.", unit="local sigma", minimum=1, maximum=1000, group=_HOT
    )
    warm_sigma: float = option(
        5.0, "Warm: excess over the surroundings, up to hot.", unit="local sigma", minimum=1, maximum=1000, group=_HOT
    )
    box: int = option(
        64, "Side of the tiles for the local level and noise.", unit="pixel", minimum=8, maximum=1024, group=_HOT
    )
    unreliable_sigma: float = option(
        10.0,
        "UNRELIABLE_DARK: scatter of the samples, or propagated error, above the usual one.",
        unit="sigma of the scatter",
        minimum=2,
        maximum=1000,
        group=_HOT,
    )
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option()
    gain: float | None = gain_option()
    temperature_tolerance: float = temperature_option()


def check_darks(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that no master dark can be made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : DarkConfig, optional
        With it, unit, time and gain are looked at too.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    """
    if len(frames) < MINIMUM_FRAMES:
        raise InputError(
            f"A master dark takes {MINIMUM_FRAMES} or more darks; {len(frames)} given.", cure="Choose more darks."
        )
    check_inputs(frames, config.temperature_tolerance if config else DarkConfig().temperature_tolerance)
    if config is not None:
        _needed_scale(frames, config)


def master_dark(frames: Sequence[FrameLike], config: DarkConfig, job: Job | None = None) -> Result:
    """Combine darks into one.

    Parameters
    ----------
    frames : sequence of FrameLike, 3 or more
        (ny, nx), in electron, electron/s, adu or adu/s; read in bands.
    config : DarkConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Frame in electron/s (or electron) with ERR and DQ, plane ``NSAMP``; metrics; a histogram, profiles of rows
        and columns, and a table of the frames.

    Raises
    ------
    InputError
        When the frames do not belong together, or something that is needed is missing.
    AlgorithmError
        When no pixel has a sample.

    Notes
    -----
    Semantics of stcal ``dark_current``. A pixel is hot 7 sigma above its surroundings, sigma being 1.4826 times the
    median absolute deviation of the master around it. The border of reference pixels is left out of all statistics.
    """
    job = job or Job("Master dark")
    check_darks(frames, config)
    scale = _needed_scale(frames, config)
    how = _combination(config)
    region = region_of(frames[0])
    samples = sample_frames(frames, region, how.reject, job.part(0, 0.1))
    looks = first_look(samples, job)
    noise = float(np.median([look.noise for look in looks]))
    usual = usual_scatter(samples, noise, scale.to_counts if scale.seconds or not scale.is_rate else None)
    del samples
    unbiased = error_factors(len(frames), how)
    whole = empty(frames[0].shape, how)
    for band in combine_bands(frames, how, whole, job.part(0.1, 0.8)):
        looks = count_outliers(looks, band, region, how.reject)
        if unbiased is not None and band.combined.err is not None:
            band.combined.err[...] *= unbiased[band.combined.samples]
        if usual is not None:
            flag_scatter(band, region, usual, how.reject, config.unreliable_sigma)
    if not whole.samples.any():
        raise AlgorithmError(
            "No pixel of these frames can be used: all samples are NaN or flagged.",
            cure=f"Look at their data quality, or reject fewer flags than {config.reject}.",
        )
    rated = scale.to_rate if config.output == ELECTRON_PER_S else scale.to_counts
    for plane in (whole.data, whole.err):
        assert plane is not None
        plane *= np.float32(rated)
    usual = usual.scaled(rated) if usual is not None else None
    return _judged(frames, config, scale, region, whole, looks, usual, job.part(0.8, 1.0))


def _combination(config: DarkConfig) -> Combination:
    return Combination(
        method=config.method,
        error=config.error,
        low=config.low,
        high=config.high,
        iterations=config.iterations,
        min_left=config.min_left,
        spread=config.spread,
        min_samples=config.min_samples,
        reject=reject_bits(config.reject),
        few=flags.DO_NOT_USE | flags.UNRELIABLE_DARK,
    )


def _needed_scale(frames: Sequence[FrameLike], config: DarkConfig) -> Scale:
    needs_time = True if config.output == ELECTRON else None
    return scale_of(frames, config.unit, config.gain, config.exposure_time, needs_time=needs_time)


def _judged(
    frames: Sequence[FrameLike],
    config: DarkConfig,
    scale: Scale,
    region: Region,
    whole: Combined,
    looks: Sequence[FrameLook],
    usual: UsualScatter | None,
    job: Job,
) -> Result:
    """Flag, measure and judge a combination that is already in the unit of the product."""
    assert whole.dq is not None
    assert whole.err is not None
    light = region.mask()
    light &= (whole.dq & np.uint32(flags.REFERENCE_PIXEL | flags.NON_SCIENCE)) == 0
    whole.dq[~region.mask()] |= np.uint32(flags.REFERENCE_PIXEL)
    good = light & (whole.samples > 0)
    job.report(0.1, "Looking for hot pixels")
    local = local_statistics(whole.data, good, config.box, job)
    if local is None:
        raise AlgorithmError(
            "Too few pixels can be used to measure the level of the dark.", cure="Choose a larger part of the image."
        )
    n_hot, n_warm = flag_excess(
        whole.data, good, local, (config.hot_sigma, min(config.warm_sigma, config.hot_sigma)),
        (flags.HOT, flags.WARM), whole.dq, job,
    )  # fmt: skip
    n_hot += _saturated_is_hot(whole, light)
    job.report(0.4, "Looking for unreliable pixels")
    flag_error(whole, good, usual, config.unreliable_sigma if config.error == "propagated" else None)
    job.check()
    to_rate = 1.0 if config.output == ELECTRON_PER_S else 1.0 / (scale.seconds or math.nan)
    level = _median(whole.data, good) * to_rate
    sigma = local.typical_sigma * to_rate
    job.check()
    job.report(0.6, "Measuring rows and columns")
    curves = (
        histogram(whole.data, good, level, sigma, "e-/s", to_rate),
        *profiles(whole.data, good, (region.y, region.x), "e-/s", to_rate, job),
    )
    odd = odd_ones(looks)
    job.check()
    metrics = _metrics(frames, scale, whole, light, looks, level, sigma, n_hot, n_warm)
    verdict, reasons = judge(frames, scale, metrics, odd, local)
    keywords = _keywords(config, scale, metrics)
    header = common_header(frames) | {"BUNIT": config.output}
    product = Frame(whole.data, whole.err, whole.dq, header)
    job.report(1.0, "Done")
    return Result(
        frame=product,
        metrics=metrics,
        verdict=verdict,
        reasons=(*reasons, *_clipping_note(config, len(frames))),
        curves=curves,
        tables=(table(frames, looks, scale.to_rate, odd),),
        keywords=keywords,
        planes={"NSAMP": whole.samples},
    )


def _saturated_is_hot(whole: Combined, light: npt.NDArray[np.bool_]) -> int:
    """A pixel that saturates in every dark has no sample left, yet it is the hottest of all."""
    assert whole.dq is not None
    lost = light & (whole.samples == 0) & ((whole.dq & np.uint32(flags.SATURATED)) != 0)
    whole.dq[lost] |= np.uint32(flags.HOT)
    return int(np.count_nonzero(lost))


def _median(plane: npt.NDArray[np.float32], good: npt.NDArray[np.bool_]) -> float:
    return float(np.median(thin(plane, good)))


def _metrics(
    frames: Sequence[FrameLike],
    scale: Scale,
    whole: Combined,
    light: npt.NDArray[np.bool_],
    looks: Sequence[FrameLook],
    level: float,
    sigma: float,
    n_hot: int,
    n_warm: int,
) -> dict[str, Metric]:
    pixels = max(int(np.count_nonzero(light)), 1)
    unusable = int(np.count_nonzero(light & (whole.samples == 0)))
    frame_noise = float(np.median([look.sigma for look in looks]))
    seconds = scale.seconds
    return {
        "median_rate_e_per_s": Metric(
            level, "e-/s", "Median of the light-sensitive pixels; from four million pixels on, of evenly spaced rows."
        ),
        "noise_e_per_s": Metric(sigma, "e-/s", "Median of the local noise of the master, 1.4826 MAD."),
        "hot_fraction": Metric(n_hot / pixels, "", "Part of the light-sensitive pixels that are hot."),
        "n_frames": Metric(len(frames), "", "Frames that were combined."),
        "n_hot": Metric(n_hot, "pixel", "Hot pixels."),
        "n_warm": Metric(n_warm, "pixel", "Warm pixels."),
        "frame_noise_e": Metric(
            frame_noise * scale.to_rate * seconds if seconds else None, "e-", "Typical robust noise of one frame."
        ),
        "unusable_fraction": Metric(unusable / pixels, "", "Part of the pixels without any good sample."),
        "samples_per_pixel": Metric(float(whole.samples[light].mean()), "", "Mean number of samples that were used."),
        "exposure_time_s": Metric(seconds, "s", f"Exposure time of each frame, from {scale.keyword or 'nowhere'}."),
    }


def _clipping_note(config: DarkConfig, n: int) -> tuple[str, ...]:
    """With few samples one outlier widens the standard deviation so much that it never exceeds the threshold."""
    largest = n / math.sqrt(n - 1)
    if config.method != "clipped-mean" or config.spread != "std" or min(config.low, config.high) < largest:
        return ()
    return (
        f"Of {n} samples none can lie more than {largest:.2f} standard deviations from the median, so nothing is "
        f"clipped at {min(config.low, config.high):g}: take the median, spread=mad, or a lower threshold.",
    )


def _keywords(config: DarkConfig, scale: Scale, metrics: Mapping[str, Metric]) -> dict[str, tuple[Any, str]]:
    made: dict[str, tuple[Any, str]] = {
        "NCOMBINE": (metrics["n_frames"].value, "number of darks combined"),
        "COMBMETH": (config.method, "how the samples were combined"),
        "ERRKIND": (config.error, "error measured from scatter or propagated"),
        "DARKMED": (metrics["median_rate_e_per_s"].value, "[e-/s] median of the dark"),
        "DARKSIG": (metrics["noise_e_per_s"].value, "[e-/s] local noise of the dark"),
        "HOTCUT": (config.hot_sigma, "hot pixels: cut in local sigma"),
        "NHOT": (metrics["n_hot"].value, "number of hot pixels"),
        "NWARM": (metrics["n_warm"].value, "number of warm pixels"),
    }
    if scale.seconds is not None and scale.keyword == "option":
        made["EXPTIME"] = (scale.seconds, "[s] exposure time, given as an option")
    return made


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return master_dark(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="master-dark",
        title="Master dark",
        summary="Combines darks into one, finds hot pixels, and shows the frame that does not belong.",
        inputs="3 or more darks of one detector, exposure time, read mode and temperature",
        config=DarkConfig,
        run=_run,
        minimum_inputs=MINIMUM_FRAMES,
        product="DARK",
        check=check_darks,
        source="stcal dark_current; hot pixels by the local median absolute deviation",
    ),
)
