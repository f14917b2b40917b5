"""What nobody caught is told once, from whatever thread, and the hooks are given back."""

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer, qCritical
from pytestqt.qtbot import QtBot

from calgui.core.errors import Cancelled, InputError
from calgui.views.hooks import Hooks
from calgui.views.session import Session


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    hooks = Hooks(made)
    hooks.install()
    yield made
    hooks.remove()
    made.close()


def _raise(error: Exception) -> None:
    raise error


def test_an_error_in_a_slot_is_told_once(session: Session, qtbot: QtBot, capsys: pytest.CaptureFixture[str]) -> None:
    error = InputError("It is broken.", path="a.fits", cure="Copy it again.")
    QTimer.singleShot(0, lambda: _raise(error))
    qtbot.waitUntil(lambda: bool(session.notices))
    qtbot.wait(30)
    assert [(n.level, n.text, n.cure) for n in session.notices] == [
        ("error", "a.fits: It is broken.", "Copy it again.")
    ]


def test_the_same_trouble_over_and_over_is_one_notice(session: Session, qtbot: QtBot) -> None:
    timer = QTimer()
    timer.timeout.connect(lambda: _raise(ZeroDivisionError("in a painting")))
    timer.start(5)
    qtbot.wait(120)
    timer.stop()
    qtbot.wait(30)
    assert len(session.notices) == 1
    assert "defect" in session.notices[0].cure


def test_an_error_in_a_thread_is_told_in_the_main_thread(session: Session, qtbot: QtBot) -> None:
    told = []
    session.noticed.connect(lambda _notice: told.append(threading.current_thread()))
    thread = threading.Thread(target=lambda: _raise(ValueError("from afar")))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [threading.main_thread()]
    assert "from afar" in session.notices[0].text


def test_what_qt_finds_critical_is_told(session: Session, qtbot: QtBot) -> None:
    qCritical("the surface is lost")
    qtbot.waitUntil(lambda: bool(session.notices))
    assert "the surface is lost" in session.notices[0].text


def test_a_cancelled_job_is_no_error(session: Session, qtbot: QtBot) -> None:
    QTimer.singleShot(0, lambda: _raise(Cancelled()))
    qtbot.wait(50)
    assert session.notices == []


def test_hooks_are_given_back(qtbot: QtBot) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    session = Session()
    hooks = Hooks(session)
    hooks.install()
    assert sys.excepthook != before[0]
    hooks.remove()
    session.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
