"""A star in a cube, by wavelength."""

import math
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.centroids import FAILED, SATURATED
from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.finding import Found
from calgui.core.algorithms.psf.measured import Measured, Slice
from calgui.core.algorithms.psf.picture import picture_of
from calgui.core.algorithms.psf.setting import Setting, setting_of
from calgui.core.algorithms.psf.stars import measure_stars
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job
from calgui.core.spectra.axis import spectral_axis, wavelengths

Floats = npt.NDArray[np.float64]


class MeasurePicture(Protocol):
    """How a picture is measured."""

    def __call__(
        self, frame: Frame, setting: Setting, config: PsfConfig, job: Job, *, detector: bool = True
    ) -> Measured:
        """See `calgui.core.algorithms.psf.measuring.measure_picture`."""


#: ranges of wavelengths that a cube is measured in: more than these would say the same twice
SLICES = 32
_BLOCK = 4_000_000


def check_cube(cube: FrameLike, config: PsfConfig) -> None:
    """Refuse a cube whose wavelengths or plate scale are not known.

    Parameters
    ----------
    cube : FrameLike
        Its header and shape are looked at.
    config : PsfConfig
        Its options stand in for keywords.

    Raises
    ------
    InputError
        Naming what is missing.
    """
    setting_of(cube, config, _ends(wavelengths_um(cube)))


def wavelengths_um(cube: FrameLike) -> Floats:
    """Wavelengths of the planes of a cube.

    Parameters
    ----------
    cube : FrameLike
        (n, ny, nx).

    Returns
    -------
    ndarray of float64, shape (n,)
        In vacuum, µm.

    Raises
    ------
    InputError
        The header does not say, or the wavelength is another axis.
    """
    axis = spectral_axis(cube.header, 3) if len(cube.shape) == 3 else None
    if axis != 3:
        raise InputError(
            "The wavelength is not the last axis of this cube.",
            path=cube.path,
            cure="Give a cube of (wavelength, y, x).",
        )
    found = wavelengths(cube.header, axis, cube.shape[0])
    if found is None:
        raise InputError(
            "The wavelengths of this cube are missing: CTYPE3 says that there are some, CRVAL3 and CDELT3 or CD3_3 do "
            "not say which.",
            path=cube.path,
            cure="Add them to the header.",
        )
    return np.asarray(found / 1000)


def _ends(wavelength_um: Floats) -> tuple[float, float]:
    return float(wavelength_um.min()), float(wavelength_um.max())


def measure_cube(cube: FrameLike, config: PsfConfig, job: Job, measure_picture: MeasurePicture) -> Measured:
    """Measure the stars of the mean of all planes, and the brightest one by wavelength.

    Parameters
    ----------
    cube : FrameLike
        (n, ny, nx).
    config : PsfConfig
        See its options; a wavelength that it gives is for the mean alone.
    job : Job
        Progress and cancel.
    measure_picture : callable
        How a picture is measured.

    Returns
    -------
    Measured
        With slices.
    """
    wave = wavelengths_um(cube)
    setting = setting_of(cube, config, _ends(wave))
    groups = np.array_split(np.arange(len(wave)), min(SLICES, len(wave)))
    steps = job.track(groups, len(groups), "Reading planes")
    means = [mean_planes(cube, int(group[0]), int(group[-1]) + 1) for group in steps]
    whole = mean_frames(means)
    measured = measure_picture(whole, setting, config, job.part(0.3, 0.6), detector=False)
    usable = np.flatnonzero((measured.stars.flags & (SATURATED | FAILED)) == 0)
    star = int(usable[np.argmax(measured.stars.height[usable])])
    slices = []
    place = np.array([measured.stars.x[star]]), np.array([measured.stars.y[star]])
    for group, frame in zip(groups, job.track(means, len(means), "Measuring planes"), strict=True):
        at = setting.at(float(wave[group].mean()))
        slices.append(_slice(frame, at, place, config, (int(group[0]), int(group[-1])), job))
    return replace(measured, slices=tuple(slices))


def _slice(
    frame: Frame, setting: Setting, place: tuple[Floats, Floats], config: PsfConfig, planes: tuple[int, int], job: Job
) -> Slice:
    perfect = None if setting.coarse else setting.perfect(_extent(frame, setting, config))
    try:
        picture = picture_of(frame, config, detector=False)
    except InputError:
        return Slice(setting.wavelength_um, setting, perfect, None, planes)
    found = Found(*place, np.array([math.nan]), np.array([False]))
    stars = measure_stars(picture, found, setting, perfect, config, Job(), clicked=True)
    job.check()
    return Slice(setting.wavelength_um, setting, perfect, stars, planes)


def _extent(frame: Frame, setting: Setting, config: PsfConfig) -> float:
    """How far a perfect star is needed, mas: a cube's field is small."""
    diagonal = math.hypot(*frame.shape) * setting.pixel_mas
    return float(min(config.flux_radius, diagonal) + 20)


def mean_planes(cube: FrameLike, first: int, last: int) -> Frame:
    """Mean of some planes, without values that are flagged.

    Parameters
    ----------
    cube : FrameLike
        (n, ny, nx).
    first, last : int
        The planes, the last one exclusive.

    Returns
    -------
    Frame
        (ny, nx), with the error of a mean; NaN where fewer than half of the planes can be used.
    """
    ny, nx = cube.shape[1:]
    total, weight, variance = np.zeros((ny, nx)), np.zeros((ny, nx)), np.zeros((ny, nx))
    full = np.zeros((ny, nx), np.bool_)
    known = True
    step = max(1, _BLOCK // max(ny * nx, 1))
    for start in range(first, last, step):
        rows = cube.rows(start, min(start + step, last))
        good = np.isfinite(rows.data)
        if rows.dq is not None:
            good &= (rows.dq & np.uint32(flags.DO_NOT_USE)) == 0
            full |= ((rows.dq & np.uint32(flags.SATURATED)) != 0).any(axis=0)
        total += np.where(good, rows.data, 0).sum(axis=0, dtype=np.float64)
        weight += good.sum(axis=0)
        if rows.err is None:
            known = False
        else:
            error = np.where(good & np.isfinite(rows.err), rows.err, 0)
            variance += np.square(error, dtype=np.float64).sum(axis=0)
    enough = weight >= 0.5 * (last - first)
    data = np.where(enough, total / np.maximum(weight, 1), np.nan).astype(np.float32)
    err = np.where(enough, np.sqrt(variance) / np.maximum(weight, 1), np.nan).astype(np.float32) if known else None
    bits = np.where(full, np.uint32(flags.SATURATED), np.uint32(0))
    bits[~enough] |= np.uint32(flags.DO_NOT_USE)
    return Frame(data, err, bits, _plane_header(cube), cube.path)


def _plane_header(cube: FrameLike) -> dict[str, object]:
    """Keywords of a picture: those of the third axis are left out."""
    return {key: value for key, value in cube.header.items() if not (key.endswith("3") and key[:5] in _AXIS)}


_AXIS = ("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT")


def mean_frames(frames: list[Frame]) -> Frame:
    """Mean of pictures.

    Parameters
    ----------
    frames : list of Frame
        Of one shape.

    Returns
    -------
    Frame
        With the header of the first.
    """
    data = np.array([frame.data for frame in frames])
    bits = np.array([frame.dq for frame in frames if frame.dq is not None])
    count = np.isfinite(data).sum(axis=0)
    mean = np.where(count > 0, np.nansum(data, axis=0) / np.maximum(count, 1), np.nan).astype(np.float32)
    err = None
    if all(frame.err is not None for frame in frames):
        squares = np.nansum(np.square([frame.err for frame in frames if frame.err is not None]), axis=0)
        err = np.where(count > 0, np.sqrt(squares) / np.maximum(count, 1), np.nan).astype(np.float32)
    together = np.where(count > 0, np.uint32(0), np.uint32(flags.DO_NOT_USE))
    together |= np.bitwise_or.reduce(bits & np.uint32(flags.SATURATED), axis=0)
    return Frame(mean, err, together, frames[0].header, frames[0].path)
