"""Headers of good, odd and broken files."""

import bz2
import gzip
import lzma
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import CalguiError, InputError
from calgui.core.frames.fits import describe_file, read_frame
from calgui.core.frames.headers import read_headers, rule_header

BLOCK = 2880
MakeFile = Callable[..., Path]
ASTROPYS = Path(fits.__file__).parent / "tests" / "data"


def header_block(*cards: str, end: bool = True) -> bytes:
    """A header of these cards, padded to whole blocks."""
    text = "".join(card.ljust(80) for card in (*cards, *(["END"] if end else [])))
    return text.encode("latin1").ljust(-(-len(text) // BLOCK) * BLOCK)


SIMPLE = ("SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    2")


def refused(path: Path) -> str:
    """The sentence with which a file is refused; it names the file and a cure."""
    with pytest.raises(InputError) as caught:
        read_headers(path)
    assert caught.value.path == path
    assert caught.value.cure
    with pytest.raises(InputError):
        rule_header(path)
    with pytest.raises(InputError):
        read_frame(path)
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 134239680\n", "Git LFS"),
        (b"just some notes\n" * 500, "text"),
        (b"<!doctype html><html><body>Log in</body></html>", "web page"),
        (b"\0" * 9000, "zeros"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 4000, "HDF5"),
        (b"#ASDF 1.0.0\n", "ASDF"),
        (bytes(range(256)) * 30, "not FITS"),
        (b"\x1f\x8b" + b"garbage" * 500, "damaged"),
        (gzip.compress(b"notes in a gz\n" * 900, mtime=0), "text"),
        (gzip.compress(b"", mtime=0), "empty"),
        (gzip.compress(bytes(range(256)) * 99, mtime=0)[:20], "cut short"),
        (b"BZh91AY&SYgarbage" * 100, "damaged"),
        (header_block(*SIMPLE, end=False), "END"),
        (header_block("SIMPLE  =                    T", "BITPIX  =                   17", "NAXIS   = 0"), "BITPIX"),
        (header_block("SIMPLE  =                    T", "BITPIX  =                   16"), "NAXIS is missing"),
        (header_block(*SIMPLE, "NAXIS1  =                    4", "NAXIS2  = 'many'"), "NAXIS2"),
        (header_block(*SIMPLE, "NAXIS1  =                    4", "NAXIS2  = -5"), "NAXIS2"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_no_fits_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "thing.fits"
    path.write_bytes(content)
    assert says in refused(path)


def test_a_missing_file_a_folder_a_pipe_and_a_link_in_a_circle(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "absent.fits")
    assert "folder" in refused(tmp_path)
    pipe = tmp_path / "pipe.fits"
    os.mkfifo(pipe)
    assert "not an ordinary file" in refused(pipe)
    loop = tmp_path / "loop.fits"
    loop.symlink_to(loop)
    assert "circle" in refused(loop)


def test_terabytes_that_a_header_promises_are_not_believed(tmp_path: Path) -> None:
    axes = ("NAXIS1  =              5000000", "NAXIS2  =              5000000")
    path = tmp_path / "huge.fits"
    path.write_bytes(header_block(*SIMPLE, *axes) + b"\0" * BLOCK)
    (hdu,) = read_headers(path)
    assert hdu.shape == (5_000_000, 5_000_000)
    assert "cut short" in hdu.warnings[0]
    with pytest.raises(InputError, match="cut short"):
        read_frame(path)
    packed = tmp_path / "huge.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputError, match="more than this compressed file can hold"):
        read_frame(packed)


def test_a_file_that_really_is_larger_than_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse.fits"
    axes = ("NAXIS1  =              1000000", "NAXIS2  =               500000")
    header = header_block(*SIMPLE, *axes)
    path.write_bytes(header)
    try:
        os.truncate(path, len(header) + 4 * 10**6 * 5 * 10**5 + BLOCK)
    except OSError:
        pytest.skip("the file system takes no file of 2 TB")
    with pytest.raises(InputError, match="GB of memory"):
        read_frame(path)


def test_a_header_that_never_ends_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "endless.fits"
    with path.open("wb") as file:
        file.write(header_block(*SIMPLE, end=False))
        file.truncate(2**33)
    assert "END" in refused(path)


def test_junk_after_the_last_hdu_is_left_out_with_a_warning(image_file: MakeFile) -> None:
    path = image_file()
    path.write_bytes(path.read_bytes() + b"\0\1\2\3" * (BLOCK // 4))
    hdus = read_headers(path)
    assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ"]
    assert "not FITS follows" in hdus[-1].warnings[0]
    assert not any(hdu.warnings for hdu in hdus[:-1])


def test_a_cut_header_of_a_later_hdu_keeps_the_earlier_ones(image_file: MakeFile) -> None:
    path = image_file()
    offset = read_headers(path)[2].start
    path.write_bytes(path.read_bytes()[: offset + 400])
    hdus = read_headers(path)
    assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI"]
    assert "no END" in hdus[-1].warnings[0]
    assert read_frame(path).shape == (6, 5)


def test_duplicated_lower_case_and_foreign_characters(tmp_path: Path) -> None:
    cards = ("OBSERVER= 'M\xfcller'", "GAIN    = 2.5 / first", "GAIN    = 3.5", "filter  = 'K'", "!!! what is this")
    path = tmp_path / "odd.fits"
    path.write_bytes(header_block("SIMPLE  =                    T", "BITPIX  = 8", "NAXIS   = 0", *cards))
    (hdu,) = read_headers(path)
    assert hdu.header["OBSERVER"] == "M?ller"
    assert hdu.header["GAIN"] == 2.5
    assert hdu.header.comments["GAIN"] == "first"
    assert hdu.header["FILTER"] == "K"
    assert sum(card.keyword == "GAIN" for card in hdu.cards) == 2
    assert any("ASCII" in warning for warning in hdu.warnings)
    assert any("what is this" in warning for warning in hdu.warnings)


@pytest.mark.parametrize("ending", [b"END", b"END\0\0\0\0\0\0\0", b"END     "])
def test_an_end_card_without_padding(tmp_path: Path, ending: bytes) -> None:
    path = tmp_path / "end.fits"
    start = header_block("SIMPLE  =                    T", "BITPIX  = 8", "NAXIS   = 0", end=False)[:240]
    path.write_bytes(start + ending)
    assert len(read_headers(path)[0].cards) == 3


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_compressed_files_read_as_plain_ones(image_file: MakeFile, ending: str, pack: object) -> None:
    path = image_file(FILTER="K")
    packed = path.with_name(f"image.fits.{ending}")
    packed.write_bytes(pack(path.read_bytes()))  # type: ignore[operator]
    assert [hdu.cards for hdu in read_headers(packed)] == [hdu.cards for hdu in read_headers(path)]
    ours, theirs = read_frame(packed), read_frame(path)
    for one, other in zip(ours.rows(0, 6), theirs.rows(0, 6), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_gz_file_cut_short_says_so_and_still_gives_its_header(image_file: MakeFile) -> None:
    path = image_file(shape=(300, 300), FILTER="K")
    noise = np.random.default_rng(5).normal(size=(300, 300)).astype(np.float32)
    fits.PrimaryHDU(noise, fits.Header({"FILTER": "K"})).writeto(path, overwrite=True)
    packed = path.with_name("cut.fits.gz")
    packed.write_bytes(gzip.compress(path.read_bytes())[:-150_000])
    assert rule_header(packed)["FILTER"] == "K"
    assert read_headers(packed)[0].warnings
    with pytest.raises(InputError, match="cut short"):
        read_frame(packed)


def test_the_primary_wins_but_the_pixels_are_the_images(image_file: MakeFile) -> None:
    path = image_file(FILTER="K", BUNIT="adu")
    header = rule_header(path)
    assert header["FILTER"] == "K"
    assert header["BUNIT"] == "adu"
    assert (header["NAXIS"], header["NAXIS1"], header["NAXIS2"]) == (2, 5, 6)
    assert header["BITPIX"] == -32
    assert header["EXTNAME"] == "SCI"


def test_an_undefined_primary_value_is_no_value(tmp_path: Path) -> None:
    sci = fits.ImageHDU(np.zeros((2, 2), np.float32), name="SCI")
    sci.header["FILTER"] = "K"
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = None
    path = tmp_path / "undefined.fits"
    fits.HDUList([primary, sci]).writeto(path)
    assert rule_header(path)["FILTER"] == "K"


def test_keywords_of_later_hdus_count_as_crds_reads_them(tmp_path: Path) -> None:
    from calgui.core.rules.observatories.setup import crds_module

    def image(name: str, **cards: str) -> fits.ImageHDU:
        return fits.ImageHDU(np.zeros((2, 3), np.float32), fits.Header(cards), name=name)

    table = fits.BinTableHDU.from_columns([fits.Column("a", "E", array=[1.0])], name="TELEM")
    table.header["CCDAMP"] = "B"
    hdus = [fits.PrimaryHDU(header=fits.Header({"FILTER": "K"})), image("SCI", FILTER="J", PUPIL="CLEAR"), table]
    path = tmp_path / "several.fits"
    fits.HDUList([*hdus, image("DQ", PUPIL="N/A", GRATING="MIRROR")]).writeto(path)
    wanted = {"FILTER": "K", "PUPIL": "CLEAR", "CCDAMP": "B", "GRATING": "MIRROR"}
    theirs = crds_module("io.fits").get_fits_header_union(str(path), tuple(wanted))
    assert {key: theirs[key] for key in wanted} == wanted
    header = rule_header(path)
    assert {key: header[key] for key in wanted} == wanted
    assert (header["EXTNAME"], header["NAXIS1"]) == ("SCI", 3)
    assert "TFIELDS" not in header
    packed = path.with_suffix(".fits.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert rule_header(packed) == header


def test_astropys_own_files_give_the_same_headers() -> None:
    seen = 0
    for path in sorted(ASTROPYS.glob("*.fits")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(path, disable_image_compression=True) as hdus:
                headers = [hdu.header.copy() for hdu in hdus]
            ours = read_headers(path)
            assert len(ours) == len(headers), path.name
            for mine, theirs in zip(ours, headers, strict=True):
                wanted = [
                    (card.keyword, None if isinstance(card.value, fits.card.Undefined) else card.value, card.comment)
                    for card in theirs.cards
                    if card.keyword or card.value
                ]
                found = [tuple(card) for card in mine.cards if card.keyword or card.value]
                # astropy completes the structure of some tables when it opens them
                assert [row for row in wanted if row in found] == [row for row in found if row in wanted], path.name
                assert len([row for row in found if row not in wanted]) == 0, path.name
        seen += 1
    assert seen > 20


def test_real_files(real_data: Path) -> None:
    ramp = describe_file(real_data / "ramps" / "iris_readout_sample_ramp.fits")
    assert [(info.name, info.shape) for info in ramp[:5]] == [
        ("PRIMARY", ()),
        ("SCI", (1, 4, 10, 10)),
        ("PIXELDQ", (10, 10)),
        ("GROUPDQ", (1, 4, 10, 10)),
        ("ERR", (1, 4, 10, 10)),
    ]
    assert ramp[5].kind == "asdf"
    assert ramp[1].planes == 4
    assert not ramp[5].is_image
    for number in range(31, 36):
        (info,) = describe_file(real_data / "nirc2" / f"n00{number}.fits.gz")
        assert info.shape == (1024, 1024)
        assert "not FITS follows" in info.warnings[0]
    header = rule_header(real_data / "nirc2" / "n0031.fits.gz")
    assert header["CURRINST"] == "NIRC2"
    pointers = sorted((real_data / "caches").glob("*/references/*/*/*.fits"))
    assert len(pointers) == 10
    for path in pointers:
        assert "Git LFS" in refused(path)


WRONG_CARDS = (b"NAXIS1  = 99999999999", b"BITPIX  = 64", b"END", b"BSCALE  = 'a'", b"NAXIS   = 3", b"\0" * 9)


def complaint(read: Callable[[Path], object], path: Path) -> CalguiError | None:
    """The error that a user would see, if there is one."""
    try:
        read(path)
    except CalguiError as error:
        return error
    return None


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_never_raise_anything_else(image_file: MakeFile, tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "image.fits"
    if not path.exists():
        image_file()
    good = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(good) - 1), max_size=12)):
        good[place] = data.draw(st.integers(0, 255))
    for place in data.draw(st.lists(st.integers(0, 40), max_size=4)):
        text = data.draw(
            st.sampled_from([b"NAXIS1  = 99999999999", b"BITPIX  = 64", b"END", b"BSCALE  = 'a'", b"\0" * 9])
        )
        good[place * 80 : place * 80 + len(text)] = text
    bad = tmp_path / "bad.fits"
    content = bytes(good[: data.draw(st.integers(0, len(good)))])
    bad.write_bytes(gzip.compress(content, 1) if data.draw(st.booleans()) else content)
    for read in (read_headers, rule_header, describe_file, read_frame):
        error = complaint(read, bad)
        assert error is None or error.path == bad


@given(st.binary(max_size=6000))
@settings(max_examples=150, deadline=None)
def test_random_bytes_never_raise_anything_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "random.fits"
    for start in (b"", b"SIMPLE  =                    T"):
        path.write_bytes(start + content)
        for read in (read_headers, rule_header, read_frame):
            with pytest.raises(CalguiError):
                read(path)
