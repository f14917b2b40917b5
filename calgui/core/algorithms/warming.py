"""Calls every compiled loop once on a few pixels, which compiles it or loads it from the cache on disk."""

import threading
from typing import get_args


def warm_up() -> threading.Thread:
    """Import and compile everything in the background, so that the user's first run does not wait for it.

    Returns
    -------
    threading.Thread
        Already started; a daemon, so that it never holds up the end of the program.
    """
    thread = threading.Thread(target=exercise, name="calgui-warm-up", daemon=True)
    thread.start()
    return thread


def exercise() -> None:
    """Compile everything, with the types that the program uses.

    The loops that are written out are compiled for three frames; for other numbers when they are first asked for.
    """
    import numpy as np

    from calgui.core.algorithms.combine import Combination, Method, combine
    from calgui.core.algorithms.kernels import bands, tiles
    from calgui.core.frames.frame import Frame

    frames = [Frame(np.zeros((2, 32), np.float32), None, np.zeros((2, 32), np.uint32)) for _ in range(3)]
    for method in get_args(Method):
        combine(frames, Combination(method))
    pixels, bits = frames[0].data.reshape(-1), np.zeros(64, np.uint32)
    good = np.ones(64, np.bool_)
    at = np.uint64(pixels.ctypes.data), np.uint64(bits.ctypes.data)
    bands.count_outliers(*at, 0, 64, np.uint32(1), pixels, good, 0.0, 1.0)
    image, all_good = np.zeros((8, 8), np.float32), np.ones((8, 8), np.bool_)
    level, sigma = np.zeros((1, 1)), np.ones((1, 1))
    tiles.tile_medians(image, all_good, 0, 1, level)
    tiles.tile_deviations(image, all_good, level, 0, 1, sigma)
    flags = np.zeros((8, 8), np.uint32)
    tiles.flag_excess(image, all_good, level, sigma, 7.0, 5.0, np.uint32(1), np.uint32(2), 0, 8, flags)
