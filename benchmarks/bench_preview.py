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
#: what is changed, each time to another value, by what is said of the case; the first word is the algorithm
_CHANGED: dict[str, Callable[[int], dict[str, Any]]] = {
    "fit-ramp": lambda number: {"jump_sigma": 4.5 + 0.1 * number},
    "quick-look": lambda number: {"jump_sigma": 4.5 + 0.1 * number},
    "normalize-flat": lambda number: {"normalization": "smooth", "order": 2 + number % 5},
    "normalize-slicer-flat": lambda number: {"pieces": 20 + number},
    "normalize-slicer-flat row by row": lambda number: {"response": "row", "sigma": 4 + 0.1 * number},
    "subtract-sky of a crowded field": lambda number: {"method": "iterative", "sigma": 3 + 0.05 * number},
}
_SETTLED_S = 0.15


def measure() -> list[Row]:
    """The previews that take longest: a ramp of 16 reads with coefficients of non-linearity, flats, a crowded field."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows = []
    for case, changed in _CHANGED.items():
        name = case.split()[0]
        with tempfile.TemporaryDirectory() as home:
            inputs, references = _inputs(name, Path(home))
            answer, stall = answer_of(Path(home), name, inputs, changed, references)
        rows += [
            bound(f"preview's answer to a changed option, {case}", answer, 0.15),
            bound("longest stall meanwhile", stall, 0.05),
        ]
    return rows


def _inputs(name: str, folder: Path) -> tuple[list[Path], dict[str, Path]]:
    if name == "subtract-sky":
        return _crowded(folder), {}
    if name.endswith("flat"):
        return _lit(folder, slices="slicer" in name)
    return _files(folder)


def _files(folder: Path) -> tuple[list[Path], dict[str, Path]]:
    """A ramp of the sky through a detector that bends, and the references that it takes."""
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
    found = {"NONLINCOEFF": write_frame(Frame(terms, header=header | known), folder / "coefficients.fits")}
    bits = np.where(dark, 1 << 31, 0).astype(np.uint32)
    for kind, level, unit in (
        ("MASK", 0, ""),
        ("DARK", 0.1, "electron/s"),
        ("FLAT", 1, ""),
        ("SKY", 130, "electron/s"),
    ):
        plane = (level * rng.normal(1, 0.01, shape[2:])).astype(np.float32)
        frame = Frame(plane, np.full_like(plane, 0.01 * level), bits.copy(), header | {"REFTYPE": kind, "BUNIT": unit})
        found[kind] = write_frame(frame, folder / f"{kind}.fits")
    return [ramp], found


def _lit(folder: Path, *, slices: bool) -> tuple[list[Path], dict[str, Path]]:
    """Five exposures of a lamp and three without it; where slices are wanted, with gaps and a spectrum that bends."""
    from calgui.core.frames.frame import Frame
    from calgui.core.frames.writing import write_frame

    rng = np.random.default_rng(1)
    pixels = rng.normal(1, 0.012, (_SIDE, _SIDE))
    if slices:
        along = np.linspace(-1, 1, _SIDE)
        pixels *= (1 - 0.3 * along**2) * (1 + 0.02 * np.sin(10 * along)) * (np.arange(_SIDE) % 26 < 22)[:, None]
    made = []
    for number in range(8):
        on = number < 5
        counts = rng.poisson(20_000 * pixels * on + 60) + rng.normal(0, 13, pixels.shape)
        header = {
            "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "EXP_TYPE": "IRIS_FLAT", "FILTER": "K", "SUBARRAY": "FULL",
            "DETXSIZE": _SIDE, "DETYSIZE": _SIDE, "LAMP": "WHITE" if on else "NONE", "BUNIT": "electron/s",
            "EXPTIME": 10.0, "READNOIS": 9.0, "READMODE": "CDS", "DATE-OBS": f"2026-03-11T02:{number:02d}:00",
        }  # fmt: skip
        frame = Frame((counts / 10).astype(np.float32), header=header)
        made.append(write_frame(frame, folder / f"flat_{number}.fits"))
    return made, {}


def _crowded(folder: Path) -> list[Path]:
    """Seven dithered exposures of a field whose stars leave little sky, each under another one."""
    from calgui.core.frames.frame import Frame
    from calgui.core.frames.writing import write_frame

    rng = np.random.default_rng(1)
    margin = 30
    field = np.zeros((_SIDE + 2 * margin, _SIDE + 2 * margin))
    away = np.arange(-8, 9)
    star = np.exp(-0.5 * (away[:, None] ** 2 + away**2) / 1.6**2) / (2 * np.pi * 1.6**2)
    for y, x in rng.integers(8, len(field) - 8, (1600, 2)):
        field[y - 8 : y + 9, x - 8 : x + 9] += 10 ** rng.uniform(2.5, 5) * star
    along = np.linspace(-1, 1, _SIDE) ** 2
    shape = 1 - 0.05 * (along[:, None] + along)
    made = []
    for number in range(7):
        y, x = (int(one) for one in rng.integers(-25, 26, 2))
        seen = field[margin - y : margin - y + _SIDE, margin - x : margin - x + _SIDE]
        light = seen + 585 * (1 + 0.05 * rng.standard_normal()) * shape
        header = {
            "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "EXP_TYPE": "IRIS_IMAGE", "FILTER": "K", "SUBARRAY": "FULL",
            "BUNIT": "electron", "EXPTIME": 100.0, "DATE-OBS": f"2026-03-11T10:{2 * number:02d}:00",
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 229.6, "CRVAL2": 2.1, "CRPIX1": _SIDE / 2 + x,
            "CRPIX2": _SIDE / 2 + y, "CD1_1": -1.1e-6, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1.1e-6,
        }  # fmt: skip
        data = (rng.poisson(light) + rng.normal(0, 12.7, light.shape)).astype(np.float32)
        frame = Frame(data, np.sqrt(light + 12.7**2).astype(np.float32), None, header)
        made.append(write_frame(frame, folder / f"field_{number}.fits"))
    return made


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
    from PySide6.QtCore import QTimer

    from calgui.core.algorithms.registry import registry
    from calgui.views.session import Session
    from calgui.views.settings import keep_in
    from calgui.views.workbench.page import AlgorithmPage

    keep_in(folder)
    application = _application()
    session, how = Session(), registry()[name]
    page = AlgorithmPage(session, how)
    page.resize(1300, 900)
    page.show()
    drawn: list[float] = []
    picture = page.output.picture
    shown: list[Any] = [None]
    # a widget may be drawn anew without anything new on it
    picture.item.drawn.connect(
        lambda _factor: drawn.append(time.perf_counter()) if picture.look.drawing is not shown[0] else None
    )

    def quiet() -> bool:
        return not session.tasks.running and not page.busy

    turns: list[float] = []
    pulse = QTimer(interval=_PULSE_MS)
    pulse.timeout.connect(lambda: turns.append(time.perf_counter()))
    pulse.start()
    wanted = (*how.references, *how.optional_references)
    page.references.give_all({kind: path for kind, path in (references or {}).items() if kind in wanted})
    page.inputs.set_paths(paths)
    _wait(application, lambda: page.output.shown_of is not None and bool(drawn) and quiet())
    answers, stalls = [], []
    for number in range(_TIMES):
        shown[0] = picture.look.drawing
        drawn.clear()
        turns[:] = [time.perf_counter()]
        page.options.put_values(changed(number))
        _wait(application, lambda: bool(drawn))
        answers.append(drawn[0] - turns[0])
        _wait(application, quiet)
        # limits of a new picture come after it, and draw it once more
        settled = time.perf_counter() + _SETTLED_S
        _wait(application, lambda settled=settled: time.perf_counter() > settled)
        stalls.append(max(later - earlier for earlier, later in itertools.pairwise(turns)))
    session.close()
    page.close()
    keep_in(None)
    return statistics.median(answers), max(stalls)


def _application() -> Any:
    from PySide6.QtWidgets import QApplication

    return QApplication.instance() or QApplication([])


def _wait(application: Any, until: Callable[..., bool]) -> None:
    """Let events be answered; the loop sleeps between two, as that of the window does, and leaves the rest to work."""
    from PySide6.QtCore import QEventLoop

    while not until():
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
