"""The index finds files, remembers headers, and outlives what may happen to its database."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

import calgui.core.frames.index as module
from calgui.core.errors import Cancelled
from calgui.core.frames.headers import rule_header
from calgui.core.frames.index import FileEntry, FileIndex, StoredHeader, encode
from calgui.core.frames.store import SCHEMA, Store
from calgui.core.jobs import Job, Progress


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A folder with twelve files in it, one of them broken, and others that are not to be listed."""
    folder = tmp_path / "night"
    (folder / "sub" / "deeper").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    places = [folder, folder / "sub", folder / "sub" / "deeper"]
    for number in range(11):
        hdu = fits.PrimaryHDU(np.zeros((2, 2), np.float32))
        hdu.header["EXPTIME"], hdu.header["OBJECT"] = number + 0.5, f"it's \\ {number}"
        ending = (".fits", ".FITS", ".fit", ".fits.gz")[number % 4]
        hdu.writeto(places[number % 3] / f"file{number:02d}{ending}")
    (folder / "broken.fits").write_text("not fits at all")
    (folder / "notes.txt").write_text("notes")
    (folder / ".secret.fits").write_text("hidden")
    (folder / ".hidden" / "x.fits").write_text("hidden")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[FileIndex]:
    made = FileIndex(tmp_path / "index" / "headers.sqlite")
    yield made
    made.close()


def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A list that grows with each file that is really read."""
    read: list[Path] = []

    def counted(path: Path) -> dict[str, object]:
        read.append(path)
        return rule_header(path)

    monkeypatch.setattr(module, "rule_header", counted)
    return read


def test_a_folder_is_gone_through_and_remembered(
    night: Path, index: FileIndex, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read = reads(monkeypatch)
    batches: list[list[FileEntry]] = []
    first = index.scan([night], on_batch=batches.append)
    assert len(first) == 12
    assert [entry.path for entry in first] == sorted(entry.path for entry in first)
    assert sorted(str(entry.path) for batch in batches for entry in batch) == [str(entry.path) for entry in first]
    broken = next(entry for entry in first if entry.error)
    assert broken.path.name == "broken.fits"
    assert "text, not FITS" in str(broken.error)
    assert len(read) == 12
    index.close()
    again = FileIndex(tmp_path / "index" / "headers.sqlite")
    second = again.scan([night])
    again.close()
    assert len(read) == 12
    assert not again.notes
    for one, other in zip(first, second, strict=True):
        assert (one.path, one.size, one.mtime, one.error) == (other.path, other.size, other.mtime, other.error)
        assert dict(one.header) == dict(other.header)
        if not one.error:
            assert dict(other.header) == dict(rule_header(one.path))
            assert one.mtime == pytest.approx(one.path.stat().st_mtime)


def test_a_changed_file_is_read_again(night: Path, index: FileIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    index.scan([night])
    read = reads(monkeypatch)
    broken = night / "broken.fits"
    fits.PrimaryHDU().writeto(broken, overwrite=True)
    touched = night / "file00.fits"
    os.utime(touched, ns=(1, 1))
    entries = {entry.path: entry for entry in index.scan([night])}
    assert sorted(read) == [broken, touched]
    assert entries[broken].error is None


def test_named_files_whatever_their_name_and_missing_ones(night: Path, index: FileIndex, tmp_path: Path) -> None:
    odd = tmp_path / "data.raw"
    odd.write_bytes((night / "file00.fits").read_bytes())
    absent = tmp_path / "absent.fits"
    entries = index.scan([odd, odd, absent, night / "sub"])
    found = {entry.path: entry for entry in entries}
    assert found[odd].header["EXPTIME"] == 0.5
    assert "no such file" in str(found[absent].error)
    assert len(entries) == len(found) == 2 + sum(path.is_file() for path in (night / "sub").rglob("*"))


def test_links_in_a_circle_and_broken_ones(night: Path, index: FileIndex) -> None:
    (night / "sub" / "up").symlink_to(night)
    (night / "gone.fits").symlink_to(night / "nowhere.fits")
    for name in ("itself.fits", "itself"):
        (night / name).symlink_to(name)
    entries = index.scan([night])
    assert len(entries) == 14
    told = {entry.path.name: entry.error for entry in entries}
    assert "no such file" in str(told["gone.fits"])
    assert "circle" in str(told["itself.fits"])


def test_names_that_are_no_text(night: Path, index: FileIndex) -> None:
    name = os.fsencode(night) + b"/caf\xe9.fits"
    with open(name, "wb") as file:  # noqa: PTH123 - bytes are the point
        file.write((night / "file00.fits").read_bytes())
    for _ in range(2):
        entries = index.scan([night])
        assert any(os.fsencode(entry.path) == name and entry.header["EXPTIME"] == 0.5 for entry in entries)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_tried_again(night: Path, index: FileIndex) -> None:
    path = night / "file00.fits"
    path.chmod(0)
    assert "may not read" in str(index.scan([path])[0].error)
    path.chmod(0o600)
    assert index.scan([path])[0].error is None


def test_a_refusal_of_the_system_is_not_remembered(
    night: Path, index: FileIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = night / "file00.fits"
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", lambda *args: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        assert "Input/output" in str(index.scan([path])[0].error)
    assert index.scan([path])[0].error is None


def test_cancel_keeps_what_was_read(night: Path, index: FileIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reads(monkeypatch)
    job = Job("Reading")

    def stop_early(path: Path) -> dict[str, object]:
        if len(read) == 4:
            job.cancel()
        read.append(path)
        return rule_header(path)

    monkeypatch.setattr(module, "rule_header", stop_early)
    with pytest.raises(Cancelled):
        index.scan([night], job)
    assert len(read) == 5
    index.scan([night])
    assert len(read) == 12


def test_progress_counts_up_to_the_end(night: Path, index: FileIndex) -> None:
    told: list[Progress] = []
    index.scan([night], Job("Reading", told.append))
    assert told[-1].fraction == 1
    assert "12" in told[-1].text


def spoil_with_garbage(path: Path) -> None:
    path.write_bytes(os.urandom(20_000))


def spoil_the_middle(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    for page in range(4096, len(raw), 4096):
        raw[page : page + 1500] = os.urandom(1500)
    path.write_bytes(raw)


def spoil_with_a_newer_schema(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE files")
        connection.execute("CREATE TABLE files (everything BLOB)")
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()


def spoil_the_values(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE keysets SET keys = 'not json' || id")
    connection.close()


@pytest.mark.parametrize(
    "spoil", [spoil_with_garbage, spoil_the_middle, spoil_with_a_newer_schema, spoil_the_values, Path.touch]
)
def test_a_damaged_or_newer_database_is_made_anew(night: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "headers.sqlite"
    first = FileIndex(path)
    expected = [dict(entry.header) for entry in first.scan([night])]
    first.close()
    spoil(path)
    second = FileIndex(path)
    assert [dict(entry.header) for entry in second.scan([night])] == expected
    assert [dict(entry.header) for entry in second.scan([night])] == expected
    assert bool(second.notes) == (spoil is not Path.touch)
    second.close()
    third = FileIndex(path)
    assert [dict(entry.header) for entry in third.scan([night])] == expected
    assert not third.notes
    third.close()


def test_values_that_do_not_fit_their_keywords_are_read_again(night: Path, tmp_path: Path) -> None:
    path = tmp_path / "headers.sqlite"
    first = FileIndex(path)
    expected = [dict(entry.header) for entry in first.scan([night])]
    first.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE files SET header = '[1]'")
    connection.close()
    second = FileIndex(path)
    assert [dict(entry.header) for entry in second.scan([night])] == expected
    second.close()


def test_a_locked_database_does_not_hold_up_the_user(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calgui.core.database._BUSY_MS", 200)
    path = tmp_path / "headers.sqlite"
    FileIndex(path).close()
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        started = time.monotonic()
        index = FileIndex(path)
        assert len(index.scan([night])) == 12
        assert len(index.scan([night])) == 12
        assert time.monotonic() - started < 5
        assert "not remembered" in index.notes[0]
        index.close()
    finally:
        holder.close()


def test_a_folder_in_place_of_the_database(night: Path, tmp_path: Path) -> None:
    (tmp_path / "headers.sqlite").mkdir()
    index = FileIndex(tmp_path / "headers.sqlite")
    assert len(index.scan([night])) == 12
    assert index.notes
    index.close()


def test_several_processes_at_once(night: Path, tmp_path: Path) -> None:
    path = tmp_path / "headers.sqlite"
    code = (
        "import sys; from calgui.core.frames.index import FileIndex\n"
        "index = FileIndex(sys.argv[1])\n"
        "for _ in range(5): assert len(index.scan([sys.argv[2]])) == 12\n"
        "assert not index.notes, index.notes"
    )
    command = [sys.executable, "-c", code, str(path), str(night)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said


def test_the_index_lies_in_the_users_cache_folder(night: Path, own_home: Path) -> None:
    index = FileIndex()
    index.scan([night])
    index.close()
    assert list(own_home.rglob("headers.sqlite"))


def test_rows_that_were_not_read_for_long_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from calgui.core.frames.store import Stored

    monkeypatch.setattr("calgui.core.frames.store._MAX_ROWS", 10)
    store = Store(tmp_path / "headers.sqlite")
    for number in range(30):
        store.put([Stored(b"/%d" % number, 1, 1, {"A": 0}, "[1]", None)])
    kept = {row.path for row in store.find([b"/%d" % number for number in range(30)])}
    store.close()
    assert kept == {b"/%d" % number for number in range(20, 30)}


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.complex_numbers(allow_nan=False)
)


@given(st.dictionaries(st.text(), values))
def test_values_come_out_as_they_went_in(header: dict[str, object]) -> None:
    stored = StoredHeader({key: place for place, key in enumerate(header)}, encode(header.values()))
    assert dict(stored) == header
    assert all(type(stored[key]) is type(value) for key, value in header.items())
    assert stored.get("no such keyword", 5) == header.get("no such keyword", 5)


def test_ten_thousand_files_come_in_batches(tmp_path: Path, index: FileIndex) -> None:
    content = b"".join(
        card.encode().ljust(80) for card in ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "OBJECT  = 'sky'", "END")
    ).ljust(2880)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number:05d}.fits").write_bytes(content)
    for _ in range(2):
        sizes: list[int] = []
        entries = index.scan([folder], on_batch=lambda batch, sizes=sizes: sizes.append(len(batch)))
        assert len(entries) == sum(sizes) == 10_000
        assert max(sizes) <= 2000
        assert entries[-1].header["OBJECT"] == "sky"
