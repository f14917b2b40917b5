"""Options of a wavelength solution."""

import math
import re
from dataclasses import dataclass
from typing import Literal

from calgui.core.algorithms.headeroptions import HEADERS
from calgui.core.algorithms.options import option
from calgui.core.errors import UsageError

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

_PAIR = re.compile(r"([^=]+)=([^=]+)")


def parse_identified(text: str) -> tuple[tuple[float, float], ...]:
    """Lines known by hand.

    Parameters
    ----------
    text : str
        ``pixel=nm``, several with a semicolon between; empty for none.

    Returns
    -------
    tuple of (float, float)
        Pixel from 0, vacuum wavelength in nm.

    Raises
    ------
    UsageError
        A part of it is no such pair.
    """
    made = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = _PAIR.fullmatch(part)
        pair = (_number(found[1]), _number(found[2])) if found is not None else (math.nan, math.nan)
        if not (math.isfinite(pair[0]) and math.isfinite(pair[1]) and pair[1] > 0):
            raise UsageError(
                f"Option 'identify' cannot hold {part!r}.",
                cure="Give pixel=nm, the pixel from 0 and the wavelength in vacuum, as 512.3=1694.521; 830=1744.967.",
            )
        made.append(pair)
    return tuple(made)


def parse_excluded(text: str) -> tuple[float, ...]:
    """Wavelengths of listed lines.

    Parameters
    ----------
    text : str
        In nm, with a semicolon between; empty for none.

    Returns
    -------
    tuple of float

    Raises
    ------
    UsageError
        A part of it is no wavelength.
    """
    made = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        value = _number(part)
        if not value > 0 or not math.isfinite(value):
            raise UsageError(
                f"Option 'exclude' cannot hold {part!r}.",
                cure="Give vacuum wavelengths of listed lines in nm, as 1694.521; 1744.967.",
            )
        made.append(value)
    return tuple(made)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
