"""Differences of images against numpy's own."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames.difference import difference, difference_of_files
from calgui.core.frames.frame import Frame


def test_new_less_old(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    old = rng.normal(size=(20, 30)).astype(np.float32)
    new = old.copy()
    new[3, 4] += 5
    new[5, 6] = np.nan
    old[7, 8] = np.nan
    for name, data in (("old", old), ("new", new)):
        fits.PrimaryHDU(data).writeto(tmp_path / f"{name}.fits")
    made = difference_of_files(tmp_path / "old.fits", tmp_path / "new.fits")
    np.testing.assert_array_equal(made.frame.data, new - old)
    assert (made.differing, made.compared, made.appeared, made.gone) == (1, 598, 1, 1)
    assert made.statistics.maximum == pytest.approx(5, abs=1e-5)
    assert made.statistics.median == 0


def test_errors_and_flags_of_both() -> None:
    ones = np.ones((2, 2), np.float32)
    old = Frame(ones.copy(), 3 * ones, np.array([[1, 0], [0, 0]], np.uint32))
    new = Frame(ones.copy(), 4 * ones, np.array([[0, 2], [0, 0]], np.uint32))
    made = difference(old, new)
    np.testing.assert_allclose(made.frame.err, 5)
    np.testing.assert_array_equal(made.frame.dq, [[1, 2], [0, 0]])
    assert difference(old, Frame(ones.copy())).frame.err is None


def test_shapes_and_units_are_held() -> None:
    frame = Frame(np.ones((2, 3), np.float32), header={"BUNIT": "electron"})
    with pytest.raises(InputError, match="3 × 2"):
        difference(Frame(np.ones((2, 2), np.float32)), frame)
    with pytest.raises(InputError, match="electron/s"):
        difference(Frame(np.ones((2, 3), np.float32), header={"BUNIT": "electron/s"}), frame)
    assert difference(Frame(np.ones((2, 3), np.float32)), frame).frame.unit == "electron"
