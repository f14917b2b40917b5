import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames import largewriting
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import ExtraHdu, write_frame


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("_LARGE", 1 << 10), ("_PIECE", 1 << 8), ("_STORED", 1 << 12)):
        monkeypatch.setattr(largewriting, name, size)


def images() -> list[fits.ImageHDU]:
    rng = np.random.default_rng(1)
    shape = (37, 61)
    values = rng.normal(0, 1e4, shape).astype(np.float32)
    values[3, 5], values[4, 6] = np.nan, -np.inf
    given = [values, rng.integers(0, 2**32, shape, np.uint32), rng.integers(0, 2**16, shape, np.uint16)]
    given += [rng.integers(-(2**15), 2**15, shape, np.int16), rng.integers(0, 256, shape, np.uint8)]
    given += [rng.normal(size=(3, 4, 25, 7)).astype(np.float32), values.astype(np.float64), values[:2, :2].copy()]
    return [fits.ImageHDU(data, name=f"N{number}") for number, data in enumerate(given)]


def test_the_bytes_are_those_of_astropy(tmp_path: Path) -> None:
    table = fits.BinTableHDU(np.array([(1, 2.0)], [("A", "i4"), ("B", "f8")]), name="TABLE")
    parts = images()
    hdus = fits.HDUList([fits.PrimaryHDU(header=fits.Header([("FOO", 1)])), *parts[:3], table, *parts[3:]])
    with (tmp_path / "ours.fits").open("wb") as file:
        largewriting.write_hdus(hdus, file)
    theirs = io.BytesIO()
    hdus.writeto(theirs)
    assert (tmp_path / "ours.fits").read_bytes() == theirs.getvalue()


def test_what_is_given_stays_as_it_is_and_comes_back(tmp_path: Path) -> None:
    data, words, counts = (hdu.data for hdu in images()[:3])
    before = data.copy(), words.copy(), counts.copy()
    path = write_frame(Frame(data, np.abs(data), words), tmp_path / "a.fits", [ExtraHdu("NREADS", counts)])
    for now, then in zip((data, words, counts), before, strict=True):
        np.testing.assert_array_equal(now, then)
    with fits.open(path) as hdus:
        hdus.verify("exception")
        for name, plane in (("SCI", data), ("ERR", np.abs(data)), ("DQ", words), ("NREADS", counts)):
            np.testing.assert_array_equal(hdus[name].data, plane)


def test_a_compressed_file_holds_the_same(tmp_path: Path) -> None:
    data = images()[0].data
    path = write_frame(Frame(data), tmp_path / "a.fits.gz")
    np.testing.assert_array_equal(fits.getdata(path), data)


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(largewriting.os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        write_frame(Frame(images()[0].data), tmp_path / "a.fits")
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_is_made_when_it_is_written_is_the_same_file(tmp_path: Path) -> None:
    image = np.arange(37 * 61, dtype=np.float64).reshape(37, 61) * np.pi
    asked: list[tuple[int, int]] = []

    def rows(start: int, stop: int) -> np.ndarray:
        asked.append((start, stop))
        return image[start:stop]

    made = largewriting.MadeRows(image.shape, np.float64, rows)
    first = np.zeros((4, 4), np.float32)
    whole = write_frame(Frame(first), tmp_path / "a.fits", [ExtraHdu("WAVELENGTH", image, header={"BUNIT": "um"})])
    assert not asked
    later = write_frame(Frame(first), tmp_path / "b.fits", [ExtraHdu("WAVELENGTH", made, header={"BUNIT": "um"})])
    assert asked
    packed = write_frame(Frame(first), tmp_path / "c.fits.gz", [ExtraHdu("WAVELENGTH", made)])
    for path in (whole, later, packed):
        with fits.open(path) as hdus:
            hdus.verify("exception")
            np.testing.assert_array_equal(hdus["WAVELENGTH"].data, image)
    with fits.open(whole) as one, fits.open(later) as other:
        assert one["WAVELENGTH"].header == other["WAVELENGTH"].header
    np.testing.assert_array_equal(np.asarray(made), image)


def test_it_is_made_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largewriting, "_BAND", 61 * 8 * 5)
    made = largewriting.MadeRows((37, 61), np.float64, lambda a, b: np.zeros((b - a, 61)))
    assert list(made.bands())[:2] == [(0, 5), (5, 10)]
    assert list(made.bands())[-1] == (35, 37)
