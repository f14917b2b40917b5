"""Bands of rows that threads share."""

import threading

import numpy as np
import pytest

from calgui.core.algorithms.banding import contiguous, copied, over_bands
from calgui.core.errors import Cancelled, InputError
from calgui.core.frames.frame import Frame, Rows
from calgui.core.jobs import Job


@pytest.mark.parametrize(("rows", "height"), [(1, 4), (4, 4), (37, 5), (400, 7)])
def test_each_row_once_and_in_order(rows: int, height: int) -> None:
    seen = np.zeros(rows, int)

    def work(start: int, stop: int) -> tuple[int, int]:
        seen[start:stop] += 1
        return start, stop

    spans = over_bands(rows, height, work, Job(), "Working")
    assert (seen == 1).all()
    assert spans == sorted(spans)
    assert max(stop - start for start, stop in spans) <= height


def test_what_goes_wrong_in_a_band_is_told() -> None:
    def work(start: int, _stop: int) -> None:
        if start == 20:
            raise InputError("This row is damaged.")

    with pytest.raises(InputError, match="damaged"):
        over_bands(100, 10, work, Job(), "Working")


def test_cancel_ends_it_soon() -> None:
    job, done = Job("Much work"), []
    lock = threading.Lock()

    def work(start: int, _stop: int) -> None:
        with lock:
            done.append(start)
        if len(done) == 10:
            job.cancel()

    with pytest.raises(Cancelled):
        over_bands(100_000, 1, work, job, "Working")
    assert len(done) < 1000


def test_columns_that_were_cut_lie_one_behind_the_other() -> None:
    wide = np.arange(24, dtype=np.float32).reshape(4, 6)
    made = contiguous(Rows(wide[:, 1:4], None, wide.astype(np.uint32)))
    assert made.data.flags.c_contiguous
    np.testing.assert_array_equal(made.data, wide[:, 1:4])
    assert made.err is None


@pytest.mark.parametrize("complete", [True, False])
def test_a_copy_of_an_image_has_its_planes_and_may_be_written(complete: bool) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (600, 5)).astype(np.float32)
    bits = rng.integers(0, 9, values.shape).astype(np.uint32)
    frame = Frame(values, values**2, bits) if complete else Frame(values)
    data, err, dq = copied(frame, Job("test"), "copying")
    assert np.array_equal(data, values)
    assert np.array_equal(dq, bits if complete else np.zeros_like(bits))
    if complete:
        assert err is not None
        assert np.array_equal(err, values**2)
    else:
        assert err is None
    data += 1
    dq |= np.uint32(1)
    assert np.array_equal(frame.data, values)
