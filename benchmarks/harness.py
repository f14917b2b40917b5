"""How two things are timed against each other, and the table that is printed."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    what, peer : str
        What was measured, and against what.
    ours, theirs : float
        Median seconds; ``theirs`` is the bound itself (in seconds) where there is no peer.
    ratio : float
        ``ours / theirs`` for ``at most``, ``theirs / ours`` for ``faster``.
    reach : float
        What is to be reached, in the same sense.
    sense : str
        ``at most`` or ``faster``.
    """

    what: str
    peer: str
    ours: float
    theirs: float
    ratio: float
    reach: float
    sense: Literal["at most", "faster"]

    @property
    def reached(self) -> bool:
        """Whether the aim was met in this run."""
        return self.ratio <= self.reach if self.sense == "at most" else self.ratio >= self.reach


def compare(
    what: str,
    ours: Callable[[], Any],
    peer: str,
    theirs: Callable[[], Any],
    reach: float,
    sense: Literal["at most", "faster"] = "at most",
    repeat: int = 5,
    peer_repeat: int | None = None,
) -> Row:
    """Time two callables in turn, after one warm-up of each.

    Parameters
    ----------
    what, peer : str
        Names for the table.
    ours, theirs : callable
        Called without arguments.
    reach : float
        Aim for the ratio.
    sense : str
        ``at most``: ours / theirs; ``faster``: theirs / ours.
    repeat : int
        How often each is timed.
    peer_repeat : int, optional
        How often a slow peer is timed; fewer than ``repeat``, without a warm-up if it is 1.

    Returns
    -------
    Row
        The ratio is the median of the ratios pair by pair where both were timed equally often.
    """
    peer_repeat = repeat if peer_repeat is None else peer_repeat
    # what earlier rows left is not looked at again by Python's collector, in whose turn of the two it happens to come;
    # the window does the same with all that it has loaded
    gc.collect()
    gc.freeze()
    ours()
    if peer_repeat > 1:
        theirs()
    mine, others = [], []
    for turn in range(repeat):
        mine.append(seconds(ours))
        if turn < peer_repeat:
            others.append(seconds(theirs))
    if len(mine) == len(others):
        ratio = statistics.median(a / b for a, b in zip(mine, others, strict=True))
    else:
        ratio = statistics.median(mine) / statistics.median(others)
    if sense == "faster":
        ratio = 1 / ratio
    return Row(what, peer, statistics.median(mine), statistics.median(others), ratio, reach, sense)


def bound(what: str, measured: float, limit: float) -> Row:
    """A row for a figure that has a bound of its own and no peer.

    Parameters
    ----------
    what : str
        Name for the table.
    measured, limit : float
        Seconds.

    Returns
    -------
    Row
    """
    return Row(what, "its bound", measured, limit, measured / limit, 1.0, "at most")


def seconds(call: Callable[[], Any]) -> float:
    """Wall seconds of one call.

    Parameters
    ----------
    call : callable
        Called without arguments.

    Returns
    -------
    float
    """
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def show(rows: list[Row]) -> None:
    """Print the table.

    Parameters
    ----------
    rows : list of Row
        In the order of printing.
    """
    print(f"{'what':58} {'against':38} {'ours':>10} {'theirs':>10} {'ratio':>9}  reach")
    for row in rows:
        mark = "" if row.reached else "   NOT REACHED"
        sense = "<=" if row.sense == "at most" else ">="
        print(
            f"{row.what:58} {row.peer:38} {_time(row.ours):>10} {_time(row.theirs):>10} "
            f"{row.ratio:8.2f}x  {sense} {row.reach:g}x{mark}"
        )


def _time(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.2f} ms"
