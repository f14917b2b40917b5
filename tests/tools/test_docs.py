"""The pictures of the documentation: small without a change that an eye would see, and one for each calibration."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from calgui.core.catalogue import CATALOGUE
from calgui.core.simulate import DemoNight

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch):
    """Imports a module of the tools."""
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    return importlib.import_module


def _save(path: Path, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    image = QImage(width, height, QImage.Format.Format_RGB32)
    for y in range(height):
        for x in range(width):
            image.setPixelColor(x, y, QColor(*(int(part) for part in pixels[y, x])))
    assert image.save(str(path), "PNG")


def _load(path: Path) -> np.ndarray:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return raw[..., 2::-1].astype(int)


def test_few_colours_are_kept_exactly(tool, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    palette = rng.integers(0, 256, (200, 3))
    pixels = palette[rng.integers(0, 200, (31, 45))]
    path = tmp_path / "few.png"
    _save(path, pixels)
    tool("png").shrink(path)
    assert np.array_equal(_load(path), pixels)
    once = path.read_bytes()
    tool("png").shrink(path)
    assert path.read_bytes() == once


def test_many_colours_become_256_near_ones_and_less_bytes(tool, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:80, :90]
    pixels = np.stack([2 * x + 20, 2 * y + 30, 100 + 0 * x], axis=2) + rng.integers(-6, 7, (80, 90, 3))
    path = tmp_path / "many.png"
    _save(path, pixels)
    before = path.stat().st_size
    tool("png").shrink(path)
    after = _load(path)
    assert len(np.unique(after.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(after - pixels).mean() < 6
    assert path.stat().st_size < 0.7 * before


def test_there_is_a_figure_for_each_calibration(tool, demo_night: DemoNight, tmp_path: Path) -> None:
    made = tool("goodbad").Maker(demo_night, tmp_path).all()
    assert set(made) == {row.key for row in CATALOGUE}


@pytest.mark.parametrize("key", ["environment", "nfiraos", "psfmeta", "telescope"])
def test_a_spoilt_header_differs_as_it_says(tool, demo_night: DemoNight, tmp_path: Path, key: str) -> None:
    from astropy.io import fits

    good, bad = tool("goodbad").Maker(demo_night, tmp_path).all()[key]()
    assert (good.good, bad.good) == (True, False)
    first, second = fits.getheader(good.shown.path), fits.getheader(bad.shown.path)
    spoilt = {name for name in first if first[name] != second.get(name)}
    assert spoilt
    assert all(name in bad.text for name in spoilt)
    assert not set(second) - set(first)
    assert set(bad.shown.wrong) == spoilt & set(second)
    assert good.shown.wrong == ()


@pytest.mark.parametrize("key", ["dark", "sky", "pinhole", "mask"])
def test_what_is_judged_by_its_level_is_drawn_with_the_same_limits(
    tool, demo_night: DemoNight, tmp_path: Path, key: str
) -> None:
    good, bad = tool("goodbad").Maker(demo_night, tmp_path).all()[key]()
    assert good.shown.between == bad.shown.between is not None
    assert good.shown.part == bad.shown.part


def test_every_picture_is_drawn_by_a_tool() -> None:
    """One that no tool draws would show the program as it once was."""
    drawn = "\n".join(path.read_text() for path in TOOLS.glob("*.*") if path.suffix in (".py", ".sh"))
    for path in (TOOLS.parent / "docs" / "pictures").glob("*.png"):
        name, _, look = path.stem.rpartition("-")
        page = name.removeprefix("rules-")
        by_loop = page in ("timeline", "matrix", "compare", "pipeline") and f"rules-$page rules-$page {look}" in drawn
        assert path.name in drawn or f"picture {name} " in drawn or by_loop, path.name
