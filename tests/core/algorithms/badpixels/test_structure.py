"""Level and noise around every pixel, against what was put in."""

import numpy as np
import pytest

from calgui.core.algorithms.badpixels.structure import Structure, structure_of
from calgui.core.jobs import Job

SIZE = (192, 256)


def image(level: np.ndarray, sigma: np.ndarray, seed: int = 1) -> np.ndarray:
    return (level + sigma * np.random.default_rng(seed).standard_normal(SIZE)).astype(np.float32)


def all_good() -> np.ndarray:
    return np.ones(SIZE, bool)


def found(data: np.ndarray, good: np.ndarray | None = None) -> Structure:
    made = structure_of(data, all_good() if good is None else good, 32, Job())
    assert made is not None
    return made


@pytest.mark.parametrize("across", [True, False])
def test_steps_between_amplifiers_stay_where_they_are(across: bool) -> None:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    part = (x if across else y) // 64 % 2
    level = 20.0 * part + 0.02 * y
    made = found(image(level, np.ones(SIZE)))
    assert np.abs(made.level() - level).max() < 0.6
    np.testing.assert_allclose(made.sigma(), 1.0, atol=0.2)


def test_noise_steps_with_the_amplifiers_too() -> None:
    sigma = np.where(np.arange(256)[None, :] // 64 % 2, 3.0, 1.0) * np.ones(SIZE)
    made = found(image(np.zeros(SIZE), sigma))
    # within a few columns of the edge as elsewhere
    np.testing.assert_allclose(made.sigma()[:, [58, 61, 66, 69]] / sigma[:, [58, 61, 66, 69]], 1, atol=0.3)
    assert np.median(made.sigma() / sigma) == pytest.approx(1, abs=0.05)


def test_a_bad_column_and_bad_pixels_are_no_structure() -> None:
    data = image(np.zeros(SIZE), np.ones(SIZE))
    data[:, 100] += 50
    data[np.random.default_rng(2).random(SIZE) < 0.02] += 1000
    made = found(data)
    assert np.abs(made.level()).max() < 0.6
    assert made.sigma().max() < 1.3


def test_what_is_not_good_does_not_count() -> None:
    data, good = image(np.zeros(SIZE), np.ones(SIZE)), all_good()
    data[:, :4], good[:, :4] = 5000, False
    data[50:90, 60:90] = np.nan
    made = found(data, good)
    assert np.abs(made.level()).max() < 0.6
    assert np.isfinite(made.sigma()).all()
    assert structure_of(data, np.zeros(SIZE, bool), 32, Job()) is None


def test_rows_of_the_whole_are_the_same() -> None:
    made = found(image(np.zeros(SIZE), np.ones(SIZE)))
    np.testing.assert_array_equal(made.level(50, 70), made.level()[50:70])
    np.testing.assert_array_equal(made.sigma(50, 70), made.sigma()[50:70])


def test_maps_of_tiles_are_linear_between_their_centres() -> None:
    rng = np.random.default_rng(3)
    tiles, columns, rows = rng.normal(size=(6, 8)), rng.normal(size=(2, 256)), rng.normal(size=(192, 3))
    made = Structure(tiles, columns, rows, np.abs(tiles), np.abs(columns), SIZE).level()
    across = [np.interp(np.arange(256) + 0.5, (np.arange(8) + 0.5) * 32, line) for line in tiles]
    smooth = [np.interp(np.arange(192) + 0.5, (np.arange(6) + 0.5) * 32, line) for line in np.array(across).T]
    strip = [min(k for k in range(3) if x < (k + 1) * 256 // 3) for x in range(256)]
    expected = np.array(smooth).T + np.repeat(columns, 96, axis=0) + rows[:, strip]
    np.testing.assert_allclose(made, expected, atol=1e-5)
