"""Dark subtraction: an image less a dark, with errors and data quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from calgui.core.algorithms.agreement import SAME, TIME_TOLERANCE
from calgui.core.algorithms.exposure import (
    ADU,
    ELECTRON,
    exposure_time,
    file_name,
    number,
    scale_of,
    unit_of,
)
from calgui.core.algorithms.geometry import Region, is_full, region_of
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike, Rows
from calgui.core.jobs import Job

_BAND = 128
#: pixels with one of these flags say nothing of the image
_BAD = flags.DO_NOT_USE | flags.REFERENCE_PIXEL


@dataclass(frozen=True)
class SubtractConfig:
    """Options of ``subtract-dark``."""

    unit: Literal["electron", "electron/s", "adu", "adu/s"] | None = option(
        None, "Unit of the image, where its BUNIT is missing or wrong."
    )
    exposure_time: float | None = option(
        None, "Exposure time of the image, where the keywords are missing or wrong.", unit="s", minimum=1e-6
    )
    gain: float | None = option(None, "Gain, where GAIN is missing or wrong.", unit="e-/adu", minimum=1e-6)
    dark_unit: Literal["electron", "electron/s", "adu", "adu/s"] | None = option(
        None, "Unit of the dark, where its BUNIT is missing or wrong."
    )


def subtract_dark(image: FrameLike, dark: FrameLike, config: SubtractConfig, job: Job | None = None) -> Result:
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
    offset_y, offset_x = _place(image, dark)
    factor, notes = _factor(image, dark, config)
    notes += _mismatches(image, dark)
    ny, nx = image.shape
    data, err = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.float32)
    bits = np.empty((ny, nx), np.uint32)
    has_error, unknown = False, 0
    for start in range(0, ny, _BAND):
        stop = min(start + _BAND, ny)
        job.report(start / ny, "Subtracting the dark")
        ours = image.rows(start, stop)
        theirs = _columns(dark.rows(start + offset_y, stop + offset_y), offset_x, nx)
        missing = ~np.isfinite(theirs.data)
        unknown += int(np.count_nonzero(missing))
        data[start:stop] = ours.data - np.float32(factor) * np.where(missing, np.float32(0), theirs.data)
        has_error |= _quadrature(ours.err, theirs.err, factor, err[start:stop])
        bits[start:stop] = _either(ours.dq, theirs.dq, missing)
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


def _place(image: FrameLike, dark: FrameLike) -> tuple[int, int]:
    """First row and column of the dark that belong to the image, or a refusal."""
    for frame in (image, dark):
        if len(frame.shape) != 2:
            raise InputError(
                f"The image has {len(frame.shape)} axes; two are needed.", path=frame.path, cure="Fit ramps first."
            )
    here, there = region_of(image), region_of(dark)
    same_place = (here.x, here.y) == (there.x, there.y)
    if image.shape == dark.shape and same_place:
        return 0, 0
    sides = tuple(number(image.header, keyword) for keyword in ("DETXSIZE", "DETYSIZE"))
    fits = (
        _whole(dark, there)
        and here.x + here.nx <= there.nx
        and here.y + here.ny <= there.ny
        and "SUBSTRT1" in image.header
        and "SUBSTRT2" in image.header
        and sides in {(None, None), (there.nx, there.ny)}
    )
    if fits:
        return here.y - there.y, here.x - there.x
    raise InputError(
        f"The dark {file_name(dark)} is {_area(there)}, the image is {_area(here)}.",
        path=image.path,
        cure="Choose a dark of this subarray, or one of the full detector for an image with SUBSTRT1 and SUBSTRT2.",
    )


def _whole(dark: FrameLike, region: Region) -> bool:
    return is_full(dark.header) or (region.x, region.y, region.nx, region.ny) == (0, 0, region.width, region.height)


def _area(region: Region) -> str:
    return f"{region.nx} × {region.ny} pixels from column {region.x + 1}, row {region.y + 1}"


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
    told = []
    kind = str(dark.header.get("REFTYPE", "")).strip().upper()
    if kind not in {"", "DARK"}:
        raise InputError(
            f"REFTYPE is {kind}: this is no dark.", path=dark.path, cure="Choose a reference of type DARK."
        )
    if str(image.header.get("S_DARK", "")).strip().upper() == "COMPLETE":
        told.append("S_DARK is COMPLETE: a dark was subtracted from this image before.")
    for keyword in ("INSTRUME", "DETECTOR"):
        ours, theirs = (str(frame.header.get(keyword, "")).strip().upper() for frame in (image, dark))
        if ours and theirs and ours != theirs:
            raise InputError(
                f"{keyword} is {ours}, that of the dark {file_name(dark)} is {theirs}.",
                path=image.path,
                cure="Choose a dark of this detector.",
            )
    for keyword in ("READMODE", "READPATT", "NGROUPS", "IMGDTEMP", "IFSDTEMP"):
        ours_raw, theirs_raw = image.header.get(keyword), dark.header.get(keyword)
        if ours_raw is not None and theirs_raw is not None and not _alike(ours_raw, theirs_raw):
            meaning = SAME.get(keyword, "the detector's temperature")
            told.append(f"{keyword}, {meaning}, is {ours_raw}; in the dark {file_name(dark)} it is {theirs_raw}.")
    times = exposure_time(image.header), exposure_time(dark.header)
    if times[0] and times[1] and abs(times[0][0] - times[1][0]) > TIME_TOLERANCE * times[1][0]:
        told.append(
            f"The exposure time is {times[0][0]:g} s, of the dark {times[1][0]:g} s: glow that comes with each read "
            "is not scaled rightly by time."
        )
    return told


def _alike(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= 0.5
    return str(one).strip().upper() == str(other).strip().upper()


def _columns(rows: Rows, first: int, count: int) -> Rows:
    part = slice(first, first + count)
    return Rows(
        rows.data[:, part],
        None if rows.err is None else rows.err[:, part],
        None if rows.dq is None else rows.dq[:, part],
    )


def _quadrature(ours: FloatArray | None, theirs: FloatArray | None, factor: float, into: FloatArray) -> bool:
    """Write the combined error; say whether there is one. An unknown error of the dark counts as zero."""
    if ours is None:
        # without the image's own error the dark's alone would look like the whole of it
        into[...] = np.nan
        return False
    if theirs is None:
        into[...] = ours
        return True
    scaled = np.float32(factor) * np.where(np.isfinite(theirs), theirs, np.float32(0))
    np.hypot(ours, scaled, out=into)
    return True


def _either(
    ours: DqArray | None, theirs: DqArray | None, missing: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"
) -> DqArray:
    made = np.where(missing, np.uint32(flags.UNRELIABLE_DARK), np.uint32(0))
    for plane in (ours, theirs):
        if plane is not None:
            made |= plane
    return made


def _empty(data: FloatArray, bits: DqArray, unknown: int, dark: FrameLike) -> list[str]:
    """Why the product says nothing."""
    if unknown == data.size:
        return [f"The dark {file_name(dark)} has no value for any pixel of this image: nothing was subtracted."]
    if not (np.isfinite(data) & ((bits & np.uint32(_BAD)) == 0)).any():
        return ["No pixel of the image can be used: all are NaN or flagged."]
    return []


def _metrics(dark: FrameLike, factor: float, data: FloatArray, bits: DqArray, unknown: int) -> dict[str, Metric]:
    good = np.isfinite(data) & ((bits & np.uint32(_BAD)) == 0)
    return {
        "dark_scale": Metric(factor, "", "What the dark was multiplied by to have the unit of the image."),
        "median_after": Metric(float(np.median(data[good])) if good.any() else None, "", "Median of the good pixels."),
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
