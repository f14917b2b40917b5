"""Places in the text of an option."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.algorithms.positions import Position, format_positions, meant, nearest, parse_positions
from calgui.core.errors import UsageError

_PIXELS = st.integers(-100, 500_000).map(lambda hundredths: hundredths / 100)


@given(st.lists(st.builds(Position, _PIXELS, _PIXELS, st.integers(1, 99))))
def test_places_are_there_and_back(places: list[Position]) -> None:
    assert parse_positions(format_positions(places), "exclude") == tuple(places)


def test_places_as_people_write_them() -> None:
    assert parse_positions(" 12.5,40 ;2: 7 , .9;; ", "stars") == (Position(12.5, 40), Position(7, 0.9, 2))
    assert parse_positions("", "stars") == ()


@pytest.mark.parametrize("text", ["12", "a,b", "1,2,3", "0:1,2", "1;2", "1e999,2", "nan,1"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="exclude") as caught:
        parse_positions(text, "exclude")
    assert "x,y in pixels" in caught.value.cure


def test_a_place_means_the_nearest_point_of_its_input() -> None:
    x, y = np.array([10.0, 12.0, 10.0, np.nan]), np.array([10.0, 10.0, 10.0, 10.0])
    number = np.array([1, 1, 2, 1])
    asked = (Position(11.4, 10), Position(10.2, 10), Position(10, 10, 2), Position(40, 40), Position(10, 10, 3))
    assert nearest(asked, x, y, number, within=3).tolist() == [1, 0, 2, -1, -1]


def test_a_place_means_the_point_that_it_is_nearest_to() -> None:
    x, y = np.array([10.0, 20.0, 30.0, 10.0, np.nan]), np.array([5.0, 5.0, 5.0, 5.0, 5.0])
    number = np.array([1, 1, 1, 2, 1])
    places = parse_positions("10.4,5; 14,5; 29,9; 2:10,5; 26,5; 70,5", "exclude")
    assert meant(places, 0, x, y, number) == (0, 1)
    assert meant(places, 2, x, y, number) == (2, 4)
    assert meant(places, 3, x, y, number) == (3,)
    assert meant(places, 1, x, y, number) == ()
    assert meant(parse_positions("39,5", "add"), 0, np.array([10.0]), np.array([5.0]), np.array([1])) == (0,)
