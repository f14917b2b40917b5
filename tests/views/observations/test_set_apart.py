"""What is out of the rounds of Python's collector: the many things that stay, and not what is shown for a while."""

import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calgui.views.observations.place import set_apart
from calgui.views.window import MainWindow


class Ring:
    """Goes only when the collector looks at it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def looked_at() -> Iterator[None]:
    """Nothing is set apart, before and after."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_was_shown_while_a_file_was_opened_can_go(
    window: MainWindow, settled: Callable[[MainWindow], None], night: Callable[..., Path]
) -> None:
    folder = night(3)
    window.open_paths([folder / "iris_0000.fits"])
    settled(window)
    set_apart()
    shown = Ring()
    gone = weakref.ref(shown)
    window.open_paths([folder / "iris_0001.fits", folder / "iris_0002.fits"])
    settled(window)
    assert window.observe.table.model.rowCount() == 3
    del shown
    gc.collect()
    assert gone() is None


def test_work_that_goes_on_meanwhile_is_not_disturbed(looked_at: None) -> None:
    stop, wrong = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            try:
                tuple(str(number) for number in range(500))  # is made longer as it grows, if nobody else holds it
            except SystemError as error:
                wrong.append(error)
                return

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(100):
            set_apart()
    finally:
        sys.setswitchinterval(before)
        stop.set()
        thread.join()
    assert wrong == []


def test_many_things_that_stay_are_set_apart(looked_at: None) -> None:
    rows = [[number] for number in range(60_000)]
    set_apart()
    assert gc.get_freeze_count() > len(rows)
    assert len(gc.get_objects()) < len(rows)
