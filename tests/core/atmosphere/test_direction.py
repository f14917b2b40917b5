"""Which way the zenith is, against astropy."""

import math

import numpy as np
import pytest

from calgui.core.atmosphere.direction import parallactic_angle, upright
from calgui.core.frames.sky import compass


@pytest.mark.parametrize(
    ("hour", "declination"), [(-40.0, 10.0), (35.0, 10.0), (30.0, 50.0), (-25.0, -30.0), (0.5, 19.9)]
)
def test_parallactic_angle_against_position_angle(hour: float, declination: float) -> None:
    """The zenith is a place on the sky too: hour angle 0, declination the latitude."""
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    latitude = 19.8283
    # right ascension grows towards the east, the hour angle towards the west
    star, zenith = SkyCoord(-hour * u.deg, declination * u.deg), SkyCoord(0 * u.deg, latitude * u.deg)
    theirs = star.position_angle(zenith).to_value(u.deg)
    ours = parallactic_angle(hour, declination, latitude)
    assert (ours - theirs + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)


def test_refraction_moves_a_star_towards_the_zenith_as_in_astropy() -> None:
    """A star in the west, observed with air and without: where it moves to in right ascension and declination."""
    from astropy import units as u
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord
    from astropy.time import Time
    from astropy.utils import iers

    place = EarthLocation(lat=19.8283 * u.deg, lon=-155.4783 * u.deg, height=4050 * u.m)
    when = Time("2020-03-11T12:00:00")
    with iers.conf.set_temp("auto_download", False):
        dry = AltAz(obstime=when, location=place)
        airy = AltAz(obstime=when, location=place, pressure=615 * u.hPa, temperature=2 * u.deg_C,
                     relative_humidity=0.2, obswl=1.6 * u.um)  # fmt: skip
        seen = SkyCoord(az=260 * u.deg, alt=45 * u.deg, frame=airy)
        true = seen.transform_to("icrs")  # where the star is
        moved = SkyCoord(az=260 * u.deg, alt=45 * u.deg, frame=dry).transform_to("icrs")  # where it seems to be
        zenith = SkyCoord(az=0 * u.deg, alt=90 * u.deg, frame=dry).transform_to("icrs")
    towards = true.position_angle(moved).to_value(u.deg)
    assert (towards - true.position_angle(zenith).to_value(u.deg) + 180) % 360 - 180 == pytest.approx(0, abs=0.05)
    hour = float(when.sidereal_time("apparent", longitude=place.lon).deg - true.ra.deg + 180) % 360 - 180
    assert hour > 0
    # precession turns the directions by less than this
    assert (towards - parallactic_angle(hour, float(true.dec.deg), 19.8283) + 180) % 360 - 180 == pytest.approx(
        0, abs=0.5
    )
    assert 0 < towards < 90


@pytest.mark.parametrize("angle", [0.0, 37.0, -120.0])
def test_upright_is_what_a_wcs_says(angle: float) -> None:
    turn = math.radians(angle)
    scale = 4e-3 / 3600
    # FITS: the position angle of the y axis turns east, which is on the left, into up
    header = {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 0.0, "CRPIX1": 1.0, "CRPIX2": 1.0,
        "CD1_1": -scale * math.cos(turn), "CD1_2": scale * math.sin(turn),
        "CD2_1": scale * math.sin(turn), "CD2_2": scale * math.cos(turn), "CUNIT1": "deg", "CUNIT2": "deg",
    }  # fmt: skip
    found, ours = compass(header, 0.0, 0.0), upright(angle)
    assert found is not None
    assert found.north == pytest.approx(ours.north, abs=1e-4)
    assert found.east == pytest.approx(ours.east, abs=1e-4)


def test_there_and_back() -> None:
    lying = upright(33.0)
    along, across = np.array([1.0, -2.0, 0.5]), np.array([0.2, 0.4, -3.0])
    x, y = lying.to_picture(along, across, -71.0)
    again = lying.to_sky(x, y, -71.0)
    assert np.allclose(again, (along, across))


def test_east_is_left_of_north() -> None:
    x, y = upright(0.0).to_picture(np.array([1.0]), np.array([0.0]), 30.0)
    assert x[0] == pytest.approx(-0.5)
    assert y[0] == pytest.approx(math.cos(math.radians(30)))
