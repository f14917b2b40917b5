"""Where a pixel is on the sky."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from calgui.core.frames.keywords import finite_number
from calgui.core.warned import listening

_CELESTIAL = ("RA--", "DEC-", "GLON", "GLAT", "ELON", "ELAT")
#: keywords that decide the place, whose values must be numbers: astropy puts zeros where they are none
_NUMBERS = re.compile(
    r"(CRVAL|CRPIX|CDELT|CROTA)\d+|(CD|PC|PV)\d+_\d+|[AB]P?_\d+_\d+|LONPOLE|LATPOLE"
    r"|(?P<count>(?P<axes>WCSAXES[A-Z]?|NAXIS)|[AB]P?_ORDER)"
)
#: numbers over which wcslib and astropy loop, and for whose square they take memory
_MOST_AXES, _MOST_ORDER = 99, 9
#: how astropy and wcslib complain of damaged headers
_COMPLAINTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError
)  # fmt: skip
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}")
_NO_VALUE = frozenset({"COMMENT", "HISTORY", "CONTINUE", "HIERARCH", "END"})


def has_sky(header: Mapping[str, Any]) -> bool:
    """Whether a header seems to say where its pixels are on the sky; quick, without astropy.

    Parameters
    ----------
    header : mapping
        Keywords of the image.

    Returns
    -------
    bool
    """
    kinds = [str(header.get(f"CTYPE{axis}", "")).strip().upper()[:4] for axis in (1, 2, 3, 4)]
    return sum(kind in _CELESTIAL for kind in kinds) == 2


def celestial(header: Mapping[str, Any]) -> Any | None:
    """The celestial coordinates of an image.

    Parameters
    ----------
    header : mapping
        Keywords of the image.

    Returns
    -------
    astropy.wcs.WCS or None
        Of two axes; None where the header has no usable celestial coordinates, as where one of their numbers is none.
    """
    if not has_sky(header) or not all(_is_sound(key, value) for key, value in header.items()):
        return None
    from astropy.io import fits
    from astropy.wcs import WCS

    cards = fits.Header([(key, value) for key, value in header.items() if _is_usable(key, value)])
    try:
        with listening("astropy.wcs.wcs"):  # what it mends is not worth a word
            found = WCS(cards).celestial
        if found.pixel_n_dim != 2:
            return None
        found.all_pix2world(0.0, 0.0, 0)
    except _COMPLAINTS:
        return None
    return found


def _is_sound(key: str, value: Any) -> bool:
    """Whether a keyword that decides the place has a number that can be one."""
    found = _NUMBERS.fullmatch(key)
    if found is None:
        return True
    number = finite_number(value)
    if number is None or found["count"] is None:
        return number is not None
    return number.is_integer() and 0 <= number <= (_MOST_AXES if found["axes"] else _MOST_ORDER)


def _is_usable(key: str, value: Any) -> bool:
    """Whether astropy takes a card: an umlaut in the observer's name must not cost the place."""
    if not _KEYWORD.fullmatch(key) or key in _NO_VALUE:
        return False
    if isinstance(value, str):
        return value.isascii() and value.isprintable()
    return finite_number(value) is not None or isinstance(value, bool)


def sky_reader(header: Mapping[str, Any]) -> Callable[[float, float], tuple[float, float]] | None:
    """A function from pixel to sky position.

    Parameters
    ----------
    header : mapping
        Keywords of the image.

    Returns
    -------
    callable or None
        ``(x, y)``, counted from 0, to right ascension and declination in degrees (NaN outside the projection);
        None where the header has no usable celestial coordinates.
    """
    found = celestial(header)
    if found is None:
        return None

    def position(x: float, y: float) -> tuple[float, float]:
        right_ascension, declination = found.all_pix2world(x, y, 0)
        return float(right_ascension), float(declination)

    return position


@dataclass(frozen=True)
class Compass:
    """Which way is north and east, and how large a pixel is, at one place of a picture.

    Attributes
    ----------
    north, east : (float, float)
        Unit vectors in pixels.
    scale : float
        Arcseconds to a pixel, along the north.
    """

    north: tuple[float, float]
    east: tuple[float, float]
    scale: float


def compass(header: Mapping[str, Any], x: float, y: float) -> Compass | None:
    """The compass at a place of a picture.

    Parameters
    ----------
    header : mapping
        Keywords of the image.
    x, y : float
        The place, in pixels from 0.

    Returns
    -------
    Compass or None
        None where the header has no usable celestial coordinates there.
    """
    found = celestial(header)
    if found is None:
        return None
    from astropy.wcs import NoConvergence

    longitude, latitude = (float(value) for value in found.all_pix2world(x, y, 0))
    step = 1e-5 if latitude < 89.9999 else -1e-5  # degrees
    try:
        up = found.all_world2pix(longitude, latitude + step, 0)
        aside = found.all_world2pix(longitude + step / math.cos(math.radians(latitude)), latitude, 0)
    except (ValueError, ArithmeticError, RuntimeError, NoConvergence):
        return None
    north = _unit(float(up[0]) - x, float(up[1]) - y, step)
    east = _unit(float(aside[0]) - x, float(aside[1]) - y, step)
    if north is None or east is None:
        return None
    return Compass(north[0], east[0], abs(step) * 3600.0 / north[1])


def _unit(across: float, along: float, step: float) -> tuple[tuple[float, float], float] | None:
    length = math.hypot(across, along)
    if not math.isfinite(length) or length == 0:
        return None
    sign = math.copysign(1.0, step)
    return (sign * across / length, sign * along / length), length


def sky_text(right_ascension: float, declination: float) -> str:
    """A position for people, to a milliarcsecond.

    Parameters
    ----------
    right_ascension, declination : float
        Degrees.

    Returns
    -------
    str
        Hours and degrees, as ``17:45:40.0409 -29:00:28.118``; empty where the position is NaN.
    """
    if not (math.isfinite(right_ascension) and math.isfinite(declination)):
        return ""
    units = round(right_ascension % 360.0 / 15.0 * 3600.0 * 10000) % (24 * 3600 * 10000)
    minutes, seconds = divmod(units, 600000)
    hours, minutes = divmod(minutes, 60)
    below = round(abs(declination) * 3600.0 * 1000)
    arcminutes, arcseconds = divmod(below, 60000)
    degrees, arcminutes = divmod(arcminutes, 60)
    sign = "-" if declination < 0 else "+"
    return (
        f"{hours:02d}:{minutes:02d}:{seconds / 10000:07.4f} "
        f"{sign}{degrees:02d}:{arcminutes:02d}:{arcseconds / 1000:06.3f}"
    )
