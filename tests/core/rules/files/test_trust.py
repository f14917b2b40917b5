"""What a quick look at a reference file says, on files of every kind, good and broken."""

import gzip
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import Cancelled, InputError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.files import layout
from calgui.core.rules.files.sums import verify
from calgui.core.rules.files.trust import look
from calgui.core.rules.values import Trust

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 123456\n"


@pytest.fixture
def image(tmp_path):
    """A FITS file as calibrations are: primary header, image, table, scaled integers."""
    path = tmp_path / "image.fits"
    scaled = fits.ImageHDU(np.arange(12, dtype="uint16").reshape(3, 4), name="DQ")
    table = fits.BinTableHDU.from_columns([fits.Column("a", "PJ()", array=[[1, 2], [3]])])
    primary = fits.PrimaryHDU()
    primary.header["HISTORY"] = "made for a test"
    fits.HDUList([primary, fits.ImageHDU(np.zeros((5, 7), "f4"), name="SCI"), scaled, table]).writeto(path)
    return path


def test_good_files_are_good(image, tmp_path):
    assert look(image).trust is Trust.OK
    asdf = tmp_path / "a.asdf"
    asdf.write_bytes(b"#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n")
    json = tmp_path / "a.json"
    json.write_text('{"a": [1, 2]}')
    assert [look(path).trust for path in (asdf, json)] == [Trust.OK, Trust.OK]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.85])
def test_a_truncated_file_is_corrupt(image, keep):
    data = image.read_bytes()
    image.write_bytes(data[: int(len(data) * keep)])
    verdict = look(image)
    assert verdict.trust is Trust.CORRUPT
    assert verdict.reason.endswith(".")


def test_missing_padding_and_junk_after_the_end_are_let_pass(image):
    data = image.read_bytes()
    image.write_bytes(data + b"\0" * 2880)
    assert look(image).trust is Trust.OK
    image.write_bytes(data + b"junk" * 720)
    assert look(image).trust is Trust.OK
    plain = image.with_name("plain.fits")
    fits.writeto(plain, np.ones((3, 3), "f4"))
    plain.write_bytes(plain.read_bytes()[: 2880 + 36])
    assert look(plain).trust is Trust.OK


@pytest.mark.parametrize(
    ("name", "data", "trust"),
    [
        ("a.fits", POINTER, Trust.LFS_POINTER),
        ("a.asdf", POINTER, Trust.LFS_POINTER),
        ("a.fits", b"", Trust.CORRUPT),
        ("a.fits", b"<html>404</html>", Trust.CORRUPT),
        ("a.fits", b"SIMPLE  =                    T", Trust.CORRUPT),
        ("a.fits", b" " * 28800, Trust.CORRUPT),
        ("a.fits", b"\0" * 28800, Trust.CORRUPT),
        ("a.fits", gzip.compress(b"x" * 5000, mtime=0), Trust.UNCHECKED),
        ("a.fits.gz", gzip.compress(b"x" * 5000, mtime=0), Trust.UNCHECKED),
        ("a.fits.gz", b"SIMPLE", Trust.CORRUPT),
        ("a.asdf", b"SIMPLE", Trust.CORRUPT),
        ("a.json", b"{", Trust.CORRUPT),
        ("a.json", b"[" * 100_000, Trust.CORRUPT),
        ("a.json", b"\xff\xfe", Trust.CORRUPT),
        ("a.text", b"1 2 3", Trust.UNCHECKED),
    ],
)
def test_each_kind_of_defect_has_its_word(tmp_path, name, data, trust):
    path = tmp_path / name
    path.write_bytes(data)
    verdict = look(path)
    assert verdict.trust is trust
    assert verdict.size == len(data)
    assert verdict.real_size == (123456 if trust is Trust.LFS_POINTER else None)


@pytest.mark.parametrize(
    "cards",
    [
        ("NAXIS   =                    1", "NAXIS1  =       99999999999999999"),
        ("NAXIS   =                    2", "NAXIS1  =                   -5", "NAXIS2  =                    5"),
        ("NAXIS   =                    2", "NAXIS1  =                    5"),
        ("NAXIS   =               123456",),
        ("NAXIS   = 'two'",),
    ],
)
def test_headers_that_promise_what_is_not_there(tmp_path, fits_bytes, cards):
    path = tmp_path / "a.fits"
    path.write_bytes(fits_bytes(cards))
    assert look(path).trust is Trust.CORRUPT


def test_a_header_without_end_in_a_huge_file_is_given_up_soon(tmp_path):
    path = tmp_path / "a.fits"
    card = b"SIMPLE  =                    T".ljust(80)
    path.write_bytes(card + b"COMMENT for ever".ljust(80) * (36 * 2500))
    with path.open("r+b") as stream:
        stream.truncate(10**12)
    started = time.process_time()
    assert look(path).trust is Trust.CORRUPT
    assert time.process_time() - started < 2


def test_astropys_own_files_are_judged_as_astropy_does(real_data):
    """Every real file that astropy opens and reads whole is good; nothing is both good and unreadable."""
    seen = 0
    for path in sorted(real_data.rglob("*.fits")):
        if path.read_bytes()[:10].startswith(b"version"):
            assert look(path).trust is Trust.LFS_POINTER
            continue
        with fits.open(path) as hdus:
            for hdu in hdus:
                _ = hdu.data
        assert look(path).trust is Trust.OK, path
        seen += 1
    assert seen >= 5


def test_astropys_odd_files_are_judged_as_astropy_reads_them():
    folder = Path(fits.__file__).parent / "tests" / "data"
    paths = sorted(folder.glob("*.fits"))
    if not paths:
        pytest.skip("astropy was installed without its test files")
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with fits.open(path) as hdulist:
                    for hdu in hdulist:
                        _ = hdu.data
                readable = True
            except (OSError, ValueError, TypeError, KeyError):
                readable = False
        assert (look(path).trust is Trust.OK) == readable, path.name


@pytest.fixture
def signed(tmp_path):
    """A FITS file with CHECKSUM and DATASUM in every HDU, as astropy writes them."""
    path = tmp_path / "signed.fits"
    pixels = np.random.default_rng(5).normal(size=(300, 301)).astype("f4")
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, name="SCI")]).writeto(path, checksum=True)
    return path


def test_checksums_that_hold(signed, image):
    assert verify(signed).trust is Trust.OK
    assert verify(image).trust is Trust.OK  # without sums there is nothing to compare
    fits.setval(image, "DATASUM", value="not a number", ext=1)
    assert verify(image).trust is Trust.OK


@pytest.mark.parametrize("place", [2700, 2880 + 500, 2880 * 2 + 12345, -2880])
def test_one_changed_byte_is_found_by_its_checksum(signed, place):
    data = bytearray(signed.read_bytes())
    data[place] ^= 0x04
    signed.write_bytes(bytes(data))
    assert look(signed).trust is Trust.OK
    assert verify(signed).trust is Trust.CHECKSUM_MISMATCH


def test_a_wrong_datasum_alone_is_found(image):
    fits.setval(image, "DATASUM", value="12345", ext=1)
    assert verify(image).trust is Trust.CHECKSUM_MISMATCH


def test_verifying_can_be_cancelled(signed):
    job = Job("verify")
    job.cancel()
    with pytest.raises(Cancelled):
        verify(signed, job)


def test_a_cache_remembers_what_verifying_found(write_cache, signed):
    writer = write_cache().healthy()
    data = bytearray(signed.read_bytes())
    data[-3000] ^= 4
    writer.reference("tmt_iris_dark_0001.fits", bytes(data))
    cache = Cache.open(writer.root)
    assert cache.trust("tmt_iris_dark_0001.fits") is Trust.OK
    assert cache.findings() == ()
    cache.verify("tmt_iris_dark_0001.fits")
    assert cache.trust("tmt_iris_dark_0001.fits") is Trust.CHECKSUM_MISMATCH
    assert [finding.code for finding in cache.findings()] == ["checksum-mismatch"]
    writer.reference("tmt_iris_dark_0001.fits")
    assert cache.trust("tmt_iris_dark_0001.fits") is Trust.OK


def test_a_folder_that_may_not_be_searched_is_told_on_its_references(write_cache, monkeypatch):
    writer = write_cache().healthy()
    before = Path.exists

    def refuse(self, **more):
        if self.name.endswith(".fits"):
            raise PermissionError(13, "Permission denied", str(self))
        return before(self, **more)

    monkeypatch.setattr(Path, "exists", refuse)
    cache = Cache.open(writer.root)
    assert cache.reference_path("tmt_iris_dark_0001.fits") is None
    assert "Permission denied" in cache.verdict("tmt_iris_dark_0001.fits").reason
    assert [finding.place for finding in cache.findings()] == ["tmt_iris_dark_0001.fits"]


@pytest.mark.parametrize("closed", [".", "mappings", "mappings/tmt"])
def test_a_cache_that_may_not_be_read_is_told_so(write_cache, monkeypatch, closed):
    writer = write_cache().healthy()
    folder = (writer.root / closed).resolve()
    listed = layout._entries
    monkeypatch.setattr(
        layout, "_entries", lambda path, *more, **named: listed(path, *more, **named) if path != folder else iter(())
    )
    monkeypatch.setattr(layout.os, "access", lambda path, mode: path != folder)
    with pytest.raises(InputError, match="may not read") as told:
        Cache.open(writer.root)
    assert told.value.path == folder


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_not_opened_nor_left_open(write_cache, tmp_path, make):
    make(tmp_path / "odd.fits")
    writer = write_cache().healthy()
    make(writer.config / "server_config")
    before = _open_files()
    for _ in range(3):
        assert look(tmp_path / "odd.fits").reason == "This is no regular file."
        assert [finding.message for finding in Cache.open(writer.root).findings()] == ["This is no regular file."]
    assert _open_files() <= before


def _open_files():
    """How many files this process has open; 0 where that cannot be told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0
