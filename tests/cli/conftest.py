"""What tests of a demo night on the command line begin with: its truth, and a folder for what is made."""

import json
from pathlib import Path
from typing import Any

import pytest

from calgui.core.simulate import DemoNight
from calgui.core.simulate.detector import Detector
from calgui.core.simulate.scene import IMAGER, Scene


@pytest.fixture(scope="module")
def truth(demo_night: DemoNight) -> dict[str, Any]:
    """What was put into the night."""
    found: dict[str, Any] = json.loads(demo_night.truth.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def scene(truth: dict[str, Any]) -> Scene:
    """The night's scene, drawn again."""
    return Scene(truth["size"], truth["seed"], lambda: None)


@pytest.fixture(scope="module")
def detector(scene: Scene) -> Detector:
    """The imager's detector."""
    return scene.detector(IMAGER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For products that several tests of a module look at."""
    return tmp_path_factory.mktemp("products")
