"""Wavelengths against published pairs, and there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.spectra.wavelength import IN_NM, read, refractive_index, shown, to_air, to_vacuum


# NIST Atomic Spectra Database, lines of argon and neon in vacuum and in standard air, nm
@pytest.mark.parametrize(
    ("vacuum", "air"),
    [(696.7352, 696.5431), (750.5935, 750.3869), (811.7542, 811.5311), (912.5471, 912.2967), (837.9909, 837.7608)],
)
def test_air_agrees_with_published_pairs(vacuum: float, air: float) -> None:
    assert to_air(vacuum) == pytest.approx(air, abs=2e-4)
    assert to_vacuum(air) == pytest.approx(vacuum, abs=2e-4)


def test_the_index_agrees_with_another_formula() -> None:
    # Edlén 1953, J. Opt. Soc. Am. 43, 339, as in Morton 1991, ApJS 77, 119
    squared = (1 / np.linspace(0.8, 2.5, 200)) ** 2
    other = 1 + 6.4328e-5 + 2.94981e-2 / (146 - squared) + 2.5540e-4 / (41 - squared)
    assert np.abs(refractive_index(1000 / np.sqrt(squared)) - other).max() < 3e-8


@given(st.floats(300, 3000), st.sampled_from(sorted(IN_NM)), st.sampled_from(["air", "vacuum"]))
def test_there_and_back(nm, unit, medium) -> None:
    assert read(shown(nm, unit, medium), unit, medium) == pytest.approx(nm, abs=1e-9)
