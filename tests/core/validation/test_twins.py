"""Files with the same pixels are told of each other, whatever their headers say; others are not."""

from pathlib import Path

import numpy as np
import pytest

from calgui.core.validation import tell_twins, validate_file
from tests.core.validation.test_validate import HEADER, RAW, dark, write


def test_the_same_pixels_under_another_name_and_date_are_told(tmp_path: Path) -> None:
    first = write(tmp_path / "a.fits", dark(1), RAW)
    files = [first, write(tmp_path / "b.fits", dark(1), RAW | {"DATE-OBS": "2026-03-12"}), first]
    files += [write(tmp_path / "c.fits", dark(2), RAW)]
    told = tell_twins([validate_file(path) for path in files])
    assert [one.verdict for one in told] == ["doubtful", "doubtful", "doubtful", "good"]
    assert "b.fits" in told[0].reasons[0]
    assert "1 of the other files has the same pixels, where 0 may: " in told[0].reasons[0]
    assert told[1].reasons[0].count("a.fits") == 1


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_pictures_without_noise_are_not_told(tmp_path: Path, value: float) -> None:
    flat = np.full((128, 128), value, np.float32)
    files = [write(tmp_path / name, flat, RAW) for name in ("a.fits", "b.fits")]
    told = tell_twins([validate_file(path) for path in files])
    assert all("same pixels" not in reason for one in told for reason in one.reasons)


def test_references_may_share_their_pixels(tmp_path: Path) -> None:
    files = [write(tmp_path / name, dark(1), HEADER) for name in ("a.fits", "b.fits")]
    assert [one.verdict for one in tell_twins([validate_file(path) for path in files])] == ["good", "good"]
