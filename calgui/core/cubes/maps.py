"""Maps of an emission line: its flux, the continuum below it, its place and its width, for each spaxel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.cubes.cube import Cube
from calgui.core.errors import UsageError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

Array = npt.NDArray[Any]

#: speed of light in km/s (exact)
_LIGHT = 299_792.458
#: rows that are worked on at a time, and numbers of them: several arrays of that size are held
_ROWS, _BLOCK = 16, 1_500_000


@dataclass(frozen=True)
class LineMaps:
    """Pictures of a line.

    Attributes
    ----------
    flux : Frame
        Sum over the range of the line, less the continuum: in the cube's unit times planes.
    continuum : Frame
        Mean continuum under the line, in the cube's unit.
    centre : Frame
        First moment, in nm, or in planes where the cube has no wavelengths; NaN where the flux is not above three
        times its error (or not above zero, without errors).
    width : Frame
        Second moment as a standard deviation, in km/s, or in planes; NaN where that of ``centre`` is, and where noise
        makes it negative.
    """

    flux: Frame
    continuum: Frame
    centre: Frame
    width: Frame


def line_maps(cube: Cube, line: tuple[int, int], continuum: Sequence[tuple[int, int]], job: Job) -> LineMaps:
    """Measure a line in every spaxel.

    Parameters
    ----------
    cube : Cube
        Any.
    line : tuple of int
        Planes of the line, from and up to but not including.
    continuum : sequence of tuple of int
        Ranges of planes beside it; a straight line is fitted through them in each spaxel, all planes alike.
    job : Job
        Looked at, and told how far it is.

    Returns
    -------
    LineMaps
        Errors of planes taken as independent; that of the continuum's fit is contained in the flux's.

    Raises
    ------
    UsageError
        A range is empty or outside of the cube, or the continuum has fewer than two planes.
    """
    n, ny, nx = cube.shape
    inside = np.zeros(n, bool)
    inside[slice(*line)] = True
    beside = np.zeros(n, bool)
    for one in continuum:
        beside[slice(*one)] = True
    beside &= ~inside
    if not inside.any() or np.count_nonzero(beside) < 2:
        raise UsageError(
            "A line needs planes of its own, and two or more of continuum beside it.", cure="Choose longer ranges."
        )
    places = np.arange(n, dtype=np.float64) if cube.wavelength is None else cube.wavelength
    flux, level, centre, width, error = (np.full((ny, nx), np.nan) for _ in range(5))
    used = np.flatnonzero(inside | beside)
    step = max(1, min(_ROWS, _BLOCK // (used.size * nx)))
    for low in range(0, ny, step):
        job.check()
        rows = slice(low, min(low + step, ny))
        values, sigma = cube.block(used, rows.start, rows.stop)
        made = _measure(values, sigma, places[used], inside[used], beside[used])
        for target, part in zip((flux, level, centre, width, error), made, strict=True):
            target[rows] = part
        job.report(rows.stop / ny)
    strong = flux > (3 * error if cube.has_errors else 0)
    centre[~strong] = np.nan
    width[~strong] = np.nan
    if cube.wavelength is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            width = width / centre * _LIGHT

    def frame(array: Array, unit: str, err: Array | None = None) -> Frame:
        header = {**cube.picture_header, "BUNIT": unit}  # the place on the sky is the cube's
        return Frame(array.astype(np.float32), None if err is None else err.astype(np.float32), None, header)

    apart = "nm" if cube.wavelength is not None else "plane"
    return LineMaps(
        frame(flux, cube.unit, error if cube.has_errors else None),
        frame(level, cube.unit),
        frame(centre, apart),
        frame(width, "km/s" if cube.wavelength is not None else "plane"),
    )


def _measure(values: Array, sigma: Array | None, places: Array, line: Array, beside: Array) -> tuple[Array, ...]:
    """Flux, continuum, centre, width and the flux's error of some rows; axes (plane, y, x)."""
    good = np.isfinite(values)
    x = places - places[line].mean()
    weight = (good & beside[:, None, None]).astype(np.float64)
    filled = np.where(good, values, 0.0)
    x3 = x[:, None, None]
    s0, s1, s2 = weight.sum(axis=0), (weight * x3).sum(axis=0), (weight * x3**2).sum(axis=0)
    t0, t1 = (weight * filled).sum(axis=0), (weight * x3 * filled).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = s0 * s2 - s1**2
        slope = np.where(size > 0, (s0 * t1 - s1 * t0) / size, np.nan)
        base = np.where(size > 0, (s2 * t0 - s1 * t1) / size, np.nan)
        own = good[line]
        above = np.where(own, filled[line] - (base + slope * x3[line]), 0.0)
        flux = np.where(own.any(axis=0), above.sum(axis=0), np.nan) + 0 * base
        xs = x3[line]
        first = (above * xs).sum(axis=0) / flux
        second = (above * (xs - first) ** 2).sum(axis=0) / flux
        width = np.sqrt(np.where(second > 0, second, np.nan))
        level = base + slope * xs.mean()
        error = np.full(flux.shape, np.nan)
        if sigma is not None:
            m, xm = own.sum(axis=0), np.where(own, xs, 0.0).sum(axis=0)
            # the flux is linear in all values: each plane of continuum counts with what the fit makes of it
            gain = weight * (m * (s2 - s1 * x3) + xm * (s0 * x3 - s1)) / size
            squared = np.square(np.where(good, sigma, 0.0))
            error = np.sqrt(np.where(own, squared[line], 0.0).sum(axis=0) + (gain**2 * squared).sum(axis=0))
    return flux, level, first + places[line].mean(), width, error
