"""Is a rate image good? Its numbers, the verdict, each reason a sentence."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.geometry import says_where
from calgui.core.algorithms.known import number_of
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.noise import middle_of, thin
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.looks import Residuals
from calgui.core.algorithms.ramps.reading import has_flags
from calgui.core.algorithms.ramps.refpix import Drift
from calgui.core.algorithms.ramps.response import Response
from calgui.core.algorithms.ramps.setup import RampSetup, four_axes
from calgui.core.algorithms.registry import Metric, Verdict
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, FrameLike

#: measured noise of a read above that of the header by more than this is told
_NOISY = 1.5
#: parts of the pixels
_MANY_LOST, _SOME_LOST, _MANY_JUMPS = 0.5, 0.05, 0.2
#: a bend of bright pixels by this part of their signal, five times its error, is told
_BEND = 0.002
#: a drift of the reference pixels of so many read noises, and a tenth of the signal, is told
_DRIFT = 20.0
#: rows that are counted at once
_BAND = 128


def metrics_of(
    rate: FloatArray,
    err: FloatArray,
    dq: DqArray,
    used: npt.NDArray[np.uint16],
    light: npt.NDArray[np.bool_],
    found: Residuals,
    setup: RampSetup,
) -> dict[str, Metric]:
    """Numbers of a rate image.

    Parameters
    ----------
    rate, err, dq, used : ndarray, shape (ny, nx)
        Of the product.
    light : ndarray of bool
        Light-sensitive pixels.
    found : Residuals
        Of a sample of reads.
    setup : RampSetup
        How the ramps were read.

    Returns
    -------
    dict of str to Metric
    """
    pixels = max(int(np.count_nonzero(light)), 1)
    few = slice(None, None, max(1, rate.size // 2_000_000))
    good = light[few] & (used[few] > 0)
    values, errors = thin(rate[few], good), thin(err[few], good)
    full, jumped, unusable = 0, 0, 0
    for start in range(0, len(dq), _BAND):
        rows = slice(start, start + _BAND)
        lit = light[rows]
        full += int(np.count_nonzero(lit & ((dq[rows] & np.uint32(flags.SATURATED)) != 0)))
        jumped += int(np.count_nonzero(lit & ((dq[rows] & np.uint32(flags.JUMP_DET)) != 0)))
        unusable += int(np.count_nonzero(lit & (used[rows] == 0)))
    return {
        "median_rate_e_per_s": Metric(_median(values), "e-/s", "Median of the light-sensitive pixels."),
        "median_error_e_per_s": Metric(_median(errors), "e-/s", "Median of their errors."),
        "read_noise_e": Metric(
            found.read_noise,
            "e-",
            "Noise of a single read, from the scatter about the lines of faint pixels; none where light hides it.",
        ),
        "header_read_noise_e": Metric(setup.read_noise, "e-", "READNOIS, or the option: what the errors are made of."),
        "saturated_fraction": Metric(full / pixels, "", "Part of the pixels that fill."),
        "jump_fraction": Metric(jumped / pixels, "", "Part of the pixels with a jump, such as a cosmic ray."),
        "unusable_fraction": Metric(unusable / pixels, "", "Part of the pixels without two reads that can be used."),
        "n_integrations": Metric(setup.integrations, "", "Integrations that were averaged."),
        "n_reads": Metric(setup.reads, "", "Reads of each integration."),
        "group_time_s": Metric(float(setup.seconds[1] - setup.seconds[0]), "s", "Time from read to read."),
        "integration_time_s": Metric(
            float(setup.seconds[-1] - setup.seconds[0]), "s", "Time from the first to the last read."
        ),
        "bend_fraction": Metric(
            found.bend if found.enough else None,
            "",
            "How far the brightest tenth lie off their line at the worst read, as a part of their signal.",
        ),
        "gain_e_per_adu": Metric(setup.adu, "e-/adu", "GAIN, or the option."),
    }


def _median(values: FloatArray) -> float | None:
    return middle_of(values) if values.size else None


def judge(
    frames: Sequence[FrameLike],
    config: FitRampConfig,
    setup: RampSetup,
    response: Response,
    drifts: Sequence[Drift],
    metrics: Mapping[str, Metric],
    found: Residuals,
) -> tuple[Verdict, tuple[str, ...]]:
    """Judge a rate image.

    Parameters
    ----------
    frames : sequence of FrameLike
        The ramps.
    config : FitRampConfig
        Options.
    setup, response, drifts
        What the fit was made with.
    metrics : mapping of str to Metric
        From `metrics_of`.
    found : Residuals
        Of a sample of reads.

    Returns
    -------
    verdict : str
        ``good``, ``doubtful`` or ``bad``.
    reasons : tuple of str
        Sentences with their numbers, the worst first; what is only to be known comes last.
    """
    bad: list[str] = []
    doubtful: list[str] = []
    lost, full, jumps = (number_of(metrics[f"{name}_fraction"]) for name in ("unusable", "saturated", "jump"))
    if lost > _MANY_LOST:
        bad.append(f"{100 * lost:.1f} % of the pixels have no two reads that can be used.")
    elif lost > _SOME_LOST:
        doubtful.append(f"{100 * lost:.1f} % of the pixels have no two reads that can be used.")
    if full > _SOME_LOST:
        doubtful.append(f"{100 * full:.1f} % of the pixels saturate: expose for a shorter time.")
    if jumps > _MANY_JUMPS:
        doubtful.append(f"{100 * jumps:.1f} % of the pixels have a jump: too many for cosmic rays.")
    noise, said = found.read_noise, setup.read_noise
    if said == 0:
        doubtful.append("The read noise is given as 0: the errors are those of the photons alone.")
    elif noise is not None and noise > _NOISY * said:
        doubtful.append(
            f"The reads scatter by {noise:.3g} e- about their lines, {noise / said:.2g} times the read noise of "
            f"{said:.3g} e-: the errors are too small."
        )
    elif noise is not None and noise < said / _NOISY:
        doubtful.append(
            f"The reads scatter by only {noise:.3g} e- about their lines, the read noise is said to be {said:.3g} e-."
        )
    if found.enough and found.bend > _BEND and found.bend > 5 * found.bend_error:
        cure = "" if response.reference is not None else "; no coefficients straightened them"
        doubtful.append(
            f"The brightest pixels bend: a read lies {100 * found.bend:.2f} % of their signal of "
            f"{found.bright_signal:.4g} e- off the line{cure}."
        )
    for frame in frames:
        count = number(frame.header, "NGROUPS")
        reads = four_axes(frame.shape)[1]
        if count is not None and count != reads:
            doubtful.append(f"NGROUPS of {file_name(frame)} is {count:g}, but there are {reads} reads.")
    drift = float(np.median(np.abs(drifts[0].columns[:, -1]))) * setup.gain
    signal = abs(number_of(metrics["median_rate_e_per_s"])) * float(setup.seconds[-1] - setup.seconds[0])
    if drift > _DRIFT * max(setup.read_noise, 1.0) and drift > 0.1 * signal:
        doubtful.append(
            f"The reference pixels change by {drift:.4g} e- from the first read to the last: they drift much, or see "
            "light (reference_pixels=off leaves them out)."
        )
    if response.reference is not None and is_complete(frames, "S_LINEAR"):
        doubtful.append("S_LINEAR is COMPLETE: the response was straightened before, and is now twice.")
    doubtful += response.notes
    notes = _notes(frames, config, setup, response, drifts)
    if not all(map(has_flags, frames)) and not np.isfinite(drifts[0].zeros).any():
        notes.append(
            "Pixels that fill before their second read cannot be told: neither flags of the reads nor reference pixels "
            "say where they began."
        )
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful, *notes)


def _notes(
    frames: Sequence[FrameLike], config: FitRampConfig, setup: RampSetup, response: Response, drifts: Sequence[Drift]
) -> list[str]:  # fmt: skip
    """What is to be known, and is no fault."""
    made = []
    if setup.given:
        made.append(f"Given as options, not read from the header: {', '.join(setup.given)}.")
    wanted = {"both": {"amplifiers", "rows"}, "off": set()}.get(config.reference_pixels, {config.reference_pixels})
    missing = wanted - set(drifts[0].done)
    if missing and not says_where(frames[0]):
        made.append(
            "Drifts are not corrected: the header does not say which part of the detector this is (SUBARRAY, SUBSTRT1, "
            "SUBSTRT2), so that its edge is not taken for reference pixels."
        )
    elif missing:
        which = "amplifiers or rows" if len(missing) == 2 else next(iter(missing))
        made.append(f"Drifts of {which} are not corrected: there are no reference pixels for them in this part.")
    if config.linearity and response.reference is None:
        made.append("The response was taken as straight: there are no coefficients (NONLINCOEFF).")
    if _seeks_jumps(config) and setup.reads <= 2:
        made.append("Cosmic rays stay in the rates: two reads do not tell a jump from light, three do.")
    if not math.isfinite(response.full_well):
        made.append("Where a pixel saturates was taken from the flags of the reads alone: no full well is known.")
    return made


def _seeks_jumps(config: FitRampConfig) -> bool:
    return config.method == "optimal" and config.detect_jumps


def keywords_of(
    config: FitRampConfig, setup: RampSetup, response: Response, drifts: Sequence[Drift], metrics: Mapping[str, Metric]
) -> dict[str, tuple[Any, str]]:
    """Keywords of the product.

    Parameters
    ----------
    config, setup, response, drifts
        What the fit was made with.
    metrics : mapping of str to Metric
        From `metrics_of`.

    Returns
    -------
    dict
    """
    made: dict[str, tuple[Any, str]] = {
        "S_RAMP": ("COMPLETE", "ramp fit"),
        "S_LINEAR": ("COMPLETE" if response.reference is not None else "SKIPPED", "non-linearity correction"),
        "S_REFPIX": ("COMPLETE" if drifts[0].done else "SKIPPED", "reference-pixel correction"),
        "S_SATURA": ("COMPLETE" if math.isfinite(response.full_well) else "SKIPPED", "saturation by the full well"),
        "S_JUMP": ("COMPLETE" if _seeks_jumps(config) and setup.reads > 2 else "SKIPPED", "search for jumps"),
        "RAMPMETH": (config.method, "how reads became rates"),
        "RAMPREAD": (setup.reads, "reads of each integration"),
        "RAMPINTS": (setup.integrations, "integrations that were averaged"),
        "RAMPTIME": (metrics["integration_time_s"].value, "[s] from first to last read"),
    }
    noise = metrics["read_noise_e"].value
    if noise is not None:
        made["RDNMEAS"] = (noise, "[e-] noise of a read, measured")
    return made


def is_complete(frames: Sequence[FrameLike], keyword: str) -> bool:
    """Whether a step was done to all ramps before they were fitted.

    Parameters
    ----------
    frames : sequence of FrameLike
        Their headers are asked.
    keyword : str
        ``S_LINEAR``, ``S_REFPIX``, ...

    Returns
    -------
    bool
    """
    return all(text(frame.header, keyword) == "COMPLETE" for frame in frames)
