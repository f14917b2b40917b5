"""Cubes: the spectrum under the cursor from memory, and opening one that is larger than memory."""

import os
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.harness import Row, bound, compare, seconds
from calgui.core.cubes.cube import Cube
from calgui.core.cubes.layers import MemoryLayer
from calgui.core.cubes.reading import open_cube

SHAPE = (2000, 128, 112)
LARGE = (2000, 900, 850)
#: what a moving cursor is answered in
ANSWER = 0.005


def measure() -> list[Row]:
    """Time cubes.

    Returns
    -------
    list of Row
    """
    with tempfile.TemporaryDirectory() as folder:
        return [_spectrum(), _large(Path(folder) / "large.fits")]


def _spectrum() -> Row:
    data = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    cube = Cube(MemoryLayer(data), MemoryLayer(data.copy()), MemoryLayer(np.zeros(SHAPE, np.uint32)))
    rng = np.random.default_rng(2)
    spent = [seconds(lambda: cube.spectrum(int(rng.integers(112)), int(rng.integers(128)))) for _ in range(300)]
    return bound("spectrum under the cursor, 2000 × 128 × 112, median", float(np.median(spent)), ANSWER)


def _large(path: Path) -> Row:
    """A file of 6 GB, of which only the header takes room on the disk."""
    n, ny, nx = LARGE
    cards = {"SIMPLE": True, "BITPIX": -32, "NAXIS": 3, "NAXIS1": nx, "NAXIS2": ny, "NAXIS3": n}
    cards |= {"CTYPE3": "WAVE", "CUNIT3": "nm", "CRVAL3": 2000.0, "CDELT3": 0.2, "CRPIX3": 1.0}
    text = fits.Header(cards).tostring(sep="", padding=True).encode()
    with path.open("wb") as file:
        file.write(text)
        size = n * ny * nx * 4
        os.truncate(file.fileno(), len(text) + size + -size % 2880)
    return compare(
        "opening a cube of 6 GB",
        lambda: open_cube(path),
        "astropy.io.fits.getheader",
        lambda: fits.getheader(path),
        1.5,
        repeat=31,
    )
