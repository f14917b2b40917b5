"""Options of a common grid of wavelengths."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.options import option

_GRID = "the grid"


@dataclass(frozen=True)
class GridConfig:
    """Options of ``resample-spectra``."""

    start: float | None = option(
        None, "Wavelength of the first pixel's middle; else where the spectra begin.", unit="um", minimum=0.1,
        maximum=30.0, group=_GRID,
    )  # fmt: skip
    step: float | None = option(
        None, "Wavelength from pixel to pixel; else the median of the spectra's own.", unit="um", minimum=1e-7,
        maximum=1.0, group=_GRID,
    )  # fmt: skip
    number: int | None = option(
        None, "How many pixels; else as many as the spectra take.", minimum=2, maximum=1_000_000, group=_GRID
    )
    range: Literal["all", "common"] = option(
        "all", "Where the grid is found from the spectra: all that any of them reaches, or what they have in common.",
        group=_GRID,
    )  # fmt: skip
    medium: Literal["vacuum", "air"] = option("vacuum", "What the wavelengths of the grid are in.", group=_GRID)
