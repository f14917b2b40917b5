"""The new flat against the one in use."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.runs.comparing import comparer_of
from calgui.core.runs.comparing.flats import compare

SIZE = 256
PIXELS = np.random.default_rng(1).normal(1, 0.012, (SIZE, SIZE))
NO_FLAT = flags.NO_FLAT_FIELD | flags.DO_NOT_USE


def flat(seed: int, scale: Any = 1.0, none: tuple[tuple[int, int], ...] = (), **header: Any) -> Frame:
    data = (scale * PIXELS + np.random.default_rng(seed).normal(0, 0.004, (SIZE, SIZE))).astype(np.float32)
    bits = np.zeros((SIZE, SIZE), np.uint32)
    for place in none:
        bits[place] = NO_FLAT
    return Frame(data, np.full_like(data, 0.004), bits, {"BUNIT": "1", **header}, Path(f"flat_{seed}.fits"))


def test_what_changed_is_what_was_changed() -> None:
    scale = np.ones((SIZE, SIZE))
    scale[100, 120] = 0.9
    made = compare(flat(2, 1.02 * scale, ((50, 60),)), flat(3, 1.0, ((70, 80),)))
    assert made.places("new").tolist() == [[50, 60]]
    assert made.places("gone").tolist() == [[70, 80]]
    assert made.places("changed").tolist() == [[100, 120]]
    assert made.metrics["level_ratio"].value == pytest.approx(1.02, abs=2e-4)
    assert made.metrics["ratio_scatter_fraction"].value == pytest.approx(0.004 * np.hypot(1 / 1.02, 1), rel=0.03)
    assert made.metrics["new_pixel_scatter_fraction"].value == pytest.approx(np.hypot(0.012, 0.004 / 1.02), rel=0.03)
    assert "level is 2 % higher" in made.message
    assert "illumination" not in made.message
    assert made.difference is not None
    assert made.difference.err is not None
    assert np.median(made.difference.err) == pytest.approx(0.004 * np.hypot(1, 1.02), rel=0.02)


def test_a_broad_change_of_the_illumination_is_told() -> None:
    slope = 1 + 0.03 * np.linspace(-1, 1, SIZE)[:, None] * np.ones((SIZE, SIZE))
    made = compare(flat(2, slope), flat(3))
    assert made.metrics["broad_change_fraction"].value == pytest.approx(0.06, rel=0.08)
    assert "illumination differs by 5.8 %" in made.message
    assert made.metrics["n_changed"].value == 0


def test_a_subarray_is_compared_with_its_part_of_the_flat_in_use() -> None:
    whole = flat(3, SUBARRAY="FULL")
    window = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 33, "SUBSTRT2": 65, "DETXSIZE": SIZE, "DETYSIZE": SIZE}
    part = (slice(64, 192), slice(32, 160))
    new = flat(2, **window)
    cut = Frame(new.data[part].copy(), new.err[part].copy(), new.dq[part].copy(), new.header, new.path)  # type: ignore[index]
    made = compare(cut, whole)
    assert made.metrics["ratio_scatter_fraction"].value == pytest.approx(0.004 * np.sqrt(2), rel=0.05)


def test_flats_of_different_places_are_not_compared() -> None:
    with pytest.raises(InputError, match=r"flat in use flat_3\.fits"):
        compare(flat(2, SUBARRAY="FULL"), Frame(flat(3).data[:100].copy(), header={}, path=Path("flat_3.fits")))
    assert comparer_of("FLAT") is not None
