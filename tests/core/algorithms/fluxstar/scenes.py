"""Stars whose light is known by formula: Gaussians integrated over pixels, with photons and reading."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calgui.core.frames.frame import Frame

SECONDS, SKY, READ_E = 10.0, 5.0, 12.0
HEADER = {"BUNIT": "electron/s", "SCALE": 0.004, "EXPTIME": SECONDS, "DETECTOR": "TEST"}


def gaussian(size: int, x: float, y: float, sigma: float) -> npt.NDArray[np.float64]:
    edges = np.arange(size + 1) - 0.5
    return np.asarray(np.diff(ndtr((edges - y) / sigma))[:, None] * np.diff(ndtr((edges - x) / sigma))[None, :])


def star_light(size: int, x: float, y: float, flux: float) -> npt.NDArray[np.float64]:
    """A core, and a halo with 40 % of the light."""
    return flux * (0.6 * gaussian(size, x, y, 1.6) + 0.4 * gaussian(size, x, y, 7.0))


def exposed(light: npt.NDArray[np.float64], seed: int, *, err: bool = True, **more: Any) -> Frame:
    """What a detector makes of e-/s."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(light * SECONDS) + rng.normal(0, READ_E, light.shape)
    sigma = np.sqrt(np.maximum(counts, 0) + READ_E**2) / SECONDS
    return Frame(
        (counts / SECONDS).astype(np.float32), sigma.astype(np.float32) if err else None, None, {**HEADER, **more}
    )
