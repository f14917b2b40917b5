"""The sky of the chain: one reference, scaled to the image, as ``subtract-sky`` does it, in a part of the time.

The scale of a large image is found on cells of several pixels, in which sources stand out all the more.
"""

import math

import numpy as np

from calgui.core.algorithms.banding import over_bands
from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.matching import check_type, place
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from calgui.core.algorithms.registry import Metric, Result
from calgui.core.algorithms.skies.config import ImageSkyConfig
from calgui.core.algorithms.skies.fitting import Fit, fit_sky
from calgui.core.algorithms.skies.moments import check_age, hours_of, hours_of_reference
from calgui.core.algorithms.skies.sorting import check_sky, done_differently, unit_factor
from calgui.core.errors import AlgorithmError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, Frame, FrameLike
from calgui.core.jobs import Job

_BAND = 128
#: so many cells are enough for the scale
_CELLS = 1_000_000
#: bits of pixels that say nothing of the sky
_UNFIT = np.uint32(flags.DO_NOT_USE | flags.SATURATED | flags.REFERENCE_PIXEL | flags.NON_SCIENCE)
_NO_SKY = np.uint32(flags.BY_NAME["FLUX_ESTIMATED"].value)


def subtract_reference_sky(image: Frame, sky: FrameLike, config: QuickLookConfig, job: Job) -> Result:
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
    notes += check_age(age, config.sky_age, "doubtful", file_name(sky), image)
    how = ImageSkyConfig(unit=config.unit, gain=config.gain, exposure_time=config.exposure_time)
    factor = np.float32(unit_factor(image, sky, how))
    ny, nx = image.shape
    side = max(1, math.ceil(math.sqrt(ny * nx / _CELLS)))
    light = region_of(image)
    cells = (ny // side, nx // side)
    ours_in_cells, theirs_in_cells = np.empty(cells, np.float32), np.empty(cells, np.float32)
    height = max(1, _BAND // side) * side

    def look(start: int, stop: int) -> None:
        other = part.band(sky, start, stop)
        mine = image.rows(start, stop)
        bad = ~light.mask(start, stop)
        for bits in (mine.dq, other.dq):
            if bits is not None:
                bad |= (bits & _UNFIT) != 0
        to = slice(start // side, start // side + (stop - start) // side)
        ours_in_cells[to] = _in_cells(mine.data, bad, side)
        theirs_in_cells[to] = _in_cells(other.data, bad, side) * factor

    over_bands(ny // side * side, height, look, job.part(0, 0.3), "Looking at the sky")
    if not np.isfinite(theirs_in_cells).any():
        raise AlgorithmError(
            f"No pixel of the sky {file_name(sky)} can be used: all are flagged or NaN, or the image's are.",
            path=image.path,
            cure="Give another (--reference SKY=FILE), or switch the step off (-p sky=off).",
        )
    fit = fit_sky(ours_in_cells, theirs_in_cells, how, True, False, job.part(0.3, 0.7))
    level = np.float32(np.nanmedian(theirs_in_cells))
    data, err, bits = np.empty((ny, nx), np.float32), np.empty((ny, nx), np.float32), np.empty((ny, nx), np.uint32)
    scale = np.float32(fit.scale)

    def subtract(start: int, stop: int) -> tuple[int, bool]:
        mine, other = image.rows(start, stop), part.band(sky, start, stop)
        seen = light.mask(start, stop)
        holes = ~np.isfinite(other.data)
        taken = np.where(holes, level / factor, other.data)
        taken *= scale * factor
        taken[~seen] = 0
        holes &= seen
        np.subtract(mine.data, taken, out=data[start:stop])
        squared = np.zeros_like(taken) if other.err is None else np.square(other.err * (scale * factor))
        squared[~(seen & np.isfinite(squared))] = 0
        if mine.err is not None:
            squared += np.square(mine.err)
        np.sqrt(squared, out=err[start:stop])
        joined = bits[start:stop]
        joined[...] = 0 if mine.dq is None else mine.dq
        if other.dq is not None:
            joined |= other.dq
        joined[holes] |= _NO_SKY
        return int(np.count_nonzero(holes)), other.err is None

    bands = over_bands(ny, _BAND, subtract, job.part(0.7, 1), "Subtracting the sky")
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
        },
    )


def _in_cells(data: FloatArray, bad: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", side: int) -> FloatArray:
    """Means of the good pixels of square cells; NaN where fewer than half are good."""
    values = np.where(bad, np.float32(np.nan), data)
    if side == 1:
        return values
    ny, nx = values.shape[0] // side, values.shape[1] // side
    cells = values[: ny * side, : nx * side].reshape(ny, side, nx, side)
    good = np.isfinite(cells)
    count = np.count_nonzero(good, axis=(1, 3))
    sums = np.where(good, cells, 0).sum(axis=(1, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(2 * count >= side * side, sums / count, np.nan).astype(np.float32)


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
