"""Small caches to ingest into, and small references that go in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calgui.core.rules.cache import Cache

PARKEY = (
    ("META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER"),
    ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"),
)
RULES = """Match({
    # the engineering detector
    ('IRIS1', 'H') : UseAfter({
        '2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits',  # first light
        '2022-01-01 00:00:00' : 'tmt_iris_flat_0002.fits',
    }),
    ('IRIS2', 'J|K') : UseAfter({
        '2020-01-01 00:00:00' : 'tmt_iris_flat_0003.fits',
    }),
})"""


def card(key: str, value: Any) -> str:
    """A card as FITS writes it."""
    if isinstance(value, str):
        doubled = value.replace("'", "''")
        return f"{key:<8}= '{doubled:<8}'"
    return f"{key:<8}= {value!s:>20}"


@pytest.fixture
def reference(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> Callable[..., Path]:
    """Writes a reference with some keywords: a flat of IRIS1 in K from 2026-03-11 on unless told otherwise."""

    def make(name: str = "tmt_iris_flat_0004.fits", /, **cards: Any) -> Path:
        said = {
            "INSTRUME": "IRIS",
            "REFTYPE": "FLAT",
            "DETECTOR": "IRIS1",
            "FILTER": "K",
            "USEAFTER": "2026-03-11T00:00:00",
        } | cards
        folder = tmp_path / "new"
        folder.mkdir(exist_ok=True)
        path = folder / name
        lines = [card(key, value) for key, value in said.items() if value is not None]
        path.write_bytes(fits_bytes(("NAXIS   =                    0", *lines)))
        return path

    return make


@pytest.fixture
def writer(write_cache: Callable[..., Any]) -> Any:
    """A cache with darks and flats, well-formed."""
    made = write_cache().healthy()
    made.imap("tmt_iris_0002.imap", {"DARK": "tmt_iris_dark_0001.rmap", "FLAT": "tmt_iris_flat_0001.rmap"})
    made.pmap("tmt_0002.pmap", {"IRIS": "tmt_iris_0002.imap"}, derived_from="tmt_0001.pmap")
    made.rmap("tmt_iris_flat_0001.rmap", RULES, filekind="FLAT", parkey=PARKEY)
    for number in (1, 2, 3):
        made.reference(f"tmt_iris_flat_000{number}.fits")
    (made.config / "ref_cache_subdir_mode").write_text("instrument")
    (made.config / "server_config").write_text(
        "{'operational_context' : 'tmt_0002.pmap', 'edit_context' : 'tmt_0002.pmap', 'mappings' : [],\n"
        " 'bad_files_list' : [], 'observatory' : 'tmt'}\n"
    )
    return made


@pytest.fixture
def cache(writer: Any) -> Cache:
    """The same, opened."""
    return Cache.open(writer.root)


def observation(detector: str = "IRIS1", band: str = "K", date: str = "2026-04-01") -> dict[str, str]:
    """What an exposure says."""
    return {
        "INSTRUME": "IRIS",
        "DETECTOR": detector,
        "FILTER": band,
        "DATE-OBS": date,
        "TIME-OBS": "10:00:00",
    }


@pytest.fixture(name="observation")
def _observation() -> Callable[..., dict[str, str]]:
    return observation
