"""Whether a sky fits a science cube: what is refused, and what is told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.resampling import Resampler, resampler
from calgui.core.algorithms.exposure import canonical_unit, exposure_time, file_name, number, scale_of
from calgui.core.algorithms.times import TIME_NEEDED, middle_of
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.spectra.axis import spectral_axis, wavelengths

#: what must be the same, with what it is
_SAME: Mapping[str, str] = {
    "INSTRUME": "the instrument",
    "DETECTOR": "the detector",
    "FILTER": "the filter",
    "GRATING": "the grating",
    "INSTMODE": "the mode of the spectrograph",
}


def axis_of(frame: FrameLike, what: str) -> npt.NDArray[np.float64]:
    """Wavelengths of the planes of a cube, or of the pixels of a spectrum.

    Parameters
    ----------
    frame : FrameLike
        Of three axes or of one.
    what : str
        ``science cube`` or ``sky``, for messages.

    Returns
    -------
    ndarray of float64
        In vacuum, nm.

    Raises
    ------
    InputError
        Where there are none, or they are not along the third axis.
    """
    count = len(frame.shape)
    if count not in (1, 3) or 0 in frame.shape:
        raise InputError(
            f"The {what} has {count} axes; a cube has three.",
            path=frame.path,
            cure="Choose a cube of wavelength, y, x.",
        )
    axis = spectral_axis(frame.header, count)
    if axis is None:
        raise InputError(
            f"The {what} does not say which axis is of wavelengths: no CTYPE is WAVE or AWAV.",
            path=frame.path,
            cure="Add CTYPE3, CUNIT3, CRVAL3, CRPIX3 and CD3_3 to its header.",
        )
    if axis != count:
        raise InputError(
            f"In the {what} the wavelength runs along axis {axis}, not along axis {count}.",
            path=frame.path,
            cure="Write it with x, y and wavelength as axes 1, 2 and 3.",
        )
    found = wavelengths(frame.header, axis, frame.shape[0])
    if found is None or len(found) < 8:
        raise InputError(
            f"The wavelengths of the {what} cannot be read from its header, or are fewer than eight.",
            path=frame.path,
            cure=f"CRVAL{axis}, CRPIX{axis}, CD{axis}_{axis} and CUNIT{axis} tell them; the axis must be linear.",
        )
    return found


@dataclass(frozen=True)
class Axes:
    """Wavelengths of science and sky, and what brings the latter to the former.

    Attributes
    ----------
    science, sky : ndarray of float64
        In vacuum, nm.
    path : Resampler
        From the sky's planes to the science's.
    factor : float
        From the sky's unit to the science's.
    """

    science: npt.NDArray[np.float64]
    sky: npt.NDArray[np.float64]
    path: Resampler
    factor: float


def check_cube_sky(cube: FrameLike, sky: FrameLike) -> Axes:
    """Refuse a sky that cannot be subtracted from a cube.

    Parameters
    ----------
    cube, sky : FrameLike
        Only headers and shapes are looked at.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        Naming the file, and what to do.
    """
    science, theirs = axis_of(cube, "science cube"), axis_of(sky, "sky")
    check_pair(cube, sky)
    factor = unit_factor(cube, sky)
    try:
        return Axes(science, theirs, resampler(science, theirs, cube.unit), factor)
    except InputError as error:
        error.path = sky.path
        raise


def check_pair(cube: FrameLike, sky: FrameLike) -> None:
    """Refuse a sky that is of something else.

    Parameters
    ----------
    cube, sky : FrameLike
        Only headers are looked at.

    Raises
    ------
    InputError
        Naming the sky, the keyword and both values.
    """
    if cube.path is not None and sky.path is not None and cube.path.resolve() == sky.path.resolve():
        raise InputError(
            "The sky is the science cube itself: nothing would be left of it.",
            path=sky.path,
            cure="Choose a cube of empty sky.",
        )
    for keyword, meaning in _SAME.items():
        ours, theirs = (" ".join(str(one.header.get(keyword) or "").split()).upper() for one in (cube, sky))
        if ours and theirs and ours != theirs:
            raise InputError(
                f"{keyword}, {meaning}, is {theirs} in the sky; in the science cube {file_name(cube)} it is {ours}.",
                path=sky.path,
                cure=f"Choose a sky of {meaning} {ours}.",
            )
    scales = [number(one.header, "SCALE") for one in (cube, sky)]
    if scales[0] and scales[1] and abs(scales[0] - scales[1]) > 0.01 * scales[0]:
        raise InputError(
            f"SCALE is {scales[1]:g} arcsec in the sky; in the science cube {file_name(cube)} it is {scales[0]:g}.",
            path=sky.path,
            cure="Choose a sky of the same spaxels.",
        )


def unit_factor(cube: FrameLike, sky: FrameLike) -> float:
    """What turns the numbers of the sky into the unit of the science.

    Parameters
    ----------
    cube, sky : FrameLike
        Only headers are looked at.

    Returns
    -------
    float

    Raises
    ------
    InputError
        Where the units differ and nothing says how.
    """
    ours, theirs = cube.unit, sky.unit
    if canonical_unit(ours) is None or canonical_unit(theirs) is None:
        if ours.replace(" ", "").lower() == theirs.replace(" ", "").lower():
            return 1.0
        raise InputError(
            f"BUNIT is {theirs or 'missing'} in the sky and {ours or 'missing'} in the science cube.",
            path=sky.path,
            cure="Choose a sky of the same unit.",
        )
    timeless = any(exposure_time(one.header) is None for one in (cube, sky))
    if canonical_unit(ours) == canonical_unit(theirs) and timeless:
        # lines are scaled in any case
        return scale_of([sky], needs_time=False).gain / scale_of([cube], needs_time=False).gain
    here, there = (scale_of([one]) for one in (cube, sky))
    return there.to_rate / here.to_rate


def doubts(cube: FrameLike, sky: FrameLike, config: CubeSkyConfig) -> tuple[list[str], float | None]:
    """What the headers give reason to doubt.

    Parameters
    ----------
    cube, sky : FrameLike
        Only headers are looked at.
    config : CubeSkyConfig
        Says how old a sky may be.

    Returns
    -------
    tuple of list of str and float or None
        Sentences with their cure; minutes between the middles of the two exposures, None where they are not known.
    """
    told = []
    if str(cube.header.get("S_BKDSUB", "")).strip().upper() == "COMPLETE":
        told.append(
            "S_BKDSUB is COMPLETE: a sky was subtracted from this cube before. Choose the cube as it was before that."
        )
    if str(sky.header.get("S_BKDSUB", "")).strip().upper() == "COMPLETE":
        told.append("S_BKDSUB of the sky is COMPLETE: its own sky was subtracted. Choose a sky with its light.")
    moments = [middle_of(one.header) for one in (cube, sky)]
    if moments[0] is None or moments[1] is None:
        which = "science cube" if moments[0] is None else "sky"
        told.append(
            f"The header of the {which} does not say when it was taken ({TIME_NEEDED}), so the age of the sky is "
            "not known."
        )
        return told, None
    age = abs((moments[0] - moments[1]).total_seconds()) / 60
    if age > config.sky_age:
        text = (
            f"{age:.0f} minutes" if age < 600 else f"{age / 60:.0f} hours" if age < 7200 else f"{age / 1440:.0f} days"
        )
        told.append(
            f"The sky was taken {text} from the science cube; the limit is {config.sky_age:g} minutes. Choose a sky "
            "nearer in time, or raise the option sky_age."
        )
    return told, age
