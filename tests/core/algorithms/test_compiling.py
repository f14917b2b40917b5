"""The cache of compiled loops: used again, and not when another file of the folder has changed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import calgui
from calgui.core.algorithms import kernels

INNER = """
from numba import njit

@njit(cache=True)
def inner(x):
    return x + {added}
"""
OUTER = """
from numba import njit
from inner_loop import inner

@njit(cache=True)
def outer(x):
    return inner(x)
"""
SCRIPT = """
import sys
from pathlib import Path
from calgui.core.algorithms.kernels.compiling import stamp_with_all_sources
stamp_with_all_sources(Path(sys.argv[1]))
sys.path.insert(0, sys.argv[1])
from outer_loop import outer
value = outer(1)
print(value, sum(outer.stats.cache_hits.values()), outer.stats.cache_path)
"""
# the streams of a process are those of all its threads
WATCHED = """
import sys
from types import ModuleType

taken = []

class Watched(ModuleType):
    def __setattr__(self, name, value):
        if name in ("stdout", "stderr"):
            taken.append(name)
        super().__setattr__(name, value)

sys.__class__ = Watched
from calgui.core.algorithms import kernels
kernels.compiled()
from numba.core.errors import TypingError
TypingError("such as numba makes for itself while it compiles")
sys.stdout = sys.stdout
print(*taken)
"""


def called(folder: Path, home: Path, **more: str) -> tuple[int, int, Path]:
    """What the function of another process gives, how often it came from the cache, and where that is."""
    top = str(Path(calgui.__file__).parents[1])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA")}
    environment |= {"PYTHONPATH": top, "XDG_CACHE_HOME": str(home), "HOME": str(home), **more}
    command = [sys.executable, "-B", "-c", SCRIPT, str(folder)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    return int(made[0]), int(made[1]), Path(made[2])


@pytest.mark.parametrize("place", ["beside", "user", "told"])
def test_a_loop_is_compiled_anew_when_what_it_calls_in_another_file_has_changed(tmp_path: Path, place: str) -> None:
    folder, home = tmp_path / "loops", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "outer_loop.py").write_text(OUTER)
    (folder / "inner_loop.py").write_text(INNER.format(added=1))
    if place == "user":  # as in a folder that cannot be written to, whoever runs the test
        (folder / "__pycache__").write_text("")
    told = {"NUMBA_CACHE_DIR": str(tmp_path / "told")} if place == "told" else {}
    value, hits, where = called(folder, home, **told)
    assert (value, hits) == (2, 0)
    assert where.is_relative_to({"beside": folder, "user": home, "told": tmp_path / "told"}[place])
    assert called(folder, home, **told)[:2] == (2, 1)
    (folder / "inner_loop.py").write_text(INNER.format(added=2))
    assert called(folder, home, **told)[:2] == (3, 0)


def test_all_loops_are_compiled_with_this_cache() -> None:
    """One that takes numba's own would keep what it calls as it was."""
    for path in Path(kernels.__file__).parent.glob("*.py"):
        if path.name != "compiling.py":
            taken = [line for line in path.read_text().splitlines() if line.startswith("from numba import")]
            assert not any("njit" in line for line in taken), path.name


def test_numba_leaves_the_streams_of_the_other_threads_alone() -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA")}
    made = subprocess.run([sys.executable, "-c", WATCHED], env=environment, capture_output=True, text=True, check=True)
    assert made.stdout.split() == ["stdout"]
