"""Options that stand in for keywords which headers lack, in the same words everywhere.

An algorithm whose words differ declares its own.
"""

from typing import Any, Literal

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.options import option
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

#: what BUNIT may say
Unit = Literal["electron", "electron/s", "adu", "adu/s"]

#: heading under which a form folds these options away
HEADERS = "frames and their headers"


def unit_option(of: str = "the frames", group: str = HEADERS) -> Any:
    """The unit, for a field of type ``Unit | None``.

    Parameters
    ----------
    of : str
        What it is the unit of.
    group : str
        Heading under which a form folds it away.

    Returns
    -------
    dataclasses.Field
    """
    return option(None, f"Unit of {of}, where BUNIT is missing or wrong.", group=group)


def time_option(of: str = "", group: str = HEADERS) -> Any:
    """The exposure time in seconds, for a field of type ``float | None``.

    Parameters
    ----------
    of : str
        What it is the time of; nothing where that is clear.
    group : str
        Heading under which a form folds it away.

    Returns
    -------
    dataclasses.Field
    """
    whose = f"Exposure time of {of}" if of else "Exposure time"
    lacking = "where EFFINTTM, EXPTIME and EFFEXPTM are missing or wrong"
    return option(None, f"{whose}, {lacking}.", unit="s", minimum=1e-6, group=group)


def gain_option(group: str = HEADERS) -> Any:
    """The gain in e-/adu, for a field of type ``float | None``.

    Parameters
    ----------
    group : str
        Heading under which a form folds it away.

    Returns
    -------
    dataclasses.Field
    """
    return option(None, "Gain, where GAIN is missing or wrong.", unit="e-/adu", minimum=1e-6, group=group)


def scale_option(group: str = HEADERS) -> Any:
    """The plate scale in mas per pixel, for a field of type ``float | None``.

    Parameters
    ----------
    group : str
        Heading under which a form folds it away.

    Returns
    -------
    dataclasses.Field
    """
    return option(
        None,
        "Plate scale, where SCALE is missing or wrong.",
        unit="mas/pixel",
        minimum=0.01,
        maximum=1000,
        group=group,
    )


def pixel_mas(frame: FrameLike, given: float | None) -> float:
    """The plate scale of a frame.

    Parameters
    ----------
    frame : FrameLike
        Its header is asked for SCALE, arcsec per pixel.
    given : float or None
        What the option ``pixel_scale_mas`` says.

    Returns
    -------
    float
        mas per pixel.

    Raises
    ------
    InputError
        Where neither says it.
    """
    if given is not None:
        return given
    arcsec = number(frame.header, "SCALE")
    if arcsec is None or arcsec <= 0:
        raise InputError(
            "The plate scale is missing: SCALE holds no number of arcsec per pixel.",
            path=frame.path,
            cure="Add SCALE to the header, or give the option pixel_scale_mas.",
        )
    return 1000 * arcsec


def temperature_option(of: str = "the frames", group: str = HEADERS) -> Any:
    """The largest difference of temperature in K, for a field of type ``float``.

    Parameters
    ----------
    of : str
        What may differ.
    group : str
        Heading under which a form folds it away.

    Returns
    -------
    dataclasses.Field
    """
    return option(
        0.5, f"Largest difference of the detector's temperature among {of}.", unit="K", minimum=0, group=group
    )
