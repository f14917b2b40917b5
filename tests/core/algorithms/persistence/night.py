"""Bright light and darks after it, simulated trap by trap: each trapped electron waits its own time."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

SIZE, DARK, READ, FULL = 128, 0.02, 9.0, 100_000.0
START = dt.datetime(2026, 3, 11, 6, 0, 0)


@dataclass
class Traps:
    """The traps of all pixels; families of one time constant each."""

    fractions: Sequence[float]
    taus: Sequence[float]
    rng: np.random.Generator
    scatter: float = 0.0
    filled: list[Any] = field(default_factory=list)
    released: Any = None

    def __post_init__(self) -> None:
        self.filled = [np.zeros((SIZE, SIZE), np.int64) for _ in self.taus]
        self.own = np.exp(self.scatter * self.rng.standard_normal((SIZE, SIZE)))

    def fill(self, electrons: Any) -> None:
        for family, part in zip(self.filled, self.fractions, strict=True):
            family += self.rng.poisson(np.minimum(electrons, FULL) * part * self.own)

    def wait(self, seconds: float) -> Any:
        """Electrons that are released meanwhile."""
        released = np.zeros((SIZE, SIZE), np.int64)
        for family, tau in zip(self.filled, self.taus, strict=True):
            gone = self.rng.binomial(family, -np.expm1(-seconds / tau))
            family -= gone
            released += gone
        return released


def star(flux: float, x: float, y: float, width: float = 3.0) -> Any:
    """A star whose light is spread with wings."""
    v, u = np.mgrid[:SIZE, :SIZE]
    r2 = ((u - x) ** 2 + (v - y) ** 2) / width**2
    return flux / (1 + r2) ** 2


class Camera:
    """Takes frames one after the other; what is left of light is in them."""

    def __init__(self, traps: Traps, seed: int = 11, unit: str = "electron/s") -> None:
        self.traps, self.rng, self.unit = traps, np.random.default_rng(seed), unit
        self.now, self.count = 0.0, 0
        self.left: list[Any] = []  # what is truly released in each frame, e-/s
        self.hot = np.full((SIZE, SIZE), DARK)

    def wait(self, seconds: float) -> None:
        self.traps.wait(seconds)
        self.now += seconds

    def take(self, seconds: float, light: Any = None, name: str = "", **header: Any) -> Frame:
        """One exposure: of light, in e-/s, or a dark."""
        released = self.traps.wait(seconds)
        electrons = self.rng.poisson(self.hot * seconds).astype(float)
        if light is not None:
            electrons += self.rng.poisson(np.broadcast_to(light, electrons.shape) * seconds)
        electrons += released
        full = electrons >= FULL
        self.traps.fill(np.where(light is None, 0, electrons))
        electrons = np.minimum(electrons, FULL)
        electrons += self.rng.normal(0, READ, electrons.shape) - self.rng.normal(0, READ, electrons.shape)
        self.left.append(released / seconds)
        self.count += 1
        begin = START + dt.timedelta(seconds=self.now)
        self.now += seconds
        cards = {
            "DETECTOR": "IRIS1",
            "EXP_TYPE": "IRIS_DARK" if light is None else "IRIS_SCI",
            "FILTER": "OPAQUE" if light is None else "K",
            "BUNIT": self.unit,
            "EXPTIME": seconds,
            "READNOIS": READ,
            "DATE-OBS": begin.strftime("%Y-%m-%d"),
            "TIME-OBS": begin.strftime("%H:%M:%S.%f"),
        }
        cards = {key: value for key, value in (cards | header).items() if value is not None}
        data = electrons / seconds if self.unit == "electron/s" else electrons
        error = np.sqrt(np.maximum(electrons, 0) + 2 * READ**2) / (seconds if self.unit == "electron/s" else 1)
        bits = np.where(full, flags.SATURATED, 0).astype(np.uint32)
        path = Path(name or f"frame_{self.count}.fits")
        return Frame(data.astype(np.float32), error.astype(np.float32), bits, cards, path)
