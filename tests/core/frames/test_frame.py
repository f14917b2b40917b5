"""A frame cannot be changed, and its planes belong together."""

import numpy as np
import pytest

from calgui.core.frames.frame import Frame


def test_planes_are_read_only() -> None:
    frame = Frame(np.ones((4, 5), np.float32), dq=np.zeros((4, 5), np.uint32))
    with pytest.raises(ValueError, match="read-only"):
        frame.data[0, 0] = 2
    with pytest.raises(ValueError, match="read-only"):
        frame.dq[0, 0] = 2  # type: ignore[index]


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="err has shape"):
        Frame(np.ones((4, 5), np.float32), err=np.ones((5, 4), np.float32))


def test_rows_are_bands_of_all_planes() -> None:
    frame = Frame(np.arange(20, dtype=np.float32).reshape(4, 5), dq=np.eye(4, 5, dtype=np.uint32))
    band = frame.rows(1, 3)
    assert band.data.tolist() == [[5, 6, 7, 8, 9], [10, 11, 12, 13, 14]]
    assert band.err is None
    assert band.dq is not None
    assert band.dq.shape == (2, 5)
    assert np.shares_memory(band.data, frame.data)


def test_unit_comes_from_the_header() -> None:
    assert Frame(np.ones((1, 1), np.float32), header={"BUNIT": " electron/s "}).unit == "electron/s"
    assert Frame(np.ones((1, 1), np.float32)).unit == ""
