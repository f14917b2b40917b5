"""Compiled inner loops; numba is imported only when one of them is needed.

Their functions release the GIL and are cached on disk. They are called from ordinary threads, each for rows of its
own: unlike numba's own thread pool this may happen in several threads of the window at once.
"""

import importlib
import os
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

# numba colors its messages, of which it makes many while it compiles and shows none, with streams of its own in the
# place of sys.stdout for a moment: where it does so in a thread, what others print meanwhile may go elsewhere
if os.environ.get("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING") != "1":
    os.environ["NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING"] = "1"

#: most frames for which loops are written out, and pixels of their vectors
MOST_WRITTEN_OUT, VECTOR = 32, 16


def compiled() -> ModuleType:
    """The loops that combine frames, imported (and compiled where the cache on disk is cold) at the first call.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.bands`.
    """
    return _imported("bands")


def compiled_for(method: str) -> Callable[..., None]:
    """The loop of one method that is written out for each number of frames.

    Parameters
    ----------
    method : str
        ``median`` or ``clipped-mean``.

    Returns
    -------
    callable
        `calgui.core.algorithms.kernels.straight.median` or `calgui.core.algorithms.kernels.clipping.clipped`.
    """
    loop: Callable[..., None] = _imported("straight").median if method == "median" else _imported("clipping").clipped
    return loop


def compiled_tiles() -> ModuleType:
    """The loops for local statistics.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.tiles`.
    """
    return _imported("tiles")


def compiled_rectifying() -> ModuleType:
    """The loops that follow a distortion from pixel to pixel.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.rectifying`.
    """
    return _imported("rectifying")


def compiled_cells() -> ModuleType:
    """The loop that sums over cells.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.cells`.
    """
    return _imported("cells")


def compiled_skies() -> ModuleType:
    """The loops of the rounds in which sources of a dithered set are found.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.skies`.
    """
    return _imported("skies")


def compiled_structure() -> ModuleType:
    """The loop that expands maps of tiles and strips.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.structure`.
    """
    return _imported("structure")


def compiled_states() -> ModuleType:
    """The loops that tell pixels of two states, noisy and silent ones from the others.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.states`.
    """
    return _imported("states")


def compiled_planes() -> ModuleType:
    """The loops that subtract images from one another, and divide them.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.planes`.
    """
    return _imported("planes")


def address(plane: Any) -> Any:
    """Where the pixels of a plane begin, for loops that take addresses; the plane is to be kept alive meanwhile.

    Parameters
    ----------
    plane : ndarray or None
        Its pixels one behind the other (`numpy.ascontiguousarray`).

    Returns
    -------
    uint64
        0 for none.
    """
    import numpy as np

    if plane is None:
        return np.uint64(0)
    if not plane.flags.c_contiguous:
        raise ValueError("the pixels do not lie one behind the other")
    return np.uint64(plane.ctypes.data)


def unwritten(plane: Any) -> Any:
    """The same array, read-only: a loop that writes nothing to it is compiled once, for arrays of this kind.

    Parameters
    ----------
    plane : ndarray
        Stays as it is.

    Returns
    -------
    ndarray
        A view.
    """
    plane = plane.view()
    plane.flags.writeable = False
    return plane


def compiled_ramps() -> ModuleType:
    """The loops that put lines through the reads of a ramp.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.ramps`.
    """
    return _imported("ramps")


def compiled_optimal() -> ModuleType:
    """The loops of the optimal ramp fit.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.ramps_optimal`.
    """
    return _imported("ramps_optimal")


def compiled_spots() -> ModuleType:
    """The loops that find the spots of a pinhole mask.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.spots`.
    """
    return _imported("spots")


def compiled_spot_fits() -> ModuleType:
    """The loops that fit a profile to the spots of a pinhole mask.

    Returns
    -------
    module
        `calgui.core.algorithms.kernels.spots_fits`.
    """
    return _imported("spots_fits")


def compiled_arcs(part: str) -> ModuleType:
    """The loops of spectra of lamps.

    Parameters
    ----------
    part : str
        ``filtering``: filters for lines; ``seeds``: lines are found; ``centroids``: measured; ``blends``: several as
        one; ``fits``: polynomials through them; ``rebinning``: pixels on other steps.

    Returns
    -------
    module
        Such as `calgui.core.algorithms.kernels.arcs_seeds`.
    """
    return _imported(f"arcs_{part}")


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
