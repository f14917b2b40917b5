"""Cleaning an image of cosmic rays, with all that is shown of it, against the astroscrappy call within."""

import math

import numpy as np
from astroscrappy import detect_cosmics

from benchmarks.harness import Row, compare
from calgui.core.algorithms.cosmicrays.clean import clean_cosmic_rays
from calgui.core.algorithms.cosmicrays.config import CosmicConfig
from calgui.core.frames.frame import Frame

SIZE = 2048


def measure() -> list[Row]:
    """Time one image of 2048² pixels with 2000 hits and a thousand pixels that are NaN.

    Returns
    -------
    list of Row
    """
    rng = np.random.default_rng(1)
    image = rng.normal(100, 12, (SIZE, SIZE)).astype(np.float32)
    for y, x, length in zip(*rng.integers(8, SIZE - 8, (2, 2000)), rng.integers(1, 6, 2000), strict=True):
        image[y, x : x + length] += rng.uniform(300, 5000)
    clean = image.copy()
    image.flat[rng.integers(0, image.size, 1000)] = np.nan
    header = {"BUNIT": "electron", "EXPTIME": 100.0, "READNOIS": 9.0}
    bad = ~np.isfinite(image)
    config = CosmicConfig()

    def theirs() -> object:
        return detect_cosmics(
            clean, inmask=bad, sigclip=config.sigma, sigfrac=config.neighbour_fraction, objlim=config.contrast,
            gain=1.0, readnoise=9.0, satlevel=math.inf, niter=config.iterations, psffwhm=config.star_fwhm,
        )  # fmt: skip

    return [
        compare(
            f"cosmic rays of an image of {SIZE}²",
            lambda: clean_cosmic_rays([Frame(image, None, None, header)], config),
            "astroscrappy.detect_cosmics",
            theirs,
            1.1,
        )
    ]
