"""Refractive index of air against published tables."""

import numpy as np
import pytest

from calgui.core.atmosphere.ciddor import Air, ciddor, saturation_pressure
from calgui.core.atmosphere.index import JOIN, refractivity
from calgui.core.atmosphere.mathar import mathar
from calgui.core.spectra.wavelength import refractive_index

#: Ciddor 1996, table 1: dry air, 450 ppm, 633 nm; °C, kPa, 1e8 (n - 1)
DRY = ((20, 80, 21458.0), (20, 100, 26824.4), (20, 120, 32191.6), (10, 100, 27774.7), (30, 100, 25937.2))
#: table 2: °C, Pa, pressure of vapour (Pa), ppm, 1e8 (n - 1)
MOIST = (
    (19.526, 102094.8, 1065, 510, 27392.9), (19.517, 102096.8, 1065, 510, 27394.0),
    (19.173, 102993.0, 641, 450, 27682.4), (19.173, 103006.0, 642, 440, 27685.8),
    (19.188, 102918.8, 706, 450, 27658.7), (19.189, 102927.8, 708, 440, 27660.8),
    (19.532, 103603.2, 986, 600, 27802.0), (19.534, 103596.2, 962, 600, 27800.8),
    (19.534, 103599.2, 951, 610, 27802.2),
)  # fmt: skip
#: table 3: °C, kPa, %, 1e8 (n - 1)
EXTREME = ((20, 80, 75, 21394.0), (20, 120, 75, 32127.8), (40, 120, 75, 29941.8), (50, 80, 100, 19058.4),
           (50, 120, 100, 28792.4))  # fmt: skip
#: calculator of the National Institute of Standards and Technology: °C, kPa, %, nm, n
NIST = (
    (20, 101.325, 0, 633, 1.000271800), (20, 60, 0, 633, 1.000160924), (5, 100, 0, 633, 1.000282756),
    (-40, 100, 0, 633, 1.000337580), (40, 120, 75, 633, 1.000299418), (20, 100, 100, 633, 1.000267394),
    (40, 110, 100, 1700, 1.000270247), (20, 101.325, 0, 1700, 1.000268479), (40, 110, 100, 300, 1.000289000),
)  # fmt: skip


@pytest.mark.parametrize(("celsius", "kpa", "published"), DRY)
def test_dry_air(celsius: float, kpa: float, published: float) -> None:
    assert 1e8 * float(ciddor(0.633, Air(1e3 * kpa, celsius + 273.15))) == pytest.approx(published, abs=0.06)


@pytest.mark.parametrize(("celsius", "pascal", "vapour", "ppm", "published"), MOIST)
def test_moist_air(celsius: float, pascal: float, vapour: float, ppm: float, published: float) -> None:
    humidity = vapour / saturation_pressure(celsius + 273.15)
    found = 1e8 * float(ciddor(0.633, Air(pascal, celsius + 273.15, humidity, ppm)))
    assert found == pytest.approx(published, abs=0.4)


@pytest.mark.parametrize(("celsius", "kpa", "percent", "published"), EXTREME)
def test_extreme_air(celsius: float, kpa: float, percent: float, published: float) -> None:
    found = 1e8 * float(ciddor(0.633, Air(1e3 * kpa, celsius + 273.15, percent / 100)))
    assert found == pytest.approx(published, abs=0.1)


@pytest.mark.parametrize(("celsius", "kpa", "percent", "nm", "published"), NIST)
def test_calculator(celsius: float, kpa: float, percent: float, nm: float, published: float) -> None:
    # the calculator has a saturation pressure of its own
    found = 1 + float(ciddor(nm / 1e3, Air(1e3 * kpa, celsius + 273.15, percent / 100)))
    assert found == pytest.approx(published, abs=2e-9)


def test_standard_air_is_that_of_the_wavelengths() -> None:
    standard = Air(101325, 288.15)
    for nm in (400.0, 1000.0, 1600.0):
        assert 1 + float(ciddor(nm / 1e3, standard)) == pytest.approx(refractive_index(nm), abs=1e-12)


@pytest.mark.parametrize(
    ("celsius", "kelvin", "published"),
    [(0.0, 273.15, 611.2), (10.0, 283.15, 1227.9), (20.0, 293.15, 2338.5), (27.0, 300.15, 3566.7)],
)
def test_saturated_vapour(celsius: float, kelvin: float, published: float) -> None:
    # Giacomo 1982, table 2
    assert saturation_pressure(kelvin) == pytest.approx(published, rel=6e-4), celsius


def test_the_infrared_formula_where_both_hold() -> None:
    """Mathar's fit is to another theory and other data: from 1.35 to 1.65 µm its slope is nearly Ciddor's."""
    wave = np.linspace(1.35, 1.65, 31)
    for air in (Air(75000, 290.65, 0.1), Air(61500, 283.15, 0.4), Air(101325, 288.15, 0.05)):
        one, other = ciddor(wave, air), mathar(wave, air)
        assert np.abs(other / one - 1).max() < 3e-4
        steps = np.diff(other) / np.diff(one)
        assert np.abs(steps - 1).max() < 0.06


def test_mathar_at_its_own_reference() -> None:
    # the first coefficient is the index at 2.25 µm, 750 hPa, 17.5 °C, 10 %
    assert float(mathar(2.25, Air(75000, 290.65, 0.1))) == pytest.approx(0.200192e-3, rel=1e-12)


@pytest.mark.parametrize(
    ("hpa", "celsius", "percent", "published"),
    # 1e8 (n - 1) at 1.4, 1.6, 2, 2.4 µm by the scripts of refractiveindex.info, as AstroAtmosphere 1.6 has them
    [(712, 6.5, 22, (19786.91, 19773.35, 19757.28, 19747.60)), (614, 1.3, 48, (17385.49, 17373.55, 17359.39, 17350.76)),
     (743, 12.8, 15, (20193.88, 20180.07, 20163.71, 20153.95))],
)  # fmt: skip
def test_mathar_by_another_program(
    hpa: float, celsius: float, percent: float, published: tuple[float, float, float, float]
) -> None:
    found = 1e8 * mathar(np.array([1.4, 1.6, 2.0, 2.4]), Air(100 * hpa, celsius + 273.15, percent / 100))
    assert found == pytest.approx(published, abs=0.006)


def test_vapour_bends_the_index_in_the_infrared() -> None:
    """Bands of water between 1.6 and 2.4 µm: Ciddor's formula knows nothing of them."""
    dry, wet = Air(75000, 290.65, 0.05), Air(75000, 290.65, 0.6)
    ends = np.array([1.6, 2.4])
    joined, alone = (float(np.diff(of(ends, wet) - of(ends, dry))[0]) for of in (refractivity, ciddor))
    assert joined < 5 * alone < 0


def test_the_joint_has_no_step() -> None:
    air = Air(61500, 275.15, 0.2)
    around = refractivity(np.array([JOIN - 1e-6, JOIN, JOIN + 1e-6]), air)
    assert np.abs(np.diff(around)).max() < 1e-12
    wave = np.linspace(0.8, 2.45, 500)
    assert np.all(np.diff(refractivity(wave, air)) < 0)
