"""The whole chain from raw ramps to calibrated images, for the four detectors of the imager one after the other.

Everything lies in files: four ramps of 10 reads and 4096², and for each detector its coefficients (of each pixel), bad
pixel map, dark, flat and sky. The chain runs in a process of its own, which tells the most memory that it had.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, bound, compare

DETECTORS, READS, SIDE = 4, 10, 4096
#: what the observatory's real time allows: seconds, and bytes
_SECONDS, _BYTES = 60.0, 4e9

_RUN = """
import json, sys, time
sys.path.insert(0, {tests!r})
from peak import peak
from pathlib import Path
from calgui.core.runs.run import run_files
folder = Path({folder!r})
KINDS = {kinds!r}
def all_of_them():
    began = time.perf_counter()
    for number in range({detectors}):
        given = {{kind: folder / f"{{kind}}_{{number}}.fits" for kind in KINDS}}
        report = run_files("quick-look", [folder / f"ramp_{{number}}.fits"], None, given,
                           out=folder / f"out_{{number}}.fits", overwrite=True)
        assert all(stage.done for stage in report.result.stages), report.reasons
    return time.perf_counter() - began
first = all_of_them()
print(json.dumps([[first] + [all_of_them() for _ in range(2)], peak()]))
"""
_KINDS = ("NONLINCOEFF", "MASK", "DARK", "FLAT", "SKY")


def measure() -> list[Row]:
    """Four detectors against the bounds, and against reading the ramps and writing as large products."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("CALGUI_BENCH_DIR")) as folder:
        place = Path(folder)
        for number in range(DETECTORS):
            _files(place, number)
        script = _RUN.format(
            tests=str(Path(__file__).resolve().parents[1] / "tests"), folder=folder, kinds=_KINDS, detectors=DETECTORS
        )
        told: list[Any] = []

        def chain() -> None:
            done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
            told.append(json.loads(done.stdout))

        chain()
        times, most = told[-1]
        peer = compare("", lambda: _copy(place), "", lambda: None, 1.0, repeat=3)
        what = f"quick-look of {DETECTORS} ramps of {READS} reads of {SIDE}², files to files"
        return [
            bound(f"{what}, first time", times[0], _SECONDS),
            Row(what, "reading the ramps and writing the products", times[-1], peer.ours, times[-1] / peer.ours, 3.0,
                "at most"),
            Row("most memory (GB as s)", "its bound", most / 1e3, _BYTES / 1e9, most * 1e6 / _BYTES, 1.0, "at most"),
        ]  # fmt: skip


def _copy(folder: Path) -> None:
    """Read the ramps, and write what is as large as their products."""
    from calgui.core.frames.fits import open_frame
    from calgui.core.frames.frame import Frame
    from calgui.core.frames.writing import write_frame

    for number in range(DETECTORS):
        with open_frame(folder / f"ramp_{number}.fits") as ramp:
            for start in range(0, SIDE, 64):
                rows = ramp.band(start, start + 64)
            plane = np.zeros((SIDE, SIDE), np.float32)
            plane[:64] = rows.data[0, 0]
            product = Frame(plane, np.zeros_like(plane), np.zeros(plane.shape, np.uint32), dict(ramp.header))
        write_frame(product, folder / f"copy_{number}.fits", overwrite=True)


def _files(folder: Path, number: int) -> None:
    """One detector: a ramp of the sky with one pixel in a hundred hit by a cosmic ray, and its references."""
    from calgui.core.frames.frame import Frame
    from calgui.core.frames.writing import write_frame

    rng = np.random.default_rng(number)
    shape = (SIDE, SIDE)
    header = {
        "INSTRUME": "IRIS", "DETECTOR": f"IRIS{number + 1}", "FILTER": "K", "SUBARRAY": "FULL", "SUBSTRT1": 1,
        "SUBSTRT2": 1, "SUBSIZE1": SIDE, "SUBSIZE2": SIDE, "DETXSIZE": SIDE, "DETYSIZE": SIDE, "TGROUP": 10.0,
        "GAIN": 2.0, "READNOIS": 9.0, "EXPTIME": 10.0 * READS, "DATE-OBS": "2026-03-11", "TIME-OBS": "10:00:00",
    }  # fmt: skip
    edge = np.ones(shape, bool)
    edge[4:-4, 4:-4] = False
    reads = np.empty((1, READS, *shape), np.float32)
    charge = np.zeros(shape, np.float32)
    struck = rng.random(shape, np.float32) < 0.01
    when = rng.integers(1, READS, shape, np.int8)
    for read in range(READS):
        charge += np.sqrt(np.float32(200)) * rng.standard_normal(shape, np.float32) + np.float32(200)
        charge[struck & (when == read)] += 3000
        charge[edge] = 0
        reads[0, read] = (charge + 9 * rng.standard_normal(shape, np.float32)) / 2 + 5000
    write_frame(Frame(reads, header=header | {"BUNIT": "adu"}), folder / f"ramp_{number}.fits")
    terms = np.zeros((5, *shape), np.float32)
    terms[1], terms[2] = 1e-7 * (1 + 0.1 * rng.standard_normal(shape, np.float32)), 4e-12
    known = {"REFTYPE": "NONLINCOEFF", "LINFORM": "MULTIPLY", "LINUNIT": "adu", "SATURATE": 100_000.0}
    write_frame(Frame(terms, header=header | known), folder / f"NONLINCOEFF_{number}.fits")
    bits = np.where(edge, 1 | 1 << 9 | 1 << 31, 0).astype(np.uint32)
    bits[rng.random(shape, np.float32) < 0.005] |= 1
    for kind, level, error, unit in (
        ("MASK", 0.0, 0.0, ""),
        ("DARK", 0.1, 0.02, "electron/s"),
        ("FLAT", 1.0, 0.005, ""),
        ("SKY", 19.0, 0.1, "electron/s"),
    ):
        data = level + np.float32(error) * rng.standard_normal(shape, np.float32)
        own = header | {"REFTYPE": kind, "BUNIT": unit}
        err = None if kind == "MASK" else np.full(shape, error, np.float32)
        write_frame(Frame(data.astype(np.float32), err, bits.copy(), own), folder / f"{kind}_{number}.fits")


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
