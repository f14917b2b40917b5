"""Where a pixel is on the sky."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_CELESTIAL = ("RA--", "DEC-", "GLON", "GLAT", "ELON", "ELAT")
#: keywords without which, or with another value than the file's, a position would be a wrong one
_OF_PLACE = re.compile(
    r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|WCSAXES|C[PQ]DIS|D2IMDIS)\d*|(CD|PC|PV|PS)\d+_\d+|[AB]P?_(\d+_\d+|ORDER)"
    r"|LONPOLE|LATPOLE|D[PQ]\d.*"
)
#: numbers over which wcslib and astropy loop, and for whose square they take memory
_COUNTS = re.compile(r"(WCSAXES[A-Z]?|NAXIS)|[AB]P?_ORDER")
_MOST_AXES, _MOST_ORDER = 99, 9


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
        Of two axes; None where the header has no usable celestial coordinates.
    """
    if not has_sky(header):
        return None
    import warnings

    from astropy.wcs import WCS, FITSFixedWarning

    cards = _cards(header)
    if cards is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FITSFixedWarning)
            found = WCS(cards).celestial
        if found.pixel_n_dim != 2:
            return None
        found.wcs_pix2world(0.0, 0.0, 0)
    except (ValueError, KeyError, TypeError, ArithmeticError, MemoryError, AttributeError):
        return None
    return found


def _cards(header: Mapping[str, Any]) -> Any | None:
    """A header as astropy takes it; None where what says the place is damaged."""
    from astropy.io import fits

    cards = fits.Header()
    for key, value in header.items():
        # commentary and over-long keywords say nothing of coordinates
        if len(key) > 8 or not isinstance(value, int | float | str) or key in {"COMMENT", "HISTORY", ""}:
            continue
        count = _COUNTS.fullmatch(key)
        if count and not (isinstance(value, int) and 0 <= value <= (_MOST_AXES if count[1] else _MOST_ORDER)):
            return None
        try:
            cards[key] = value
        except ValueError:
            if _OF_PLACE.fullmatch(key):
                return None
    return cards


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
    longitude, latitude = (float(value) for value in found.all_pix2world(x, y, 0))
    step = 1e-5 if latitude < 89.9999 else -1e-5  # degrees
    try:
        up = found.all_world2pix(longitude, latitude + step, 0)
        aside = found.all_world2pix(longitude + step / math.cos(math.radians(latitude)), latitude, 0)
    except (ValueError, ArithmeticError, RuntimeError):
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
