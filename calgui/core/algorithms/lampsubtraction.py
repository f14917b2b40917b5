"""Lamp-off subtraction: the light of a lamp without the glow of warm surfaces that is seen beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from calgui.core.algorithms.combine import Combination, Combined, combine_bands, empty
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.exposure import (
    ELECTRON,
    ELECTRON_PER_S,
    Scale,
    canonical_unit,
    file_name,
    scale_of,
    unit_of,
)
from calgui.core.algorithms.frametable import moment
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.headeroptions import Unit, gain_option, temperature_option, time_option, unit_option
from calgui.core.algorithms.known import known
from calgui.core.algorithms.lampoff import (
    Lamps,
    Levels,
    check_lamps,
    compare_levels,
    is_thermal,
    less_off,
    model_error,
    sort_lamps,
)
from calgui.core.algorithms.noise import median_noise_factor, thin
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Table, Verdict
from calgui.core.algorithms.unbiased import error_factors
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import Frame, FrameLike, Rows
from calgui.core.jobs import Job

#: fewer frames than this measure no scatter
_MEASURED_FROM = 3
#: a glow under this part of the lamp's light, and not thermal, is not worth the noise of its subtraction
_FAINT = 1e-3
#: glow above this part of lamp-on: the difference is mostly noise of the glow
_MOSTLY_GLOW = 0.9
_BAND = 256
_COMBINED = "combination"


@dataclass(frozen=True)
class LampOffConfig:
    """Options of ``subtract-lamp-off``."""

    on: str = option("", "Names or patterns (flat_*.fits, ...) of lamp-on frames, where LAMP does not say.")
    off: str = option("", "Names or patterns of lamp-off frames, where LAMP and EXP_TYPE do not say.")
    method: Literal["median", "mean", "clipped-mean"] = option(
        "median", "How lamp-on frames, and lamp-off frames, are combined.", group=_COMBINED
    )
    error: Literal["auto", "propagated", "model", "measured", "none"] = option(
        "auto",
        "Errors: propagated from ERR, a model of photon and read noise, or measured from the scatter of 3 or more "
        "frames; auto takes the first of them that can be had.",
        group=_COMBINED,
    )
    reject: str = option("DO_NOT_USE,SATURATED", "Samples with these data-quality flags are left out.", group=_COMBINED)
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option()
    gain: float | None = gain_option()
    temperature_tolerance: float = temperature_option()


def check_lamp_frames(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames of which no lamp-off can be subtracted.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : LampOffConfig, optional
        Its options.

    Raises
    ------
    InputError, UsageError
        Naming the file and the cure.
    """
    _sorted(frames, config or LampOffConfig())


def subtract_lamp_off(frames: Sequence[FrameLike], config: LampOffConfig, job: Job | None = None) -> Result:
    """Subtract lamp-off frames from lamp-on frames.

    Parameters
    ----------
    frames : sequence of FrameLike
        (ny, nx) in one unit, which is kept: lamp-on and lamp-off of one detector, filter and mode. Counts are of one
        exposure time; rates may have several.
    config : LampOffConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Lamp-on less lamp-off, with ERR and DQ.

    Raises
    ------
    InputError
        When the frames do not belong together, or lamp-off is the brighter one.
    AlgorithmError
        No pixel can be used.
    """
    job = job or Job("Subtract the lamp-off")
    lamps, told = _sorted(frames, config)
    unit = unit_of(frames, config.unit)
    share = len(lamps.on) / len(frames)
    on, on_error = _combined(lamps.on, config, job.part(0, 0.8 * share))
    off, off_error = _combined(lamps.off, config, job.part(0.8 * share, 0.8))
    assert on.dq is not None
    assert off.dq is not None
    region = region_of(lamps.on[0])
    good = region.mask() & ((on.dq | off.dq) & np.uint32(flags.DO_NOT_USE | flags.SATURATED) == 0)
    if not (good & np.isfinite(on.data) & np.isfinite(off.data)).any():
        raise AlgorithmError(
            "No pixel of these frames can be used: all are NaN or flagged.",
            cure=f"Look at their data quality, or reject fewer flags than {config.reject}.",
        )
    job.report(0.8, "Comparing lamp-on and lamp-off")
    levels = compare_levels(on.data, off.data, good, lamps, unit)
    ny = on.data.shape[0]
    has_error = on.err is not None and off.err is not None
    for start in range(0, ny, _BAND):
        job.report(0.8 + 0.2 * start / ny, "Subtracting lamp-off")
        mine, theirs = on.part(start, start + _BAND), off.part(start, start + _BAND)
        made = less_off(Rows(mine.data, mine.err, mine.dq), Rows(theirs.data, theirs.err, theirs.dq))
        mine.data[...] = made.data
        if has_error and mine.err is not None and made.err is not None:
            mine.err[...] = made.err
        assert mine.dq is not None
        assert made.dq is not None
        mine.dq[...] = made.dq
    outside = ~region.mask()
    on.dq[outside] |= np.uint32(flags.REFERENCE_PIXEL)
    errors = on_error if on_error == off_error else f"{on_error}, {off_error}"
    verdict, reasons = _judged(lamps, levels, has_error, unit)
    header = dict(lamps.on[0].header) if len(lamps.on) == 1 else common_header(lamps.on)
    header = header | {"BUNIT": unit} | ({"LAMP": lamps.on[0].header["LAMP"]} if lamps.lamp else {})
    job.report(1.0, "Done")
    return Result(
        frame=Frame(on.data, on.err if has_error else None, on.dq, header, lamps.on[0].path),
        metrics=_metrics(lamps, levels, good & np.isfinite(on.data), on, unit),
        verdict=verdict,
        reasons=(*reasons, *told),
        tables=(_table(lamps, config),),
        keywords={
            "S_LAMPOF": ("COMPLETE", "lamp-off subtraction"),
            "NLAMPON": (len(lamps.on), "lamp-on frames combined"),
            "NLAMPOFF": (len(lamps.off), "lamp-off frames combined and subtracted"),
            "OFFMED": (known(levels.off), f"[{unit}] median of lamp-off"),
            "COMBMETH": (config.method, "how the frames were combined"),
            "ERRKIND": (errors if has_error else "none", "where the errors are from"),
        },
    )


def _sorted(frames: Sequence[FrameLike], config: LampOffConfig) -> tuple[Lamps, tuple[str, ...]]:
    lamps = sort_lamps(frames, config.on, config.off)
    for some, what, other in ((lamps.on, "lamp-on", "lamp-off"), (lamps.off, "lamp-off", "lamp-on")):
        if not some:
            raise InputError(
                f"There is no {what} frame: all {len(frames)} are {other}.",
                cure=f"Choose {what} frames of the same filter, or name those that are in the option {what[5:]}.",
            )
    unit = unit_of(frames, config.unit)
    told = check_lamps(lamps, config.temperature_tolerance, unit)
    if config.error == "measured" and min(len(lamps.on), len(lamps.off)) < _MEASURED_FROM:
        raise InputError(
            f"An error is measured from {_MEASURED_FROM} or more frames; there are {len(lamps.on)} lamp-on and "
            f"{len(lamps.off)} lamp-off.",
            cure="Choose error=auto, or give more frames.",
        )
    return lamps, told


def _combined(frames: Sequence[FrameLike], config: LampOffConfig, job: Job) -> tuple[Combined, str]:
    """One side, combined, with its error and where that is from."""
    scale = None
    if _counts(frames, config):
        scale = scale_of(frames, config.unit, config.gain, config.exposure_time, needs_time=False)
    kind = _error_kind(frames, config, scale)
    how = Combination(
        method=config.method,
        error="propagated" if kind == "propagated" else "measured" if kind == "measured" else "none",
        reject=reject_bits(config.reject),
    )
    whole = empty(frames[0].shape, how)
    for _ in combine_bands(frames, how, whole, job):
        pass
    unbiased = error_factors(len(frames), how)
    if unbiased is not None and whole.err is not None:
        whole.err[...] *= unbiased[whole.samples]
    if kind == "model" and scale is not None:
        err = np.empty_like(whole.data)
        for start in range(0, err.shape[0], _BAND):
            part = whole.part(start, start + _BAND)
            err[start : start + _BAND] = model_error(part.data, scale, frames[0].header, part.samples)
        if config.method == "median":
            err *= np.float32(median_noise_factor(len(frames)))
        whole = Combined(whole.data, err, whole.dq, whole.samples)
    return whole, kind


def _counts(frames: Sequence[FrameLike], config: LampOffConfig) -> bool:
    """Whether electrons can be told: adu need a gain."""
    unit = unit_of(frames, config.unit)
    return unit in {ELECTRON, ELECTRON_PER_S} or config.gain is not None or "GAIN" in frames[0].header


def _error_kind(frames: Sequence[FrameLike], config: LampOffConfig, scale: Scale | None) -> str:
    if config.error != "auto":
        return config.error
    if all(frame.rows(0, 1).err is not None for frame in frames):
        return "propagated"
    if scale is not None:
        first = model_error(np.ones((1, 1), np.float32), scale, frames[0].header, np.ones((1, 1)))
        if np.isfinite(first).all():
            return "model"
    return "measured" if len(frames) >= _MEASURED_FROM else "none"


def _judged(lamps: Lamps, levels: Levels, has_error: bool, unit: str) -> tuple[Verdict, tuple[str, ...]]:
    verdict: Verdict = "good"
    reasons = []
    if not levels.light:
        verdict = "bad"
        reasons.append(
            f"There is no light of the lamp: lamp-on and lamp-off differ by {levels.difference:.3g} {unit}, "
            "which is noise."
        )
    elif levels.brighter > 0.5 and levels.on > 0 and levels.off / levels.on > _MOSTLY_GLOW:
        verdict = "doubtful"
        reasons.append(
            f"Lamp-off has {levels.off / levels.on:.0%} of the light of lamp-on (limit {_MOSTLY_GLOW:.0%}): "
            "what is left is mostly noise of the glow."
        )
    if not has_error:
        verdict = "doubtful" if verdict == "good" else verdict
        reasons.append("There is no error: the frames have no ERR, and READNOIS or the exposure time is missing.")
    if not is_thermal(lamps.on[0].header) and abs(levels.off) < _FAINT * abs(levels.on):
        reasons.append(
            f"Lamp-off holds {levels.off:.3g} {unit}, under {_FAINT:.1%} of lamp-on: this filter is not thermal, "
            "and the subtraction adds little but noise."
        )
    return verdict, tuple(reasons)


def _metrics(lamps: Lamps, levels: Levels, good: Any, made: Combined, unit: str) -> dict[str, Metric]:
    errors = thin(made.err, good) if made.err is not None else np.empty(0, np.float32)
    return {
        "n_on": Metric(len(lamps.on), "", "Lamp-on frames."),
        "n_off": Metric(len(lamps.off), "", "Lamp-off frames."),
        "median_on": Metric(known(levels.on), unit, "Median of lamp-on."),
        "median_off": Metric(known(levels.off), unit, "Median of lamp-off: the glow, and the dark current."),
        "median_after": Metric(known(levels.difference), unit, "Median of the difference."),
        "off_fraction": Metric(known(levels.off / levels.on) if levels.on else None, "", "Lamp-off over lamp-on."),
        "median_error": Metric(float(np.median(errors)) if errors.size else None, unit, "Median error of a pixel."),
    }


def _table(lamps: Lamps, config: LampOffConfig) -> Table:
    rows = []
    for state, frames in (("on", lamps.on), ("off", lamps.off)):
        for frame in frames:
            said = str(frame.header.get("LAMP") or "").strip()
            unit = config.unit or canonical_unit(frame.unit) or frame.unit
            rows.append((file_name(frame), state, said, moment(frame), unit))
    return Table("Frames", ("File", "Lamp", "LAMP", "Date (UTC)", "Unit"), tuple(rows))


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return subtract_lamp_off(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="subtract-lamp-off",
        title="Lamp-off subtraction",
        summary="Subtracts frames with the lamp off from frames with the lamp on: what glows beside the lamp goes.",
        inputs="lamp-on and lamp-off frames of one filter and mode",
        config=LampOffConfig,
        run=_run,
        minimum_inputs=2,
        check=check_lamp_frames,
        source="ESO and Gemini near-infrared flats: lamp-on less lamp-off; errors in quadrature",
    ),
)
