"""Hostile and broken mappings: nothing is run, followed, unpickled or waited for, and the rest of the cache works."""

import os
import pickle
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError
from calgui.core.rules.cache import Cache
from calgui.core.rules.files import regexes
from calgui.core.rules.files.mapping_file import LARGEST_MAPPING, safe_name
from calgui.core.rules.tree import tree
from calgui.core.rules.values import Severity, Trust

GOOD_FLAT = "Match({\n ('IRIS1',) : UseAfter({\n '2020-01-01 00:00:00' : 'tmt_iris_flat_0001.fits'})})"


@pytest.fixture
def two_types(write_cache):
    """A cache whose DARK a test breaks, and whose FLAT must go on working."""
    writer = write_cache().healthy()
    writer.imap("tmt_iris_0001.imap", {"DARK": "tmt_iris_dark_0001.rmap", "FLAT": "tmt_iris_flat_0001.rmap"})
    writer.rmap("tmt_iris_flat_0001.rmap", GOOD_FLAT, filekind="FLAT")
    writer.reference("tmt_iris_flat_0001.fits")
    return writer


def check_refused(writer, match=None):
    """DARK is refused, quickly, with a finding at its place; FLAT works, and the tree shows both."""
    started = time.process_time()
    cache = Cache.open(writer.root)
    with pytest.raises(InputError, match=match) as caught:
        cache.rmap("tmt_0001.pmap", "IRIS", "dark")
    assert caught.value.path.name == "tmt_iris_dark_0001.rmap"
    assert caught.value.cure
    assert cache.rmap("tmt_0001.pmap", "IRIS", "flat").basename == "tmt_iris_flat_0001.rmap"
    dark, flat = tree(cache).children[0].children[0].children
    assert any(finding.severity is Severity.ERROR for finding in dark.findings)
    assert flat.children
    assert flat.findings == ()
    assert time.process_time() - started < 5
    return cache


RUNS = [
    "__import__('os').system('touch {mark}')",
    "Match(__import__('os').system('touch {mark}'))",
    "Match({{('IRIS1',) : UseAfter({{'2020-01-01 00:00:00' : __import__('os').system('touch {mark}')}})}})",
    "Match({{('IRIS1',) : ('a.fits', __import__('os').system('touch {mark}'))}})",
    "Match({{(__import__('os').system('touch {mark}'),) : UseAfter({{}})}})",
    "Match({{**{{}}}})",
    "[open('{mark}', 'w') for _ in 'a']",
    "(lambda: open('{mark}', 'w'))()",
    "Match({{}}) if open('{mark}', 'w') else 1",
]


@pytest.mark.parametrize("code", RUNS)
def test_code_in_a_selector_never_runs(two_types, tmp_path, code):
    mark = tmp_path / "mark"
    two_types.rmap("tmt_iris_dark_0001.rmap", code.format(mark=mark))
    check_refused(two_types)
    assert not mark.exists()


@pytest.mark.parametrize(
    "line",
    [
        "import os\n",
        "comment = __import__('os').system('touch {mark}')\n",
        "__import__('os').system('touch {mark}')\n",
        "other = 1\n",
        "header['x'] = open('{mark}', 'w')\n",
        "if True:\n    open('{mark}', 'w')\n",
        "@open\ndef f(): pass\n",
    ],
)
def test_statements_beside_header_and_selector_never_run(two_types, tmp_path, line):
    mark = tmp_path / "mark"
    path = two_types.mappings / "tmt_iris_dark_0001.rmap"
    path.write_text(line.format(mark=mark) + path.read_text())
    check_refused(two_types)
    assert not mark.exists()


@pytest.mark.parametrize(
    "header",
    [
        {"hooks": {"precondition_header": "__class__"}},
        {"hooks": {"fallback_header": "precondition_header_acs_biasfile_v2"}},
        {"hooks": {"open": "precondition_header"}},
        {"hooks": "precondition_header"},
        {"observatory": "HST"},
        {"observatory": "core"},
        {"instrument": "locate"},
        {"instrument": "../iris"},
        {"instrument": "core.log"},
        {"mapping": "PIPELINE"},
        {"mapping": None},
        {"parkey": None},
        {"parkey": "DETECTOR"},
        {"parkey": ((1, 2), ("A",))},
        {"filekind": None},
        {"derived_from": None},
        {"rmap_relevance": "(open('/etc/passwd'))"},
        {"rmap_omit": "().__class__"},
        {"parkey_relevance": {"meta.instrument.detector": "[x for x in ()]"}},
        {"classes": ("Match",), "substitutions": 3},
    ],
    ids=repr,
)
def test_headers_that_could_fool_crds_are_refused(two_types, header):
    two_types.rmap("tmt_iris_dark_0001.rmap", **header)
    check_refused(two_types)


def test_an_observatory_named_like_a_part_of_crds_is_refused(write_cache):
    for name in ("core", "certify", "client", "a.b", "os path", ""):
        writer = write_cache(f"cache_{len(name)}_{name[:2]}")
        writer.pmap("tmt_0001.pmap", {"IRIS": "tmt_iris_0001.imap"}, observatory=name)
        cache = Cache.open(writer.root)
        with pytest.raises(InputError):
            cache.load("tmt_0001.pmap")
        assert any(finding.severity is Severity.ERROR for finding in cache.findings())


BROKEN = {
    "syntax": b"header = {\nselector = {",
    "empty": b"",
    "nul": b"header = {}\0\nselector = {}",
    "bom": b"\xef\xbb\xbfheader = {}\nselector = {}",
    "latin-1": "# caf\xe9\nheader = {}\nselector = {}".encode("latin-1"),
    "utf-16": "header = {}\nselector = {}".encode("utf-16"),
    "binary": bytes(range(256)) * 20,
    "deep": b"header = {}\nselector = " + b"Match({'a':" * 5000,
    "parentheses": b"header = {}\nselector = " + b"(" * 100_000,
    "sum": b"header = {'a' : " + b"1+" * 100_000 + b"1}\nselector = {}",
    "minus": b"header = {'a' : " + b"-" * 100_000 + b"1}\nselector = {}",
    "digits": b"header = {'a' : " + b"9" * 100_000 + b"}\nselector = {}",
    "surrogate": b"header = {}\nselector = {'IRIS' : '\\ud800.imap'}",
    "pickle": pickle.dumps({"header": {}, "selector": {}}),
    "no-header": b"selector = {}",
    "no-selector": b"header = {}",
    "star": b"header = {**{}}\nselector = {}",
    "lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_broken_texts_hide_nothing_else(two_types, text):
    two_types.text("tmt_iris_dark_0001.rmap", text)
    cache = check_refused(two_types)
    codes = {finding.code for finding in cache.findings() if finding.place == "tmt_iris_dark_0001.rmap"}
    assert codes == ({"lfs-pointer"} if text.startswith(b"version") else {"syntax"})
    assert cache.mapping_info("tmt_iris_dark_0001.rmap").header == {}


def test_a_file_that_is_far_too_large_is_not_read(two_types):
    path = two_types.mappings / "tmt_iris_dark_0001.rmap"
    with path.open("wb") as stream:
        stream.truncate(LARGEST_MAPPING + 1)
    check_refused(two_types, "MB")
    with path.open("wb") as stream:
        stream.truncate(10**13)
    check_refused(two_types, "MB")


def test_a_named_pipe_is_not_waited_for(two_types):
    path = two_types.mappings / "tmt_iris_dark_0001.rmap"
    path.unlink()
    os.mkfifo(path)
    check_refused(two_types, "no regular file")


def test_links_out_of_the_cache_are_not_followed(two_types, tmp_path):
    outside = tmp_path / "outside.rmap"
    path = two_types.mappings / "tmt_iris_dark_0001.rmap"
    path.rename(outside)
    path.symlink_to(outside)
    check_refused(two_types, "leads out")
    path.unlink()
    path.symlink_to(path)
    check_refused(two_types)
    path.unlink()
    (two_types.mappings / "tmt_iris_dark_0002.rmap").write_bytes(outside.read_bytes())
    path.symlink_to("tmt_iris_dark_0002.rmap")
    assert Cache.open(two_types.root).rmap("tmt_0001.pmap", "IRIS", "dark")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_reported(two_types):
    (two_types.mappings / "tmt_iris_dark_0001.rmap").chmod(0)
    check_refused(two_types, "cannot be read")


NAMES = [
    "http://example.org/tmt_iris_dark_0001.rmap",
    "s3://bucket/tmt_iris_dark_0001.rmap",
    "../tmt/tmt_iris_dark_0001.rmap",
    "/etc/passwd",
    "/etc/passwd.rmap",
    "..",
    ".",
    "",
    "a\0b.rmap",
    "a\nb.rmap",
    "x" * 300 + ".rmap",
    "C:\\x.rmap",
    " tmt_iris_dark_0001.rmap",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_that_lead_elsewhere_are_not_followed(two_types, name):
    two_types.imap("tmt_iris_0001.imap", {"DARK": name, "FLAT": "tmt_iris_flat_0001.rmap"})
    cache = Cache.open(two_types.root)
    assert not safe_name(name)
    assert cache.mapping_path(name) is None
    assert cache.reference_path(name) is None
    assert cache.trust(name) is Trust.MISSING
    with pytest.raises(InputError):
        cache.load(name)
    with pytest.raises(InputError):
        cache.rmap("tmt_0001.pmap", "IRIS", "dark")
    assert cache.rmap("tmt_0001.pmap", "IRIS", "flat")
    context = cache.load("tmt_0001.pmap")
    with pytest.raises(InputError):
        context.get_imap("iris").get_rmap("dark")
    assert any(finding.severity is Severity.ERROR for finding in cache.findings())


@pytest.mark.parametrize("name", ["/etc/passwd", "../../../../etc/passwd", "http://example.org/a.fits"])
def test_reference_names_stay_in_the_cache(two_types, name, header):
    two_types.rmap("tmt_iris_dark_0001.rmap", f"Match({{('IRIS1',) : UseAfter({{'2020-01-01 00:00:00' : {name!r}}})}})")
    cache = Cache.open(two_types.root)
    assert cache.rmap("tmt_0001.pmap", "IRIS", "dark").get_best_ref(header) == name
    assert cache.reference_path(name) is None
    assert "unsafe-name" in {finding.code for finding in cache.findings() if finding.place == name}
    leaf = tree(cache).children[0].children[0].children[0].children[0].children[0].children[0]
    assert (leaf.label, leaf.trust) == (name, Trust.MISSING)


def test_links_of_references_stay_in_the_cache(two_types, tmp_path, fits_bytes):
    secret = tmp_path / "secret.fits"
    secret.write_bytes(fits_bytes())
    for name, target in {"out.fits": secret, "loop.fits": two_types.references / "loop.fits", "gone.fits": "x"}.items():
        (two_types.references / name).symlink_to(target)
    (two_types.references / "in.fits").symlink_to("tmt_iris_dark_0001.fits")
    (two_types.references / "folder.fits").mkdir()
    os.mkfifo(two_types.references / "pipe.fits")
    cache = Cache.open(two_types.root)
    for name in ("out.fits", "loop.fits", "gone.fits", "folder.fits"):
        assert cache.reference_path(name) is None, name
        assert cache.trust(name) is Trust.MISSING, name
    assert cache.trust("in.fits") is Trust.OK
    assert cache.trust("pipe.fits") is Trust.CORRUPT
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "deep.fits").write_bytes(fits_bytes())
    (two_types.references.parent / "linked").symlink_to(outside)
    assert cache.trust("deep.fits") is Trust.MISSING


def test_no_mapping_leads_back_to_itself(two_types):
    two_types.pmap("tmt_0001.pmap", {"IRIS": "tmt_iris_0001.imap", "LOOP": "tmt_0001.pmap"})
    two_types.imap(
        "tmt_iris_0001.imap",
        {"DARK": "tmt_iris_0001.imap", "FLAT": "tmt_iris_flat_0001.rmap", "BACK": "tmt_0001.pmap"},
    )
    cache = Cache.open(two_types.root)
    assert cache.rmap("tmt_0001.pmap", "IRIS", "flat")
    for kind in ("dark", "back"):
        with pytest.raises(InputError, match=r"selects \.rmap files"):
            cache.rmap("tmt_0001.pmap", "IRIS", kind)
    with pytest.raises(InputError, match=r"selects \.imap files"):
        cache.load("tmt_0001.pmap").get_imap("loop")
    assert sum(finding.code == "wrong-kind" for finding in cache.findings()) == 3
    assert tree(cache).children[0].children[1].children == ()


def test_pickled_contexts_are_left_alone(two_types, monkeypatch, tmp_path, header):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "mark"),))

    folder = two_types.root / "pickles" / "tmt"
    folder.mkdir(parents=True)
    for name in ("tmt_0001.pmap.pkl", "tmt_0001.pmap.pickle"):
        (folder / name).write_bytes(pickle.dumps(Bomb()))
    monkeypatch.setenv("CRDS_USE_PICKLED_CONTEXTS", "1")
    monkeypatch.setenv("CRDS_PATH", str(two_types.root))
    cache = Cache.open(two_types.root)
    assert cache.rmap("tmt_0001.pmap", "IRIS", "dark").get_best_ref(header) == "tmt_iris_dark_0001.fits"
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("key", ["((A+)+)", "(.*.*.*.*x)", "((A|A)*B)", "(NOT ((A+)+))", "((?=A)B)", "(((.*)*)?)"])
def test_expressions_that_could_run_for_ever_are_refused(two_types, key):
    rules = f"Match({{({key!r},) : UseAfter({{'2020-01-01 00:00:00' : 'a.fits'}})}})"
    two_types.rmap("tmt_iris_dark_0001.rmap", rules)
    check_refused(two_types)
    two_types.rmap("tmt_iris_dark_0001.rmap", rules.replace(repr(key), repr(f"NOT {key}")))
    check_refused(two_types)


@pytest.mark.parametrize("key", ["(IRIS[1-4])", "((IRIS|IFS)[0-9]?)", "(I.*S.*1)", "((?:AB)*)"])
def test_ordinary_expressions_are_let_through(two_types, key, header):
    two_types.rmap("tmt_iris_dark_0001.rmap", f"Match({{({key!r},) : UseAfter({{'2020-01-01 00:00:00' : 'a.fits'}})}})")
    assert Cache.open(two_types.root).rmap("tmt_0001.pmap", "IRIS", "dark").get_best_ref(header) == "a.fits"


def test_the_bound_of_an_expression_is_above_what_it_does():
    assert regexes.paths("ABC") == 1
    assert regexes.paths("A|B|C") <= 3
    assert regexes.paths(".*A.*") == 101**2
    assert regexes.paths("(A+)+") > 10**50
    assert regexes.paths("A" * 3000) == float("inf")


def test_a_key_of_many_letters_is_not_even_compiled(two_types):
    two_types.rmap(
        "tmt_iris_dark_0001.rmap",
        "Match({('(" + "A?" * 500_000 + ")',) : UseAfter({'2020-01-01 00:00:00' : 'a.fits'})})",
    )
    check_refused(two_types, "letters")


EXPRESSIONS = st.recursive(
    st.sampled_from(["A", "B", ".", "[AB]", "A*", "B+", ".*", "A?", "A{2,5}"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("({0[0]}|{0[1]})".format),
        inner.map("({0})*".format),
        inner.map("({0}){{1,3}}".format),
        inner.map("({0})?".format),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_expressions_that_are_let_through_are_quick(pattern):
    try:
        regexes.check([pattern])
    except InputError:
        return
    started = time.process_time()
    for text in ("A" * 68, "AB" * 34, "A" * 67 + "C"):
        re.match(pattern + "C", text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch mark')",
        "{'operational_context': open('mark', 'w')}",
        "[" * 100_000,
        "5",
        "{'operational_context': 5}",
        "{'operational_context': '../tmt_0001.pmap'}",
        "\0",
        "{'bad_files_list': 7, 'mappings': 3, 'observatory': None}",
    ],
)
def test_a_server_config_is_read_and_never_run(two_types, monkeypatch, tmp_path, text):
    monkeypatch.chdir(tmp_path)
    (two_types.config / "server_config").write_text(text)
    cache = Cache.open(two_types.root)
    assert cache.default_context == "tmt_0001.pmap"
    assert not (tmp_path / "mark").exists()
    assert all(finding.severity is not Severity.ERROR or "server" in finding.code for finding in cache.findings())


def test_a_server_config_that_is_a_pipe_or_huge_does_not_stop_the_cache(two_types):
    path = two_types.config / "server_config"
    os.mkfifo(path)
    cache = Cache.open(two_types.root)
    assert [finding.code for finding in cache.findings()] == ["server-config"]
    path.unlink()
    with path.open("wb") as stream:
        stream.truncate(10**12)
    assert [finding.code for finding in Cache.open(two_types.root).findings()] == ["server-config"]


def test_names_that_cannot_be_printed_are_told_and_not_read(two_types):
    two_types.text("\x1b[2J.rmap", "header = {}")
    cache = Cache.open(two_types.root)
    assert all(name.isprintable() for name in cache.mappings)
    assert [(finding.code, finding.place) for finding in cache.findings()] == [("unsafe-name", "'\\x1b[2J.rmap'")]
