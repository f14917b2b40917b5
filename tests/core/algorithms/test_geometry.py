"""Reference pixels in full frames, subarrays and parts of them."""

import numpy as np
import pytest

from calgui.core.algorithms.geometry import cut_out, region_of
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame


def frame(ny: int, nx: int, **header: object) -> Frame:
    return Frame(np.arange(ny * nx, dtype=np.float32).reshape(ny, nx), header=header)


@pytest.mark.parametrize("header", [{}, {"SUBARRAY": "FULL"}, {"SUBARRAY": "FULL", "SUBSTRT1": 1, "SUBSTRT2": 1}])
def test_a_full_frame_has_a_border_of_four(header: dict[str, object]) -> None:
    mask = region_of(frame(20, 30, **header)).mask()
    assert mask.sum() == 12 * 22
    assert mask[4:-4, 4:-4].all()


@pytest.mark.parametrize(
    ("x", "y", "active"),
    [
        (1, 1, (slice(4, 16), slice(4, 16))),
        (3, 100, (slice(0, 16), slice(2, 16))),
        (2000, 2000, (slice(0, 16), slice(0, 16))),
        (4081, 4079, (slice(0, 14), slice(0, 12))),
    ],
)
def test_a_subarray_has_the_part_of_the_border_that_it_covers(x: int, y: int, active: tuple[slice, slice]) -> None:
    made = region_of(frame(16, 16, INSTRUME="IRIS", SUBARRAY="CUSTOM", SUBSTRT1=x, SUBSTRT2=y))
    assert made.active() == active


def test_the_header_says_how_large_the_detector_is() -> None:
    cards = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 500, "SUBSTRT2": 1, "DETXSIZE": 512, "DETYSIZE": 512}
    assert region_of(frame(8, 13, **cards)).active() == (slice(4, 8), slice(0, 9))


def test_bands_of_the_mask_are_the_mask() -> None:
    region = region_of(frame(20, 10))
    bands = [region.mask(start, min(start + 3, 20)) for start in range(0, 20, 3)]
    np.testing.assert_array_equal(np.concatenate(bands), region.mask())


def test_a_part_knows_where_it_lies() -> None:
    whole = frame(40, 60, SUBARRAY="FULL")
    part = cut_out(whole, slice(30, 40), slice(0, 20))
    assert region_of(part).active() == (slice(0, 6), slice(4, 20))
    np.testing.assert_array_equal(part.data, whole.data[30:, :20])
    again = cut_out(part, slice(2, 4), slice(10, 12))
    assert (again.header["SUBSTRT1"], again.header["SUBSTRT2"]) == (11, 33)
    with pytest.raises(InputError, match="empty"):
        cut_out(whole, slice(50, 60), slice(0, 5))
