"""Hidden parts of files: whoever is killed leaves one, and who writes the file next removes it; no other is touched."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

import pytest

from calgui.core.frames.parts import clear_parts, own_part
from calgui.core.frames.writing import write_atomically

_KILLED = """
import os, signal, sys
from calgui.core.frames.writing import write_atomically

def write(file):
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

write_atomically(sys.argv[1], write)
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no locks of files")


def test_what_a_killed_one_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".part")
    write_atomically(path, lambda file: file.write(b"whole"))  # type: ignore[arg-type, return-value]
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"whole"


def test_no_other_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    os.mkfifo(tmp_path / ".a.fits.00000001.part")
    (tmp_path / ".a.fits.00000002.part").mkdir()
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / ".a.fits.00000003.part").symlink_to("theirs")
    for name in (".b.fits.00000004.part", ".a.fits.0004.part", ".a.fits.00000005.parts", "a.fits.00000006.part"):
        (tmp_path / name).write_text("other")
    before = {left.name for left in tmp_path.iterdir()}
    assert clear_parts(path) == []
    left = tmp_path / ".a.fits.00000007.part"
    left.write_text("left")
    assert clear_parts(path) == [left]
    assert {left.name for left in tmp_path.iterdir()} == before
    assert clear_parts(tmp_path / "nowhere" / "a.fits") == []


def test_one_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with own_part(path) as (part, file):
        assert clear_parts(path) == []
        with own_part(path) as (other, _):
            assert {part, other} == set(tmp_path.iterdir())
        file.write(b"1")
    assert list(tmp_path.iterdir()) == []


def test_many_who_write_one_file_at_the_same_time(tmp_path: Path) -> None:
    path, done = tmp_path / "a.txt", []

    def work(number: int) -> None:
        def write(file: IO[bytes]) -> None:
            file.write(bytes([number]) * 1000)

        for _ in range(20):
            write_atomically(path, write, overwrite=True)
        done.append(number)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert sorted(done) == [0, 1, 2, 3]
    assert list(tmp_path.iterdir()) == [path]
    assert len(set(path.read_bytes())) == 1
    assert path.stat().st_size == 1000
