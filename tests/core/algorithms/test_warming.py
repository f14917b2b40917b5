"""Compiling in another process, before the loops are wanted."""

import threading
from typing import Any

import pytest

from calgui.core.algorithms import warming


def test_another_process_gets_ready_and_can_be_stopped() -> None:
    warming.compile_ahead()
    process = warming._ahead
    assert process is not None
    warming.compile_ahead()
    assert warming._ahead is process, "one is enough"
    warming.warm_up().join(120)
    assert process.poll() is None, "it goes on with other numbers of frames"
    warming.stop_ahead()
    assert process.poll() is not None
    warming.stop_ahead()


def test_what_was_compiled_is_not_compiled_again() -> None:
    marker = warming._marker()
    marker.parent.mkdir(parents=True)
    marker.touch()
    warming.compile_ahead()
    assert warming._ahead is None


def test_the_marker_is_made_when_everything_is_compiled(capfdbinary, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("calgui.core.algorithms.kernels.MOST_WRITTEN_OUT", 4)
    monkeypatch.setattr("os.nice", lambda _by: 0)
    warming._compile_all()
    assert capfdbinary.readouterr().out == b"ready\n."
    assert warming._marker().exists()


@pytest.mark.parametrize(
    ("stopped", "words", "is_told"),
    [
        (True, "cannot schedule new futures after shutdown", False),
        (True, "can't start new thread", False),
        (False, "cannot schedule new futures after interpreter shutdown", False),
        (False, "something else is broken", True),
    ],
)
def test_a_program_that_ends_while_loops_are_loaded_prints_no_traceback(
    monkeypatch: pytest.MonkeyPatch, stopped: bool, words: str, is_told: bool
) -> None:
    told: list[Any] = []
    ended = threading.Event()

    def compiling(*_args: object, **_more: object) -> None:
        ended.wait(30)
        raise RuntimeError(words)

    monkeypatch.setattr(threading, "excepthook", told.append)
    monkeypatch.setattr(warming, "exercise", compiling)
    thread = warming.warm_up()
    if stopped:
        warming.stop_ahead()
    ended.set()
    thread.join(30)
    assert bool(told) == is_told


def test_loading_ends_when_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    told: list[Any] = []
    begun, ended = threading.Event(), threading.Event()

    def combine(*args: object) -> None:
        seen.append(args)
        begun.set()
        ended.wait(30)

    monkeypatch.setattr(threading, "excepthook", told.append)
    monkeypatch.setattr("calgui.core.algorithms.combine.combine", combine)
    thread = warming.warm_up()
    assert begun.wait(30)
    warming.stop_ahead()
    ended.set()
    thread.join(30)
    assert len(seen) == 1
    assert not told
