"""Options of ``measure-psf``."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.headeroptions import HEADERS, Unit, gain_option, scale_option, time_option, unit_option
from calgui.core.algorithms.options import option

_STARS, _LIGHT, _MODEL, _JUDGE, _PRODUCT = (
    "which stars",
    "flux and background",
    "fitted model",
    "verdict",
    "PSF that is saved",
)


@dataclass(frozen=True)
class PsfConfig:
    """Options of ``measure-psf``."""

    stars: str = option("", "Places of stars to measure, x,y from 0 with ; between; empty: those that are found.")
    exclude: str = option("", "Places of stars to leave out of all figures, x,y from 0 with ; between.")
    flux_radius: float = option(
        1000.0, "Radius within which the flux is counted for Strehl and energy.", unit="mas", minimum=20, maximum=5000
    )
    model: Literal["gaussian", "moffat", "airy", "core-halo"] = option(
        "core-halo", "Pixel-integrated model whose parameters are listed; core-halo: the perfect image and a halo."
    )
    threshold: float = option(
        8.0, "A star's peak above the background.", unit="sigma of the noise", minimum=3, maximum=1000, group=_STARS
    )
    most_stars: int = option(500, "Most stars that are measured, the brightest first.", minimum=1, group=_STARS)
    saturation: float | None = option(
        None,
        "Electrons of one exposure from which a star counts as saturated, beside those flagged SATURATED.",
        unit="e-",
        minimum=1,
        group=_STARS,
    )
    background: Literal["halo", "annulus", "map", "none"] = option(
        "halo",
        "How it is found: together with the wings of the halo, in a ring, as a map of boxes, or not at all.",
        group=_LIGHT,
    )
    annulus: float = option(
        1050.0, "Annulus: from this radius to one and a half of it.", unit="mas", minimum=20, maximum=6000,
        group=_LIGHT,
    )  # fmt: skip
    sky_change: float = option(
        0.1,
        "By how much the sky may have changed since the one that was subtracted, over itself: holds the level where "
        "the header says SKYLEVEL and SKYSCALE.",
        minimum=0,
        maximum=10,
        group=_LIGHT,
    )
    source_mas: float = option(
        0.0,
        "Diameter of the source, a fiber or pinhole; 0 for a star.",
        unit="mas",
        minimum=0,
        maximum=200,
        group=_LIGHT,
    )
    fit_radius: float | None = option(
        None,
        "Radius of the fit; else three widths of a perfect star.",
        unit="pixel",
        minimum=2,
        maximum=28,
        group=_MODEL,
    )
    minimum_strehl: float = option(
        0.0, "A Strehl ratio below it makes the verdict doubtful; 0: none does.", minimum=0, maximum=1, group=_JUDGE
    )
    maximum_ellipticity: float = option(
        0.15, "An ellipticity above it makes the verdict doubtful.", minimum=0, maximum=1, group=_JUDGE
    )
    psf_radius: float = option(
        1000.0, "Half the side of the PSF image, at most.", unit="mas", minimum=20, maximum=5000, group=_PRODUCT
    )
    oversampling: int = option(
        0,
        "Its pixels per detector pixel; 0: 1 where the image is sampled, else 4.",
        minimum=0,
        maximum=8,
        group=_PRODUCT,
    )
    pixel_scale_mas: float | None = scale_option()
    wavelength_um: float | None = option(
        None,
        "Wavelength, where WAVEMIN, WAVEMAX and WAVECEN are missing or wrong.",
        unit="um",
        minimum=0.3,
        maximum=10,
        group=HEADERS,
    )
    pupil_angle: float | None = option(
        None, "Rotation of the pupil, where PROTANG is missing or wrong.", unit="deg", minimum=-360, maximum=360,
        group=HEADERS,
    )  # fmt: skip
    unit: Unit | None = unit_option()
    exposure_time: float | None = time_option()
    gain: float | None = gain_option()
