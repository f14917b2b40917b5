"""Compiling the loops before they are wanted.

What is compiled is kept on disk, by numba, beside the program or in the user's cache folder. On a machine where it is
not there yet, another process does it: in this one the compiler would hold up the window again and again.
"""

import hashlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import threading
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any, get_args

from calgui.core.children import python
from calgui.core.errors import Cancelled
from calgui.core.jobs import Job

_READY = b"ready\n"

_ahead: "subprocess.Popen[bytes] | None" = None
#: of the threads that load the loops now
_loading = Job("Loading the loops")


def compile_ahead() -> None:
    """Begin to compile everything in another process, of lowest priority, unless that was done on this machine."""
    global _ahead
    if _ahead is None and not _marker().exists():
        command = python("calgui.core.algorithms.warming")
        _ahead = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def stop_ahead() -> None:
    """End that process and the loading; what was compiled is kept, and the next start goes on from there."""
    global _ahead, _loading
    _loading.cancel()
    _loading = Job(_loading.title)
    if _ahead is not None:
        _ahead.terminate()
        _ahead.communicate()
        _ahead = None


def warm_up() -> threading.Thread:
    """Load the loops in the background (waiting for the other process, if there is one), so that the user's first run
    does not wait for the compiler.

    Returns
    -------
    threading.Thread
        Already started; a daemon, so that it never holds up the end of the program.
    """

    job = _loading

    def run() -> None:
        if _ahead is not None and _ahead.stdout is not None:
            with suppress(ValueError):  # it was stopped
                _ahead.stdout.readline()
        try:
            exercise(job=job)
        except Cancelled:
            pass
        except RuntimeError as error:
            # a program that ends gives no new threads to a loop that was being compiled meanwhile
            if not job.cancelled and "shutdown" not in str(error):
                raise

    thread = threading.Thread(target=run, name="calgui-warm-up", daemon=True)
    thread.start()
    return thread


def exercise(n: int = 3, job: Job | None = None) -> None:
    """Call every loop once on a few pixels, which compiles it or loads it from the disk.

    Parameters
    ----------
    n : int
        Number of frames, for which the loops that are written out are compiled.
    job : Job, optional
        Cancel, heeded between two loops.

    Raises
    ------
    Cancelled
        When the work is to stop.
    """
    job = job or Job()
    import numpy as np

    from calgui.core.algorithms.combine import Combination, Method, combine
    from calgui.core.algorithms.kernels import bands, states, structure, tiles
    from calgui.core.algorithms.ramps.optimal import fit_optimal
    from calgui.core.frames.frame import Frame

    frames = [Frame(np.zeros((2, 32), np.float32), None, np.zeros((2, 32), np.uint32)) for _ in range(n)]
    for method in get_args(Method):
        job.check()
        combine(frames, Combination(method))
    job.check()
    pixels, bits = np.zeros(64, np.float32), np.zeros(64, np.uint32)
    good = np.ones(64, np.bool_)
    at = np.uint64(pixels.ctypes.data), np.uint64(bits.ctypes.data)
    bands.count_outliers(*at, 0, 64, np.uint32(1), pixels, good, 0.0, 1.0)
    image, all_good = np.zeros((8, 8), np.float32), np.ones((8, 8), np.bool_)
    level, sigma = np.zeros((1, 1)), np.ones((1, 1))
    tiles.tile_medians(image, all_good, 0, 1, level)
    tiles.tile_deviations(image, all_good, level, 0, 1, sigma)
    flags = np.zeros((8, 8), np.uint32)
    tiles.flag_excess(image, all_good, level, sigma, 7.0, 5.0, np.uint32(1), np.uint32(2), 0, 8, flags)
    job.check()
    data, none = np.full(4, pixels.ctypes.data, np.uint64), np.zeros(4, np.uint64)
    planes = [np.empty(64, np.float32) for _ in range(5)]
    states.states(data, none, np.uint32(1), 0, 64, pixels, *planes, np.empty(64, np.uint16))
    structure.expand(level, np.zeros((1, 8)), np.zeros((8, 1)), False, 0, 8, 8, image)
    job.check()
    fit_optimal(np.zeros((2, 1), np.float32), None, np.arange(2.0), 1.0, threads=1)
    _exercise_planes()
    _exercise_ramps(job)


def _exercise_planes() -> None:
    import numpy as np

    from calgui.core.algorithms.kernels import address, planes

    pixels, bits = np.zeros((3, 2, 2), np.float32), np.zeros((2, 2), np.uint32)
    at = [address(pixels[0]), address(pixels[1]), address(bits)]
    one, word = np.float32(1), np.uint32(1)
    planes.subtract(*at, *at, 0, 4, one, one, word, *at)
    planes.divide(*at, *at, 4, (word,) * 4, True, *at)
    planes.in_cells(at[0], at[2], 2, (0, 2), 0, 2, 1, word, pixels[2])


def _exercise_ramps(job: Job) -> None:
    import numpy as np

    from calgui.core.algorithms.ramps.config import FitRampConfig
    from calgui.core.algorithms.ramps.fitting import fit_ramp
    from calgui.core.frames.frame import Frame

    header = {"TGROUP": 1.0, "BUNIT": "electron", "READNOIS": 1.0}
    reads = np.arange(5, dtype=np.float32)[:, None, None] * np.ones((1, 8, 8), np.float32)
    straight = Frame(np.array([0, 1, 0], np.float32)[:, None, None], header={"LINFORM": "POLYNOMIAL"})
    methods: tuple[Any, ...] = ("optimal", "utr")
    for method, references in product(methods, ({}, {"NONLINCOEFF": straight})):
        fit_ramp(
            [Frame(reads.copy(), None, np.zeros(reads.shape, np.uint32), header)],
            references,
            FitRampConfig(method),
            job,
        )


def _marker() -> Path:
    """A file that says that these loops were compiled on this machine by this compiler."""
    import platformdirs

    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "kernels").glob("*.py")):
        digest.update(path.read_bytes())
    for text in (importlib.metadata.version("numba"), platform.node(), str(Path(__file__).resolve())):
        digest.update(text.encode())
    return platformdirs.user_cache_path("calgui") / f"compiled-{digest.hexdigest()[:16]}"


def _compile_all() -> None:
    """Compile for every number of frames; a parent that is gone ends it, since nobody reads what it writes."""
    from calgui.core.algorithms.kernels import MOST_WRITTEN_OUT

    if hasattr(os, "nice"):
        os.nice(19)
    exercise()
    out = sys.stdout.buffer
    out.write(_READY)
    out.flush()
    for n in range(4, MOST_WRITTEN_OUT + 1):
        exercise(n)
        out.write(b".")
        out.flush()
    marker = _marker()
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        _compile_all()
