"""Options of a wavelength solution."""

from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.headeroptions import HEADERS
from calgui.core.algorithms.options import option

_FINDING = "lines and traces"


@dataclass(frozen=True)
class ArcConfig:
    """Options of ``wavelength-solution``."""

    lamps: str = option("", "Lamps that were on, such as Ar,Kr, where LAMP is missing or wrong; OH for a sky.")
    order: Literal["auto", "1", "2", "3", "4", "5", "6", "7", "8", "9"] = option(
        "auto", "Order of the Legendre polynomials; auto is the lowest that cross-validation finds no fault with."
    )
    clip: float = option(
        4.0, "Lines are rejected that lie off the others by more than this.", unit="sigma", minimum=2.0, maximum=100.0
    )
    identify: str = option("", "Lines known by hand, on the main spectrum: pixel=nm; several with ; between.")
    exclude: str = option("", "Listed lines to leave out, by their vacuum wavelengths in nm; several with ; between.")
    medium: Literal["vacuum", "air"] = option(
        "vacuum", "What tables and curves show wavelengths in; the product is in vacuum."
    )
    wavemin: float | None = option(
        None, "Rough start of the range, where WAVEMIN is missing or wrong.", unit="um", minimum=0.3, maximum=5.0,
        group=HEADERS,
    )  # fmt: skip
    wavemax: float | None = option(
        None, "Rough end of the range, where WAVEMAX is missing or wrong.", unit="um", minimum=0.3, maximum=5.0,
        group=HEADERS,
    )  # fmt: skip
    direction: Literal["auto", "rising", "falling"] = option(
        "auto", "Whether wavelengths rise or fall with the pixel.", group=HEADERS
    )
    filter_prior: bool = option(
        True, "Let the curve of the filter that FILTER names say where lines can be.", group=HEADERS
    )
    layout: Literal["auto", "traces", "spectra"] = option(
        "auto", "What an image is: traces on a detector, or one extracted spectrum in each row.", group=_FINDING
    )
    threshold: float = option(
        5.0, "What a line stands above the noise, at least.", unit="sigma", minimum=3.0, maximum=1000.0, group=_FINDING
    )


#: options that only the fit looks at
REFITS = ("order", "clip", "identify", "exclude", "medium")
