"""Defects: every one of the real caches at its place, each kind made on purpose, and no false alarm."""

from collections import Counter

import pytest

from calgui.core.rules.cache import Cache
from calgui.core.rules.values import Severity


def codes(cache, severity=None):
    return Counter((f.code, f.place) for f in cache.findings() if severity is None or f.severity is severity)


def test_a_healthy_cache_has_no_findings(write_cache):
    assert Cache.open(write_cache().healthy().root).findings() == ()


@pytest.mark.parametrize("name", ["hst", "jwst", "tobs"])
def test_no_alarm_on_the_public_caches(real_data, name):
    found = Cache.open(real_data / "caches" / name).findings()
    assert [finding for finding in found if finding.severity is not Severity.INFO] == []
    assert {finding.code for finding in found} <= {"derived-from", "not-applicable", "no-references"}


def test_the_defects_of_the_real_tmt_cache(real_data):
    cache = Cache.open(real_data / "caches" / "tmt")
    assert set(codes(cache, Severity.ERROR)) == {
        ("lfs-pointer", f"tmt_iris_{name}.fits")
        for name in ("dark_0001", "drizpars_0001", "flat_0003", "mask_0001", "nonlin_coeff")
    }
    assert set(codes(cache, Severity.WARNING)) == {
        ("name", "tmt_iris_0002.imap"),
        ("name", "tmt_iris_0003.imap"),
        ("lfs-pointer", "tmt_iris_flat_0001.fits"),
        ("lfs-pointer", "tmt_iris_flat_0002.fits"),
        ("naming", "tmt_iris_nonlin_0004.rmap"),
        ("naming", "tmt_iris_nonlin_coeff.fits"),
    }
    notes = codes(cache, Severity.INFO)
    assert notes["not-applicable", "tmt_iris_0003.imap"] == 1
    assert notes["derived-from", "tmt_iris_dark_0001.rmap"] == 1


def test_the_defects_of_the_real_ligeriri_cache(real_data):
    cache = Cache.open(real_data / "caches" / "ligeriri")
    found = codes(cache)
    assert {place for code, place in found if code == "sha1"} == set(cache.mappings)
    missing = {f"ligeriri_liger_{kind}_0001.rmap" for kind in ("dark", "drizpars", "flat", "dq", "nonlin")}
    assert {place for code, place in found if code == "missing-mapping"} == missing
    lost = {"IRIS_DQ.fits", "liger_iris_iris_drizpars_0001.fits"}
    assert {place for code, place in found if code == "missing-reference"} == lost
    pointers = {f"IRIS_IMG1_{kind}_20240924T000000_0.0.1.fits" for kind in ("DARK", "FLAT", "NONLINCOEFF")}
    assert {place for code, place in found if code == "lfs-pointer"} == pointers
    assert {place for code, place in found if code == "naming"} == (
        pointers | lost | {"ligeriri_iris_nonlin_0001.rmap"}
    )
    imaps = {"ligeriri_iris_0001.imap", "ligeriri_liger_0001.imap"}
    assert {place for code, place in found if code == "parkey"} == imaps
    assert ("name", "ligeriri_iris_nonlin_0001.rmap") in found
    config = [finding for finding in cache.findings() if finding.place == "server_config"]
    assert any("iris_liger_0001.pmap" in f.message and f.severity is Severity.ERROR for f in config)


def test_every_finding_is_a_sentence_with_a_cure(real_data):
    for name in ("tmt", "ligeriri"):
        for finding in Cache.open(real_data / "caches" / name).findings():
            assert finding.message.endswith(".")
            assert finding.cure.endswith(".")
            assert finding.place


def dark(rules="", **header):
    def write(writer):
        writer.rmap("tmt_iris_dark_0001.rmap", *([rules] if rules else []), **header)

    return write


def replaced(old, new):
    def write(writer):
        path = writer.mappings / "tmt_iris_dark_0001.rmap"
        path.write_text(path.read_text().replace(old, new))

    return write


DARK = "tmt_iris_dark_0001.rmap"
FILE = "'tmt_iris_dark_0001.fits'"
ONE = f"('IRIS1',) : UseAfter({{'2020-01-01 00:00:00' : {FILE}}})"
DEFECTS = {
    "checksum": (replaced("2020-01", "2020-02"), "sha1", DARK, Severity.ERROR),
    "no checksum": (replaced("'sha1sum'", "'sha256sum'"), "sha1", DARK, Severity.ERROR),
    "header name": (dark(name="tmt_iris_dark_0009.rmap"), "name", DARK, Severity.WARNING),
    "derived": (dark(derived_from="NONE"), "derived-from", DARK, Severity.INFO),
    "derived from itself": (dark(derived_from=DARK), "derived-from", DARK, Severity.INFO),
    "ancestor": (dark(derived_from="tmt_iris_dark_0000.rmap"), "derived-from", DARK, Severity.INFO),
    "hooks": (
        dark(hooks={"precondition_header": "precondition_header_iris_dark_v1"}),
        "hooks",
        DARK,
        Severity.WARNING,
    ),
    "duplicate rule": (dark(f"Match({{{ONE}, {ONE}}})"), "duplicate", DARK, Severity.WARNING),
    "date": (dark(f"Match({{{ONE.replace('-01 00', '-1 00')}}})"), "date", DARK, Severity.ERROR),
    "no such date": (dark(f"Match({{{ONE.replace('-01-01', '-02-31')}}})"), "date", DARK, Severity.ERROR),
    "iso date": (dark(f"Match({{{ONE.replace('01 00', '01T00')}}})"), "date", DARK, Severity.ERROR),
    "too many values": (dark(f"Match({{{ONE.replace('(', '(2, ', 1)}}})"), "key-length", DARK, Severity.ERROR),
    "no file": (dark(f"Match({{{ONE.replace(FILE, '()')}}})"), "no-file", DARK, Severity.ERROR),
    "wrong type": (dark(filekind="FLAT"), "type", DARK, Severity.WARNING),
    "wrong instrument": (dark(instrument="WFOS"), "instrument", DARK, Severity.WARNING),
    "missing mapping": (
        lambda writer: (writer.mappings / DARK).unlink(),
        "missing-mapping",
        DARK,
        Severity.ERROR,
    ),
    "missing reference": (
        lambda writer: (writer.references / "tmt_iris_dark_0001.fits").unlink(),
        "missing-reference",
        "tmt_iris_dark_0001.fits",
        Severity.ERROR,
    ),
    "corrupt reference": (
        lambda writer: writer.reference("tmt_iris_dark_0001.fits", b"nonsense"),
        "corrupt",
        "tmt_iris_dark_0001.fits",
        Severity.ERROR,
    ),
    "not applicable": (
        lambda writer: writer.imap("tmt_iris_0001.imap", {"DARK": DARK, "FLAT": "N/A"}),
        "not-applicable",
        "tmt_iris_0001.imap",
        Severity.INFO,
    ),
    "parkey": (
        lambda writer: writer.imap("tmt_iris_0001.imap", {"DARK": DARK}, parkey=("META.EXPOSURE.IMTYPE",)),
        "parkey",
        "tmt_iris_0001.imap",
        Severity.WARNING,
    ),
    "bad file": (
        lambda writer: (writer.config / "server_config").write_text("{'bad_files_list': ['tmt_iris_dark_0001.fits']}"),
        "bad-file",
        "tmt_iris_dark_0001.fits",
        Severity.WARNING,
    ),
    "no context": (lambda writer: (writer.mappings / "tmt_0001.pmap").unlink(), "no-context", "cache", Severity.ERROR),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS.keys())
def test_each_defect_is_found_at_its_place(write_cache, defect):
    spoil, code, place, severity = defect
    writer = write_cache().healthy()
    spoil(writer)
    found = Cache.open(writer.root).findings()
    assert (code, place, severity) in {(finding.code, finding.place, finding.severity) for finding in found}


def test_what_a_context_does_not_reach_is_a_warning_at_most(write_cache):
    writer = write_cache().healthy()
    writer.rmap("tmt_iris_dark_0002.rmap")
    path = writer.mappings / "tmt_iris_dark_0002.rmap"
    path.write_text(path.read_text().replace("dark_0001.fits", "dark_0002.fits"))
    writer.imap("tmt_iris_0002.imap", {"DARK": "tmt_iris_dark_0002.rmap"})
    writer.pmap("tmt_0002.pmap", {"IRIS": "tmt_iris_0002.imap"})
    cache = Cache.open(writer.mappings / "tmt_0001.pmap")
    assert {finding.severity for finding in cache.findings()} == {Severity.WARNING}
    assert {(f.code, f.severity) for f in cache.findings("tmt_0002.pmap") if f.place != "tmt_iris_0002.imap"} == {
        ("sha1", Severity.ERROR),
        ("missing-reference", Severity.ERROR),
        ("name", Severity.WARNING),
    } - {("name", Severity.WARNING)}


def test_many_equal_defects_are_told_in_a_few_lines(write_cache):
    writer = write_cache().healthy()
    dates = ", ".join(f"'2020-1-{day} 0:0:0' : {FILE}" for day in range(1, 400))
    writer.rmap(DARK, f"Match({{('IRIS1',) : UseAfter({{{dates}}})}})")
    assert 2 <= codes(Cache.open(writer.root))["date", DARK] <= 30


@pytest.mark.parametrize("stated", ["tmt_0009.pmap", "tmt_0001", "../../tmt_0001.pmap", 5, None, ("tmt_0001.pmap",)])
def test_an_operational_context_that_is_none_is_told(write_cache, stated):
    writer = write_cache().healthy()
    (writer.config / "server_config").write_text(repr({"operational_context": stated}))
    cache = Cache.open(writer.root)
    assert cache.default_context == "tmt_0001.pmap"
    assert [(finding.code, finding.severity) for finding in cache.findings()] == [("server-config", Severity.ERROR)]
