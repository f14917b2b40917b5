"""Non-linearity coefficients from ramps of a steady lamp, pixel by pixel, in the observatory's form."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms import registry
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.headeroptions import temperature_option
from calgui.core.algorithms.lamps import (
    assumed_unit,
    check_lit_ramps,
    left_aside,
    levels_of_light,
    ramps_of_band,
)
from calgui.core.algorithms.linearity.meanramp import MeanRamp, mean_ramp
from calgui.core.algorithms.linearity.model import Curve, correct, fit_curve, fit_deviations, shrunk
from calgui.core.algorithms.options import option
from calgui.core.algorithms.readtimes import read_times
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, Frame, FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
TITLE = "Non-linearity"
#: pixels on a side of the parts that have a curve of their own
TILE = 64
#: up to this part of saturation the correction is judged
_JUDGED = 0.8
#: residuals of the correction that are doubtful, and bad
_DOUBTFUL, _BAD = 0.002, 0.01
#: signals at which curves are shown
_POINTS = 40


@dataclass(frozen=True)
class NonlinearityConfig:
    """Options of ``derive-nonlinearity``."""

    terms: int = option(3, "Coefficients beside the linear one: c1 to so many.", minimum=1, maximum=8)
    form: Literal["multiply", "polynomial"] = option(
        "multiply", "How they are written: (1 + c0 + c1 x + …) x as TMT has it, or Σ ck x^k as Liger has it."
    )
    coefficients: int | None = option(
        None,
        "How many planes are written, c0 and zeros included; TMT has 5. As many as needed if not given.",
        minimum=2,
        maximum=20,
    )
    detail: Literal["pixel", "tile"] = option(
        "pixel", "Each pixel its own coefficients, as far as they differ by more than noise, or those of its tile."
    )
    upper: float = option(0.95, "Reads up to this part of saturation are fitted.", minimum=0.3, maximum=1.0)
    saturation: float | None = option(
        None, "Level of saturation above the reset; found from the ramps if not given.", unit="adu", minimum=1
    )
    skip: int = option(0, "Reads at the start that are left out, where the detector has not settled.", minimum=0)
    temperature_tolerance: float = temperature_option("the ramps", group="")


def check_nonlinearity(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse ramps from which no non-linearity can be derived.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : NonlinearityConfig, optional
        Its defaults if None.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    config = config or NonlinearityConfig()
    check_lit_ramps(TITLE, frames, config.temperature_tolerance, config.terms + config.skip + 4, 1)


@dataclass
class _Planes:
    """What is filled tile by tile."""

    coefficients: npt.NDArray[np.float32]
    factor: npt.NDArray[np.float32]
    error: npt.NDArray[np.float32]
    dq: DqArray
    corrections: list[Floats] = field(default_factory=list)
    residuals: list[tuple[Floats, Floats, Floats]] = field(default_factory=list)
    scatter: list[float] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)


def derive_nonlinearity(frames: Sequence[FrameLike], config: NonlinearityConfig, job: Job | None = None) -> Result:
    """Derive the non-linearity of a detector.

    Parameters
    ----------
    frames : sequence of FrameLike
        Raw ramps of one steady lamp, (nint, nread, ny, nx) in adu, up to near saturation.
    config : NonlinearityConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The plane ``COEFFS`` (ncoef, ny, nx); the frame is the correction at 80 % of saturation, to look at, with its
        error and data quality (NO_LIN_CORR where there is no correction).

    Raises
    ------
    InputError
        When the ramps do not belong together, or are darks.
    AlgorithmError
        When no part of the detector can be fitted.

    Notes
    -----
    Rates are those at zero signal, so that c0 is 0. See `calgui.core.algorithms.linearity.model` for the fit. Levels
    count from the reset, which is reached by going back in time from the first read.
    """
    job = job or Job("Derive the non-linearity")
    check_nonlinearity(frames, config)
    region = region_of(frames[0])
    rows, columns = region.active()
    chosen, left_out, lost = _brightest(frames, rows, columns)
    first = read_times(frames[0].header).first
    top = config.saturation or _saturation(frames, rows, columns, chosen, first)
    first += config.skip
    shape = (region.ny, region.nx)
    planes = _Planes(
        np.where(region.mask(), np.float32(np.nan), np.float32(0)) * np.ones((config.terms, 1, 1), np.float32),
        np.full(shape, np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.where(region.mask(), np.uint32(flags.NO_LIN_CORR), np.uint32(flags.REFERENCE_PIXEL)).astype(np.uint32),
    )
    bands = range(rows.start, rows.stop, TILE)
    for start in job.track(bands, len(bands), "Fitting the ramps"):
        stop = min(start + TILE, rows.stop)
        band = ramps_of_band(frames, start, stop, None)
        ramps = [(band[at][0][config.skip :], band[at][1][config.skip :]) for at in chosen]
        for left in range(columns.start, columns.stop, TILE):
            job.check()
            right = min(left + TILE, columns.stop)
            part = (slice(start, stop), slice(left, right))
            tile = mean_ramp([(reads[..., left:right], good[..., left:right]) for reads, good in ramps])
            _fit_tile(tile, part, first, top, config, planes)
    if not planes.corrections:
        raise AlgorithmError(
            "No part of the detector could be fitted: too few reads lie between the reset and saturation.",
            cure="Take ramps of less light or more reads, or fit fewer terms.",
        )
    job.report(1.0, "Done")
    return _result(frames, region, config, planes, top, len(chosen), left_out, lost)


def _brightest(frames: Sequence[FrameLike], rows: slice, columns: slice) -> tuple[list[int], int, tuple[str, ...]]:
    """Integrations of the brightest level of light, how many are of others, and what is told of those of none."""
    middle = (rows.start + rows.stop) // 2
    look = max(rows.start, middle - TILE // 2), min(rows.stop, middle + TILE // 2)
    levels = levels_of_light(frames, look, columns, None)
    if not levels:
        raise AlgorithmError(
            "No pixel of these ramps can be used: all reads are NaN or flagged.", cure="Look at their data quality."
        )
    return levels[-1], sum(len(level) for level in levels[:-1]), left_aside(frames, levels)


def _saturation(frames: Sequence[FrameLike], rows: slice, columns: slice, chosen: Sequence[int], first: float) -> float:
    """Signal at which the wells are full, or the highest that is reached, adu above the reset."""
    middle = (rows.start + rows.stop) // 2
    look = max(rows.start, middle - TILE // 2), min(rows.stop, middle + TILE // 2)
    # saturated reads are flagged, yet they tell where the plateau is
    band = ramps_of_band(frames, *look, None, flagged=True)
    found = []
    for at in chosen:
        reads, good = band[at]
        signal = (reads - reads[:1])[..., columns].astype(np.float64).reshape(reads.shape[0], -1)
        found.append(np.median(signal[:, good[..., columns].reshape(signal.shape).all(axis=0)], axis=1))
    ramp = np.median(found, axis=0)
    steps = np.diff(ramp)
    full = np.flatnonzero(steps < 0.1 * steps[0])
    return float(ramp[full[0]] if full.size else ramp.max()) + first * float(steps[0])


def _fit_tile(
    tile: MeanRamp, part: tuple[slice, slice], first: float, top: float, config: NonlinearityConfig, planes: _Planes
) -> None:
    """Fit the mean of a tile, then its pixels, and note what they are."""
    scale = _JUDGED * top
    typical = tile.signal[1][np.isfinite(tile.signal[1])]
    start = first * float(np.median(typical)) if typical.size else 0.0
    mean, reads = tile.mean_of_tile(config.upper * top - start)
    curve = fit_curve(mean[:reads], first, config.terms, scale)
    if curve is None:
        return
    units = scale ** np.arange(1, config.terms + 1)
    values = np.repeat((curve.coefficients * units)[:, None], tile.signal[0].size, axis=1)
    error = np.full(tile.signal[0].size, np.nan)
    fitted = tile.reads >= reads
    if config.detail == "pixel" and np.count_nonzero(fitted) > 4 * config.terms:
        deviations = fit_deviations(tile.signal[:reads, fitted] + curve.start, curve, scale)
        if deviations is not None:
            best, real = shrunk(deviations)
            values[:, fitted] += best
            planes.scatter.append(math.sqrt(max(float(real.sum()), 0.0)))
            error[fitted] = math.sqrt(float(deviations.covariance.sum()))
    ny, nx = part[0].stop - part[0].start, part[1].stop - part[1].start
    usable = tile.reads > config.terms + 1
    good = usable.reshape(ny, nx)
    # NaN as the pipelines understand it: such a pixel is left as it is, and flagged
    fitted_ones = (values / units[:, None]).reshape(-1, ny, nx)
    planes.coefficients[:, part[0], part[1]] = np.where(good, fitted_ones, np.nan)
    planes.factor[part] = np.where(good, (1 + values.sum(axis=0)).reshape(ny, nx), np.nan)
    planes.error[part] = error.reshape(ny, nx)
    planes.dq[part] = np.where(good, 0, np.uint32(flags.NO_LIN_CORR | flags.DO_NOT_USE))
    signal = mean[:reads] + curve.start
    planes.residuals.append(_residual(signal, curve, first))
    planes.corrections.append(curve.coefficients)
    planes.tops.append(float(signal[-1]))


def _residual(signal: Floats, curve: Curve, first: float) -> tuple[Floats, Floats, Floats]:
    """Signal, and its deviation from what fell in before and after the correction, as parts of it."""
    fell = curve.rate * (first + np.arange(signal.size))
    return signal, signal / fell - 1, curve.corrected(signal) / fell - 1


def _result(
    frames: Sequence[FrameLike],
    region: Region,
    config: NonlinearityConfig,
    planes: _Planes,
    top: float,
    used: int,
    left_out: int,
    lost: tuple[str, ...],
) -> Result:
    light = region.mask()
    failed = float(np.count_nonzero(light & ((planes.dq & np.uint32(flags.NO_LIN_CORR)) != 0)) / max(light.sum(), 1))
    grid = np.linspace(0, top, _POINTS)[1:]
    curve = np.median(planes.corrections, axis=0)
    before, after, worst = _residuals(planes, top)
    reached = float(np.median(planes.tops)) / top
    at_80 = float(np.nanmedian(planes.factor)) - 1
    scatter = float(np.median(planes.scatter)) if planes.scatter else None
    metrics = {
        "correction_at_80_percent": Metric(at_80, "", "Correction at 80 % of saturation, as a part of the signal."),
        "residual_fraction": Metric(
            worst, "", "Largest deviation of the corrected mean ramps from a line, up to 80 % of saturation."
        ),
        "pixel_scatter_fraction": Metric(
            scatter, "", "True scatter of the pixels' corrections at 80 % of saturation, noise taken out."
        ),
        "saturation_adu": Metric(top, "adu", "Where the wells are full, or the highest signal of the ramps."),
        "reached_fraction": Metric(reached, "", "Part of it up to which reads were fitted."),
        "failed_fraction": Metric(failed, "", "Part of the light-sensitive pixels without a correction."),
        "n_ramps": Metric(used, "", "Integrations that were averaged."),
        "n_reads": Metric(int(frames[0].shape[-3]), "", "Reads of each."),
    }
    verdict, reasons = _judge(worst, reached, failed, left_out, lost)
    gain = number(frames[0].header, "GAIN")
    keywords: dict[str, tuple[Any, str]] = {
        "LINFORM": (config.form.upper(), _FORMS[config.form]),
        "LINUNIT": ("adu", "unit of x, counted from the reset"),
        "LINMAX": (round(min(reached, 1.0) * top, 2), "[adu] valid below"),
    }
    if gain:
        keywords["SATURATE"] = (round(top * gain, 1), "[electron] saturation")
    header = common_header(frames) | {"BUNIT": ""}
    return Result(
        frame=Frame(planes.factor, planes.error, planes.dq, header),
        metrics=metrics,
        verdict=verdict,
        reasons=(*reasons, *assumed_unit(frames)),
        curves=(
            registry.Curve(
                "Correction",
                "signal (adu)",
                "corrected / read",
                {"median of the tiles": (grid, correct(grid, curve) / grid)},
            ),
            registry.Curve(
                "Deviation of the mean ramps from a line",
                "signal (adu)",
                "deviation",
                {"as read": before, "corrected": after},
            ),
        ),
        keywords=keywords,
        planes={"COEFFS": _as_written(planes.coefficients, config)},
    )


def _judge(
    worst: float, reached: float, failed: float, left_out: int, lost: tuple[str, ...]
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict, and its reasons, the worst first."""
    doubtful: list[str] = []
    bad: list[str] = []
    if worst > _DOUBTFUL:
        (bad if worst > _BAD else doubtful).append(
            f"After the correction the ramps still deviate from a line by {100 * worst:.2f} % "
            f"(limit {100 * _DOUBTFUL:g} %): fit more terms, or look for a lamp that is not steady."
        )
    if reached < _JUDGED:
        doubtful.append(
            f"The ramps reach {100 * reached:.0f} % of saturation only; above, the correction is extrapolated."
        )
    if failed > 0.02:
        doubtful.append(f"{100 * failed:.1f} % of the pixels have no correction.")
    if left_out:
        doubtful.append(f"{left_out} integrations of fainter light were not used.")
    doubtful += lost
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful)


_FORMS = {
    "multiply": "corrected = (1 + c0 + c1 x + c2 x**2 + ...) x",
    "polynomial": "corrected = c0 + c1 x + c2 x**2 + ...",
}


def _residuals(planes: _Planes, top: float) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats], float]:
    """Deviations of all tiles before and after, by signal, and the largest one that is judged."""
    signal, before, after = (np.concatenate([one[place] for one in planes.residuals]) for place in range(3))
    edges = np.linspace(0, top, _POINTS // 2 + 1)
    places = np.digitize(signal, edges)
    centres, old, new = [], [], []
    for place in np.unique(places):
        among = places == place
        centres.append(float(np.median(signal[among])))
        old.append(float(np.median(before[among])))
        new.append(float(np.median(after[among])))
    at = np.array(centres)
    judged = at <= _JUDGED * top
    # a few electrons of noise are a large part of the first reads
    judged &= at >= 0.05 * top
    worst = float(np.max(np.abs(np.array(new)[judged]), initial=0.0))
    return (at, np.array(old)), (at, np.array(new)), worst


def _as_written(coefficients: npt.NDArray[np.float32], config: NonlinearityConfig) -> npt.NDArray[np.float32]:
    """All planes of the observatory's form, from the lowest power on."""
    terms, ny, nx = coefficients.shape
    fixed = 1 if config.form == "multiply" else 2
    count = max(config.coefficients or 0, terms + fixed)
    made = np.zeros((count, ny, nx), np.float32)
    if config.form == "polynomial":
        made[1] = 1
    made[fixed : fixed + terms] = coefficients
    return made


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return derive_nonlinearity(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="derive-nonlinearity",
        title=TITLE,
        summary="Derives the coefficients that make ramps straight, for each pixel as far as pixels differ.",
        inputs="raw ramps of one steady lamp, up to near saturation",
        config=NonlinearityConfig,
        run=_run,
        takes=("ramp",),
        product="NONLINCOEFF",
        check=check_nonlinearity,
        source="differences of consecutive reads; pixels by empirical Bayes (Efron & Morris 1973)",
    ),
)
