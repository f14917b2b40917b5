"""Whoever kills an ingest, at whatever moment, finds the old state or the new one, and can simply call it again."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calgui.core.rules.cache import Cache
from tests.core.rules.ingest import killing

#: how many kills; by hand 100 and more
COUNT = int(os.environ.get("CALGUI_KILLS", "18"))
SEED = int(os.environ.get("CALGUI_KILLS_SEED", "9"))


def test_kills_leave_the_old_state_or_the_new_one(
    cache: Cache, reference: Callable[..., Path], tmp_path: Path, snapshot: Callable[[Path], Any]
) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    folder = tmp_path / "night"
    folder.mkdir()
    iris = cache.layout.references[0] / "iris"
    for number in range(20):
        (iris / f"tmt_iris_sky_{number:04d}.fits").write_bytes(bytes(2880 * 20))
    (iris / killing.LARGE).write_bytes(bytes(2880 * 6000))
    (iris / "latest.fits").symlink_to(killing.LARGE)
    before = snapshot(cache.path)
    command = [sys.executable, killing.__file__, str(cache.path), str(reference()), str(folder), str(COUNT), str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert snapshot(cache.path) == before
    assert len(told["kills"]) == COUNT
    for row in told["kills"]:
        assert row["old"], row
        assert row["there"] == row["whole"], row  # never a third
        assert row["killed"] or row["code"] == 0, row
        assert row["left"] <= 1, row  # each clears what the one before left
        assert not (row["left"] and row["there"]), row
    assert told["last"]
    assert told["left"] == 0
    # every kind of step was hit, the large file in its middle, and both ends came out
    caught = Counter(row["phase"] for row in told["kills"] if row["killed"])
    if 2 * len(killing.PHASES) <= COUNT:
        assert set(caught) == set(killing.PHASES)
    assert any(row["large"] and row["killed"] for row in told["kills"])
    assert any(row["there"] for row in told["kills"])
    assert any(row["left"] for row in told["kills"])
    sys.stdout.write(f"{COUNT} kills, {told['seconds']:.2f} s an ingest: {dict(caught)}\n")
