"""Proposals: what a file's header makes of the rules, and everything that stands in the way, named with its cure."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calgui.core.errors import Cancelled, UsageError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import checksum, parse
from calgui.core.rules.ingest.preview import in_the_way, preview
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Action, Given, Proposal, Request
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.values import Severity
from tests.core.rules.ingest.conftest import PARKEY, RULES

Make = Callable[..., Path]


def codes(proposal: Proposal, severity: Severity = Severity.ERROR) -> list[tuple[str, str]]:
    return [(one.code, one.place) for one in proposal.findings if one.severity is severity]


def test_a_new_rule_and_the_mappings_above_it(cache: Cache, reference: Make) -> None:
    proposal = propose(cache, Request((reference(),)))
    (rule,) = proposal.rules
    assert proposal.ready, proposal.findings
    assert rule.key == ("IRIS1", "K")
    assert [(one.keyword, one.value, one.raw) for one in rule.parameters] == [
        ("DETECTOR", "IRIS1", "IRIS1"),
        ("FILTER", "K", "K"),
    ]
    assert (rule.action, rule.replaces, rule.date) == (Action.ADDS, None, "2026-03-11 00:00:00")
    names = ["tmt_iris_flat_0002.rmap", "tmt_iris_0003.imap", "tmt_0003.pmap"]
    assert [one.name for one in proposal.mappings] == names
    assert [one.derived_from for one in proposal.mappings] == [
        "tmt_iris_flat_0001.rmap",
        "tmt_iris_0002.imap",
        "tmt_0002.pmap",
    ]
    assert proposal.new_context == "tmt_0003.pmap"
    for one in proposal.mappings:
        header = parse(one.text, one.name).header
        assert (header["name"], header["derived_from"]) == (one.name, one.derived_from)
        assert header["sha1sum"] == one.sha1 == checksum(one.text)
    text = proposal.mappings[0].text
    assert "# the engineering detector" in text
    assert "# first light" in text
    assert text.splitlines()[(rule.line or 0) - 1].strip() == "'2026-03-11 00:00:00' : 'tmt_iris_flat_0004.fits',"
    changed = [
        line for line in proposal.mappings[0].diff.splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert len(changed) == 9  # name, derived_from and checksum twice, and the three lines of the rule


def test_the_time_of_change_where_a_header_tells_it(writer: Any, reference: Make) -> None:
    said = {"filekind": "FLAT", "parkey": PARKEY, "last_modified": "2001-01-01 00:00:00"}
    writer.rmap("tmt_iris_flat_0001.rmap", RULES, **said)
    for new in propose(Cache.open(writer.root), Request((reference(),))).mappings[:2]:
        header = parse(new.text, new.name).header
        assert header.get("last_modified", "2999") > "2020"
        assert ("last_modified" in header) is new.name.endswith(".rmap")
        assert header["sha1sum"] == checksum(new.text)


def test_the_same_rule_and_date_replaces(cache: Cache, reference: Make) -> None:
    path = reference(FILTER="H", USEAFTER="2022-01-01")
    (rule,) = propose(cache, Request((path,))).rules
    assert (rule.action, rule.replaces) == (Action.REPLACES, "tmt_iris_flat_0002.fits")
    later = propose(cache, Request((reference(FILTER="H"),)))
    assert later.rules[0].action is Action.ADDS
    assert later.mappings[0].text.count("UseAfter(") == 2


def test_a_rule_that_was_not_applicable_gets_its_first_file(writer: Any, reference: Make) -> None:
    writer.rmap(
        "tmt_iris_flat_0001.rmap",
        "Match({\n    ('IRIS1', 'K') : 'N/A',  # no lamp yet\n})",
        filekind="FLAT",
        parkey=PARKEY,
    )
    proposal = propose(Cache.open(writer.root), Request((reference(),)))
    assert proposal.ready, proposal.findings
    assert (proposal.rules[0].action, proposal.rules[0].replaces) == (Action.REPLACES, "N/A")
    assert "'2026-03-11 00:00:00' : 'tmt_iris_flat_0004.fits',\n    }),  # no lamp yet" in proposal.mappings[0].text


def test_words_joined_wildcards_and_what_does_not_apply(cache: Cache, reference: Make) -> None:
    one = propose(cache, Request((reference(FILTER="k|j", DETECTOR="IRIS2"),))).rules[0]
    assert (one.key, one.action) == (("IRIS2", "J|K"), Action.ADDS)
    assert propose(cache, Request((reference(FILTER="ANY"),))).rules[0].key == ("IRIS1", "*")
    assert propose(cache, Request((reference(FILTER="N/A"),))).rules[0].key == ("IRIS1", "N/A")


def test_conditions_in_the_header_of_the_mapping(writer: Any, reference: Make) -> None:
    writer.rmap(
        "tmt_iris_flat_0001.rmap",
        RULES,
        filekind="FLAT",
        parkey=PARKEY,
        parkey_relevance={"meta.instrument.filter": "(META.INSTRUMENT.DETECTOR != 'IRIS2')"},
        rmap_omit="(META.INSTRUMENT.DETECTOR == 'IRIS3')",
        reference_to_dataset={"P_DETECT": "META.INSTRUMENT.DETECTOR"},
    )
    cache = Cache.open(writer.root)
    # the filter says nothing there, and need not be given
    assert propose(cache, Request((reference(DETECTOR="IRIS2", FILTER=None),))).rules[0].key == ("IRIS2", "N/A")
    omitted = propose(cache, Request((reference(DETECTOR="IRIS3"),)))
    assert ("unreachable", "tmt_iris_flat_0004.fits") in codes(omitted, Severity.WARNING)
    assert propose(cache, Request((reference(DETECTOR="IRIS9", P_DETECT="IRIS4"),))).rules[0].key[0] == "IRIS4"


def test_several_at_once_with_one_new_context(cache: Cache, reference: Make) -> None:
    names = ["tmt_iris_flat_0004.fits", "tmt_iris_flat_0005.fits", "tmt_iris_dark_0002.fits"]
    files = [reference(names[0]), reference(names[1], FILTER="J"), reference(names[2], REFTYPE="DARK")]
    proposal = propose(cache, Request(tuple(files), delete=("tmt_iris_flat_0001.fits",)))
    assert proposal.ready, proposal.findings
    assert [one.name for one in proposal.mappings] == [
        "tmt_iris_flat_0002.rmap",
        "tmt_iris_dark_0002.rmap",
        "tmt_iris_0003.imap",
        "tmt_0003.pmap",
    ]
    flats = {file for file, _ in parse(proposal.mappings[0].text, "x.rmap").files()}
    assert flats == {"tmt_iris_flat_0002.fits", "tmt_iris_flat_0003.fits", *names[:2]}
    assert [(one.reference, one.entries) for one in proposal.deletions] == [("tmt_iris_flat_0001.fits", 1)]


def test_a_deletion_alone(cache: Cache, observation: Callable[..., dict[str, str]]) -> None:
    proposal = propose(cache, Request(delete=("tmt_iris_flat_0002.fits",)))
    assert proposal.ready
    told = preview(cache, proposal, [observation(band="H"), observation("IRIS2")])
    assert [(one.index, one.old.file, one.new.file) for one in told.observations if one.old and one.new] == [
        (0, "tmt_iris_flat_0002.fits", "tmt_iris_flat_0001.fits")
    ]
    assert codes(propose(cache, Request(delete=("nowhere.fits",)))) == [("not-named", "nowhere.fits")]


def test_a_type_without_rules_gets_a_mapping(cache: Cache, reference: Make) -> None:
    path = reference("tmt_iris_mask_0001.fits", REFTYPE="MASK")
    proposal = propose(cache, Request((path,)))
    assert proposal.ready, proposal.findings
    mask, imap, _ = proposal.mappings
    assert (mask.name, mask.derived_from) == ("tmt_iris_mask_0001.rmap", "")
    # both types beside it ask for the detector, one of two for the filter
    assert parse(mask.text, mask.name).header["parkey"] == (("META.INSTRUMENT.DETECTOR",), PARKEY[1])
    assert "'MASK' : 'tmt_iris_mask_0001.rmap'" in imap.text
    assert codes(proposal, Severity.INFO) == [("new-type", path.name)]
    asked = propose(cache, Request((path,), parkey=("FILTER",)))
    assert asked.rules[0].key == ("K",)
    told = preview(cache, proposal, [])
    assert ("type", "added") in [(one.what.value, one.action) for one in told.diff.changes]


def test_a_type_of_an_earlier_context_has_its_parameters(writer: Any, reference: Make) -> None:
    writer.imap("tmt_iris_0003.imap", {"DARK": "tmt_iris_dark_0001.rmap", "FLAT": "N/A"})
    writer.pmap("tmt_0003.pmap", {"IRIS": "tmt_iris_0003.imap"})
    proposal = propose(Cache.open(writer.root), Request((reference(),)), "tmt_0003.pmap")
    assert proposal.rules[0].key == ("IRIS1", "K")
    assert proposal.mappings[0].name == "tmt_iris_flat_0002.rmap"
    assert "those of tmt_iris_flat_0001.rmap" in proposal.findings[0].message


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("useafter", {"USEAFTER": None}, "USEAFTER"),
    ("useafter", {"USEAFTER": "yesterday"}, "no date"),
    ("useafter", {"USEAFTER": "2026-02-31T00:00:00"}, "no date"),
    ("keyword", {"FILTER": None}, "FILTER (META.INSTRUMENT.FILTER)"),
    ("keyword", {"FILTER": "UNDEFINED"}, "FILTER"),
    ("value", {"DETECTOR": "NOSUCH"}, "do not allow"),
    ("value", {"FILTER": "{K}"}, "no rule"),
    ("value", {"FILTER": "(a+)+$"}, "no rule"),
    ("value", {"FILTER": "# 1 == 1 #"}, "no rule"),
    ("value", {"FILTER": "NOT K"}, "no rule"),
    ("type", {"REFTYPE": None}, "REFTYPE"),
    ("type", {"REFTYPE": "SPAM"}, "'spam'"),
    ("type", {"REFTYPE": "../DARK"}, "'../dark'"),
    ("instrument", {"INSTRUME": None}, "INSTRUME"),
    ("instrument", {"INSTRUME": "WFOS"}, "'WFOS'"),
    ("naming", {"name": "tmt_iris_dark_0007.fits"}, "tmt_iris_flat_<number>"),
    ("naming", {"name": "a b.fits"}, "takes"),
    ("naming", {"name": "tmt_iris_flat_0009.exe"}, "does not end"),
    ("name-taken", {"name": "tmt_iris_flat_0001.fits"}, "in the cache already"),
    ("name-taken", {"name": "TMT_iris_flat_0001.fits"}, "in the cache already"),
]


@pytest.mark.parametrize(("code", "given", "said"), BAD)
def test_each_problem_names_file_and_cure(cache: Cache, reference: Make, code: str, given: Any, said: str) -> None:
    cards = dict(given)
    path = reference(cards.pop("name", "tmt_iris_flat_0004.fits"), **cards)
    proposal = propose(cache, Request((path,)))
    assert not proposal.ready
    assert not proposal.mappings
    found = [one for one in proposal.findings if one.severity is Severity.ERROR and one.code == code]
    assert found, proposal.findings
    assert found[0].place == path.name
    assert said in found[0].message
    assert found[0].cure


def test_a_name_of_no_form_is_warned_of(cache: Cache, reference: Make) -> None:
    proposal = propose(cache, Request((reference("flat.fits"),)))
    assert proposal.ready
    (found,) = proposal.findings
    assert (found.severity, found.code) == (Severity.WARNING, "naming")
    assert "tmt_iris_flat_<number>" in found.message
    assert "tmt_iris_flat_0004.fits" in found.cure


def test_what_the_header_lacks_can_be_said(cache: Cache, reference: Make) -> None:
    path = reference("any.fits", FILTER=None, USEAFTER=None, REFTYPE=None)
    said = {"FILTER": "J", "USEAFTER": "2026-04-01"}
    proposal = propose(cache, Request((path,), settings=said, type="flat", rename=True))
    assert proposal.ready, proposal.findings
    (rule,) = proposal.rules
    assert (rule.source.name, rule.key, rule.date) == ("tmt_iris_flat_0004.fits", ("IRIS1", "J"), "2026-04-01 00:00:00")


def test_one_file_alone_can_be_told_more(cache: Cache, reference: Make) -> None:
    first, second = reference("a.fits", FILTER=None), reference("b.fits", FILTER=None)
    bare = propose(cache, Request((first, second), rename=True))
    assert [(one.code, one.places[0].header) for one in bare.findings] == [("keyword", (("FILTER", ""),))] * 2
    # by then they have other names: the place says which file is meant
    assert [one.places[0].note for one in bare.findings] == [str(first), str(second)]
    told = Given(first, {"FILTER": "J"}), Given(second, {"FILTER": "K"}, name="tmt_iris_flat_0077.fits")
    proposal = propose(cache, Request(told, settings={"FILTER": "H"}, rename=True))
    assert proposal.ready, proposal.findings
    assert [(one.source.name, one.key) for one in proposal.rules] == [
        ("tmt_iris_flat_0004.fits", ("IRIS1", "J")),
        ("tmt_iris_flat_0077.fits", ("IRIS1", "K")),
    ]


def test_files_that_are_none(cache: Cache, reference: Make, tmp_path: Path) -> None:
    pointer = tmp_path / "tmt_iris_flat_0010.fits"
    pointer.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 123\n")
    cut = reference("tmt_iris_flat_0011.fits", NAXIS=1, NAXIS1=100_000)
    data = cut.read_bytes().replace(b"NAXIS   =                    0", b"NAXIS   =                    1", 1)
    cut.write_bytes(data)
    gone, folder = tmp_path / "tmt_iris_flat_0012.fits", tmp_path / "tmt_iris_flat_0013.fits"
    folder.mkdir()
    proposal = propose(cache, Request((pointer, cut, gone, folder)))
    assert sorted(code for code, _ in codes(proposal)) == ["corrupt", "corrupt", "lfs-pointer", "unreadable"]
    assert proposal.rules == ()


def test_twice_in_a_batch(cache: Cache, reference: Make, tmp_path: Path) -> None:
    first, second = reference("tmt_iris_flat_0004.fits"), reference("tmt_iris_flat_0005.fits")
    proposal = propose(cache, Request((first, second)))
    assert codes(proposal) == [("twice", second.name)]
    other = tmp_path / "other" / first.name
    other.parent.mkdir()
    other.write_bytes(reference("x.fits", FILTER="J").read_bytes())
    assert codes(propose(cache, Request((first, other)))) == [("name-taken", first.name)]


def test_rules_that_hide_tie_or_never_win_are_told_before(writer: Any, reference: Make) -> None:
    writer.rmap(
        "tmt_iris_flat_0001.rmap",
        "Match({('IRIS1', '*') : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits'}),\n"
        " ('IRIS2', 'N/A') : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_flat_0002.fits'}),\n"
        " ('IRIS3', 'H|J') : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_flat_0003.fits'})})",
        filekind="FLAT",
        parkey=PARKEY,
    )
    cache = Cache.open(writer.root)
    # a special case of equal weight: crds itself refuses it
    special = propose(cache, Request((reference(),)))
    assert codes(special) == [("tie", "tmt_iris_flat_0004.fits")]
    assert "('IRIS1', '*')" in special.findings[0].message  # which one it is
    # the other way round crds takes it, and refuses the whole mapping afterwards
    wide = propose(cache, Request((reference(DETECTOR="IRIS3", FILTER="H|J|K"),)))
    assert codes(wide) == [("tie", "tmt_iris_flat_0004.fits")]
    assert "(IRIS3, H|J)" in wide.findings[0].message
    # weighs more wherever the old one matches
    hiding = propose(cache, Request((reference(DETECTOR="IRIS2", FILTER="ANY", USEAFTER="2019-01-01"),)))
    assert ("shadows", "tmt_iris_flat_0004.fits") in codes(hiding, Severity.WARNING)
    # shares J with another: crds lets it pass
    tied = propose(cache, Request((reference(DETECTOR="IRIS3", FILTER="J|K"),)))
    assert codes(tied, Severity.WARNING) == [("tie", "tmt_iris_flat_0004.fits")]
    assert "FILTER" in tied.findings[0].message or "J" in tied.findings[0].message
    # outweighed by the old one at all dates
    writer.rmap(
        "tmt_iris_flat_0001.rmap",
        "Match({('IRIS1', '*') : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits'})})",
        filekind="FLAT",
        parkey=PARKEY,
    )
    hidden = propose(Cache.open(writer.root), Request((reference(FILTER="N/A"),)))
    said = {one.code for one in hidden.findings}
    assert said & {"never-wins", "unproved"}, hidden.findings


def test_what_was_wrong_before_stands_in_the_way_only_of_stock_crds(writer: Any, reference: Make) -> None:
    text = (writer.mappings / "tmt_iris_dark_0001.rmap").read_text()
    writer.text("tmt_iris_dark_0001.rmap", text.replace("2020", "2021"))
    cache = Cache.open(writer.root)
    proposal = propose(cache, Request((reference(),)))
    assert proposal.ready
    assert [(one.code, one.place) for one in in_the_way(cache, proposal)] == [("sha1", "tmt_iris_dark_0001.rmap")]
    writer.text("tmt_iris_flat_0001.rmap", "header = nonsense(")
    broken = propose(Cache.open(writer.root), Request((reference(),)))
    assert codes(broken) == [("mapping", "tmt_iris_flat_0004.fits")]
    assert "tmt_iris_flat_0001.rmap" in broken.findings[0].message


def test_references_that_nobody_can_read_are_told_in_one_warning_each(writer: Any, reference: Make) -> None:
    folder = next(path.parent for path in writer.root.rglob("tmt_iris_flat_0001.fits"))
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'7' * 64}\nsize 2880\n"
    (folder / "tmt_iris_flat_0001.fits").write_text(pointer)
    (folder / "tmt_iris_flat_0002.fits").write_text(pointer)
    (folder / "tmt_iris_flat_0003.fits").unlink()
    cache = Cache.open(writer.root)
    told = in_the_way(cache, propose(cache, Request((reference(),))))
    assert [(one.severity, one.code, one.place) for one in told] == [
        (Severity.WARNING, "missing-given", "tmt_iris_flat_0003.fits"),
        (Severity.WARNING, "lfs-pointer-given", "tmt_iris_flat_0001.fits"),
    ]
    assert told[0].message.startswith("tmt_0003.pmap gives a reference that is missing: tmt_iris_flat_0003.fits.")
    assert (
        "2 references that are Git LFS pointers: tmt_iris_flat_0001.fits, tmt_iris_flat_0002.fits." in told[1].message
    )
    # the new file is read where it is, and what is not selected any more does not count
    gone = propose(cache, Request((), ("tmt_iris_flat_0003.fits",)))
    assert {one.code for one in in_the_way(cache, gone)} == {"lfs-pointer-given"}


def test_a_cache_of_rules_alone_misses_no_reference(writer: Any, reference: Make) -> None:
    shutil.rmtree(writer.root / "references")
    cache = Cache.open(writer.root)
    assert in_the_way(cache, propose(cache, Request((reference(),)))) == ()


@pytest.mark.parametrize(("word", "told"), [("good", []), ("Doubtful", ["verdict"]), ("bad", ["verdict"])])
def test_what_its_own_algorithm_said_of_it_is_told(cache: Cache, reference: Make, word: str, told: list[str]) -> None:
    proposal = propose(cache, Request((reference(CALVERD=word),)))
    assert [one.code for one in proposal.findings] == told
    assert proposal.ready


def test_wrong_calls_and_cancel(cache: Cache, reference: Make) -> None:
    with pytest.raises(UsageError, match="nothing"):
        propose(cache, Request())
    with pytest.raises(UsageError, match="tmt_0099"):
        propose(cache, Request((reference(),)), "tmt_0099.pmap")
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        propose(cache, Request((reference(),)), job=job)


def test_the_cache_is_only_read(writer: Any, reference: Make, snapshot: Callable[[Path], Any]) -> None:
    before = snapshot(writer.root)
    cache = Cache.open(writer.root)
    proposal = propose(cache, Request((reference(),)))
    preview(cache, proposal, [])
    assert snapshot(writer.root) == before
    assert cache.mapping_path("tmt_0003.pmap") is None


def test_twice_in_a_batch_of_a_rule_with_one_parameter(writer: Any, reference: Make) -> None:
    rules = "Match({('IRIS1',) : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits'})})"
    writer.rmap("tmt_iris_flat_0001.rmap", rules, filekind="FLAT", parkey=(PARKEY[0][:1], PARKEY[1]))
    first, second = (reference(f"tmt_iris_flat_000{number}.fits", DETECTOR="IRIS2") for number in (4, 5))
    proposal = propose(Cache.open(writer.root), Request((first, second)))
    assert codes(proposal) == [("twice", second.name)]


def test_rules_with_one_parameter_are_found_however_they_are_written(writer: Any, reference: Make) -> None:
    dates = "UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits'})"
    writer.rmap(
        "tmt_iris_flat_0001.rmap",
        f"Match({{('IRIS1',) : {dates}, 'IRIS2' : {dates.replace('0001', '0002')}}})",
        filekind="FLAT",
        parkey=(PARKEY[0][:1], PARKEY[1]),
    )
    detectors = ("IRIS1", "IRIS2", "IFS", "IFS")
    paths = [
        reference(f"tmt_iris_flat_{number:04d}.fits", DETECTOR=detector, USEAFTER=f"2026-01-0{number}")
        for number, detector in enumerate(detectors, 4)
    ]
    proposal = propose(Cache.open(writer.root), Request(tuple(paths)))
    assert proposal.ready, proposal.findings
    written = parse(proposal.mappings[0].text, "x.rmap").choices.entries
    assert [(entry.key, len(list(entry.files()))) for entry in written] == [
        (("IFS",), 2),
        (("IRIS1",), 2),
        (("IRIS2",), 2),
    ]


def test_names_that_other_contexts_wait_for_are_not_given(writer: Any, reference: Make) -> None:
    # mappings that were never fetched: a new file of that name would change what those contexts mean
    writer.pmap("tmt_0003.pmap", {"IRIS": "tmt_iris_0007.imap"})
    writer.imap("tmt_iris_0005.imap", {"FLAT": "tmt_iris_flat_0009.rmap"}, derived_from="tmt_iris_0004.imap")
    proposal = propose(Cache.open(writer.root), Request((reference(),)), "tmt_0002.pmap")
    assert [one.name for one in proposal.mappings] == ["tmt_iris_flat_0010.rmap", "tmt_iris_0008.imap", "tmt_0004.pmap"]


@pytest.mark.parametrize("value", ["N/A|H", "H||K", "|H", "GENERIC"])
def test_words_that_crds_would_forget_or_never_match(cache: Cache, reference: Make, value: str) -> None:
    proposal = propose(cache, Request((reference(FILTER=value),)))
    assert codes(proposal) == [("value", "tmt_iris_flat_0004.fits")]
    assert repr(value) in proposal.findings[0].message


@pytest.mark.parametrize("date", ["2020-01-01", "2020-01-01 00:00:00.000", "2020-01-01T00:00:00"])
def test_the_same_time_in_other_words_is_told(writer: Any, reference: Make, date: str) -> None:
    rules = f"Match({{('IRIS1', 'H') : UseAfter({{{date!r} : 'tmt_iris_flat_0001.fits'}})}})"
    writer.rmap("tmt_iris_flat_0001.rmap", rules, filekind="FLAT", parkey=PARKEY)
    proposal = propose(Cache.open(writer.root), Request((reference(FILTER="H", USEAFTER="2020-01-01T00:00:00Z"),)))
    assert ("same-time", "tmt_iris_flat_0004.fits") in codes(proposal, Severity.WARNING)


@pytest.mark.parametrize("held", ["N/A", "OMIT"])
def test_a_tie_with_what_is_not_applicable_stops(writer: Any, reference: Make, held: str) -> None:
    rules = f"Match({{('IRIS1', 'H') : {held!r}}})"
    writer.rmap("tmt_iris_flat_0001.rmap", rules, filekind="FLAT", parkey=PARKEY)
    cache = Cache.open(writer.root)
    for value in ("H|K", "*"):  # one makes a pair of unlike things of them in crds, the other an error of Python
        assert codes(propose(cache, Request((reference(FILTER=value),)))) == [("tie", "tmt_iris_flat_0004.fits")]


def test_what_observations_would_lose_is_said(
    cache: Cache, reference: Make, observation: Callable[..., dict[str, str]]
) -> None:
    headers = [observation("IRIS1", "H"), observation("IRIS2", "J"), observation("IRIS2", "K")]
    gone = propose(cache, Request((), ("tmt_iris_flat_0003.fits",)))
    assert preview(cache, gone, headers).loss == "2 would find no flat."
    first = propose(cache, Request((reference("tmt_iris_dflat_0001.fits", REFTYPE="DFLAT", FILTER="H"),)))
    assert preview(cache, first, headers).loss == "2 would find no dflat."
    assert preview(cache, propose(cache, Request((reference(),))), headers).loss == ""


def test_crds_keeps_no_mapping_alive_that_was_only_proposed(cache: Cache, reference: Make) -> None:
    def kept() -> int:
        return sum(len(function.cache) for function in crds_module("core.utils").CachedFunction.cache_set)

    paths = [reference(f"tmt_iris_flat_{number:04d}.fits", USEAFTER=f"2026-01-{number:02d}") for number in (4, 5, 6)]
    counts = []
    for _ in range(3):
        proposal = propose(cache, Request(tuple(paths), ("tmt_iris_flat_0003.fits",)))
        assert proposal.ready
        preview(cache, proposal, [])
        in_the_way(cache, proposal)
        counts.append(kept())
    assert counts[0] >= counts[1] >= counts[2]
