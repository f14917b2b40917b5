"""A reference laid on an image: places, refusals, and what is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.matching import check_subarray, disagreements, place, serves
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame


def numbered(ny: int, nx: int, **header: Any) -> Frame:
    """Every pixel holds 1000 row + column, from 1, of the detector when it begins at 1, 1."""
    rows, columns = np.indices((ny, nx)) + 1
    return Frame((1000 * rows + columns).astype(np.float32), header=header, path=Path("flat.fits"))


def image(ny: int, nx: int, **header: Any) -> Frame:
    return Frame(np.zeros((ny, nx), np.float32), header=header, path=Path("image.fits"))


FULL = {"SUBARRAY": "FULL", "DETXSIZE": 40, "DETYSIZE": 30}


def cut(at: tuple[int, int], size: tuple[int, int], **more: Any) -> dict[str, Any]:
    (x, y), (nx, ny) = at, size
    window = {"SUBARRAY": "CUSTOM", "SUBSTRT1": x, "SUBSTRT2": y, "SUBSIZE1": nx, "SUBSIZE2": ny}
    return {**window, "DETXSIZE": 40, "DETYSIZE": 30, **more}


@pytest.mark.parametrize("at", [(1, 1), (5, 9), (33, 25)])
def test_the_first_pixel_of_a_subarray_is_the_one_that_its_start_names_from_one(at: tuple[int, int]) -> None:
    part = place(image(6, 8, **cut(at, (8, 6))), whole := numbered(30, 40, **FULL), "flat")
    rows = part.band(whole, 0, 6)
    assert rows.data.shape == (6, 8)
    assert rows.data[0, 0] == 1000 * at[1] + at[0]
    np.testing.assert_array_equal(part.band(whole, 2, 4).data, rows.data[2:4])


def test_a_subarray_is_cut_from_a_larger_subarray_too() -> None:
    larger = numbered(20, 20, **cut((11, 6), (20, 20)))
    part = place(image(4, 5, **cut((13, 10), (5, 4))), larger, "flat")
    assert (part.y, part.x) == (4, 2)


@pytest.mark.parametrize("at", [(0, 5), (34, 5), (5, 0), (5, 26)])
def test_a_subarray_outside_the_detector_is_refused_with_a_cure(at: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"image\.fits.*outside the detector.*count from 1"):
        place(image(6, 8, **cut(at, (8, 6))), numbered(30, 40, **FULL), "flat")


@pytest.mark.parametrize("wrong", [{"SUBSIZE1": 9}, {"SUBSIZE2": 8}])
def test_a_size_that_is_not_the_picture_s_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=rf"image\.fits.*{next(iter(wrong))} is .*but the picture has"):
        check_subarray(image(6, 8, **cut((5, 9), (8, 6), **wrong)))


def test_a_reference_that_does_not_cover_the_image_is_refused() -> None:
    with pytest.raises(InputError, match=r"flat\.fits is 8 × 6 pixels from column 5, row 9.*column 6, row 9"):
        place(image(6, 8, **cut((6, 9), (8, 6))), numbered(6, 8, **cut((5, 9), (8, 6))), "flat")


def test_where_no_header_says_which_part_it_is_nothing_is_guessed() -> None:
    with pytest.raises(InputError, match="SUBSTRT1"):
        place(image(6, 8, SUBARRAY="CENTRE"), numbered(30, 40, **FULL), "flat")
    part = place(image(6, 8, SUBARRAY="CENTRE"), numbered(6, 8, SUBARRAY="CENTRE"), "flat")
    assert (part.y, part.x) == (0, 0)


def test_a_cube_takes_a_reference_of_its_spaxels() -> None:
    cube = Frame(np.zeros((5, 6, 8), np.float32), header={"CTYPE3": "WAVE", **cut((5, 9), (40, 30))})
    assert place(cube, numbered(6, 8), "flat").nx == 8
    with pytest.raises(InputError, match="spaxels"):
        place(cube, numbered(30, 40, **FULL), "flat")


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("K", "K", True), ("K", "J", False), ("KN1|KN2|KN3", "KN3", True), ("KN1|KN2", "KN3", False),
        ("ANY", "Z", True), ("", "Z", True), ("k", "K", True), ("N/A", "K", True),
    ],
)  # fmt: skip
def test_what_a_reference_serves(rule: str, value: str, expected: bool) -> None:
    assert serves(rule, value) is expected


def test_a_disagreement_is_told_with_both_values() -> None:
    told = disagreements(image(1, 1, FILTER="J"), numbered(1, 1, FILTER="K"), "flat", {"FILTER": "the filter"})
    assert told == ["FILTER, the filter, is J; in the flat flat.fits it is K."]
    assert disagreements(image(1, 1), numbered(1, 1, FILTER="K"), "flat", {"FILTER": "the filter"}) == []
