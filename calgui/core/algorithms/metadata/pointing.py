"""Do airmass, elevation, hour angle, parallactic angle and sidereal time of one exposure agree?"""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from calgui.core.algorithms.exposure import exposure_time, number
from calgui.core.algorithms.metadata.facts import is_on_sky
from calgui.core.algorithms.metadata.limits import Contradiction, all_of, held, plainly, site, turned
from calgui.core.algorithms.times import start_of
from calgui.core.atmosphere.direction import parallactic_angle

#: degrees by which right ascension or declination of date may differ from those of the header
_PRECESSION = 0.4
#: below this elevation formulae of the airmass differ
_LOW = 3.0
_SIDEREAL = 1.00273790935


def airmasses(elevation: float) -> tuple[float, float]:
    """Airmass of an elevation in a spherical and in a plane atmosphere.

    Parameters
    ----------
    elevation : float
        Degrees, true.

    Returns
    -------
    tuple of float
        Young 1994 (Applied Optics 33, 1108, equation 5), and the secant of the zenith angle.
    """
    cosine = math.sin(math.radians(elevation))  # of the zenith angle
    young = (1.002432 * cosine**2 + 0.148386 * cosine + 0.0096467) / (
        cosine**3 + 0.149864 * cosine**2 + 0.0102963 * cosine + 0.000303978
    )
    return young, 1 / cosine


def check_pointing(header: Mapping[str, Any]) -> list[Contradiction]:
    """Hold the keywords of the pointing against one another.

    Parameters
    ----------
    header : mapping
        Of one exposure; what is absent or no number is left out.

    Returns
    -------
    list of Contradiction
    """
    return [
        *_airmass(header),
        *_state(header),
        *_hour_angle(header),
        *_direction(header),
        *_sidereal(header),
        *_sun(header),
    ]


def _airmass(header: Mapping[str, Any]) -> list[Contradiction]:
    found = all_of(header, "AIRMASS", "EL")
    if found is None or not _LOW <= found[1] <= 90:
        return []
    airmass, elevation = found
    low, high = sorted(airmasses(elevation))
    away = max(low - airmass, airmass - high, 0.0) / high
    said = (
        f"AIRMASS is {airmass:g}, but EL {elevation:g} deg (zenith angle {90 - elevation:g} deg) makes {high:.4f}: "
        f"they differ by a fraction of"
    )
    return held("airmass_elevation", ("AIRMASS", "EL"), away, said, "Look at what the telescope's software wrote.")


def _state(header: Mapping[str, Any]) -> list[Contradiction]:
    state = str(header.get("PNTGST") or "").strip().upper()
    if state != "SLEWING" or not is_on_sky(header):
        return []
    return plainly(
        "pointing_state", ("PNTGST",), 1, 0, "", "PNTGST is SLEWING: the telescope still moved to its target when the "
        "exposure was taken (1 such state, 0 are allowed). Take the exposure again.",
    )  # fmt: skip


def _hour_angle(header: Mapping[str, Any]) -> list[Contradiction]:
    found = all_of(header, "HA", "LST", "RA")
    if found is None or not 0 <= found[1] <= 24:
        return []
    hour_angle, sidereal, ascension = found
    away = abs(turned(hour_angle - (15 * sidereal - ascension)))
    said = (
        f"HA is {hour_angle:g} deg, but LST {sidereal:g} h less RA {ascension:g} deg makes "
        f"{turned(15 * sidereal - ascension):.3f} deg: they differ by"
    )
    return held(
        "hour_angle", ("HA", "LST", "RA"), away, said, "Look whether RA or HA is in hours, where degrees belong."
    )


def _direction(header: Mapping[str, Any]) -> list[Contradiction]:
    place, found = site(header), all_of(header, "HA", "DEC")
    if place is None or found is None or abs(found[1]) > 90:
        return []
    hour_angle, declination, latitude = (math.radians(one) for one in (*found, place[0]))
    sine = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(
        hour_angle
    )
    elevation = math.degrees(math.asin(max(-1.0, min(1.0, sine))))
    made: list[Contradiction] = []
    told = number(header, "EL")
    if told is not None:
        said = (
            f"EL is {told:g} deg, but HA {found[0]:g} deg and DEC {found[1]:g} deg make {elevation:.3f} "
            f"deg: they differ by"
        )
        cure = "Look whether the telescope was at its target, and in which unit HA is."
        made += held("elevation_hour_angle", ("EL", "HA", "DEC"), abs(told - elevation), said, cure)
    # near the zenith a small error of the place turns angles about it much
    share = math.degrees(math.atan2(math.radians(_PRECESSION), max(math.cos(math.radians(elevation)), 1e-6)))
    azimuth = number(header, "AZ")
    if azimuth is not None and elevation > 0:
        expected = math.degrees(
            math.atan2(
                -math.cos(declination) * math.sin(hour_angle),
                math.sin(declination) * math.cos(latitude)
                - math.cos(declination) * math.cos(hour_angle) * math.sin(latitude),
            )
        )
        away = max(0.0, abs(turned(azimuth - expected)) - share)
        said = (
            f"AZ is {azimuth:g} deg, but HA {found[0]:g} deg and DEC {found[1]:g} deg make {expected % 360:.2f} deg: "
            f"beyond the share of precession ({share:.1f} deg) they differ by"
        )
        cure = "Look from where AZ counts: it is 0 in the north and 90 in the east."
        made += held("azimuth_hour_angle", ("AZ", "HA", "DEC"), away, said, cure)
    angle = number(header, "PARANG")
    if angle is not None and elevation > 0:
        expected = parallactic_angle(found[0], found[1], place[0])
        away = max(0.0, abs(turned(angle - expected)) - share)
        said = (
            f"PARANG is {angle:g} deg, but HA {found[0]:g} deg and DEC {found[1]:g} deg make "
            f"{expected:.2f} deg: beyond "
            f"the share of precession ({share:.1f} deg) they differ by"
        )
        cure = "Look at the sign of PARANG: east of the meridian it is negative, as HA is."
        made += held("parallactic_hour_angle", ("PARANG", "HA", "DEC"), away, said, cure)
    return made


def _sidereal(header: Mapping[str, Any]) -> list[Contradiction]:
    place, sidereal, start = site(header), number(header, "LST"), start_of(header)
    if place is None or sidereal is None or start is None or not 0 <= sidereal <= 24:
        return []
    if not dt.datetime(1950, 1, 1) <= start <= dt.datetime(2100, 1, 1):
        return []
    days = (start - dt.datetime(2000, 1, 1, 12)).total_seconds() / 86400
    degrees = 280.46061837 + 360.98564736629 * days + place[1]  # IAU 1982, linear terms: good to seconds of time
    late = turned(15 * sidereal - degrees) * 240 / _SIDEREAL
    length = (exposure_time(header) or (0.0, ""))[0]
    # it may be that of any moment of the exposure
    away = max(-late, late - length, 0.0)
    said = f"LST is {sidereal:g} h, but at DATE-OBS and TIME-OBS it was {degrees / 15 % 24:.5f} h: they differ by"
    return held("sidereal_time", ("LST", "DATE-OBS", "TIME-OBS"), away, said, "Look whether TIME-OBS is UTC.")


def _sun(header: Mapping[str, Any]) -> list[Contradiction]:
    """Whether it was night: a time that is no UTC is by day."""
    place, start = site(header), start_of(header)
    if place is None or start is None or not is_on_sky(header):
        return []
    altitude = sun_altitude(start, *place)
    said = (
        f"It is an exposure of the sky, but at DATE-OBS and TIME-OBS ({start.isoformat(timespec='seconds')}) the Sun "
        f"stood at an altitude of"
    )
    return held("sun", ("DATE-OBS", "TIME-OBS", "EXP_TYPE"), altitude, said, "Look whether TIME-OBS is UTC.")


def sun_altitude(when: dt.datetime, latitude: float, longitude: float) -> float:
    """Altitude of the Sun.

    Parameters
    ----------
    when : datetime.datetime
        UTC, without time zone.
    latitude, longitude : float
        Degrees, east positive.

    Returns
    -------
    float
        Degrees, without refraction, good to some hundredths (The Astronomical Almanac, low-precision formulas).
    """
    days = (when - dt.datetime(2000, 1, 1, 12)).total_seconds() / 86400
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(280.460 + 0.9856474 * days + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 4e-7 * days)
    ascension = math.degrees(math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic)))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    hour_angle = math.radians(280.46061837 + 360.98564736629 * days + longitude - ascension)
    north = math.radians(latitude)
    sine = math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))
