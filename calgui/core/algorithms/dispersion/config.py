"""Options of the algorithms of dispersion."""

from dataclasses import dataclass, fields
from typing import Literal

from calgui.core.algorithms.headeroptions import HEADERS, scale_option
from calgui.core.algorithms.options import option

_AIR, _PLACE, _ADC, _STAR, _BAND, _FIBERS = (
    "the air",
    "zenith and sky",
    "the corrector",
    "the star",
    "wavelengths",
    "the fibers",
)


@dataclass(frozen=True)
class TraceConfig:
    """Options of a fit to places against wavelength."""

    order: int = option(3, "Order of the polynomials in wavelength that are fitted to x and y.", minimum=0, maximum=8)
    clip: float = option(
        4.0, "Wavelengths are rejected that lie off the fit by more than this.", unit="sigma", minimum=2, maximum=100
    )
    exclude: str = option("", "Wavelengths to leave out: 1234.5 or 1380-1420 in nm, with ; between.")
    slices: int = option(
        32, "Ranges of wavelength that planes are averaged in.", unit="ranges", minimum=3, maximum=4096, group=_BAND
    )
    reference_um: float | None = option(
        None,
        "Wavelength that shifts are counted from; else WAVECEN, or the middle.",
        unit="um",
        minimum=0.7,
        maximum=2.5,
        group=_BAND,
    )


@dataclass(frozen=True)
class AdcConfig(TraceConfig):
    """Options of ``adc-residual``."""

    use: Literal["both", "measured", "computed"] = option(
        "both", "Of a cube: the star measured and the air computed, or one alone. Without pixels: computed."
    )
    limit: float = option(
        1.0,
        "A larger residual between two wavelengths makes the verdict doubtful; five times as much makes it bad.",
        unit="mas",
        minimum=0.001,
        maximum=1e5,
    )
    pressure: float | None = option(
        None, "Pressure of the air at the telescope, where PRESSURE is missing or wrong.",
        unit="hPa", minimum=300, maximum=1100, group=_AIR,
    )  # fmt: skip
    temperature: float | None = option(
        None, "Temperature of the air at the telescope, where AIRTEMP is missing or wrong.",
        unit="degC", minimum=-60, maximum=60, group=_AIR,
    )  # fmt: skip
    humidity: float | None = option(
        None, "Relative humidity at the telescope, where HUMIDITY is missing or wrong.",
        unit="%", minimum=0, maximum=100, group=_AIR,
    )  # fmt: skip
    co2: float = option(450.0, "Carbon dioxide in the air.", unit="ppm", minimum=0, maximum=2000, group=_AIR)
    air_error: float = option(
        0.3, "Error of the computed dispersion, by the formulas and by what is said of the air.",
        unit="%", minimum=0, maximum=50, group=_AIR,
    )  # fmt: skip
    zenith_angle: float | None = option(
        None, "Zenith angle of the star, where EL and AIRMASS are missing or wrong.",
        unit="deg", minimum=0, maximum=180, group=_PLACE,
    )  # fmt: skip
    zenith_angle_is: Literal["apparent", "true"] = option(
        "apparent",
        "Whether that angle is as the telescope sees it, at the reference wavelength, or as without atmosphere.",
        group=_PLACE,
    )
    parallactic_angle: float | None = option(
        None, "Position angle of the zenith, from north through east, where PARANG is missing or wrong.",
        unit="deg", minimum=-360, maximum=360, group=_PLACE,
    )  # fmt: skip
    position_angle: float | None = option(
        None, "Position angle of the y axis, from north through east, where the header has no coordinates of the sky.",
        unit="deg", minimum=-360, maximum=360, group=_PLACE,
    )  # fmt: skip
    adc: Literal["auto", "none", "fraction", "prisms"] = option(
        "auto",
        "What the corrector took out: nothing, a part, or what its prisms say; auto: what is known of it.",
        group=_ADC,
    )
    adc_fraction: float | None = option(
        None, "Part of the dispersion of air that the corrector took out.", minimum=-2, maximum=3, group=_ADC
    )
    adc_prism_a: float | None = option(
        None, "Rotation of prism A, from x towards y: where it moves longer wavelengths to.",
        unit="deg", minimum=-720, maximum=720, group=_ADC,
    )  # fmt: skip
    adc_prism_b: float | None = option(
        None, "The same of prism B.", unit="deg", minimum=-720, maximum=720, group=_ADC
    )  # fmt: skip
    adc_prism_mas: float | None = option(
        None, "Dispersion of one prism between 1 and 2.4 um.", unit="mas", minimum=0, maximum=1e4, group=_ADC
    )
    star: str = option("", "Place of the star, x,y from 0; empty: the brightest.", group=_STAR)
    threshold: float = option(
        8.0, "A star's peak above the background.", unit="sigma of the noise", minimum=3, maximum=1000, group=_STAR
    )
    floor: float = option(
        0.003, "Error of a centroid beside the noise, as the shape of the star makes it.",
        unit="pixel", minimum=0, maximum=1, group=_STAR,
    )  # fmt: skip
    wavemin_um: float | None = option(
        None, "First wavelength, where WAVEMIN is missing or wrong.", unit="um", minimum=0.7, maximum=2.5, group=_BAND
    )
    wavemax_um: float | None = option(
        None, "Last wavelength, where WAVEMAX is missing or wrong.", unit="um", minimum=0.7, maximum=2.5, group=_BAND
    )
    pixel_scale_mas: float | None = scale_option()


@dataclass(frozen=True)
class CorrectConfig:
    """Options of ``correct-dispersion``."""

    shift: Literal["adopted", "measured", "computed"] = option(
        "adopted", "Which columns of the reference: those it adopted, or those of the star or of the air alone."
    )
    parallactic_angle: float | None = option(
        None, "Position angle of the zenith, from north through east, where PARANG is missing or wrong.",
        unit="deg", minimum=-360, maximum=360, group=HEADERS,
    )  # fmt: skip
    position_angle: float | None = option(
        None, "Position angle of the y axis, from north through east, where the header has no coordinates of the sky.",
        unit="deg", minimum=-360, maximum=360, group=HEADERS,
    )  # fmt: skip
    pixel_scale_mas: float | None = scale_option()


@dataclass(frozen=True)
class InstrumentConfig(TraceConfig):
    """Options of ``instrument-dispersion``."""

    fibers: str = option("", "Places of fibers, x,y from 0 with ; between, N: before one on input N; empty: found.")
    leave_out: str = option("", "Places of fibers to leave out, as above.")
    images: Literal["auto", "filters", "traces"] = option(
        "auto",
        "What images show: one fiber through several filters (WAVECEN), or white light drawn out into traces; auto: "
        "filters, where there are three or more.",
    )
    limit: float = option(
        10.0, "A larger shift between two wavelengths makes the verdict doubtful; five times as much makes it bad.",
        unit="pixel", minimum=0.001, maximum=1e4,
    )  # fmt: skip
    threshold: float = option(
        8.0, "A fiber's peak above the background.", unit="sigma of the noise", minimum=3, maximum=1000, group=_FIBERS
    )
    most_fibers: int = option(400, "Most fibers that are measured, the brightest first.", minimum=1, group=_FIBERS)
    floor: float = option(
        0.003, "Error of a centroid beside the noise, as the shape of the image makes it.",
        unit="pixel", minimum=0, maximum=1, group=_FIBERS,
    )  # fmt: skip


#: options that only the fit looks at
REFITS = tuple(
    one.name for one in fields(AdcConfig) if one.name not in {"slices", "star", "threshold", "use", "pixel_scale_mas"}
)
INSTRUMENT_REFITS = ("order", "clip", "exclude", "reference_um", "limit", "floor", "leave_out")
