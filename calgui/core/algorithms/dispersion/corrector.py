"""What the corrector of the atmospheric dispersion took out, by what is known of its prisms."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.conditions import Lying
from calgui.core.algorithms.dispersion.config import AdcConfig
from calgui.core.algorithms.exposure import number
from calgui.core.atmosphere.ciddor import Air
from calgui.core.atmosphere.refraction import dispersion
from calgui.core.errors import InputError

Floats = npt.NDArray[np.float64]

#: keywords that may hold the rotations of the prisms, what one of them disperses, and the part that was taken out; the
#: telemetry of IRIS has names for the rotations (imager.adc.PRISM_current.rotationA) and no keywords
PRISM_A = ("ADCROTA", "ADCPRSMA", "ADCANGA", "ADC_A", "PRISMA", "ADCA")
PRISM_B = ("ADCROTB", "ADCPRSMB", "ADCANGB", "ADC_B", "PRISMB", "ADCB")
PRISM_MAS = ("ADCMAS", "ADCPRMAS", "PRISMMAS")
FRACTION = ("ADCFRAC", "ADCCORR", "ADCPART")
#: the air that glasses are chosen for: a median night of Mauna Kea
_DESIGN = Air(61500.0, 275.15, 0.2)
_ENDS = (1.0, 2.4)


@dataclass(frozen=True)
class Correction:
    """What the corrector took out.

    Attributes
    ----------
    along, across : ndarray of float64
        Towards the zenith and at right angles to it, of the dispersion of air, mas.
    listed : mapping of str to tuple of str
        What it is to value and source, for people.
    note : str
        A sentence; empty where there is nothing to say.
    known : bool
        Whether anything said what it did.
    """

    along: Floats
    across: Floats
    listed: Mapping[str, tuple[str, str]]
    note: str = ""
    known: bool = True


def _value(given: float | None, header: Mapping[str, Any], names: tuple[str, ...]) -> tuple[float, str] | None:
    if given is not None:
        return given, "option"
    for name in names:
        if (value := number(header, name)) is not None:
            return value, name
    return None


def glass(wavelength: Floats, reference: float) -> Floats:
    """Dispersion of a prism whose glasses follow the air of a median night.

    Parameters
    ----------
    wavelength : ndarray of float64
        In vacuum, µm.
    reference : float
        In vacuum, µm.

    Returns
    -------
    ndarray of float64
        0 at the reference; 1 apart at 1 and 2.4 µm.
    """
    ends = dispersion(np.array(_ENDS), reference, _DESIGN, 45.0, "apparent")
    return np.asarray(dispersion(wavelength, reference, _DESIGN, 45.0, "apparent") / (ends[0] - ends[1]))


def correction_of(
    header: Mapping[str, Any],
    config: AdcConfig,
    wavelength: Floats,
    reference: float,
    air: Floats,
    lying: Lying | str,
    path: Path | None,
) -> Correction:
    """What was taken out of the dispersion of air.

    Parameters
    ----------
    header : mapping
        Of the exposure.
    config : AdcConfig
        Options stand in for keywords.
    wavelength : ndarray of float64, shape (n,)
        In vacuum, µm.
    reference : float
        Wavelength that shifts are counted from, µm.
    air : ndarray of float64, shape (n,)
        Dispersion of air towards the zenith, mas.
    lying : Lying or str
        How the picture lies, or why that is not known: the prisms are told from its axes.
    path : pathlib.Path or None
        For messages.

    Returns
    -------
    Correction

    Raises
    ------
    InputError
        Where the options ask for what cannot be told.
    """
    nothing = np.zeros_like(air)
    part = _value(config.adc_fraction, header, FRACTION)
    a, b = _value(config.adc_prism_a, header, PRISM_A), _value(config.adc_prism_b, header, PRISM_B)
    strength = _value(config.adc_prism_mas, header, PRISM_MAS)
    way = config.adc
    if way == "auto":
        way = "fraction" if part is not None else "prisms" if a is not None or b is not None else "none"
        if way == "none":
            note = "Nothing says what the corrector took out, so that nothing was taken off the dispersion of air."
            return Correction(nothing, nothing, {"corrector": ("not known", "")}, note, False)
    if way == "none":
        return Correction(nothing, nothing, {"corrector": ("took out nothing", "option")})
    if way == "fraction":
        if part is None:
            raise InputError(
                "The part of the dispersion that the corrector took out is missing.",
                path=path,
                cure="Give the option adc_fraction.",
            )
        return Correction(part[0] * air, nothing, {"corrector took out": (f"{100 * part[0]:.4g} %", part[1])})
    missing = [
        name for found, name in ((a, "adc_prism_a"), (b, "adc_prism_b"), (strength, "adc_prism_mas")) if found is None
    ]
    if a is None or b is None or strength is None:
        raise InputError(
            f"To tell what the prisms took out, there is missing: {', '.join(missing)}.",
            path=path,
            cure="Give these options, or adc=none or adc_fraction.",
        )
    if isinstance(lying, str):
        raise InputError(
            f"The prisms are told from the axes of the picture. {lying}", path=path, cure="Give the options named."
        )
    # unit vectors on the picture, towards which longer wavelengths are moved: towards the zenith undoes the air
    x = sum(math.cos(math.radians(value)) for value, _ in (a, b))
    y = sum(math.sin(math.radians(value)) for value, _ in (a, b))
    along, across = lying.orientation.to_sky(np.array([x]), np.array([y]), lying.zenith)
    shape = strength[0] * glass(wavelength, reference)
    return Correction(
        np.asarray(shape * along[0]),
        np.asarray(shape * across[0]),
        {
            "prism A": (f"{a[0]:.3f}°", a[1]),
            "prism B": (f"{b[0]:.3f}°", b[1]),
            "dispersion of one prism, 1 to 2.4 µm": (f"{strength[0]:.3f} mas", strength[1]),
        },
    )
