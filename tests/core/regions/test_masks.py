"""Which pixels are inside: against the definition of each shape, pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.regions.masks import inside
from calgui.core.regions.shapes import KINDS, Annulus, Circle, Line, Polygon, Rectangle, spanned, standard

SIZE = (23, 31)
#: off the grid, so that no centre lies on an edge
_place = st.integers(-10, 40).map(lambda n: n + 0.237)
_length = st.integers(1, 30).map(lambda n: n + 0.411)


def pixels(shape):
    found = inside(shape, SIZE)
    whole = np.zeros(SIZE, bool)
    if found is not None:
        box, mask = found
        whole[box.slices] = mask
    return whole


def rule(test):
    return np.array([[test(x, y) for x in range(SIZE[1])] for y in range(SIZE[0])])


@given(_place, _place, _length)
@settings(max_examples=40, deadline=None)
def test_circle(x, y, radius):
    expected = rule(lambda px, py: math.hypot(px - x, py - y) < radius)
    np.testing.assert_array_equal(pixels(Circle(x, y, radius)), expected)


@given(_place, _place, _length, _length)
@settings(max_examples=40, deadline=None)
def test_annulus(x, y, inner, width):
    outer = inner + width
    expected = rule(lambda px, py: inner < math.hypot(px - x, py - y) < outer)
    np.testing.assert_array_equal(pixels(Annulus(x, y, inner, outer)), expected)


@given(_place, _place, _length, _length, st.sampled_from([0.0, 180.0, 30.0, -57.0, 90.0]))
@settings(max_examples=60, deadline=None)
def test_box(x, y, width, height, angle):
    turn = math.radians(angle)

    def within(px, py):
        across = (px - x) * math.cos(turn) + (py - y) * math.sin(turn)
        along = -(px - x) * math.sin(turn) + (py - y) * math.cos(turn)
        return abs(across) < width / 2 and abs(along) < height / 2

    np.testing.assert_array_equal(pixels(Rectangle(x, y, width, height, angle)), rule(within))


@given(st.lists(st.tuples(_place, _place), min_size=3, max_size=3, unique=True))
@settings(max_examples=40, deadline=None)
def test_triangle(points):
    def side(a, b, p):
        return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])

    corners = points
    if abs(side(*corners)) < 1e-6:
        return

    def within(px, py):
        signs = [side(corners[n], corners[(n + 1) % 3], (px, py)) for n in range(3)]
        # a centre on the very edge belongs to either
        if min(abs(sign) for sign in signs) < 1e-6:
            return None
        return all(sign > 0 for sign in signs) or all(sign < 0 for sign in signs)

    seen = pixels(Polygon(tuple(corners)))
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            expected = within(x, y)
            assert expected is None or bool(seen[y, x]) == expected


def test_a_region_outside_has_no_pixels():
    assert inside(Circle(-50, -50, 3), SIZE) is None
    assert inside(Circle(5.5, 5.5, 0.2), SIZE) is None
    assert inside(Line(0, 0, 5, 5), SIZE) is None


def test_a_region_larger_than_the_picture_holds_all_of_it():
    assert pixels(Circle(10, 10, 200)).all()
    assert pixels(Rectangle(10, 10, 500, 500)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_shape_is_made_by_its_name(kind):
    assert standard(kind, 10, 10, 8).kind == kind
    assert spanned(kind, 2, 3, 9, 12).kind == kind
    assert spanned(kind, 2, 3, 2.1, 3.1) is None
    moved = standard(kind, 10, 10, 8).moved(3, 4)
    assert moved == standard(kind, 13, 14, 8)


def test_a_box_is_spanned_by_its_corners():
    assert spanned("box", 9, 12, 2, 3) == Rectangle(5.5, 7.5, 7, 9)
    assert Rectangle(5.5, 7.5, 7, 9).points == ((2, 3), (9, 3), (9, 12), (2, 12))
