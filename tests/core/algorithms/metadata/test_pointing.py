"""Pointing: headers made with astropy are consistent; what is changed in them is found, with its numbers."""

import datetime as dt
import warnings
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_sun
from astropy.time import Time
from astropy.utils import iers

from calgui.core.algorithms.metadata.corrector import check_corrector
from calgui.core.algorithms.metadata.night import check_together
from calgui.core.algorithms.metadata.pointing import airmasses, check_pointing, sun_altitude
from calgui.core.atmosphere.ciddor import Air
from calgui.core.atmosphere.refraction import refraction

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


@pytest.mark.parametrize(("ascension", "hours"), [(150.0, 5.5), (150.0, 7.5), (190.0, 12.0), (60.0, 5.5)])
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


@pytest.mark.parametrize("utc", ["2026-03-11T05:00:00", "2026-06-21T22:30:00", "2025-12-05T16:45:00"])
def test_the_sun_and_azimuths_are_those_of_astropy(utc: str) -> None:
    with warnings.catch_warnings(), iers.conf.set_temp("auto_download", False):
        warnings.simplefilter("ignore")
        time = Time(utc, location=SITE)
        place = AltAz(obstime=time, location=SITE)
        sun = get_sun(time).transform_to(place)
        star = SkyCoord(100 * u.deg, 30 * u.deg).transform_to(place)
    assert sun_altitude(dt.datetime.fromisoformat(utc), 19.8327, -155.4813) == pytest.approx(sun.alt.deg, abs=0.05)
    header = truth(100.0, 30.0, utc) | {"AZ": float(star.az.deg), "EXP_TYPE": "IRIS_DARK"}
    assert check_pointing(header) == []
    if header["EL"] > 5:
        (found,) = check_pointing(header | {"AZ": header["AZ"] + 180})
        assert (found.rule, found.verdict) == ("azimuth_hour_angle", "bad")


def test_an_exposure_of_the_sky_by_day_is_told() -> None:
    (found,) = check_pointing({"TELESCOP": "TMT", "EXP_TYPE": "IRIS_SKY", "DATE-OBS": "2026-03-11T20:00:00"})
    assert (found.rule, found.verdict) == ("sun", "bad")
    assert "UTC" in found.text
    assert check_pointing({"TELESCOP": "TMT", "EXP_TYPE": "IRIS_FLAT", "DATE-OBS": "2026-03-11T20:00:00"}) == []


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(0.0, None), (5.0, None), (20.0, "doubtful"), (90.0, "doubtful"), (180.0, "bad")],
)
def test_the_corrector_follows_the_telescope(change: float, verdict: str | None) -> None:
    """Prisms that each move 2.4 from 1 um by half of what air does, towards the zenith of an upright picture."""
    zenith, angle = 40.0, 25.0
    # Filippenko 1982 with the pressure of the site would do; here: refraction of two wavelengths
    ends = refraction(np.array([1.0, 2.4]), Air(61500.0, 275.15, 0.2), zenith)
    strength = float(ends[0] - ends[1]) / 2
    way = 90 + angle  # y is north, x is west: from x towards y, the zenith is at 90 degrees and the parallactic angle
    header = {"EL": 90 - zenith, "PARANG": angle, "PA": 0.0, "ADCMAS": strength}
    found = check_corrector(header | {"ADCROTA": way + change, "ADCROTB": way + change})
    assert [one.verdict for one in found] == ([] if verdict is None else [verdict])
    assert check_corrector({"EL": 50.0, "ADCROTA": 1.0, "ADCROTB": 2.0}) == []


def test_one_detector_has_one_gain() -> None:
    first = {"DETECTOR": "IRIS1", "READMODE": "CDS", "GAIN": 2.0, "READNOIS": 9.0}
    others = [first, first | {"DETECTOR": "IRIS2", "GAIN": 3.0}, first | {"READMODE": "UTR", "READNOIS": 4.0}]
    assert check_together([first, *others], list("abcd")) == []
    (found,) = check_together([first, first | {"GAIN": 2.2}], ["a", "b"])
    assert (found.rule, found.verdict, found.number) == ("same_detector", "doubtful", pytest.approx(0.1))
