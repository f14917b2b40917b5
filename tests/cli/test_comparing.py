"""``calgui compare`` as users call it."""

import json
import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from calgui.cli.main import cli
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.compare import compare_contexts
from calgui.core.simulate import DemoNight

OLD, NEW = "tmt_0002.pmap", "tmt_0003.pmap"


def call(night: DemoNight, *words: object) -> Result:
    return CliRunner().invoke(cli, ["compare", "--cache", str(night.cache), *map(str, words)])


def test_the_document_holds_every_change(demo_night: DemoNight) -> None:
    result = call(demo_night, "--json", OLD, NEW)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    cache = Cache.open(demo_night.cache)
    changes = compare_contexts(cache, OLD, cache, NEW).changes
    assert (told["old"], told["new"], told["same"], told["observations"]) == (OLD, NEW, False, [])
    assert [(one["what"], one["action"], one["old"], one["new"]) for one in told["changes"]] == [
        (one.what.value, one.action, one.old, one.new) for one in changes
    ]
    dates = [one for one in told["changes"] if one["what"] == "date"]
    assert dates
    for one in dates:
        text = next(demo_night.cache.rglob(one["new_mapping"])).read_text().splitlines()
        assert one["new"] in text[one["new_line"] - 1]


def test_observations_are_those_whose_bestrefs_differ(demo_night: DemoNight) -> None:
    answers = []
    for context in (OLD, NEW):
        words = ["bestrefs", "--cache", str(demo_night.cache), "--context", context, "--json", str(demo_night.raw)]
        files = sorted(map(str, Path(demo_night.raw).glob("*.fits")))
        result = CliRunner().invoke(cli, [*words[:-1], *files])
        assert result.exit_code == 0, result.output
        answers.append(
            {
                (one["file"], ref["type"]): (ref["status"], ref["file"])
                for one in json.loads(result.stdout)["observations"]
                for ref in one["references"]
            }
        )
    before, after = answers
    truth = {(*key, before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)}
    result = call(demo_night, "--json", OLD, NEW, demo_night.raw)
    assert result.exit_code == 0, result.output
    told = {
        (one["file"], one["type"], *((end["status"], end["file"]) if end else None for end in (one["old"], one["new"])))
        for one in json.loads(result.stdout)["observations"]
    }
    assert truth
    assert told == truth
    words = call(demo_night, OLD, NEW, demo_night.raw).stdout
    for name, kind, one, two in truth:
        if one and two and one[1] and two[1]:
            assert f"{name}  {kind}  {one[1]} -> {two[1]}" in words


def test_signs_say_what_was_added_and_removed(demo_night: DemoNight) -> None:
    forth, back = call(demo_night, OLD, NEW).stdout, call(demo_night, NEW, OLD).stdout
    added = [line for line in forth.splitlines() if "tmt_iris_dark_0005.fits" in line]
    removed = [line for line in back.splitlines() if "tmt_iris_dark_0005.fits" in line]
    assert [line.split()[0] for line in added] == ["+"]
    assert [line.split()[0] for line in removed] == ["-"]
    assert "Nothing that decides" in call(demo_night, NEW, NEW).stdout
    assert "No selection changes." in call(demo_night, NEW, NEW, demo_night.raw).stdout


def test_the_texts_on_demand(demo_night: DemoNight) -> None:
    assert "+++" not in call(demo_night, OLD, NEW).stdout
    words = call(demo_night, "--text", OLD, NEW).stdout
    assert f"--- {OLD}\n+++ {NEW}\n" in words
    told = json.loads(call(demo_night, "--json", "--text", OLD, NEW).stdout)
    pairs = {(one["old"], one["new"]) for one in told["texts"]}
    assert pairs == {(one["old"], one["new"]) for one in told["mappings"] if one["old"] and one["new"]}
    assert all(one["diff"].startswith(f"--- {one['old']}") for one in told["texts"])


def test_two_caches_and_two_mappings(demo_night: DemoNight, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(demo_night.cache, other)
    path = next(other.rglob("tmt_iris_flat_0001.rmap"))
    path.write_text(path.read_text().replace("tmt_iris_flat_0001.fits", "tmt_iris_flat_0009.fits"))
    result = call(demo_night, "--json", "--new-cache", other, "tmt_iris_flat_0001.rmap", "tmt_iris_flat_0001.rmap")
    assert result.exit_code == 0, result.output
    changes = json.loads(result.stdout)["changes"]
    assert {(one["action"], one["old"], one["new"]) for one in changes} == {
        ("replaced", "tmt_iris_flat_0001.fits", "tmt_iris_flat_0009.fits")
    }


def test_wrong_usage_and_what_cannot_be_read(demo_night: DemoNight, tmp_path: Path) -> None:
    assert call(demo_night, OLD).exit_code == 2
    assert call(demo_night, OLD, "tmt_iris_0001.imap").exit_code == 2
    assert call(demo_night, "tmt_iris_0001.imap", "tmt_iris_0002.imap", demo_night.raw).exit_code == 2
    assert call(demo_night, OLD, "tmt_0099.pmap").exit_code in (2, 3)
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS")
    result = call(demo_night, "--json", OLD, NEW, bad)
    assert result.exit_code == 3
    assert "bad.fits" in result.stderr
    assert json.loads(result.stdout)["changes"]
