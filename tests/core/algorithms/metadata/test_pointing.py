"""Pointing: headers made with astropy are consistent; what is changed in them is found, with its numbers."""

import warnings
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from calgui.core.algorithms.metadata.night import check_together
from calgui.core.algorithms.metadata.pointing import airmasses, check_pointing

SITE = EarthLocation.from_geodetic(-155.4813 * u.deg, 19.8327 * u.deg, 4050 * u.m)


def truth(ascension: float, declination: float, utc: str) -> dict[str, Any]:
    """What a telescope would write, by astropy."""
    with warnings.catch_warnings(), iers.conf.set_temp("auto_download", False):
        warnings.simplefilter("ignore")
        time = Time(utc, location=SITE)
        time.delta_ut1_utc = 0.0
        star = SkyCoord(ascension * u.deg, declination * u.deg)
        place = star.transform_to(AltAz(obstime=time, location=SITE))
        sidereal = time.sidereal_time("mean").hour
        # parallactic angle: from the pole to the zenith, as positions on the sky
        zenith = SkyCoord(AltAz(0 * u.deg, 90 * u.deg, obstime=time, location=SITE)).transform_to("icrs")
        angle = star.position_angle(zenith).wrap_at(180 * u.deg).deg
    return {
        "TELESCOP": "TMT",
        "EXP_TYPE": "IRIS_IMAGE",
        "DATE-OBS": utc[:10],
        "TIME-OBS": utc[11:],
        "EXPTIME": 1.0,
        "RA": ascension,
        "DEC": declination,
        "LST": sidereal,
        "HA": (15 * sidereal - ascension + 180) % 360 - 180,
        "EL": float(place.alt.deg),
        "AIRMASS": float(place.secz),
        "PARANG": float(angle),
        "PNTGST": "INPOSITION",
    }


@pytest.mark.parametrize(("ascension", "hours"), [(150.0, 4.0), (150.0, 7.5), (190.0, 12.0), (10.0, 1.0)])
@pytest.mark.parametrize("declination", [-35.0, 2.0, 19.0, 62.0])
def test_a_header_by_astropy_is_consistent(ascension: float, declination: float, hours: float) -> None:
    header = truth(ascension, declination, f"2026-03-11T{int(hours):02d}:{int(hours % 1 * 60):02d}:00")
    if header["EL"] < 5:
        pytest.skip("below the horizon")
    assert check_pointing(header) == []


@pytest.mark.parametrize(
    ("keyword", "change", "rule", "verdict"),
    [
        ("AIRMASS", lambda h: h["AIRMASS"] * 1.02, "airmass_elevation", "doubtful"),
        ("AIRMASS", lambda h: h["AIRMASS"] * 1.5, "airmass_elevation", "bad"),
        ("EL", lambda h: 90 - h["EL"], "airmass_elevation", "bad"),
        ("HA", lambda h: h["HA"] / 15, "hour_angle", "bad"),
        ("PARANG", lambda h: -h["PARANG"], "parallactic_hour_angle", "bad"),
        ("TIME-OBS", lambda _: "20:00:00", "sidereal_time", "bad"),
        ("LST", lambda h: h["LST"] + 0.05, "sidereal_time", "doubtful"),
        ("PNTGST", lambda _: "SLEWING", "pointing_state", "bad"),
    ],
)
def test_what_is_changed_is_found(keyword: str, change: Any, rule: str, verdict: str) -> None:
    header = truth(150.0, -10.0, "2026-03-11T05:00:00")
    header[keyword] = change(header)
    found = {one.rule: one for one in check_pointing(header)}
    assert found[rule].verdict == verdict
    assert keyword in found[rule].keywords
    assert found[rule].number > found[rule].threshold
    if rule != "pointing_state":
        assert f"{found[rule].threshold:g}" in found[rule].text


def test_what_is_missing_is_left_out() -> None:
    assert check_pointing({}) == []
    assert (
        check_pointing({"EL": "x", "AIRMASS": None, "LST": float("nan"), "TELESCOP": "TMT", "HA": 1e300, "DEC": 1})
        == []
    )


def test_airmasses_of_tables() -> None:
    # Young 1994: 31.7 at the true horizon; the secant at 60 degrees of zenith angle is 2
    assert airmasses(1e-6)[0] == pytest.approx(31.7, rel=0.02)
    assert airmasses(30.0)[1] == pytest.approx(2.0)
    assert airmasses(30.0)[0] == pytest.approx(1.993, abs=0.003)


def test_the_pupil_turns_as_the_parallactic_angle() -> None:
    def one(minute: int, angle: float, pupil: float) -> dict[str, Any]:
        return {
            "DATE-OBS": "2026-03-11",
            "TIME-OBS": f"05:{minute:02d}:00",
            "PARANG": angle,
            "PROTANG": pupil,
            "PA": 0.0,
        }

    names = ["a", "b", "c"]
    for sign in (1, -1):
        good = [one(minute, 170 + angle, sign * angle + 31) for minute, angle in enumerate(np.array([0.0, 6.0, 14.0]))]
        assert check_together(good, names) == []
    (found,) = check_together([one(0, 10, 20), one(1, 20, 20), one(2, 20, 20)], names)
    assert found.verdict == "bad"
    assert found.number == pytest.approx(10)
    assert "a to b" in found.text
