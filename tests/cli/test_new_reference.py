"""The whole way of a new reference on the command line, as docs/new-reference.md goes it; crds has the last word.

crds is asked in a process that never sees calgui (`tests.plaincrds`), for every exposure of the night and every type.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner, Result

from calgui.cli.main import cli
from calgui.core.rules.cache import Cache
from calgui.core.rules.lint.run import lint
from calgui.core.rules.values import Severity
from calgui.core.simulate import DemoNight
from calgui.core.simulate.detector import Detector
from calgui.core.simulate.kinds.flat import true_flat
from calgui.core.simulate.scene import Scene
from tests.cli.nights import ACTIVE, exposures, run
from tests.cli.test_ingest import ODD, small, state
from tests.plaincrds import select

Selected = Mapping[str, Mapping[str, str]]
Change = tuple[str, str, str, str]


def call(*words: object, code: int = 0) -> Result:
    made = CliRunner().invoke(cli, [str(word) for word in words])
    assert made.exit_code == code, made.output
    return made


def told(*words: object, code: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(call(*words, "--json", code=code).stdout)
    return document


def none(answer: str) -> str:
    """What crds says instead of a name, made plain."""
    return "none" if answer.upper().startswith(("NOT FOUND", "UNDEFINED", "N/A")) else answer.lower()


def changes(old: Selected, new: Selected) -> set[Change]:
    """File, type, reference before and after, by crds."""
    assert not [answers["!"] for answers in (*old.values(), *new.values()) if "!" in answers]
    return {
        (Path(path).name, kind, before, after)
        for path in new
        for kind in {*old[path], *new[path]}
        if (before := none(old[path].get(kind, "N/A"))) != (after := none(new[path].get(kind, "N/A")))
    }


def promised(document: Mapping[str, Any]) -> set[Change]:
    """The same, as the preview said it."""
    return {
        (Path(one["file"]).name, one["type"], *(_end(one[end]) for end in ("old", "new")))  # type: ignore[misc]
        for one in document["observations"]
    }


def _end(selection: Mapping[str, Any] | None) -> str:
    return str(selection["file"]).lower() if selection and selection["file"] else "none"


@pytest.fixture(scope="module")
def flat(demo_night: DemoNight, folder: Path) -> Path:
    """The flat in H that the night lacks, of its own lamp frames and the dark that the rules select."""
    out = folder / "flat_h.fits"
    told = run("normalize-flat", "--cache", demo_night.cache, "-o", out, *exposures(demo_night, "hflat", 1, 2, 3))
    assert told["verdict"] == "good"
    assert [one["type"].lower() for one in told["references"]] == ["dark"]
    return out


@pytest.fixture(scope="module")
def raw(demo_night: DemoNight) -> list[Path]:
    """All exposures of the night."""
    return sorted(demo_night.raw.glob("*.fits"))


@pytest.fixture(scope="module")
def before(demo_night: DemoNight, raw: list[Path]) -> Selected:
    """What crds gave for the night before anything went in."""
    return select(demo_night.cache, "tmt", "tmt-operational", raw)


@pytest.fixture(scope="module")
def overlay(demo_night: DemoNight, flat: Path, folder: Path) -> tuple[Path, dict[str, Any]]:
    """The new cache, and what was said of it."""
    into, untouched = folder / "new", state(demo_night.cache)
    words = ("--cache", demo_night.cache, "--into", into, "--rename", "--patch", folder / "h.patch")
    document = told("ingest", *words, "--observation", demo_night.raw, flat)
    assert state(demo_night.cache) == untouched
    return into, document


def test_the_bad_dark_is_caught_among_its_neighbours(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    darks = sorted(demo_night.raw.glob("iris_20260305_dark_*.fits"))
    said = call("validate", "--cache", demo_night.cache, *darks, code=1).stdout
    lines = said.splitlines()
    odd = truth["kinds"]["dark"]["odd_one_out"]
    assert [line.split(":")[0] for line in lines if ": bad (" in line] == [odd]
    reasons = [line for line in lines if line.startswith("  bad: ")]
    assert len(reasons) >= 2
    for reason in reasons:  # number and threshold, what to do, what to look at
        assert ", above " in reason
        assert "Light came in" in reason
        assert "Look at the " in reason


def test_the_flat_is_the_true_one_and_good(
    demo_night: DemoNight, flat: Path, scene: Scene, detector: Detector, truth: dict[str, Any]
) -> None:
    with fits.open(flat) as hdus:
        header, made, error = hdus[0].header, hdus["SCI"].data[ACTIVE], hdus["ERR"].data[ACTIVE]
        good = (hdus["DQ"].data[ACTIVE] & 1) == 0
    true = true_flat(scene, detector)[ACTIVE]
    pull = (made - true)[good] / error[good]
    assert abs(np.median(pull)) < 0.05
    assert 0.6 < np.median(np.abs(pull)) / 0.6745 < 1.3
    assert (header["FILTER"], header["S_DARK"], header["REFTYPE"]) == ("H", "COMPLETE", "FLAT")
    assert header["USEAFTER"] == "2026-03-11T02:50:00"
    assert header["DESCRIP"] == "Flat of 3 frames of 10 s"
    # what a preview of an ingest asks of a header is all there: nothing has to be written by hand
    (one,) = told("validate", "--cache", demo_night.cache, flat)["files"]
    assert (one["verdict"], one["reasons"]) == ("good", [])


def test_crds_gives_what_was_promised_and_the_odd_observation_has_its_flat(
    overlay: tuple[Path, dict[str, Any]], before: Selected, raw: list[Path], demo_night: DemoNight
) -> None:
    into, document = overlay
    assert document["observations_asked"] == len(raw)
    after = select(into, "tmt", "tmt-operational", raw)
    assert changes(before, after) == promised(document)
    assert (ODD, "flat", "none", "tmt_iris_flat_0006.fits") in promised(document)
    odd = demo_night.raw / ODD
    told_of = told("explain", "--cache", into, "--type", "flat", odd)
    assert (told_of["status"], told_of["selected"]) == ("selected", "tmt_iris_flat_0006.fits")
    # and the way back: crds follows what the cache calls operational
    back = into.with_name("back")
    shutil.copytree(into, back)
    said = call("context", "--cache", back, "tmt_0003.pmap").stdout
    assert "* tmt_0003.pmap" in said
    assert changes(before, select(back, "tmt", "tmt-operational", raw)) == set()


def test_several_at_once_one_replaced_and_one_deleted(
    overlay: tuple[Path, dict[str, Any]], flat: Path, raw: list[Path], tmp_path: Path
) -> None:
    first, _ = overlay
    mode = {"DETECTOR": "IRIS1", "PUPIL": "CLEAR"}
    again = tmp_path / "again.fits"
    shutil.copy(flat, again)  # the same rule and date: it replaces
    later = small(tmp_path / "later.fits", FILTER="H", USEAFTER="2026-03-11T12:00:00", **mode)
    fresh = small(tmp_path / "fresh.fits", FILTER="Y", **mode)
    seen = {"REFTYPE": "X", "SUBARRAY": "FULL", "DATE-OBS": "2026-03-12", "TIME-OBS": "01:00:00", **mode}
    mine = [small(tmp_path / f"image_{band}.fits", FILTER=band, **seen) for band in "YJ"]
    asked = [*raw, *mine]
    into = tmp_path / "second"
    words: tuple[object, ...] = ("--cache", first, "--into", into, "--rename", "--delete", "tmt_iris_flat_0003.fits")
    document = told(
        "ingest", *words, *(word for path in asked for word in ("--observation", path)), again, later, fresh
    )
    assert [(one["file"], one["action"]) for one in document["references"]] == [
        ("tmt_iris_flat_0007.fits", "replaces"),
        ("tmt_iris_flat_0008.fits", "adds"),
        ("tmt_iris_flat_0009.fits", "adds"),
    ]
    assert document["new_context"] == "tmt_0005.pmap"
    old = select(first, "tmt", "tmt-operational", asked)
    found = changes(old, select(into, "tmt", "tmt-operational", asked))
    assert found == promised(document)
    assert (ODD, "flat", "tmt_iris_flat_0006.fits", "tmt_iris_flat_0008.fits") in found
    assert ("iris_20260311_hflat_0002.fits", "flat", "tmt_iris_flat_0006.fits", "tmt_iris_flat_0007.fits") in found
    assert ("image_J.fits", "flat", "tmt_iris_flat_0003.fits", "none") in found
    assert ("image_Y.fits", "flat", "none", "tmt_iris_flat_0009.fits") in found
    assert lint(Cache.open(into)).healthy
    # two contexts back, in one step: the night as it was
    call("context", "--cache", into, "tmt_0003.pmap")
    files = {path.name for path in into.rglob("*.fits")}
    assert {"tmt_iris_flat_0003.fits", "tmt_iris_flat_0006.fits", "tmt_iris_flat_0009.fits"} <= files


@pytest.mark.parametrize("how", ["am", "apply"])
def test_the_patch_makes_the_same_cache_of_a_checkout(
    how: str, overlay: tuple[Path, dict[str, Any]], demo_night: DemoNight, flat: Path, folder: Path, tmp_path: Path
) -> None:
    into, document = overlay
    checkout = tmp_path / "checkout"
    shutil.copytree(demo_night.cache, checkout)
    who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")

    def git(*words: str) -> str:
        done = subprocess.run(["git", *who, *words], cwd=checkout, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    if shutil.which("git") is None:
        pytest.skip("git is not there")
    git("init", "-q")
    git("add", "mappings", "config")
    git("commit", "-qm", "cache")
    git(how, str(folder / "h.patch"))
    text = (folder / "h.patch").read_text()
    place = next(word for line in text.splitlines() for word in line.split() if word.startswith("references/"))
    shutil.copy(flat, checkout / place)
    assert Path(place).name == document["references"][0]["file"]

    def content(root: Path) -> dict[str, bytes]:
        files = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
        return {str(path.relative_to(root)): path.read_bytes() for path in files}

    mine, theirs = content(checkout), content(into)
    del theirs["config/tmt/ingests.json"]  # of overlays alone
    config = "config/tmt/server_config"
    configs = [timeless(one.pop(config)) for one in (mine, theirs)]
    assert mine == theirs
    assert configs[0] == configs[1]
    assert "tmt_0004.pmap" in configs[0]
    assert lint(Cache.open(checkout)).healthy


def timeless(config: bytes) -> str:
    """A configuration without the time of its making."""
    return "\n".join(line for line in config.decode().splitlines() if "last_synced" not in line)


@pytest.mark.parametrize("name", ["tmt", "ligeriri"])
def test_a_frame_goes_into_the_real_caches(
    name: str, flat: Path, demo_night: DemoNight, real_data: Path, tmp_path: Path
) -> None:
    """What stands in the way is named, and with that told to crds it gives what the preview said."""
    cache, into = real_data / "caches" / name, tmp_path / "overlay"
    mode = {"DETECTOR": "IRIS1", "FILTER": "H", "PUPIL": "CLEAR", "SUBARRAY": "FULL"}
    settings: dict[str, str] = {}
    if name == "ligeriri":  # its detectors are called otherwise, and its rules ask for more
        settings = {"DETECTOR": "IMG1", "INSTERA": "0.0.0", "READMODE": "DEFAULT"}
        refused = call("ingest", "--cache", cache, "--into", into, "--rename", flat, code=3).stdout
        assert "INSTERA" in refused
        assert "they allow IFU, IMG, IMG1, IMG2" in refused
        flat = tmp_path / "flat.fits"
        words = [word for key, value in settings.items() for word in ("-k", f"{key}={value}")]
        run("normalize-flat", "--cache", demo_night.cache, "-o", flat, *words, *exposures(demo_night, "hflat", 1, 2, 3))
    dates = {"DATE-OBS": "2026-05-01", "TIME-OBS": "01:00:00", "DATE": "2026-05-01 01:00:00"}
    images = [
        small(tmp_path / f"image_{band}.fits", **{**mode, **settings, **dates, "REFTYPE": "X", "FILTER": band})
        for band in ("H", "K", "Y")
    ]
    broken = name == "ligeriri"
    words = [str(word) for path in images for word in ("--observation", path)]
    document = told("ingest", "--cache", cache, "--into", into, "--rename", *words, flat, code=int(broken))
    stopping = [one for one in document["in_the_way"] if one["severity"] == "error"]
    assert bool(stopping) == broken
    assert all(one["code"] == "sha1" and one["cure"] for one in stopping)
    assert "lfs-pointer-given" in {one["code"] for one in document["in_the_way"]}
    old = json.loads(call("cache", "lint", cache, "--json", code=1).stdout)["context"]
    if broken:  # crds says what the ingest said of it
        refused = select(into, name, document["new_context"], images[:1])
        assert "checksum" in next(iter(refused.values()))["!"].lower()
    befores, afters = (
        select(into, name, context, images, ignore_checksums=broken) for context in (old, f"{name}-operational")
    )
    found = changes(befores, afters)
    assert found == promised(document)
    assert [(file, kind) for file, kind, _, _ in found] == [("image_H.fits", "flat")]
    # crds certifies it (its mappings: test_ingest), and our lint finds nothing that was not there
    (one,) = told("validate", "--cache", into, next(into.rglob(document["references"][0]["file"])))["files"]
    assert (one["verdict"], one["reasons"]) == ("good", [])
    assert {check["check"]: check["verdict"] for check in one["checks"]}["certify"] == "good"
    first, second = (lint(Cache.open(root)).findings for root in (cache, into))
    new = {one["name"] for one in document["mappings"]} | {document["references"][0]["file"]}
    ours = [one for one in second if one.place in new or new.intersection(place.file for place in one.places)]
    assert [one for one in ours if one.severity is Severity.ERROR] == []
    assert {one.code for one in second} <= {one.code for one in first}
