"""Options of measuring pinholes; an algorithm that measures them may inherit from it, or make one of its own."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.headeroptions import HEADERS, Unit, gain_option, time_option, unit_option
from calgui.core.algorithms.options import option


@dataclass(frozen=True)
class PinholeConfig:
    """How spots are found and fitted."""

    threshold: float = option(
        5.0, "A spot stands out from its surroundings by so many of their sigma.", minimum=3.0, maximum=1000.0
    )
    spot: Literal["measured", "gaussian"] = option(
        "measured",
        "What is fitted to each spot: the mean shape of the picture's own spots, or a Gaussian integrated over pixels.",
    )
    saturation: float | None = option(
        None,
        "Electrons of a pixel from which a spot is saturated, beside those that DQ flags.",
        unit="electron",
        minimum=1.0,
        group=HEADERS,
    )
    unit: Unit | None = unit_option()
    gain: float | None = gain_option()
    exposure_time: float | None = time_option()
