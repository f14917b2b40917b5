"""An instrument whose mapping cannot be read gives errors of its own, and takes nothing from the others."""

from collections.abc import Callable
from typing import Any

import pytest

from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import Outcome, Status

GOOD = {"DETECTOR": "IRIS1", "SUBARRAY": "FULL", "DATE-OBS": "2026-03-11", "TIME-OBS": "08:00:00"}


@pytest.fixture
def cache(write_cache: Callable[..., Any]) -> Cache:
    made = write_cache().healthy()
    made.pmap("tmt_0001.pmap", {"IRIS": "tmt_iris_0001.imap", "MODHIS": "tmt_modhis_0001.imap"})
    made.text("tmt_modhis_0001.imap", "header = {'mapping': 'INSTRUMENT'\n")
    return Cache.open(made.root)


def test_the_others_are_answered(cache: Cache) -> None:
    headers = [GOOD | {"INSTRUME": name} for name in ("IRIS", "MODHIS", "IRIS")]
    first, broken, last = best_references_many(cache, "tmt_0001.pmap", headers)
    assert first == last == best_references(cache, "tmt_0001.pmap", headers[0])
    assert first[0].status is not Status.ERROR
    assert broken == best_references(cache, "tmt_0001.pmap", headers[1])
    assert [(one.type, one.status, one.mapping) for one in broken] == [("dark", Status.ERROR, "tmt_modhis_0001.imap")]
    assert broken[0].message is not None
    assert "tmt_modhis_0001.imap" in broken[0].message


def test_the_explanation_names_the_mapping(cache: Cache) -> None:
    trace = explain(cache, "tmt_0001.pmap", "dark", GOOD | {"INSTRUME": "MODHIS"})
    assert trace.status is Status.ERROR
    assert trace.mapping == "tmt_modhis_0001.imap"


def test_a_star_in_the_header_is_a_wildcard_too(write_cache: Callable[..., Any]) -> None:
    cache = Cache.open(write_cache().healthy().root)
    trace = explain(cache, "tmt_0001.pmap", "dark", GOOD | {"INSTRUME": "IRIS", "DETECTOR": "*"}, near=False)
    cells = [cell for rule in trace.rules for cell in rule.cells if cell.value == "*"]
    assert cells
    assert {cell.outcome for cell in cells} == {Outcome.WILDCARD}
