"""What the corrector of the atmospheric dispersion took out, by what is known of its prisms."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.dispersion.conditions import Known, Lying, known_of
from calgui.core.algorithms.dispersion.config import AdcConfig
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
DESIGN = Air(61500.0, 275.15, 0.2)
ENDS = (1.0, 2.4)


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
    ends = dispersion(np.array(ENDS), reference, DESIGN, 45.0, "apparent")
    return np.asarray(dispersion(wavelength, reference, DESIGN, 45.0, "apparent") / (ends[0] - ends[1]))


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
    part = known_of(header, config.adc_fraction, FRACTION)
    a, b = known_of(header, config.adc_prism_a, PRISM_A), known_of(header, config.adc_prism_b, PRISM_B)
    way = config.adc
    if way == "auto":
        way = "fraction" if part is not None else "prisms" if a is not None or b is not None else "none"
        if way == "none":
            note = "Nothing says what the corrector took out, so that nothing was taken off the dispersion of air."
            return Correction(nothing, nothing, {"corrector": ("not known", "")}, note, False)
    if way == "none":
        return Correction(nothing, nothing, {"corrector": ("took out nothing", "option")})
    if way == "prisms":
        strength = known_of(header, config.adc_prism_mas, PRISM_MAS)
        return _by_prisms(a, b, strength, glass(wavelength, reference), lying, path)
    if part is None:
        raise InputError(
            "The part of the dispersion that the corrector took out is missing.",
            path=path,
            cure="Give the option adc_fraction.",
        )
    return Correction(part.value * air, nothing, {"corrector took out": (f"{100 * part.value:.4g} %", part.source)})


def _by_prisms(
    a: Known | None, b: Known | None, strength: Known | None, shape: Floats, lying: Lying | str, path: Path | None
) -> Correction:
    """What two prisms took out, by their rotations, and the dispersion of one in mas and in form."""
    if a is None or b is None or strength is None:
        named = ((a, "adc_prism_a"), (b, "adc_prism_b"), (strength, "adc_prism_mas"))
        raise InputError(
            f"To tell what the prisms took out, there is missing: {', '.join(n for found, n in named if not found)}.",
            path=path,
            cure="Give these options, or adc=none or adc_fraction.",
        )
    if isinstance(lying, str):
        raise InputError(
            f"The prisms are told from the axes of the picture. {lying}", path=path, cure="Give the options named."
        )
    # unit vectors on the picture, towards which longer wavelengths are moved: towards the zenith undoes the air
    x = sum(math.cos(math.radians(prism.value)) for prism in (a, b))
    y = sum(math.sin(math.radians(prism.value)) for prism in (a, b))
    along, across = lying.orientation.to_sky(np.array([x]), np.array([y]), lying.zenith)
    return Correction(
        np.asarray(strength.value * shape * along[0]),
        np.asarray(strength.value * shape * across[0]),
        {
            "prism A": (f"{a.value:.3f}°", a.source),
            "prism B": (f"{b.value:.3f}°", b.source),
            "dispersion of one prism, 1 to 2.4 µm": (f"{strength.value:.3f} mas", strength.source),
        },
    )
