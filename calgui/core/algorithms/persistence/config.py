"""Options of ``persistence``."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.headeroptions import (
    HEADERS,
    Unit,
    gain_option,
    temperature_option,
    time_option,
    unit_option,
)
from calgui.core.algorithms.options import option

#: headings under which a form folds options away
_LAW = "law given by hand"


@dataclass(frozen=True)
class PersistenceConfig:
    """Options of ``persistence``."""

    threshold: float = option(
        40_000.0,
        "A pixel is bright that held so many electrons at the end of an exposure, or is flagged SATURATED.",
        unit="e-",
        minimum=100,
        maximum=1e9,
    )
    saturation: float = option(
        100_000.0,
        "Full well: more light fills no more traps; a saturated pixel without a value held so much.",
        unit="e-",
        minimum=1000,
        maximum=1e9,
    )
    model: Literal["auto", "exponential", "two-exponentials", "power-law"] = option(
        "auto", "Law of the decay; auto takes the one that fits best with the fewest parameters."
    )
    window: float = option(
        6.0, "Light so long before the frame is looked at.", unit="hour", minimum=0.01, maximum=240.0
    )
    subtract: bool = option(True, "Subtract the estimate; otherwise pixels are flagged only.")
    flag_above: float = option(
        0.0, "Flag bright pixels only where the estimate is above this; 0 flags all.", unit="e-/s", minimum=0
    )
    do_not_use: bool = option(False, "Flag DO_NOT_USE beside PERSISTENCE.")
    tau: float | None = option(
        None, "Exponential: time in which it falls to 1/e. Given, it is not fitted.", unit="s", minimum=0.1, group=_LAW
    )
    fraction: float | None = option(
        None,
        "Exponential: part of the electrons that is trapped. Given with tau, nothing is fitted.",
        minimum=0,
        maximum=1,
        group=_LAW,
    )
    index: float | None = option(
        None, "Power law t^-index: its index. Given, it is not fitted.", minimum=0.1, maximum=5, group=_LAW
    )
    level: float | None = option(
        None,
        "Power law: rate 1000 s after a full well. Given with index, nothing is fitted.",
        unit="e-/s",
        minimum=0,
        group=_LAW,
    )
    law_error: float = option(
        0.3, "Error of a law that nothing was fitted to, as part of the estimate.", minimum=0, maximum=10, group=_LAW
    )
    judge: str = option("", "Name or pattern of the frame to judge; otherwise the latest one.", group=HEADERS)
    box: int = option(
        64,
        "Side of the tiles for the level around bright pixels.",
        unit="pixel",
        minimum=8,
        maximum=1024,
        group=HEADERS,
    )
    reject: str = option("DO_NOT_USE", "Samples with these data-quality flags measure no decay.", group=HEADERS)
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option("all frames")
    gain: float | None = gain_option()
    temperature_tolerance: float = temperature_option()
