"""Pictures laid on one another by the sky, against the projection written out; the compass; contours of a cone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.frames.sky import compass
from calgui.core.regions.alignment import Alignment, by_sky
from calgui.core.regions.contours import contours, levels_between, smoothed


def header(scale=1e-6, turn=0.0, crpix=(50.5, 50.5), crval=(266.4, -29.0)):
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    return {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": crval[0], "CRVAL2": crval[1],
        "CRPIX1": crpix[0], "CRPIX2": crpix[1], "CD1_1": -scale * cos, "CD1_2": scale * sin,
        "CD2_1": scale * sin, "CD2_2": scale * cos, "RADESYS": "ICRS",
    }  # fmt: skip


def test_a_shifted_picture():
    found = by_sky(header(crpix=(10.5, 20.5)), header(crpix=(50.5, 50.5)), (100, 100))
    np.testing.assert_allclose(found.of(0, 0), (40, 30), atol=1e-4)
    np.testing.assert_allclose(found.of(10, 5), (50, 35), atol=1e-4)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (40.0, -7.0), (12.5, 4.25)])
def test_rounding_does_not_part_pictures(shift):
    moved = header(crpix=(50.5 + shift[0], 50.5 + shift[1]))
    found = by_sky(header(), moved, (512, 512))
    assert (found.xx, found.xy, found.yx, found.yy) == (1.0, 0.0, 0.0, 1.0)
    assert (found.dx, found.dy) == pytest.approx(shift, abs=1e-3)
    assert found.whole == all(float(length).is_integer() for length in shift)
    assert found.plain == (shift == (0.0, 0.0))


def test_a_real_turn_is_kept():
    found = by_sky(header(turn=0.01), header(), (512, 512))
    assert not found.whole
    assert math.degrees(math.atan2(found.yx, found.xx)) == pytest.approx(0.01, abs=1e-3)
    assert Alignment(dx=3.0, dy=0.5).settled((10, 10)) == Alignment(dx=3.0, dy=0.5)
    assert not Alignment(dx=0.5).whole
    assert not Alignment(xy=0.1).whole


def test_a_turned_picture_of_larger_pixels():
    found = by_sky(header(scale=2e-6, turn=30.0), header(), (80, 90))
    # twice the scale, turned about the reference pixel
    cos, sin = math.cos(math.radians(30)), math.sin(math.radians(30))
    x, y = 20.0 - 49.5, 70.0 - 49.5
    # offsets on the sky: xi = -s (cos x - sin y), eta = s (sin x + cos y), from the CD matrix above
    expected = 49.5 + 2 * (cos * x - sin * y), 49.5 + 2 * (sin * x + cos * y)
    np.testing.assert_allclose(found.of(20.0, 70.0), expected, atol=1e-3)


def test_no_coordinates_or_another_part_of_the_sky():
    assert by_sky({}, header(), (10, 10)) is None
    assert by_sky(header(), {}, (10, 10)) is None
    assert by_sky(header(crval=(86.4, 29.0)), header(), (10, 10)) is None


@given(*(st.floats(-2, 2) for _ in range(6)), st.floats(-100, 100), st.floats(-100, 100))
def test_there_and_back(xx, xy, yx, yy, dx, dy, x, y):
    if abs(xx * yy - xy * yx) < 1e-3:
        return
    alignment = Alignment(xx, xy, yx, yy, dx, dy)
    np.testing.assert_allclose(alignment.back(*alignment.of(x, y)), (x, y), atol=1e-6 + 1e-9 * abs(x))
    np.testing.assert_allclose(alignment.inverse.of(*alignment.of(x, y)), (x, y), atol=1e-6)
    other = Alignment(0.5, 0.25, -0.5, 1.5, 3.0, -4.0)
    np.testing.assert_allclose(alignment.then(other).of(x, y), other.of(*alignment.of(x, y)), atol=1e-6 + 1e-9 * abs(x))


def test_the_compass_of_a_turned_picture():
    found = compass(header(turn=30.0), 49.5, 49.5)
    # north is where eta grows: by the CD matrix, (sin, cos) of the turn
    np.testing.assert_allclose(found.north, (math.sin(math.radians(30)), math.cos(math.radians(30))), atol=1e-5)
    # east is where right ascension grows
    np.testing.assert_allclose(found.east, (-math.cos(math.radians(30)), math.sin(math.radians(30))), atol=1e-5)
    assert found.scale == pytest.approx(0.0036, rel=1e-4)
    assert compass({}, 0, 0) is None


def test_at_the_pole_the_compass_points_somewhere():
    found = compass(header(crval=(10.0, 90.0)), 49.5, 49.5)
    assert found is None or math.hypot(*found.north) == pytest.approx(1.0)


def test_contours_of_a_cone_are_circles():
    y, x = np.mgrid[0:101, 0:121]
    cone = (100 - np.hypot(x - 60, y - 50)).astype(np.float32)
    (line,) = contours(cone, 70.0)
    np.testing.assert_allclose(np.hypot(line[:, 0] - 60, line[:, 1] - 50), 30.0, atol=0.05)


def test_contours_of_a_reduced_picture_lie_where_the_picture_has_them():
    y, x = np.mgrid[0:120, 0:160]
    slope = (x + 0 * y).astype(np.float32)
    small = slope.reshape(30, 4, 40, 4).mean(axis=(1, 3))
    (line,) = contours(small, 81.5, step=4)
    np.testing.assert_allclose(line[:, 0], 81.5, atol=1e-4)


def test_contours_end_beside_what_has_no_value():
    cone = np.full((20, 20), np.nan, np.float32)
    assert contours(cone, 1.0) == ()
    cone[:, :10] = np.arange(10)
    (line,) = contours(cone, 4.5)
    assert np.isfinite(line).all()
    assert contours(np.ones((1, 5)), 0.5) == ()


def test_smoothing_leaves_holes_where_they_are():
    values = np.full((30, 30), 5.0)
    values[10, 10] = np.nan
    made = smoothed(values, 2.0)
    assert np.isnan(made[10, 10])
    np.testing.assert_allclose(made[np.isfinite(made)], 5.0, rtol=1e-5)


def test_levels_are_equal_steps():
    np.testing.assert_allclose(levels_between(0.0, 10.0, 4), (2, 4, 6, 8))
