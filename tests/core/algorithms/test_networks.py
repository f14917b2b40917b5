"""Networks sort: by the 0-1 principle (Knuth, TAOCP 3, theorem Z) it is enough to try all zeros and ones."""

import itertools

import numpy as np
import pytest

from calgui.core.algorithms.kernels.networks import (
    MAXIMUM,
    MINIMUM,
    central,
    central_network,
    median_network,
    sorting_network,
)


def apply(network: np.ndarray, values: np.ndarray) -> np.ndarray:
    made = values.copy()
    for a, b, kind in network:
        low, high = np.minimum(made[a], made[b]), np.maximum(made[a], made[b])
        if kind != MAXIMUM:
            made[a] = low
        if kind != MINIMUM:
            made[b] = high
    return made


@pytest.mark.parametrize("n", range(1, 15))
def test_every_input_of_zeros_and_ones_is_sorted(n: int) -> None:
    values = np.array(list(itertools.product((0, 1), repeat=n))).T
    assert np.array_equal(apply(sorting_network(n), values), np.sort(values, axis=0))


@pytest.mark.parametrize("n", range(1, 15))
def test_the_central_values_of_every_input_are_right(n: int) -> None:
    values = np.array(list(itertools.product((0, 1), repeat=n))).T
    ordered = np.sort(values, axis=0)
    places = list(central(n))
    assert np.array_equal(apply(central_network(n), values)[places], ordered[places])
    assert np.array_equal(apply(median_network(n), values)[n // 2], ordered[n // 2])


@pytest.mark.parametrize("n", [25, 50, 101])
def test_many_values_are_sorted(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(n, 300))
    ordered = np.sort(values, axis=0)
    assert np.array_equal(apply(sorting_network(n), values), ordered)
    assert np.array_equal(apply(central_network(n), values)[list(central(n))], ordered[list(central(n))])


def test_selecting_is_cheaper_than_sorting() -> None:
    assert len(median_network(25)) < len(sorting_network(25))
