"""``calgui crds``: crds's own tools on the real caches and the demo's, which they do not know by themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from calgui.core.simulate import DemoNight
from tests.cli.calling import state


def run(cache: Path, *words: str, cwd: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CRDS_")}
    return subprocess.run(
        [sys.executable, "-m", "calgui", "crds", "--cache", str(cache), *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**kept, **environment},
        timeout=300,
        check=False,
    )


@pytest.fixture
def cache(demo_night: DemoNight, tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    shutil.copytree(demo_night.cache, folder)
    return folder


def test_matches_and_uses_on_the_real_cache(real_data: Path) -> None:
    tmt = real_data / "caches" / "tmt"
    told = run(tmt, "matches", "--contexts", "tmt_0001.pmap", "--files", "tmt_iris_dark_0001.fits")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("tmt_iris_dark_0001.fits") == 2
    assert "META.SUBARRAY.NAME='CUSTOM'" in told.stdout
    listed = run(tmt, "list", "--mappings", "--contexts", "tmt_0001.pmap")
    assert listed.stdout.split()[0] == "tmt_0001.pmap"
    assert len(listed.stdout.split()) == 7


def test_bestrefs_selects_what_we_select(cache: Path, demo_night: DemoNight, tmp_path: Path) -> None:
    image = next(demo_night.raw.rglob("*0311_image_0001.fits"))
    copy = Path(shutil.copy(image, tmp_path))
    before = state(cache)
    told = run(cache, "bestrefs", "--new-context", "tmt_0003.pmap", "--files", str(copy), "--print-new-references")
    assert told.returncode == 0, told.stderr
    rows = [line.split() for line in told.stdout.splitlines() if " iris " in line]
    theirs = {row[2]: row[4] for row in rows}
    from calgui.core.frames.headers import rule_header
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.selection.select import best_references

    for one in best_references(Cache.open(cache), "tmt_0003.pmap", rule_header(copy)):
        if one.type in theirs:
            assert theirs[one.type] == (one.file or "n/a")
    assert state(cache) == before


def test_certify_passes_our_own_mappings_and_refuses_a_broken_one(cache: Path) -> None:
    mapping = next(cache.rglob("tmt_iris_flat_0002.rmap"))
    good = run(cache, "certify", str(mapping))
    assert good.returncode == 0, good.stdout + good.stderr
    mapping.write_text(mapping.read_text().replace("'IRIS1'", "'NOSUCH'"))
    bad = run(cache, "certify", str(mapping))
    assert bad.returncode != 0


def test_diff_tells_the_added_rule(cache: Path) -> None:
    old, new = (next(cache.rglob(f"tmt_iris_flat_000{number}.rmap")) for number in (1, 2))
    told = run(cache, "diff", str(old), str(new))
    assert "tmt_iris_flat_0005.fits" in told.stdout
    assert told.returncode == 1


def test_checksum_mends_a_copy(cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tmt_iris_flat_0002.rmap"
    copy.write_text(next(cache.rglob(copy.name)).read_text() + "\n# another line\n")
    before = state(cache)
    told = run(cache, "checksum", str(copy))
    assert told.returncode == 0, told.stderr
    assert state(cache) == before
    from calgui.core.rules.files.mapping_file import checksum

    assert checksum(copy.read_text()) in copy.read_text()


def test_exit_codes_and_usage_are_those_of_the_tool(cache: Path) -> None:
    helped = run(cache, "matches", "--help")
    assert helped.returncode == 0
    assert "--files" in helped.stdout
    assert run(cache, "matches", "--nonsense").returncode == 2
    unknown = run(cache, "nosuch")
    assert unknown.returncode == 2
    assert "certify" in unknown.stderr


def test_the_network_is_not_asked(cache: Path) -> None:
    # a server that cannot be there: a tool that asked it would fail or hang
    told = run(cache, "list", "--references", "--contexts", "tmt_0003.pmap", https_proxy="http://127.0.0.1:9")
    assert told.returncode == 0, told.stderr
    assert "tmt_iris_flat_0005.fits" in told.stdout


def test_a_cache_that_is_none(tmp_path: Path) -> None:
    told = run(tmp_path, "list", "--mappings")
    assert told.returncode == 3
    assert str(tmp_path) in told.stderr
