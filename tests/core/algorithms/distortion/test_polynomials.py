"""The basis against numpy's, and its power series against it."""

import numpy as np
import pytest
from numpy.polynomial import chebyshev, legendre

from calgui.core.algorithms.distortion.polynomials import Basis, Field, design, exponents, n_terms, power_series
from calgui.core.algorithms.distortion.sip import series


@pytest.mark.parametrize("basis", ["legendre", "chebyshev"])
def test_columns_are_those_of_numpy(basis: Basis) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-1, 1, (2, 50))
    made = design(x, y, 9, basis)
    assert made.shape == (50, n_terms(9)) == (50, 55)
    value = legendre.legval2d if basis == "legendre" else chebyshev.chebval2d
    for column, (p, q) in zip(made.T, exponents(9), strict=True):
        one = np.zeros((10, 10))
        one[p, q] = 1
        np.testing.assert_allclose(column, value(x, y, one), atol=1e-12)


def test_columns_stand_by_their_degree() -> None:
    degrees = [p + q for p, q in exponents(9)]
    assert degrees == sorted(degrees)
    assert exponents(3, 2) == ((2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3))


@pytest.mark.parametrize("basis", ["legendre", "chebyshev"])
def test_a_power_series_is_the_same_polynomial(basis: Basis) -> None:
    rng = np.random.default_rng(2)
    field = Field(4096, 2048)
    coefficients = rng.standard_normal(n_terms(9)) + 1j * rng.standard_normal(n_terms(9))
    terms = power_series(coefficients, 9, basis, 0, field)
    x, y = rng.uniform(0, 4095, 200), rng.uniform(0, 2047, 200)
    wanted = design(*field.normalized(x, y), 9, basis) @ coefficients
    u, v = x - field.middle[0], y - field.middle[1]
    np.testing.assert_allclose(series(terms.real, u, v), wanted.real, atol=1e-9)
    np.testing.assert_allclose(series(terms.imag, u, v), wanted.imag, atol=1e-9)


def test_the_edges_of_a_field_are_those_of_its_pixels() -> None:
    field = Field(100, 50)
    x, y = field.normalized([-0.5, 99.5], [-0.5, 49.5])
    np.testing.assert_allclose(x, [-1, 1])
    np.testing.assert_allclose(y, [-1, 1])
    grid_x, grid_y = field.grid(3)
    assert (grid_x.min(), grid_x.max(), grid_y.min(), grid_y.max()) == (-0.5, 99.5, -0.5, 49.5)
