"""The whole chain from raw ramps to calibrated images, for the four detectors of the imager one after the other.

Everything lies in files: four ramps of 10 reads and 4096², and for each detector its coefficients (of each pixel), bad
pixel map, dark, flat and sky. The chain runs in a process of its own, which tells the most memory that it had. What it
takes the first time includes loading the compiled loops and the checksums of all files. The later times are what every
further exposure of a night takes: its ramps are new, and get their checksums; the references are those of before.

The peer is the least that anybody does who makes such products of such ramps with astropy, by the fastest ways that it
has. Reading: memory-mapped, and turned to native single precision in one pass, so that all bytes are touched once and
lie in memory (this takes half of the time of reading without the map). Writing: planes that lie in memory as SCI, ERR,
DQ and NREADS, of the products' types and sizes, with their header, and stored on the disk (fsync) as ours are: a time
without it would be that of copying to the memory of the system. It makes no checksums, and reads no references.
"""

import json
import os
import statistics
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
from calgui.core.runs import product
from calgui.core.runs.run import run_files
folder = Path({folder!r})
KINDS = {kinds!r}
def all_of_them():
    # the ramps of an exposure are new
    for known in [known for known in product._made if "ramp_" in known[0].name]:
        del product._made[known]
    began = time.perf_counter()
    for number in range({detectors}):
        given = {{kind: folder / f"{{kind}}_{{number}}.fits" for kind in KINDS}}
        report = run_files("quick-look", [folder / f"ramp_{{number}}.fits"], None, given,
                           out=folder / f"out_{{number}}.fits", overwrite=True)
        assert all(stage.done for stage in report.result.stages), report.reasons
    return time.perf_counter() - began
first = all_of_them()
print(json.dumps([[first] + [all_of_them() for _ in range(3)], peak()]))
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
        planes = _planes(place)
        peer = compare("", lambda: _copy(place, planes), "", lambda: None, 1.0, repeat=3)
        later = statistics.median(times[1:])
        what = f"quick-look of {DETECTORS} ramps of {READS} reads of {SIDE}², files to files"
        return [
            bound(f"{what}, first time", times[0], _SECONDS),
            Row(what, "astropy reads ramps, writes products", later, peer.ours, later / peer.ours, 3.0, "at most"),
            Row("most memory (GB as s)", "its bound", most / 1e3, _BYTES / 1e9, most * 1e6 / _BYTES, 1.0, "at most"),
        ]  # fmt: skip


def _planes(folder: Path) -> dict[str, Any]:
    """Planes as those of the products, in memory."""
    from astropy.io import fits

    with fits.open(folder / "out_0.fits") as hdus:
        return {hdu.name: np.array(hdu.data, hdu.data.dtype.newbyteorder("=")) for hdu in hdus[1:]}


def _copy(folder: Path, planes: dict[str, Any]) -> None:
    """Read the ramps, and write what is as large as their products."""
    from astropy.io import fits

    for number in range(DETECTORS):
        with fits.open(folder / f"ramp_{number}.fits") as hdus:
            reads = hdus["SCI"].data.astype(np.float32)
            header = hdus[0].header.copy()
        assert reads.shape == (1, READS, SIDE, SIDE)
        product = fits.HDUList([fits.PrimaryHDU(header=header)])
        for name, plane in planes.items():
            product.append(fits.ImageHDU(plane, name=name))
        with (folder / f"copy_{number}.fits").open("wb") as file:
            product.writeto(file)
            file.flush()
            os.fsync(file.fileno())


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
