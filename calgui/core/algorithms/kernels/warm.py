"""Calls every compiled loop once on a few pixels, which compiles it or loads it from the cache on disk."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import bands, networks, tiles


def exercise() -> None:
    """Compile everything, with the types that the program uses."""
    pixels, bits = np.zeros((3, 32), np.float32), np.zeros((3, 32), np.uint32)
    data, dq = _addresses(pixels), _addresses(bits)
    factors = np.ones(4)
    bands.combine(
        data, dq, data, 0, 32, np.uint32(1), bands.MEDIAN, networks.central_network(3), bands.STANDARD_DEVIATION,
        np.array([3.0, 3.0, 5.0, 1.0]), bands.NO_ERROR, factors, factors, 1, np.uint32(1),
        np.empty(32, np.float32), np.empty(0, np.float32), np.empty(32, np.uint32), np.empty(32, np.uint16),
    )  # fmt: skip
    good = np.ones(32, np.bool_)
    bands.count_outliers(data[0], dq[0], 0, 32, np.uint32(1), pixels[0], good, 0.0, 1.0)
    image, all_good = np.zeros((8, 8), np.float32), np.ones((8, 8), np.bool_)
    level, sigma = np.zeros((1, 1)), np.ones((1, 1))
    tiles.tile_medians(image, all_good, 0, 1, level)
    tiles.tile_deviations(image, all_good, level, 0, 1, sigma)
    flags = np.zeros((8, 8), np.uint32)
    tiles.flag_excess(image, all_good, level, sigma, 7.0, 5.0, np.uint32(1), np.uint32(2), 0, 8, flags)


def _addresses(rows: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    return np.array([row.ctypes.data for row in rows], np.uint64)
