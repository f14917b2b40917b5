"""Cosmic rays found and taken out, and shown: flags, a mask, what was taken, and whether there are as many as usual."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.cosmicrays.config import CosmicConfig, check_clean, method_of, needed_scale, read_noise_of
from calgui.core.algorithms.cosmicrays.hits import Hits, charges, group, table, together
from calgui.core.algorithms.cosmicrays.known import bits_of_mask
from calgui.core.algorithms.cosmicrays.lacosmic import clean_image, places
from calgui.core.algorithms.cosmicrays.stack import MOST, clean_stack, usable
from calgui.core.algorithms.exposure import Scale, exposure_time, file_name
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Verdict
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

#: of a cleaned pixel of one image: it was hit, and its value is made of its neighbours
_CLEANED = flags.JUMP_DET | flags.BY_NAME["FLUX_ESTIMATED"].value

#: part of the pixels above which an image is not hit but misjudged
_TOO_MANY = 0.05

#: scatter over noise from which on the noise is doubtful
_SCATTER = 1.3

#: part of the pixels that may be dead without a flag
_MANY_DEAD = 1e-3


def clean_cosmic_rays(
    frames: Sequence[FrameLike], config: CosmicConfig, job: Job | None = None, mask: FrameLike | None = None
) -> Result:
    """Find and take out cosmic rays.

    Parameters
    ----------
    frames : sequence of FrameLike
        One image, or three or more aligned exposures of one field and time; (ny, nx), with their sky, in electron,
        electron/s, adu or adu/s.
    config : CosmicConfig
        See its options.
    job : Job, optional
        Progress and cancel.
    mask : FrameLike, optional
        Bad pixel map of the detector, whose flags are added to the data quality: a hot pixel that nothing flags looks
        like a hit to L.A.Cosmic.

    Returns
    -------
    Result
        The image (of several: their mean) in its own unit without the hits; flags JUMP_DET and FLUX_ESTIMATED on
        cleaned pixels, of a mean OUTLIER where a sample was left out; planes ``CRMASK`` (bit i: hit in exposure i) and
        ``CRDIFF`` (what was taken out, in the image's unit); metrics, the biggest hits, their charges.

    Raises
    ------
    InputError
        When frames do not fit, or unit, gain, time or noise is missing.
    AlgorithmError
        When no pixel can be judged.

    Notes
    -----
    See `clean_image` and `clean_stack`. The error of a cleaned pixel is left as it was: an upper bound, since it holds
    the photons of the hit.
    """
    job = job or Job("Clean cosmic rays")
    check_clean(frames, config)
    scale = needed_scale(frames, config)
    known = None if mask is None else bits_of_mask(frames[0], mask)
    reject = reject_bits(config.reject) | flags.REFERENCE_PIXEL | flags.NON_SCIENCE
    if method_of(frames, config) == "lacosmic":
        return _one(frames[0], known, scale, reject, config, job)
    return _several(frames, known, scale, reject, config, job)


def _one(frame: FrameLike, known: DqArray | None, scale: Scale, reject: int, config: CosmicConfig, job: Job) -> Result:
    rows = frame.rows(0, frame.shape[0])
    if known is not None:
        rows = rows._replace(dq=known if rows.dq is None else rows.dq | known)
    factor = np.float32(scale.to_counts)
    light = region_of(frame).mask()
    bad = ~light | ~np.isfinite(rows.data)
    if rows.dq is not None:
        bad |= (rows.dq & np.uint32(reject)) != 0
        bad |= _around((rows.dq & np.uint32(flags.SATURATED)) != 0)
    _some_left(bad, frame, config)
    by_error = config.noise != "model" and rows.err is not None
    if config.noise == "error" and rows.err is None:
        raise InputError("The image has no ERR.", path=frame.path, cure="Choose noise=model, and give read_noise.")
    read_noise = 0.0 if by_error else read_noise_of(frame, config, scale)
    variance = None if not by_error or rows.err is None else (rows.err * factor) ** 2
    electrons = np.asarray(rows.data * factor, np.float32)
    made = clean_image(electrons, bad, variance, read_noise, config, job.part(0, 0.9))
    where = places(made.hit)
    data = np.array(rows.data, np.float32)
    data[where] = made.data[where] / factor
    bits = np.zeros(frame.shape, np.uint32) if rows.dq is None else np.array(rows.dq, np.uint32)
    bits[where] |= np.uint32(_CLEANED)
    taken = np.zeros(frame.shape, np.float32)
    taken[where] = rows.data[where] - data[where]
    err = None if rows.err is None else np.array(rows.err, np.float32)
    hits = group(made.hit, taken * factor)
    product = Frame(data, err, bits, dict(frame.header), frame.path)
    mask = made.hit.astype(np.uint32)
    noise_help = "the ERR plane" if by_error else f"photons and {read_noise:g} e- of reading"
    excess = _scatter(electrons, bad, variance, read_noise)
    return _result(
        [frame], product, hits, mask, taken, ~bad, (made.kept, made.holes, excess), config, "lacosmic", noise_help
    )


def _several(
    frames: Sequence[FrameLike], known: DqArray | None, scale: Scale, reject: int, config: CosmicConfig, job: Job
) -> Result:
    if len(frames) > MOST:
        raise InputError(f"{len(frames)} exposures are more than {MOST}.", cure=f"Choose at most {MOST}.")
    noises: list[float | None] = []
    for frame in frames:
        has_error = frame.rows(0, 1).err is not None
        if config.noise == "error" and not has_error:
            raise InputError("The image has no ERR.", path=frame.path, cure="Choose noise=model, and give read_noise.")
        noises.append(None if has_error and config.noise != "model" else read_noise_of(frame, config, scale))
    factor = scale.to_counts
    region = region_of(frames[0])
    used = usable(frames, region, reject, job)
    left_out = [file_name(frame) for place, frame in enumerate(frames) if place not in used]
    frames, noises = [frames[place] for place in used], [noises[place] for place in used]
    made = clean_stack(frames, factor, noises, reject, config, job.part(0, 0.9))
    light = region.mask()
    good = light & np.isfinite(made.data)
    _some_left(~good, frames[0], config)
    made.hits[~light] = 0
    parts = []
    for index, frame in enumerate(frames):
        hit = (made.hits >> np.uint32(index)) & np.uint32(1) != 0
        rows = frame.rows(0, frame.shape[0])
        parts.append(group(hit, np.where(hit, rows.data * np.float32(factor) - made.data, 0), index))
    back = np.float32(1 / factor)
    # a pixel that is hot in every exposure is no outlier of any: its flags are told, not used
    bits = made.dq if known is None else made.dq | known
    product = Frame(made.data * back, made.err * back, bits, common_header(frames) | {"BUNIT": frames[0].unit})
    mask, taken = made.hits, made.taken * back
    if left_out:  # a bit means the exposure of that place among those that were given
        mask = np.zeros_like(made.hits)
        for index, place in enumerate(used):
            mask |= ((made.hits >> np.uint32(index)) & np.uint32(1)) << np.uint32(place)
    noise_help = "the ERR planes" if noises[0] is None else f"photons and {noises[0]:g} e- of reading"
    result = _result(frames, product, together(parts), mask, taken, good, (0, 0, None), config, "stack", noise_help)
    if not left_out:
        return result
    told = [f"{name} was left out: all of its pixels are NaN or flagged." for name in left_out]
    verdict: Verdict = "bad" if result.verdict == "bad" else "doubtful"
    return replace(result, verdict=verdict, reasons=(*result.reasons, *told))


def _scatter(
    electrons: FloatArray, bad: npt.NDArray[np.bool_], variance: FloatArray | None, read_noise: float
) -> float | None:
    """Scatter of neighbouring pixels in units of their noise: from evenly spaced rows, robustly."""
    step = max(1, electrons.shape[0] // 256)
    rows, fine = electrons[::step], ~bad[::step]
    square = np.maximum(rows, 0) + np.float32(read_noise**2) if variance is None else variance[::step]
    both = fine[:, 1:] & fine[:, :-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (np.diff(rows, axis=1) / np.sqrt(square[:, 1:] + square[:, :-1]))[both]
    found = robust_sigma(ratio)
    return found if math.isfinite(found) else None


def _around(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Two pixels more in every direction: what a saturated core spills over."""
    made = mask.copy()
    for _ in range(2):
        before = made.copy()
        made[1:] |= before[:-1]
        made[:-1] |= before[1:]
        before = made.copy()
        made[:, 1:] |= before[:, :-1]
        made[:, :-1] |= before[:, 1:]
    return made


def _some_left(bad: npt.NDArray[np.bool_], frame: FrameLike, config: CosmicConfig) -> None:
    if bad.all():
        raise AlgorithmError(
            "No pixel can be judged: all are NaN or flagged.",
            path=frame.path,
            cure=f"Look at its data quality, or reject fewer flags than {config.reject}.",
        )


def _result(
    frames: Sequence[FrameLike], product: Frame, hits: Hits, mask: npt.NDArray[np.uint32],
    taken: npt.NDArray[np.float32], good: npt.NDArray[np.bool_], left: tuple[int, int, float | None],
    config: CosmicConfig, method: str, noise: str,
) -> Result:  # fmt: skip
    judged = int(np.count_nonzero(good))
    # of a mean every exposure's pixels count
    n_pixels = int(hits.pixels.sum())
    times = [config.exposure_time or (exposure_time(frame.header) or (None, ""))[0] for frame in frames]
    seconds = None if any(time is None for time in times) else float(sum(time or 0 for time in times))
    area = judged * (config.pixel_size * 1e-4) ** 2
    rate = len(hits) / area / seconds if seconds else None
    expected = (config.rate_low * area * (seconds or 0), config.rate_high * area * (seconds or 0))
    fraction = n_pixels / (judged * len(frames))
    metrics = {
        "n_pixels": Metric(n_pixels, "pixel", "Pixels that were cleaned; of several exposures samples left out."),
        "n_hits": Metric(len(hits), "", "Groups of neighbouring pixels that were hit."),
        "hit_rate_per_cm2_s": Metric(
            rate, "1/(cm² s)",
            f"Hits for area and exposure time; {config.rate_low:g} to {config.rate_high:g} are expected.",
        ),
        "hit_fraction": Metric(fraction, "", "Part of the pixels that were cleaned."),
        "median_hit_e": Metric(
            float(np.median(hits.charge)) if len(hits) else None, "e-", "Median of the charges of the hits."
        ),
        "largest_hit_e": Metric(float(hits.charge[0]) if len(hits) else None, "e-", "Charge of the biggest hit."),
        "scatter_over_noise": Metric(
            left[2], "", "Robust scatter of neighbouring pixels over their noise: 1 where the noise is right."
        ),
        "n_dead": Metric(left[1], "pixel", "Dead pixels that no flag told of, left alone by L.A.Cosmic."),
        "n_given_back": Metric(left[0], "pixel", "Pixels that L.A.Cosmic found in the cores and rings of stars."),
        "exposure_time_s": Metric(seconds, "s", "Exposure time of all frames together."),
        "noise_from": Metric(noise, "", "Where the noise of a pixel is from."),
        "method": Metric(method, "", "How hits were found."),
    }  # fmt: skip
    verdict, reasons = _judge(frames, metrics, expected, config)
    curve = charges(hits)
    return Result(
        frame=product,
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=() if curve is None else (curve,),
        tables=(table(hits, [file_name(frame) for frame in frames]),),
        keywords={
            "S_CRAY": ("COMPLETE", "cosmic rays taken out"),
            "CRMETHOD": (method, "how cosmic rays were found"),
            "NCRPIX": (n_pixels, "pixels or samples that were hit"),
            "NCRHITS": (len(hits), "hits"),
        },
        planes={"CRMASK": mask, "CRDIFF": taken},
    )


def _judge(
    frames: Sequence[FrameLike], metrics: Mapping[str, Metric], expected: tuple[float, float], config: CosmicConfig
) -> tuple[Verdict, tuple[str, ...]]:
    """``expected`` are the fewest and the most hits: in a small part of an image none is no wonder, nor are a few."""
    bad, doubtful = [], []
    fraction, rate, hits = (metrics[name].value for name in ("hit_fraction", "hit_rate_per_cm2_s", "n_hits"))
    assert isinstance(fraction, float)
    assert isinstance(hits, int)
    least, most = expected
    if fraction > _TOO_MANY:
        bad.append(
            f"{100 * fraction:.1f} % of the pixels were taken for hits: the noise is understated, or the exposures are "
            "not of one field."
        )
    if rate is None:
        doubtful.append("The exposure time is not known, so the number of hits could not be judged.")
    elif isinstance(rate, float) and hits > most + 3 * math.sqrt(most) + 3:
        doubtful.append(
            f"{rate:.3g} hits for cm² and second are more than the {config.rate_high:g} expected: look at what was "
            "taken (CRDIFF) for stars and hot pixels, and at the noise."
        )
    elif isinstance(rate, float) and rate < config.rate_low and least > 10:
        doubtful.append(
            f"{rate:.3g} hits for cm² and second are fewer than the {config.rate_low:g} expected: the noise is "
            "overstated, or they were taken out before."
        )
    scatter = metrics["scatter_over_noise"].value
    if isinstance(scatter, float) and scatter > _SCATTER:
        doubtful.insert(
            0,
            f"Neighbouring pixels scatter {scatter:.2g} times as much as their noise: take out dark and flat first, or "
            "give the noise (read_noise).",
        )
    dead = metrics["n_dead"].value
    if isinstance(dead, int) and dead > _MANY_DEAD * math.prod(frames[0].shape):
        doubtful.append(
            f"{dead} dead pixels carry no flag: they were left alone, but hot ones are taken for hits. "
            "Give a bad pixel map (MASK)."
        )
    if any(str(frame.header.get("S_CRAY", "")).strip().upper() == "COMPLETE" for frame in frames):
        doubtful.append("S_CRAY is COMPLETE: cosmic rays were taken out of this image before.")
    verdict: Verdict = "bad" if bad else "doubtful" if doubtful else "good"
    return verdict, (*bad, *doubtful)


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return clean_cosmic_rays(frames, config, job, references.get("MASK"))


ALGORITHMS = (
    Algorithm(
        name="clean-cosmic-rays",
        title="Cosmic rays",
        summary="Takes cosmic rays out of one image, or of three or more of a field, and shows what was taken.",
        inputs="one image, or 3 or more aligned exposures of a field, of one time",
        config=CosmicConfig,
        run=_run,
        minimum_inputs=1,
        optional_references=("MASK",),
        check=check_clean,
        source="van Dokkum 2001 (L.A.Cosmic) by astroscrappy; Fruchter & Hook 2002 for exposures of a field",
    ),
)
