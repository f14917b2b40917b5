"""Options of a shift between day and night."""

from dataclasses import dataclass

from calgui.core.algorithms.options import option


@dataclass(frozen=True)
class NightShiftConfig:
    """Options of ``night-shift``."""

    limit: float = option(
        0.1, "Shift up to which the solution serves as it is.", unit="pixel", minimum=0.001, maximum=100.0
    )
    search: float = option(
        4.0,
        "How far the lines are looked for from where the solution has them.",
        unit="pixel",
        minimum=0.5,
        maximum=50.0,
    )
    clip: float = option(4.0, "Lines further off than this are rejected.", unit="sigma", minimum=2.0, maximum=100.0)
    faintest: float = option(
        0.01,
        "Lines fainter than this, relative to the strongest of the range, are left out.",
        minimum=1e-5,
        maximum=0.5,
    )
