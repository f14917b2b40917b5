"""Files are written whole or not at all, and hold what was meant."""

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.fits import describe_file, read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import read_headers
from calgui.core.frames.writing import ExtraHdu, write_atomically, write_extensions, write_frame

DATA = np.arange(20, dtype=np.float32).reshape(4, 5)
DQ = (np.arange(20, dtype=np.uint32) << 27).reshape(4, 5)


def made(**keywords: object) -> Frame:
    return Frame(DATA.copy(), DATA / 10, DQ.copy(), {"INSTRUME": "IRIS", "BUNIT": "electron/s", **keywords})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_layout_and_keywords(tmp_path: Path) -> None:
    path = write_frame(made(EXPTIME=(100.0, "[s] exposure"), CRPIX1=2.5, HISTORY="one\ntwo"), tmp_path / "dark.fits")
    with fits.open(path, output_verify="exception") as hdus:
        hdus.verify("exception")
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ"]
        primary, sci = hdus[0].header, hdus["SCI"].header
        assert primary["INSTRUME"] == "IRIS"
        assert primary.comments["INSTRUME"] == "instrument"
        assert primary["EXPTIME"] == 100
        assert primary.comments["EXPTIME"] == "[s] exposure"
        assert list(primary["HISTORY"]) == ["one", "two"]
        assert primary["FILENAME"] == "dark.fits"
        assert primary["DATE"].startswith("20")
        assert sci["BUNIT"] == hdus["ERR"].header["BUNIT"] == "electron/s"
        assert sci["CRPIX1"] == 2.5
        assert "CRPIX1" not in primary
        np.testing.assert_array_equal(hdus["SCI"].data, DATA)
        np.testing.assert_array_equal(hdus["ERR"].data, DATA / 10)
        np.testing.assert_array_equal(hdus["DQ"].data, DQ)


@pytest.mark.parametrize("name", ["dark.fits", "dark.fits.gz"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str) -> None:
    first = made(GAIN=2.5, NREADS=4, GOOD=True, DETECTOR="IRIS1", DESCRIP="x" * 150, LONGKEYWORD=3, NOTHING=None)
    path = write_frame(first, tmp_path / name)
    second = read_frame(path)
    for one, other in zip(first.rows(0, 4), second.rows(0, 4), strict=True):
        np.testing.assert_array_equal(one, other)
    assert {key: second.header[key] for key in first.header} == dict(first.header)
    assert second.unit == "electron/s"
    third = read_frame(write_frame(second, tmp_path / f"again-{name}"))
    changing = {"DATE", "FILENAME"}
    assert {k: v for k, v in third.header.items() if k not in changing} == {
        k: v for k, v in second.header.items() if k not in changing
    }


def test_a_frame_without_error_and_flags_and_a_cube(tmp_path: Path) -> None:
    cube = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    path = write_frame(Frame(cube), tmp_path / "cube.fits")
    assert [info.name for info in describe_file(path)] == ["PRIMARY", "SCI"]
    np.testing.assert_array_equal(read_frame(path).data, cube)


@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5)])
def test_a_complete_frame_has_an_error_that_says_it_is_none(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = write_frame(Frame(np.ones(shape, np.float32)), tmp_path / "whole.fits", complete=True)
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ"]
        assert hdus["ERR"].shape == hdus["DQ"].shape == shape
        assert np.isnan(hdus["ERR"].data).all()
        assert not hdus["DQ"].data.any()
        assert hdus["ERR"].header["ERRKNOWN"] is False
    again = read_frame(path)
    assert again.err is None
    assert again.dq is not None


def test_tables_and_images_behind_the_frame(tmp_path: Path) -> None:
    lines = {"species": ["Ar", "Krypton"], "wavelength": np.array([1.1, 1.2]), "used": np.array([True, False])}
    records = np.array([(1, 2.0), (3, 4.0)], [("x", "i4"), ("y", "f8")])
    path = write_frame(
        made(),
        tmp_path / "arc.fits",
        [
            ExtraHdu("LINES", lines, {"wavelength": "um"}, {"RMS": (0.02, "[pixel]")}),
            ExtraHdu("POINTS", records),
            ExtraHdu("WAVELENGTH", np.array([[1.0, 2.0]])),
            ExtraHdu("USED", np.array([[True, False]])),
            ExtraHdu("EMPTY", {"x": np.zeros(0), "name": []}),
        ],
    )
    with fits.open(path) as hdus:
        table = hdus["LINES"]
        assert list(table.data["species"]) == ["Ar", "Krypton"]
        np.testing.assert_array_equal(table.data["used"], [True, False])
        assert table.columns["wavelength"].unit == "um"
        assert table.header["RMS"] == 0.02
        np.testing.assert_array_equal(hdus["POINTS"].data["y"], [2.0, 4.0])
        assert hdus["WAVELENGTH"].data.dtype == np.dtype(">f8")
        np.testing.assert_array_equal(hdus["USED"].data, [[1, 0]])
        assert len(hdus["EMPTY"].data) == 0
    with pytest.raises(UsageError, match="BAD"):
        write_frame(made(), tmp_path / "bad.fits", [ExtraHdu("BAD", {"a": [1, 2], "b": [1]})])
    assert not (tmp_path / "bad.fits").exists()


def test_values_that_fits_does_not_know_are_made_fit_or_refused(tmp_path: Path) -> None:
    frame = made(OBSERVER="Müller – 5 µm", SEEING=float("nan"), AIRMASS=np.float32(1.5), N=np.int64(3), TEXT="a\nb")
    header = read_frame(write_frame(frame, tmp_path / "a.fits")).header
    assert header["OBSERVER"] == "Muller - 5 um"
    assert header["SEEING"] is None
    assert (header["AIRMASS"], header["N"], header["TEXT"]) == (1.5, 3, "a b")
    for value in ([1, 2], {"a": 1}, object(), b"bytes"):
        with pytest.raises(UsageError, match="WRONG"):
            write_frame(made(WRONG=value), tmp_path / "b.fits")
    with pytest.raises(UsageError):
        write_frame(made(**{"A=B": 1}), tmp_path / "b.fits")
    assert names(tmp_path) == ["a.fits"]


text = st.text(max_size=120)
values = st.one_of(text, st.integers(), st.floats(), st.booleans(), st.none(), st.complex_numbers())


@given(st.dictionaries(st.text("ABCDEFGHIJ_-0123456789", min_size=1, max_size=12), values, max_size=6))
@settings(max_examples=80, deadline=None)
def test_any_header_is_written_legally_or_refused(tmp_path: Path, keywords: dict[str, object]) -> None:
    path = tmp_path / "any.fits"
    try:
        write_frame(made(**keywords), path, overwrite=True)
    except UsageError:
        return
    with fits.open(path) as hdus:
        hdus.verify("exception")
    assert not any(hdu.warnings for hdu in read_headers(path))


def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "dark.fits"
    path.write_text("precious")
    with pytest.raises(InputError, match="exists already"):
        write_frame(made(), path)
    assert path.read_text() == "precious"
    write_frame(made(), path, overwrite=True)
    assert read_frame(path).shape == (4, 5)
    assert names(tmp_path) == ["dark.fits"]


def test_a_name_taken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "dark.fits"

    def slow(file: IO[bytes]) -> None:
        path.write_text("somebody else's")
        file.write(b"ours")

    with pytest.raises(InputError, match="exists already"):
        write_atomically(path, slow)
    assert path.read_text() == "somebody else's"
    assert names(tmp_path) == ["dark.fits"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "dark.fits"
    path.write_text("old")

    def failing(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left") as caught:
        write_atomically(path, failing, overwrite=True)
    assert "space on the disk" in caught.value.cure
    assert path.read_text() == "old"
    assert names(tmp_path) == ["dark.fits"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_frame(made(), tmp_path / "absent" / "dark.fits")
    assert "folder" in caught.value.cure


def test_a_process_that_is_killed_leaves_no_file_of_the_name(tmp_path: Path) -> None:
    code = (
        "import sys, time; from calgui.core.frames.writing import write_atomically\n"
        "def slow(file):\n"
        "    for _ in range(2000):\n"
        "        file.write(b'x' * 1000); file.flush(); print('on', flush=True); time.sleep(0.01)\n"
        "write_atomically(sys.argv[1], slow)"
    )
    path = tmp_path / "dark.fits"
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    assert not path.exists()
    assert all(name.startswith(".") for name in names(tmp_path))


def test_who_reads_meanwhile_sees_the_old_or_the_new_file_whole(tmp_path: Path) -> None:
    path = write_frame(made(RUN=0), tmp_path / "dark.fits")
    stop = threading.Event()
    seen: list[int] = []
    wrong: list[str] = []

    def look() -> None:
        while not stop.is_set():
            try:
                seen.append(read_headers(path)[0].header["RUN"])
            except InputError as error:
                wrong.append(str(error))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for run in range(1, 15):
            write_frame(made(RUN=run), path, overwrite=True)
            time.sleep(0.002)
    finally:
        stop.set()
        watcher.join()
    assert not wrong
    assert seen == sorted(seen)
    assert seen


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_ordinary_file_is_never_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    place = tmp_path / "new.fits"
    make(place)
    kind = stat.S_IFMT(place.lstat().st_mode)
    with pytest.raises(InputError, match="no ordinary file"):
        write_atomically(place, lambda file: file.write(b"pixels"), overwrite=True)
    assert stat.S_IFMT(place.lstat().st_mode) == kind
    assert list(tmp_path.iterdir()) == [place]


def test_a_file_without_an_image(tmp_path: Path) -> None:
    """Tables, and headers without pixels; the unit of an image that is not there stays out."""
    path = write_extensions(
        {"REFTYPE": ("DISTORTION", "kind"), "BUNIT": "adu"},
        tmp_path / "solution.fits",
        [
            ExtraHdu("DISTORTION", None, header={"A_ORDER": 2}),
            ExtraHdu("PINHOLES", {"x": np.arange(3.0)}, {"x": "pixel"}),
        ],
    )
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "DISTORTION", "PINHOLES"]
        assert hdus[0].header["REFTYPE"] == "DISTORTION"
        assert "BUNIT" not in hdus[0].header
        assert hdus[1].data is None
        assert hdus[1].header["A_ORDER"] == 2
        assert hdus[2].columns["x"].unit == "pixel"
    with pytest.raises(InputError, match="exists"):
        write_extensions({}, path, [])
