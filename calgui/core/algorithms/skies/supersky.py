"""``super-sky``: dithered skies become one, without their objects."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.agreement import check_agreement, check_inputs
from calgui.core.algorithms.combine import Combination, Combined
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.exposure import ELECTRON_PER_S, Scale, file_name, scale_of
from calgui.core.algorithms.lamps import is_dark
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.noise import robust_sigma, thin
from calgui.core.algorithms.registry import Algorithm, Curve, Metric, Result, Verdict
from calgui.core.algorithms.skies.cells import COARSE, BoolArray, Grid
from calgui.core.algorithms.skies.config import SuperSkyConfig
from calgui.core.algorithms.skies.dithers import dither_notes, offsets_of
from calgui.core.algorithms.skies.reporting import frame_table, level_curve
from calgui.core.algorithms.skies.rounds import Rounds, find_in_rounds, notes_of
from calgui.core.algorithms.skies.sorting import NO_SKY
from calgui.core.algorithms.skies.sources import left_over
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

MINIMUM_FRAMES = 3
#: keywords of steps that were done to all frames, kept for whom the sky is subtracted from
_DONE = ("S_DARK", "S_FLAT", "S_LINEAR", "S_RAMP", "S_BPM", "S_CRAY")
#: part of the pixels without a sample from which on it is told, and from which on the sky is bad
_FEW, _MANY = 0.01, 0.2
#: levels that differ by more than this part are told of: airglow varies, but twilight and clouds do more
_VARIES = 0.3
#: what is left to see of one sky over the field, as a part of its level
_UNEVEN = 0.2


def check_skies(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that no sky can be made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : SuperSkyConfig, optional
        With it, unit, time and gain are looked at too.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    """
    if len(frames) < MINIMUM_FRAMES:
        raise InputError(
            f"A super-sky takes {MINIMUM_FRAMES} or more dithered skies; {len(frames)} given.",
            cure="Choose more skies.",
        )
    for frame in frames:
        said = text(frame.header, "EXP_TYPE")
        wrong = is_dark(frame) or any(kind in said for kind in NO_SKY)
        if wrong:
            raise InputError(
                f"EXP_TYPE is {said or 'missing'}, FILTER {text(frame.header, 'FILTER') or 'missing'}: there is no "
                "light of the sky in it.",
                path=frame.path,
                cure="Leave it out: skies are exposures of an empty field.",
            )
    how = config or SuperSkyConfig()
    check_inputs(frames, how.temperature_tolerance)
    check_agreement(frames, ("FILTER", "PUPIL", "GRATING", "EXP_TYPE", "INSTMODE"))
    if config is not None:
        _needed_scale(frames, config)


def super_sky(frames: Sequence[FrameLike], config: SuperSkyConfig, job: Job | None = None) -> Result:
    """Combine dithered skies into one.

    Parameters
    ----------
    frames : sequence of FrameLike, 3 or more
        (ny, nx), in electron, electron/s, adu or adu/s.
    config : SuperSkyConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Frame in electron/s with ERR and DQ, plane ``NSAMP``; the level of each frame against time.

    Raises
    ------
    InputError
        When the frames do not belong together, or something that is needed is missing.
    AlgorithmError
        When sources cover a frame, or no pixel has a sample.

    Notes
    -----
    Objects are found in each frame less the median of the others, masked, and the medians are made again until nothing
    new appears. Each frame is brought to the median level of all; the pixel's value is the median of what is left, and
    NaN, flagged DO_NOT_USE, where all frames are masked.
    """
    job = job or Job("Super-sky")
    check_skies(frames, config)
    scale = _needed_scale(frames, config)
    stack = Stack(frames, [scale.to_rate] * len(frames), reject_bits(config.reject))
    everyone = range(len(frames))
    offsets = offsets_of(frames)
    near = [[other for other in everyone if other != index] for index in everyone]
    found = find_in_rounds(stack, near.__getitem__, config, config.scaling != "scale", offsets, job.part(0, 0.7))
    has_error = all(frame.rows(0, 1).err is not None for frame in frames)
    if config.error == "propagated" and not has_error:
        raise InputError(
            "The error cannot be propagated: a frame has no ERR.", cure="Choose error=measured, from their scatter."
        )
    propagated = config.error != "measured" and has_error
    how = Combination(
        "median", "propagated" if propagated else "measured", reject=0, min_samples=config.min_samples,
        few=flags.DO_NOT_USE,
    )  # fmt: skip
    levels, additive = ([0.0] * len(frames), True) if config.scaling == "none" else (found.levels, found.additive)
    whole = stack.combined(list(everyone), found.masks, levels, additive, how, job.part(0.7, 0.95))
    if not whole.samples.any():
        raise AlgorithmError(
            "No pixel of these skies can be used: all samples are masked, NaN or flagged.",
            cure="Look at their data quality, raise the option sigma, or take skies of an emptier field.",
        )
    if config.scaling != "none":
        whole = found.at_level(whole, float(np.median(found.levels)))
    made = _judged(frames, config, stack.light, whole, found, scale, dither_notes(offsets), propagated)
    job.report(1.0, "Done")
    return made


def _needed_scale(frames: Sequence[FrameLike], config: SuperSkyConfig) -> Scale:
    return scale_of(frames, config.unit, config.gain, config.exposure_time)


def _judged(
    frames: Sequence[FrameLike],
    config: SuperSkyConfig,
    light: BoolArray,
    whole: Combined,
    found: Rounds,
    scale: Scale,
    told: Sequence[str],
    propagated: bool,
) -> Result:
    assert whole.dq is not None
    whole.dq[~light] |= np.uint32(flags.REFERENCE_PIXEL)
    good = light & np.isfinite(whole.data)
    metrics = _metrics(frames, light, good, whole, found)
    bad, doubtful = _verdict(frames, metrics, found, config)
    notes = [*told, *doubtful]
    if scale.keyword == "option":
        notes.append(f"The exposure time of {scale.seconds:g} s was given as an option, not read from the headers.")
    if found.additive and config.scaling == "scale":
        notes.append("A level is lost in its error: the frames were brought to one level by constants, not factors.")
    header = common_header(frames) | _done(frames) | {"BUNIT": ELECTRON_PER_S}
    verdict: Verdict = "bad" if bad else "doubtful" if notes else "good"
    return Result(
        frame=Frame(whole.data, whole.err, whole.dq, header),
        metrics=metrics,
        verdict=verdict,
        reasons=(*bad, *notes),
        curves=(level_curve(frames, found, "e-/s"), _histogram(whole, good)),
        tables=(frame_table(frames, found, "e-/s"),),
        keywords={
            "NCOMBINE": (len(frames), "number of skies combined"),
            "COMBMETH": ("median", "how the samples were combined"),
            "ERRKIND": ("propagated" if propagated else "measured", "error measured from scatter or propagated"),
            "SKYMED": (metrics["median_e_per_s"].value, "[e-/s] median of the sky"),
            "SKYVAR": (metrics["level_spread"].value, "largest difference of levels over the median"),
        },
        planes={"NSAMP": whole.samples},
    )


def _metrics(
    frames: Sequence[FrameLike], light: BoolArray, good: BoolArray, whole: Combined, found: Rounds
) -> dict[str, Metric]:
    values = thin(whole.data, good)
    level = float(np.median(values))
    pixels = max(int(np.count_nonzero(light)), 1)
    # from differences of neighbours, which the shape of the sky does not enter
    steps = np.diff(np.where(good, whole.data, np.float32(np.nan))[:: max(1, whole.data.shape[0] // 512)], axis=1)
    noise = robust_sigma(steps) / math.sqrt(2)
    errors = None if whole.err is None else thin(whole.err, good)
    cells = Grid.of(np.nan_to_num(whole.data), good, level - 8 * noise, level + 8 * noise, COARSE).means
    known = cells[np.isfinite(cells)]
    levels = np.asarray(found.levels)
    return {
        "median_e_per_s": Metric(level, "e-/s", "Median of the light-sensitive pixels."),
        "noise_e_per_s": Metric(noise, "e-/s", "Noise of a pixel, from differences of neighbours, 1.4826 MAD."),
        "error_e_per_s": Metric(
            float(np.median(errors)) if errors is not None and errors.size else None, "e-/s", "Median of the error."
        ),
        "n_frames": Metric(len(frames), "", "Skies that were combined."),
        "level_spread": Metric(
            float(np.ptp(levels) / abs(np.median(levels))) if np.median(levels) else None,
            "",
            "Airglow: largest difference of the frames' levels, over their median.",
        ),
        "uneven_fraction": Metric(
            float(np.ptp(known) / abs(level)) if known.size > 3 and level else None,
            "",
            "Largest difference of cells of 32 pixels, over the median: shape of the sky, flat and thermal light.",
        ),
        "source_fraction": Metric(
            float(np.mean([mask[light].mean() for mask in found.masks])),
            "",
            "Part of the pixels that were masked for sources, the mean over the frames.",
        ),
        "unknown_fraction": Metric(
            int(np.count_nonzero(light & ~good)) / pixels, "", "Part of the pixels without any sample: NaN, flagged."
        ),
        "n_left": Metric(
            left_over(whole.data, good), "", "Places that still stand out like sources, wider than a pixel."
        ),
        "samples_per_pixel": Metric(float(whole.samples[light].mean()), "", "Mean number of samples that were used."),
        "iterations": Metric(len(found.news), "", "Rounds of finding sources."),
    }


def _verdict(
    frames: Sequence[FrameLike], metrics: Mapping[str, Metric], found: Rounds, config: SuperSkyConfig
) -> tuple[list[str], list[str]]:
    bad, doubtful = [], []
    unknown, spread, left = (metrics[name].value for name in ("unknown_fraction", "level_spread", "n_left"))
    assert isinstance(unknown, float)
    if unknown > _MANY:
        bad.append(f"{100 * unknown:.1f} % of the pixels have no sample: sources or flags cover them in all frames.")
    elif unknown > _FEW:
        doubtful.append(
            f"{100 * unknown:.1f} % of the pixels have no sample: sources or flags cover them in all frames."
        )
    if metrics["noise_e_per_s"].value == 0:
        bad.append(
            "Most neighbouring pixels of the sky are equal: the frames are constant, copies of one another, or cut."
        )
    if isinstance(spread, float) and spread > _VARIES:
        far = int(np.argmax(np.abs(np.asarray(found.levels) - np.median(found.levels))))
        doubtful.append(
            f"The levels differ by {100 * spread:.0f} % ({100 * _VARIES:.0f} % is the limit), most that of "
            f"{file_name(frames[far])}: clouds, twilight or a source that fills the field?"
        )
    if isinstance(left, int) and left > 0:
        doubtful.append(
            f"{left} places of the sky stand out like sources: dithers were smaller than sources, or hot pixels lie in "
            "clusters."
        )
    others: dict[str, list[str]] = {}
    for frame in frames:
        said = text(frame.header, "EXP_TYPE")
        if said and "SKY" not in said:
            others.setdefault(said, []).append(file_name(frame))
    for said, names in others.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        doubtful.append(f"EXP_TYPE of {names[0]}{more} is {said}, which is no sky.")
    doubtful += notes_of(found, config)
    return bad, doubtful


def _done(frames: Sequence[FrameLike]) -> dict[str, Any]:
    made = {}
    for keyword in _DONE:
        values = {text(frame.header, keyword) for frame in frames}
        if len(values) == 1 and "" not in values:
            made[keyword] = values.pop()
    return made


def _histogram(whole: Combined, good: BoolArray) -> Curve:
    values = thin(whole.data, good)
    low, high = np.percentile(values[:: max(1, values.size // 200_000)], [0.1, 99.9])
    edges = np.linspace(low, high if high > low else low + 1, 201)
    counts = np.histogram(values, edges)[0].astype(float)
    return Curve("Distribution of the pixels", "Sky (e-/s)", "Pixels", {"pixels": (edges, counts)}, "histogram")


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return super_sky(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="super-sky",
        title="Super-sky",
        summary="Combines dithered skies into one without their objects, and shows how the airglow varied.",
        inputs="3 or more dithered skies of one detector, filter, exposure time and read mode",
        config=SuperSkyConfig,
        run=_run,
        minimum_inputs=MINIMUM_FRAMES,
        product="SKY",
        check=check_skies,
        source="Clément et al. 2012, A&A 538, A66",
    ),
)
