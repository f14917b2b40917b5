"""Hot pixels tell whether a picture is of its detector, and how it was turned or moved."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.frames.frame import Frame
from calgui.core.validation import fingerprint as module
from calgui.core.validation.fingerprint import Fingerprint, fingerprint
from calgui.core.validation.sharp import excess_at, sharp_points

SIDE = 160


def hot(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    image = np.zeros((SIDE, SIDE), np.float32)
    at = rng.choice(SIDE * SIDE, 120, replace=False)
    image.flat[at] = rng.uniform(40, 400, at.size)
    return image


def frame(image: Any, seed: int = 1, noise: float = 1.0, **header: Any) -> Frame:
    made = image + noise * np.random.default_rng(seed).standard_normal(image.shape)
    return Frame(made.astype(np.float32), None, None, {"BUNIT": "electron/s", "DETECTOR": "IRIS1", **header})


@pytest.fixture
def darks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Darks in use, by detector; the rules are those of other tests."""
    found = {"IRIS1": frame(hot(1), 7, 0.1), "IRIS2": frame(hot(2), 8, 0.1)}

    def known(header: Any, *_rest: Any) -> Any:
        used = found.get(str(header["DETECTOR"]))
        points = None if used is None else sharp_points(used)
        return None if points is None else module._Known(points, f"dark of {header['DETECTOR']}")

    monkeypatch.setattr(module, "_known", known)
    return found


def seen(one: Frame) -> Fingerprint:
    return fingerprint(one, one.header, None, None, Path("x"), 1.0, str(one.header["DETECTOR"]))  # type: ignore[arg-type]


def value(found: Fingerprint, name: str) -> Any:
    metric = found.figures.get(f"fingerprint.{name}")
    return None if metric is None else metric.value


def test_in_its_place_nothing_is_said(darks: Any) -> None:
    for noise in (1.0, 6.0):
        found = seen(frame(hot(1), noise=noise))
        assert value(found, "moved_fraction") == 0
        assert value(found, "found_fraction") in (None, 1.0)
        assert found.note == ""


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (lambda d: d[:, ::-1], "mirrored left to right"), (lambda d: d[::-1], "mirrored top to bottom"),
        (lambda d: d[::-1, ::-1], "turned by 180 degrees"), (lambda d: d.T, "with rows and columns exchanged"),
        (lambda d: np.roll(d, (3, -2), (0, 1)), "moved by +2 columns and -3 rows"),
    ],
)  # fmt: skip
def test_what_was_done_to_it_is_told(darks: Any, turn: Any, words: str) -> None:
    found = seen(frame(np.ascontiguousarray(turn(hot(1)))))
    assert value(found, "moved_fraction") > 0.9
    assert words in found.note
    assert value(found, "found_fraction") is None


def test_another_detector_is_named(darks: Any) -> None:
    found = seen(frame(hot(2)))
    assert value(found, "stranger_fraction") > 0.9
    assert "IRIS2" in found.note
    strange = seen(frame(hot(3)))
    assert value(strange, "stranger_fraction") is None
    assert value(strange, "found_fraction") < 0.1
    assert value(strange, "found_error") < 0.05


def test_stars_and_cosmic_rays_are_no_hot_pixels_elsewhere(darks: Any) -> None:
    rng = np.random.default_rng(5)
    image = hot(1)
    y, x = np.indices(image.shape)
    for _ in range(60):
        at = rng.uniform(5, SIDE - 5, 2)
        image += (rng.exponential(300) * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 3)).astype(np.float32)
    image.flat[rng.choice(image.size, 300, replace=False)] += 200
    found = seen(frame(image))
    assert value(found, "moved_fraction") == 0
    assert found.note == ""


def test_a_picture_without_hot_pixels_says_nothing(darks: Any) -> None:
    cleaned = frame(np.zeros((SIDE, SIDE), np.float32), S_DARK="COMPLETE")
    assert dict(seen(cleaned).figures) == {}
    assert dict(seen(replace(cleaned, data=np.zeros((3, SIDE, SIDE), np.float32))).figures) == {}


def test_pixels_that_stand_out_are_counted_beyond_the_strongest() -> None:
    image = np.zeros((400, 400), np.float32)
    image[5:-5:4, 5:-5:4] = 100
    found = sharp_points(frame(image))
    assert found is not None
    assert found.count == np.count_nonzero(image)
    assert found.y.size < found.count
    made = excess_at(frame(image), np.array([5, 6, 0]), np.array([5, 6, 9]))
    assert made[0] > 90
    assert abs(made[1]) < 6
    assert np.isnan(made[2])
