"""Each check finds the damage that it is for, at its place, and nothing on the cache without it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calgui.core.rules.cache import Cache
from calgui.core.rules.lint.run import lint
from calgui.core.rules.lint.table import CHECKS
from calgui.core.rules.questions.whatif import Case, answers
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import Fate, Severity
from calgui.core.simulate import DemoNight

DARK, FLAT = "tmt_iris_dark_0001.rmap", "tmt_iris_flat_0001.rmap"


def test_a_healthy_cache_has_no_finding(small) -> None:
    report = small.write().lint()
    assert report.findings == ()
    assert report.healthy
    assert (report.mappings, report.references) == (4, 4)


def test_the_demo_has_no_finding(demo_night: DemoNight) -> None:
    assert lint(Cache.open(demo_night.cache)).findings == ()


def syntax(small) -> None:
    small.texts[DARK] = "header = {\n  'mapping' : \n"


def code_inside(small) -> None:
    small.texts[DARK] = "header = {}\nselector = __import__('os').system('true')\n"


def latin_1(small) -> None:
    small.texts[DARK] = "header = {'mapping': 'REFERENCE', 'name': 'caf\xe9'}\nselector = Match({})\n"


def no_checksum(small) -> None:
    small.headers[DARK] = {"sha1sum": "1" * 40}


def other_name(small) -> None:
    small.headers[DARK] = {"name": "tmt_iris_dark_0009.rmap"}


def derived_from_nowhere(small) -> None:
    small.headers[DARK] = {"derived_from": "tmt_iris_dark_0000.rmap"}


def foreign_instrument(small) -> None:
    small.headers[DARK] = {"instrument": "NIRCAM"}


def other_type(small) -> None:
    small.headers[DARK] = {"filekind": "FLAT"}


def unknown_parkey(small) -> None:
    small.headers[DARK] = {
        "parkey": "(('META.INSTRUMENT.DETECTOR', 'META.NOBODY.KNOWS'), "
        "('META.OBSERVATION.DATE', 'META.OBSERVATION.TIME'))"
    }


def unknown_value(small) -> None:
    small.rules["flat"] = {("IRIS1", "ULTRAVIOLET"): {"2020-01-01 00:00:00": "tmt_iris_flat_0001.fits"}}


def no_date(small) -> None:
    small.rules["flat"] = {("IRIS1", "J"): {"the day after": "tmt_iris_flat_0001.fits"}}


def wrong_length(small) -> None:
    small.rules["flat"] = {("IRIS1", "J", "FULL"): {"2020-01-01 00:00:00": "tmt_iris_flat_0001.fits"}}


def nothing_changes(small) -> None:
    small.rules["flat"][("IRIS1", "J")]["2022-01-01 00:00:00"] = "tmt_iris_flat_0001.fits"


def overlapping(small) -> None:
    small.rules["flat"][("IRIS1", "J|H")] = {"2021-01-01 00:00:00": "tmt_iris_flat_0002.fits"}


def missing_reference(small) -> None:
    small.references["tmt_iris_flat_0001.fits"] = None


def other_reftype(small) -> None:
    small.references["tmt_iris_flat_0001.fits"] = {"REFTYPE": "DARK"}


def other_instrume(small) -> None:
    small.references["tmt_iris_flat_0001.fits"] = {"INSTRUME": "NIRCAM"}


def other_useafter(small) -> None:
    small.references["tmt_iris_flat_0001.fits"] = {"USEAFTER": "2031-01-01T00:00:00"}


def unsafe_name(small) -> None:
    small.rules["flat"] = {("IRIS1", "J"): {"2020-01-01 00:00:00": "../../../etc/passwd"}}


BEFORE = [
    ("syntax", DARK, syntax),
    ("syntax", DARK, code_inside),
    ("sha1", DARK, no_checksum),
    ("name", DARK, other_name),
    ("derived-from", DARK, derived_from_nowhere),
    ("instrument", DARK, foreign_instrument),
    ("type", DARK, other_type),
    ("unknown-parkey", DARK, unknown_parkey),
    ("unknown-value", FLAT, unknown_value),
    ("date", FLAT, no_date),
    ("key-length", FLAT, wrong_length),
    ("no-change", FLAT, nothing_changes),
    ("overlap", FLAT, overlapping),
    ("missing-reference", "tmt_iris_flat_0001.fits", missing_reference),
    ("reftype", "tmt_iris_flat_0001.fits", other_reftype),
    ("instrume", "tmt_iris_flat_0001.fits", other_instrume),
    ("useafter", "tmt_iris_flat_0001.fits", other_useafter),
    ("unsafe-name", "../../../etc/passwd", unsafe_name),
]


@pytest.mark.parametrize(("code", "place", "damage"), BEFORE)
def test_damage_is_found_where_it_is(small, codes, code: str, place: str, damage: Callable) -> None:
    damage(small)
    report = small.write().lint()
    assert code in codes(report)
    finding = next(one for one in report.findings if one.code == code)
    assert place in {finding.place, *(name for one in finding.places for name in (one.file, one.reference))}
    assert finding.message
    assert finding.why
    assert finding.cure
    assert finding.severity is CHECKS[code].severity


def pointer(small) -> None:
    path = small.files / "tmt_iris_flat_0001.fits"
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'b' * 64}\nsize 999999\n")


def cut_short(small) -> None:
    path = small.files / "tmt_iris_flat_0001.fits"
    path.write_bytes(path.read_bytes()[:100])


def unnamed(small) -> None:
    path = small.files / "tmt_iris_flat_0001.fits"
    path.with_name("tmt_iris_flat_0077.fits").write_bytes(path.read_bytes())


def unreached(small) -> None:
    text = (small.mappings / FLAT).read_text()
    (small.mappings / "tmt_iris_flat_0077.rmap").write_text(text.replace(FLAT, "tmt_iris_flat_0077.rmap"))


def missing_mapping(small) -> None:
    (small.mappings / FLAT).unlink()


def circle(small) -> None:
    path = small.mappings / "tmt_0001.pmap"
    path.write_text(path.read_text().replace("tmt_iris_0001.imap", "tmt_0001.pmap"))


def wrong_kind(small) -> None:
    path = small.mappings / "tmt_0001.pmap"
    path.write_text(path.read_text().replace("tmt_iris_0001.imap", FLAT))


def config_of_another(small) -> None:
    (small.folder / "config" / "tmt").mkdir(parents=True)
    (small.folder / "config" / "tmt" / "server_config").write_text('{"operational_context": "tmt_0042.pmap"}')


def twice(small) -> None:
    path = small.mappings / FLAT
    line = "        '2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits',\n"
    path.write_text(path.read_text().replace(line, line * 2))


AFTER = [
    ("lfs-pointer", "tmt_iris_flat_0001.fits", pointer),
    ("corrupt", "tmt_iris_flat_0001.fits", cut_short),
    ("unnamed-file", "tmt_iris_flat_0077.fits", unnamed),
    ("unreachable-mapping", "tmt_iris_flat_0077.rmap", unreached),
    ("missing-mapping", FLAT, missing_mapping),
    ("circular", "tmt_0001.pmap", circle),
    ("wrong-kind", "tmt_0001.pmap", wrong_kind),
    ("server-config", "server_config", config_of_another),
    ("duplicate", FLAT, twice),
]


@pytest.mark.parametrize(("code", "place", "damage"), AFTER)
def test_damage_on_the_disk_is_found_where_it_is(small, codes, code: str, place: str, damage: Callable) -> None:
    small.write()
    damage(small)
    report = small.lint()
    assert code in codes(report), [(one.code, one.message) for one in report.findings]
    finding = next(one for one in report.findings if one.code == code)
    assert place in {finding.place, *(name for one in finding.places for name in (one.file, one.reference))}
    assert finding.why
    assert finding.cure


def test_overlapping_rules_come_with_a_header_that_hits_both(small) -> None:
    overlapping(small)
    report = small.write().lint()
    finding = next(one for one in report.findings if one.code == "overlap")
    header = dict(next(place.header for place in finding.places if place.header))
    trace = explain(Cache.open(small.folder), "tmt_0001.pmap", "flat", header)
    heavy = [rule for rule in trace.rules if rule.fate in (Fate.WINNER, Fate.MERGED)]
    assert len(heavy) == 2


def test_a_shadowed_rule_never_wins(small, codes) -> None:
    small.rules["flat"] = {
        ("IRIS1", "J"): {"2020-01-01 00:00:00": "tmt_iris_flat_0001.fits"},
        ("IRIS1", "N/A"): {"2020-01-01 00:00:00": "tmt_iris_flat_0002.fits"},
        ("IRIS1", "*"): {"2019-01-01 00:00:00": "tmt_iris_flat_0003.fits"},
    }
    report = small.write().lint()
    told = [one for one in report.findings if one.code in ("never-wins", "wins-only-by-na")]
    assert any("tmt_iris_flat_0002.fits" in {place.reference for place in one.places} for one in told)


def test_a_mapping_that_latin_1_bytes_spoil(small, codes) -> None:
    latin_1(small)
    report = small.write().lint()
    assert not report.healthy
    assert {one.place for one in report.findings if one.severity is Severity.ERROR} == {DARK}


def test_many_rules_take_bounded_time(small) -> None:
    small.rules["flat"] = {
        ("IRIS1", f"F{number}"): {"2020-01-01 00:00:00": "tmt_iris_flat_0001.fits"} for number in range(8000)
    }
    report = small.write().lint()
    assert report.seconds < 60


def test_links_in_a_circle(small) -> None:
    small.write()
    (small.files / "loop").symlink_to(small.files / "loop")
    (small.mappings / "loop.rmap").symlink_to(small.mappings / "loop.rmap")
    report = small.lint()
    assert report.mappings >= 4


def test_what_is_written_is_what_the_cases_select(small) -> None:
    small.write()
    header = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "FILTER": "K", "DATE-OBS": "2025-01-01"}
    case = Case("x", {**header, "TIME-OBS": "00:00:00"})
    found = {one.type: one.file for one in answers(Cache.open(small.folder), "tmt_0001.pmap", case)}
    assert found["dark"] == "tmt_iris_dark_0002.fits"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tmt", {"lfs-pointer", "name", "naming", "derived-from", "not-applicable", "unreachable-mapping"}),
        ("ligeriri", {"missing-mapping", "missing-reference", "lfs-pointer", "sha1", "server-config", "name"}),
    ],
)
def test_real_caches_have_their_known_defects(real_data: Path, codes, name: str, expected: set[str]) -> None:
    assert expected <= codes(lint(Cache.open(real_data / "caches" / name)))
