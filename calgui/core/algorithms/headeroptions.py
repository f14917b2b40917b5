"""Options that stand in for keywords which headers lack, in the same words everywhere.

An algorithm whose words differ declares its own.
"""

from typing import Any, Literal

from calgui.core.algorithms.options import option

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
