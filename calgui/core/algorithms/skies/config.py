"""Options of ``super-sky`` and ``subtract-sky``."""

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
_SOURCES, _WHICH, _AGE = "sources", "which is science, which is sky", "age"


@dataclass(frozen=True)
class SourceConfig:
    """Options of the search for sources, which are kept out of a sky."""

    sigma: float = option(
        5.0, "A source stands so far above the sky, in noise of the scale it is seen at.",
        unit="sigma", minimum=2, maximum=100, group=_SOURCES,
    )  # fmt: skip
    grow: int = option(
        4, "Masks reach this far beyond what was found.", unit="pixel", minimum=0, maximum=64, group=_SOURCES
    )
    extended: bool = option(
        True, "Extended sources and halos are sought too, on cells of 8 and 32 pixels; off for a sky with structure "
        "that changes from frame to frame.", group=_SOURCES,
    )  # fmt: skip
    iterations: int = option(
        8, "Most rounds of finding sources and making the sky again.", minimum=1, maximum=50, group=_SOURCES
    )
    reject: str = option("DO_NOT_USE,SATURATED", "Samples with these data-quality flags are left out.", group=HEADERS)
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option("the frames")
    gain: float | None = gain_option()


@dataclass(frozen=True)
class SuperSkyConfig(SourceConfig):
    """Options of ``super-sky``."""

    scaling: Literal["scale", "offset", "none"] = option(
        "scale", "How the frames are brought to one level: by a factor, as light varies; by a constant; not at all."
    )
    error: Literal["auto", "measured", "propagated"] = option(
        "auto", "Error from the ERR planes, or from the scatter of the frames; auto takes ERR where all have it."
    )
    min_samples: int = option(2, "Pixels with fewer good samples are flagged DO_NOT_USE.", minimum=1)
    temperature_tolerance: float = temperature_option()


@dataclass(frozen=True)
class ImageSkyConfig(SourceConfig):
    """Options of ``subtract-sky`` that concern images."""

    method: Literal["auto", "scaled", "iterative"] = option(
        "auto",
        "Images: one sky scaled to each frame, or the running sky of a dithered set from the set itself; auto takes "
        "the set where there are no skies.",
    )
    scaling: bool = option(True, "Images: the sky is scaled to the level of the frame.")
    offset: bool = option(
        False, "Images: a constant is fitted beside the scale, for thermal light or a zero point that does not scale."
    )
    neighbours: int = option(8, "Iterative: frames nearest in time of which a sky is made.", minimum=2, maximum=200)
    holes: Literal["fill", "nan"] = option(
        "fill", "Images: where no sky is known, it is taken from around it and flagged, or the product is NaN there."
    )
    frame: str = option(
        "", "Which of several science frames is the product: its name or its number; the first if empty.", group=_WHICH
    )
    output: Literal["one", "all"] = option(
        "one", "All: the other science frames too, as extensions SCI_2, ERR_2, DQ_2 and so on.", group=_WHICH
    )
    science: str = option(
        "", "Names or patterns (image_*.fits, ...) of the science frames, where EXP_TYPE does not say.", group=_WHICH
    )
    skies: str = option("", "Names or patterns of the skies, where EXP_TYPE does not say.", group=_WHICH)
    max_age: float = option(
        2.0, "Images: a sky is too old so long before or after the science.", unit="h", minimum=0, group=_AGE
    )
    old: Literal["doubtful", "refused"] = option(
        "doubtful", "Images: what becomes of a sky that is too old.", group=_AGE
    )
