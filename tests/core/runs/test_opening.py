"""References that cannot be used, in a preview and in a run: an algorithm that tells goes on without them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.runs.preview import centred_box, cut_inputs, examine, preview
from calgui.core.runs.references import UsedReference
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import sciramp

KINDS = ("NONLINCOEFF", "MASK", "DARK", "FLAT", "SKY")


@pytest.fixture
def spoilt(demo_night: DemoNight, tmp_path: Path) -> Path:
    """A cache whose dark is cut short, and whose flat is gone."""
    cache = tmp_path / "cache"
    shutil.copytree(demo_night.cache, cache)
    dark = next(cache.rglob("tmt_iris_dark_0004.fits"))
    dark.write_bytes(dark.read_bytes()[:100_000])
    next(cache.rglob("tmt_iris_flat_0005.fits")).unlink()
    return cache


def test_a_preview_says_why_as_a_run_does(demo_night: DemoNight, spoilt: Path) -> None:
    ramp, cache = demo_night.raw / sciramp.FULL, Cache.open(spoilt)
    try:
        examined = examine("quick-look", [ramp], {}, {}, cache, None, Job())
        assert examined.problem is None
        box = centred_box((256, 256), 64)
        cut = cut_inputs([ramp], examined.references, box, Job(), examined.missing, KINDS)
        seen = preview("quick-look", cut, {}, Job())
        whole = run_files("quick-look", [ramp], cache=cache)
    finally:
        cache.close()
    for result in (seen, whole.result):
        notes = {stage.name: stage.note for stage in result.stages if not stage.done}
        assert notes.keys() == {"dark", "flat"}
        assert "tmt_iris_dark_0004.fits" in notes["dark"]
        assert "damaged" in notes["dark"]
        assert "tmt_iris_flat_0005.fits" in notes["flat"]
        assert "not in the cache" in notes["flat"]
        assert result.verdict == "doubtful"
    assert {item.type for item in whole.references} == {"NONLINCOEFF", "MASK", "SKY"}
    assert whole.unused == ()


def test_a_file_that_turns_out_damaged_is_told_of_where_the_rules_select_it(
    demo_night: DemoNight, spoilt: Path
) -> None:
    ramp, box = demo_night.raw / sciramp.FULL, centred_box((256, 256), 64)
    damaged = UsedReference("DARK", next(spoilt.rglob("tmt_iris_dark_0004.fits")), selected=True)
    cut = cut_inputs([ramp], [damaged], box, Job(), {}, KINDS)
    assert "DARK" not in cut.references
    assert damaged.path.name in cut.references.missing["DARK"].reason
    for reference, tells in ((damaged, ()), (replace(damaged, selected=False), KINDS)):
        with pytest.raises(InputError):
            cut_inputs([ramp], [reference], box, Job(), {}, tells)


def test_what_is_switched_off_is_not_asked_for(demo_night: DemoNight) -> None:
    cache = Cache.open(demo_night.cache)
    try:
        off = {"sky": "off", "linearity": "off"}
        examined = examine("quick-look", [demo_night.raw / sciramp.FULL], off, {}, cache, None, Job())
        image = examine("quick-look", [demo_night.raw / "iris_20260311_image_0001.fits"], {}, {}, cache, None, Job())
    finally:
        cache.close()
    assert [item.type for item in examined.references] == ["MASK", "DARK", "FLAT"]
    assert [item.type for item in image.references] == ["MASK", "DARK", "FLAT", "SKY"]
    assert examined.missing == image.missing == {}
