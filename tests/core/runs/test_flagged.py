"""Flagged pixels, brightest first, against a plain loop."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.frames import dq
from calgui.core.frames.frame import Frame
from calgui.core.runs.flagged import KINDS_OF_MASKS, flagged_pixels


def _frame(values: list[float], bits: list[int], wide: int) -> Frame:
    shape = (len(values) // wide, wide)
    data = np.array(values[: shape[0] * wide], np.float32).reshape(shape)
    return Frame(data, None, np.array(bits[: data.size], np.uint32).reshape(shape), {"BUNIT": "electron/s"})


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 1.5, -2.0, 7.25, math.nan, math.inf]),
                       st.sampled_from([0, dq.HOT, dq.WARM, dq.HOT | dq.WARM, dq.SATURATED, dq.SATURATED | dq.HOT])),
             min_size=3, max_size=60),
    st.integers(1, 8),
)  # fmt: skip
def test_every_flagged_pixel_is_listed_once_and_in_order(cells: list[tuple[float, int]], most: int) -> None:
    frame = _frame([value for value, _ in cells], [bit for _, bit in cells], 3)
    assert frame.dq is not None
    expected = {}
    for y in range(frame.data.shape[0]):
        for x in range(3):
            flag = "HOT" if frame.dq[y, x] & dq.HOT else "WARM" if frame.dq[y, x] & dq.WARM else ""
            if flag:
                expected[x, y] = (float(frame.data[y, x]), flag)
    all_of_them = flagged_pixels(frame, most=1000)
    listed = {(item.x, item.y): (item.value, item.flag) for item in all_of_them.pixels}
    assert len(listed) == len(all_of_them.pixels)
    assert {place: (repr(value), flag) for place, (value, flag) in listed.items()} == {
        place: (repr(value), flag) for place, (value, flag) in expected.items()
    }
    order = [math.inf if math.isnan(item.value) else item.value for item in all_of_them.pixels]
    assert order == sorted(order, reverse=True)
    flags = [flag for _value, flag in expected.values()]
    assert all_of_them.counts == {name: flags.count(name) for name in ("HOT", "WARM") if name in flags}
    assert all_of_them.unit == "electron/s"
    some = flagged_pixels(frame, most=most)
    assert len(some.pixels) == min(most, len(expected))
    assert some.counts == all_of_them.counts


def test_without_data_quality_or_with_more_axes_there_are_none() -> None:
    plain = Frame(np.zeros((3, 3), np.float32), None, None, {})
    cube = Frame(np.zeros((2, 3, 3), np.float32), None, np.full((2, 3, 3), dq.HOT, np.uint32), {})
    for frame in (plain, cube):
        assert flagged_pixels(frame).pixels == ()
        assert flagged_pixels(frame).counts == {}


def test_of_a_map_every_kind_is_listed() -> None:
    bits = np.zeros((40, 40), np.uint32)
    bits[:20] = dq.HOT
    bits[30, 30] = dq.DEAD
    bits[31] = dq.BY_NAME["TELEGRAPH"].value
    found = flagged_pixels(Frame(bits.astype(np.float32), None, bits), KINDS_OF_MASKS, 30, by_kind=True)
    assert found.counts == {"DEAD": 1, "TELEGRAPH": 40, "HOT": 800}
    assert [pixel.flag for pixel in found.pixels] == ["DEAD"] + 10 * ["TELEGRAPH"] + 10 * ["HOT"]
