"""The errors of the chain's product, against a truth that was made with nothing of the program."""

import numpy as np
import pytest

from calgui.core.algorithms.quicklook.chain import quick_look
from calgui.core.algorithms.quicklook.config import QuickLookConfig
from tests.core.algorithms.quicklook.telescope import night


@pytest.mark.parametrize("sky", [0.5, 12.0, 150.0])
def test_pulls_of_the_product(sky: float) -> None:
    """From few photons to many, errors of dark, flat and sky are as large as their frames say."""
    pulls = []
    for seed in range(3):
        made = night(seed, sky)
        product = quick_look([made.ramp], made.references, QuickLookConfig()).frame
        assert product is not None
        assert product.err is not None
        pulls.append(((product.data - made.science) / product.err)[made.good])
    pull = np.concatenate(pulls)
    assert np.isfinite(pull).all()
    # of a normal distribution, so that neither a few outliers nor wide wings are hidden by the other
    low, high = np.quantile(pull, [0.1587, 0.8413])
    assert (high - low) / 2 == pytest.approx(1, abs=0.05)
    assert np.std(pull) == pytest.approx(1, abs=0.05)
    assert abs(np.median(pull)) < 0.06
