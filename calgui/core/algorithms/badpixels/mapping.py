"""Bad pixel map: what darks and flats say of every pixel, each kind with its bit, judged against its surroundings."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.badpixels.darkside import BITS, Darks, flag_darks, measure_darks
from calgui.core.algorithms.badpixels.lightside import Flats, flag_flats, measure_flats, neighbours
from calgui.core.algorithms.badpixels.plots import curves
from calgui.core.algorithms.badpixels.sorting import MINIMUM_DARKS, Sorted, sort_inputs
from calgui.core.algorithms.badpixels.structure import BoolArray
from calgui.core.algorithms.badpixels.summary import definition, kind_keywords, kind_metrics, kind_table
from calgui.core.algorithms.badpixels.verdict import judge
from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.exposure import ELECTRON_PER_S
from calgui.core.algorithms.frametable import first_look, odd_ones, sample_frames, table
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.registry import Algorithm, Metric, Result
from calgui.core.frames import dq as flags
from calgui.core.frames.dq import reject_bits
from calgui.core.frames.frame import DqArray, Frame, FrameLike
from calgui.core.jobs import Job

#: of a header that darks have in common, what says nothing of the detector's pixels
_NOT_OF_A_MAP = (
    "EXP_TYPE", "FILTER", "PUPIL", "GRATING", "EXPTIME", "EFFEXPTM", "EFFINTTM", "NINTS", "NGROUPS", "NFRAMES",
    "GROUPGAP", "TFRAME", "TGROUP", "READMODE", "READPATT",
)  # fmt: skip


def check_mask_inputs(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that no bad pixel map can be made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : MaskConfig, optional
        With it, names, unit, times and gain are looked at as it says.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    """
    config = config or MaskConfig()
    reject_bits(config.reject)
    reject_bits(config.do_not_use)
    sort_inputs(frames, config)


def bad_pixel_map(frames: Sequence[FrameLike], config: MaskConfig, job: Job | None = None) -> Result:
    """Find the bad pixels of a detector in its darks and flats.

    Parameters
    ----------
    frames : sequence of FrameLike
        Three or more darks, and flats, (ny, nx), in electron, electron/s, adu or adu/s; read in bands.
    config : MaskConfig
        See its options.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        Frame whose DQ is the map, and whose data are the median of the darks in electron/s; planes ``DQ_DEF`` (table
        of the bits) and, with flats, ``RESPONSE``; metrics; histograms with the thresholds; tables of the flags and of
        the darks.

    Raises
    ------
    InputError
        When the frames do not belong together, something that is needed is missing, or the flats hold no light.
    AlgorithmError
        When too few pixels have a sample.

    Notes
    -----
    Names and values of the bits are those of JWST; dead, low and open pixels follow the tests of STScI's
    ``jwst_reffiles`` (``badpix_from_flats``). Every threshold counts from the surroundings of a pixel, never from the
    whole detector: see `calgui.core.algorithms.badpixels.structure`. A median absolute deviation is blind to a pixel
    that sits on two levels, so noise is judged by standard deviations and by a division into two levels.
    """
    job = job or Job("Bad pixel map")
    parts = sort_inputs(frames, config)
    reject, spoilt = reject_bits(config.reject), reject_bits(config.do_not_use)
    region = region_of(parts.darks[0])
    samples = sample_frames(parts.darks, region, reject, job.part(0, 0.05))
    looks = first_look(samples, job)
    del samples
    light = region.mask()
    darks = measure_darks(parts.darks, parts.dark_scale, region, light, looks, reject, config.box, job.part(0.05, 0.5))
    dq: DqArray = np.zeros(light.shape, np.uint32)
    dq[~light] = flags.REFERENCE_PIXEL | flags.NON_SCIENCE
    flats = None
    if parts.flats:
        flats = measure_flats(parts.flats, parts.flat_scales, darks, light, reject, config.box, job.part(0.5, 0.8))
    flag_darks(darks, light, config, dq, job.part(0.8, 0.9))
    if flats is not None:
        flag_flats(flats, light, config, dq, job.part(0.9, 0.93))
    _flag_beside(darks, light, config, dq)
    dq[(dq & np.uint32(spoilt)) != 0] |= BITS["DO_NOT_USE"]
    dq[~light] |= BITS["DO_NOT_USE"]
    job.report(0.94, "Judging")
    return _judged(parts, config, darks, flats, light, dq, job.part(0.94, 1.0))


def _flag_beside(darks: Darks, light: BoolArray, config: MaskConfig, dq: DqArray) -> None:
    """Neighbours of pixels so hot that their charge runs over."""
    if config.hot_neighbours == "none":
        return
    excess = np.nan_to_num(darks.whole.data - darks.structure.level(), nan=0.0)
    very = light & (excess > np.float32(config.very_hot_sigma) * darks.structure.sigma())
    very |= (dq & BITS["SATURATED"]) != 0
    around = neighbours(very, diagonal=config.hot_neighbours == "8") & light & ~very
    dq[around] |= BITS["OTHER_BAD_PIXEL"]


def _judged(
    parts: Sorted,
    config: MaskConfig,
    darks: Darks,
    flats: Flats | None,
    light: BoolArray,
    dq: DqArray,
    job: Job,
) -> Result:
    """Numbers, verdict and product."""
    odd = odd_ones(darks.looks)
    metrics = kind_metrics(dq) | _measured(parts, config, darks, flats)
    job.check()
    verdict, reasons = judge(parts, darks, flats, metrics, odd, dq, light)
    to_rate = np.float32(darks.scale.to_rate)
    planes: dict[str, Any] = {"DQ_DEF": definition(dq)}
    if flats is not None:
        planes["RESPONSE"] = flats.response
    header = {key: value for key, value in common_header(parts.darks).items() if key not in _NOT_OF_A_MAP}
    keywords: dict[str, tuple[Any, str]] = {
        "NDARKS": (len(parts.darks), "number of darks"),
        "NFLATS": (len(flats.used) if flats is not None else 0, "number of flats"),
        "HOTCUT": (config.hot_sigma, "hot pixels: cut in local sigma"),
        "WARMCUT": (config.warm_sigma, "warm pixels: cut in local sigma"),
        "LOWCUT": (config.low_sigma, "low response: cut in local sigma"),
    }
    rate = darks.whole.data * to_rate
    job.check()
    return Result(
        frame=Frame(rate, None, dq, header | {"BUNIT": ELECTRON_PER_S}),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=curves(darks, flats, light, config, job),
        tables=(kind_table(dq), table(parts.darks, darks.looks, darks.scale.to_rate, odd)),
        keywords=keywords | kind_keywords(dq),
        planes=planes,
    )


def _measured(parts: Sorted, config: MaskConfig, darks: Darks, flats: Flats | None) -> dict[str, Metric]:
    to_rate = darks.scale.to_rate
    sigma = darks.structure.typical_sigma * to_rate
    response = flats.around.typical_sigma if flats is not None else None
    return {
        "median_rate_e_per_s": Metric(darks.structure.typical_level * to_rate, "e-/s", "Typical level of the darks."),
        "noise_e_per_s": Metric(sigma, "e-/s", "Typical local noise of the darks' median, 1.4826 MAD."),
        "hot_cut_e_per_s": Metric(config.hot_sigma * sigma, "e-/s", "Typical excess from which a pixel is hot."),
        "response_scatter": Metric(response, "", "Typical local scatter of the response, 1.4826 MAD."),
        "n_darks": Metric(len(parts.darks), "", "Darks that were used."),
        "n_flats": Metric(len(flats.used) if flats is not None else 0, "", "Flats that were used."),
    }


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return bad_pixel_map(frames, config, job)


ALGORITHMS = (
    Algorithm(
        name="bad-pixel-map",
        title="Bad pixel map",
        summary="Finds hot, warm, dead, weak, noisy and two-state pixels in darks and flats, each with its flag.",
        inputs="3 or more darks of one detector, time, read mode and temperature, and flats of the same detector",
        config=MaskConfig,
        run=_run,
        minimum_inputs=MINIMUM_DARKS,
        product="MASK",
        image="DARK",
        check=check_mask_inputs,
        source="JWST data-quality flags; STScI jwst_reffiles badpix_from_flats; thresholds of the local noise",
    ),
)
