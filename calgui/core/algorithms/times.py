"""When an exposure began, was half done, and ended, as its header says."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from calgui.core.algorithms.exposure import exposure_time, number

#: keywords of the start as a modified Julian date (UTC), in this order of preference
MJD_KEYWORDS: tuple[str, ...] = ("MJD-OBS", "MJD-BEG", "EXPSTART", "MJD")
#: what is named where no time can be read
TIME_NEEDED = "DATE-OBS with TIME-OBS, or MJD-OBS"

_ORIGIN = dt.datetime(1858, 11, 17)


def start_of(header: Mapping[str, Any]) -> dt.datetime | None:
    """Start of an exposure, UTC.

    Parameters
    ----------
    header : mapping
        Asked for DATE-OBS and TIME-OBS (or UTC), DATE-BEG, and a modified Julian date (`MJD_KEYWORDS`).

    Returns
    -------
    datetime.datetime or None
        Without time zone; None where the time of the day is in none of them.
    """
    for keyword in ("DATE-OBS", "DATE-BEG"):
        date = str(header.get(keyword) or "").strip().replace(" ", "T", 1)
        time = str(header.get("TIME-OBS") or header.get("UTC") or "").strip()
        text = f"{date}T{time}" if date and time and "T" not in date else date
        if "T" not in text:
            continue
        try:
            found = dt.datetime.fromisoformat(text)
        except ValueError:
            continue
        return found.astimezone(dt.UTC).replace(tzinfo=None) if found.tzinfo else found
    for keyword in MJD_KEYWORDS:
        days = number(header, keyword)
        if days is not None and 0 < days < 200_000:
            return _ORIGIN + dt.timedelta(days=days)
    return None


def end_of(header: Mapping[str, Any]) -> dt.datetime | None:
    """End of an exposure, UTC: its start and exposure time.

    Parameters
    ----------
    header : mapping
        As for `start_of`, and the keywords of the exposure time.

    Returns
    -------
    datetime.datetime or None
        None where the start or the exposure time is missing.
    """
    start, length = start_of(header), exposure_time(header)
    return None if start is None or length is None else start + dt.timedelta(seconds=length[0])


def middle_of(header: Mapping[str, Any]) -> dt.datetime | None:
    """Middle of an exposure, UTC: its start, and half the exposure time where that is known.

    Parameters
    ----------
    header : mapping
        As for `end_of`.

    Returns
    -------
    datetime.datetime or None
        None where the start is missing.
    """
    start, length = start_of(header), exposure_time(header)
    return start if start is None or length is None else start + dt.timedelta(seconds=length[0] / 2)
