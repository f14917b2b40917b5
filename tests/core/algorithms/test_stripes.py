"""Stripes beside a round star, made with noise that is common to rows and to amplifiers."""

import numpy as np
import numpy.typing as npt
import pytest

from calgui.core.algorithms.stripes import Stripes, find_stripes

SIZE, NOISE = 256, 1.0
PLACE = (130.3, 121.7)


def round_light() -> npt.NDArray[np.float64]:
    y, x = np.indices((SIZE, SIZE))
    radius = np.hypot(x - PLACE[0], y - PLACE[1])
    return np.asarray(3000 / (1 + (radius / 4) ** 2) ** 1.4)


def slow(count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A series of power 1/f, mean 0, rms 1."""
    waves = rng.standard_normal(count // 2 + 1) + 1j * rng.standard_normal(count // 2 + 1)
    waves[1:] /= np.sqrt(np.arange(1, count // 2 + 1))
    waves[0] = 0
    series = np.fft.irfft(waves, count)
    return np.asarray(series / series.std())


def striped(seed: int, rows: float, columns: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    blocks = np.repeat(rng.standard_normal(SIZE // 32), 32)
    offsets = rows * slow(SIZE, rng)[:, None] + columns * (blocks - blocks.mean())[None, :]
    return (round_light() + 5 + offsets + NOISE * rng.standard_normal((SIZE, SIZE))).astype(np.float32), offsets


def searched(image: npt.NDArray[np.float32]) -> Stripes | None:
    variance = np.full(image.shape, NOISE**2, np.float32)
    return find_stripes(image, variance, np.ones(image.shape, np.bool_), *PLACE)


def test_offsets_of_rows_and_columns_are_found_beside_the_star() -> None:
    image, offsets = striped(1, 0.6, 0.2)
    stripes = searched(image)
    assert stripes is not None
    left = offsets - stripes.plane
    assert left.std() < 0.35 * offsets.std()
    assert abs(stripes.plane.mean()) < 1e-5
    assert stripes.row_scatter == pytest.approx(0.6, rel=0.25)
    # a row of 256 pixels is known to a sixteenth of a pixel's noise
    assert NOISE / 16 < stripes.row_error < 2 * NOISE / 16


def test_where_there_are_none_nothing_is_subtracted() -> None:
    assert all(searched(striped(seed, 0.0, 0.0)[0]) is None for seed in range(5))


def test_what_looks_round_is_told_by_the_covariance() -> None:
    y, x = np.indices((SIZE, SIZE))
    radius = np.hypot(x - PLACE[0], y - PLACE[1])
    circle, ring = radius < 90, (radius > 95) & (radius < 125)
    pulls = []
    for seed in range(12):
        image, offsets = striped(seed, 0.6, 0.2)
        stripes = searched(image)
        assert stripes is not None
        left = offsets - stripes.plane
        differs = stripes.common.of_circle(90.0) - stripes.common.of_circle(125.0, 95.0)
        error = float(differs @ stripes.covariance @ differs) ** 0.5
        pulls.append((left[circle].mean() - left[ring].mean()) / error)
    assert 0.4 < np.sqrt(np.mean(np.square(pulls))) < 1.6


def test_a_small_or_empty_picture_has_none() -> None:
    image = np.zeros((12, 12), np.float32)
    assert find_stripes(image, image + 1, np.ones(image.shape, np.bool_), 6.0, 6.0) is None
    image = striped(1, 0.6, 0.2)[0]
    assert find_stripes(image, image * 0 + 1, np.zeros(image.shape, np.bool_), *PLACE) is None
