"""``calgui demo``: says where things are, refuses with the code of the contract, opens the window when asked."""

import sys
import types
from pathlib import Path

import pytest
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight


def test_without_a_folder_it_goes_to_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cli, ["demo", "--no-window", "--size", "128", "--seed", "3"])
    assert told.exit_code == 0, told.output
    for name in ("raw", "cache", "truth.json"):
        place = tmp_path / "calgui-demo" / name
        assert place.exists()
        assert str(place) in told.stdout


def test_somebodys_folder_is_an_unfit_input(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    told = CliRunner().invoke(cli, ["demo", str(tmp_path), "--no-window", "--size", "128"])
    assert told.exit_code == 3
    assert str(tmp_path) in told.stderr
    assert "Choose a folder" in told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("size", "word"), [("130", "multiple of 64"), ("8192", "128 to 4096"), ("big", "'big'")])
def test_a_size_that_does_not_fit_is_wrong_usage(tmp_path: Path, size: str, word: str) -> None:
    told = CliRunner().invoke(cli, ["demo", str(tmp_path / "d"), "--no-window", "--size", size])
    assert told.exit_code == 2
    assert word in told.stderr
    assert not (tmp_path / "d").exists()


def test_the_window_opens_on_the_night(demo_night: DemoNight, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[list[Path], list[Path]]] = []

    def run(paths: list[Path], caches: list[Path]) -> int:
        opened.append((paths, caches))
        return 0

    app = types.ModuleType("calgui.views.app")
    monkeypatch.setattr(app, "run", run, raising=False)
    monkeypatch.setitem(sys.modules, "calgui.views.app", app)
    told = CliRunner().invoke(cli, ["demo", str(demo_night.folder), "--size", "256"])
    assert told.exit_code == 0, told.output
    assert opened == [([demo_night.raw], [demo_night.cache])]
