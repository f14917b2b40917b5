"""Options of ``extract-star`` and ``zero-point``."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.fluxstar.synthetic import COLLECTING_AREA_M2
from calgui.core.algorithms.headeroptions import Unit, gain_option, scale_option, time_option, unit_option
from calgui.core.algorithms.options import option

_CHECKS = "saturation and linearity"
_SKY = "background and neighbours"


@dataclass(frozen=True)
class StarConfig:
    """What both have in common: the star, its aperture, its background."""

    star: str = option("", "Place of the star, x,y from 0; the brightest one if not given.")
    radius: float | None = option(
        None, "Radius of the aperture; that of the best signal to noise if not given.", unit="mas", minimum=0.1
    )
    flux_radius: float | None = option(
        None,
        "Radius within which the flux of the whole star is counted; 1000 mas, or what fits in, if not given.",
        unit="mas",
        minimum=0.1,
    )
    correction: Literal["star", "psf", "none"] = option(
        "star",
        "From the aperture to the flux radius: by the star's own growth, by that of a PSF star (PSFSTAR), or not.",
    )
    background: Literal["plane", "constant"] = option(
        "plane", "What is fitted to the annulus beyond the flux radius.", group=_SKY
    )
    annulus_inner: float = option(
        1.05, "Inner radius of the annulus.", unit="flux radii", minimum=1.0, maximum=10, group=_SKY
    )
    annulus_outer: float = option(
        1.3, "Outer radius of the annulus.", unit="flux radii", minimum=1.02, maximum=20, group=_SKY
    )
    neighbour_sigma: float = option(
        5.0, "Neighbours: peaks above the star's own light.", unit="sigma", minimum=2, maximum=1000, group=_SKY
    )
    linear_to: float = option(
        45000.0,
        "Brightest pixel up to which the detector is taken as linear, where the header does not say S_LINEAR.",
        unit="e-",
        minimum=1,
        group=_CHECKS,
    )
    saturation: float | None = option(
        None, "Full well; SATURATE of the header, or 100,000 e-, if not given.", unit="e-", minimum=1, group=_CHECKS
    )
    pixel_scale_mas: float | None = scale_option()
    unit: Unit | None = unit_option("the image")
    exposure_time: float | None = time_option()
    gain: float | None = gain_option()


@dataclass(frozen=True)
class ExtractConfig(StarConfig):
    """Options of ``extract-star``."""


@dataclass(frozen=True)
class ZeroPointConfig(StarConfig):
    """Options of ``zero-point``."""

    magnitude: float | None = option(None, "Magnitude of the star, outside of the atmosphere.", unit="mag")
    magnitude_error: float = option(0.0, "Its error.", unit="mag", minimum=0, maximum=5)
    magnitude_system: Literal["AB", "Vega"] | None = option(None, "System of the magnitude: it is never guessed.")
    magnitude_filter: str = option(
        "", "Filter of the magnitude, such as 2MASS Ks or H; that of the image if not given."
    )
    temperature: float | None = option(
        None,
        "Of the star, as a black body: brings a magnitude in another filter to that of the image.",
        unit="K",
        minimum=500,
        maximum=200000,
    )
    color: float | None = option(
        None, "Color of the star, such as J-K; with color_term, instead of the temperature.", unit="mag"
    )
    color_term: float = option(
        0.0, "Added to the magnitude for each magnitude of color, to have that of the image's filter.", unit="mag/mag"
    )
    filter: str = option("", "Filter of the image, where FILTER is missing or wrong.")
    extinction: float | None = option(
        None,
        "Extinction coefficient: with it the zero point is that above the atmosphere.",
        unit="mag/airmass",
        minimum=0,
        maximum=5,
    )
    extinction_error: float = option(0.0, "Its error.", unit="mag/airmass", minimum=0, maximum=5)
    airmass: float | None = option(None, "Airmass, where AIRMASS is missing or wrong.", minimum=1, maximum=40)
    area: float = option(
        COLLECTING_AREA_M2, "Collecting area that the throughput is told for.", unit="m²", minimum=0.01, maximum=10000
    )
