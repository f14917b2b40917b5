"""The slow part of ``extract-star`` on a cube: the star, its background and place at each wavelength."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.algorithms.fluxstar.config import StarConfig
from calgui.core.algorithms.fluxstar.finding import around, centre
from calgui.core.algorithms.fluxstar.inputs import BAD, Facts, Floats, Mask, Pixels, Singles, facts_of
from calgui.core.algorithms.fluxstar.photometry import Measured, measure_pixels
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job
from calgui.core.spectra.axis import spectral_axis, wavelengths

_BLOCKS, _CLIP, _ROUNDS = 16, 3.0, 4
#: the aperture follows a star that moves by more than this
_MOVES = 0.1


@dataclass(frozen=True, eq=False)
class MeasuredCube:
    """A star in a cube.

    Attributes
    ----------
    image : Measured
        Of the mean over wavelengths.
    header : mapping
        Of the cube.
    wavelength : ndarray of float64, shape (n,)
        nm in vacuum.
    data, variance : ndarray of float32, shape (n, ny, nx)
        Around the star; e-/s less the background, and its square; 0 where there is none.
    good, saturated : ndarray of bool
        Values that may be used, that are saturated.
    background, background_error : ndarray of float64, shape (n,)
        e-/s per spaxel.
    x, y : ndarray of float64, shape (n,)
        Place of the star in this part.
    propagated : bool
        Whether errors are those of ERR.
    """

    image: Measured
    header: Mapping[str, Any]
    wavelength: Floats
    data: Singles
    variance: Singles
    good: Mask
    saturated: Mask
    background: Floats
    background_error: Floats
    x: Floats
    y: Floats
    propagated: bool


def axis_of(frame: FrameLike) -> Floats:
    """Wavelengths of a cube.

    Parameters
    ----------
    frame : FrameLike
        (n, ny, nx).

    Returns
    -------
    ndarray of float64
        nm in vacuum.

    Raises
    ------
    InputError
        Where there are none, or not along the third axis of FITS.
    """
    axis = spectral_axis(frame.header, len(frame.shape))
    found = wavelengths(frame.header, axis, frame.shape[0]) if axis == 3 and len(frame.shape) == 3 else None
    if found is None:
        raise InputError(
            "The cube does not say its wavelengths along the third axis.",
            path=frame.path,
            cure="Add CTYPE3 (WAVE or AWAV), CUNIT3, CRVAL3, CRPIX3 and CD3_3 to its header.",
        )
    return found


def measure_cube(frame: FrameLike, references: Mapping[str, FrameLike], config: StarConfig, job: Job) -> MeasuredCube:
    """Find the star in the mean over wavelengths, and cut out what is around it.

    Parameters
    ----------
    frame : FrameLike
        (n, ny, nx).
    references, config, job
        As in `calgui.core.algorithms.fluxstar.photometry.measure_star`.

    Returns
    -------
    MeasuredCube

    Raises
    ------
    InputError, AlgorithmError
        When there is no star, or it cannot be measured.
    """
    wave = axis_of(frame)
    facts = facts_of(frame, config)
    job.report(0, "Reading the cube")
    n = frame.shape[0]
    rows = frame.rows(0, n)
    data = np.asarray(rows.data, np.float32) * np.float32(facts.to_rate)
    good = np.isfinite(data)
    saturated = np.zeros(good.shape, np.bool_)
    if rows.dq is not None:
        good &= (rows.dq & np.uint32(BAD)) == 0
        saturated = (rows.dq & np.uint32(flags.SATURATED)) != 0
    variance = None if rows.err is None else (np.asarray(rows.err, np.float32) * np.float32(facts.to_rate)) ** 2
    if variance is not None and not np.isfinite(variance[good]).any():
        variance = None
    job.check()
    image = measure_pixels(_mean(data, variance, good), frame, facts, references, config, job.part(0.3, 0.6))
    return _cut(frame, facts, wave, data, variance, good, saturated, image, config, job.part(0.6, 1))


def _mean(data: Singles, variance: Singles | None, good: Mask) -> Pixels:
    """Mean over wavelengths; a spaxel that lacks half of them says nothing."""
    count = good.sum(axis=0)
    mean = np.where(good, data, 0).sum(axis=0, dtype=np.float64) / np.maximum(count, 1)
    spread = None
    if variance is not None:
        known = good & np.isfinite(variance)
        spread = np.where(known, variance, 0).sum(axis=0, dtype=np.float64) / np.maximum(count, 1) ** 2
        spread = spread.astype(np.float32)
    bad = count < 0.5 * max(int(count.max()), 1)
    return Pixels(mean.astype(np.float32), spread, bad, np.zeros(bad.shape, np.bool_))


def _cut(
    frame: FrameLike,
    facts: Facts,
    wave: Floats,
    data: Singles,
    variance: Singles | None,
    good: Mask,
    saturated: Mask,
    image: Measured,
    config: StarConfig,
    job: Job,
) -> MeasuredCube:
    rows, columns = around(data.shape[1:], (image.star.x, image.star.y), math.ceil(image.rings[1]) + 2)
    data, good, saturated = data[:, rows, columns], good[:, rows, columns], saturated[:, rows, columns]
    y_of, x_of = np.indices(data.shape[1:], np.float64)
    dx, dy = np.asarray(x_of - image.part.x), np.asarray(y_of - image.part.y)
    distance = np.hypot(dx, dy)
    ring = (distance > image.rings[0]) & (distance <= image.rings[1]) & ~image.part.gone
    job.report(0.1, "Fitting the background")
    level, error, scatter, planes = _backgrounds(data, good, ring, dx, dy, config.background == "plane")
    left = np.where(good, data - planes, 0).astype(np.float32)
    job.check()
    usual = (scatter**2)[:, None, None]
    light = np.maximum(left, 0) / facts.seconds if facts.seconds else 0.0
    made = np.broadcast_to(usual + light, data.shape)
    if variance is not None:
        own = variance[:, rows, columns]
        made = np.where(np.isfinite(own) & (own > 0), own, made)
    job.report(0.6, "Following the star")
    x, y = _places(left, good & ~image.part.gone, image)
    return MeasuredCube(
        image, dict(frame.header), wave, left, made.astype(np.float32), good, saturated, level, error, x, y,
        variance is not None,
    )  # fmt: skip


def _backgrounds(
    data: Singles, good: Mask, ring: Mask, dx: Floats, dy: Floats, sloped: bool
) -> tuple[Floats, Floats, Floats, Any]:
    """Level, its error, scatter, and the plane of each wavelength."""
    values = np.where(good[:, ring], data[:, ring], np.nan).astype(np.float64)
    if values.shape[1] < 8:
        raise InputError(
            f"The annulus of the background holds {values.shape[1]} spaxels; 8 are needed.",
            cure="Choose another flux_radius, annulus_inner and annulus_outer.",
        )
    with np.errstate(invalid="ignore"):
        # one scatter for neighbouring wavelengths is told by too few spaxels: limits are those of each plane
        middle = _nanmedian(values)
        scatter = 1.4826 * _nanmedian(np.abs(values - middle[:, None]))
        for _ in range(_ROUNDS):
            kept = np.abs(values - middle[:, None]) <= _CLIP * scatter[:, None]
            count = np.maximum(kept.sum(axis=1), 1)
            middle = np.where(kept, values, 0).sum(axis=1) / count
            spread = np.sqrt(np.where(kept, (values - middle[:, None]) ** 2, 0).sum(axis=1) / np.maximum(count - 1, 1))
            scatter = np.where(spread > 0, spread / 0.98655, scatter)
    if not sloped:
        return middle, scatter / np.sqrt(count), scatter, middle[:, None, None]
    size = float(np.hypot(dx[ring], dy[ring]).max())
    design = np.stack([np.ones(int(ring.sum())), dx[ring] / size, dy[ring] / size], axis=1)
    filled = np.where(kept, values, middle[:, None])
    inverse = np.linalg.pinv(design)
    solution = filled @ inverse.T
    error = scatter * math.sqrt(float((inverse[0] ** 2).sum())) * np.sqrt(values.shape[1] / count)
    plane = solution @ np.stack([np.ones(dx.shape), dx / size, dy / size]).reshape(3, -1)
    return solution[:, 0], error, scatter, plane.reshape(-1, *dx.shape)


def _nanmedian(values: Floats) -> Floats:
    """Median along the second axis; 0 where there is nothing."""
    empty = ~np.isfinite(values).any(axis=1)
    found = np.zeros(values.shape[0])
    if not empty.all():
        found[~empty] = np.nanmedian(values[~empty], axis=1)
    return found


def blocks_of(n: int) -> list[slice]:
    """Parts of the wavelengths, each of which is looked at as a whole.

    Parameters
    ----------
    n : int
        Wavelengths.

    Returns
    -------
    list of slice
    """
    edges = np.unique(np.linspace(0, n, min(_BLOCKS, n) + 1).astype(int))
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(edges)]


def _places(data: Singles, good: Mask, image: Measured) -> tuple[Floats, Floats]:
    """Where the star is at each wavelength: a line through the centres of blocks, where it moves at all."""
    n = data.shape[0]
    found = []
    for block in blocks_of(n):
        mean = _mean(data[block], None, good[block])
        try:
            star = centre(mean.data, mean.bad, (image.part.x, image.part.y))
        except CalguiError:
            continue
        if math.hypot(star.x - image.part.x, star.y - image.part.y) < max(2.0, image.star.fwhm):
            found.append(((block.start + block.stop - 1) / 2, star.x, star.y))
    still = np.full(n, image.part.x), np.full(n, image.part.y)
    if len(found) < 4:
        return still
    at, *places = (np.array(column) for column in zip(*found, strict=True))
    made: list[Floats] = []
    for values in places:
        line = np.polyfit(at, values, 1)
        apart = values - np.polyval(line, at)
        near = np.abs(apart) <= 4 * max(1.4826 * float(np.median(np.abs(apart))), 1e-6)
        made.append(np.asarray(np.polyval(np.polyfit(at[near], values[near], 1), np.arange(n)), np.float64))
    moved = math.hypot(made[0][-1] - made[0][0], made[1][-1] - made[1][0])
    return (made[0], made[1]) if moved > _MOVES else still
