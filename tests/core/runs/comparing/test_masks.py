"""The new bad pixel map against the one in use."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.badpixels.mapping import bad_pixel_map
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import rule_header
from calgui.core.rules.cache import Cache
from calgui.core.runs.comparing import as_document, compare_with_selected
from calgui.core.runs.comparing.masks import compare
from calgui.core.simulate import DemoNight

HOT, DEAD, WARM = dq.HOT | dq.DO_NOT_USE, dq.DEAD | dq.DO_NOT_USE, dq.WARM
BORDER = dq.REFERENCE_PIXEL | dq.NON_SCIENCE | dq.DO_NOT_USE


def mask(bad: dict[tuple[int, int], int], name: str = "mask.fits", size: int = 64, **header: Any) -> Frame:
    bits = np.zeros((size, size), np.uint32)
    bits[:4] = BORDER
    for place, value in bad.items():
        bits[place] = value
    return Frame(bits.astype(np.float32), None, bits, header, Path(name))


def test_pixels_that_came_went_and_changed_their_kind() -> None:
    old = mask({(10, 10): HOT, (20, 20): WARM, (30, 30): DEAD, (40, 40): HOT}, "old.fits")
    new = mask({(10, 10): HOT, (20, 20): HOT, (50, 60): DEAD, (40, 40): HOT | dq.BY_NAME["TELEGRAPH"].value})
    made = compare(new, old)
    assert made.places("new").tolist() == [[50, 60]]
    assert made.places("gone").tolist() == [[30, 30]]
    assert made.places("changed").tolist() == [[20, 20], [40, 40]]
    changed = next(change for change in made.changes if change.way == "changed")
    assert changed.details == ("WARM → HOT", "HOT → HOT TELEGRAPH")
    numbers = {name: metric.value for name, metric in made.metrics.items()}
    assert (numbers["n_born"], numbers["n_gone"], numbers["n_moved"], numbers["n_same"]) == (1, 1, 2, 1)
    assert numbers["agreement"] == pytest.approx(3 / 5)
    # of those not to be used: (20, 20) and (50, 60) came, (30, 30) went
    assert (numbers["n_newly_unusable"], numbers["n_usable_again"]) == (2, 1)
    assert made.difference is not None
    assert made.difference.dq is not None
    assert [made.difference.data[y, x] for y, x in ((50, 60), (30, 30), (20, 20), (10, 10))] == [1, -1, 0.5, 0]
    assert dq.decode(made.difference.dq[20, 20]) == ("DO_NOT_USE", "HOT", "WARM")
    rows = {row[0]: row[1:] for row in made.tables[0].rows}
    assert rows["HOT"] == (2, 3, 2, 1, 0)
    assert rows["DEAD"] == (1, 1, 0, 1, 1)
    assert "new: 1, gone: 1, of another kind: 2" in made.message
    assert "old.fits" in made.message


def test_reference_pixels_are_no_bad_pixels() -> None:
    bare = mask({}, "bare.fits")
    assert bare.dq is not None
    none = Frame(bare.data, None, np.zeros_like(bare.dq), {}, bare.path)
    made = compare(bare, none)
    assert not any(len(change.places) for change in made.changes)
    assert "neither has any" in made.message


def test_a_subarray_is_compared_with_its_part_of_the_whole() -> None:
    whole = mask({(30, 40): HOT, (50, 50): DEAD}, "whole.fits", SUBARRAY="GENERIC")
    bits = np.zeros((16, 16), np.uint32)
    bits[4, 5] = HOT
    part = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 33, "SUBSTRT2": 25, "DETXSIZE": 64, "DETYSIZE": 64}
    made = compare(Frame(bits.astype(np.float32), None, bits, part), whole)
    # column 32 + 8, row 24 + 6 of the whole
    assert made.places("gone").tolist() == [[6, 8]]
    assert made.places("new").tolist() == [[4, 5]]
    with pytest.raises(InputError, match=r"whole\.fits.*columns 1 to 64"):
        compare(Frame(bits.astype(np.float32), None, bits, {**part, "SUBSTRT1": 60}), whole)


def test_a_map_in_use_of_other_values_is_understood() -> None:
    new = mask({(10, 10): HOT, (20, 20): HOT})
    values = np.full((64, 64), 9, np.float32)
    values[:4] = 0
    values[20, 20] = values[30, 30] = 0
    made = compare(new, Frame(values, path=Path("osiris.fits")))
    assert made.places("new").tolist() == [[10, 10]]
    assert made.places("gone").tolist() == [[30, 30]]


def test_a_map_of_the_night_meets_the_one_that_the_rules_select(demo_night: DemoNight) -> None:
    names = [f"dark_{n:04d}" for n in range(1, 10)] + ["flat_0001", "flat_0002"]
    paths = [demo_night.raw / f"iris_20260311_{name}.fits" for name in names]
    product = bad_pixel_map([read_frame(path) for path in paths], MaskConfig()).frame
    assert product is not None
    cache = Cache.open(demo_night.cache)
    made = compare_with_selected(product, rule_header(paths[0]), cache, product="MASK")
    truth = json.loads(demo_night.truth.read_text())
    assert cache.default_context is not None
    assert made.selection is not None
    assert made.selection.file == truth["expected"][cache.default_context][paths[0].name]["MASK"]
    # the map in use is the truth: nothing is new, and what is gone are warm pixels of a few sigma
    assert made.metrics["n_born"].value == 0
    assert made.metrics["agreement"].value > 0.8  # type: ignore[operator]
    weak = {(int(y), int(x)) for x, y, excess in truth["detectors"]["IRIS1"]["hot"] if excess < 10 * 0.053}
    assert {tuple(place) for place in made.places("gone").tolist()} <= weak
    document = as_document(made)
    assert document["file"] == "tmt_iris_mask_0001.fits"
    assert document["tables"][0]["columns"][0] == "Flag"
    gone = next(change for change in document["changes"] if change["way"] == "gone")
    assert gone["n_pixels"] == made.metrics["n_gone"].value
    assert gone["pixels"][0].keys() == {"x", "y", "flags"}
    assert {(pixel["y"], pixel["x"]) for pixel in gone["pixels"]} <= weak
    assert {pixel["flags"] for pixel in gone["pixels"]} <= {"WARM", "HOT"}


def test_nothing_is_known_of_other_products(demo_night: DemoNight) -> None:
    with pytest.raises(UsageError, match="no comparison for ARC"):
        compare_with_selected(mask({}), {}, Cache.open(demo_night.cache), product="ARC")


def test_frames_of_a_comparison_stay_as_they_were() -> None:
    new, old = mask({(10, 10): HOT}), mask({})
    before = replace(new)
    compare(new, old)
    assert new.dq is not None
    assert before.dq is not None
    np.testing.assert_array_equal(new.dq, before.dq)
