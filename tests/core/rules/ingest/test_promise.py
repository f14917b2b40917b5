"""What a preview says is what crds then gives: to the new rule's observations, and to all others."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.rules.cache import Cache
from calgui.core.rules.ingest.overlay import write_overlay
from calgui.core.rules.ingest.preview import preview
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Request
from calgui.core.rules.values import Severity
from tests.core.rules.ingest.conftest import PARKEY

DETECTORS, FILTERS = ["IRIS1", "IRIS2", "IFS"], ["H", "J", "K"]
DATES = ["2019-06-01", "2020-06-01", "2021-06-01", "2022-06-01"]
CELLS = st.tuples(
    st.sampled_from([*DETECTORS, "*", "N/A", "IRIS1|IRIS2"]), st.sampled_from([*FILTERS, "*", "N/A", "H|J", "J|K"])
)
USEAFTER = st.sampled_from(["2019-01-01 00:00:00", "2020-01-01 00:00:00", "2021-01-01 00:00:00"])
RULES = st.dictionaries(CELLS, st.sets(USEAFTER, min_size=1, max_size=2), min_size=1, max_size=4)
FILES = st.lists(st.tuples(CELLS, USEAFTER), min_size=1, max_size=3, unique=True)
HEADERS = [
    {"INSTRUME": "IRIS", "DETECTOR": one, "FILTER": two, "DATE-OBS": date, "TIME-OBS": "01:00:00"}
    for one, two, date in itertools.product([*DETECTORS, "N/A"], FILTERS, DATES)
]


def by_crds(cache: Cache, context: str) -> list[str]:
    """What crds itself gives for each header."""
    pmap = cache.load(context)
    told = []
    for header in HEADERS:
        found = pmap.get_best_references(cache.observatory.parkeys(header), include=["flat"])
        told.append("none" if str(found["flat"]).upper().startswith("NOT FOUND") else str(found["flat"]))
    return told


@settings(max_examples=40)
@given(RULES, FILES, st.integers(-8, 8))
def test_the_preview_is_what_crds_gives(
    tmp_path_factory: Any,
    write_cache: Callable[..., Any],
    reference: Callable[..., Path],
    rules: dict[tuple[str, str], set[str]],
    files: list[tuple[tuple[str, str], str]],
    deleted: int,
) -> None:
    folder = tmp_path_factory.mktemp("promise")
    writer = write_cache(str(folder / "cache")).healthy()
    numbers = itertools.count(1)
    body = "".join(
        f"{key!r} : UseAfter({{{', '.join(f'{date!r} : {_name(next(numbers))!r}' for date in sorted(dates))}}}),\n"
        for key, dates in rules.items()
    )
    last = next(numbers)
    writer.rmap("tmt_iris_flat_0001.rmap", f"Match({{\n{body}}})", filekind="FLAT", parkey=PARKEY)
    writer.imap("tmt_iris_0001.imap", {"DARK": "tmt_iris_dark_0001.rmap", "FLAT": "tmt_iris_flat_0001.rmap"})
    cache = Cache.open(writer.root)
    paths = tuple(
        reference(_name(90 + number), DETECTOR=cells[0], FILTER=cells[1], USEAFTER=date)
        for number, (cells, date) in enumerate(files)
    )
    gone = (_name(deleted),) if 0 < deleted < last else ()
    proposal = propose(cache, Request(paths, gone))
    errors = {one.code for one in proposal.findings if one.severity is Severity.ERROR}
    assert errors <= {"tie", "never-wins", "twice"}
    if errors & {"tie", "twice"}:  # crds refuses the rule, or the mapping with it
        assert not proposal.ready
        return
    told = preview(cache, proposal, HEADERS)
    before, said = by_crds(cache, "tmt_0001.pmap"), {one.index: one for one in told.observations}
    if errors:
        assert not proposal.ready
        losers = {one.place for one in proposal.findings if one.code == "never-wins"}
        assert losers.isdisjoint(one.new.file for one in said.values() if one.new is not None)
        return
    written = write_overlay(cache, proposal, folder / "overlay")
    after = by_crds(Cache.open(written.folder), proposal.new_context)
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            assert index not in said, HEADERS[index]
        else:
            changed = said[index]
            assert (changed.new.file if changed.new and changed.new.file else "none") == new
            assert (changed.old.file if changed.old and changed.old.file else "none") == old
            # nothing but a new file is gained where nothing was deleted or replaced
            names = {path.name for path in paths}
            assert new in names or gone or any(rule.replaces is not None for rule in proposal.rules)
    text = proposal.mappings[0].text
    assert [text.count(path.name) for path in paths] == [1] * len(paths)
    assert not any(name in text for name in gone)
    (cells, _), *others = files
    if not others and not {"N/A", "*"}.intersection(cells):  # of the very words, when its use begins
        assert paths[0].name in after


def _name(number: int) -> str:
    return f"tmt_iris_flat_{number:04d}.fits"
