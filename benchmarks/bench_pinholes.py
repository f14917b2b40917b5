"""2,500 pinholes on a detector of 4096²: found, matched and fitted (order 5), against photutils' detection alone.

The picture has a level, as every exposure has. What photutils takes to find sources on it is a map of that level and of
its noise (`Background2D`), a threshold above them, `detect_sources`, and the centroids of its `SourceCatalog`: segments
alone have no places. Ours finds the level, too. `DAOStarFinder` is its other search; it is given the level, the
threshold and the width of a spot, which ours is not.
"""

from typing import Any

import numpy as np

from benchmarks.harness import Row, compare

_SIZE, _SIDE, _PITCH = 4096, 50, 80.0
_LEVEL = 5


def measure() -> list[Row]:
    """Against the two searches of photutils that serve for it."""
    from photutils.detection import DAOStarFinder

    from calgui.core.algorithms.distortion.algorithm import ALGORITHMS
    from calgui.core.algorithms.distortion.config import DistortionConfig
    from calgui.core.frames.frame import Frame
    from calgui.core.jobs import Job

    image = _picture()
    frame = Frame(image, header={"BUNIT": "electron"})
    above = image - np.float32(_LEVEL)
    config = DistortionConfig(order="5")
    what = f"{_SIDE**2} pinholes found, matched, fitted (order 5)"
    ours = lambda: ALGORITHMS[0].run([frame], {}, config, Job("Solve"))  # noqa: E731
    return [
        compare(what, ours, "photutils: level, segments, centroids", lambda: _detected(image), 3, repeat=3),
        compare(what, ours, "photutils: DAOStarFinder alone", lambda: DAOStarFinder(100.0, 2.4)(above), 3, repeat=3),
    ]


def _detected(image: Any) -> Any:
    """Places of sources, as photutils' own guide goes about it."""
    from photutils.background import Background2D, MedianBackground
    from photutils.segmentation import SourceCatalog, detect_sources

    background = Background2D(image, 64, filter_size=3, bkg_estimator=MedianBackground())
    above = image - background.background
    segments = detect_sources(above, 5 * background.background_rms, 3)  # as ours
    return SourceCatalog(above, segments).centroid


def _picture() -> Any:
    """A turned, slightly bent grid of spots of 20,000 e-, with noise and hot pixels."""
    from scipy.special import ndtr

    rng = np.random.default_rng(1)
    image = rng.normal(_LEVEL, 12.7, (_SIZE, _SIZE)).astype(np.float32)
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
