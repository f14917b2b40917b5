"""The pupil as data and on a grid: areas worked out by hand, shapes that turn, files that describe none."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.optics.pupil import Pupil, Segments, Stop, load_pupil, pupil_names, read_pupil
from calgui.core.optics.raster import pupil_mask


def area(pupil: Pupil, rotation: float = 0.0, n: int = 512) -> float:
    return float(pupil_mask(pupil, n, rotation).sum()) * (pupil.diameter_m / n) ** 2


def test_the_pupil_of_tmt_is_what_is_published() -> None:
    pupil = load_pupil("TMT")
    corners = pupil.hexagons()
    assert corners.shape == (492, 6, 2)
    assert np.hypot(corners[..., 0], corners[..., 1]).max() == pytest.approx(15.0)
    # the light of the simulator of IRIS is collected by 630 m²
    assert area(pupil) == pytest.approx(630, rel=0.01)
    # segments without what lies before them, from tmt.org: 655 m²
    bare = dataclasses.replace(pupil, secondary_m=0.0, support_width_m=0.0)
    assert area(bare) == pytest.approx(655, rel=0.005)


def test_segments_are_whole_and_apart() -> None:
    corners = load_pupil().hexagons()
    side = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
    assert np.ptp(side) < 1e-9
    # 492 hexagons, exactly
    exact = 492 * 1.5 * math.sqrt(3) * side[0, 0] ** 2
    bare = dataclasses.replace(load_pupil(), secondary_m=0.0, support_width_m=0.0)
    assert area(bare, 11.0) == pytest.approx(exact, rel=2e-4)
    middles = corners.mean(axis=1)
    near = np.linalg.norm(middles[:, None] - middles[None], axis=2) + 1e9 * np.eye(492)
    scale = side[0, 0] / 0.72
    assert near.min() == pytest.approx((1.44 * math.sqrt(3) / 2 + 0.0025) * scale)
    assert np.hypot(*middles.T).min() > 1.4  # the middle one and its neighbours are not there


@pytest.mark.parametrize("rotation", [0.0, 17.0, 90.0, 211.5])
def test_areas_of_simple_shapes(rotation: float) -> None:
    ring = Pupil("ring", "ring", 8.0, 2.0)
    assert area(ring, rotation) == pytest.approx(math.pi * (16 - 1), rel=1e-4)
    one = Pupil("one", "one", 8.0, segments=Segments(1, 0, 8.0, 0.0, 0.0))
    assert area(one, rotation) == pytest.approx(1.5 * math.sqrt(3) * 16, rel=2e-4)
    spider = Pupil("spider", "spider", 8.0, 2.0, 0.1, (0.0, 120.0, 240.0))
    assert area(ring, rotation) - area(spider, rotation) == pytest.approx(3 * 0.1 * 3, rel=2e-3)
    stopped = dataclasses.replace(ring, stop=Stop(7.0, 2.5))
    assert area(stopped, rotation) == pytest.approx(math.pi * (3.5**2 - 1.25**2), rel=1e-4)


def test_it_turns_from_x_towards_y() -> None:
    bar = Pupil("bar", "bar", 8.0, 0.5, 0.6, (0.0,))
    y, x = np.mgrid[:64, :64] - 31.5
    for turn in (0.0, 40.0, 90.0, 200.0):
        shadow = (np.hypot(x, y) < 30) & (pupil_mask(bar, 64, turn) < 0.1) & (np.hypot(x, y) > 6)
        angle = math.degrees(math.atan2(y[shadow].mean(), x[shadow].mean())) % 360
        assert angle == pytest.approx(turn, abs=1.5)


def test_a_map_is_kept_and_not_to_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        pupil_mask(load_pupil(), 64)[0, 0] = 1


def test_what_describes_no_pupil_is_told(tmp_path: Path) -> None:
    assert "tmt" in pupil_names()
    with pytest.raises(InputError, match="no pupil 'keck'") as told:
        load_pupil("keck")
    assert "tmt" in told.value.cure
    file = tmp_path / "odd.toml"
    for text in ("name = 'odd'", "name = 3\ndiameter_m = 'wide'", "[", "name='a'\ndiameter_m=3\nsegments={count=1}"):
        file.write_text(text)
        with pytest.raises(InputError, match="describes no pupil") as told:
            read_pupil(file)
        assert told.value.path == file
    with pytest.raises(InputError, match="lets no light"):
        Pupil("dark", "dark", 8.0, 9.0)
    with pytest.raises(InputError, match="whole shells"):
        Pupil("odd", "odd", 8.0, segments=Segments(5, 1, 1.0, 0.0)).hexagons()
    file.write_text("name = 'mine'\ndiameter_m = 2.5\n[stop]\nouter_m = 2.4\n")
    assert read_pupil(file) == Pupil("mine", "mine", 2.5, stop=Stop(2.4))
