"""Dark series: dark current, glow of the reads and read noise from darks of several exposure times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from calgui.core.algorithms.agreement import check_inputs
from calgui.core.algorithms.combine import Combination, combine
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.darkseries.fit import Line, fit_line
from calgui.core.algorithms.darkseries.groups import Group, groups_of, pair_noise
from calgui.core.algorithms.darkseries.measures import (
    Series,
    amplifier_table,
    group_rows,
    line_curve,
    night_and_day,
    series_metrics,
    times_table,
)
from calgui.core.algorithms.darkseries.verdict import judge
from calgui.core.algorithms.exposure import ELECTRON_PER_S
from calgui.core.algorithms.frametable import sample_frames
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.headeroptions import Unit, gain_option, temperature_option, unit_option
from calgui.core.algorithms.local import flag_excess, local_statistics
from calgui.core.algorithms.noise import robust_sigma, thin
from calgui.core.algorithms.options import option
from calgui.core.algorithms.profiles import histogram, profiles
from calgui.core.algorithms.registry import Algorithm, Result
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

_BAND = 256


@dataclass(frozen=True)
class DarkSeriesConfig:
    """Options of ``dark-series``."""

    glow: Literal["auto", "reads", "exposure", "none"] = option(
        "auto", "What does not grow with time: glow of each read, an offset of each exposure, or nothing."
    )
    reject: str = option("DO_NOT_USE,SATURATED", "Samples with these data-quality flags are left out.")
    hot_sigma: float = option(7.0, "Hot: excess over the surroundings.", unit="local sigma", minimum=1, maximum=1000)
    amplifier_width: int = option(64, "Columns that one amplifier reads.", unit="pixel", minimum=1, maximum=8192)
    night_from: float = option(
        4.0, "The night begins, where day and night are told apart.", unit="h UTC", minimum=0, maximum=24
    )
    night_to: float = option(16.0, "The night ends.", unit="h UTC", minimum=0, maximum=24)
    unit: Unit | None = unit_option()
    gain: float | None = gain_option()
    temperature_tolerance: float = temperature_option()


def check_dark_series(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that are no series.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : DarkSeriesConfig, optional
        Its defaults if None.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    config = config or DarkSeriesConfig()
    if len(frames) < 2:
        raise InputError("A series takes two or more darks; one given.", cure="Choose more darks.")
    check_inputs(frames, config.temperature_tolerance, may_differ=("time", "NGROUPS", "NFRAMES", "GROUPGAP"))
    groups = groups_of(frames, config.unit, config.gain)
    if len({group.seconds for group in groups}) < 2:
        raise InputError(
            f"All darks have the same exposure time, {groups[0].seconds:g} s: current and glow cannot be told apart.",
            cure="Choose darks of two or more exposure times, or make a master dark.",
        )


def dark_series(frames: Sequence[FrameLike], config: DarkSeriesConfig, job: Job | None = None) -> Result:
    """Tell dark current from glow, and measure read noise.

    Parameters
    ----------
    frames : sequence of FrameLike
        (ny, nx), in electron, electron/s, adu or adu/s, of two or more exposure times; read in bands.
    config : DarkSeriesConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The frame is the dark current in electron/s with its error; planes ``GLOW`` (e- of each read or exposure),
        ``GLOWERR`` and ``CHISQ``. Tables of the exposure times and of the amplifiers.

    Raises
    ------
    InputError
        When the frames do not belong together, or are of one time.
    AlgorithmError
        When no pixel can be fitted.

    Notes
    -----
    Glow belongs to reads, not to time, so it is never scaled with time: with as many reads in every exposure it is the
    line's value at no time, with different numbers of reads both are fitted.
    """
    job = job or Job("Dark series")
    check_dark_series(frames, config)
    region = region_of(frames[0])
    reject = reject_bits(config.reject)
    groups = groups_of(frames, config.unit, config.gain)
    samples = sample_frames(frames, region, reject, job.part(0, 0.1))
    noises = [_frame_noise(samples, groups, group) for group in groups]
    loads = _loads(groups, config)
    whole = _fit(frames, groups, noises, loads, reject, job.part(0.1, 0.8))
    light = region.mask()
    good = light & np.isfinite(whole.rate)
    local = local_statistics(whole.rate, good, 64, job)
    if local is None:
        raise AlgorithmError(
            "No pixel of these darks can be fitted: too few samples are good.", cure="Look at their data quality."
        )
    dq = np.where(light, np.uint32(0), np.uint32(flags.REFERENCE_PIXEL)).astype(np.uint32)
    dq[light & ~good] |= np.uint32(flags.DO_NOT_USE)
    n_hot, _ = flag_excess(
        whole.rate, good, local, (config.hot_sigma, config.hot_sigma), (flags.HOT, flags.HOT), dq, job
    )
    level, sigma = float(np.median(thin(whole.rate, good))), local.typical_sigma
    job.report(0.9, "Measuring rows, columns and amplifiers")
    series = Series(frames, groups, noises, loads, samples, whole, good)
    rows = group_rows(series)
    metrics = series_metrics(series, rows, level, sigma, n_hot)
    metrics |= night_and_day(series, (config.night_from, config.night_to))
    verdict, reasons, odd = judge(series, rows, metrics)
    header = common_header(frames) | {"BUNIT": ELECTRON_PER_S}
    planes: dict[str, Any] = {"CHISQ": whole.chi_square}
    if whole.glow is not None:
        planes |= {"GLOW": whole.glow, "GLOWERR": whole.glow_error}
    job.report(1.0, "Done")
    return Result(
        frame=Frame(whole.rate, whole.rate_error, dq, header),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=(
            line_curve(series, rows),
            histogram(whole.rate, good, level, sigma, "e-/s", 1.0),
            *profiles(whole.rate, good, (region.y, region.x), "e-/s", 1.0, job),
        ),
        tables=(times_table(series, rows, odd), amplifier_table(series, region, config.amplifier_width)),
        keywords={
            "DARKCUR": (round(level, 6), "[e-/s] median dark current"),
            "GLOW": (metrics["glow_e"].value, f"[e-] median glow of each {series.of_what}"),
        },
        planes=planes,
    )


def _frame_noise(samples: Sequence[FloatArray], groups: Sequence[Group], group: Group) -> float:
    """Noise of one frame of a group in electrons; of a lone frame by its scatter."""
    mine = [samples[place] for place in group.members]
    if len(mine) > 1:
        return pair_noise(mine) * group.to_electrons
    return robust_sigma(mine[0]) * group.to_electrons


def _loads(groups: Sequence[Group], config: DarkSeriesConfig) -> list[float] | None:
    """What the glow is multiplied by in each group."""
    if config.glow == "none":
        return None
    reads = [group.reads for group in groups]
    if config.glow == "reads" and any(count is None for count in reads):
        raise InputError(
            "The number of reads is not known: NGROUPS is missing.",
            cure="Add NGROUPS to the headers, or fit an offset of each exposure (glow=exposure).",
        )
    if config.glow in ("auto", "reads") and all(count is not None for count in reads):
        return [float(count or 0) for count in reads]
    return [1.0] * len(groups)


def _fit(
    frames: Sequence[FrameLike],
    groups: Sequence[Group],
    noises: Sequence[float],
    loads: Sequence[float] | None,
    reject: int,
    job: Job,
) -> Line:
    ny = frames[0].shape[0]
    parts = []
    for start in job.track(range(0, ny, _BAND), -(-ny // _BAND), "Fitting"):
        counts, variances = [], []
        for group, noise in zip(groups, noises, strict=True):
            job.check()
            bands = [frames[place].rows(start, min(start + _BAND, ny)) for place in group.members]
            stack = [Frame(np.ascontiguousarray(one.data), None, one.dq) for one in bands]
            found = combine(stack, Combination("median" if len(stack) > 2 else "mean", "none", reject=reject))
            counts.append(found.data * np.float32(group.to_electrons))
            factor = _MEDIAN.get(len(stack), 1.25) ** 2
            variances.append(np.where(found.samples > 0, factor * noise**2 / np.maximum(found.samples, 1), 0))
        # the noise of a hot pixel is its own: of what is above the others its photon noise
        first = fit_line(counts, variances, [group.seconds for group in groups], loads)
        known = first.rate[np.isfinite(first.rate)]
        usual = np.median(known) if known.size else np.float32(0)
        own = []
        for group, variance in zip(groups, variances, strict=True):
            above = np.clip(np.nan_to_num(first.rate) - usual, 0, None) * group.seconds
            own.append((variance + np.where(variance > 0, above / len(group.members), 0)).astype(np.float32))
        parts.append(fit_line(counts, own, [group.seconds for group in groups], loads))
    return Line(*(_stacked([getattr(part, name) for part in parts]) for name in vars(parts[0])))


#: noise of a median over that of a mean
_MEDIAN = {1: 1.0, 2: 1.0, 3: 1.16, 4: 1.09, 5: 1.2, 6: 1.14, 7: 1.21, 8: 1.16, 9: 1.22}


def _stacked(parts: Sequence[Any]) -> Any:
    return None if parts[0] is None else np.concatenate(parts)


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return dark_series(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="dark-series",
        title="Dark series",
        summary="Tells dark current from the glow of reads by darks of several exposure times; read noise from pairs.",
        inputs="darks of two or more exposure times, of one detector, read mode and temperature",
        config=DarkSeriesConfig,
        run=_run,
        minimum_inputs=2,
        check=check_dark_series,
        source="weighted least squares; read noise by Vacca, Cushing & Rayner 2004",
    ),
)
