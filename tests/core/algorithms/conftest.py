"""Darks with a known truth, made with numpy alone."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.frames.frame import Frame

HEADER: Mapping[str, Any] = {
    "INSTRUME": "IRIS",
    "DETECTOR": "IRIS1",
    "SUBARRAY": "FULL",
    "READPATT": "CDS",
    "EXP_TYPE": "IRIS_DARK",
    "BUNIT": "electron",
    "EXPTIME": 100.0,
    "IMGDTEMP": 76.0,
    "DATE-OBS": "2026-03-11",
}

MakeDarks = Callable[..., list[Frame]]


@pytest.fixture
def make_darks() -> MakeDarks:
    """A maker of darks: 0.025 e-/s, 9 e- of noise, 100 s, reference pixels at zero with a level of their own."""

    def make(n: int = 9, size: int = 256, rate: Any = 0.025, seed: int = 1, **header: Any) -> list[Frame]:
        rng = np.random.default_rng(seed)
        frames = []
        for index in range(n):
            electrons = rng.poisson(np.broadcast_to(rate, (size, size)) * 100.0) + rng.normal(0, 9, (size, size))
            border = np.ones((size, size), bool)
            border[4:-4, 4:-4] = False
            electrons[border] = 5000.0
            cards = dict(HEADER) | {"TIME-OBS": f"01:{index:02d}:00"} | header
            cards = {key: value for key, value in cards.items() if value is not None}
            frames.append(Frame(electrons.astype(np.float32), None, None, cards, Path(f"dark_{index}.fits")))
        return frames

    return make
