"""Uneven light beside a star is told, and the star with its halo and spikes is not."""

from typing import Any

import numpy as np

from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.validation.symmetry import uneven_beside_star

SIDE = 256
Y, X = np.indices((SIDE, SIDE)).astype(np.float32)


def star(seed: int = 1, at: tuple[float, float] = (120.0, 131.0)) -> Any:
    """A core, a halo and two spikes, in units of the noise."""
    away = np.hypot(Y - at[0], X - at[1])
    light = 20_000 * np.exp(-((away / 2) ** 2)) + 200 / (1 + (away / 15) ** 2)
    light += 8 * np.exp(-np.abs(Y - at[0]) / 1.5) + 8 * np.exp(-np.abs(X - at[1]) / 1.5)
    return light + np.random.default_rng(seed).standard_normal((SIDE, SIDE))


def figures(image: Any) -> dict[str, Any]:
    made = uneven_beside_star(Frame(image.astype(np.float32)), Job("test"))
    return {name: metric.value for name, metric in made.items()}


def test_a_star_alone_is_even() -> None:
    found = figures(star())
    assert found["odd_slope_sigma"] - 2 * found["odd_slope_error"] < 0.3
    assert found["odd_part_lines"] == 0
    assert found["odd_part_step"] < 0.5


def test_light_from_one_side_rows_and_outputs_are_told() -> None:
    slope = figures(star() + 1.5 * X / SIDE)
    assert 1.0 < slope["odd_slope_sigma"] < 1.8
    assert slope["odd_slope_sigma"] - 2 * slope["odd_slope_error"] > 0.5
    rows = star()
    rows[[30, 200]] += 8
    assert figures(rows)["odd_part_lines"] == 2
    output = star()
    output[:, 32:64] += 3
    assert figures(output)["odd_part_step"] > 1


def test_without_a_star_away_from_the_edges_nothing_is_said() -> None:
    assert figures(star(at=(20.0, 131.0))) == {}
    assert figures(np.full((SIDE, SIDE), np.nan)) == {}


def test_other_lights_are_counted_and_a_crowd_has_no_sides() -> None:
    def light(y: float, x: float) -> Any:
        return 6 * np.exp(-((Y - y) ** 2 + (X - x) ** 2) / 18)

    assert figures(star())["odd_spots"] == 0
    one = figures(star() + light(60, 60))
    assert one["odd_spots"] == 1
    assert "odd_slope_sigma" in one
    crowd = figures(star() + light(60, 60) + light(190, 80) + light(50, 200))
    assert crowd["odd_spots"] == 3
    assert "odd_slope_sigma" not in crowd
