"""The stock crds package among threads: its memos, modules that are being imported, the environment of the process."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from calgui.core.rules.observatories.setup import clear_memos, crds_module

# what C functions read of the environment meanwhile is not guarded by Python
_WATCHED = """
import os, sys
import numpy  # sets and removes one of its own
changes = []
sys.addaudithook(lambda event, args: changes.append(args) if event in ("os.putenv", "os.unsetenv") else None)
before = dict(os.environ)
from calgui.core.rules.observatories.setup import crds_module
crds_module("core.rmap")
assert os.environ == before
config = crds_module("core.config")
print(len(changes), config.os.environ.get("CRDS_PATH"), config.os.environ["CRDS_MODE"], config.os.path is os.path)
from crds.core import git_version
import crds.certify
print(all(getattr(module, "os", config.os) is config.os for name, module in sys.modules.items() if name[:5] == "crds."))
"""


class _Key:
    """Has the memos cleared while somebody looks for it."""

    armed = False

    def __hash__(self) -> int:
        if self.armed:
            self.armed = False
            clear_memos()
        return 1


def test_a_memo_that_is_cleared_while_somebody_looks_into_it() -> None:
    calls: list[object] = []
    memo = crds_module("core.utils").cached(lambda key: calls.append(key) or len(calls))
    key = _Key()
    assert memo(key) == 1
    key.armed = True
    assert memo(key) == 1
    assert memo(key) == 2
    key.armed = True
    assert memo.readonly(key) == 2


def test_what_was_worked_out_before_a_clearing_is_not_remembered_after_it() -> None:
    known = ["old"]

    def work(_: int) -> str:
        found = known[0]
        known[0] = "new"
        clear_memos()
        return found

    memo = crds_module("core.utils").cached(work)
    assert [memo(1), memo(1)] == ["old", "new"]


def test_memos_remember_otherwise() -> None:
    calls: list[int] = []
    memo = crds_module("core.utils").cached(lambda key: calls.append(key) or None)
    assert [memo(1), memo(1), memo(2), memo(2)] == [None] * 4
    assert calls == [1, 2]


def test_a_module_that_another_thread_imports_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crds_module("core.rmap")
    tmp_path.joinpath("halfway.py").write_text("import crds\ncrds.test_gate()\nwhole = True\n")
    reached, gate, found = threading.Event(), threading.Event(), []

    def stop() -> None:
        reached.set()
        gate.wait(60)

    monkeypatch.setattr(sys.modules["crds"], "test_gate", stop, raising=False)
    monkeypatch.setattr(sys.modules["crds"], "__path__", [*sys.modules["crds"].__path__, str(tmp_path)])

    def ask() -> None:
        found.append(getattr(crds_module("halfway"), "whole", "half"))

    first, second = threading.Thread(target=ask), threading.Thread(target=ask)
    try:
        first.start()
        assert reached.wait(60)
        second.start()
        second.join(0.2)  # one that does not wait is done by then
    finally:
        gate.set()
        first.join()
        second.join()
        sys.modules.pop("crds.halfway", None)
        vars(sys.modules["crds"]).pop("halfway", None)
    assert found == [True, True]


def test_the_environment_of_the_process_is_never_changed() -> None:
    environment = {**os.environ, "CRDS_PATH": "/nowhere", "CRDS_MODE": "remote", "CRDS_CONTEXT_WARNING": "x"}
    made = subprocess.run(
        [sys.executable, "-c", _WATCHED], env=environment, capture_output=True, text=True, check=False
    )
    assert made.stdout.splitlines() == ["0 None local True", "True"], made.stderr
