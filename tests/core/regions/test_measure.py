"""Statistics, sums and profiles of regions, against numpy and analytic pictures."""

import numpy as np
import pytest

from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.regions.measure import measure
from calgui.core.regions.profiles import along, through
from calgui.core.regions.shapes import Annulus, Circle, Line, Rectangle


@pytest.fixture
def plane():
    y, x = np.mgrid[0:40, 0:50]
    return (3.0 * x - 2.0 * y + 7.0).astype(np.float32)


def test_a_box_has_the_statistics_of_its_pixels(plane):
    measured = measure(Rectangle(10, 20, 5, 7), plane)
    part = plane[17:24, 8:13]
    assert measured.area == part.size
    assert measured.statistics.mean == pytest.approx(part.mean())
    assert measured.statistics.median == pytest.approx(np.median(part))
    assert measured.total == pytest.approx(part.sum(dtype=np.float64))
    assert measured.histogram.counts.sum() + measured.histogram.below + measured.histogram.above == part.size
    row, column = measured.profiles
    np.testing.assert_allclose(row.place, np.arange(8, 13))
    np.testing.assert_allclose(row.value, part.mean(axis=0))
    np.testing.assert_allclose(column.place, np.arange(17, 24))
    np.testing.assert_allclose(column.value, part.mean(axis=1))


def test_pixels_that_must_not_be_used_are_left_out(plane):
    dq = np.zeros(plane.shape, np.uint32)
    values = plane.copy()
    values[20, 10] = 1e9
    dq[20, 10] = DO_NOT_USE
    values[21, 10] = np.nan
    err = np.full(plane.shape, 2.0, np.float32)
    measured = measure(Rectangle(10, 20, 5, 7), values, err, dq)
    good = np.ones((7, 5), bool)
    good[3, 2] = good[4, 2] = False
    assert measured.area == 35
    assert measured.statistics.n == 33
    assert measured.total == pytest.approx(plane[17:24, 8:13][good].sum(dtype=np.float64))
    assert measured.total_error == pytest.approx(2.0 * np.sqrt(33))
    assert measured.profiles[0].count.tolist() == [7, 7, 5, 7, 7]


def test_the_radial_profile_of_a_cone_is_its_slope():
    y, x = np.mgrid[0:61, 0:61]
    cone = 100.0 - 2.0 * np.hypot(x - 30, y - 30)
    profile = measure(Circle(30, 30, 25), cone).profiles[0]
    np.testing.assert_allclose(profile.value, 100.0 - 2.0 * profile.place, atol=1e-9)
    assert profile.count.sum() == measure(Circle(30, 30, 25), cone).area


def test_an_annulus_measures_the_background(plane):
    measured = measure(Annulus(25, 20, 8, 14), plane)
    # a plane's mean over a ring about a pixel is its value at the centre
    assert measured.statistics.mean == pytest.approx(3.0 * 25 - 2.0 * 20 + 7.0, abs=1e-4)


def test_a_line_across_a_plane_is_straight(plane):
    profile = along(plane, Line(2.5, 3.25, 40.5, 30.0))
    x = 2.5 + profile.place / profile.place[-1] * 38.0
    y = 3.25 + profile.place / profile.place[-1] * 26.75
    np.testing.assert_allclose(profile.value, 3.0 * x - 2.0 * y + 7.0, rtol=1e-6)
    assert profile.place[-1] == pytest.approx(np.hypot(38.0, 26.75))


def test_a_line_of_some_width_averages_across_itself(plane):
    noisy = plane.copy()
    noisy[20] += 30
    narrow = along(noisy, Line(5, 20, 40, 20))
    wide = along(noisy, Line(5, 20, 40, 20), width=3)
    np.testing.assert_allclose(narrow.value - wide.value, 20.0, rtol=1e-5)
    assert set(wide.count) == {3}


def test_a_line_that_leaves_the_picture_has_no_values_there(plane):
    profile = along(plane, Line(-10, 5, 10, 5))
    assert np.isnan(profile.value[:10]).all()
    assert np.isfinite(profile.value[10:]).all()
    assert np.isnan(along(plane, Line(-30, -30, -20, -30)).value).all()


def test_a_row_and_a_column(plane):
    np.testing.assert_array_equal(through(plane, "row", 3).value, plane[3])
    np.testing.assert_array_equal(through(plane, "column", 4).value, plane[:, 4])


def test_nothing_inside_is_said_and_not_made_up(plane):
    measured = measure(Circle(-100, 0, 3), plane)
    assert measured.area == 0
    assert np.isnan(measured.total)
    assert measured.histogram is None
    empty = measure(Circle(20, 20, 5), np.full((40, 40), np.nan))
    assert empty.statistics.n == 0
    assert empty.histogram is None


def test_the_bulk_fills_the_histogram_beside_a_hot_pixel():
    values = np.random.default_rng(1).normal(10.0, 2.0, (50, 50))
    values[3, 3] = 1e6
    counted = measure(Rectangle(24.5, 24.5, 50, 50), values).histogram
    assert counted.above >= 1
    assert np.count_nonzero(counted.counts) > 40


def test_a_constant_picture_has_a_histogram():
    counted = measure(Rectangle(5, 5, 5, 5), np.full((20, 20), 7.0)).histogram
    assert counted.counts.sum() == 25
