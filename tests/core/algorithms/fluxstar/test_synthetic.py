import math

import numpy as np
import pytest

from calgui.core.algorithms.fluxstar.synthetic import (
    Filter,
    colour_of_black_body,
    filter_names,
    known_filter,
    needed_filter,
)
from calgui.core.errors import InputError


def row(name: str) -> Filter:
    found = known_filter(name)
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "published"), [("2MASS J", 0.91), ("2MASS H", 1.39), ("2MASS Ks", 1.85)])
def test_ab_less_vega_is_what_is_published(name: str, published: float) -> None:
    """Blanton & Roweis 2007, table 1."""
    assert row(name).ab_minus_vega == pytest.approx(published, abs=0.015)


def test_photons_of_an_even_filter_follow_the_formula() -> None:
    """f / h ln(λ2 / λ1): constants of CODATA."""
    narrow = row("KN3")
    assert not narrow.measured
    expected = 3631e-26 / 6.62607015e-34 * math.log(2.2317 / 2.1229)
    assert narrow.ab_photons() == pytest.approx(expected, rel=1e-5)
    assert narrow.ab_photons(5) == pytest.approx(expected / 100, rel=1e-5)
    # Koornneef et al. 1986: of an even filter for photons, λp² = (λ2² - λ1²) / 2 / ln(λ2 / λ1)
    pivot = math.sqrt((2.2317**2 - 2.1229**2) / 2 / math.log(2.2317 / 2.1229))
    assert narrow.pivot_um == pytest.approx(pivot, rel=1e-6)


def test_magnitude_0_of_vega_in_k_is_that_of_the_simulator_of_iris() -> None:
    """4.5646e9 photons/s/m²/µm (oirlab/liger_iris_sim)."""
    k = row("K")
    wave, through = k.sampled()
    per_um = k.ab_photons(k.ab_minus_vega) / np.trapezoid(through, wave)
    assert per_um == pytest.approx(4.5646e9, rel=0.05)


def test_colours_of_hot_black_bodies_are_those_of_the_law_of_rayleigh_and_jeans() -> None:
    """f_ν goes with 1/λ²: to a magnitude difference of 5 log10 of the wavelengths."""
    first, second = row("KN3"), row("JN1")
    means = [math.sqrt((b**-2 - a**-2) / -2 / math.log(b / a)) for a, b in ((2.1229, 2.2317), (1.156, 1.2153))]
    found = colour_of_black_body(first, second, 1e8, "AB")
    assert found == pytest.approx(-2.5 * math.log10((means[0] / means[1]) ** 2), abs=2e-4)
    vega = colour_of_black_body(first, second, 1e8, "Vega")
    assert vega == pytest.approx(found - first.ab_minus_vega + second.ab_minus_vega)


def test_a_star_like_vega_has_no_colour_in_vega_magnitudes() -> None:
    assert colour_of_black_body(row("2MASS H"), row("2MASS Ks"), 9600, "Vega") == pytest.approx(0, abs=0.06)
    assert math.isfinite(colour_of_black_body(row("J"), row("K"), 500, "AB"))


def test_filters_are_found_in_any_case_and_others_refused() -> None:
    assert row("hbb").name == "Hbb"
    assert len(filter_names()) == len(set(filter_names())) > 50
    with pytest.raises(InputError, match="OPAQUE"):
        needed_filter("OPAQUE", "FILTER")
    with pytest.raises(InputError, match="FILTER is missing"):
        needed_filter(" ", "FILTER")
