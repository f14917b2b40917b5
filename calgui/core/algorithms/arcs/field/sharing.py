"""Work on many spectra, shared among threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from calgui.core.algorithms.kernels import workers
from calgui.core.jobs import Job


def shared(count: int, work: Callable[[int, int], Any], job: Job, text: str = "", chunk: int = 256) -> None:
    """Call a function for parts of a range, in several threads.

    Parameters
    ----------
    count : int
        Length of the range.
    work : callable
        Gets the first of a part and the one behind it; releases the interpreter.
    job : Job
        Progress and cancel.
    text : str
        What is being done.
    chunk : int
        Length of a part.
    """
    starts = range(0, count, chunk)

    def part(start: int) -> None:
        if not job.cancelled:
            work(start, min(start + chunk, count))

    if len(starts) == 1:
        part(0)
        job.check()
        return
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-arcs") as pool:
        for done, _ in enumerate(pool.map(part, starts)):
            job.report((done + 1) / len(starts), text)
    job.check()
