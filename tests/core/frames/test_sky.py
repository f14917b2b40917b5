"""Sky positions are astropy's, and headers without them say so cheaply."""

import resource
import sys
import time

import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from calgui.core.frames.sky import compass, has_sky, sky_reader, sky_text

HEADER = {
    "NAXIS": 2, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 266.4168, "CRVAL2": -29.0078, "CRPIX1": 100.5,
    "CRPIX2": 80.0, "CD1_1": -1.1e-6, "CD1_2": 2e-8, "CD2_1": 2e-8, "CD2_2": 1.1e-6, "CUNIT1": "deg", "CUNIT2": "deg",
    "OBJECT": "Galactic centre", "COMMENT": "one\ntwo", "A_VERY_LONG_KEYWORD": 3,
}  # fmt: skip


@pytest.mark.parametrize(("x", "y"), [(0, 0), (99.5, 79), (511, 17.25)])
def test_position_is_astropys(x: float, y: float) -> None:
    reader = sky_reader(HEADER)
    assert reader is not None
    cards = fits.Header({key: value for key, value in HEADER.items() if len(key) <= 8 and key != "COMMENT"})
    expected = WCS(cards).pixel_to_world(x, y)
    assert reader(x, y) == pytest.approx((expected.ra.deg, expected.dec.deg), abs=1e-10)


def test_text_is_astropys_to_a_milliarcsecond() -> None:
    for right_ascension, declination in [(266.4168, -29.0078), (0.0, 0.0), (359.9999999, 89.9999999), (12.5, -0.00001)]:
        ours = sky_text(right_ascension, declination)
        back = SkyCoord(ours, unit=("hourangle", "deg"))
        assert back.separation(SkyCoord(right_ascension, declination, unit="deg")).mas < 1.5
        assert "60." not in ours
    assert sky_text(float("nan"), 0.0) == ""


def test_a_cube_with_a_wavelength_axis_has_a_sky() -> None:
    cube = HEADER | {"NAXIS": 3, "CTYPE3": "WAVE", "CRVAL3": 2e-6, "CRPIX3": 1.0, "CD3_3": 1e-9}
    reader = sky_reader(cube)
    plain = sky_reader(HEADER)
    assert reader is not None
    assert plain is not None
    assert reader(10, 20) == pytest.approx(plain(10, 20), abs=1e-9)


@pytest.mark.parametrize(
    "header",
    [{}, {"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"}, {"CTYPE1": "RA---TAN"}, {"CTYPE1": "WAVE", "CTYPE2": "DEC--TAN"}],
)
def test_headers_without_sky(header: dict[str, object]) -> None:
    assert not has_sky(header)
    assert sky_reader(header) is None


def test_broken_coordinates_are_none() -> None:
    assert sky_reader(HEADER | {"CD1_1": 0.0, "CD1_2": 0.0}) is None
    assert sky_reader(HEADER | {"CTYPE1": "RA---XYZ", "CTYPE2": "DEC--XYZ"}) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("A_ORDER", 2**31 - 1), ("B_ORDER", 50_000), ("AP_ORDER", "many"), ("A_ORDER", -1), ("WCSAXES", 20_000),
        ("WCSAXESB", 20_000), ("NAXIS", 5000), ("CRVAL1", float("nan")), ("CRPIX2", float("inf")), ("CD1_1", "\x00"),
    ],
)  # fmt: skip
def test_counts_and_places_that_cannot_be_are_none_at_once(key: str, value: object) -> None:
    sky_reader(HEADER)  # what astropy takes when it is first used is not the header's
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sky_reader(HEADER | {key: value}) is None
    assert time.process_time() - start < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB


@pytest.mark.parametrize(
    ("key", "value"),
    [("OBJECT", "\x00"), ("OBSERVER", "Ångström"), ("=", 1), ("NOTE", float("nan")), ("HUGE", 2**80), ("END", 1),
     ("CONTINUE", 2)],
)  # fmt: skip
def test_what_is_odd_beside_does_not_take_the_place_away(key: str, value: object) -> None:
    reader, plain = sky_reader(HEADER | {key: value}), sky_reader(HEADER)
    assert reader is not None
    assert plain is not None
    assert reader(3, 4) == plain(3, 4)


@pytest.mark.parametrize(
    ("key", "value"),
    [("CRVAL1", "here"), ("CRVAL1", None), ("CRVAL1", 2**3000), ("CD1_1", True), ("PV1_1", ""), ("CPDIS1", "Lookup"),
     ("NAXIS1", -4)],
)  # fmt: skip
def test_no_place_is_better_than_a_wrong_one(key: str, value: object) -> None:
    assert sky_reader(HEADER | {key: value}) is None
    assert compass(HEADER | {key: value}, 1, 2) is None


def test_what_wcslib_itself_stumbles_over() -> None:
    # a polynomial of two axes in a cube: "NULL error object in wcslib"
    header = HEADER | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV", "CTYPE3": "WAVE"}
    assert sky_reader(header) is None


def test_a_distortion_that_cannot_be_undone_has_no_compass() -> None:
    wild = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e3, "B_0_2": -1e5}
    assert sky_reader(HEADER | wild) is not None
    assert compass(HEADER | wild, 100, 100) is None


def test_asking_whether_there_is_a_sky_is_cheap() -> None:
    import subprocess

    code = "import sys, calgui.core.frames.sky as s; s.has_sky({}); sys.exit('astropy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
