"""Options for the sky of cubes."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.options import option

_CUBES = "sky of cubes"


@dataclass(frozen=True)
class CubeSkyConfig:
    """Options of ``subtract-sky`` that are about cubes."""

    cube_sky: Literal["spaxels", "spectrum"] = option(
        "spaxels",
        "Cubes: each spaxel of the sky from the same spaxel, or the mean spectrum of the sky from all.",
        group=_CUBES,
    )
    families: bool = option(
        True, "Cubes: scale the lines of each vibrational transition of OH separately (Davies 2007).", group=_CUBES
    )
    rotational: bool = option(
        False, "Cubes: let the lines of a family vary with their rotational temperature, too.", group=_CUBES
    )
    fit_shift: bool = option(True, "Cubes: fit the shift in wavelength between sky and science.", group=_CUBES)
    max_shift: float = option(
        0.5, "Cubes: largest shift that is looked for.", unit="pixel", minimum=0.01, maximum=3, group=_CUBES
    )
    shift_field: bool = option(
        True, "Cubes: let the shift vary over the field where the lines show that it does.", group=_CUBES
    )
    continuum: Literal["auto", "fitted", "sky"] = option(
        "auto",
        "Cubes: continuum of the sky, thermal light among it, fitted in empty spaxels of the science cube, or as it is "
        "in the sky; auto takes the latter where no spaxel is surely empty.",
        group=_CUBES,
    )
    object_sigma: float = option(
        3.0,
        "Cubes: spaxels brighter than the empty ones by this are taken to hold an object.",
        unit="sigma",
        minimum=1,
        maximum=100,
        group=_CUBES,
    )
    sky_age: float = option(
        60.0, "Cubes: a sky taken further away in time is doubted.", unit="minute", minimum=0.1, group=_CUBES
    )
