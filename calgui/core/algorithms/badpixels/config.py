"""Options of ``bad-pixel-map``."""

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
_DARK, _FLAT, _NOISE, _NEXT = "hot and warm pixels", "dead and low response", "noisy and telegraph", "neighbours"


@dataclass(frozen=True)
class MaskConfig:
    """Options of ``bad-pixel-map``."""

    hot_sigma: float = option(
        10.0, "Hot: excess of the darks over the surroundings.", unit="local sigma", minimum=3, maximum=1000
    )
    warm_sigma: float = option(
        7.0, "Warm: excess over the surroundings, up to hot.", unit="local sigma", minimum=3, maximum=1000, group=_DARK
    )
    low_sigma: float = option(
        15.0, "Low response: lack of light against the surroundings.", unit="local sigma", minimum=3, maximum=1000
    )
    low_response: float = option(
        0.8, "Low response: only pixels under this part of their surroundings.", minimum=0.0, maximum=1.0, group=_FLAT
    )
    dead_response: float = option(
        0.05, "Dead: under this part of the light of their surroundings.", minimum=0.0, maximum=0.5, group=_FLAT
    )
    noisy_sigma: float = option(
        10.0,
        "Noisy: scatter of the darks above that of the surroundings; the highest quarter of the samples left out.",
        unit="sigma of the scatter",
        minimum=3,
        maximum=1000,
        group=_NOISE,
    )
    telegraph_sigma: float = option(
        8.0,
        "Telegraph: the darks sit on two levels, at least two on each, that differ by so much.",
        unit="sigma",
        minimum=3,
        maximum=1000,
        group=_NOISE,
    )
    drift: float = option(
        0.02,
        "Noisy and telegraph: a hot pixel may vary by this part of its own excess, as the temperature does.",
        minimum=0.0,
        maximum=1.0,
        group=_NOISE,
    )
    open_light: float = option(
        1.05,
        "Open: a pixel of low response whose four neighbours get this part of the usual light in the mean.",
        minimum=1.005,
        maximum=2.0,
        group=_NEXT,
    )
    hot_neighbours: Literal["none", "4", "8"] = option(
        "none", "Neighbours of saturated and very hot pixels that are flagged OTHER_BAD_PIXEL.", group=_NEXT
    )
    very_hot_sigma: float = option(
        1000.0, "Very hot: their neighbours are flagged.", unit="local sigma", minimum=10, maximum=1e6, group=_NEXT
    )
    do_not_use: str = option(
        "HOT,DEAD,TELEGRAPH,UNRELIABLE_DARK,OPEN,OTHER_BAD_PIXEL",
        "Pixels with these flags get DO_NOT_USE too; reference pixels always do.",
    )
    box: int = option(32, "Side of the tiles for the local level and noise.", unit="pixel", minimum=8, maximum=1024)
    reject: str = option("SATURATED", "Samples with these data-quality flags are left out.", group=HEADERS)
    darks: str = option(
        "", "Names or patterns (dark_*.fits, ...) of the darks, where EXP_TYPE does not say.", group=HEADERS
    )
    flats: str = option("", "Names or patterns of the flats, where EXP_TYPE does not say.", group=HEADERS)
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option("the darks")
    flat_time: float | None = time_option("the flats")
    gain: float | None = gain_option()
    temperature_tolerance: float = temperature_option("the darks")
