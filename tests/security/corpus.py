"""Caches, observations and files of somebody who means harm."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

from tests.core.rules.conftest import CacheWriter

#: retitles and clears a terminal, colors it, goes back, turns the order of letters; markup of rich and of printf
STEERS = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\b\N{RIGHT-TO-LEFT OVERRIDE}gnp\N{LEFT-TO-RIGHT ISOLATE}\x7f[/x][link=x]%s{0}"
#: a picture that Qt would read from the disk
PICTURE = "<img src='trap.png'><b>x</b>"


def card(key: str, value: str) -> str:
    """A card whose value may hold anything."""
    return f"{key:<8}= '{value}'"


def header(*cards: str) -> bytes:
    """A header as its bytes."""
    raw = b"".join(one.encode("latin-1", "replace")[:80].ljust(80) for one in (*cards, "END"))
    return raw.ljust(-(-len(raw) // 2880) * 2880)


def primary(*cards: str, axes: tuple[int, ...] = (), bitpix: int = 8) -> bytes:
    """The header of a first HDU, that promises what it likes."""
    sizes = [f"NAXIS{number:<3}= {size:>20}" for number, size in enumerate(axes, 1)]
    return header(f"SIMPLE  = {'T':>20}", f"BITPIX  = {bitpix:>20}", f"NAXIS   = {len(axes):>20}", *sizes, *cards)


def extension(kind: str, *cards: str, axes: tuple[int, ...] = (), heap: int = 0) -> bytes:
    """The header of a further HDU."""
    sizes = [f"NAXIS{number:<3}= {size:>20}" for number, size in enumerate(axes, 1)]
    first = [f"XTENSION= '{kind:<8}'", f"BITPIX  = {8:>20}", f"NAXIS   = {len(axes):>20}"]
    return header(*first, *sizes, f"PCOUNT  = {heap:>20}", f"GCOUNT  = {1:>20}", *cards)


def observation(folder: Path, evil: str, name: str = "obs.fits") -> Path:
    """An exposure that has it in keywords, values and comments."""
    said = evil.replace("'", '"')[:60]
    path = folder / name
    path.write_bytes(
        primary(
            card("INSTRUME", "IRIS"),
            card("DETECTOR", "IRIS1"),
            card("DATE-OBS", "2021-01-01"),
            card("TIME-OBS", "00:00:00"),
            card("REFTYPE", "DARK"),
            *(card(key, said) for key in ("FILTER", "OBJECT", "BUNIT", "USEAFTER", "DESCRIP", "AUTHOR", "OBSMODE")),
            f"COMMENT {said}",
            f"HISTORY {said}",
            card(f"E{said[:3]}", said[:20]),
            f"HIERARCH {said[:20]} = 'x' / {said[:20]}",
        )
    )
    return path


def cache(root: Path, evil: str) -> CacheWriter:
    """A cache that has it in headers of mappings, rules, names and configuration."""
    writer = CacheWriter(root)
    quoted, short = repr(evil), evil[:30]
    flat = (("META.INSTRUMENT.DETECTOR", f"META.{short.upper()}"), ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"))
    writer.pmap(
        "tmt_0001.pmap", {"IRIS": "tmt_iris_0001.imap", short: f"{short}.imap"}, comment=evil, derived_from=evil
    )
    writer.imap(
        "tmt_iris_0001.imap",
        {"DARK": "tmt_iris_dark_0001.rmap", "FLAT": "tmt_iris_flat_0001.rmap", short: f"{evil}.rmap"},
        comment=evil,
    )
    writer.rmap(
        "tmt_iris_dark_0001.rmap",
        "Match({('IRIS1',) : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_dark_0001.fits'}), "
        f"({quoted},) : UseAfter({{{quoted} : {quoted}}})}})",
        comment=evil,
        author=evil,
        **{f"x{evil}": evil},
    )
    writer.rmap(
        "tmt_iris_flat_0001.rmap",
        f"Match({{('IRIS1', {short!r}) : UseAfter({{'2020-01-01 00:00:00' : {f'{short}.fits'!r}}})}})",
        filekind="FLAT",
        parkey=flat,
    )
    writer.reference("tmt_iris_dark_0001.fits")
    writer.reference(f"junk{short.replace('/', '_')}.fits", b"x")
    config = {"operational_context": "tmt_0001.pmap", "bad_files_list": [evil], "observatory": evil}
    (writer.config / "server_config").write_text(repr(config))
    return writer


def _axes(path: Path) -> None:
    path.write_bytes(primary(axes=(999,) * 999, bitpix=-64))


def _columns(path: Path) -> None:
    forms = [f"TFORM{number:<3}= '999999999D'" for number in range(1, 1000)]
    shapes = [f"TDIM{number:<4}= '(99999,99999)'" for number in range(1, 1000)]
    table = extension("BINTABLE", "TFIELDS =                  999", *forms, *shapes, axes=(10**9, 1))
    path.write_bytes(primary() + table + bytes(2880))


def _rows(path: Path) -> None:
    table = extension("BINTABLE", "TFIELDS = 1", "TFORM1  = 'D'", "TTYPE1  = 'WAVELENGTH'", axes=(8, 10**18))
    path.write_bytes(primary() + table + bytes(2880))


def _tiles(path: Path) -> None:
    lies = ["TFIELDS = 1", "TFORM1  = '1PB(10)'", "TTYPE1  = 'COMPRESSED_DATA'", "ZIMAGE  = T", "ZCMPTYPE= 'RICE_1'"]
    shape = [
        "ZBITPIX = 32",
        "ZNAXIS  = 2",
        "ZNAXIS1 = 16384",
        "ZNAXIS2 = 1048576",
        "ZTILE1  = 16384",
        "ZTILE2  = 16384",
    ]
    table = extension("BINTABLE", *lies, *shape, "REFTYPE = 'DARK'", axes=(8, 64), heap=1000)
    tiles = struct.pack(">ii", 900, 0) * 64 + b"\x01\x02" * 500
    path.write_bytes(primary() + table + tiles.ljust(2880, b"\0"))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(primary(card("REFTYPE", "DARK"), axes=(10**6, 10**6), bitpix=-32))
        file.truncate(2880 + 4 * 10**12 + 2880)


def _headers(path: Path) -> None:
    """Headers of comments, 8 MB each, that pack into some 30 kB each."""
    one = extension("IMAGE", *["COMMENT"] * 97_000)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(primary())
        for _ in range(30):
            file.write(one)


def _long(path: Path) -> None:
    """One value of 6 MB, over as many cards as a header may have."""
    path.write_bytes(primary("LONG    = 'a&'", *["CONTINUE  '" + "x" * 60 + "&'"] * 97_000))


def _never_ends(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(primary()[:240])
        file.write(b" " * 40_000_000)


#: files of few bytes that promise, or unpack to, many
GREEDY: dict[str, Callable[[Path], None]] = {
    "axes.fits": _axes,
    "columns.fits": _columns,
    "rows.fits": _rows,
    "tiles.fits": _tiles,
    "sparse.fits": _sparse,
    "headers.fits.gz": _headers,
    "long.fits": _long,
    "never-ends.fits.gz": _never_ends,
}
