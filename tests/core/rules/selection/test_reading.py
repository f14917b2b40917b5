"""What the rules read of a header, held against the demo cache, whose rules are known."""

import pytest

from calgui.core.errors import InputError
from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.reading import KeywordRead, keywords_read
from calgui.core.simulate import DemoNight

HEADER = {
    "TELESCOP": "TMT",
    "INSTRUME": "IRIS",
    "DETECTOR": "iris1",
    "FILTER": "Kbb",
    "SUBARRAY": "FULL",
    "DATE-OBS": "2026-03-11",
    "TIME-OBS": "14:00:00",
    "AIRMASS": 1.2,
}


@pytest.fixture(scope="module")
def cache(demo_night: DemoNight) -> Cache:
    return Cache.open(demo_night.cache)


def read(cache: Cache, header: dict[str, object]) -> dict[str, KeywordRead]:
    assert cache.default_context is not None
    return {item.keyword or item.parkey: item for item in keywords_read(cache, cache.default_context, header)}


def test_values_are_as_crds_sees_them(cache: Cache) -> None:
    found = read(cache, HEADER)
    assert found["DETECTOR"].parkey == "META.INSTRUMENT.DETECTOR"
    assert (found["DETECTOR"].raw, found["DETECTOR"].value) == ("iris1", "IRIS1")
    assert found["DETECTOR"].changed
    assert not found["SUBARRAY"].changed
    assert "dark" in found["SUBARRAY"].types
    assert "flat" not in found["SUBARRAY"].types


def test_what_no_rule_reads_is_left_out(cache: Cache) -> None:
    assert "AIRMASS" not in read(cache, HEADER)


def test_the_missing_come_first_and_say_so(cache: Cache) -> None:
    header = {key: value for key, value in HEADER.items() if key != "FILTER"}
    found = read(cache, header)
    assert found["FILTER"].missing
    assert found["FILTER"].raw is None
    missing = [item.missing for item in found.values()]
    assert missing == sorted(missing, reverse=True)
    assert not read(cache, HEADER)["FILTER"].missing


def test_an_unknown_instrument_is_an_error_that_names_the_known(cache: Cache) -> None:
    with pytest.raises(InputError, match="IRIS"):
        read(cache, {**HEADER, "INSTRUME": "WFOS"})
