"""Wavelengths of an exposure: its band, and the one that shifts are counted from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calgui.core.algorithms.dispersion.config import AdcConfig
from calgui.core.algorithms.exposure import number
from calgui.core.atmosphere.index import RANGE
from calgui.core.errors import InputError


def band_of(header: Mapping[str, Any], config: AdcConfig, path: Path | None) -> tuple[float, float]:
    """First and last wavelength of an exposure without planes.

    Parameters
    ----------
    header : mapping
        WAVEMIN, WAVEMAX, in µm.
    config : AdcConfig
        Options stand in for them.
    path : pathlib.Path or None
        For messages.

    Returns
    -------
    tuple of float
        µm.

    Raises
    ------
    InputError
        They are missing, or no range.
    """
    first = config.wavemin_um if config.wavemin_um is not None else number(header, "WAVEMIN")
    last = config.wavemax_um if config.wavemax_um is not None else number(header, "WAVEMAX")
    if first is None or last is None:
        raise InputError(
            "The band is not known: WAVEMIN and WAVEMAX hold no numbers of µm.",
            path=path,
            cure="Add them to the header, or give the options wavemin_um and wavemax_um.",
        )
    if not 0 < first < last:
        raise InputError(
            f"WAVEMIN is {first:g} µm and WAVEMAX {last:g} µm: this is no range of wavelengths.",
            path=path,
            cure="Correct them in the header, or give the options wavemin_um and wavemax_um.",
        )
    return first, last


def check_range(first: float, last: float, path: Path | None) -> None:
    """Refuse wavelengths for which the index of air is not known.

    Parameters
    ----------
    first, last : float
        µm.
    path : pathlib.Path or None
        For messages.

    Raises
    ------
    InputError
        Saying which are.
    """
    if first < RANGE[0] or last > RANGE[1]:
        raise InputError(
            f"The wavelengths are {first:.4g} to {last:.4g} µm; the index of air is known from {RANGE[0]:g} to "
            f"{RANGE[1]:g} µm.",
            path=path,
            cure="Choose another band, or correct the wavelengths of the header; they are in µm, in vacuum.",
        )


def reference_of(header: Mapping[str, Any], given: float | None, first: float, last: float) -> float:
    """Wavelength that shifts are counted from.

    Parameters
    ----------
    header : mapping
        WAVECEN counts if it lies in the band.
    given : float or None
        What the option says.
    first, last : float
        The band, µm.

    Returns
    -------
    float
        µm.
    """
    if given is not None:
        return given
    middle = number(header, "WAVECEN")
    return middle if middle is not None and first <= middle <= last else (first + last) / 2
