"""Figures of the detector show what their captions say: the algorithms are asked."""

import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.help import documentation
from calgui.core.simulate import DemoNight

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch, demo_night: DemoNight, tmp_path: Path) -> Any:
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    return importlib.import_module("detectorfigures").DetectorMaker(demo_night, tmp_path)


def test_each_figure_is_a_picture_of_its_page(maker: Any) -> None:
    pages = documentation().pages
    for name in maker.all():
        shown = {link.target for page in pages.values() for link in page.links if link.kind == "picture"}
        assert f"pictures/{name}.png" in shown
    drawn = {path.stem for path in (TOOLS.parent / "docs" / "pictures" / "algorithms").glob("*.png")}
    assert drawn >= {name.partition("/")[2] for name in maker.all() if name.startswith("algorithms/")}
    sources = "".join(path.read_text(encoding="utf-8") for path in TOOLS.glob("*figures.py"))
    assert not [name for name in drawn if f'"algorithms/{name}"' not in sources]


def test_a_step_is_left_out_by_one_fit_and_not_by_the_other(
    maker: Any, demo_night: DemoNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the night of tests is small, and perhaps without a hit of this size
    path = Path(shutil.copy(demo_night.raw / "iris_20260311_darkramp_0001.fits", tmp_path))
    with fits.open(path, mode="update") as hdus:
        hdus["SCI"].data[0, 3:, 100, 120] += 150
    monkeypatch.setattr(maker, "files", lambda _pattern: [path])
    good, bad = maker.ramp()
    assert good.shown.title.startswith("Pixel 120, 100:")
    reads = np.asarray(good.shown.lines["reads"][1])
    assert np.ptp(reads) > 100
    slopes = []
    for side in (good, bad):
        x, y = (np.asarray(values)[:2] for values in side.shown.lines["line"])
        slopes.append((y[1] - y[0]) / (x[1] - x[0]))
    assert abs(slopes[0]) < 1.5
    assert slopes[1] > 2
    assert np.count_nonzero(np.isnan(good.shown.lines["line"][1])) == 2
    assert np.count_nonzero(np.isnan(bad.shown.lines["line"][1])) == 1


def test_a_newest_dark_with_a_leak_is_beyond_the_limits(maker: Any) -> None:
    for side in maker.trend():
        newest = side.shown.lines["darks"][1][-1]
        low, high = (side.shown.lines[name][1][0] for name in ("-3 σ", "+3 σ"))
        assert (low < newest < high) == side.good


def test_darks_of_one_time_lie_off_the_line(maker: Any) -> None:
    for side in maker.series():
        off = np.abs(np.subtract(side.shown.lines["measured"][1], side.shown.lines["line"][1])).max()
        assert (off < 0.5) == side.good


def test_too_few_terms_leave_a_wave(maker: Any) -> None:
    good, bad = maker.nonlinearity()
    x, y = (np.asarray(values) for values in good.shown.lines["corrected"])
    high = x > 0.05 * x.max()
    assert np.abs(y[high]).max() < 0.0005
    assert 0.0007 < np.abs(bad.shown.lines["corrected"][1]).max() < 0.002


def test_hot_pixels_without_a_dark_are_taken_for_hits(maker: Any) -> None:
    before, after, bad = maker.cosmic_rays()
    assert before.good is None
    jump = np.uint32(4)
    counts = [int(np.count_nonzero(side.shown.frame.dq & jump)) for side in (after, bad)]
    assert counts[1] > 3 * counts[0] > 0
    assert len({side.shown.part for side in (before, after, bad)}) == 1
