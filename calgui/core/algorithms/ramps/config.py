"""Options of ``fit-ramp``."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.headeroptions import gain_option, unit_option
from calgui.core.algorithms.options import option
from calgui.core.algorithms.ramps.optimal import JUMP_SIGMA

#: headings under which a form folds options away
_REFERENCE, _RESPONSE, _HEADERS = "reference pixels", "non-linearity and saturation", "ramps and their headers"


@dataclass(frozen=True)
class FitRampConfig:
    """Options of ``fit-ramp``."""

    method: Literal["optimal", "utr", "cds", "mcds"] = option(
        "optimal",
        "How the reads become a rate: with the best weights and jumps left out, a line through all of them alike, the "
        "last less the first, or means of several at each end.",
    )
    detect_jumps: bool = option(True, "Look for jumps, such as cosmic rays, and leave them out.", group="optimal")
    jump_sigma: float = option(
        JUMP_SIGMA,
        "Jumps: threshold, in errors of a jump's size in the fit to the whole ramp.",
        unit="sigma",
        minimum=2,
        maximum=100,
        group="optimal",
    )
    ends: int = option(4, "Means at each end: reads in each of them.", unit="reads", minimum=1, group="mcds")
    reference_pixels: Literal["both", "amplifiers", "rows", "off"] = option(
        "both", "What the reference pixels at the border take out of every read: drifts of amplifiers, of rows."
    )
    amplifier_width: int = option(
        64, "Columns that one amplifier reads.", unit="pixel", minimum=1, maximum=65536, group=_REFERENCE
    )
    row_window: int = option(
        11, "Rows whose reference pixels are averaged for one of them.", unit="row", minimum=1, maximum=1001,
        group=_REFERENCE,
    )  # fmt: skip
    linearity: bool = option(True, "Straighten the response where there are coefficients (NONLINCOEFF).")
    linearity_form: Literal["factor", "polynomial"] | None = option(
        None,
        "What the coefficients mean where LINFORM does not say it: (1 + c0 + c1 x + ...) x, or the sum of ck x^k.",
        group=_RESPONSE,
    )
    bias: Literal["extrapolate", "first-read"] = option(
        "extrapolate",
        "Level above which the signal is counted: that at time zero by the first reads, or the first read itself.",
        group=_RESPONSE,
    )
    saturation: float | None = option(
        None,
        "Full well above that level, where SATURATE of the coefficients does not say it or is wrong.",
        unit="e-",
        minimum=1,
        group=_RESPONSE,
    )
    unit: Literal["adu", "electron"] | None = unit_option("the reads", group=_HEADERS)
    group_time: float | None = option(
        None, "Time from read to read, where TGROUP is missing or wrong.", unit="s", minimum=1e-6, group=_HEADERS
    )
    first_read: float | None = option(
        None,
        "Time from the reset to the first read, where it is not as the header's times say.",
        unit="s",
        minimum=0,
        group=_HEADERS,
    )
    gain: float | None = gain_option(group=_HEADERS)
    read_noise: float | None = option(
        None, "Noise of one read, where READNOIS is missing or wrong.", unit="e-", minimum=0, group=_HEADERS
    )
