"""All darks of a mode out of a cache: which ones, in what order, and what cannot be read."""

import shutil
from pathlib import Path

import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames.headers import rule_header
from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.select import best_references
from calgui.core.runs.gathering import as_document, gather, gatherer
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4204800\n"
REFERENCES = Path("references", "tmt", "iris")
FULL = [f"tmt_iris_dark_000{number}.fits" for number in (1, 4, 5)]


@pytest.fixture
def spoilt(demo_night: DemoNight, tmp_path: Path) -> Path:
    """A cache of its own, to take files away from."""
    folder = tmp_path / "cache"
    shutil.copytree(demo_night.cache, folder)
    return folder


def image(night: DemoNight) -> Path:
    return night.raw / "iris_20260311_image_0001.fits"


def test_an_observation_says_the_mode_and_is_none_of_its_darks(demo_night: DemoNight) -> None:
    cache = Cache.open(demo_night.cache)
    found = gather("dark", image(demo_night), cache)
    assert [path.name for path in found.paths] == FULL
    assert found.left_out == ()
    assert [value for _name, value in found.mode] == ["IRIS1", "FULL"]
    # each is what crds gives an observation of this mode on some day
    assert cache.default_context is not None
    for path in found.paths:
        day = fits.getval(path, "USEAFTER")[:10]
        header = {**rule_header(image(demo_night)), "DATE-OBS": day, "TIME-OBS": "12:00:00"}
        assert best_references(cache, cache.default_context, header, ["dark"])[0].file == path.name


@pytest.mark.parametrize(("name", "expected"), [(FULL[1], FULL), ("tmt_iris_dark_0002.fits", None)])
def test_a_reference_is_one_of_them(demo_night: DemoNight, name: str, expected: list[str] | None) -> None:
    path = demo_night.cache / REFERENCES / name
    found = gather("DARK", path, Cache.open(demo_night.cache))
    assert [one.name for one in found.paths] == (expected or [name])
    assert found.paths.count(path) == 1


def test_a_new_reference_comes_last_and_one_of_the_same_name_takes_its_place(
    demo_night: DemoNight, tmp_path: Path
) -> None:
    cache = Cache.open(demo_night.cache)
    source = demo_night.cache / REFERENCES / FULL[1]
    new, same = Path(shutil.copy(source, tmp_path / "new.fits")), Path(shutil.copy(source, tmp_path / FULL[1]))
    found = gather("DARK", image(demo_night), cache, others=[new, same, image(demo_night)])
    assert [path.name for path in found.paths] == [*FULL, "new.fits"]
    assert same in found.paths
    assert source not in found.paths


def test_missing_files_and_pointers_are_named_and_the_rest_is_charted(demo_night: DemoNight, spoilt: Path) -> None:
    (spoilt / REFERENCES / FULL[0]).write_bytes(POINTER)
    report = run_files("dark-trend", [image(demo_night)], cache=spoilt)
    assert report.metrics["n_frames"].value == 2
    assert [path.name for path in report.inputs] == FULL[1:]
    assert report.gathered is not None
    assert as_document(report.gathered)["left_out"][0]["file"] == FULL[0]
    assert any(FULL[0] in reason and "Git LFS pointer" in reason for reason in report.reasons)
    (spoilt / REFERENCES / FULL[1]).unlink()
    with pytest.raises(InputError) as caught:
        run_files("dark-trend", [image(demo_night)], cache=spoilt)
    assert "there is 1 of type DARK" in caught.value.message
    assert all(name in caught.value.message for name in FULL[:2])
    assert FULL[2] not in caught.value.message


def test_files_that_are_given_are_taken_as_they_are(demo_night: DemoNight) -> None:
    paths = [demo_night.cache / REFERENCES / name for name in FULL[:2]]
    report = run_files("dark-trend", paths, cache=demo_night.cache)
    assert report.gathered is None
    assert report.inputs == tuple(paths)
    with pytest.raises(InputError, match="or one file and a cache"):
        run_files("dark-trend", paths[:1])


def test_what_has_no_dark_is_told(demo_night: DemoNight, tmp_path: Path) -> None:
    path = Path(shutil.copy(image(demo_night), tmp_path / "other.fits"))
    fits.setval(path, "SUBARRAY", value="NOWHERE")
    with pytest.raises(InputError, match="never select a DARK"):
        gather("DARK", path, Cache.open(demo_night.cache))


def test_who_gathers() -> None:
    how = gatherer("dark")
    assert how is not None
    assert how.name == "dark-trend"
    assert gatherer("flat") is None


def test_the_real_cache_has_pointers_only(real_data: Path, demo_night: DemoNight) -> None:
    found = gather("DARK", image(demo_night), Cache.open(real_data / "caches" / "tmt"))
    assert found.paths == ()
    assert [one.file for one in found.left_out] == ["tmt_iris_dark_0001.fits"]
    assert "pointer" in found.left_out[0].reason
