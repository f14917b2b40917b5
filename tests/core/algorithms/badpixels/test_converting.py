"""Masks of other conventions: what is certain is taken, what is not is asked for, and all of it is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.badpixels.converting import ConvertConfig, convert_mask, parse_meaning
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame

BAD = dq.DO_NOT_USE | dq.BY_NAME["OTHER_BAD_PIXEL"].value


def mask(good: float, bad: dict[tuple[int, int], float], size: int = 64, own: bool = False, **header: Any) -> Frame:
    data = np.full((size, size), good, np.float32)
    for place, value in bad.items():
        data[place] = value
    bits = data.astype(np.uint32) if own else None
    return Frame(data, None, bits, header, Path("mask.fits"))


def bits(frame: Frame, **options: Any) -> Any:
    made = convert_mask(frame, ConvertConfig(**options))
    assert made.frame is not None
    return made.frame.dq


@pytest.mark.parametrize(("good", "bad"), [(9, 0), (1, 0), (0, 1), (0, 255)])
def test_of_two_values_the_frequent_one_is_good(good: float, bad: float) -> None:
    made = convert_mask(mask(good, {(10, 20): bad, (30, 40): bad}), ConvertConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    assert np.argwhere(made.frame.dq).tolist() == [[10, 20], [30, 40]]
    assert made.frame.dq[10, 20] == BAD
    assert made.metrics["good_value"].value == good
    assert f"{good} was taken for good" in made.reasons[0]
    assert made.verdict == "good"


def test_what_values_mean_can_be_said() -> None:
    frame = mask(9, {(10, 10): 0, (20, 20): 3, (30, 30): 4})
    plane = bits(frame, good=9, meaning="3=HOT+DO_NOT_USE, 4=WARM", flag="DEAD,DO_NOT_USE")
    assert dq.decode(plane[10, 10]) == ("DO_NOT_USE", "DEAD")
    assert dq.decode(plane[20, 20]) == ("DO_NOT_USE", "HOT")
    assert dq.decode(plane[30, 30]) == ("WARM",)
    # a value can be declared good
    assert bits(frame, good=9, meaning="3=")[20, 20] == 0


def test_the_user_overrides_what_is_frequent() -> None:
    made = convert_mask(mask(1, {(10, 10): 0}), ConvertConfig(good=0))
    assert made.verdict == "bad"
    assert "wrong way round" in made.reasons[0]
    assert made.metrics["n_bad"].value == 64**2 - 1 - (64**2 - 56**2)


def test_the_bits_of_a_dq_extension_are_kept_to_the_highest() -> None:
    frame = mask(0, {(10, 10): dq.HOT | 1}, own=True)
    assert frame.dq is not None
    high = frame.dq.copy()
    high[20, 20] = dq.BY_NAME["OTHER_BAD_PIXEL"].value | dq.HOT | 1
    plane = bits(Frame(frame.data, None, high, {}, frame.path))
    np.testing.assert_array_equal(plane, high)


def test_bits_can_be_given_other_meanings() -> None:
    frame = mask(0, {(10, 10): 1, (20, 20): 3, (30, 30): 8})
    made = convert_mask(frame, ConvertConfig(values="bits", meaning="1=DEAD+DO_NOT_USE,2=HOT"))
    assert made.frame is not None
    assert made.frame.dq is not None
    assert dq.decode(made.frame.dq[20, 20]) == ("DO_NOT_USE", "DEAD", "HOT")
    assert made.frame.dq[30, 30] == 0
    assert any("left out: 8" in reason for reason in made.reasons)
    assert made.verdict == "doubtful"


def test_what_may_mean_two_things_is_asked_for() -> None:
    codes = mask(0, {(10, 10): 1, (20, 20): 2, (30, 30): 3})
    with pytest.raises(InputError, match=r"mask\.fits.*sums of bits, or names of kinds") as caught:
        convert_mask(codes, ConvertConfig())
    assert "values=bits" in caught.value.cure
    half = np.zeros((64, 64), np.float32)
    half[:32] = 1
    with pytest.raises(InputError, match="do not say which of them is good"):
        convert_mask(Frame(half, path=Path("half.fits")), ConvertConfig())
    with pytest.raises(InputError, match="All pixels are 1"):
        convert_mask(mask(1, {}), ConvertConfig())
    # a third value beside a good one that is not 0 is no sum of bits, but that is not certain
    assert convert_mask(mask(9, {(10, 10): 0, (20, 20): 5}), ConvertConfig()).verdict == "doubtful"


def test_images_and_empty_files_are_no_masks() -> None:
    noise = np.random.default_rng(1).normal(size=(64, 64)).astype(np.float32)
    with pytest.raises(InputError, match="no map of bad pixels"):
        convert_mask(Frame(noise, path=Path("image.fits")), ConvertConfig())
    with pytest.raises(InputError, match="NaN"):
        convert_mask(Frame(np.full((8, 8), np.nan, np.float32)), ConvertConfig())
    with pytest.raises(InputError, match="3 axes"):
        convert_mask(Frame(np.zeros((2, 8, 8), np.float32)), ConvertConfig())


def test_a_border_that_is_bad_all_round_is_made_of_reference_pixels() -> None:
    frame = mask(0, {(32, 32): 0})
    data = frame.data.copy()
    data[4:-4, 4:-4] = 1
    data[20, 20] = 0
    plane = bits(Frame(data, path=Path("mask.fits")), good=1)
    assert dq.decode(plane[0, 0]) == ("DO_NOT_USE", "NON_SCIENCE", "REFERENCE_PIXEL")
    assert plane[20, 20] == BAD
    assert bits(Frame(data, path=Path("mask.fits")), good=1, reference_border=False)[0, 0] == BAD


def test_meanings_that_mean_nothing() -> None:
    assert parse_meaning("1=HOT; 2=DEAD+DO_NOT_USE") == {1.0: dq.HOT, 2.0: dq.DEAD | 1}
    for text in ("HOT", "x=HOT", "1=HOTT"):
        with pytest.raises(UsageError):
            parse_meaning(text)


def test_keck_osiris(real_data: Path) -> None:
    made = convert_mask(
        read_frame(real_data / "masks" / "osiris_badpixelmask20170902_sigma15.fits.gz"), ConvertConfig()
    )
    assert made.metrics["n_bad"].value == 9967
    assert made.metrics["good_value"].value == 9
    assert made.metrics["n_reference"].value == 0


def test_spex(real_data: Path) -> None:
    made = convert_mask(read_frame(real_data / "masks" / "uspex_bdpxmk.fits"), ConvertConfig())
    # 55,408 pixels are 0, of them 32,692 of the border of 32,704
    assert made.metrics["good_value"].value == 1
    assert made.metrics["n_reference"].value == 2048**2 - 2040**2
    assert made.metrics["n_bad"].value == 22716
