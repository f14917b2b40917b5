"""Where a pixel is on the sky."""

import math
from collections.abc import Callable, Mapping
from typing import Any

_CELESTIAL = ("RA--", "DEC-", "GLON", "GLAT", "ELON", "ELAT")


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
    if not has_sky(header):
        return None
    import warnings

    from astropy.io import fits
    from astropy.wcs import WCS, FITSFixedWarning

    cards = fits.Header()
    for key, value in header.items():
        # commentary and over-long keywords say nothing of coordinates
        if len(key) <= 8 and isinstance(value, int | float | str) and key not in {"COMMENT", "HISTORY", ""}:
            cards[key] = value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FITSFixedWarning)
            celestial = WCS(cards).celestial
        if celestial.pixel_n_dim != 2:
            return None
        celestial.wcs_pix2world(0.0, 0.0, 0)
    except (ValueError, KeyError, TypeError, ArithmeticError, MemoryError, AttributeError):
        return None

    def position(x: float, y: float) -> tuple[float, float]:
        right_ascension, declination = celestial.all_pix2world(x, y, 0)
        return float(right_ascension), float(declination)

    return position


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
