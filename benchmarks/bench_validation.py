"""Validation of a dark against reading it and making its statistics once: median, mean, sigma, MAD and extremes."""

import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

from benchmarks.harness import Row, compare
from calgui.core.frames.fits import read_frame
from calgui.core.frames.statistics import statistics
from calgui.core.validation import validate_file

SIZE = 4096


def measure() -> list[Row]:
    """Time the validation of one dark of 4096², with errors and flags, and of one without.

    Returns
    -------
    list of Row
    """
    rows = []
    with tempfile.TemporaryDirectory() as home:
        for what, planes in (("SCI, ERR, DQ", True), ("SCI alone", False)):
            path = _dark(Path(home) / f"dark{planes}.fits", planes)

            def read(path: Path = path) -> object:
                frame = read_frame(path)
                return statistics(frame.data, frame.dq)

            def ours(path: Path = path) -> object:
                return validate_file(path)

            rows.append(
                compare(f"validation of a dark of {SIZE}², {what}", ours, "reading; median, mean, MAD once", read, 1.5)
            )
    return rows


def _dark(path: Path, planes: bool) -> Path:
    rng = np.random.default_rng(3)
    image = (0.025 + 0.05 * rng.standard_normal((SIZE, SIZE))).astype(np.float32)
    hot = rng.integers(0, image.size, image.size // 200)
    image.flat[hot] += rng.exponential(5, hot.size).astype(np.float32)
    flags = np.zeros(image.shape, np.uint32)
    flags.flat[hot] = 2049
    primary = fits.PrimaryHDU()
    primary.header.update(
        {
            "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "REFTYPE": "DARK", "BUNIT": "electron/s",
            "USEAFTER": "2026-01-01T00:00:00", "AUTHOR": "benchmark", "DESCRIP": "dark", "PEDIGREE": "SIMULATION",
            "EXPTIME": 100.0,
        }
    )  # fmt: skip
    hdus = [primary, fits.ImageHDU(image, name="SCI")]
    if planes:
        hdus += [fits.ImageHDU(np.full_like(image, 0.05), name="ERR"), fits.ImageHDU(flags, name="DQ")]
    fits.HDUList(hdus).writeto(path)
    return path
