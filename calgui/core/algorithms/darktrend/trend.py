"""Trend of darks: level, noise and hot pixels of all darks of a mode over their dates, and what is unusual."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np

from calgui.core.algorithms.agreement import TEMPERATURES, check_inputs
from calgui.core.algorithms.combine import Combination, combine
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.darktrend.chart import Chart, control_chart
from calgui.core.algorithms.exposure import ELECTRON_PER_S, file_name, number, scale_of
from calgui.core.algorithms.frametable import sample_frames
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.headeroptions import Unit, gain_option, unit_option
from calgui.core.algorithms.known import known
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, Table, Verdict
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

_DAY, _MONTH = 86400.0, 30.4375
_BAND = 512
#: what is charted, and the attribute of a dark that it is
_CHARTED = {"level": "rate", "noise": "noise", "hot": "hot"}


@dataclass(frozen=True)
class DarkTrendConfig:
    """Options of ``dark-trend``."""

    date: Literal["auto", "useafter", "observed"] = option(
        "auto", "Date of a dark: USEAFTER where it has one, else DATE-OBS; or one of the two."
    )
    hot_sigma: float = option(
        7.0, "Hot, where a dark has no data quality: above its median.", unit="sigma", minimum=1, maximum=1000
    )
    reject: str = option("SATURATED", "Pixels with these data-quality flags are left out.")
    unit: Unit | None = unit_option("the darks", group="")
    gain: float | None = gain_option(group="")


@dataclass(frozen=True)
class _Dark:
    """One dark of the chart."""

    frame: FrameLike
    when: datetime
    rate: float
    noise: float
    hot: float
    temperature: float | None


def check_dark_trend(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse darks that are no history of one mode.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : DarkTrendConfig, optional
        Its defaults if None.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    config = config or DarkTrendConfig()
    if len(frames) < 2:
        raise InputError("A trend takes two or more darks; one given.", cure="Choose more darks of this mode.")
    check_inputs(frames, math.inf, may_differ=("time", "NGROUPS"))
    for frame in frames:
        _date(frame, config)
        scale_of([frame], config.unit, config.gain)


def dark_trend(frames: Sequence[FrameLike], config: DarkTrendConfig, job: Job | None = None) -> Result:
    """Chart darks over time.

    Parameters
    ----------
    frames : sequence of FrameLike, 2 or more
        Darks of one detector, subarray and read mode: references or single ones, (ny, nx) in electron, electron/s, adu
        or adu/s.
    config : DarkTrendConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The frame is the newest dark less the median of the others, electron/s; charts of level, noise and hot pixels
        with their limits, and a table of the darks.

    Raises
    ------
    InputError
        When the darks do not belong together, or have no date.
    AlgorithmError
        When a dark has no usable pixel.
    """
    job = job or Job("Trend of darks")
    check_dark_trend(frames, config)
    region = region_of(frames[0])
    darks = sorted(
        (
            _measured(frame, region, config, job.part(place / len(frames) * 0.7, (place + 1) / len(frames) * 0.7))
            for place, frame in enumerate(frames)
        ),
        key=lambda dark: (dark.when, file_name(dark.frame)),
    )
    days = np.array([(dark.when - darks[0].when).total_seconds() / _DAY for dark in darks])
    values = {key: np.array([getattr(dark, what) for dark in darks]) for key, what in _CHARTED.items()}
    charts = _charts(values, days, max(int(region.mask().sum()), 1))
    difference = _newest(darks, region, config, job.part(0.7, 1.0))
    verdict, reasons = _judge(darks, charts)
    return Result(
        frame=difference,
        metrics=_metrics(darks, charts),
        verdict=verdict,
        reasons=reasons,
        curves=tuple(
            _curve(title, label, days, values[key], charts[key], darks[0].when)
            for key, title, label in (
                ("level", "Level over time", "median rate (e-/s)"),
                ("noise", "Noise over time", "noise (e-/s)"),
                ("hot", "Hot pixels over time", "part of the pixels"),
            )
        ),
        tables=(_table(darks, charts),),
    )


def _charts(values: Mapping[str, Any], days: Any, pixels: int) -> dict[str, Chart]:
    """Charts of level, noise and part of hot pixels, with the errors that medians over so many pixels have."""
    noise, hot = float(np.median(values["noise"])), float(np.median(values["hot"]))
    errors = {
        "level": 1.25 * noise / math.sqrt(pixels),
        "noise": noise * 1.17 / math.sqrt(pixels),
        "hot": math.sqrt(max(hot, 1 / pixels) / pixels),
    }
    return {key: control_chart(values[key], days, error) for key, error in errors.items()}


def _table(darks: Sequence[_Dark], charts: Mapping[str, Chart]) -> Table:
    """One row for each dark; those outside of any limits are marked."""
    return Table(
        "Darks",
        ("date (UTC)", "file", "median (e-/s)", "noise (e-/s)", "hot (part)", "temperature (K)"),
        tuple(
            (dark.when.isoformat(" "), file_name(dark.frame), dark.rate, dark.noise, dark.hot, dark.temperature)
            for dark in darks
        ),
        tuple(sorted({place for chart in charts.values() for place in chart.outside})),
    )


def _date(frame: FrameLike, config: DarkTrendConfig) -> datetime:
    header = frame.header
    texts = []
    if config.date != "observed":
        texts.append(str(header.get("USEAFTER") or "").strip())
    if config.date != "useafter":
        day, clock = (str(header.get(keyword) or "").strip() for keyword in ("DATE-OBS", "TIME-OBS"))
        texts.append(day if "T" in day or not clock else f"{day}T{clock}")
    for text in filter(None, texts):
        try:
            return datetime.fromisoformat(text.replace(" ", "T", 1)).replace(tzinfo=None)
        except ValueError:
            continue
    names = {"auto": "USEAFTER or DATE-OBS", "useafter": "USEAFTER", "observed": "DATE-OBS"}[config.date]
    raise InputError(
        f"The dark has no date: {names} is missing or is no date.", path=frame.path, cure="Add it to the header."
    )


def _measured(frame: FrameLike, region: Region, config: DarkTrendConfig, job: Job) -> _Dark:
    to_rate = scale_of([frame], config.unit, config.gain).to_rate
    (sample,) = sample_frames([frame], region, reject_bits(config.reject), job)
    values = sample[np.isfinite(sample)] * to_rate
    if not values.size:
        raise AlgorithmError(
            "No pixel of this dark can be used: all are NaN or flagged.",
            path=frame.path,
            cure="Leave it out, or reject fewer flags.",
        )
    rate, noise = float(np.median(values)), robust_sigma(values)
    temperature = next((found for key in TEMPERATURES if (found := number(frame.header, key)) is not None), None)
    hot = _hot_fraction(frame, region, rate + config.hot_sigma * noise, to_rate, job)
    return _Dark(frame, _date(frame, config), rate, noise, hot, temperature)


def _hot_fraction(frame: FrameLike, region: Region, threshold: float, to_rate: float, job: Job) -> float:
    """By the dark's own flags, else above a threshold."""
    hot = pixels = 0
    for start in range(0, region.ny, _BAND):
        job.check()
        stop = min(start + _BAND, region.ny)
        rows, light = frame.rows(start, stop), region.mask(start, stop)
        found = rows.data * np.float32(to_rate) > threshold
        if rows.dq is not None:
            found = (rows.dq & np.uint32(flags.HOT)) != 0
        hot += int(np.count_nonzero(found & light))
        pixels += int(light.sum())
    return hot / max(pixels, 1)


def _newest(darks: Sequence[_Dark], region: Region, config: DarkTrendConfig, job: Job) -> Frame:
    """The newest dark less the median of the others."""
    new = np.empty((region.ny, region.nx), np.float32)
    scales = [np.float32(scale_of([dark.frame], config.unit, config.gain).to_rate) for dark in darks]
    for start in job.track(range(0, region.ny, _BAND), -(-region.ny // _BAND), "Comparing the newest"):
        stop = min(start + _BAND, region.ny)
        rates = [
            Frame(np.ascontiguousarray(dark.frame.rows(start, stop).data * scale))
            for dark, scale in zip(darks, scales, strict=True)
        ]
        usual = combine(rates[:-1], Combination("median", "none")).data
        new[start:stop] = rates[-1].data - usual
    new[~region.mask()] = np.nan
    return Frame(new, None, None, common_header([dark.frame for dark in darks]) | {"BUNIT": ELECTRON_PER_S})


def _metrics(darks: Sequence[_Dark], charts: Mapping[str, Chart]) -> dict[str, Metric]:
    level, hot = charts["level"], charts["hot"]
    newest = darks[-1]

    def away(value: float, chart: Chart) -> float | None:
        return (value - chart.centre) / chart.sigma if chart.sigma > 0 else None

    return {
        "median_rate_e_per_s": Metric(newest.rate, "e-/s", "Of the newest dark."),
        "usual_rate_e_per_s": Metric(level.centre, "e-/s", "Median of the darks before it."),
        "deviation_sigma": Metric(away(newest.rate, level), "sigma", "Of the newest from the usual level."),
        "drift_e_per_s_per_month": Metric(known(level.drift * _MONTH), "e-/s per month", "Slope of the level."),
        "drift_error_e_per_s_per_month": Metric(known(level.drift_error * _MONTH), "e-/s per month", "Its error."),
        "noise_e_per_s": Metric(newest.noise, "e-/s", "Of the newest dark, 1.4826 MAD."),
        "hot_fraction": Metric(newest.hot, "", "Of the newest dark."),
        "usual_hot_fraction": Metric(hot.centre, "", "Median of the darks before it."),
        "n_frames": Metric(len(darks), "", "Darks on the chart."),
        "span_days": Metric(
            (darks[-1].when - darks[0].when).total_seconds() / _DAY, "day", "From the oldest to the newest."
        ),
    }


def _judge(darks: Sequence[_Dark], charts: Mapping[str, Chart]) -> tuple[Verdict, tuple[str, ...]]:
    names = {"level": ("level", "e-/s", 1), "noise": ("noise", "e-/s", 1), "hot": ("part of hot pixels", "%", 100)}
    doubtful, notes = [], []
    newest = len(darks) - 1
    for key, (word, unit, factor) in names.items():
        chart = charts[key]
        value = {"level": darks[-1].rate, "noise": darks[-1].noise, "hot": darks[-1].hot}[key]
        if newest in chart.outside:
            doubtful.append(
                f"The {word} of the newest dark, {file_name(darks[-1].frame)}, is {value * factor:.4g} {unit}; "
                f"usual is {chart.low * factor:.4g} to {chart.high * factor:.4g} {unit}."
            )
        older = [file_name(darks[place].frame) for place in chart.outside if place != newest]
        if older:
            notes.append(f"Outside of the limits of the {word} before: {', '.join(older)}.")
    level = charts["level"]
    if level.drift_sure:
        doubtful.append(
            f"The level drifts by {level.drift * _MONTH:+.3g} ± {level.drift_error * _MONTH:.2g} e-/s a month."
        )
    if len(darks) < 4:
        notes.append(f"{len(darks)} darks are few to say what is usual.")
    return ("doubtful" if doubtful else "good"), (*doubtful, *notes)


def _curve(title: str, label: str, days: Any, values: Any, chart: Chart, first: datetime) -> Curve:
    span = np.array([days[0], days[-1]])
    lines = {"darks": (days, values)}
    if math.isfinite(chart.sigma):
        lines |= {
            name: (span, np.full(2, at))
            for name, at in (("usual", chart.centre), ("+3 σ", chart.high), ("-3 σ", chart.low))
        }
    return Curve(title, f"days since {first:%Y-%m-%d}", label, lines, points=("darks",))


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return dark_trend(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="dark-trend",
        title="Trend of darks",
        summary="Charts level, noise and hot pixels of all darks of a mode over their dates, with limits.",
        inputs="darks of one detector, subarray and read mode; or one file and a cache, for all of its mode there",
        config=DarkTrendConfig,
        run=_run,
        minimum_inputs=2,
        check=check_dark_trend,
        previewable=False,
        gathers="DARK",
        source="Shewhart chart of individual values, moving range of two (Montgomery, Statistical Quality Control)",
    ),
)
