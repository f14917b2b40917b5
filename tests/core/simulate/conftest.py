"""What tests of the demo night begin with: its truth."""

import json
from typing import Any

import pytest

from calgui.core.simulate import DemoNight


@pytest.fixture(scope="module")
def truth(demo_night: DemoNight) -> dict[str, Any]:
    """What was put into the night."""
    document: dict[str, Any] = json.loads(demo_night.truth.read_text(encoding="utf-8"))
    return document
