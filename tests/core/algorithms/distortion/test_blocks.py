"""Products in pieces are the products."""

import numpy as np
import pytest

from calgui.core.algorithms.distortion.blocks import gram, times


def _made(rng: np.random.Generator, shape: tuple[int, ...], whole: bool) -> np.ndarray:
    real = rng.normal(size=shape)
    return real + 1j * rng.normal(size=shape) if whole else real


@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("others", [(), (1,), (7,)])
def test_the_pieces_make_the_whole(left: bool, right: bool, others: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    a = _made(rng, (5003, 40), left)
    tall, small = _made(rng, (5003, *others), right), _made(rng, (40, *others), right)
    np.testing.assert_allclose(gram(a, tall), a.conj().T @ tall, atol=1e-9)
    np.testing.assert_allclose(times(a, small), a @ small, atol=1e-9)
    # a part of the columns, as those of a lower order are
    np.testing.assert_allclose(times(a[:, 3:9], small[3:9]), a[:, 3:9] @ small[3:9], atol=1e-9)
