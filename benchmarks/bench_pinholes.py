"""2,500 pinholes on a detector of 4096²: found, fitted, and put into their places; against photutils' detection."""

from typing import Any

import numpy as np

from benchmarks.harness import Row, compare

_SIZE, _SIDE, _PITCH = 4096, 50, 80.0


def measure() -> list[Row]:
    """Against the two searches of photutils that serve for it."""
    from photutils.detection import DAOStarFinder
    from photutils.segmentation import detect_sources

    from calgui.core.algorithms.pinholes.config import PinholeConfig
    from calgui.core.algorithms.pinholes.measure import measure_pinholes
    from calgui.core.frames.frame import Frame
    from calgui.core.jobs import Job

    image = _picture()
    frame = Frame(image, header={"BUNIT": "electron"})
    above = image - np.float32(5)
    what = f"{_SIDE**2} pinholes found, fitted, placed"
    ours = lambda: measure_pinholes(frame, PinholeConfig(), Job())  # noqa: E731
    return [
        compare(what, ours, "photutils: DAOStarFinder alone", lambda: DAOStarFinder(100.0, 2.4)(above), 3, repeat=3),
        compare(what, ours, "photutils: detect_sources alone", lambda: detect_sources(above, 100.0, 3), 3),
    ]


def _picture() -> Any:
    """A turned, slightly bent grid of spots of 20,000 e-, with noise and hot pixels."""
    from scipy.special import ndtr

    rng = np.random.default_rng(1)
    image = rng.normal(5, 12.7, (_SIZE, _SIZE)).astype(np.float32)
    u, v = (part.ravel() for part in np.meshgrid(*(np.arange(_SIDE) - (_SIDE - 1) / 2,) * 2))
    turn = 0.02
    x = (_SIZE - 1) / 2 + _PITCH * (u * np.cos(turn) - v * np.sin(turn)) + 0.01 * u * v
    y = (_SIZE - 1) / 2 + _PITCH * (u * np.sin(turn) + v * np.cos(turn)) + 0.01 * u**2
    sigma, near = 2.4 / 2.3548, np.arange(-8, 10) - 0.5
    for at_x, at_y in zip(x, y, strict=True):
        left, low = round(at_x), round(at_y)
        if 8 < left < _SIZE - 9 and 8 < low < _SIZE - 9:
            along, across = np.diff(ndtr((left + near - at_x) / sigma)), np.diff(ndtr((low + near - at_y) / sigma))
            image[low - 8 : low + 9, left - 8 : left + 9] += rng.poisson(20_000 * across[:, None] * along[None])
    hot = rng.choice(image.size, round(0.004 * image.size), replace=False)
    image.ravel()[hot] += (10 ** rng.uniform(0, 3, hot.size)).astype(np.float32)
    return image


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
