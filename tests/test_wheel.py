"""The wheel carries its resources: unpacked elsewhere, the program makes its demo night."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel, as pip would lay it."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(REPO)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_demo_works_from_the_wheel_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    where = run(installed, tmp_path, "-c", "import calgui; print(calgui.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(installed)
    told = run(installed, tmp_path, "-m", "calgui", "demo", "--no-window", "--size", "128")
    assert told.returncode == 0, told.stderr
    (truth,) = tmp_path.glob("*/truth.json")
    assert json.loads(truth.read_text())["size"] == 128


def test_the_help_comes_with_it(installed: Path, tmp_path: Path) -> None:
    ask = "from calgui.core.help import documentation as d; print(d().folder, len(d().pages), len(d().chapters))"
    folder, pages, chapters = run(installed, tmp_path, "-c", ask).stdout.split()
    assert Path(folder) == installed / "calgui" / "docs"
    assert int(pages) == len(list((REPO / "docs").rglob("*.md")))
    assert int(chapters) > 3
    pictures = {path.relative_to(REPO / "docs") for path in (REPO / "docs").rglob("*.png")}
    assert pictures == {path.relative_to(folder) for path in Path(folder).rglob("*.png")}


def test_it_holds_the_licence_and_no_tests(installed: Path) -> None:
    names = {path.relative_to(installed).parts[0] for path in installed.iterdir()}
    assert names == {"calgui", next(name for name in names if name.endswith(".dist-info"))}
    assert list(installed.glob("*.dist-info/licenses/LICENSE"))
    assert (installed / "calgui" / "resources" / "observatories" / "tmt.toml").is_file()
