"""The sky of the chain: one reference, scaled to the image, as ``subtract-sky`` does it, in a part of the time.

The scale of a large image is found on cells of several pixels, in which sources stand out all the more.
"""

import math

import numpy as np

from calgui.core.algorithms.banding import Room, contiguous, over_bands, room_for
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.kernels import address, compiled_planes
from calgui.core.algorithms.matching import Placement, check_type, place
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.registry import Metric, Result
from calgui.core.algorithms.skies.config import ImageSkyConfig
from calgui.core.algorithms.skies.fitting import Fit, fit_sky
from calgui.core.algorithms.skies.moments import check_age, hours_of, hours_of_reference
from calgui.core.algorithms.skies.sorting import check_sky, done_differently, unit_factor
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, Frame, FrameLike, Rows
from calgui.core.jobs import Job

_BAND = 128
#: so many cells are enough for the scale
_CELLS = 1_000_000
#: bits of pixels that say nothing of the sky
_UNFIT = np.uint32(flags.DO_NOT_USE | flags.SATURATED | flags.REFERENCE_PIXEL | flags.NON_SCIENCE)
_NO_SKY = np.uint32(flags.BY_NAME["FLUX_ESTIMATED"].value)


def subtract_reference_sky(
    image: Frame, sky: FrameLike, config: QuickLookConfig, job: Job, room: Room | None = None
) -> Result:
    """Subtract a sky that is scaled to the image.

    Parameters
    ----------
    image : Frame
        (ny, nx).
    sky : FrameLike
        Reference of type SKY, of this part of the detector, or of more of it.
    config : QuickLookConfig
        See its options.
    job : Job
        Progress and cancel.
    room : Room, optional
        Planes to write into, perhaps those of the image.

    Returns
    -------
    Result
        The image less the sky, errors added in quadrature, data quality combined by *or*. Where the sky has no value,
        its level is subtracted, and the pixel flagged FLUX_ESTIMATED.

    Raises
    ------
    InputError
        The sky does not fit.
    AlgorithmError
        It has no pixel that can be used.
    """
    check_type(sky, ("SKY",), "sky")
    check_sky(image, sky)
    part = place(image, sky, "sky")
    notes = done_differently(image, sky)
    ours, theirs = hours_of(image.header), hours_of_reference(sky.header)
    age = None if ours is None or theirs is None else abs(ours - theirs)
    notes += check_age(age, config.sky_age, "doubtful", f"the sky {file_name(sky)}", image)
    how = ImageSkyConfig(unit=config.unit, gain=config.gain, exposure_time=config.exposure_time)
    factor = np.float32(unit_factor(image, sky, how))
    light = region_of(image)
    ours_in_cells, theirs_in_cells = _in_cells(image, sky, part, light, job.part(0, 0.3))
    theirs_in_cells *= factor
    if not np.isfinite(theirs_in_cells).any():
        raise AlgorithmError(
            f"No pixel of the sky {file_name(sky)} can be used: all are flagged or NaN, or the image's are.",
            path=image.path,
            cure="Give another (--reference SKY=FILE), or switch the step off (-p sky=off).",
        )
    fit = fit_sky(ours_in_cells, theirs_in_cells, how, True, False, job.part(0.3, 0.7))
    level = np.float32(np.nanmedian(theirs_in_cells))
    data, err, bits = room_for(image.shape, room)
    scale, loops = np.float32(fit.scale), compiled_planes()

    def subtract(start: int, stop: int) -> tuple[int, bool]:
        mine, other = contiguous(image.rows(start, stop)), contiguous(part.band(sky, start, stop))
        made = Rows(data[start:stop], err[start:stop], bits[start:stop])
        # no light came to the border: nothing is taken from it
        kept = [(edge, _at(mine, other, edge)) for edge in _edges(light, start, stop)]
        holes = loops.subtract(
            *map(address, mine), *map(address, other), 0, made.data.size, scale * factor, level / factor, _NO_SKY,
            *map(address, made),
        )  # fmt: skip
        for edge, (values, errors, words) in kept:
            holes -= int(np.count_nonzero(~np.isfinite(other.data[edge])))
            data[start:stop][edge], bits[start:stop][edge] = values, words
            if errors is not None:
                err[start:stop][edge] = errors
        return int(holes), other.err is None

    bands = over_bands(image.shape[0], _BAND, subtract, job.part(0.7, 1), "Subtracting the sky")
    if bands and bands[0][1] and image.err is not None:
        notes.append(f"The sky {file_name(sky)} has no ERR: the errors lack its part.")
    notes += fit.notes
    product = Frame(data, err if image.err is not None else None, bits, image.header, image.path)
    return Result(
        frame=product,
        metrics=_metrics(fit, float(level), sum(count for count, _ in bands), age, sky),
        verdict="doubtful" if notes else "good",
        reasons=tuple(notes),
        keywords={
            "S_BKDSUB": ("COMPLETE", "sky subtraction"),
            "SKYSCALE": (fit.scale, "factor that the sky was multiplied by"),
            "SKYLEVEL": (float(level) * fit.scale, "median of what was subtracted"),
        },
    )


def _in_cells(image: Frame, sky: FrameLike, part: Placement, light: Region, job: Job) -> tuple[FloatArray, FloatArray]:
    """Image and sky in square cells, of the pixels that can be used in both."""
    ny, nx = image.shape
    side = max(1, math.ceil(math.sqrt(ny * nx / _CELLS)))
    cells = (ny // side, nx // side)
    ours, theirs = np.empty(cells, np.float32), np.empty(cells, np.float32)
    inside, columns = light.active()
    loops = compiled_planes()

    def look(start: int, stop: int) -> None:
        mine, other = contiguous(image.rows(start, stop)), contiguous(part.band(sky, start, stop, errors=False))
        to = slice(start // side, start // side + (stop - start) // side)
        rows = (max(inside.start - start, 0), max(inside.stop - start, 0))
        words = [plane for plane in (mine.dq, other.dq) if plane is not None]
        both = words[0] | words[1] if len(words) == 2 else words[0] if words else None
        for one, cells_of_it in ((mine, ours), (other, theirs)):
            loops.in_cells(
                address(one.data), address(both), nx, rows, columns.start, columns.stop, side, _UNFIT, cells_of_it[to]
            )

    over_bands(ny // side * side, max(1, _BAND // side) * side, look, job, "Looking at the sky")
    return ours, theirs


def _edges(light: Region, start: int, stop: int) -> list[tuple[slice, slice]]:
    """Reference pixels of some rows, as rows and columns of them."""
    rows, columns = light.active()
    first, last = np.clip([rows.start - start, rows.stop - start], 0, stop - start).tolist()
    middle = slice(first, last)
    found = [(slice(0, first), slice(None)), (slice(last, stop - start), slice(None))]
    return [*found, (middle, slice(0, columns.start)), (middle, slice(columns.stop, light.nx))]


def _at(mine: Rows, other: Rows, edge: tuple[slice, slice]) -> tuple[FloatArray, FloatArray | None, DqArray]:
    """What the image has there, as copies, with the flags of both."""
    words = np.zeros(mine.data[edge].shape, np.uint32)
    for plane in (mine.dq, other.dq):
        if plane is not None:
            words |= plane[edge]
    return mine.data[edge].copy(), None if mine.err is None else mine.err[edge].copy(), words


def _metrics(fit: Fit, level: float, holes: int, age: float | None, sky: FrameLike) -> dict[str, Metric]:
    return {
        "scale": Metric(fit.scale, "", "What the sky was multiplied by."),
        "scale_error": Metric(fit.scale_error, "", "How well that is known."),
        "sky_level": Metric(level * fit.scale, "", "Median of what was subtracted, in the unit of the image."),
        "source_fraction": Metric(
            float(np.count_nonzero(fit.mask)) / fit.mask.size, "", "Part of the image that sources cover."
        ),
        "n_sky_holes": Metric(holes, "pixel", "Pixels where the sky has no value: its level was subtracted."),
        "sky_age_h": Metric(age, "h", "Time between the sky and the image."),
        "sky": Metric(file_name(sky), "", "The sky that was subtracted."),
    }
