"""Data-quality bits are JWST's, and the decoder and the counter agree with a slow reading of the bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calgui.core.frames import dq

#: as published in the JWST pipeline's documentation, table "Data quality flags"
PUBLISHED = {
    "DO_NOT_USE": 1,
    "SATURATED": 2,
    "JUMP_DET": 4,
    "OUTLIER": 16,
    "NON_SCIENCE": 512,
    "DEAD": 1024,
    "HOT": 2048,
    "WARM": 4096,
    "LOW_QE": 8192,
    "TELEGRAPH": 32768,
    "NONLINEAR": 65536,
    "NO_FLAT_FIELD": 262144,
    "NO_LIN_CORR": 1048576,
    "UNRELIABLE_DARK": 8388608,
    "OPEN": 67108864,
    "REFERENCE_PIXEL": 2147483648,
}


@pytest.mark.parametrize(("name", "value"), PUBLISHED.items())
def test_values_are_those_published(name: str, value: int) -> None:
    assert dq.BY_NAME[name].value == value


def test_every_bit_once() -> None:
    assert [flag.bit for flag in dq.FLAGS] == list(range(32))
    assert len(dq.BY_NAME) == 32


@given(st.integers(0, 2**32 - 1))
def test_decode_names_exactly_the_bits_set(value: int) -> None:
    assert sum(dq.BY_NAME[name].value for name in dq.decode(value)) == value


@given(arrays(np.uint32, (3, 4), elements=st.integers(0, 2**32 - 1)))
def test_count_agrees_with_decoding_pixel_by_pixel(plane: np.ndarray) -> None:
    slow: dict[str, int] = {}
    for value in plane.ravel():
        for name in dq.decode(int(value)):
            slow[name] = slow.get(name, 0) + 1
    assert dq.count(plane) == slow


def test_count_of_an_empty_plane() -> None:
    assert dq.count(np.zeros((0, 5), np.uint32)) == {}
