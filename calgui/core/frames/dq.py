"""Data-quality bits, each defined once; names, decoder, colours and documentation derive from `FLAGS`.

The bits are those of the JWST pipeline (``stdatamodels.jwst.datamodels.dqflags.pixel``), which IRIS follows.
"""

from dataclasses import dataclass

import numpy as np

from calgui.core.errors import UsageError
from calgui.core.frames.frame import DqArray


@dataclass(frozen=True)
class Flag:
    """One data-quality bit.

    Attributes
    ----------
    bit : int
        Its number, from 0.
    name : str
        As in FITS headers and the JWST documentation.
    meaning : str
        One line for a person.
    colour : str
        ``#rrggbb`` of the overlay; bits that are seen together differ for the colour-blind too.
    """

    bit: int
    name: str
    meaning: str
    colour: str = "#9aa0a6"

    @property
    def value(self) -> int:
        """The bit as a number, 2**bit."""
        return 1 << self.bit


FLAGS: tuple[Flag, ...] = (
    Flag(0, "DO_NOT_USE", "Bad pixel: do not use", "#d55e00"),
    Flag(1, "SATURATED", "Saturated during the exposure", "#f0e442"),
    Flag(2, "JUMP_DET", "Jump found during the exposure (cosmic ray)", "#56b4e9"),
    Flag(3, "DROPOUT", "Data lost in transmission"),
    Flag(4, "OUTLIER", "Outlier in combination or resampling", "#0072b2"),
    Flag(5, "PERSISTENCE", "High persistence", "#cc79a7"),
    Flag(6, "AD_FLOOR", "Below the floor of the converter"),
    Flag(7, "CHARGELOSS", "Charge migrated to neighbours"),
    Flag(8, "UNRELIABLE_ERROR", "Error is not reliable"),
    Flag(9, "NON_SCIENCE", "Pixel does not see the sky (reference pixels)", "#7f7f7f"),
    Flag(10, "DEAD", "Dead pixel", "#0072b2"),
    Flag(11, "HOT", "Hot pixel", "#e69f00"),
    Flag(12, "WARM", "Warm pixel", "#cc79a7"),
    Flag(13, "LOW_QE", "Low quantum efficiency", "#009e73"),
    Flag(14, "RC", "RC pixel"),
    Flag(15, "TELEGRAPH", "Telegraph noise", "#f0e442"),
    Flag(16, "NONLINEAR", "Strongly non-linear"),
    Flag(17, "BAD_REF_PIXEL", "Reference pixel cannot be used"),
    Flag(18, "NO_FLAT_FIELD", "Flat field could not be measured", "#009e73"),
    Flag(19, "NO_GAIN_VALUE", "Gain could not be measured"),
    Flag(20, "NO_LIN_CORR", "Linearity correction not available"),
    Flag(21, "NO_SAT_CHECK", "Saturation check not available"),
    Flag(22, "UNRELIABLE_BIAS", "Large variance of the bias"),
    Flag(23, "UNRELIABLE_DARK", "Large variance of the dark"),
    Flag(24, "UNRELIABLE_SLOPE", "Large variance of the slope"),
    Flag(25, "UNRELIABLE_FLAT", "Large variance of the flat"),
    Flag(26, "OPEN", "Open pixel: charge goes to its neighbours", "#56b4e9"),
    Flag(27, "ADJ_OPEN", "Next to an open pixel"),
    Flag(28, "FLUX_ESTIMATED", "Value was estimated, not measured"),
    Flag(29, "MSA_FAILED_OPEN", "Sees light from a shutter that failed open"),
    # seen in maps of other conventions, which give no reason: as DO_NOT_USE, not in the grey that a flat picture has
    Flag(30, "OTHER_BAD_PIXEL", "Bad for another reason", "#d55e00"),
    Flag(31, "REFERENCE_PIXEL", "Reference pixel"),
)

BY_NAME: dict[str, Flag] = {flag.name: flag for flag in FLAGS}

DO_NOT_USE = BY_NAME["DO_NOT_USE"].value
SATURATED = BY_NAME["SATURATED"].value
JUMP_DET = BY_NAME["JUMP_DET"].value
OUTLIER = BY_NAME["OUTLIER"].value
NON_SCIENCE = BY_NAME["NON_SCIENCE"].value
DEAD = BY_NAME["DEAD"].value
HOT = BY_NAME["HOT"].value
WARM = BY_NAME["WARM"].value
NONLINEAR = BY_NAME["NONLINEAR"].value
NO_LIN_CORR = BY_NAME["NO_LIN_CORR"].value
BAD_REF_PIXEL = BY_NAME["BAD_REF_PIXEL"].value
NO_FLAT_FIELD = BY_NAME["NO_FLAT_FIELD"].value
UNRELIABLE_DARK = BY_NAME["UNRELIABLE_DARK"].value
REFERENCE_PIXEL = BY_NAME["REFERENCE_PIXEL"].value


def decode(value: int) -> tuple[str, ...]:
    """Names of the bits that are set in one pixel's value, lowest bit first.

    Parameters
    ----------
    value : int
        A pixel's data-quality value.

    Returns
    -------
    tuple of str
        Empty for a good pixel.
    """
    return tuple(flag.name for flag in FLAGS if int(value) & flag.value)


def reject_bits(text: str) -> int:
    """Data-quality bits of names separated by commas.

    Parameters
    ----------
    text : str
        ``DO_NOT_USE,SATURATED``; empty for none.

    Returns
    -------
    int

    Raises
    ------
    UsageError
        For a name that is no flag.
    """
    value = 0
    for name in filter(None, (part.strip().upper() for part in text.replace("+", ",").split(","))):
        if name not in BY_NAME:
            raise UsageError(f"There is no data-quality flag {name!r}.", cure="DO_NOT_USE,SATURATED is the default.")
        value |= BY_NAME[name].value
    return value


def count(dq: DqArray) -> dict[str, int]:
    """How many pixels carry each bit; bits that none carries are left out.

    Parameters
    ----------
    dq : ndarray of uint32
        Data-quality bits, any shape.

    Returns
    -------
    dict
        Flag name to number of pixels.
    """
    used = int(np.bitwise_or.reduce(dq, axis=None)) if dq.size else 0
    return {flag.name: int(np.count_nonzero(dq & flag.value)) for flag in FLAGS if used & flag.value}
