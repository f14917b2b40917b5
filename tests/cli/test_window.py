"""``calgui shot`` draws what the window shows; both commands say what is wrong with their paths."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight


def calgui(*words: object, home: Path) -> "subprocess.CompletedProcess[str]":
    environment = {key: value for key, value in os.environ.items() if not key.startswith("QT_")}
    environment["HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "calgui", *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
        check=False,
    )


@pytest.fixture
def shot(qapp: QApplication) -> Callable[..., str]:
    """``calgui shot`` in this process, in the light look; gives what it said if it is to fail."""

    def draw(*words: object, code: int = 0) -> str:
        made = CliRunner().invoke(cli, ["shot", *map(str, words)])
        assert made.exit_code == code, made.stderr
        return made.stderr

    return draw


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_picture_of_the_window(look: str, demo_night: DemoNight, tmp_path: Path) -> None:
    out = tmp_path / "new" / "observe.png"
    files = sorted(demo_night.raw.glob("*_dark_*.fits"))[:3]
    done = calgui(
        "shot", out, "--cache", demo_night.cache, "--theme", look, "--size", "1000x700", *files, home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    picture = QImage(str(out))
    assert (picture.width(), picture.height()) == (1000, 700)
    corner = picture.pixelColor(2, picture.height() - 60).lightness()
    assert corner < 80 if look == "dark" else corner > 200


def test_parts_can_be_drawn_alone(shot: Callable[..., str], demo_night: DemoNight, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    shot(out, "--view", "why", "--cache", demo_night.cache, next(demo_night.raw.iterdir()))
    assert QImage(str(out)).width() < 1600


def test_the_type_that_is_explained_can_be_named(demo_night: DemoNight, tmp_path: Path) -> None:
    image, pictures = next(demo_night.raw.glob("*_image_0001.fits")), []
    for kind, code in (("dark", 0), ("flat", 0), ("nothing", 2)):
        out = tmp_path / f"{kind}.png"
        words = ("--view", "why", "--cache", demo_night.cache, "--type", kind)
        done = calgui("shot", out, *words, image, home=tmp_path)
        assert done.returncode == code, done.stderr
        pictures.append(QImage(str(out)))
    assert pictures[0] != pictures[1]
    assert "The rules select no nothing" in done.stderr


@pytest.mark.parametrize("view", ["compare", "compare-headers"])
def test_all_given_observations_are_compared(
    shot: Callable[..., str], demo_night: DemoNight, tmp_path: Path, view: str
) -> None:
    files = sorted(demo_night.raw.glob("*_flat_*.fits"))[:2]
    pictures = []
    for count in (1, 2):
        out = tmp_path / f"{count}.png"
        shot(out, "--view", view, "--size", "1000x700", *files[:count])
        pictures.append(QImage(str(out)))
    assert pictures[0].size() == pictures[1].size()
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--view", "attic"], 2, "observe, rules"),
        (["--size", "huge"], 2, "1600x1000"),
        (["nowhere.fits"], 3, "nowhere.fits"),
        (["--cache", "."], 3, "cache"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = calgui("shot", tmp_path / "a.png", *words, home=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a.png").exists()


def test_a_context_that_is_not_there(demo_night: DemoNight, tmp_path: Path) -> None:
    done = calgui("shot", tmp_path / "a.png", "--cache", demo_night.cache, "--context", "tmt_9.pmap", home=tmp_path)
    assert done.returncode in (2, 3)
    assert "tmt_9.pmap" in done.stderr


def test_the_window_refuses_a_path_that_is_not_there(tmp_path: Path) -> None:
    done = calgui(tmp_path / "nowhere.fits", home=tmp_path)
    assert done.returncode == 3
    assert "nowhere.fits" in done.stderr


@pytest.mark.parametrize(
    ("word", "cure"),
    [
        ("validte", "Did you mean: calgui validate?"),
        ("check-metadata", "runs with: calgui run check-metadata"),
        ("night", "Look for a slip"),
    ],
)
def test_a_slip_in_a_command_is_told_as_such(word: str, cure: str) -> None:
    made = CliRunner().invoke(cli, [word, "a.fits"])
    assert made.exit_code == 3
    assert cure in made.stderr


def test_the_bench_is_drawn_with_the_given_files_as_its_inputs(
    shot: Callable[..., str], demo_night: DemoNight, tmp_path: Path
) -> None:
    files = sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))[:3]
    greys = []
    for number, given in enumerate((files, [])):
        out = tmp_path / f"bench{number}.png"
        shot(out, "--view", "bench", "--size", "1400x800", *given)
        picture = QImage(str(out))
        middle = (picture.pixelColor(x, y) for x in range(800, 1100, 3) for y in range(300, 600, 3))
        greys.append({colour.lightness() for colour in middle if colour.hslSaturation() < 30})
    # a dark shows noise; an empty bench hardly more than its background and a word
    assert len(greys[0]) > 60 > len(greys[1])


def test_a_session_that_is_none_is_said_before_a_window_opens(tmp_path: Path) -> None:
    path = tmp_path / "night.calgui"
    path.write_text('{"format": "calgui-session", "version": 99}')
    done = calgui(f"--session={path}", home=tmp_path)
    assert done.returncode == 3
    assert "night.calgui" in done.stderr
    assert "version 99" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cube_is_drawn_and_what_is_none_is_named(
    shot: Callable[..., str], demo_night: DemoNight, tmp_path: Path
) -> None:
    cube, image = (next(demo_night.raw.glob(f"*{kind}*.fits")) for kind in ("cube", "image"))
    shot(tmp_path / "cube.png", "--view", "cube", cube)
    assert not QImage(str(tmp_path / "cube.png")).isNull()
    assert image.name in shot(tmp_path / "none.png", "--view", "cube", image, code=2)
    assert not (tmp_path / "none.png").exists()


def test_a_page_of_the_bench_with_its_options_and_tab(
    shot: Callable[..., str], demo_night: DemoNight, tmp_path: Path
) -> None:
    files = sorted(demo_night.raw.glob("*_dark_*.fits"))[:3]
    pictures = []
    for more in ((), ("--tab", "plots"), ("-p", "method=mean")):
        out = tmp_path / "bench.png"
        words = ("--view", "bench", "--algorithm", "master-dark", "--size", "1000x700", *more)
        shot(out, *words, *files)
        pictures.append(QImage(str(out)))
    assert pictures[0] != pictures[1]
    assert pictures[0] != pictures[2]
    for words, said in ((("--algorithm", "none"), "no algorithm 'none'"), (("--tab", "none"), "no tab 'none'")):
        assert said in shot(out, "--view", "bench", *words, files[0], code=2)


def test_an_ingest_takes_files_and_looks_at_folders(
    shot: Callable[..., str], demo_night: DemoNight, tmp_path: Path
) -> None:
    flat = next(demo_night.cache.rglob("tmt_iris_flat_0001.fits"))
    pictures = []
    for view, words in (("ingest", ()), ("rules-ingest", ("--tab", "Contexts")), ("ingest", ("--tab", "Contexts"))):
        out = tmp_path / "ingest.png"
        where = ("--cache", demo_night.cache, "--size", "1000x700")
        shot(out, "--view", view, *where, *words, flat)
        pictures.append(QImage(str(out)))
    assert pictures[0] != pictures[1]
    assert pictures[1] == pictures[2]


def test_a_validation_takes_files(demo_night: DemoNight, tmp_path: Path) -> None:
    pictures = []
    dark = demo_night.raw / "iris_20260305_dark_0003.fits"
    for words in ((), ("--tab", "Checks")):
        out = tmp_path / "validate.png"
        done = calgui("shot", out, "--view", "validate", "--size", "1000x700", *words, dark, home=tmp_path)
        assert done.returncode == 0, done.stderr
        pictures.append(QImage(str(out)))
    assert pictures[0] != pictures[1]
