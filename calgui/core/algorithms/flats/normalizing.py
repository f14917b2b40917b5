"""Flats of the imager: combined, and divided by one number or by the smooth illumination."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.commonheader import common_header
from calgui.core.algorithms.flats.combining import Light, combine_light
from calgui.core.algorithms.flats.config import NormalizeConfig
from calgui.core.algorithms.flats.exposures import chosen_detector, sort_exposures, wanted_references
from calgui.core.algorithms.flats.flagging import Counts, flag_rows
from calgui.core.algorithms.flats.illumination import Illumination, fit_illumination
from calgui.core.algorithms.flats.mode import mode
from calgui.core.algorithms.flats.reporting import common_keywords, common_metrics, curves, frame_table, typical_error
from calgui.core.algorithms.flats.verdict import judge
from calgui.core.algorithms.registry import Algorithm, Metric, Result, Table
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]

_BAND = 256


def check_flats(frames: Sequence[FrameLike], config: Any = None) -> None:
    """Refuse frames that no flat can be made of.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : NormalizeConfig, optional
        Its defaults without.

    Raises
    ------
    InputError
        Naming the file and the keyword.
    """
    given = config if config is not None else NormalizeConfig()
    found = sort_exposures(frames, given)
    chosen_detector(found, getattr(given, "detector", ""))


def normalize_flat(
    frames: Sequence[FrameLike], config: NormalizeConfig, dark: FrameLike | None = None, job: Job | None = None
) -> Result:
    """Make a flat.

    Parameters
    ----------
    frames : sequence of FrameLike
        (ny, nx), in electron, electron/s, adu or adu/s: lamp-on frames of one lamp and filter, of one detector or
        several, and lamp-off frames among them.
    config : NormalizeConfig
        See its options.
    dark : FrameLike, optional
        Subtracted where there are no lamp-off frames.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Result
        The flat of one detector with ERR and DQ; with `split` the planes ``ILLUM`` and ``PIXFLAT``.

    Raises
    ------
    InputError
        When the frames do not belong together, hold no light, or something that is needed is missing.
    AlgorithmError
        When no pixel can be used.

    Notes
    -----
    Each frame, less what is seen without the lamp, is scaled to one brightness before the frames are combined. Of
    several detectors the median (or mode) of each is taken at the same brightness of the lamp, and all are divided by
    the mean of those, so that the ratio of the detectors survives. Dividing by the smooth illumination takes its shape
    out, whose median over a detector is 1, and then the same number.
    """
    job = job or Job("Make the flat")
    found = sort_exposures(frames, config)
    name = chosen_detector(found, config.detector)
    light = combine_light(found, name, dark, config, job.part(0, 0.8))
    data, err, bits = light.whole.data, light.whole.err, light.whole.dq
    assert err is not None
    assert bits is not None
    good = light.usable()
    job.report(0.8, "Fitting the illumination")
    smooth = fit_illumination(data, good, config.order, config.box, job)
    if smooth is None:
        raise AlgorithmError(
            "Too few pixels can be used to see the illumination.", cure="Choose a larger part of the image."
        )
    own, levels = _levels(light, config)
    divisor = math.fsum(levels.values()) / len(levels)
    around = smooth.scaled(1 / divisor)
    shape = _shape(smooth, good) if config.normalization == "smooth" or config.split else None
    counts = Counts()
    illumination = np.empty(data.shape, np.float32) if shape is not None else None
    pixel = np.empty(data.shape, np.float32) if config.split and config.normalization != "smooth" else None
    job.report(0.85, "Normalizing")
    for start in range(0, data.shape[0], _BAND):
        job.check()
        rows = slice(start, min(start + _BAND, data.shape[0]))
        data[rows] /= np.float32(divisor)
        err[rows] /= np.float32(divisor)
        flag_rows(
            data[rows], err[rows], around.rows(rows.start, rows.stop), bits[rows], light.region, start, config, counts
        )
        if shape is None or illumination is None:
            continue
        illumination[rows] = shape.rows(rows.start, rows.stop)
        if config.normalization == "smooth":
            _take_out(data[rows], illumination[rows], bits[rows])
            _take_out(err[rows], illumination[rows], bits[rows])
        elif pixel is not None:
            pixel[rows] = data[rows]
            _take_out(pixel[rows], illumination[rows], bits[rows])
    good &= (bits & np.uint32(flags.DO_NOT_USE)) == 0
    job.report(0.95, "Judging")
    return _result(light, config, counts, good, own, levels, divisor, smooth, illumination, pixel)


def _levels(light: Light, config: NormalizeConfig) -> tuple[float, dict[str, float]]:
    """Median or mode of this detector, and of all, in the unit of the light."""
    levels = {}
    for name, sample in light.others.items():
        known = sample[np.isfinite(sample)]
        value = mode(known) if config.normalization == "mode" else float(np.median(known))
        if not value > 0:
            raise AlgorithmError(
                f"The {'mode' if config.normalization == 'mode' else 'median'} of {name or 'the flat'} is {value:.4g}: "
                "nothing can be divided by it.",
                cure="Choose frames with light in most pixels, or another normalization.",
            )
        levels[name] = value
    return levels[light.found.detector], levels


def _shape(smooth: Illumination, good: BoolArray) -> Illumination:
    """The illumination with a median of 1 over the good pixels."""
    ny = smooth.shape[0]
    step = max(1, ny * smooth.shape[1] // 1_000_000)
    values = [smooth.rows(row, row + 1)[0][good[row]] for row in range(0, ny, step)]
    return smooth.scaled(1 / float(np.median(np.concatenate(values))))


def _take_out(plane: FloatArray, illumination: FloatArray, bits: DqArray) -> None:
    """Divide light-sensitive pixels by the illumination, in place."""
    light = (bits & np.uint32(flags.REFERENCE_PIXEL)) == 0
    lit = light & (illumination > 0)
    plane[lit] /= illumination[lit]
    plane[light & ~lit] = np.nan


def _result(
    light: Light,
    config: NormalizeConfig,
    counts: Counts,
    good: BoolArray,
    own: float,
    levels: Mapping[str, float],
    divisor: float,
    smooth: Illumination,
    illumination: FloatArray | None,
    pixel: FloatArray | None,
) -> Result:
    whole = light.whole
    assert whole.err is not None
    noise, limit, electrons = typical_error(light, whole.data, whole.err, good, own)
    verdict, reasons, odd = judge(light, config, counts, noise, limit, electrons)
    if smooth.order < config.order and (config.normalization == "smooth" or config.split):
        reasons = (
            *reasons,
            f"The illumination is of degree {smooth.order}, not {config.order}: there are too few tiles of "
            f"{config.box} pixels for more.",
        )
    metrics = common_metrics(light, counts, good, own, noise, limit, electrons)
    metrics |= {
        "divisor": Metric(divisor, light.found.unit, "What the flat was divided by, the same for all detectors."),
        "detector_ratio": Metric(own / divisor, "", "Level of this detector over that of all: it is kept in the flat."),
        "n_detectors": Metric(len(levels), "", "Detectors that were normalised together."),
        "detector": Metric(light.found.detector or None, "", "Of which the flat is; the option detector chooses."),
        "illumination_range_fraction": Metric(
            _range(smooth, good), "", "Brightest less faintest part of the smooth illumination, over its median."
        ),
    }
    header = common_header(light.found.on) | {"BUNIT": "1"}
    if light.found.detector:
        header["DETECTOR"] = light.found.on[0].header["DETECTOR"]
    planes = {name: plane for name, plane in (("ILLUM", illumination), ("PIXFLAT", pixel)) if plane is not None}
    keywords = common_keywords(light, config) | {
        "FLATNORM": (config.normalization, "what the flat was divided by"),
        "FLATDIV": (divisor, f"[{light.found.unit}] the number it was divided by"),
        "FLATLEV": (own, f"[{light.found.unit}] level of this detector"),
        "NDETNORM": (len(levels), "detectors normalised together"),
        "DETNORM": (",".join(levels)[:60] or "?", "those detectors"),
    }
    if illumination is not None:
        keywords["ILLORDER"] = (smooth.order, "degree of the smooth illumination")
    return Result(
        frame=Frame(whole.data, whole.err, whole.dq, header),
        metrics=metrics,
        verdict=verdict,
        reasons=reasons,
        curves=curves(whole.data, good, light.region),
        tables=(frame_table(light, odd), *_detectors(light, levels, divisor)),
        keywords=keywords,
        planes={**planes, "NSAMP": whole.samples},
    )


def _range(smooth: Illumination, good: BoolArray) -> float | None:
    ny = smooth.shape[0]
    rows = [(row, smooth.rows(row, row + 1)[0]) for row in range(0, ny, max(1, ny // 48))]
    values = np.concatenate([values[good[row]] for row, values in rows])
    return float((values.max() - values.min()) / np.median(values)) if values.size else None


def _detectors(light: Light, levels: Mapping[str, float], divisor: float) -> tuple[Table, ...]:
    if len(levels) < 2:
        return ()
    rows = tuple((name, level, level / divisor) for name, level in levels.items())
    return (Table("Detectors", ("Detector", f"Level ({light.found.unit})", "Level in the flat"), rows),)


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    return normalize_flat(frames, config, references.get("DARK"), job)


ALGORITHMS = (
    Algorithm(
        name="normalize-flat",
        title="Make a flat",
        summary="Combines flats less lamp-off frames or a dark, normalises them, and flags what cannot be divided by.",
        inputs="flats of one lamp and filter, and lamp-off frames; of one detector, or of several for a common level",
        config=NormalizeConfig,
        run=_run,
        minimum_inputs=1,
        optional_references=("DARK",),
        wants=wanted_references,
        product="FLAT",
        check=check_flats,
        splits="DETECTOR",
        source="IRIS algorithm page; stcal; half-sample mode of Bickel & Frühwirth 2006 as a start",
    ),
)
