"""Whether a cache changed on disk: every kind of change, and folders that are odd."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from calgui.core.rules.cache import Cache
from calgui.core.rules.files.watch import Change
from calgui.core.simulate import DemoNight


@pytest.fixture
def folder(demo_night: DemoNight, tmp_path: Path) -> Path:
    copy = tmp_path / "cache"
    shutil.copytree(demo_night.cache, copy)
    return copy


def file_of(folder: Path, name: str) -> Path:
    return next(folder.rglob(name))


def add_mapping(folder: Path) -> Change:
    old = file_of(folder, "tmt_iris_dark_0002.rmap")
    shutil.copy(old, old.with_name("tmt_iris_dark_0009.rmap"))
    return Change(added=("tmt_iris_dark_0009.rmap",))


def remove_mapping(folder: Path) -> Change:
    file_of(folder, "tmt_iris_dark_0001.rmap").unlink()
    return Change(removed=("tmt_iris_dark_0001.rmap",))


def change_mapping(folder: Path) -> Change:
    os.utime(file_of(folder, "tmt_0003.pmap"), ns=(1, 1))
    return Change(modified=("tmt_0003.pmap",))


def add_reference(folder: Path) -> Change:
    old = file_of(folder, "tmt_iris_mask_0001.fits")
    shutil.copy(old, old.with_name("new.fits"))
    return Change(references_added=("new.fits",))


def remove_reference(folder: Path) -> Change:
    file_of(folder, "tmt_iris_mask_0001.fits").unlink()
    return Change(references_removed=("tmt_iris_mask_0001.fits",))


def change_reference(folder: Path) -> Change:
    with file_of(folder, "tmt_iris_mask_0001.fits").open("ab") as file:
        file.write(b"\0")
    return Change(references_modified=("tmt_iris_mask_0001.fits",))


def change_config(folder: Path) -> Change:
    file_of(folder, "server_config").write_text("{}")
    return Change(config=True)


@pytest.mark.parametrize(
    "spoil",
    [add_mapping, remove_mapping, change_mapping, add_reference, remove_reference, change_reference, change_config],
)
def test_each_kind_of_change_is_told(folder: Path, spoil: Callable[[Path], Change]) -> None:
    cache = Cache.open(folder)
    assert cache.changed() is None
    expected = spoil(folder)
    assert cache.changed() == expected
    names = [*expected.added, *expected.removed, *expected.modified, *expected.references_added]
    assert all(name in expected.sentence for name in names)
    assert expected.mappings is any((expected.added, expected.removed, expected.modified, expected.config))
    cache.reload()
    assert cache.changed() is None


def test_answers_stay_of_one_state_until_it_is_read_again(folder: Path) -> None:
    cache = Cache.open(folder)
    mapping = file_of(folder, "tmt_iris_dark_0002.rmap")
    before = cache.load("tmt_0003.pmap").reference_names()
    mapping.write_text(mapping.read_text().replace("tmt_iris_dark_0005.fits", "tmt_iris_dark_0077.fits"))
    assert cache.load("tmt_0003.pmap").reference_names() == before
    cache.reload()
    assert "tmt_iris_dark_0077.fits" in cache.load("tmt_0003.pmap").reference_names()


def test_links_in_a_circle_and_to_nowhere(folder: Path) -> None:
    place = file_of(folder, "tmt_iris_mask_0001.fits").parent
    (place / "loop").symlink_to(place / "loop")
    (place / "nowhere.fits").symlink_to(place / "not there")
    (place / "up").symlink_to(place.parent)
    cache = Cache.open(folder)
    assert cache.changed() is None
    (place / "loop").unlink()
    change = cache.changed()
    assert change is not None
    assert change.references_removed == ("loop",)


def test_the_folder_is_gone(folder: Path) -> None:
    cache = Cache.open(folder)
    shutil.rmtree(folder)
    change = cache.changed()
    assert change is not None
    assert "tmt_0003.pmap" in change.removed


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_read(folder: Path) -> None:
    cache = Cache.open(folder)
    place = file_of(folder, "tmt_0003.pmap").parent
    place.chmod(0)
    try:
        assert cache.changed() is not None
    finally:
        place.chmod(0o755)
