"""``calgui cache tree`` and ``calgui cache check``: JSON, text and exit codes."""

import json

import pytest
from click.testing import CliRunner

from calgui.cli.main import cli


def run(*args):
    return CliRunner().invoke(cli, ["cache", *map(str, args)])


def test_the_tree_as_json_is_one_document(real_data):
    done = run("tree", real_data / "caches" / "tmt", "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["context"] == "tmt_0001.pmap"
    context, unreached = document["tree"]["children"]
    assert context["children"][0]["children"][0]["label"] == "DARK"
    assert len(unreached["children"]) == 6
    assert context["children"][0]["findings"][0]["code"] == "name"
    assert {"kind", "label", "file", "mapping", "line", "trust", "findings", "children"} == set(context)


def test_the_tree_as_text_has_one_line_for_each_file(real_data):
    done = run("tree", real_data / "caches" / "tmt")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "tmt"
    assert any("tmt_iris_flat_0003.fits  [lfs-pointer]" in line for line in done.stdout.splitlines())
    assert "Not reached by tmt_0001.pmap" in done.stdout


def test_depth_cuts_the_tree(real_data):
    short = run("tree", real_data / "caches" / "hst", "--depth", 2)
    assert len(short.stdout.splitlines()) < 20
    document = json.loads(run("tree", real_data / "caches" / "hst", "--depth", 2, "--json").stdout)
    assert all(not node["children"] for node in document["tree"]["children"][0]["children"])


@pytest.mark.parametrize(("name", "code"), [("tmt", 1), ("ligeriri", 1), ("jwst", 0), ("hst", 0)])
def test_check_says_by_its_exit_code_whether_a_cache_is_broken(real_data, name, code):
    text = run("check", real_data / "caches" / name)
    assert text.exit_code == code
    done = run("check", real_data / "caches" / name, "--json")
    assert done.exit_code == code
    document = json.loads(done.stdout)
    assert document["verdict"] == ("bad" if code else "good")
    counted = [sum(f["severity"] == s for f in document["findings"]) for s in ("error", "warning", "info")]
    assert counted == list(document["counts"].values())
    assert bool(counted[0]) == bool(code)


def test_notes_are_listed_on_request(real_data):
    assert "derived-from" not in run("check", real_data / "caches" / "tmt").stdout
    assert "derived-from" in run("check", real_data / "caches" / "tmt", "--all").stdout


@pytest.mark.parametrize(
    ("args", "code"), [(["tree"], 2), (["check"], 2), (["nonsense"], 2), (["tree", "/nowhere"], 3), (["check", "/"], 3)]
)
def test_wrong_usage_and_no_cache(args, code):
    assert run(*args).exit_code == code


def test_an_unknown_context_is_wrong_usage(real_data):
    for command in ("tree", "check"):
        done = run(command, real_data / "caches" / "tmt", "--context", "tmt_9.pmap")
        assert done.exit_code == 2
        assert "tmt_0001.pmap" in done.stderr
