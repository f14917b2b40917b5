"""Figures of persistence and subarrays show what their captions say."""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.help import documentation
from calgui.core.simulate import DemoNight

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch, demo_night: DemoNight) -> Any:
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    return importlib.import_module("afterglowfigures").AfterglowMaker(demo_night)


def test_each_figure_is_in_a_page(maker: Any) -> None:
    pages = documentation().pages
    shown = {link.target for page in pages.values() for link in page.links if link.kind == "picture"}
    assert {f"pictures/{name}.png" for name in maker.all()} <= shown


def test_the_afterglow_is_there_before_and_gone_after(maker: Any) -> None:
    star, before, after = (side.shown.frame.data for side in maker.persistence())
    bright = star > 2000
    assert before[bright].mean() > 0.4
    assert abs(after[bright].mean()) < 0.25 * before[bright].mean()


def test_subarrays_are_empty_until_they_are_merged(maker: Any) -> None:
    marked, lacking, merged = (side.shown.frame for side in maker.subarrays())
    empty = [np.count_nonzero(np.isnan(frame.data)) for frame in (marked, lacking, merged)]
    assert empty[0] > empty[1] > empty[2] == 0
    assert np.count_nonzero(marked.dq) == empty[0]
