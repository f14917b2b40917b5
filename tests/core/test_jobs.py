"""One token carries progress and cancel, also through its parts."""

import math

import pytest

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job, Progress


def test_report_reaches_the_observer_and_the_end_is_never_swallowed() -> None:
    seen: list[Progress] = []
    job = Job("work", seen.append)
    for step in range(1000):
        job.report(step / 1000, "counting")
    job.report(1.0, "done")
    assert seen[0].fraction == 0
    assert seen[-1].fraction == 1
    assert seen[-1].text == "done"
    assert len(seen) < 900, "reports are thinned out"


def test_cancel_raises_at_the_next_look() -> None:
    job = Job("work")
    job.check()
    job.cancel()
    with pytest.raises(Cancelled) as caught:
        job.report(0.5)
    assert caught.value.exit_code == 130


def test_a_part_maps_its_progress_and_shares_cancel() -> None:
    seen: list[Progress] = []
    job = Job("whole", seen.append)
    part = job.part(0.5, 0.7)
    part.report(1.0, "second stage")
    assert seen[-1].fraction == pytest.approx(0.7)
    part.cancel()
    assert job.cancelled


def test_track_yields_everything() -> None:
    assert list(Job().track(iter("abc"), 3)) == ["a", "b", "c"]
    assert list(Job().track([], 0)) == []


@pytest.mark.parametrize(
    ("fraction", "elapsed", "left"),
    [(0.5, 10.0, 10.0), (0.25, 3.0, 9.0), (0.0, 5.0, None), (math.nan, 5.0, None), (0.5, 0.1, None), (1.0, 2.0, 0.0)],
)
def test_time_left(fraction: float, elapsed: float, left: float | None) -> None:
    remaining = Progress(fraction, "", elapsed).remaining
    assert remaining == (pytest.approx(left) if left is not None else None)
