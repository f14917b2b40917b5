"""Small caches, written for one test: well-formed unless the test says otherwise."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

PARKEY = (("META.INSTRUMENT.DETECTOR",), ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"))
RULES = "Match({\n    ('IRIS1',) : UseAfter({\n        '2020-01-01 00:00:00' : 'tmt_iris_dark_0001.fits',\n    }),\n})"


def mapping_text(header: Mapping[str, Any], selector: str) -> str:
    """Text of a mapping, signed as crds signs it."""
    lines = "".join(f"    {key!r} : {value!r},\n" for key, value in sorted(header.items()))
    body = f"header = {{\n{lines}{{}}}}\n\nselector = {selector}\n"
    plain = body.replace("{}}\n\nselector", "}\n\nselector", 1)
    digest = hashlib.sha1(plain.encode()).hexdigest()
    return body.replace("{}}\n\nselector", f"    'sha1sum' : '{digest}',\n}}\n\nselector", 1)


def fits_bytes(cards: tuple[str, ...] = ("NAXIS   =                    0",)) -> bytes:
    """The smallest FITS file with these cards."""
    head = ("SIMPLE  =                    T", "BITPIX  =                    8", *cards, "END")
    return "".join(card.ljust(80) for card in head).ljust(2880).encode()


class CacheWriter:
    """Writes a cache in CRDS's layout, piece by piece."""

    def __init__(self, root: Path, observatory: str = "tmt") -> None:
        self.root = root
        self.observatory = observatory
        self.mappings = root / "mappings" / observatory
        self.references = root / "references" / observatory / "iris"
        self.config = root / "config" / observatory
        for folder in (self.mappings, self.references, self.config):
            folder.mkdir(parents=True)

    def header(self, kind: str, name: str, /, **more: Any) -> dict[str, Any]:
        base: dict[str, Any] = {
            "derived_from": "",
            "mapping": kind,
            "name": name,
            "observatory": self.observatory.upper(),
            "parkey": {"PIPELINE": ("META.INSTRUMENT.NAME",), "INSTRUMENT": ("REFTYPE",)}.get(kind, PARKEY),
        }
        if kind != "PIPELINE":
            base["instrument"] = "IRIS"
        if kind == "REFERENCE":
            base |= {"filekind": "DARK", "classes": ("Match", "UseAfter")}
        base |= more
        return {key: value for key, value in base.items() if value is not None}

    def pmap(self, name: str, table: Mapping[str, str], /, **header: Any) -> None:
        self.text(name, mapping_text(self.header("PIPELINE", name, **header), repr(dict(table))))

    def imap(self, name: str, table: Mapping[str, str], /, **header: Any) -> None:
        self.text(name, mapping_text(self.header("INSTRUMENT", name, **header), repr(dict(table))))

    def rmap(self, name: str, selector: str = RULES, /, **header: Any) -> None:
        self.text(name, mapping_text(self.header("REFERENCE", name, **header), selector))

    def text(self, name: str, text: str | bytes) -> None:
        (self.mappings / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def reference(self, name: str, data: bytes | None = None) -> Path:
        path = self.references / name
        path.write_bytes(fits_bytes() if data is None else data)
        return path

    def healthy(self) -> "CacheWriter":
        """One context, one instrument, one type, one reference: nothing is wrong."""
        self.pmap("tmt_0001.pmap", {"IRIS": "tmt_iris_0001.imap"})
        self.imap("tmt_iris_0001.imap", {"DARK": "tmt_iris_dark_0001.rmap"})
        self.rmap("tmt_iris_dark_0001.rmap")
        self.reference("tmt_iris_dark_0001.fits")
        return self


@pytest.fixture
def write_cache(tmp_path: Path) -> Callable[..., CacheWriter]:
    """Makes a `CacheWriter`; its folder's name and the observatory may be given."""

    def make(name: str = "cache", observatory: str = "tmt") -> CacheWriter:
        return CacheWriter(tmp_path / name, observatory)

    return make


def snapshot(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Size, time of change and hash of every file, and the time of change of every folder."""
    state = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        digest = hashlib.sha1(path.read_bytes()).hexdigest() if path.is_file() else ""
        state[str(path.relative_to(folder))] = (status.st_size, status.st_mtime_ns, digest)
    return state


@pytest.fixture(name="snapshot")
def _snapshot() -> Callable[[Path], dict[str, tuple[int, int, str]]]:
    return snapshot


@pytest.fixture(name="fits_bytes")
def _fits_bytes() -> Callable[..., bytes]:
    return fits_bytes


HEADER = {
    "META.INSTRUMENT.NAME": "IRIS",
    "META.INSTRUMENT.DETECTOR": "IRIS1",
    "META.INSTRUMENT.FILTER": "K",
    "META.INSTRUMENT.PUPIL": "CLEAR",
    "META.SUBARRAY.NAME": "FULL",
    "META.OBSERVATION.DATE": "2021-01-01",
    "META.OBSERVATION.TIME": "00:00:00",
}


@pytest.fixture
def header() -> dict[str, str]:
    """What an observation with IRIS1 says, by parkey."""
    return dict(HEADER)
