"""Ramps with a known truth, made with numpy alone."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.frames.frame import Frame

HEADER: Mapping[str, Any] = {
    "INSTRUME": "IRIS",
    "DETECTOR": "IRIS1",
    "SUBARRAY": "CUSTOM",
    "SUBSTRT1": 101,
    "SUBSTRT2": 201,
    "DETXSIZE": 4096,
    "DETYSIZE": 4096,
    "BUNIT": "adu",
    "TGROUP": 5.0,
    "GAIN": 2.0,
    "READNOIS": 9.0,
}

MakeRamp = Callable[..., Frame]


@pytest.fixture
def make_ramp() -> MakeRamp:
    """A maker of ramps in adu: photons that add up, 9 e- for each read, a bias of 5000 adu; no reference pixels."""

    def make(
        rate: Any = 20.0,
        reads: int = 10,
        size: int = 64,
        seed: int = 1,
        nint: int = 1,
        noise: float = 9.0,
        **header: Any,
    ) -> Frame:
        rng = np.random.default_rng(seed)
        cards = {key: value for key, value in (dict(HEADER) | header).items() if value is not None}
        step, gain = float(cards.get("TGROUP", 5.0)), float(cards.get("GAIN", 2.0))
        light = np.broadcast_to(rate, (nint, reads, size, size)) * step
        charge = np.cumsum(rng.poisson(light), axis=1) + rng.normal(0, noise, light.shape)
        bias = 5000 + rng.normal(0, 15, (size, size))
        return Frame((charge / gain + bias).astype(np.float32), None, None, cards, Path(f"ramp_{seed}.fits"))

    return make
