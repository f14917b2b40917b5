"""Differences and ratios with their errors, against random numbers; pictures laid on one another, against planes."""

import numpy as np
import pytest

from calgui.core.frames.arithmetic import combined_error, divide, laid_on, subtract


def plane(size):
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    return (2.0 * x + 3.0 * y + 1).astype(np.float32)


def test_values():
    first = np.array([1.0, np.nan, 4.0, 5.0], np.float32)
    second = np.array([3.0, 2.0, 0.0, 2.0], np.float32)
    np.testing.assert_array_equal(subtract(first, second), np.array([-2, np.nan, 4, 3], np.float32))
    np.testing.assert_allclose(divide(first, second), np.array([1 / 3, np.nan, np.nan, 2.5], np.float32))


@pytest.mark.parametrize("operation", ["difference", "ratio"])
def test_errors_are_the_scatter_of_many_draws(operation):
    rng = np.random.default_rng(3)
    first, second = rng.normal(100, 3, 200_000), rng.normal(50, 1, 200_000)
    scatter = np.std(first - second if operation == "difference" else first / second)
    told = combined_error(operation, np.array([100.0]), np.array([50.0]), np.array([3.0]), np.array([1.0]))
    assert told[0] == pytest.approx(scatter, rel=0.01)
    assert combined_error(operation, first, second, None, second) is None


def test_a_shift_by_whole_pixels_copies():
    whole = plane((40, 50))
    made = laid_on(whole, (1, 0, 0, 1, 12, 7), (10, 20))
    np.testing.assert_array_equal(made, whole[7:17, 12:32])
    outside = laid_on(whole, (1, 0, 0, 1, -5, 38), (10, 20))
    assert np.isnan(outside[:, :5]).all()
    assert np.isnan(outside[2:]).all()
    np.testing.assert_array_equal(outside[:2, 5:], whole[38:, :15])
    assert np.isnan(laid_on(whole, (1, 0, 0, 1, 500, 0), (3, 3))).all()


def test_a_turned_plane_is_sampled_where_it_lies():
    cos, sin = np.cos(0.4), np.sin(0.4)
    place = (cos, -sin, sin, cos, 20.0, 5.0)
    made = laid_on(plane((60, 60)), place, (12, 15))
    y, x = np.mgrid[0:12, 0:15]
    at_x, at_y = cos * x - sin * y + 20, sin * x + cos * y + 5
    np.testing.assert_allclose(made, 2 * at_x + 3 * at_y + 1, rtol=1e-5)


def test_bits_are_never_mixed():
    bits = np.zeros((20, 20), np.uint32)
    bits[10, 10] = 0x80000001
    made = laid_on(bits, (1, 0, 0, 1, 0.3, 0.3), (20, 20))
    assert made.dtype == np.uint32
    assert set(np.unique(made)) == {0, 0x80000001}
    assert made.sum() == 0x80000001
