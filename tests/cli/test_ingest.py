"""``calgui ingest`` as users call it: the demo's odd observation gets its flat, in stock crds too; the real caches."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.rules.cache import Cache
from calgui.core.rules.lint.run import lint
from calgui.core.simulate import DemoNight
from tests.cli.calling import call, state
from tests.cli.nights import exposures, run

ODD = "iris_20260311_image_0006.fits"


def stock(cache: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """crds's own tools, in a process of their own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CRDS_")}
    command = [sys.executable, "-m", "calgui", "crds", "--cache", str(cache), *words]
    return subprocess.run(
        command, capture_output=True, text=True, env={**kept, **environment}, timeout=300, check=False
    )


def theirs(told: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """Type to file of what stock ``bestrefs`` prints."""
    rows = [line.split() for line in told.stdout.splitlines() if " iris " in line.lower()]
    return {row[2].lower(): row[4] for row in rows if len(row) > 4}


def small(path: Path, **cards: Any) -> Path:
    """A reference with some keywords and few pixels."""
    primary = fits.PrimaryHDU()
    primary.header.update({"INSTRUME": "IRIS", "REFTYPE": "FLAT", "USEAFTER": "2026-03-11T00:00:00"} | cards)
    fits.HDUList([primary, fits.ImageHDU(np.ones((8, 8), np.float32), name="SCI")]).writeto(path)
    return path


@pytest.fixture(scope="module")
def flat(demo_night: DemoNight, folder: Path) -> Path:
    """A flat in H, of the night's lamp frames."""
    out = folder / "flat in h.fits"
    run("normalize-flat", *exposures(demo_night, "hflat", 1, 2, 3), "--cache", demo_night.cache, "-o", out)
    return out


@pytest.fixture(scope="module")
def overlay(demo_night: DemoNight, flat: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """The night's cache with that flat in it, and what was said."""
    into = folder / "overlay"
    words = ("--observation", demo_night.raw, "--patch", folder / "flat.patch", "--rename", "--json", flat)
    result = call("ingest", "--cache", demo_night.cache, "--into", into, *words)
    assert result.exit_code == 0, result.output
    return into, json.loads(result.stdout)


def test_the_odd_observation_gets_its_flat(overlay: tuple[Path, dict[str, Any]], demo_night: DemoNight) -> None:
    into, told = overlay
    assert told["ready"]
    assert told["written"] == str(into)
    (rule,) = told["references"]
    assert (rule["file"], rule["action"], rule["replaces"]) == ("tmt_iris_flat_0006.fits", "adds", None)
    assert {one["keyword"]: one["value"] for one in rule["parameters"]} == {
        "DETECTOR": "IRIS1",
        "FILTER": "H",
        "PUPIL": "CLEAR",
    }
    changed = [(Path(one["file"]).name, one["type"], one["new"]["file"]) for one in told["observations"]]
    assert (ODD, "flat", "tmt_iris_flat_0006.fits") in changed
    for one in told["observations"]:
        header = fits.getheader(one["file"])
        assert (header["DETECTOR"], header["FILTER"], one["type"]) == ("IRIS1", "H", "flat")
    image = next(demo_night.raw.rglob(ODD))
    answer = json.loads(call("bestrefs", "--cache", into, "--json", image).stdout)
    assert answer["context"] == told["new_context"] == "tmt_0004.pmap"
    flats = [one["file"] for one in answer["observations"][0]["references"] if one["type"] == "flat"]
    assert flats == ["tmt_iris_flat_0006.fits"]


def test_stock_crds_gives_what_the_preview_said(
    overlay: tuple[Path, dict[str, Any]], demo_night: DemoNight, tmp_path: Path
) -> None:
    into, _ = overlay
    image = Path(shutil.copy(next(demo_night.raw.rglob(ODD)), tmp_path))
    words = ("bestrefs", "--files", str(image), "--print-new-references", "--new-context")
    before = state(into)
    told = stock(into, *words, "tmt-operational")
    assert told.returncode == 0, told.stderr
    assert theirs(told)["flat"].lower() == "tmt_iris_flat_0006.fits"
    back = stock(into, *words, "tmt_0003.pmap")
    assert "tmt_iris_flat_0006" not in back.stdout
    assert state(into) == before


def test_the_mappings_pass_certify_and_our_lint(overlay: tuple[Path, dict[str, Any]], demo_night: DemoNight) -> None:
    into, told = overlay
    names = [f"crds://{one['name']}" for one in told["mappings"]]
    certified = stock(into, "certify", *names, "--comparison-context", "tmt_0003.pmap")
    assert certified.returncode == 0, certified.stderr
    assert "0 errors" in certified.stdout + certified.stderr
    before, after = (lint(Cache.open(folder)) for folder in (demo_night.cache, into))
    assert {(one.code, one.place) for one in after.findings} <= {(one.code, one.place) for one in before.findings}


def test_the_way_back_and_a_dry_run(overlay: tuple[Path, dict[str, Any]], flat: Path, tmp_path: Path) -> None:
    into = tmp_path / "overlay"
    shutil.copytree(overlay[0], into)
    listed = json.loads(call("context", "--cache", into, "--json").stdout)
    assert [row["context"] for row in listed["contexts"] if row["operational"]] == ["tmt_0004.pmap"]
    assert [row["before"] for row in listed["ingests"]] == ["tmt_0003.pmap"]
    result = call("context", "--cache", into, "tmt_0003.pmap")
    assert result.exit_code == 0, result.output
    assert "* tmt_0003.pmap" in result.stdout
    assert Cache.open(into).default_context == "tmt_0003.pmap"
    before = state(tmp_path)
    result = call(
        "ingest", "--cache", into, "--dry-run", "--rename", "--diff", "--delete", "tmt_iris_flat_0005.fits", flat
    )
    assert result.exit_code == 0, result.output
    assert "tmt_iris_flat_0007.fits" in result.stdout
    assert "crds certify accepts it." in result.stdout
    assert "+++ tmt_0005.pmap" in result.stdout
    assert state(tmp_path) == before


def test_exit_codes_and_refusals(demo_night: DemoNight, flat: Path, tmp_path: Path) -> None:
    cache, into = demo_night.cache, tmp_path / "new"
    before = state(cache)
    named = call("ingest", "--cache", cache, "--into", into, flat)
    assert named.exit_code == 3
    assert "flat in h.fits" in named.output
    assert "tmt_iris_flat_0006.fits" in named.output  # the cure
    assert call("ingest", "--cache", cache, "--rename", flat).exit_code == 2
    assert call("ingest", "--cache", cache, "--into", into).exit_code == 2
    for bad in (cache / "new", cache, tmp_path.parent):
        assert call("ingest", "--cache", cache, "--into", bad, "--rename", flat).exit_code == 2
    gone = call("ingest", "--cache", cache, "--into", into, "--json", tmp_path / "gone.fits")
    assert gone.exit_code == 3
    assert [one["code"] for one in json.loads(gone.stdout)["findings"]] == ["unreadable"]
    inside = call("ingest", "--cache", cache, "--patch", cache / "x.patch", "--rename", flat)
    assert inside.exit_code == 2
    assert call("context", "--cache", cache, "tmt_0001.pmap").exit_code == 3
    other = call("ingest", "--cache", cache, "--dry-run", "--rename", "--set", "FILTER=Y", flat)
    assert other.exit_code == 0, other.output
    assert "FILTER = Y" in other.output
    assert "FILTER=Y counts for the rules alone: the files stay as they are" in other.output
    assert not into.exists()
    assert state(cache) == before


def test_what_crds_certify_refuses_is_written_only_knowingly(demo_night: DemoNight, tmp_path: Path) -> None:
    # its rule is told what its header does not say
    dark = small(tmp_path / "tmt_iris_dark_0006.fits", REFTYPE="DARK", DETECTOR="IRIS1")
    words = ("ingest", "--cache", demo_night.cache, "--set", "SUBARRAY=FULL", "--into", tmp_path / "new")
    refused = call(*words, "--json", dark)
    assert refused.exit_code == 3
    told = json.loads(refused.stdout)
    assert (told["ready"], told["written"], told["findings"]) == (False, None, [])
    (asked,) = told["certify"]
    assert asked["file"] == dark.name
    assert any("SUBARRAY" in text for text in asked["errors"])
    assert "--despite-certify" in refused.stderr
    assert not (tmp_path / "new").exists()
    knowingly = call(*words, "--despite-certify", dark)
    assert knowingly.exit_code == 1  # done, and not good
    assert "crds certify refuses it: Checking 'META.SUBARRAY.NAME'" in knowingly.stdout
    assert (tmp_path / "new").is_dir()
    unasked = call(*words[:-1], tmp_path / "other", "--no-certify", "--json", dark)
    assert unasked.exit_code == 0
    assert json.loads(unasked.stdout)["certify"] is None


def test_the_terminal_is_not_played_with(demo_night: DemoNight, tmp_path: Path) -> None:
    bad = tmp_path / "a\x1b[2Jb.fits"
    shutil.copy(next(demo_night.cache.rglob("tmt_iris_flat_0001.fits")), bad)
    result = call("ingest", "--cache", demo_night.cache, "--into", tmp_path / "new", bad)
    assert result.exit_code == 3
    assert "\x1b" not in result.output
    result = call("ingest", "--cache", tmp_path / "no\x1b[2Jcache", "--into", tmp_path / "new", bad)
    assert result.exit_code == 3
    assert "\x1b" not in result.output


def test_the_real_tmt_cache(real_data: Path, tmp_path: Path) -> None:
    tmt = real_data / "caches" / "tmt"
    into = tmp_path / "overlay"
    flat = small(tmp_path / "tmt_iris_flat_0004.fits", DETECTOR="IRIS1", FILTER="H", PUPIL="CLEAR")
    # its imap declares DFLAT not applicable: the type gets its first mapping
    dflat = small(tmp_path / "tmt_iris_dflat_0001.fits", DETECTOR="IRIS1", REFTYPE="DFLAT")
    result = call("ingest", "--cache", tmt, "--into", into, "--json", flat, dflat)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    # by the rules of the new context, which alone knows the type; who made them is not said
    assert [(one["errors"], len(one["warnings"])) for one in told["certify"]] == [([], 3), ([], 3)]
    # LFS pointers and a wrong name in a header do not stop crds; the pointers stop who reads what it gives
    assert [(one["severity"], one["code"]) for one in told["in_the_way"]] == [("warning", "lfs-pointer-given")]
    assert "5 references that are Git LFS pointers" in told["in_the_way"][0]["message"]
    seen = {"REFTYPE": "X", "SUBARRAY": "FULL", "DATE-OBS": "2026-05-01", "TIME-OBS": "00:00:00"}
    image = small(tmp_path / "image.fits", DETECTOR="IRIS1", FILTER="H", PUPIL="CLEAR", **seen)
    said = stock(into, "bestrefs", "--files", str(image), "--print-new-references", "--new-context", "tmt-operational")
    assert said.returncode == 0, said.stderr
    assert theirs(said)["flat"].lower() == flat.name
    assert theirs(said)["dflat"].lower() == dflat.name
    names = [f"crds://{one['name']}" for one in told["mappings"]]
    certified = stock(into, "certify", *names, "--comparison-context", "tmt_0001.pmap")
    assert certified.returncode == 0, certified.stdout + certified.stderr


def test_the_real_ligeriri_cache_and_what_stands_in_the_way(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "caches" / "ligeriri"
    into = tmp_path / "overlay"
    # named as the others of that cache are, which CRDS would not
    mode = {"DETECTOR": "IMG1", "FILTER": "Y", "PUPIL": "CLEAR", "INSTERA": "0.0.0", "READMODE": "DEFAULT"}
    flat = small(tmp_path / "IRIS_IMG1_FLAT_20260311T000000_0.0.1.fits", **mode)
    result = call("ingest", "--cache", folder, "--into", into, "--json", flat)
    assert result.exit_code == 1, result.output  # written, and the cache is broken
    told = json.loads(result.stdout)
    assert told["written"] == str(into)
    assert [one["code"] for one in told["findings"]] == ["naming"]
    wrong = {"dark", "drizpars", "dq", "nonlin"}
    stopping = {(one["code"], one["place"]) for one in told["in_the_way"] if one["severity"] == "error"}
    assert stopping == {("sha1", f"ligeriri_iris_{kind}_0001.rmap") for kind in wrong}
    unread = {one["code"] for one in told["in_the_way"] if one["severity"] == "warning"}
    assert unread == {"missing-given", "lfs-pointer-given"}
    # its configuration named a context that it does not have; the overlay's names the new one
    assert Cache.open(into).stated_context == "ligeriri_0002.pmap"
    image = small(tmp_path / "image.fits", **mode, REFTYPE="X", SUBARRAY="FULL", DATE="2026-05-01T00:00:00")
    words = ("bestrefs", "--files", str(image), "--print-new-references", "--new-context", "ligeriri-operational")
    refused = stock(into, *words)
    assert theirs(refused) == {}
    assert "ERROR" in refused.stderr
    taken = stock(into, *words, CRDS_IGNORE_MAPPING_CHECKSUM="1")
    assert theirs(taken)["flat"].upper() == flat.name.upper(), taken.stdout + taken.stderr
    names = [f"crds://{one['name']}" for one in told["mappings"] if one["name"].endswith(".rmap")]
    certified = stock(into, "certify", *names)
    assert certified.returncode == 0, certified.stdout + certified.stderr
