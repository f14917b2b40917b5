"""Where the telescope points and what NFIRAOS says of the air, as keywords of IRIS's telemetry table."""

import math
from datetime import datetime
from typing import Any

from calgui.core.simulate.keywords import TARGET_DEC, TARGET_RA

LATITUDE, LONGITUDE = 19.8283, -155.4783  # degrees, Mauna Kea


def sidereal_time(start: str) -> float:
    """Local mean sidereal time.

    Parameters
    ----------
    start : str
        UTC, ``2026-03-11T05:00:00``.

    Returns
    -------
    float
        Degrees, good to some seconds of time (IAU 1982 expression, linear terms; UT1 taken as UTC).
    """
    days = (datetime.fromisoformat(start) - datetime(2000, 1, 1, 12)).total_seconds() / 86400
    return (280.46061837 + 360.98564736629 * days + LONGITUDE) % 360


def on_sky(start: str, target: str = "DEMO FIELD") -> dict[str, Any]:
    """Pointing and conditions of an exposure on the sky.

    Parameters
    ----------
    start : str
        UTC, ``2026-03-11T05:00:00``.
    target : str
        Its name.

    Returns
    -------
    dict
        Keyword to ``(value, comment)``.
    """
    lst = sidereal_time(start)
    hour_angle = (lst - TARGET_RA + 180) % 360 - 180
    angle, latitude, dec = math.radians(hour_angle), math.radians(LATITUDE), math.radians(TARGET_DEC)
    sine = math.sin(latitude) * math.sin(dec) + math.cos(latitude) * math.cos(dec) * math.cos(angle)
    parallactic = math.degrees(
        math.atan2(math.sin(angle), math.tan(latitude) * math.cos(dec) - math.sin(dec) * math.cos(angle))
    )
    azimuth = math.degrees(
        math.atan2(
            -math.cos(dec) * math.sin(angle),
            math.sin(dec) * math.cos(latitude) - math.cos(dec) * math.cos(angle) * math.sin(latitude),
        )
    )
    return {
        "TARGNAME": (target, "simulated"),
        "TARG_RA": (TARGET_RA, "[deg] ICRS"),
        "TARG_DEC": (TARGET_DEC, "[deg] ICRS"),
        "RA": (TARGET_RA, "[deg] ICRS"),
        "DEC": (TARGET_DEC, "[deg] ICRS"),
        "EQUINOX": (2000.0, "[yr] of the coordinates"),
        "LST": (round(lst / 15, 5), "[h] local sidereal time"),
        "HA": (round(hour_angle, 4), "[deg] hour angle"),
        "AZ": (round(azimuth % 360, 4), "[deg] azimuth, from north by east"),
        "EL": (round(math.degrees(math.asin(sine)), 4), "[deg] elevation"),
        "AIRMASS": (round(1 / sine, 4), "secant of the zenith angle"),
        "PARANG": (round(parallactic, 4), "[deg] parallactic angle"),
        "PROTANG": (round(-parallactic, 4), "[deg] pupil rotation"),
        "PA": (0.0, "[deg] position angle of the y axis"),
        "PNTGST": ("INPOSITION", "state of the pointing"),
        **_turbulence(sine),
    }


def _turbulence(sine: float) -> dict[str, Any]:
    """A median night at 0.5 um, by the cosine of the zenith angle: r0 to 3/5, theta0 to 8/5."""
    return {
        "LGSR0": (round(0.186 * sine**0.6, 4), "[m] Fried parameter"),
        "LGSTHT0": (round(2300.0 * sine**1.6, 1), "[mas] isoplanatic angle"),
        "LGSTAU0": (round(0.0073 * sine**0.6, 5), "[s] coherence time"),
        "LGSL0": (30.0, "[m] outer scale"),
        "AORATEHO": (800.0, "[Hz] high-order loop"),
    }
