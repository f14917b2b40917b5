"""A card without a value is a missing keyword, whoever asks, and never the word None."""

from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.selection.trace import explain
from calgui.core.simulate import DemoNight

_HEADER = {
    "INSTRUME": "IRIS",
    "DETECTOR": "IRIS1",
    "FILTER": "K",
    "PUPIL": "CLEAR",
    "GRATING": "MIRROR",
    "SUBARRAY": "FULL",
    "DATE-OBS": "2026-03-11",
    "TIME-OBS": "01:00:00",
}


def test_one_and_many_take_a_card_without_a_value_for_missing(demo_night: DemoNight) -> None:
    cache = Cache.open(demo_night.cache)
    context = cache.default_context
    assert context is not None
    null, absent = {**_HEADER, "FILTER": None}, {key: value for key, value in _HEADER.items() if key != "FILTER"}
    said = best_references(cache, context, absent)
    # those that say None come between, so that nothing remembered of one is taken for the other
    headers = [_HEADER, {**_HEADER, "FILTER": "None"}, null, absent, null, {**_HEADER, "FILTER": "None"}]
    many = best_references_many(cache, context, headers)
    assert many[2] == many[3] == many[4] == said
    assert many[1] == many[5] != said
    for header in headers:
        assert best_references(cache, context, header) == many[headers.index(header)]
    flat = next(selection for selection in said if selection.type == "flat")
    assert "lacks" in (flat.message or "")
    raw = {parameter.keyword: parameter.raw for parameter in explain(cache, context, "flat", null).parameters}
    assert raw["FILTER"] is None
