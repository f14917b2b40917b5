"""The new dark against the one in use."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.darks import DarkConfig, master_dark
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import rule_header
from calgui.core.frames.writing import write_frame
from calgui.core.rules.cache import Cache
from calgui.core.rules.values import Selection, Status, Trust
from calgui.core.runs.comparing import compare_with_selected, selected
from calgui.core.runs.comparing.darks import compare
from calgui.core.simulate import DemoNight

SIZE = 256


def dark(
    seed: int, level: float = 0.025, noise: float = 0.04, hot: dict[tuple[int, int], float] | None = None
) -> Frame:
    data = np.random.default_rng(seed).normal(level, noise, (SIZE, SIZE)).astype(np.float32)
    bits = np.zeros((SIZE, SIZE), np.uint32)
    for place, excess in (hot or {}).items():
        data[place] += excess
        bits[place] = flags.HOT
    return Frame(data, np.full_like(data, noise), bits, {"BUNIT": "electron/s"}, Path(f"dark_{seed}.fits"))


def test_shift_noise_and_hot_pixels_are_those_that_were_put_in() -> None:
    old = dark(1, hot={(50, 60): 2.0, (70, 80): 3.0, (90, 90): 0.33})
    new = dark(2, 0.035, 0.06, hot={(50, 60): 2.0, (100, 120): 1.5})
    made = compare(new, old)
    assert made.places("new").tolist() == [[100, 120]]
    # at 0.33 e-/s the third one lies 4.6 sigma of the difference below: not proved to be gone
    assert made.places("gone").tolist() == [[70, 80]]
    assert made.metrics["median_shift_e_per_s"].value == pytest.approx(0.01, abs=0.002)
    assert made.metrics["noise_ratio"].value == pytest.approx(1.5, rel=0.05)
    assert made.metrics["difference_noise_e_per_s"].value == pytest.approx(np.hypot(0.04, 0.06), rel=0.03)
    assert made.difference is not None
    np.testing.assert_allclose(made.difference.data, new.data - old.data, rtol=1e-6)
    assert made.difference.err is not None
    np.testing.assert_allclose(made.difference.err, np.hypot(0.04, 0.06), rtol=1e-5)


def test_units_are_reconciled() -> None:
    rate = dark(3)
    header = {"BUNIT": "electron", "EXPTIME": 50.0}
    counts = Frame(rate.data * np.float32(50), rate.err, rate.dq, header, Path("counts.fits"))
    made = compare(rate, counts)
    assert made.difference is not None
    np.testing.assert_allclose(made.difference.data, 0, atol=1e-6)


def test_darks_that_cannot_be_compared_are_refused() -> None:
    small = Frame(np.ones((8, 8), np.float32), header={"BUNIT": "electron/s"}, path=Path("small.fits"))
    with pytest.raises(InputError, match=r"small\.fits"):
        compare(dark(1), small)


@pytest.mark.parametrize(
    ("selection", "status", "words"),
    [
        (Selection("dark", Status.NOT_FOUND, message="DETECTOR is IRIS9."), "none", "IRIS9"),
        (
            Selection("dark", Status.SELECTED, "d.fits", Path("d.fits"), Trust.LFS_POINTER),
            "unavailable",
            "Git LFS pointer",
        ),
        (Selection("dark", Status.SELECTED, "d.fits", None, Trust.MISSING), "unavailable", "not in the cache"),
    ],
)
def test_nothing_to_compare_with_is_said(
    monkeypatch: pytest.MonkeyPatch, selection: Selection, status: str, words: str
) -> None:
    monkeypatch.setattr(selected, "select", lambda *_: selection)
    cache: Any = None
    made = compare_with_selected(dark(1), {}, cache)
    assert made.status == status
    assert words in made.message


def test_the_selected_dark_is_read_and_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = write_frame(dark(1, hot={(70, 80): 3.0}), tmp_path / "in_use.fits")
    selection = Selection("dark", Status.SELECTED, path.name, path, Trust.OK)
    monkeypatch.setattr(selected, "select", lambda *_: selection)
    cache: Any = None
    made = compare_with_selected(dark(2), {}, cache)
    assert made.status == "compared"
    assert made.places("gone").tolist() == [[70, 80]]
    assert "in_use.fits" in made.message


def test_a_dark_of_the_night_meets_the_one_that_the_rules_select(demo_night: DemoNight) -> None:
    paths = sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))
    truth = json.loads(demo_night.truth.read_text())
    cache = Cache.open(demo_night.cache)
    frames = [read_frame(path) for path in paths]
    new = master_dark(frames, DarkConfig()).frame
    assert new is not None
    made = compare_with_selected(new, rule_header(paths[0]), cache)
    context = cache.default_context
    assert context is not None
    assert made.status == "compared"
    assert made.selection is not None
    assert made.selection.file == truth["expected"][context][paths[0].name]["DARK"]
    # both are of one detector, whose hot pixels stayed: what differs is noise
    assert len(made.places("new")) + len(made.places("gone")) < 0.05 * len(truth["detectors"]["IRIS1"]["hot"])
    assert made.difference is not None
    assert abs(np.median(made.difference.data)) < 0.005
