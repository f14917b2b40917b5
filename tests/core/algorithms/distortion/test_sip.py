"""SIP as astropy reads it, there and back over the whole detector."""

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from calgui.core.algorithms.distortion.polynomials import Field, design, n_terms, power_series
from calgui.core.algorithms.distortion.sip import SIP_LIMIT, Sip, from_series, read_sip, with_inverse
from calgui.core.errors import InputError
from tests.core.algorithms.distortion.madeup import brown

FIELD = Field(4096, 4096)


def solved(order: int = 7) -> Sip:
    """A distortion of some 20 pixels in the corners, as polynomials."""
    x, y = FIELD.grid(41)
    u, v = FIELD.normalized(x, y)
    ideal_u, ideal_v = brown(u, v)
    shift = 2048 * ((ideal_u - u) + 1j * (ideal_v - v))
    coefficients = np.linalg.lstsq(design(u, v, order, "legendre"), shift, rcond=None)[0]
    return from_series(power_series(coefficients, order, "legendre", 0, FIELD), FIELD)[0]


def written(sip: Sip) -> fits.Header:
    """As it stands in a file."""
    header = fits.Header()
    header["CTYPE1"], header["CTYPE2"] = "MASKX-SIP", "MASKY-SIP"
    for keyword, card in sip.cards().items():
        header[keyword] = card
    return fits.Header.fromstring(header.tostring())


def test_astropy_finds_the_same_ideal_and_measured_pixels() -> None:
    sip = solved()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wcs = WCS(written(sip))
    x, y = FIELD.grid(61)
    ours = sip.ideal(x, y)
    theirs = wcs.sip_pix2foc(x + 1, y + 1, 1)
    np.testing.assert_allclose(theirs[0], ours[0] - sip.x, atol=1e-6)
    np.testing.assert_allclose(theirs[1], ours[1] - sip.y, atol=1e-6)
    world = wcs.all_pix2world(x, y, 0)
    plane = (sip.cd @ np.stack([ours[0] - sip.x, ours[1] - sip.y])).T
    np.testing.assert_allclose(np.array(world).T, plane, atol=1e-6)
    # and back: iteratively from the forward polynomials alone, which is the truth of our inverse ones
    back = wcs.all_world2pix(*world, 0, tolerance=1e-8)
    measured = sip.measured(*ours)
    np.testing.assert_allclose(back[0], measured[0], atol=SIP_LIMIT / 10)
    np.testing.assert_allclose(back[1], measured[1], atol=SIP_LIMIT / 10)


def test_there_and_back_is_good_to_a_thousandth_of_a_pixel() -> None:
    sip = solved()
    header = written(sip)
    again = read_sip(dict(header))
    x, y = FIELD.grid(83)
    there = again.ideal(x, y)
    assert float(np.hypot(there[0] - x, there[1] - y).max()) > 15
    back = again.measured(*there)
    assert float(np.hypot(back[0] - x, back[1] - y).max()) < SIP_LIMIT / 10
    ideal = again.ideal(*again.measured(x, y))
    assert float(np.hypot(ideal[0] - x, ideal[1] - y).max()) < SIP_LIMIT / 10
    assert max(again.worst(FIELD)) < SIP_LIMIT / 10


def test_the_forward_polynomials_have_no_linear_terms() -> None:
    sip = solved()
    assert sip.a[0, 0] == sip.a[1, 0] == sip.a[0, 1] == sip.b[0, 0] == sip.b[1, 0] == sip.b[0, 1] == 0
    assert not [key for key in sip.cards() if key in {"A_0_0", "A_1_0", "A_0_1", "B_0_0", "B_1_0", "B_0_1"}]
    step = 0.5
    here = sip.ideal(sip.x, sip.y)
    assert (float(here[0]), float(here[1])) == (sip.x, sip.y)
    right, left = sip.ideal(sip.x + step, sip.y), sip.ideal(sip.x - step, sip.y)
    assert float(right[0] - left[0]) == pytest.approx(1.0, abs=1e-9)
    assert float(right[1] - left[1]) == pytest.approx(0.0, abs=1e-9)


def test_an_inverse_is_found_for_a_part_of_the_detector() -> None:
    sip = solved()
    part = sip.moved(-3000.0, -500.0)  # a subarray, whose reference pixel lies outside
    made = with_inverse(
        Sip(part.x, part.y, part.a, part.b, np.zeros((3, 3)), np.zeros((3, 3)), part.cd), Field(512, 300)
    )
    x, y = Field(512, 300).grid(31)
    back = made.ideal(*made.measured(x, y))
    assert float(np.hypot(back[0] - x, back[1] - y).max()) < 1e-5
    ours = exact = made.measured(x, y)
    for _ in range(6):  # the distortion changes little from pixel to pixel: its fixed point is near
        at_x, at_y = made.ideal(*exact)
        exact = exact[0] + x - at_x, exact[1] + y - at_y
    assert float(np.hypot(exact[0] - ours[0], exact[1] - ours[1]).max()) < 1e-5


def test_a_distortion_that_leads_nowhere_is_refused_with_its_file() -> None:
    wild = np.zeros((10, 10))
    wild[9, 0] = 1e-8
    with pytest.raises(InputError, match="no inverse") as why:
        with_inverse(Sip(2047.5, 2047.5, wild, wild.T, wild, wild, np.eye(2)), FIELD, "wild.fits")
    assert str(why.value).startswith("wild.fits")


def test_headers_without_polynomials_are_refused() -> None:
    header = dict(written(solved(3)))
    with pytest.raises(InputError, match="lacks A_ORDER"):
        read_sip({key: value for key, value in header.items() if key != "A_ORDER"})
    with pytest.raises(InputError, match="A_4_0 is beyond A_ORDER"):
        read_sip(header | {"A_4_0": 1e-12})
    with pytest.raises(InputError, match="B_ORDER is 12"):
        read_sip(header | {"B_ORDER": 12})


def test_terms_count() -> None:
    assert [n_terms(order) for order in (0, 1, 5, 9)] == [1, 3, 21, 55]
