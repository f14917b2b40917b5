"""How soon the bench answers a changed option: from the change to the new picture on the screen."""

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, bound

#: of the ramp in the file; the default cut-out is a part of it
_READS, _SIDE = 16, 512
_TIMES = 15
_PULSE_MS = 5
_SETTLED_S = 0.15


def measure() -> list[Row]:
    """The preview of a ramp of 16 reads with coefficients of non-linearity, by the method that takes longest."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        ramp, coefficients = _files(Path(home))
        answer, stall = answer_of(
            Path(home), "fit-ramp", [ramp], lambda number: {"jump_sigma": 4.5 + 0.1 * number},
            {"NONLINCOEFF": coefficients},
        )  # fmt: skip
    return [
        bound("preview's answer to a changed option, fit-ramp", answer, 0.15),
        bound("longest stall meanwhile", stall, 0.05),
    ]


def _files(folder: Path) -> tuple[Path, Path]:
    """A ramp of the sky through a detector that bends, and the coefficients that straighten it."""
    from calgui.core.frames.frame import Frame
    from calgui.core.frames.writing import write_frame

    rng = np.random.default_rng(1)
    shape = (1, _READS, _SIDE, _SIDE)
    charge = np.cumsum(rng.poisson(200.0, shape), axis=1)
    # cosmic rays: one pixel in a hundred
    hit = rng.random(shape[2:]) < 0.01
    charge[:, _READS // 2 :, hit] += 2000
    dark = np.ones(shape[2:], bool)
    dark[4:-4, 4:-4] = False
    charge[..., dark] = 0
    reads = (charge * (1 - 1e-6 * charge) + rng.normal(0, 9, shape)) / 2 + 5000
    header = {
        "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "FULL", "SUBSTRT1": 1, "SUBSTRT2": 1, "DETXSIZE": _SIDE,
        "DETYSIZE": _SIDE, "TGROUP": 1.5, "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu", "NGROUPS": _READS,
    }  # fmt: skip
    ramp = write_frame(Frame(reads.astype(np.float32), None, np.zeros(shape, np.uint32), header), folder / "ramp.fits")
    terms = np.zeros((3, _SIDE, _SIDE), np.float32)
    terms[1] = 2e-6
    known = {
        "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "REFTYPE": "NONLINCOEFF", "LINFORM": "FACTOR", "LINUNIT": "adu",
        "SATURATE": 90000.0,
    }  # fmt: skip
    return ramp, write_frame(Frame(terms, header=header | known), folder / "coefficients.fits")


def answer_of(
    folder: Path,
    name: str,
    paths: list[Path],
    changed: Callable[[int], dict[str, Any]],
    references: dict[str, Path] | None = None,
) -> tuple[float, float]:
    """How soon the bench answers.

    Parameters
    ----------
    folder : pathlib.Path
        For settings.
    name : str
        Of the algorithm.
    paths : list of pathlib.Path
        Inputs.
    changed : callable
        Options of each time.
    references : dict, optional
        Type to file.

    Returns
    -------
    tuple of float
        Median time of an answer, and the longest between two turns of the event loop.
    """
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from calgui.core.algorithms.registry import registry
    from calgui.views.session import Session
    from calgui.views.settings import keep_in
    from calgui.views.workbench.page import AlgorithmPage

    keep_in(folder)
    app = QApplication.instance() or QApplication([])
    session = Session()
    page = AlgorithmPage(session, registry()[name])
    page.resize(1300, 900)
    page.show()
    drawn: list[float] = []
    page.output.picture.item.drawn.connect(lambda _factor: drawn.append(time.perf_counter()))

    def wait(until: Any) -> None:
        # the loop sleeps between two events, as that of the window does: it takes no processor from the work
        while not until():
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def quiet() -> bool:
        return not session.tasks.running and not page.busy

    turns: list[float] = []
    pulse = QTimer(interval=_PULSE_MS)
    pulse.timeout.connect(lambda: turns.append(time.perf_counter()))
    pulse.start()
    if references:
        page.references.give_all(references)
    page.inputs.set_paths(paths)
    wait(lambda: page.output.shown_of is not None and bool(drawn) and quiet())
    answers, stalls = [], []
    for number in range(_TIMES):
        before = page.output.picture.look.drawing
        drawn.clear()
        turns[:] = [time.perf_counter()]
        page.options.put_values(changed(number))
        wait(lambda before=before: bool(drawn) and page.output.picture.look.drawing is not before)
        answers.append(drawn[-1] - turns[0])
        wait(quiet)
        # limits of a new picture come after it, and draw it once more
        settled = time.perf_counter() + _SETTLED_S
        wait(lambda settled=settled: time.perf_counter() > settled)
        stalls.append(max(later - earlier for earlier, later in itertools.pairwise(turns)))
    session.close()
    page.close()
    keep_in(None)
    return statistics.median(answers), max(stalls)


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
