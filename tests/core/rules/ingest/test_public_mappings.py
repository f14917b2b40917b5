"""Mappings that people wrote and crds's server changed: a file put into each is where crds itself puts it."""

from pathlib import Path
from typing import Any

import pytest

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.loading import load_crds
from calgui.core.rules.files.mapping_file import parse
from calgui.core.rules.ingest import textedit

LARGEST = 20_000


def held(selector: Any) -> Any:
    """What a selector holds: keys as crds conditions them."""
    if not hasattr(selector, "_raw_selections"):
        return selector
    return {str(selector.condition_key(key)): held(choice) for key, choice in selector._raw_selections}


def header_for(rmap: Any) -> tuple[list[Any], dict[str, str]] | None:
    """A path with the first rule's key and a late date, and the header by which crds inserts there."""
    selector = rmap.selector
    if selector.class_list != ("Match", "UseAfter") or len(selector.parkey) != 2 or not selector._raw_selections:
        return None
    key, choice = selector._raw_selections[0]
    dates = selector.parkey[1]
    if not hasattr(choice, "_raw_selections") or not 1 <= len(dates) <= 2:
        return None
    values = key if isinstance(key, tuple) else (key,)
    date = ["2035-01-01", "00:00:00"] if len(dates) == 2 else ["2035-01-01 00:00:00"]
    header = dict(zip((*selector.parkey[0], *dates), (*map(str, values), *date), strict=True))
    return [key, "2035-01-01 00:00:00"], header


@pytest.mark.parametrize("observatory", ["hst", "jwst", "tmt"])
def test_crds_puts_it_there_too(real_data: Path, observatory: str) -> None:
    cache = Cache.open(real_data / "caches" / observatory)
    tried = 0
    for name in cache.mappings:
        if not name.endswith(".rmap") or len(cache.parsed(name).text) > LARGEST:
            continue
        text, rmap = cache.parsed(name).text, cache.load(name)
        found = header_for(rmap)
        if found is None:
            continue
        path, header = found
        try:
            theirs = rmap.insert(header, "new_ref.fits")
        except Exception:  # noqa: BLE001 - a mapping that crds itself cannot add to
            continue
        new = textedit.insert(text, path, rmap.selector.class_list, "new_ref.fits")
        made = load_crds(parse(new, name), cache.layout.mappings / name, cache.observatory, dict)
        assert held(made.selector) == held(theirs.selector), name
        assert len(new.splitlines()) == len(text.splitlines()) + 1, name
        assert textedit.delete(new, "new_ref.fits") == (text, 1), name
        tried += 1
    assert tried >= {"hst": 60, "jwst": 40, "tmt": 4}[observatory]
