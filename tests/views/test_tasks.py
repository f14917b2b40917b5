"""Background work delivers in the main thread, newer tasks supersede older ones, errors arrive once."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.simulate import DemoNight
from calgui.views.session import Notice, Session
from calgui.views.tasks import Tasks
from calgui.views.widgets.status_bar import JobsBar


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


def test_result_arrives_in_the_main_thread(qtbot: QtBot, tasks: Tasks) -> None:
    threads: dict[str, threading.Thread] = {}

    def work(_job: Job) -> int:
        threads["work"] = threading.current_thread()
        return 42

    def done(value: int) -> None:
        threads["done"] = threading.current_thread()
        results.append(value)

    results: list[int] = []
    tasks.start("work", work, done)
    qtbot.waitUntil(lambda: results == [42])
    assert threads["work"] is not threading.main_thread()
    assert threads["done"] is threading.main_thread()
    assert tasks.running == []


def test_a_newer_task_of_the_same_key_supersedes(qtbot: QtBot, tasks: Tasks) -> None:
    release, results = threading.Event(), []

    def slow(job: Job) -> str:
        release.wait(60)
        return "old"

    older = tasks.start("old", slow, results.append, key="preview")
    tasks.start("new", lambda job: "new", results.append, key="preview")
    qtbot.waitUntil(lambda: results == ["new"])
    release.set()
    qtbot.waitUntil(lambda: not tasks.running)
    assert older.job.cancelled
    assert results == ["new"], "the stale result was dropped"


def test_cancel_is_no_error(qtbot: QtBot, tasks: Tasks) -> None:
    started, errors = threading.Event(), []
    tasks.error.connect(lambda task, error: errors.append(error))

    def endless(job: Job) -> None:
        started.set()
        while True:
            job.check()

    task = tasks.start("endless", endless)
    assert started.wait(60)
    task.job.cancel()
    qtbot.waitUntil(lambda: not tasks.running)
    assert errors == []


def test_progress_is_passed_on(qtbot: QtBot, tasks: Tasks) -> None:
    seen: list[float] = []
    tasks.progressed.connect(lambda task, progress: seen.append(progress.fraction))
    tasks.start("work", lambda job: job.report(1.0, "end"))
    qtbot.waitUntil(lambda: seen == [1.0])


def test_close_waits_and_delivers_nothing(qtbot: QtBot) -> None:
    tasks, results = Tasks(), []
    tasks.start("work", lambda job: "late", results.append)
    tasks.close()
    qtbot.wait(20)
    assert results == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("calgui")]


def test_work_asked_for_after_the_end_is_dropped(qtbot: QtBot) -> None:
    tasks, results = Tasks(), []
    tasks.close()
    task = tasks.start("late", lambda job: "late", results.append, key="late")
    qtbot.wait(20)
    assert task.job.cancelled
    assert results == []
    assert tasks.running == []


def test_an_error_reaches_the_user_once_with_its_cure(qtbot: QtBot) -> None:
    session, told = Session(), []
    session.noticed.connect(told.append)

    def fail(_job: Job) -> None:
        raise InputError("is truncated.", path="dark.fits", cure="Copy it again.")

    session.tasks.start("Reading", fail)
    qtbot.waitUntil(lambda: bool(told))
    session.close()
    assert told == [Notice("error", "dark.fits: is truncated.", "Copy it again.")]


def test_quiet_work_is_shown_once_one_waits_and_work_that_nobody_waits_for_never(qtbot: QtBot) -> None:
    session = Session()
    jobs = JobsBar(session)
    qtbot.addWidget(jobs)
    jobs.show()
    go_on = threading.Event()

    def work(job: Job) -> None:
        job.report(0.25, "Reading pixels")
        while not go_on.wait(0.01):
            job.check()

    quick = session.tasks.start("Quick", lambda _job: None, quiet=True)
    qtbot.waitUntil(lambda: quick not in session.tasks.running)
    began = time.monotonic()
    hidden = session.tasks.start("Watching", work, background=True)
    slow = session.tasks.start("Slow", work, quiet=True)
    assert jobs.shown is None
    qtbot.waitUntil(lambda: jobs.shown is not None)
    assert jobs.shown is slow
    assert time.monotonic() - began > 0.9
    assert jobs.cancel.isVisible()
    assert "Reading pixels" in jobs.label.text()
    jobs.cancel_shown()
    qtbot.waitUntil(lambda: slow not in session.tasks.running)
    assert jobs.shown is None
    assert hidden in session.tasks.running
    go_on.set()
    session.close()


def test_a_cache_whose_opening_was_cancelled_is_not_opened(
    qtbot: QtBot, demo_night: DemoNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, reading, goes_on, closed = Session(), threading.Event(), threading.Event(), []
    opened, close = Cache.open, Cache.close

    def slow(path: Path) -> Cache:
        reading.set()
        assert goes_on.wait(10)
        return opened(path)

    def closing(cache: Cache) -> None:
        closed.append(cache.path)
        close(cache)

    monkeypatch.setattr(Cache, "open", slow)
    monkeypatch.setattr(Cache, "close", closing)
    bar = JobsBar(session)
    qtbot.addWidget(bar)
    session.open_cache(demo_night.cache)
    assert reading.wait(10)
    bar.cancel_shown()
    goes_on.set()
    qtbot.waitUntil(lambda: not session.tasks.running, timeout=20_000)
    assert (session.caches, session.notices, closed) == ([], [], [demo_night.cache])
    session.close()
