"""The picture that stars are measured on: pixels, which of them count, and their variance."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import Scale, canonical_unit, scale_of
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.holes import sketched
from calgui.core.algorithms.noise import MAD_TO_SIGMA, steps_along_rows
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.levels import Prior
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_UNUSABLE = flags.DO_NOT_USE | flags.DEAD | flags.NON_SCIENCE | flags.REFERENCE_PIXEL
#: how well the level of no light is known, in noises of a pixel
_ZERO = 0.01
#: pixels of a sample for noise and level
_SAMPLE = 400_000


@dataclass(frozen=True)
class Picture:
    """Pixels that stars are measured on.

    Attributes
    ----------
    data, variance : ndarray of float32, shape (ny, nx)
        0 where not good.
    good, saturated : ndarray of bool, shape (ny, nx)
        Which pixels count; which are flagged as saturated, or above the saturation that is given.
    level, noise : float
        Median of the picture and the noise of its empty pixels.
    per_electron : float or None
        Electrons of the exposure in one unit of the picture; None where nothing tells.
    errors_known : bool
        Whether the variance is of ERR.
    sky : Prior or None
        Level that the header makes likely; None where it says nothing of a sky that was subtracted.
    filled : ndarray of bool, shape (ny, nx), or None
        Pixels that count and were not seen: what they hold is from those around them. None for none.
    """

    data: Singles
    variance: Singles
    good: Mask
    saturated: Mask
    level: float
    noise: float
    per_electron: float | None
    errors_known: bool
    sky: Prior | None = None
    filled: Mask | None = None


def picture_of(frame: Frame, config: PsfConfig, *, detector: bool = True) -> Picture:
    """Pixels, mask and variance of an image.

    Parameters
    ----------
    frame : Frame
        (ny, nx).
    config : PsfConfig
        Says unit, gain, time and saturation where headers do not.
    detector : bool
        Whether these are pixels of a detector, with a border of reference pixels, and not of a cube.

    Returns
    -------
    Picture

    Raises
    ------
    InputError
        When no pixel can be used.
    """
    good = np.isfinite(frame.data)
    if detector:
        good &= region_of(frame).mask()
    saturated = np.zeros(frame.shape, np.bool_)
    if frame.dq is not None:
        saturated = (frame.dq & np.uint32(flags.SATURATED)) != 0
        good &= (frame.dq & np.uint32(_UNUSABLE)) == 0
        good &= ~saturated
    if not good.any():
        raise InputError(
            "No pixel of this image can be used: all are NaN or flagged.", path=frame.path, cure="Look at its DQ."
        )
    data = np.where(good, frame.data, np.float32(0)).astype(np.float32)
    level, noise = level_and_noise(data, good)
    per_electron = _electrons(frame, config)
    if config.saturation is not None and per_electron is not None:
        full = good & (data * np.float32(per_electron) >= config.saturation)
        saturated |= full
        good &= ~full
        data[full] = 0
    known = frame.err is not None and bool(np.isfinite(frame.err[good][:: max(1, data.size // _SAMPLE)]).mean() > 0.5)
    if known:
        assert frame.err is not None
        variance = np.square(np.where(good & np.isfinite(frame.err), frame.err, 0), dtype=np.float32)
        empty = np.float32(np.median(variance[good][:: max(1, data.size // _SAMPLE)]))
        variance[good & ~(variance > 0)] = max(float(empty), noise * noise)
    else:
        variance = np.full(data.shape, noise * noise, np.float32)
        if per_electron is not None:
            variance += np.clip(data - np.float32(level), 0, None) / np.float32(per_electron)
    variance[~good] = 0
    sky = level_left(frame.header, config.sky_change, noise)
    return Picture(data, variance, good, saturated, level, noise, per_electron, known, sky)


def level_left(header: Mapping[str, Any], change: float, noise: float) -> Prior | None:
    """What a sky that was subtracted leaves: its scale was fitted to an image whose halo may have been taken for sky.

    Parameters
    ----------
    header : mapping
        S_BKDSUB, SKYLEVEL: what was subtracted, SKYSCALE: the factor in it.
    change : float
        By how much the sky may differ from the one that was taken, over itself.
    noise : float
        Of a pixel.

    Returns
    -------
    Prior or None
        None where the header does not say it all.
    """
    if str(header.get("S_BKDSUB", "")).strip().upper() != "COMPLETE" or header.get("SKYOFFS"):
        return None
    level, scale = header.get("SKYLEVEL"), header.get("SKYSCALE")
    if not isinstance(level, int | float) or not isinstance(scale, int | float) or not level > 0 or not scale > 0:
        return None
    taken = float(level) / float(scale)
    return Prior(taken - float(level), math.hypot(change * taken, _ZERO * noise))


def _electrons(frame: Frame, config: PsfConfig) -> float | None:
    """Electrons in one unit, where unit, gain and time are known."""
    if config.unit is None and canonical_unit(frame.unit) is None:
        return None
    try:
        scale: Scale = scale_of([frame], config.unit, config.gain, config.exposure_time, needs_time=False)
    except InputError:
        return None
    if scale.is_rate and not scale.seconds:
        return None
    return scale.to_counts if scale.to_counts > 0 else None


def without_hits(picture: Picture, neighbour: float) -> Picture:
    """Leave out single bright pixels: cosmic rays and hot pixels that nobody flagged.

    Parameters
    ----------
    picture : Picture
        Pixels.
    neighbour : float
        Part of a pixel that the brightest of its eight neighbours has at least if it is of a star.

    Returns
    -------
    Picture
        Without those that stand ten sigma above the level, and whose neighbours have less; the same one if there are
        none.
    """
    ny, nx = picture.data.shape
    rows, columns = np.nonzero(picture.good & (picture.data > picture.level + 10 * picture.noise))
    inside = (rows > 0) & (rows < ny - 1) & (columns > 0) & (columns < nx - 1)
    rows, columns = rows[inside], columns[inside]
    best = np.full(rows.size, -np.inf, np.float32)
    whole = np.ones(rows.size, np.bool_)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if dy or dx:
                best = np.maximum(best, picture.data[rows + dy, columns + dx])
                whole &= picture.good[rows + dy, columns + dx]
    hit = whole & (best - picture.level < neighbour * (picture.data[rows, columns] - picture.level))
    if not hit.any():
        return picture
    good, data = picture.good.copy(), picture.data.copy()
    good[rows[hit], columns[hit]], data[rows[hit], columns[hit]] = False, 0
    return replace(picture, good=good, data=data)


def sketch_of(picture: Picture) -> Picture:
    """The picture to find stars on: with lost pixels drawn in roughly where they lie in bright light.

    Parameters
    ----------
    picture : Picture
        Pixels.

    Returns
    -------
    Picture
        Saturated pixels are left.
    """
    known = picture.good | picture.saturated
    data, good = sketched(picture.data, known, picture.level, picture.noise)
    return picture if data is picture.data else replace(picture, data=data, good=good & ~picture.saturated)


def level_and_noise(data: Singles, good: Mask) -> tuple[float, float]:
    """Level of most pixels, and the noise from one to the next, which a smooth halo does not raise.

    Parameters
    ----------
    data : ndarray of float32, shape (ny, nx)
        Pixels.
    good : ndarray of bool
        Which count.

    Returns
    -------
    tuple of float
    """
    step = max(1, data.size // _SAMPLE)
    rows, keep = data[::step], good[::step]
    values = rows[keep]
    level = float(np.median(values)) if values.size else 0.0
    steps = steps_along_rows(rows, keep)
    if steps.size < 16:
        return level, float(np.std(values)) if values.size > 1 else 0.0
    noise = float(MAD_TO_SIGMA * np.median(np.abs(steps - np.median(steps)))) / math.sqrt(2)
    if noise <= 0:  # no noise at all: a simulated image, or one of whole numbers
        noise = max(1e-7 * float(np.abs(values).max()), 1e-30)
    return level, noise
