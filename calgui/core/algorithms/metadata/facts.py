"""Which keywords belong to which metadata calibration, where they are needed, and what they may be: read from data."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from calgui.core.resources import resources

#: calibrations of the catalogue that are keywords
CALIBRATIONS: tuple[str, ...] = ("adc", "environment", "instrument", "nfiraos", "psfmeta", "telescope")
#: words of EXP_TYPE of what is taken without the sky
_INDOORS = ("DARK", "FLAT", "ARC", "LAMP", "PINHOLE", "FIBER", "LENSLET", "BIAS", "PERSIST", "GLOW")
#: words of EXP_TYPE of what is taken on the sky
_SKY = ("IMAGE", "CUBE", "SKY", "STAR", "SCI", "SPEC", "TARGET", "OBJECT", "STANDARD", "ACQ")


@dataclass(frozen=True)
class Expected:
    """What is expected of one keyword.

    Attributes
    ----------
    calibration : str
        Key of the catalogue's row.
    keyword : str
    need : str
        ``always``; ``exposure``, not of references; ``sky``, ``imager``, ``spectrograph``, of such exposures;
        empty where it may be absent.
    low, high : float or None
        What is impossible beyond.
    usual_low, usual_high : float or None
        What is doubtful beyond.
    trend : bool
        Whether it is followed over the night.
    note : str
        Where the range is from, or what it is of.
    """

    calibration: str
    keyword: str
    need: str
    low: float | None
    high: float | None
    usual_low: float | None
    usual_high: float | None
    trend: bool
    note: str


@cache
def expected() -> tuple[Expected, ...]:
    """All rows of ``resources/metadata/keywords.csv``.

    Returns
    -------
    tuple of Expected
        In the order of the file.
    """
    path = resources() / "metadata" / "keywords.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return tuple(
        Expected(
            row["calibration"],
            row["keyword"],
            row["need"],
            _end(row["low"]),
            _end(row["high"]),
            _end(row["usual_low"]),
            _end(row["usual_high"]),
            row["trend"] == "yes",
            row["note"],
        )
        for row in rows
    )


def _end(text: str) -> float | None:
    return float(text) if text else None


def of_calibration(key: str) -> tuple[Expected, ...]:
    """What is expected of the keywords of one calibration.

    Parameters
    ----------
    key : str
        One of `CALIBRATIONS`, or ``all``: then each keyword comes once, as needed as any calibration has it.

    Returns
    -------
    tuple of Expected
    """
    if key != "all":
        return tuple(row for row in expected() if row.calibration == key)
    found: dict[str, Expected] = {}
    for row in expected():
        found.setdefault(row.keyword, row)
    return tuple(found.values())


def is_reference(header: Mapping[str, Any]) -> bool:
    """Whether a header is that of a reference file: it says its type, beside what it may have from its exposures."""
    return bool(str(header.get("REFTYPE") or "").strip())


def is_on_sky(header: Mapping[str, Any]) -> bool:
    """Whether an exposure was taken on the sky.

    Parameters
    ----------
    header : mapping
        EXP_TYPE says so. Without it nothing is known: the telescope has an elevation by day, too.

    Returns
    -------
    bool
    """
    if is_reference(header):
        return False
    kind = str(header.get("EXP_TYPE") or "").upper()
    if any(word in kind for word in _INDOORS):
        return False
    return any(word in kind for word in _SKY)


def arm(header: Mapping[str, Any]) -> str:
    """``imager`` or ``spectrograph`` by DETECTOR; empty where it says neither."""
    said = str(header.get("DETECTOR") or "").strip().upper()
    if said in {"IFU", "IFS", "SLC", "LEN"}:
        return "spectrograph"
    if said.startswith(("IRIS", "IMG")) and "|" not in said:
        return "imager"
    return ""


def is_needed(row: Expected, header: Mapping[str, Any]) -> bool:
    """Whether a keyword must be in a header.

    Parameters
    ----------
    row : Expected
    header : mapping
        Says what it is of.

    Returns
    -------
    bool
    """
    if row.need == "always":
        return True
    if row.need == "exposure":
        return not is_reference(header)
    if row.need == "sky":
        return is_on_sky(header)
    return bool(row.need) and row.need == arm(header) and not is_reference(header)
