"""Caches are told from observations, and settings survive what may happen to their file."""

from pathlib import Path

import pytest

from calgui.core.errors import InputError
from calgui.core.simulate import DemoNight
from calgui.views.opening import classify
from calgui.views.settings import remember, remembered, settings_path


def test_caches_folders_and_files(demo_night: DemoNight) -> None:
    context = next((demo_night.cache / "mappings").rglob("*.pmap"))
    picture = next(demo_night.raw.iterdir())
    given = classify([demo_night.cache, picture, demo_night.raw, context, demo_night.cache, context.parent])
    assert given.caches == (demo_night.cache, context, context.parent)
    assert given.files == (picture, demo_night.raw)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="nowhere"):
        classify([Path("nowhere.fits")])


@pytest.mark.parametrize("value", ["text", 7, True, [], ["one"], {"a": 1}])
def test_settings_come_back_as_they_were(value: object) -> None:
    remember("group/key", value)
    assert remembered("group/key") == value


def test_damaged_settings_are_as_if_never_remembered() -> None:
    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"[window]\ntheme=\xff\xfe{not json\nrecent=3\n")
    assert remembered("window/theme", "system") == "system"
    assert remembered("window/recent", []) == []
