"""Kill ``calgui ingest`` again and again, at random moments and at every kind of step, and tell what is left each time.

By hand, with as many kills as wanted (the test takes the same variable, with fewer as default)::

    CALGUI_KILLS=200 python -m pytest tests/core/rules/ingest/test_kills.py

A process of its own (``python killing.py CACHE REFERENCE FOLDER COUNT SEED``): it forks, which is no good in a process
with threads.
"""

import itertools
import json
import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: the file that is long under way
LARGE = "tmt_iris_sky_9999.fits"
_SCRATCH = "/.calgui-ingest-"
#: steps of an ingest in their order, as what is asked of the system tells them
PHASES = ("reading", "beginning", "folders", "copying", "links", "new files", "storing", "naming", "named")


#: a phase, and which of its steps, from 0
Step = tuple[str, int]


class Watch:
    """What a child asks of the system: it notes the steps of its ingest where its parent sees them."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1 << 16)
        self.stop_at: Step | None = None
        self._phase = 0

    def start(self, stop_at: Step | None) -> None:
        """In the child: note from now on, and die at a step."""
        self.stop_at = stop_at
        self._shared[:8] = bytes(8)
        sys.addaudithook(self._hook)

    @property
    def steps(self) -> list[str]:
        """In the parent: the phase of each step so far."""
        count = int.from_bytes(self._shared[:8], "little")
        return [PHASES[number] for number in self._shared[8 : 8 + count]]

    def _hook(self, event: str, words: tuple[Any, ...]) -> None:
        phase = self._of(event, words)
        if phase is None:
            return
        self._phase = PHASES.index(phase)
        count = int.from_bytes(self._shared[:8], "little")
        self._shared[8 + count] = self._phase
        self._shared[:8] = (count + 1).to_bytes(8, "little")
        if self.stop_at == (phase, self._shared[8 : 9 + count].count(self._phase) - 1):
            os.kill(os.getpid(), signal.SIGKILL)

    def _of(self, event: str, words: tuple[Any, ...]) -> str | None:
        paths = [str(word) for word in words if isinstance(word, str | os.PathLike)]
        inside = [path for path in paths if _SCRATCH in path]
        if not inside:
            if event != "open" or not paths:
                return None
            return "named" if self._phase >= PHASES.index("naming") else "reading" if not self._phase else None
        if event in ("os.mkdir", "os.symlink", "os.rename"):
            if event == "os.mkdir" and "/" not in inside[0].partition(_SCRATCH)[2]:
                return "beginning"
            return {"os.mkdir": "folders", "os.symlink": "links", "os.rename": "naming"}[event]
        if event != "open" or self._phase < PHASES.index("folders"):
            return None
        if not words[2] & (os.O_WRONLY | os.O_RDWR):
            return "storing" if Path(inside[0]).is_dir() else None
        return "copying" if self._phase < PHASES.index("links") else "new files"


def ingest(cache: Path, reference: Path, into: Path, watch: Watch, stop_at: Step | None = None) -> int:
    """Begin the command in a child; its process id."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        watch.start(stop_at)
        from calgui.cli.main import cli

        try:
            # which crds certify, in a process of its own before anything is written, would only make longer
            cli(["ingest", "--cache", str(cache), "--into", str(into), "--no-certify", str(reference)])
        except SystemExit as end:
            code = int(end.code or 0)
    finally:
        os._exit(code)


def leftovers(folder: Path) -> list[Path]:
    """Hidden folders that ingests left."""
    return [path for path in folder.iterdir() if path.name.startswith(_SCRATCH[1:])]


def state(folder: Path) -> tuple[tuple[Any, ...], ...]:
    """All that is in a folder but the bytes: enough to see within a moment that nothing was touched."""
    found = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found.append((str(path), status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns))
    return tuple(found)


def contents(folder: Path) -> dict[str, Any]:
    """Paths to bytes, or to where links lead; what holds the time of an ingest is left out."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file() and path.name != "ingests.json":
            found[name] = path.read_bytes()
    return found


def _warm(cache: Path, reference: Path) -> None:
    """Import what the command imports, so that its time is that of the ingest."""
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.ingest import overlay, preview
    from calgui.core.rules.ingest.proposing import propose
    from calgui.core.rules.ingest.values import Request

    opened = Cache.open(cache)
    preview.in_the_way(opened, propose(opened, Request((reference,))))
    assert overlay


def _end_of(child: int) -> tuple[bool, int]:
    """Whether a child was killed, and its exit code where it was not."""
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status), os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1


def _partly(scratch: Path, size: int) -> bool:
    """Whether the large file of an ingest is there, but not all of it."""
    found = [Path(folder) / LARGE for folder, _, files in os.walk(scratch) if LARGE in files]
    try:
        return any(0 < path.stat().st_size < size for path in found)
    except OSError:
        return False


def _kill_in_large_file(child: int, folder: Path, size: int) -> None:
    """Kill a child while it copies the large file."""
    before = set(leftovers(folder))
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if any(_partly(path, size) for path in leftovers(folder) if path not in before):
            os.kill(child, signal.SIGKILL)
            return


def kills(cache: Path, reference: Path, folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Kill so often, and look each time.

    Each kill is at the place where the one before was, until an ingest there came to its end: so every kill but the
    first is one of a second try, too.
    """
    _warm(cache, reference)
    watch, dice, before = Watch(), random.Random(seed), state(cache)
    began = time.monotonic()
    killed, code = _end_of(ingest(cache, reference, folder / "whole", watch))
    assert (killed, code) == (False, 0)
    seconds, steps = time.monotonic() - began, watch.steps
    whole = contents(folder / "whole")
    told, targets = [], itertools.count()
    into = folder / f"killed{next(targets)}"
    size = next(cache.rglob(LARGE)).stat().st_size
    phases = [phase for phase in PHASES if phase in steps]
    ways = itertools.cycle(["step", "moment", "step", "large", "step", "moment"])
    ordered = itertools.cycle(phases)
    for number in range(count):
        way = next(ways)
        if number % 3 == 0 and not into.exists():
            into.mkdir()  # an empty folder is taken too
        if way == "step":
            phase = next(ordered)
            child = ingest(cache, reference, into, watch, (phase, dice.randrange(steps.count(phase))))
        else:
            child = ingest(cache, reference, into, watch)
            if way == "large":
                _kill_in_large_file(child, folder, size)
            else:
                time.sleep(dice.uniform(0, 1.1 * seconds))
                os.kill(child, signal.SIGKILL)
        killed, code = _end_of(child)
        left = leftovers(folder)
        there = into.exists() and any(into.iterdir())
        row = {"way": way, "phase": (watch.steps or ["reading"])[-1], "killed": killed, "code": code}
        row |= {"there": there, "left": len(left), "old": state(cache) == before}
        row["large"] = any(_partly(path, size) for path in left)
        row["whole"] = there and contents(into) == whole and _recorded(into)
        told.append(row)
        if there:
            into = folder / f"killed{next(targets)}"
    # and once more, undisturbed: it clears what the last kill left
    last = _end_of(ingest(cache, reference, into, watch))
    done = last == (False, 0) and contents(into) == whole and _recorded(into)
    return {"kills": told, "phases": phases, "seconds": seconds, "last": done, "left": len(leftovers(folder))}


def _recorded(into: Path) -> bool:
    """Whether the file that holds the time of the ingest is whole too."""
    rows = json.loads((into / "config" / "tmt" / "ingests.json").read_text())["ingests"]
    return [row["context"] for row in rows] == ["tmt_0003.pmap"]


def main(words: Iterable[str]) -> None:
    """The process."""
    cache, reference, folder, count, seed = words
    told = kills(Path(cache), Path(reference), Path(folder), int(count), int(seed))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
