"""Files: indexing headers against astropy, reading a large frame against the bare minimum."""

import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from benchmarks.harness import Row, compare
from calgui.core.frames.fits import read_frame
from calgui.core.frames.index import FileIndex

FILES = 1000
SIDE = 4096
#: what the table of observations shows of each file
COLUMNS = ("EXP_TYPE", "DETECTOR", "FILTER", "SUBARRAY", "EXPTIME", "DATE-OBS", "OBJECT")


def measure() -> list[Row]:
    """Rows for the table: index, index again, read 4096 x 4096.

    Returns
    -------
    list of Row
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "night").mkdir()
        paths = [_observation(folder / "night" / f"iris_{number:04d}.fits", number) for number in range(FILES)]
        databases = (folder / f"headers{number}.sqlite" for number in itertools.count())

        def astropys() -> list[Any]:
            return [fits.getheader(path) for path in paths]

        def first() -> None:
            index = FileIndex(next(databases))
            assert len(index.scan([folder / "night"])) == FILES
            index.close()

        kept = folder / "kept.sqlite"

        def again() -> None:
            index = FileIndex(kept)
            assert len(index.scan([folder / "night"])) == FILES
            index.close()

        def again_with_table() -> None:
            index = FileIndex(kept)
            for entry in index.scan([folder / "night"]):
                for keyword in COLUMNS:
                    entry.header.get(keyword)
            index.close()

        peer = "a loop of astropy.io.fits.getheader"
        again()
        return [
            compare(f"index {FILES:,} files", first, peer, astropys, 2, "faster", repeat=3),
            compare("the same, second time", again, peer, astropys, 50, "faster", repeat=9, peer_repeat=3),
            compare(
                "the same, with 7 columns of the table",
                again_with_table,
                peer,
                astropys,
                25,
                "faster",
                9,
                peer_repeat=3,
            ),
            _reading(folder / "large.fits"),
        ]


def _reading(path: Path) -> Row:
    pixels = np.random.default_rng(1).normal(size=(SIDE, SIDE)).astype(np.float32)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, name="SCI")]).writeto(path)
    with fits.open(path) as hdus:
        offset = hdus["SCI"].fileinfo()["datLoc"]

    def bare() -> Any:
        raw = np.fromfile(path, ">f4", SIDE * SIDE, offset=offset)
        return raw.byteswap(inplace=True).view(np.float32).reshape(SIDE, SIDE)

    assert np.array_equal(read_frame(path).data, bare())
    return compare(
        f"{SIDE}² float32 file to array", lambda: read_frame(path), "raw read and byte swap", bare, 1.1, repeat=15
    )


def _observation(path: Path, number: int) -> Path:
    """A file with as many keywords as a telescope writes: 150, a dozen of them different in each file."""
    primary = fits.PrimaryHDU()
    header = primary.header
    header["INSTRUME"], header["DETECTOR"], header["EXP_TYPE"] = "IRIS", f"IRIS{number % 4 + 1}", "IRIS_IMAGE"
    header["FILTER"], header["SUBARRAY"], header["OBJECT"] = (
        ("K", "H", "J")[number % 3],
        "FULL",
        f"target {number // 9}",
    )
    header["DATE-OBS"], header["EXPTIME"] = f"2031-01-{number % 28 + 1:02d}T06:{number % 60:02d}:00.125", 100.0
    for place in range(8):
        header[f"TELEM{place}"] = (number * 0.37 + place, "[deg] telemetry that differs")
    for place in range(65):
        header[f"TEMP{place}"] = (77.0 + place / 7, "[K] temperature of some part")
        header[f"STATE{place}"] = ("CLOSED", "state of some mechanism")
    hdus = [primary]
    for name in ("SCI", "ERR", "DQ"):
        hdus.append(fits.ImageHDU(np.zeros((16, 16), np.int32 if name == "DQ" else np.float32), name=name))
    fits.HDUList(hdus).writeto(path)
    return path
