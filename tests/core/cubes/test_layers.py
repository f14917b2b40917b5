"""Parts of files and arrays in every order of axes, against numpy's own slices."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.cubes import layers
from calgui.core.cubes.cube import Cube
from calgui.core.cubes.layers import FileLayer, MemoryLayer
from calgui.core.cubes.maps import line_maps
from calgui.core.cubes.reading import open_cube
from calgui.core.errors import Cancelled, InputError
from calgui.core.frames.headers import read_headers
from calgui.core.frames.source import PlainSource, open_source
from calgui.core.jobs import Job

ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
TYPES = [">f4", ">f8", ">i2", "u1", ">i4", "uint16"]


def layer(path: Path, stored: np.ndarray, order: tuple[int, int, int], *, bits: bool = False) -> FileLayer:
    fits.PrimaryHDU(stored).writeto(path, overwrite=True)
    return FileLayer(open_source(path), read_headers(path)[0], order, bits=bits)


@st.composite
def boxes(draw: Any) -> tuple[tuple[int, int, int], list[tuple[int, int]]]:
    shape = tuple(draw(st.integers(1, 9)) for _ in range(3))
    ranges = []
    for length in shape:
        low = draw(st.integers(0, length))
        ranges.append((low, draw(st.integers(low, length))))
    return shape, ranges


@settings(max_examples=150, deadline=None)
@given(boxes(), st.sampled_from(ORDERS), st.sampled_from(TYPES), st.sampled_from([0, 8, 1 << 16]), st.booleans())
def test_any_part_of_any_order(
    tmp_path_factory: pytest.TempPathFactory, box: Any, order: Any, kind: str, gap: int, bits: bool
) -> None:
    shape, ranges = box
    size = [0, 0, 0]
    for axis, length in zip(order, shape, strict=True):
        size[axis] = length
    stored = np.random.default_rng(1).integers(0, 200, size).astype(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "_GAP", gap)
        made = layer(tmp_path_factory.getbasetemp() / "part.fits", stored, order, bits=bits)
        expected = stored.transpose(order)[tuple(slice(*one) for one in ranges)]
        found = made.box(*ranges)
        assert found.dtype == (np.uint32 if bits else np.float32)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(MemoryLayer(stored.transpose(order)).box(*ranges), expected)


@pytest.mark.parametrize("order", ORDERS)
def test_planes_and_columns_that_are_kept_are_the_right_ones(
    tmp_path: Path, order: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "_NEAR", 5 * 7 * 50)  # five planes
    data = np.arange(23 * 7 * 50, dtype=np.float32).reshape(23, 7, 50)
    back = np.argsort(order)
    made = layer(tmp_path / "c.fits", data.transpose(back), order)
    for start, stop in ((11, 12), (12, 13), (13, 15), (22, 23), (0, 1), (4, 16), (3, 3), (0, 23), (20, 40)):
        np.testing.assert_array_equal(made.planes(start, stop), data[start:stop])
    for x, y in ((0, 0), (31, 0), (32, 0), (49, 6), (20, 6), (49, 5)):
        np.testing.assert_array_equal(made.column(x, y), data[:, y, x])


def test_values_are_scaled_and_blanks_are_none(tmp_path: Path) -> None:
    path = tmp_path / "c.fits"
    stored = np.arange(60, dtype=">i2").reshape(3, 4, 5)
    hdu = fits.PrimaryHDU(stored)
    hdu.header["BLANK"] = 33
    hdu.writeto(path)
    with path.open("r+b") as file:  # scaled afterwards: astropy would undo it
        text = file.read(2880).decode()
        cards = (
            "BSCALE  =                  0.5".ljust(80) + "BZERO   =                100.0".ljust(80) + "END".ljust(80)
        )
        file.seek(0)
        file.write(text.replace("END" + " " * 77, cards, 1)[:2880].encode())
    made = FileLayer(open_source(path), read_headers(path)[0], (2, 0, 1))
    expected = np.where(stored == 33, np.nan, 100 + 0.5 * stored).transpose(2, 0, 1)
    np.testing.assert_array_equal(made.box((1, 4), (0, 3), (1, 4)), expected[1:4, 0:3, 1:4])
    np.testing.assert_array_equal(made.planes(2, 3), expected[2:3])


def files(tmp_path: Path, order: tuple[int, int, int]) -> tuple[Cube, Cube]:
    """The same cube in a file of some order of axes, and in memory."""
    rng = np.random.default_rng(3)
    data = rng.normal(10, 3, (60, 14, 11)).astype(np.float32)
    data[rng.random(data.shape) < 0.02] = np.nan
    data[:, 2, 3] = np.inf
    err = rng.uniform(1, 2, data.shape).astype(np.float32)
    dq = (rng.random(data.shape) < 0.05).astype(np.int32) * 5
    back = np.argsort(order)
    path = tmp_path / "c.fits"
    hdus = [
        fits.PrimaryHDU(),
        *(fits.ImageHDU(a.transpose(back), name=n) for a, n in ((data, "SCI"), (err, "ERR"), (dq, "DQ"))),
    ]
    hdus[1].header.update({f"CTYPE{3 - order[0]}": "WAVE", f"CRVAL{3 - order[0]}": 2e-6, f"CDELT{3 - order[0]}": 1e-9})
    hdus[1].header[f"CTYPE{3 - order[2]}"] = "RA---TAN"
    fits.HDUList(hdus).writeto(path)
    ours = open_cube(path)
    memory = Cube(MemoryLayer(data), MemoryLayer(err), MemoryLayer(dq.astype(np.uint32)), {}, None, ours.wavelength)
    return ours, memory


@pytest.mark.parametrize("order", ORDERS)
def test_everything_is_the_same_from_file_and_from_memory(
    tmp_path: Path, order: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, memory = files(tmp_path, order)
    monkeypatch.setattr("calgui.core.cubes.cube._BLOCK", 500)  # many parts
    mask = np.random.default_rng(4).random((14, 11)) < 0.3
    made: list[list[Any]] = []
    for cube in (ours, memory):
        found: list[Any] = []
        for how in ("mean", "sum", "median"):
            picture, spectrum = cube.collapse(7, 51, how, Job()), cube.spectrum_of(mask, how, Job())
            found += [picture.data, picture.err, picture.dq, spectrum.flux, spectrum.error]
        maps = line_maps(cube, (20, 35), [(5, 15), (40, 50)], Job())
        made.append([*found, maps.flux.data, maps.flux.err, maps.continuum.data])
    for one, other in zip(*made, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    values = np.stack([np.where(memory.plane(k).dq & 1, np.nan, memory.plane(k).data) for k in range(60)])
    values[~np.isfinite(values)] = np.nan
    values[:, 2, 3] = np.nan
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        np.testing.assert_allclose(made[0][10], np.nanmedian(values[7:51], axis=0), rtol=1e-5)


def test_a_region_of_an_unusual_order_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (40, 30, 500)  # y, x, wavelength: rows of 500 planes
    path = tmp_path / "c.fits"
    hdu = fits.PrimaryHDU(np.zeros(shape, np.float32))
    hdu.header.update({"CTYPE1": "WAVE", "CRVAL1": 2e-6, "CDELT1": 1e-9, "CTYPE2": "RA---TAN"})
    hdu.writeto(path)
    cube = open_cube(path)
    assert cube.shape == (500, 40, 30)
    taken = 0
    read = PlainSource.read_into

    def counted(self: PlainSource, offset: int, buffer: memoryview) -> int:
        nonlocal taken
        taken += len(buffer)
        return read(self, offset, buffer)

    monkeypatch.setattr(PlainSource, "read_into", counted)
    mask = np.zeros((40, 30), bool)
    mask[10:20, 5:15] = True
    whole = 4 * 40 * 30 * 500
    for call, most in (
        (lambda: cube.spectrum(3, 4), whole / 30),
        (lambda: cube.spectrum_of(mask), whole / 10),
        (lambda: cube.spectrum_of(mask, "median"), whole / 10),
        (lambda: cube.collapse(100, 400, "mean", Job()), whole),
        (lambda: cube.collapse(100, 400, "median", Job()), whole),
        (lambda: line_maps(cube, (200, 220), [(150, 180), (230, 260)], Job()), 3 * whole),
        (lambda: [cube.plane(k) for k in (250, 251, 249)], whole),
    ):
        taken = 0
        call()
        assert 0 < taken <= most


def test_many_threads_get_what_one_gets(tmp_path: Path) -> None:
    ours, memory = files(tmp_path, (2, 0, 1))
    wrong: list[Any] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(150):
            x, y, k = int(rng.integers(11)), int(rng.integers(14)), int(rng.integers(60))
            if not np.array_equal(ours.spectrum(x, y).flux, memory.spectrum(x, y).flux, equal_nan=True):
                wrong.append((x, y))
            if not np.array_equal(ours.plane(k).data, memory.plane(k).data, equal_nan=True):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    ours.load(Job())  # meanwhile
    for thread in threads:
        thread.join()
    assert not wrong
    assert ours.loaded


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_cancel_is_heard(tmp_path: Path, order: tuple[int, int, int]) -> None:
    ours, _ = files(tmp_path, order)
    job = Job()
    job.cancel()
    mask = np.ones((14, 11), bool)
    for call in (
        lambda: ours.collapse(0, 60, "mean", job),
        lambda: ours.collapse(0, 60, "median", job),
        lambda: ours.spectrum_of(mask, "mean", job),
        lambda: line_maps(ours, (20, 35), [(5, 15)], job),
        lambda: ours.load(job),
    ):
        began = time.process_time()
        with pytest.raises(Cancelled):
            call()
        assert time.process_time() - began < 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("cut", [True, False])
def test_a_file_that_changes_while_it_is_open_is_told(tmp_path: Path, order: tuple[int, int, int], cut: bool) -> None:
    ours, _ = files(tmp_path, order)
    assert ours.path is not None
    with ours.path.open("r+b") as file:
        if cut:
            file.truncate(20_000)
        else:
            file.seek(9000)
            file.write(b"other numbers")
    os.utime(ours.path, (1e9, 1e9))
    for call in (
        lambda: ours.plane(59),
        lambda: ours.spectrum(10, 13),
        lambda: ours.collapse(0, 60, "mean", Job()),
        lambda: ours.spectrum_of(np.ones((14, 11), bool)),
        lambda: ours.load(Job()),
    ):
        with pytest.raises(InputError, match="was changed") as told:
            call()
        assert told.value.path == ours.path


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_a_file_cut_short_unnoticed_ends_nothing(
    tmp_path: Path, order: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = files(tmp_path, order)
    assert ours.path is not None
    monkeypatch.setattr(FileLayer, "_check", lambda self: None)  # cut between the look at it and the reading
    os.truncate(ours.path, 20_000)
    for call in (lambda: ours.plane(59), lambda: ours.spectrum(10, 13), lambda: ours.load(Job())):
        with pytest.raises(InputError, match="cut short") as told:
            call()
        assert told.value.path == ours.path


@pytest.mark.parametrize("packed", [("SCI",), ("DQ",), ("ERR",), ("SCI", "ERR", "DQ")])
def test_what_is_compressed_in_part_loses_nothing(tmp_path: Path, packed: tuple[str, ...]) -> None:
    data = np.random.default_rng(1).integers(0, 99, (20, 8, 9)).astype(np.int16)  # whole numbers lose nothing
    dq = np.zeros(data.shape, np.int32)
    dq[3, 4, 5] = 1
    hdus = [fits.PrimaryHDU()]
    for name, array in (("SCI", data), ("ERR", data + 1), ("DQ", dq)):
        hdus.append((fits.CompImageHDU if name in packed else fits.ImageHDU)(array, name=name))
    path = tmp_path / "c.fits"
    fits.HDUList(hdus).writeto(path)
    cube = open_cube(path)
    spectrum = cube.spectrum(5, 4)
    assert np.flatnonzero(np.isnan(spectrum.flux)).tolist() == [3]
    np.testing.assert_allclose(np.delete(spectrum.flux, 3), np.delete(data[:, 4, 5], 3))
    assert spectrum.error is not None
    np.testing.assert_allclose(spectrum.error, data[:, 4, 5] + 1)


@pytest.mark.parametrize("name", ["SCI", "ERR", "DQ"])
def test_an_image_that_ends_too_early_is_named(tmp_path: Path, name: str) -> None:
    _, _ = files(tmp_path, (0, 1, 2))
    path = tmp_path / "c.fits"
    hdu = next(one for one in read_headers(path) if one.name == name)
    os.truncate(path, hdu.offset + hdu.size - 100)
    with pytest.raises(InputError, match=f"cut short: HDU {hdu.index} {name}"):
        open_cube(path)
