"""Exposures of a white lamp on a detector whose pixels are known, made with numpy alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.frame import Frame

SIZE, SECONDS, READ_NOISE = 160, 10.0, 9.0
Floats = npt.NDArray[np.float64]


def response(size: int = SIZE, seed: int = 7, dead: float = 0.001) -> Floats:
    """Pixels of 1.2 % scatter, some of them dead."""
    rng = np.random.default_rng(seed)
    made = rng.normal(1, 0.012, (size, size))
    made[rng.random((size, size)) < dead] = 0
    return made


def vignetting(size: int = SIZE) -> Floats:
    """Illumination that is 12 % darker in the corners."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    return np.asarray(1 - 0.06 * ((y - 0.1) ** 2 + x**2))


def active(size: int = SIZE) -> npt.NDArray[np.bool_]:
    """Pixels that are no reference pixels."""
    made = np.zeros((size, size), bool)
    made[4:-4, 4:-4] = True
    return made


def exposure(
    light: Floats, number: int, rng: np.random.Generator, *, on: bool = True, glow: float = 60.0, **header: Any
) -> Frame:
    """One exposure: light in electrons, glow added, photon noise, two reads; in e-/s."""
    ny, nx = light.shape
    mask = active(ny) if ny == nx else np.ones(light.shape, bool)
    electrons = rng.poisson((light * on + glow) * mask) + rng.normal(0, READ_NOISE * np.sqrt(2), light.shape)
    cards = {
        "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "FILTER": "K", "PUPIL": "CLEAR", "EXP_TYPE": "IRIS_FLAT",
        "LAMP": "WHITE" if on else "NONE", "BUNIT": "electron/s", "EXPTIME": SECONDS, "READNOIS": READ_NOISE,
        "READMODE": "CDS", "DATE-OBS": "2026-03-11", "TIME-OBS": f"02:{number:02d}:00", "IMGDTEMP": 76.0,
        "WAVECEN": 2.2, "SUBARRAY": "FULL", "DETXSIZE": nx, "DETYSIZE": ny,
    }  # fmt: skip
    name = f"{'on' if on else 'off'}_{header.get('DETECTOR', 'IRIS1').lower()}_{number:02d}.fits"
    return Frame((electrons / SECONDS).astype(np.float32), None, None, {**cards, **header}, Path(name))


def night(
    light: Floats, count: int, off: int = 3, drift: Sequence[float] | float = 0.0, seed: int = 1, **header: Any
) -> list[Frame]:
    """So many lamp-on frames, then lamp-off ones; the lamp drifts by so much from the first to the last."""
    rng = np.random.default_rng(seed)
    factors = np.linspace(1, 1 + drift, count) if isinstance(drift, float) else np.asarray(drift)
    made = [exposure(light * factor, number, rng, **header) for number, factor in enumerate(factors)]
    return made + [exposure(light, 30 + number, rng, on=False, **header) for number in range(off)]
