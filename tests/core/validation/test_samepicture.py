"""A picture of fixed lights beside the one in use: the same, turned, moved, or with something between the lights."""

from typing import Any

import numpy as np
import pytest

from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.validation.samepicture import beside_picture

SIDE = 192
Y, X = np.indices((SIDE, SIDE)).astype(np.float32)


def lights(seed: int = 4, bright: float = 1.0) -> Any:
    image = np.zeros((SIDE, SIDE), np.float32)
    rng = np.random.default_rng(11)
    for _ in range(90):
        y, x = rng.uniform(8, SIDE - 8, 2)
        image += rng.uniform(100, 400) * np.exp(-((Y - y) ** 2 + (X - x) ** 2) / 4)
    return bright * image + np.random.default_rng(seed).standard_normal(image.shape)


def compared(new: Any, old: Any = None) -> tuple[dict[str, Any], str]:
    errors = np.ones((SIDE, SIDE), np.float32)
    frames = [Frame(np.ascontiguousarray(one, np.float32), errors) for one in (new, lights(5) if old is None else old)]
    made, note = beside_picture(frames[0], frames[1], 1.0, Job("test"))
    return {name.removeprefix("against."): metric.value for name, metric in made.items()}, note


def test_the_same_lights_differ_by_their_brightness_alone() -> None:
    for bright in (0.8, 1.0, 3.0):
        found, note = compared(lights(bright=bright))
        assert note == ""
        assert found["picture_correlation"] > 0.6
        assert found["picture_moved_pixel"] == 0
        assert found["light_ratio"] == pytest.approx(bright, rel=0.05)
        assert found["odd_lines"] == 0
        assert found["noise_over_error"] == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (lambda d: d[:, ::-1], "mirrored left to right"), (lambda d: d.T, "rows and columns exchanged"),
        (lambda d: np.rot90(d), "turned by 270 degrees"),
        (lambda d: np.roll(d, (6, -9), (0, 1)), "+9 columns and -6 rows"),
    ],
)  # fmt: skip
def test_turned_and_moved_ones_are_told(turn: Any, words: str) -> None:
    found, note = compared(turn(lights()))
    assert words in note
    assert found["picture_correlation"] < 0.5
    assert "step_sigma" not in found


def test_what_came_between_the_lights_is_told() -> None:
    slope, _ = compared(lights() + 2 * X / SIDE)
    assert slope["slope_sigma"] - 2 * slope["slope_error_sigma"] > 1
    output = lights()
    output[:, 48:72] += 3
    assert compared(output)[0]["step_sigma"] > 1
    assert compared(lights() + 2 * np.random.default_rng(2).standard_normal((SIDE, SIDE)))[0]["noise_over_expected"] > 2


def test_another_size_is_not_compared() -> None:
    made, note = beside_picture(
        Frame(lights()[:-2].astype(np.float32)), Frame(lights().astype(np.float32)), None, Job("t")
    )
    assert (dict(made), note) == ({}, "")
