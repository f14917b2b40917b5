"""Options of the algorithms that make flats."""

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

_CLIPPING = "clipped-mean"
_LIMITS = "limits and flags"
_SMOOTH = "illumination"

#: where IRIS's detectors begin to bend, and where they are full (IRIS simulator)
NONLINEAR_FROM, FULL_WELL = 45_000.0, 100_000.0


@dataclass(frozen=True)
class FlatConfig:
    """Options that imager and slicer flats have in common: how exposures become one."""

    method: Literal["median", "mean", "clipped-mean"] = option(
        "median", "How the samples of a pixel are combined, each frame scaled to one brightness of the lamp."
    )
    # of few samples 3 scaled MAD would take many good ones: the noise would be 1.1 times the limit
    low: float = option(
        5.0, "Clipped mean: threshold below the median.", unit="sigma", minimum=0.5, maximum=100, group=_CLIPPING
    )
    high: float = option(
        5.0, "Clipped mean: threshold above the median.", unit="sigma", minimum=0.5, maximum=100, group=_CLIPPING
    )
    iterations: int = option(5, "Clipped mean: most rounds of clipping.", minimum=0, maximum=100, group=_CLIPPING)
    spread: Literal["std", "mad"] = option(
        "mad",
        "Clipped mean: sigma is the standard deviation, or the scaled median absolute deviation.",
        group=_CLIPPING,
    )
    error: Literal["measured", "propagated", "expected"] = option(
        "measured",
        "Error from the scatter of the frames, from their ERR planes, or from photon and read noise. Of one or two "
        "frames nothing can be measured: what is expected is taken.",
    )
    lamp_off: Literal["all", "nearest"] = option(
        "all", "What is subtracted: all lamp-off frames combined, or for each frame the nearest in time."
    )
    low_response: float = option(
        0.5, "LOW_QE: pixels under this part of the light around them.", minimum=0.0, maximum=1.0, group=_LIMITS
    )
    dead_response: float = option(
        0.05,
        "NO_FLAT_FIELD: pixels under this part of the light around them; nothing can be divided by them.",
        minimum=0.0,
        maximum=1.0,
        group=_LIMITS,
    )
    largest_error: float = option(
        0.1, "UNRELIABLE_FLAT: pixels with an error above this part of their value.", minimum=0, group=_LIMITS
    )
    nonlinear_from: float = option(
        NONLINEAR_FROM,
        "Pixels above it in every frame are flagged NONLINEAR, unless S_LINEAR says that they were corrected.",
        unit="e-",
        minimum=1,
        group=_LIMITS,
    )
    saturation: float = option(
        0.98 * FULL_WELL, "Samples from here on are left out as SATURATED.", unit="e-", minimum=1, group=_LIMITS
    )
    largest_drift: float = option(
        0.05, "Doubtful: the lamp's brightness varies by more than this part.", minimum=0, maximum=10, group=_LIMITS
    )
    reject: str = option("DO_NOT_USE,SATURATED", "Samples with these data-quality flags are left out.", group=_LIMITS)
    on: str = option(
        "", "Names or patterns (flat_*.fits, ...) of lamp-on frames, where LAMP does not say.", group=HEADERS
    )
    off: str = option("", "Names or patterns of lamp-off frames, where LAMP does not say.", group=HEADERS)
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option("every frame")
    gain: float | None = gain_option()
    read_noise: float | None = option(
        None, "Noise of one read, where READNOIS is missing or wrong.", unit="e-", minimum=0, group=HEADERS
    )
    temperature_tolerance: float = temperature_option()


@dataclass(frozen=True)
class NormalizeConfig(FlatConfig):
    """Options of ``normalize-flat``."""

    normalization: Literal["median", "mode", "smooth"] = option(
        "median",
        "What the flat is divided by: its median, its mode, or the smooth illumination, which leaves the response of "
        "the pixels.",
    )
    split: bool = option(
        False,
        "Write illumination (ILLUM) and pixel response (PIXFLAT) apart, too; SCI is their product.",
        group=_SMOOTH,
    )
    order: int = option(
        4, "Degree of the polynomial that is the smooth illumination.", minimum=0, maximum=12, group=_SMOOTH
    )
    box: int = option(
        32, "Side of the tiles whose medians it is fitted to.", unit="pixel", minimum=8, maximum=512, group=_SMOOTH
    )
    detector: str = option(
        "",
        "Of inputs of several detectors, whose flat this is (IRIS1, ...); all are divided by one number, so that "
        "their ratio survives.",
    )


@dataclass(frozen=True)
class SlicerConfig(FlatConfig):
    """Options of ``normalize-slicer-flat``."""

    response: Literal["common", "slice", "row"] = option(
        "common",
        "One spectrum for all slices, shifted, stretched and bent a little for each, and a slice's own where that does "
        "not fit; one for each slice; or one for each row. With more of them, more of the response of the pixels and "
        "of dust goes with the spectrum.",
    )
    keep_rows: bool = option(False, "Leave the light along the slices, row by row, in the flat.")
    axis: Literal["header", "x", "y"] = option(
        "header", "Along which axis the wavelengths lie; by DISPAXIS (1 x, 2 y), and along x where it is missing."
    )
    pieces: int = option(
        40, "Pieces of the cubic spline along the wavelengths: more follow finer structure of the lamp and the filter.",
        minimum=1, maximum=100,
    )  # fmt: skip
    sigma: float = option(
        4.0, "Pixels so far off the spline are left out of it.", unit="sigma", minimum=1.5, maximum=100
    )
    rounds: int = option(4, "Rounds of leaving out.", minimum=0, maximum=20)
    edge: float = option(
        0.2,
        "Between slices: rows and pixels with less than this part of the usual light have no flat.",
        minimum=0.01,
        maximum=0.9,
    )
