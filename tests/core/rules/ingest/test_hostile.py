"""Files, headers, names and caches from somebody else: nothing of theirs becomes code, or leads out of a folder."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError
from calgui.core.frames.headers import rule_header
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import parse
from calgui.core.rules.ingest.incoming import Incoming, check_name
from calgui.core.rules.ingest.overlay import write_overlay
from calgui.core.rules.ingest.patching import message, patch
from calgui.core.rules.ingest.proposing import propose
from calgui.core.rules.ingest.values import Request, Source

Make = Callable[..., Path]
SPITE = [
    "'})\nimport os #",
    '"',
    "\\",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "a\x1b[2Jb",
    "{0}",
    "'|'",
    "__import__('os')",
    "K\r\nX",
    "#1#",
    "%s",
]


@settings(max_examples=120)
@given(st.one_of(st.sampled_from(SPITE), st.text(max_size=30)), st.one_of(st.sampled_from(SPITE), st.text(max_size=30)))
def test_values_are_never_more_than_words(cache: Cache, reference: Make, one: str, two: str) -> None:
    said = {"DETECTOR": one, "FILTER": two}
    # a column without listed values takes any word: the spite of both is let as far as it gets
    proposal = propose(cache, Request((reference(),), settings=said, delete=()))
    for finding in proposal.findings:
        assert finding.message.isprintable()
        assert finding.place.isprintable()
    for new in proposal.mappings:
        assert {type(statement) for statement in ast.parse(new.text).body} == {ast.Assign}
        assert parse(new.text, new.name).header["sha1sum"] == new.sha1


@settings(max_examples=80)
@given(st.one_of(st.sampled_from(SPITE), st.text(min_size=1, max_size=30)))
def test_words_of_any_letters_stay_words(write_cache: Any, tmp_path_factory: Any, reference: Make, word: str) -> None:
    """Where no data model says what a value may be: what goes into the mapping is what the file said, quoted."""
    writer = write_cache(str(tmp_path_factory.mktemp("spite") / "cache")).healthy()
    parkey = (
        ("META.INSTRUMENT.DETECTOR", "META.TARGET.CATALOG_NAME"),
        ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"),
    )
    writer.rmap(
        "tmt_iris_dark_0001.rmap",
        "Match({('IRIS1', 'X') : UseAfter({'2020-01-01 00:00:00' : 'tmt_iris_dark_0001.fits'})})",
        parkey=parkey,
    )
    cache = Cache.open(writer.root)
    said = {"META.TARGET.CATALOG_NAME": word, "REFTYPE": "DARK"}
    proposal = propose(cache, Request((reference(),), settings=said, rename=True))
    if not proposal.mappings:
        assert proposal.findings
        return
    text = proposal.mappings[0].text
    parsed = parse(text, "x.rmap")
    assert {entry.key[1] for entry in parsed.choices.entries} <= {"X", proposal.rules[0].key[1]}
    assert len(text.splitlines()) <= len(cache.parsed("tmt_iris_dark_0001.rmap").text.splitlines()) + 4
    assert all(line.isprintable() for line in text.splitlines())
    patched = patch(cache, proposal)
    assert "\x1b" not in patched


@pytest.mark.parametrize(
    "name",
    ["../x.fits", "/etc/x.fits", "a/b.fits", ".hidden.fits", "-rf.fits", "a\nb.fits", "a\x1b[2J.fits", "N/A", "é.fits",
     "x" * 200 + ".fits", "a'b.fits", "tmt_iris_flat_0009.fits ", "tmt_iris_flat_0009.fits\\", "%s.fits", "a;b.fits"],
)  # fmt: skip
def test_names_that_lead_elsewhere(cache: Cache, name: str) -> None:
    one = Incoming(Source(Path("x.fits"), name, 1, 1), {}, "flat", "IRIS")
    found = check_name(cache, one, ())
    assert found
    assert found[0].severity.value == "error"
    assert found[0].place.isprintable()


def test_deleting_by_a_hostile_name(cache: Cache) -> None:
    proposal = propose(cache, Request(delete=("../../etc/passwd\x1b[2J",)))
    assert [one.code for one in proposal.findings] == ["not-named"]
    assert proposal.findings[0].place.isprintable()


def test_a_mapping_that_would_run_code_is_not_changed(writer: Any, reference: Make) -> None:
    text = (writer.mappings / "tmt_iris_flat_0001.rmap").read_text()
    for bad in (
        text.replace("('Match', 'UseAfter')", "('Match', '__import__(\"os\").system')"),
        text.replace("header = {", "import os\nheader = {"),
        text.replace("'2022-01-01 00:00:00'", "__import__('os').name"),
    ):
        assert bad != text
        writer.text("tmt_iris_flat_0001.rmap", bad)
        proposal = propose(Cache.open(writer.root), Request((reference(),)))
        assert not proposal.mappings
        assert proposal.findings


def test_a_sibling_cannot_write_the_first_mapping_of_a_type(writer: Any, reference: Make) -> None:
    header = writer.header("REFERENCE", "tmt_iris_flat_0001.rmap", filekind="FLAT")
    header["classes"] = ("Match({}); import os; x = Match", "UseAfter")
    header["substitutions"] = {"META.INSTRUMENT.DETECTOR": {"'})\nimport os": "x"}}
    writer.rmap("tmt_iris_flat_0001.rmap", **{key: header[key] for key in ("classes", "substitutions", "filekind")})
    writer.imap("tmt_iris_0003.imap", {"DARK": "tmt_iris_dark_0001.rmap"})
    writer.pmap("tmt_0003.pmap", {"IRIS": "tmt_iris_0003.imap"})
    proposal = propose(Cache.open(writer.root), Request((reference(),)), "tmt_0003.pmap")
    for new in proposal.mappings:
        assert {type(statement) for statement in ast.parse(new.text).body} == {ast.Assign}


def test_messages_of_hostile_headers_stay_in_their_lines(cache: Cache, reference: Make) -> None:
    proposal = propose(cache, Request((reference(),)))
    told = message(cache, proposal)
    assert all(line.isprintable() for line in told.splitlines())


def test_a_reference_that_becomes_a_link_is_not_followed(cache: Cache, reference: Make, tmp_path: Path) -> None:
    path = reference()
    proposal = propose(cache, Request((path,)))
    secret = tmp_path / "secret"
    secret.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(InputError):
        write_overlay(cache, proposal, tmp_path / "overlay")
    assert not (tmp_path / "overlay").exists()


def test_configurations_that_are_no_plain_values(writer: Any, reference: Make, tmp_path: Path) -> None:
    for number, text in enumerate(("__import__('os').system('x')", "{'operational_context' : " + "(" * 5000, "\0")):
        (writer.config / "server_config").write_text(text)
        cache = Cache.open(writer.root)
        written = write_overlay(cache, propose(cache, Request((reference(),))), tmp_path / f"overlay{number}")
        assert Cache.open(written.folder).stated_context == "tmt_0003.pmap"
        (writer.config / "ingests.json").write_text("[" * 100_000)


ASDF = "#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n%YAML 1.1\n%TAG ! tag:stsci.edu:asdf/\n--- !core/asdf-1.1.0\n"
EVIL_ASDF = {
    "code": "evil: !!python/object/apply:os.mkdir ['{mark}']\n",
    "laughs": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 10}]\n" for n in range(1, 12)),
    "outside": "data: !core/ndarray-1.0.0 {source: 'file://{mark}', datatype: uint8, shape: [9]}\nb: {$ref: '/x'}\n",
    "deep": "deep: " + "[" * 100_000 + "]" * 100_000 + "\n",
}


@pytest.mark.parametrize("what", EVIL_ASDF)
def test_an_asdf_file_goes_in_and_is_never_read(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    import asdf
    import yaml

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was read")

    for module, name in ((asdf, "open"), (asdf.AsdfFile, "open"), (yaml, "load"), (yaml, "load_all")):
        monkeypatch.setattr(module, name, never, raising=False)
    path = tmp_path / "tmt_iris_flat_0009.asdf"
    path.write_text(ASDF + EVIL_ASDF[what].replace("{mark}", str(tmp_path / "mark")) + "...\n")
    with pytest.raises(InputError, match="ASDF"):
        rule_header(path)
    said = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "FILTER": "K", "USEAFTER": "2026-03-11T00:00:00"}
    proposal = propose(cache, Request((path,), settings=said, type="FLAT"))
    assert proposal.ready, proposal.findings
    made = write_overlay(cache, proposal, tmp_path / "new")
    opened = Cache.open(made.folder)
    assert [one for one in opened.findings() if "0009" in one.place] == []
    assert not (tmp_path / "mark").exists()
