"""Dark subtraction: an image less a dark, with errors and data quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.agreement import SAME, TEMPERATURES, TIME_TOLERANCE
from calgui.core.algorithms.banding import Room, contiguous, over_bands, room_for
from calgui.core.algorithms.exposure import (
    ADU,
    ELECTRON,
    exposure_time,
    file_name,
    scale_of,
    unit_of,
)
from calgui.core.algorithms.headeroptions import Unit, gain_option, time_option, unit_option
from calgui.core.algorithms.kernels import address, compiled_planes
from calgui.core.algorithms.matching import check_detector, check_type, disagreements, done_before, place
from calgui.core.algorithms.noise import median_of_good
from calgui.core.algorithms.registry import Algorithm, Metric, Result
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

_BAND = 128
#: pixels with one of these flags say nothing of the image
_BAD = flags.DO_NOT_USE | flags.REFERENCE_PIXEL

#: what may differ between an image and its dark, but is told
_TOLD = {
    **{keyword: SAME[keyword] for keyword in ("READMODE", "READPATT", "NGROUPS")},
    **dict.fromkeys(TEMPERATURES, "the detector's temperature"),
}


@dataclass(frozen=True)
class SubtractConfig:
    """Options of ``subtract-dark``."""

    unit: Unit | None = unit_option("the image", group="")
    exposure_time: float | None = time_option("the image", group="")
    gain: float | None = gain_option(group="")
    dark_unit: Unit | None = unit_option("the dark", group="")


def subtract_dark(
    image: FrameLike, dark: FrameLike, config: SubtractConfig, job: Job | None = None, room: Room | None = None
) -> Result:
    """Subtract a dark from an image.

    Parameters
    ----------
    image : FrameLike
        (ny, nx), in electron, electron/s, adu or adu/s; its unit is kept.
    dark : FrameLike
        Of the same part of the detector, or of the whole of it; in electron/s or electron by its BUNIT.
    config : SubtractConfig
        See its options.
    job : Job, optional
        Progress and cancel.
    room : Room, optional
        Planes to write into, perhaps those of the image.

    Returns
    -------
    Result
        The image less the dark, errors added in quadrature, data quality combined by *or*.

    Raises
    ------
    InputError
        When the dark does not fit the image, or a unit, time or gain is missing.

    Notes
    -----
    As stcal's ``dark_current``: NaN of the dark counts as zero, and such pixels are flagged (UNRELIABLE_DARK). A
    rate is scaled with the exposure time of the image; a dark in electrons is that of one exposure, so that it fits
    only an image of the same exposure time.
    """
    job = job or Job("Subtract the dark")
    if len(image.shape) != 2:
        raise InputError(
            f"The image has {len(image.shape)} axes; two are needed.", path=image.path, cure="Fit ramps first."
        )
    part = place(image, dark, "dark")
    # first what it is: the unit of a flat would be told as an error of a header
    odd = _mismatches(image, dark)
    factor, notes = _factor(image, dark, config)
    notes += odd
    ny, nx = image.shape
    data, err, bits = room_for((ny, nx), room)

    loops, scale = compiled_planes(), np.float32(factor)

    def subtract(start: int, stop: int) -> tuple[bool, int]:
        ours, theirs = contiguous(image.rows(start, stop)), contiguous(part.band(dark, start, stop))
        pixels = (stop - start) * nx
        missing = loops.subtract(
            *map(address, ours), *map(address, theirs), 0, pixels, scale, np.float32(0),
            np.uint32(flags.UNRELIABLE_DARK), address(data[start:stop]), address(err[start:stop]),
            address(bits[start:stop]),
        )  # fmt: skip
        return ours.err is not None, int(missing)

    bands = over_bands(ny, _BAND, subtract, job, "Subtracting the dark")
    has_error, unknown = any(one for one, _ in bands), sum(count for _, count in bands)
    job.report(1.0, "Done")
    header = dict(image.header)
    product = Frame(data, err if has_error else None, bits, header, image.path)
    empty = _empty(data, bits, unknown, dark)
    return Result(
        frame=product,
        metrics=_metrics(dark, factor, data, bits, unknown),
        verdict="bad" if empty else "doubtful" if notes else "good",
        reasons=(*empty, *notes),
        keywords={
            "S_DARK": ("COMPLETE", "dark subtraction"),
            "DARKSCAL": (factor, "factor that the dark was multiplied by"),
        },
    )


def _factor(image: FrameLike, dark: FrameLike, config: SubtractConfig) -> tuple[float, list[str]]:
    """From the unit of the dark to that of the image, and what could not be made sure of."""
    theirs = scale_of([dark], config.dark_unit, config.gain, needs_time=False)
    # time is needed where one of the two is a rate and the other is not
    counts = unit_of([image], config.unit) in {ELECTRON, ADU}
    ours = scale_of([image], config.unit, config.gain, config.exposure_time, needs_time=counts is theirs.is_rate)
    if theirs.is_rate:
        return theirs.gain / ours.to_rate, []
    if ours.seconds is None or theirs.seconds is None:
        which = "image" if ours.seconds is None else "dark"
        note = f"The dark is that of one exposure, and the header of the {which} does not say how long it took."
        return theirs.gain / ours.to_counts, [note]
    if abs(ours.seconds - theirs.seconds) > TIME_TOLERANCE * theirs.seconds:
        raise InputError(
            f"The exposure time is {ours.seconds:g} s, that of the dark {file_name(dark)} is {theirs.seconds:g} s; "
            f"a dark in {theirs.unit} is not scaled with time.",
            path=image.path,
            cure="Choose a dark of this exposure time, or one in electron/s.",
        )
    return theirs.gain / ours.to_counts, []


def _mismatches(image: FrameLike, dark: FrameLike) -> list[str]:
    """What the headers of image and dark disagree in; a detector is refused, the rest is told."""
    check_type(dark, ("DARK",), "dark")
    check_detector(image, dark, "dark")
    told = done_before(image, "S_DARK", "a dark was subtracted from")
    told += disagreements(image, dark, "dark", _TOLD)
    times = exposure_time(image.header), exposure_time(dark.header)
    if times[0] and times[1] and abs(times[0][0] - times[1][0]) > TIME_TOLERANCE * times[1][0]:
        told.append(
            f"The exposure time is {times[0][0]:g} s, of the dark {times[1][0]:g} s: glow that comes with each read "
            "is not scaled rightly by time."
        )
    return told


def _empty(data: FloatArray, bits: DqArray, unknown: int, dark: FrameLike) -> list[str]:
    """Why the product says nothing."""
    if unknown == data.size:
        return [f"The dark {file_name(dark)} has no value for any pixel of this image: nothing was subtracted."]
    for start in range(0, len(data), _BAND):
        rows = slice(start, start + _BAND)
        if (np.isfinite(data[rows]) & ((bits[rows] & np.uint32(_BAD)) == 0)).any():
            return []
    return ["No pixel of the image can be used: all are NaN or flagged."]


def _metrics(dark: FrameLike, factor: float, data: FloatArray, bits: DqArray, unknown: int) -> dict[str, Metric]:
    return {
        "dark_scale": Metric(factor, "", "What the dark was multiplied by to have the unit of the image."),
        "median_after": Metric(median_of_good(data, bits), "", "Median of the good pixels."),
        "n_dark_unknown": Metric(unknown, "pixel", "Pixels without a value in the dark; nothing was subtracted there."),
        "dark": Metric(file_name(dark), "", "The dark that was subtracted."),
    }


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    if "DARK" not in references:
        raise InputError("There is no dark to subtract.", cure="Give one, or a cache whose rules select one.")
    return subtract_dark(frames[0], references["DARK"], config, job)


ALGORITHMS = (
    Algorithm(
        name="subtract-dark",
        title="Subtract the dark",
        summary="Subtracts the dark that the rules select, or one that is given, from an image.",
        inputs="one image",
        config=SubtractConfig,
        run=_run,
        minimum_inputs=1,
        maximum_inputs=1,
        references=("DARK",),
        source="stcal dark_current",
    ),
)
