"""The tree: what the real caches hold, line numbers that are right, and speed."""

import time
from collections import Counter

import pytest

from calgui.core.errors import UsageError
from calgui.core.rules.cache import Cache
from calgui.core.rules.tree import tree
from calgui.core.rules.values import Trust


def walk(node):
    yield node
    for child in node.children:
        yield from walk(child)


def test_the_real_tmt_cache_under_its_context_and_apart_from_it(real_data):
    root = tree(Cache.open(real_data / "caches" / "tmt"), "tmt_0001.pmap")
    context, unreached = root.children
    nodes = list(walk(context))
    mappings = {node.file for node in nodes if node.file and node.file.endswith("map")}
    references = {node.file for node in nodes if node.kind == "file"}
    assert Counter(name[-4:] for name in mappings) == {"pmap": 1, "imap": 1, "rmap": 5}
    assert references == {
        f"tmt_iris_{name}.fits" for name in ("dark_0001", "drizpars_0001", "flat_0003", "mask_0001", "nonlin_coeff")
    }
    assert {node.trust for node in nodes if node.kind == "file"} == {Trust.LFS_POINTER}
    assert unreached.kind == "unreached"
    assert [(node.kind, node.label) for node in unreached.children] == [
        ("mapping", "tmt_iris_0001.imap"),
        ("mapping", "tmt_iris_0002.imap"),
        ("mapping", "tmt_iris_flat_0001.rmap"),
        ("mapping", "tmt_iris_flat_0002.rmap"),
        ("reference", "tmt_iris_flat_0001.fits"),
        ("reference", "tmt_iris_flat_0002.fits"),
    ]
    assert [node.label for node in nodes if node.kind == "type"] == [
        "DARK",
        "DFLAT: N/A",
        "DRIZPARS",
        "FLAT",
        "MASK",
        "NONLINCOEFF",
    ]


@pytest.mark.parametrize("name", ["tmt", "ligeriri", "tobs", "jwst", "hst"])
def test_every_line_number_points_at_its_text(real_data, name):
    cache = Cache.open(real_data / "caches" / name)
    texts = {mapping: cache.mapping_path(mapping).read_text().splitlines() for mapping in cache.mappings}
    checked = 0
    for node in walk(tree(cache).children[0]):
        if node.line is None:
            continue
        line = texts[node.mapping][node.line - 1]
        if node.kind == "date":
            assert node.label in line
        elif node.kind == "file":
            assert repr(node.label) in line or f'"{node.label}"' in line
        elif node.kind in ("instrument", "type"):
            assert repr(node.label.split(":")[0]) in line
        elif node.label != "every observation":
            assert node.label.split(", ")[0] in line
        checked += 1
    assert checked > 10


@pytest.mark.parametrize("name", ["tobs", "jwst", "hst", "tmt"])
def test_the_tree_names_the_references_that_crds_names(real_data, name):
    cache = Cache.open(real_data / "caches" / name)
    shown: dict[str, set[str]] = {}
    for node in walk(tree(cache).children[0]):
        if node.kind == "file" and node.file:
            shown.setdefault(node.mapping, set()).add(node.file)
    for mapping, files in shown.items():
        assert files == set(cache.load(mapping).reference_names())


def test_a_large_context_is_there_within_two_seconds(real_data):
    started = time.process_time()
    cache = Cache.open(real_data / "caches" / "hst")
    count = sum(1 for _ in walk(tree(cache)))
    assert count > 30_000
    assert time.process_time() - started < 6  # 1 s on a machine that does nothing else


def test_defects_stand_on_the_node_that_they_concern(real_data):
    root = tree(Cache.open(real_data / "caches" / "ligeriri"))
    assert {finding.place for finding in root.findings} == {"server_config"}
    context = root.children[0]
    assert [finding.code for finding in context.findings] == ["sha1"]
    for node in walk(context):
        for finding in node.findings:
            assert finding.place in (node.file, node.mapping)
    liger = next(node for node in context.children if node.label == "Liger")
    assert all("missing-mapping" in {finding.code for finding in node.findings} for node in liger.children)
    assert all(not node.children for node in liger.children)


def test_selectors_of_every_depth_are_shown(write_cache):
    writer = write_cache().healthy()
    writer.rmap(
        "tmt_iris_dark_0001.rmap",
        "Match({('IRIS1',) : UseAfter({'2020-01-01 00:00:00' : SelectVersion({'default' : 'a.fits', '<5' : 'N/A'})}),"
        " ('IRIS2',) : 'b.fits', ('IRIS3',) : ('c.fits', 'd.fits'), () : {'x' : 'e.fits'}})",
    )
    rules = tree(Cache.open(writer.root)).children[0].children[0].children[0].children
    assert [rule.label for rule in rules] == ["IRIS1", "IRIS2", "IRIS3", "every observation"]
    date = rules[0].children[0]
    assert [(node.kind, node.label) for node in date.children] == [("date", "default"), ("date", "<5")]
    assert date.children[1].children[0].file is None
    assert [[node.file for node in rule.children] for rule in rules[1:]] == [
        ["b.fits"],
        ["c.fits", "d.fits"],
        ["e.fits"],
    ]


def test_an_unknown_context_is_a_usage_error_and_none_shows_the_files(write_cache):
    writer = write_cache().healthy()
    with pytest.raises(UsageError):
        tree(Cache.open(writer.root), "tmt_0009.pmap")
    (writer.mappings / "tmt_0001.pmap").unlink()
    (branch,) = tree(Cache.open(writer.root)).children
    assert branch.kind == "unreached"
    assert len(branch.children) == 3
