"""The zero point's own error: pulls of it over noise, magnitudes and extinctions that are drawn anew."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from calgui.core.algorithms.fluxstar.algorithms import ALGORITHMS
from calgui.core.jobs import Job
from tests.core.algorithms.fluxstar.scenes import SKY, exposed, star_light

(HOW,) = (one for one in ALGORITHMS if one.name == "zero-point")
FLUX, MAGNITUDE, AIRMASS, EXTINCTION = 5e4, 15.0, 1.5, 0.1
TRUE = MAGNITUDE + 2.5 * math.log10(FLUX)


@pytest.mark.parametrize(("of_magnitude", "of_extinction"), [(0.0, 0.0), (0.02, 0.02)])
def test_the_error_of_the_zero_point_is_what_it_is_off_by(of_magnitude: float, of_extinction: float) -> None:
    rng = np.random.default_rng(5)
    # errors of the magnitude and of the extinction: all that a Gaussian has, in any order
    drawn = [rng.permutation(norm.ppf((np.arange(30) + 0.5) / 30)) for _ in range(2)]
    pulls = []
    for seed in range(30):
        x, y = 95.5 + rng.uniform(-3, 3, 2)
        frame = exposed(star_light(192, x, y, FLUX) + SKY, seed)
        config = HOW.config(
            magnitude=MAGNITUDE + of_magnitude * float(drawn[0][seed]),
            magnitude_error=of_magnitude,
            magnitude_system="AB",
            filter="K",
            extinction=EXTINCTION + of_extinction * float(drawn[1][seed]),
            extinction_error=of_extinction,
            airmass=AIRMASS,
            flux_radius=200.0,
        )
        assert HOW.measure is not None
        assert HOW.refit is not None
        found = HOW.refit(HOW.measure([frame], {}, config, Job()), config, Job()).metrics
        value, error = found["zero_point_ab_mag"].value, found["error_mag"].value
        assert isinstance(value, float)
        assert isinstance(error, float)
        pulls.append((value - TRUE - EXTINCTION * AIRMASS) / error)
    # of 30, a standard deviation of 1 scatters by 0.13
    assert abs(np.mean(pulls)) < 0.5
    assert np.std(pulls) == pytest.approx(1, abs=0.35)
