"""What a quick look at a reference file says, on files of every kind, good and broken."""

import gzip
import time

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.rules.trust import look
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
        ("a.fits", gzip.compress(b"x" * 5000), Trust.UNCHECKED),
        ("a.fits.gz", gzip.compress(b"x" * 5000), Trust.UNCHECKED),
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
    started = time.monotonic()
    assert look(path).trust is Trust.CORRUPT
    assert time.monotonic() - started < 2


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
