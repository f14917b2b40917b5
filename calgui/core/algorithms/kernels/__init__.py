"""Compiled inner loops; numba is imported only when one of them is needed.

Their functions release the GIL and are cached on disk. They are called from ordinary threads, each for rows of its
own: unlike numba's own thread pool this may happen in several threads of the window at once.
"""

import importlib
import os
import threading
from functools import cache
from types import ModuleType


def compiled() -> ModuleType:
    """The loops that combine frames, imported (and compiled where the cache on disk is cold) at the first call.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.bands`.
    """
    return _imported("bands")


def compiled_straight() -> ModuleType:
    """The loops for the median of some frames, each number of frames with steps of its own.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.straight`.
    """
    return _imported("straight")


def compiled_tiles() -> ModuleType:
    """The loops for local statistics.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.tiles`.
    """
    return _imported("tiles")


@cache
def _imported(name: str) -> ModuleType:
    return importlib.import_module(f"calgui.core.algorithms.kernels.{name}")


def workers() -> int:
    """How many threads share one computation.

    Returns
    -------
    int
        The processors that this process may use, at most eight.
    """
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(here or 1, 8))


def warm_up() -> threading.Thread:
    """Import and compile everything in the background, so that the user's first run does not wait for it.

    Returns
    -------
    threading.Thread
        Already started; a daemon, so that it never holds up the end of the program.
    """

    def run() -> None:
        from calgui.core.algorithms.kernels.warm import exercise

        exercise()

    thread = threading.Thread(target=run, name="calgui-warm-up", daemon=True)
    thread.start()
    return thread
