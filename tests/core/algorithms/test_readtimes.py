"""Times of reads out of the keywords of JWST."""

import pytest

from calgui.core.algorithms.readtimes import read_times


@pytest.mark.parametrize(
    ("header", "step", "frames", "frame", "first"),
    [
        ({}, None, 1, 0.0, 1.0),
        ({"TGROUP": 5.0}, 5.0, 1, 5.0, 1.0),
        ({"TGROUP": -5.0}, None, 1, 0.0, 1.0),
        # NRS of JWST: means of 4 frames of 14.6 s, none dropped: the first one is at 2.5 frames
        ({"TGROUP": 58.4, "TFRAME": 14.6, "NFRAMES": 4, "GROUPGAP": 0}, 58.4, 4, 14.6, 0.625),
        ({"TFRAME": 14.6, "NFRAMES": 4, "GROUPGAP": 0}, 58.4, 4, 14.6, 0.625),
        # one frame and three dropped: the first read is one frame after the reset
        ({"TFRAME": 2.0, "NFRAMES": 1, "GROUPGAP": 3}, 8.0, 1, 2.0, 0.25),
        # two frames, then a pause
        ({"TGROUP": 10.0, "TFRAME": 1.0, "NFRAMES": 2, "GROUPGAP": 0}, 10.0, 2, 1.0, 0.15),
        # TFRAME does not fit: as many frames as are said share the step
        ({"TGROUP": 10.0, "TFRAME": 8.0, "NFRAMES": 2, "GROUPGAP": 0}, 10.0, 2, 5.0, 0.75),
        ({"TFRAME": 2.0}, None, 1, 0.0, 1.0),
        ({"NFRAMES": 4, "GROUPGAP": 1}, None, 4, 0.0, 0.5),
    ],
)
def test_keywords(header: dict[str, float], step: float | None, frames: int, frame: float, first: float) -> None:
    found = read_times(header)
    assert (found.step, found.frames) == (step if step is None else pytest.approx(step), frames)
    assert found.frame_seconds == pytest.approx(frame)
    assert found.first == pytest.approx(first)


def test_a_time_that_is_given_counts_more() -> None:
    found = read_times({"TGROUP": 5.0, "TFRAME": 5.0}, 10.0)
    assert (found.step, found.frame_seconds, found.first) == (10.0, 10.0, 1.0)
