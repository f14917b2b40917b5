"""Lines that were identified or left out by hand, as texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.algorithms.spectrumedits import (
    Identified,
    format_identified,
    format_wavelengths,
    nearest_listed,
    parse_identified,
    parse_wavelengths,
)
from calgui.core.errors import UsageError

PIXELS = st.integers(0, 409600).map(lambda value: value / 100)
WAVELENGTHS = st.integers(8_000_000, 25_000_000).map(lambda value: value / 10000)


@given(st.lists(st.tuples(PIXELS, WAVELENGTHS), max_size=5))
def test_what_is_written_is_read_again(lines: list[tuple[float, float]]) -> None:
    made = [Identified(*line) for line in lines]
    assert sorted(parse_identified(format_identified(made)), key=repr) == sorted(made, key=repr)
    waves = [line.wavelength for line in made]
    assert parse_wavelengths(format_wavelengths(waves)) == tuple(sorted(waves))


@pytest.mark.parametrize("text", ["512", "512=", "=1211", "a=b", "512=-3", "512=nan", "512=1211=3"])
def test_what_is_no_identified_line_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(UsageError, match="identify") as caught:
        parse_identified(f"1=1200; {text}")
    assert "pixel=nm" in caught.value.cure


@pytest.mark.parametrize("text", ["Ar", "-5", "inf", "1,2"])
def test_what_is_no_wavelength_is_refused_with_a_cure(text: str) -> None:
    with pytest.raises(UsageError, match="exclude"):
        parse_wavelengths(text)


def test_the_nearest_listed_line_is_meant_and_none_far_off() -> None:
    listed = np.array([1211.564, 1205.1, 1211.6])
    assert nearest_listed([1205.1, 1211.59, 1300.0, 1211.57], listed).tolist() == [1, 2, -1, 0]
    assert nearest_listed([], listed).size == 0
    assert nearest_listed([1205.1], np.zeros(0)).tolist() == [-1]
