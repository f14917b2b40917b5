"""Flat-fielding: an image divided by a flat, with errors and data quality."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.banding import Room, contiguous, over_bands, room_for
from calgui.core.algorithms.exposure import canonical_unit, file_name
from calgui.core.algorithms.kernels import address, compiled_planes
from calgui.core.algorithms.lamps import is_dark
from calgui.core.algorithms.matching import (
    check_detector,
    check_type,
    disagreements,
    done_before,
    place,
    text,
)
from calgui.core.algorithms.noise import MAD_TO_SIGMA, median_of_good, middle_of, steps_along_rows
from calgui.core.algorithms.options import option
from calgui.core.algorithms.registry import Algorithm, Metric, Result
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike, Rows
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]

_BAND = 128

#: what may differ between an image and its flat, but is told
_TOLD = {"FILTER": "the filter", "PUPIL": "the pupil element", "GRATING": "the grating"}

#: a flat whose median is beyond these was not normalised; beyond the others it may be one of several detectors
_LOWEST, _HIGHEST = 0.1, 10.0
_LOW, _HIGH = 0.5, 2.0

#: neighbours of a flat differ by less than this part: those of a dark do not
_ROUGH = 0.2

#: a flat without a value in more than this part of its pixels is told of, and in more than the other it is bad
_FEW, _MANY = 0.05, 0.5

_KINDS = (flags.DO_NOT_USE, flags.NO_FLAT_FIELD, flags.NON_SCIENCE, flags.REFERENCE_PIXEL)
_NO_FLAT = np.uint32(flags.NO_FLAT_FIELD | flags.DO_NOT_USE)


@dataclass(frozen=True)
class FlatFieldConfig:
    """Options of ``flat-field``."""

    flat_error: bool = option(
        True, "Add the error of the flat to that of the image; without it errors are only divided, as by iris_pipeline."
    )


class Divisor(NamedTuple):
    """What some rows are divided by.

    Attributes
    ----------
    data : ndarray of float32
        1 where the flat has no value.
    err : ndarray of float32 or None
        Of the flat.
    dq : ndarray of uint32
        Bits to add to the image's.
    """

    data: FloatArray
    err: FloatArray | None
    dq: DqArray


def flat_field(
    image: FrameLike, flat: FrameLike, config: FlatFieldConfig, job: Job | None = None, room: Room | None = None
) -> Result:
    """Divide an image by a flat.

    Parameters
    ----------
    image : FrameLike
        (ny, nx), in any unit, which is kept; or a cube (wavelength, y, x), each plane of which is divided.
    flat : FrameLike
        Of the same part of the detector, or of the whole of it; its median about 1. For a cube in spaxels: (y, x), or
        of the cube's own shape.
    config : FlatFieldConfig
        See its options.
    job : Job, optional
        Progress and cancel.
    room : Room, optional
        Planes to write into, perhaps those of the image.

    Returns
    -------
    Result
        The image divided, with errors, and data quality combined by *or*.

    Raises
    ------
    InputError
        When the flat does not fit the image, or is no flat.

    Notes
    -----
    As the JWST pipeline's ``flat_field``: where the flat is NaN or zero (here also: negative or infinite), or flagged
    NO_FLAT_FIELD, its pixel is flagged NO_FLAT_FIELD and DO_NOT_USE; pixels that are flagged DO_NOT_USE are divided by
    1; those that are NON_SCIENCE get DO_NOT_USE. With a flat f ± s the image a ± e becomes

        d = a / f,   sqrt((e / f)² + (d s / f)²)
    """
    job = job or Job("Divide by the flat")
    part = place(image, flat, "flat")
    notes = _mismatches(image, flat)
    shape = image.shape
    data, err, bits = room_for(shape, room)
    step = max(1, flat.shape[-1] * part.ny // 2_000_000)

    loops = compiled_planes()
    kinds = tuple(np.uint32(bit) for bit in _KINDS)

    def divide(start: int, stop: int) -> tuple[bool, bool, int, int, FloatArray, FloatArray]:
        ours, theirs = contiguous(image.band(start, stop)), contiguous(part.band(flat, start, stop))
        few = slice(None, None, step)
        looked = divisor_of(Rows(*(None if one is None else one[..., few, :] for one in theirs)))  # type: ignore[arg-type]
        lit = (looked.dq & np.uint32(flags.DO_NOT_USE)) == 0
        values, apart = looked.data[lit], np.abs(steps_along_rows(looked.data[..., ::8, :], lit[..., ::8, :]))
        without, pixels = 0, 0
        each = theirs.data.ndim > 2
        for plane in np.ndindex(ours.data.shape[:-2]):
            rows = (*plane, slice(start, stop))
            mine = [None if one is None else one[plane] for one in ours]
            other = [None if one is None else one[plane if each else ()] for one in theirs]
            counts = loops.divide(
                *map(address, mine), *map(address, other), (stop - start) * part.nx, kinds, config.flat_error,
                address(data[rows]), address(err[rows]), address(bits[rows]),
            )  # fmt: skip
            if each or not any(plane):
                without, pixels = without + int(counts[0]), pixels + int(counts[1])
        return ours.err is not None, theirs.err is None, without, pixels, values, apart

    bands = over_bands(part.ny, _BAND, divide, job, "Dividing by the flat")
    has_error, unknown = any(one[0] for one in bands), any(one[1] for one in bands)
    without, pixels = sum(one[2] for one in bands), sum(one[3] for one in bands)
    values = [one[4] for one in bands]
    job.report(1.0, "Done")
    if has_error and unknown and config.flat_error:
        notes.append(f"The flat {file_name(flat)} has no ERR: the errors lack its part.")
    level = middle_of(np.concatenate(values)) if any(some.size for some in values) else None
    beside = np.concatenate([one[5] for one in bands])
    rough = MAD_TO_SIGMA * middle_of(beside) / np.sqrt(2) / level if level and beside.size else 0.0
    bad = _judge(flat, level, rough, without, pixels, notes)
    product = Frame(data, err if has_error else None, bits, dict(image.header), image.path)
    return Result(
        frame=product,
        metrics=_metrics(flat, level, without, data, bits),
        verdict="bad" if bad else "doubtful" if notes else "good",
        reasons=(*bad, *notes),
        keywords={"S_FLAT": ("COMPLETE", "flat field division")},
    )


def divisor_of(flat: Rows) -> Divisor:
    """What an image is divided by for some rows of a flat.

    Parameters
    ----------
    flat : Rows
        Data, error and data quality.

    Returns
    -------
    Divisor
        Copies.
    """
    with np.errstate(invalid="ignore"):
        missing = ~((flat.data > 0) & (flat.data < np.inf))
    bits = np.zeros(flat.data.shape, np.uint32) if flat.dq is None else flat.dq.astype(np.uint32)
    missing |= (bits & np.uint32(flags.NO_FLAT_FIELD)) != 0
    bits[missing] |= _NO_FLAT
    unused = (bits & np.uint32(flags.DO_NOT_USE)) != 0
    data = np.where(unused, np.float32(1), flat.data)
    err = flat.err
    if err is not None:
        # nothing is known, and nothing is corrected: nothing is added
        err = np.where(unused & ~np.isfinite(err), np.float32(0), err)
    bits[(bits & np.uint32(flags.NON_SCIENCE)) != 0] |= np.uint32(flags.DO_NOT_USE)
    return Divisor(data, err, bits)


def _mismatches(image: FrameLike, flat: FrameLike) -> list[str]:
    """What the headers of image and flat disagree in; a dark and another detector are refused, the rest is told."""
    check_type(flat, ("FLAT",), "flat")
    if is_dark(flat):
        raise InputError(
            "This is no flat but a dark: by its EXP_TYPE or FILTER no light came in.",
            path=flat.path,
            cure="Choose a flat, as normalize-flat makes it.",
        )
    check_detector(image, flat, "flat")
    told = done_before(image, "S_FLAT", "a flat was divided out of")
    if is_dark(image):
        told.append("This image is a dark by its EXP_TYPE or FILTER: there is no light in it to be flattened.")
    return told + disagreements(image, flat, "flat", _TOLD)


def _judge(
    flat: FrameLike, level: float | None, rough: float, without: int, pixels: int, notes: list[str]
) -> list[str]:
    """Is it a flat at all? What is bad; what is only doubtful is added to the notes."""
    name = file_name(flat)
    unit = canonical_unit(flat.unit) if flat.unit else None
    bad = []
    if level is not None and not _LOWEST <= level <= _HIGHEST:
        bad.append(
            f"The median of {name} is {level:.4g}, not about 1: it was not normalised, or is no flat. Make one with "
            "normalize-flat."
        )
    elif level is not None and not _LOW <= level <= _HIGH:
        notes.append(f"The median of {name} is {level:.4g}: of a normalised flat it is about 1.")
    if rough > _ROUGH:
        bad.append(
            f"Neighbours in {name} differ by {100 * rough:.0f} %, in a flat by a few: this is a dark, or all noise."
        )
    if unit is not None and not bad:
        notes.append(f"BUNIT of {name} is {text(flat.header, 'BUNIT').lower()}: a normalised flat has no unit.")
    part = without / pixels if pixels else 1.0
    if part > _MANY:
        bad.append(f"{name} has no value in {100 * part:.1f} % of the pixels: they are not corrected, and flagged.")
    elif part > _FEW:
        notes.append(f"{name} has no value in {100 * part:.1f} % of the pixels: they are not corrected, and flagged.")
    return bad


def _metrics(flat: FrameLike, level: float | None, without: int, data: FloatArray, bits: DqArray) -> dict[str, Metric]:
    return {
        "flat_median": Metric(level, "", "Median of the flat in the pixels that were divided: about 1."),
        "median_after": Metric(median_of_good(data, bits), "", "Median of the good pixels."),
        "n_no_flat": Metric(without, "pixel", "Light-sensitive pixels without a flat: divided by 1, and flagged."),
        "flat": Metric(file_name(flat), "", "The flat that was divided by."),
    }


def _run(frames: Sequence[FrameLike], references: Mapping[str, FrameLike], config: Any, job: Job) -> Result:
    if "FLAT" not in references:
        raise InputError("There is no flat to divide by.", cure="Give one, or a cache whose rules select one.")
    return flat_field(frames[0], references["FLAT"], config, job)


ALGORITHMS = (
    Algorithm(
        name="flat-field",
        title="Divide by the flat",
        summary="Divides an image by the flat that the rules select, or one that is given.",
        inputs="one image, or a cube with a flat of its spaxels",
        config=FlatFieldConfig,
        run=_run,
        takes=("image", "cube"),
        minimum_inputs=1,
        maximum_inputs=1,
        references=("FLAT",),
        source="JWST flat_field",
    ),
)
