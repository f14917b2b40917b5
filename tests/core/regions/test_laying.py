"""Shapes carried to another picture: the same pixels lie inside, seen from either."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.regions.alignment import Alignment
from calgui.core.regions.laying import laid
from calgui.core.regions.masks import inside
from calgui.core.regions.shapes import Annulus, Circle, Line, Polygon, Rectangle

SHAPES = (
    Rectangle(20.3, 14.7, 17.2, 6.4, 25.0),
    Circle(20.3, 14.7, 9.6),
    Annulus(20.3, 14.7, 4.3, 9.6),
    Polygon(((8.2, 5.3), (33.1, 9.4), (27.7, 25.6), (11.9, 21.2))),
)


def turned(degrees, scale=1.0, mirror=1.0, dx=0.0, dy=0.0):
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Alignment(scale * cos, -mirror * scale * sin, scale * sin, mirror * scale * cos, dx, dy)


def holds(shape, x, y):
    """Whether a place is inside, written out for each shape."""
    match shape:
        case Rectangle():
            turn = math.radians(shape.angle)
            across = (x - shape.x) * math.cos(turn) + (y - shape.y) * math.sin(turn)
            along = (y - shape.y) * math.cos(turn) - (x - shape.x) * math.sin(turn)
            return abs(across) < shape.width / 2 and abs(along) < shape.height / 2
        case Circle():
            return math.hypot(x - shape.x, y - shape.y) < shape.radius
        case Annulus():
            return shape.inner < math.hypot(x - shape.x, y - shape.y) < shape.outer
        case Polygon():
            ends = zip(shape.points, (*shape.points[1:], shape.points[0]), strict=True)
            crossed = sum(
                (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 for (x1, y1), (x2, y2) in ends
            )
            return crossed % 2 == 1


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.kind)
@pytest.mark.parametrize(
    "place",
    [Alignment(dx=12.5, dy=-4.25), turned(30.0, 2.0, dx=7.0), turned(200.0, 0.5, -1.0, 3.0, 60.0), turned(90.0)],
    ids=["dithered", "turned", "mirrored", "quarter"],
)
def test_the_same_places_are_inside(shape, place):
    there = laid(shape, place)
    assert there.kind == shape.kind
    x, y = np.random.default_rng(4).uniform(0, 40, (2, 600))
    before = [holds(shape, *at) for at in zip(x, y, strict=True)]
    after = [holds(there, *place.of(*at)) for at in zip(x, y, strict=True)]
    assert 25 < sum(before) < 575
    assert before == after


def test_a_line_keeps_its_ends():
    place = turned(30.0, 2.0, dx=7.0)
    there = laid(Line(1.0, 2.0, 30.0, 4.0), place)
    np.testing.assert_allclose((there.x1, there.y1), place.of(1.0, 2.0))
    np.testing.assert_allclose((there.x2, there.y2), place.of(30.0, 4.0))


@pytest.mark.parametrize("shape", SHAPES[:2], ids=lambda shape: shape.kind)
def test_on_pixels_that_are_not_square_a_polygon_holds_the_same_places(shape):
    place = Alignment(2.0, 0.3, 0.0, 1.0, 5.0, 6.0)
    there = laid(shape, place)
    assert there.kind == "polygon"
    x, y = np.random.default_rng(4).uniform(0, 40, (2, 600))
    wrong = sum(holds(shape, *at) != holds(there, *place.of(*at)) for at in zip(x, y, strict=True))
    assert wrong <= 2  # a circle of corners is a little smaller
    ring = laid(SHAPES[2], place)
    area = math.pi * (ring.outer**2 - ring.inner**2)
    assert area == pytest.approx(2.0 * math.pi * (9.6**2 - 4.3**2))


def test_what_changes_nothing_returns_the_shape_itself():
    assert all(laid(shape, Alignment()) is shape for shape in SHAPES)
    assert laid(Rectangle(1, 2, 3, 4, 17.0), Alignment(dx=5.0)) == Rectangle(6, 2, 3, 4, 17.0)


@given(st.floats(-360, 360), st.floats(0.2, 5), st.sampled_from((-1.0, 1.0)), st.floats(-50, 50))
def test_there_and_back_is_the_same_region(angle, scale, mirror, shift):
    place = turned(angle, scale, mirror, shift, -shift)
    for shape in SHAPES:
        again = laid(laid(shape, place), place.inverse)
        x, y = np.random.default_rng(1).uniform(0, 40, (2, 60))
        assert [holds(shape, *at) for at in zip(x, y, strict=True)] == [
            holds(again, *at) for at in zip(x, y, strict=True)
        ]


def test_a_subarray_measures_the_pixels_of_the_detector():
    place = Alignment(dx=10.0, dy=4.0)  # the subarray begins at (10, 4)
    whole, sub = inside(SHAPES[0], (40, 50)), inside(laid(SHAPES[0], place.inverse), (30, 35))
    assert whole is not None
    assert sub is not None
    rows, columns = np.nonzero(whole[1])
    rows_there, columns_there = np.nonzero(sub[1])
    np.testing.assert_array_equal(rows + whole[0].y_start, rows_there + sub[0].y_start + 4)
    np.testing.assert_array_equal(columns + whole[0].x_start, columns_there + sub[0].x_start + 10)


@pytest.mark.parametrize(
    ("angle", "told"), [(0.0, ""), (359.99999999, ""), (180.0, ""), (-1e-9, ""), (25.0, ", 25°"), (-0.26, ", -0.3°")]
)
def test_a_turn_is_told_where_there_is_one(angle, told):
    assert Rectangle(1, 2, 3, 4, angle).text == f"box 3.0 × 4.0 at 1.0, 2.0{told}"
