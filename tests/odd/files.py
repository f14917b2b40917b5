"""Broken and odd files; each maker writes one file, and `GOOD` says which of them hold a picture all the same."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

SIZE = (40, 50)


def card(text: str) -> bytes:
    return text.ljust(80).encode("latin-1")


def header(*cards: str, end: bool = True) -> bytes:
    text = b"".join(card(one) for one in cards) + (card("END") if end else b"")
    return text.ljust(-(-len(text) // 2880) * 2880)


def pixels(seed: int = 1, size: tuple[int, ...] = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 5, size).astype(np.float32)


def whole(hdu: Any = None, **cards: Any) -> bytes:
    made = hdu if hdu is not None else fits.PrimaryHDU(pixels())
    made.header.update(cards)
    buffer = io.BytesIO()
    made.writeto(buffer, output_verify="silentfix+ignore")
    return buffer.getvalue()


def several(*hdus: Any) -> bytes:
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(buffer)
    return buffer.getvalue()


def image(*cards: str, data: bytes = b"") -> bytes:
    body = data.ljust(-(-len(data) // 2880) * 2880, b"\0")
    return header("SIMPLE  =                    T", *cards) + body


def axes(*lengths: int | str, bitpix: int | str = -32) -> tuple[str, ...]:
    return (
        f"BITPIX  = {bitpix:>20}",
        f"NAXIS   = {len(lengths):>20}",
        *(f"NAXIS{number:<3}= {length:>20}" for number, length in enumerate(lengths, 1)),
    )


def _all(value: float) -> bytes:
    return whole(fits.PrimaryHDU(np.full(SIZE, value, np.float32)))


def _scaled() -> bytes:
    hdu = fits.PrimaryHDU(np.arange(2000, dtype=np.int16).reshape(SIZE))
    hdu.header["BSCALE"], hdu.header["BZERO"], hdu.header["BLANK"] = 0.1, -5.0, 7
    return whole(hdu)


def said(whole: bytes, *cards: str) -> bytes:
    """A file of one extension, whose header says something else, in the place of what it said or at its end."""
    for text in cards:
        start, new = whole.find(card(text)[:9], 2880), card(text)
        if start < 0:
            start = whole.index(card("END"), 2880)
            rest = -(-(start + 80) // 2880) * 2880
            new = (new + card("END")).ljust(-(-(start + 160) // 2880) * 2880 - start)
            whole = whole[:start] + new + whole[rest:]
        else:
            whole = whole[:start] + new + whole[start + 80 :]
    return whole


def tiles(kind: str = "RICE_1") -> bytes:
    return several(fits.CompImageHDU(pixels(), compression_type=kind))


def _spectrum(flux: np.ndarray) -> bytes:
    columns = [fits.Column("flux", "D", array=flux), fits.Column("wavelength", "D", array=1000 - np.arange(30.0))]
    return several(fits.BinTableHDU.from_columns(columns))


def _table() -> bytes:
    columns = [fits.Column("flux", "D", array=np.arange(30.0)), fits.Column("wave", "D", array=1000 + np.arange(30.0))]
    return several(fits.BinTableHDU.from_columns(columns))


#: name of the file to its bytes
MAKERS: dict[str, Callable[[], bytes]] = {
    # no FITS at all
    "empty.fits": lambda: b"",
    "text.fits": lambda: b"this is a text, not a picture\n" * 200,
    "web.fits": lambda: b"<!DOCTYPE html><html><body>404</body></html>",
    "zeros.fits": lambda: b"\0" * 28800,
    "random.fits": lambda: np.random.default_rng(3).bytes(20_000),
    "pointer.fits": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12345\n",
    "jpeg.fits": lambda: b"\xff\xd8\xff\xe0" + bytes(4000),
    # cut short
    "cut_header.fits": lambda: whole()[:1000],
    "cut_data.fits": lambda: whole()[:7000],
    "no_end.fits": lambda: header("SIMPLE  =                    T", *axes(50, 40), end=False),
    "gz_cut.fits.gz": lambda: gzip.compress(whole())[:3000],
    "gz_bad.fits.gz": lambda: gzip.compress(whole())[:-400] + bytes(400),
    "gz_text.fits.gz": lambda: gzip.compress(b"a text"),
    "bz2_cut.fits.bz2": lambda: bz2.compress(whole())[:3000],
    # headers that promise what cannot be
    "terabytes.fits": lambda: image(*axes(2_000_000, 2_000_000)),
    "overflow.fits": lambda: image(*axes(9_223_372_036_854_775_807, 9_223_372_036_854_775_807)),
    "negative.fits": lambda: image(*axes(-50, 40), data=bytes(8000)),
    "bitpix7.fits": lambda: image(*axes(50, 40, bitpix=7), data=bytes(8000)),
    "bitpix_text.fits": lambda: image(*axes(50, 40, bitpix="'big'"), data=bytes(8000)),
    "naxis999.fits": lambda: image("BITPIX  =                  -32", "NAXIS   =                  999"),
    "many_huge_axes.fits": lambda: image(*axes(*(9_223_372_036_854_775_807,) * 900)),
    "naxis1000.fits": lambda: image("BITPIX  =                  -32", "NAXIS   =                 1000"),
    "naxis_missing.fits": lambda: image("BITPIX  =                  -32"),
    "axis_missing.fits": lambda: image(
        "BITPIX  =                  -32", "NAXIS   =                    2", "NAXIS1  =                   50"
    ),
    "axis_text.fits": lambda: image(*axes("'fifty'", 40), data=bytes(8000)),
    "axis_zero.fits": lambda: image(*axes(0, 40)),
    "scale_text.fits": lambda: image(*axes(50, 40), "BSCALE  = 'much'", data=bytes(8000)),
    "tiles_cut.fits": lambda: tiles()[:-2880],
    "tiles_of_billions_of_columns.fits": lambda: said(tiles(), "TFIELDS = 2147483647"),
    "tiles_unknown.fits": lambda: said(tiles(), "ZCMPTYPE= 'MAGIC'"),
    "tiles_of_nothing.fits": lambda: said(tiles(), "ZTILE1  = 0"),
    "tiles_too_few.fits": lambda: said(tiles(), "ZNAXIS2 = 4000"),
    "tiles_of_terabytes.fits": lambda: said(tiles(), "ZNAXIS1 = 2000000", "ZNAXIS2 = 2000000", "ZTILE1  = 2000000"),
    "one_tile_of_terabytes.fits": lambda: said(
        tiles(), "NAXIS2  = 1", *(f"{key}{axis} = 2000000" for key in ("ZNAXIS", "ZTILE") for axis in (1, 2))
    ),
    "tiles_of_long_rows.fits": lambda: said(tiles(), "ZNAXIS1 = 2000000000", "ZTILE1  = 2000000000"),
    "gz_checksum.fits.gz": lambda: gzip.compress(whole())[:-8] + b"\1\2\3\4" + gzip.compress(whole())[-4:],
    "spectrum_beyond_all.fits": lambda: _spectrum(np.full(30, 1e308)),
    "spectrum_of_nothing.fits": lambda: _spectrum(np.full(30, np.nan)),
    "tiles_damaged.fits": lambda: tiles("GZIP_1")[:-2880] + bytes(2880),
    # odd, but fine
    "scaled.fits": _scaled,
    "unsigned.fits": lambda: whole(fits.PrimaryHDU(pixels().astype(np.uint16))),
    "double.fits": lambda: whole(fits.PrimaryHDU(pixels().astype(np.float64) * 1e300)),
    "bytes.fits": lambda: whole(fits.PrimaryHDU(pixels().astype(np.uint8))),
    "long.fits": lambda: whole(fits.PrimaryHDU(pixels().astype(np.int64) << 40)),
    "all_nan.fits": lambda: _all(np.nan),
    "all_inf.fits": lambda: _all(np.inf),
    "constant.fits": lambda: _all(3.0),
    "largest_and_smallest.fits": lambda: whole(
        fits.PrimaryHDU(np.where(pixels() > 100, np.float32(3.4e38), np.float32(-3.4e38)))
    ),
    "least_of_all.fits": lambda: whole(fits.PrimaryHDU(np.where(pixels() > 100, np.float32(1e-45), np.float32(0)))),
    "ramp_of_no_time.fits": lambda: whole(
        fits.PrimaryHDU(pixels(size=(2, 5, 8, 9))), NGROUPS=-7, NINTS=1 << 62, TGROUP=1e300, TFRAME="slow"
    ),
    "ramp_of_nothing.fits": lambda: whole(fits.PrimaryHDU(np.full((2, 5, 8, 9), np.nan, np.float32)), TGROUP=1e-300),
    "one_pixel.fits": lambda: whole(fits.PrimaryHDU(np.ones((1, 1), np.float32))),
    "one_row.fits": lambda: whole(fits.PrimaryHDU(np.arange(50, dtype=np.float32)[None])),
    "tiles.fits": lambda: tiles("GZIP_2"),
    "tiles_larger_than_the_image.fits": lambda: said(tiles(), "ZTILE1  = 2147483647"),
    "tiles_of_odd_words.fits": lambda: said(tiles(), "CRVAL1  = 'x'", "BUNIT   = 'a(((b'", "TDIM1   = '(((,'"),
    "gz.fits.gz": lambda: gzip.compress(whole()),
    "xz.fits.xz": lambda: lzma.compress(whole()),
    "empty_primary.fits": lambda: several(fits.ImageHDU(pixels(), name="SCI")),
    "headers_only.fits": lambda: several(),
    "table.fits": _table,
    "five_axes.fits": lambda: whole(fits.PrimaryHDU(pixels(size=(2, 1, 3, 8, 9)))),
    "cube.fits": lambda: whole(fits.PrimaryHDU(pixels(size=(5, 8, 9)))),
    "junk_behind.fits": lambda: whole() + b"\x01junk" * 576,
    "dq_of_another_shape.fits": lambda: several(
        fits.ImageHDU(pixels(), name="SCI"), fits.ImageHDU(np.zeros((3, 3), np.int32), name="DQ")
    ),
    "duplicated_cards.fits": lambda: image(
        *axes(50, 40), "EXPTIME =                  1.0", "EXPTIME =                  2.0", data=bytes(8000)
    ),
    "malformed_cards.fits": lambda: image(
        *axes(50, 40),
        "lower   = 'case'",
        "NOVALUE =",
        "TEXT    = 'open",
        "=====",
        "HIERARCH a b c = 5",
        "NUM     = 1.2.3",
        "\x01\x02\x03",
        data=bytes(8000),
    ),
    "not_ascii.fits": lambda: image(*axes(50, 40), "OBSERVER= 'Ångström µ'", "COMMENT ÿþ", data=bytes(8000)),
    "nonsense_wcs.fits": lambda: whole(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1="here", CRPIX1=1e300, CD1_1=0.0, CD2_2=0.0, CUNIT1="parsec"
    ),
    "nan_wcs.fits": lambda: image(
        *axes(50, 40), "CTYPE1  = 'RA---XYZ'", "CTYPE2  = 'DEC--XYZ'", "CRVAL1  = NaN", data=bytes(8000)
    ),
}

#: they are refused with a sentence; all others open
REFUSED = frozenset(
    {
        "empty.fits", "text.fits", "web.fits", "zeros.fits", "random.fits", "pointer.fits", "jpeg.fits",
        "cut_header.fits", "cut_data.fits", "no_end.fits", "gz_cut.fits.gz", "gz_bad.fits.gz", "gz_text.fits.gz",
        "bz2_cut.fits.bz2", "terabytes.fits", "overflow.fits", "negative.fits", "bitpix7.fits", "bitpix_text.fits",
        "naxis999.fits", "many_huge_axes.fits", "naxis1000.fits", "naxis_missing.fits", "axis_missing.fits",
        "axis_text.fits",
        "scale_text.fits", "tiles_cut.fits", "tiles_of_billions_of_columns.fits", "tiles_unknown.fits",
        "tiles_of_nothing.fits", "tiles_too_few.fits", "tiles_damaged.fits", "tiles_of_terabytes.fits",
        "one_tile_of_terabytes.fits", "tiles_of_long_rows.fits", "gz_checksum.fits.gz", "spectrum_beyond_all.fits",
        "spectrum_of_nothing.fits",
        "headers_only.fits", "table.fits", "axis_zero.fits",
    }
)  # fmt: skip


def make(folder: Path, name: str) -> Path:
    """Write one of the files.

    Parameters
    ----------
    folder : pathlib.Path
        Where.
    name : str
        Of `MAKERS`.

    Returns
    -------
    pathlib.Path
    """
    path = folder / name
    path.write_bytes(MAKERS[name]())
    return path
