"""The models behind the demo night: light is conserved, non-linearity inverts, filters agree with themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.simulate.detector import NONLINEARITY
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.mappings import mapping_text, match_selector
from calgui.core.simulate.optics import add_spot, add_star, fwhm_pixels
from calgui.core.simulate.ramps import measured
from calgui.core.simulate.scene import Scene
from calgui.core.simulate.spectro.traces import LINES, traces
from calgui.core.simulate.telescope import LATITUDE, LONGITUDE, on_sky


@given(x=st.floats(20, 43), y=st.floats(20, 43), sigma=st.floats(0.3, 3.0))
def test_a_spot_keeps_its_light_and_its_place(x: float, y: float, sigma: float) -> None:
    image = np.zeros((64, 64), np.float32)
    add_spot(image, x, y, 1000.0, sigma)
    exact = image.astype(np.float64)
    rows, columns = np.mgrid[:64, :64]
    assert exact.sum() == pytest.approx(1000.0, rel=1e-5)
    # integration over pixels keeps the mean exactly where pixels are small against the spot
    limit = 0.001 if sigma > 0.6 else 0.15
    assert (exact * columns).sum() / 1000 == pytest.approx(x, abs=limit)
    assert (exact * rows).sum() / 1000 == pytest.approx(y, abs=limit)


def test_light_off_the_detector_is_lost_quietly() -> None:
    image = np.zeros((32, 32), np.float32)
    add_star(image, -500.0, 5.0, 1e4, 2.2, 0.6)
    assert image.sum() == 0
    add_star(image, 0.0, 16.0, 1e4, 2.2, 1.0)
    assert image.sum() == pytest.approx(1e4 * 0.6, rel=0.1)


def test_the_core_has_the_width_of_diffraction() -> None:
    # 1.03 x 2.2 µm / 30 m = 15.58 mas
    assert fwhm_pixels(2.2) == pytest.approx(15.58 / 4, rel=1e-3)


@given(st.floats(0, 50_000, width=32))
def test_the_correction_undoes_the_non_linearity(signal: float) -> None:
    x = float(measured(np.array([signal], np.float32))[0])
    c0, c1, c2, c3, c4 = NONLINEARITY
    assert (1 + c0 + c1 * x + c2 * x**2 + c3 * x**3 + c4 * x**4) * x == pytest.approx(signal, rel=1e-6, abs=1e-3)
    assert x <= signal * (1 + 1e-6) + 1e-30  # below that, float32 has no digits left


def test_the_sky_at_k_is_some_electrons() -> None:
    # 4.56e9 photons/s/m²/µm x 10^(-0.4 x 15.1) x 0.4 µm x 630 m² x 0.35 x (4 mas)²
    assert FILTERS["K"].sky_rate == pytest.approx(5.86, rel=0.01)
    assert FILTERS["KN3"].sky_rate < FILTERS["K"].sky_rate / 3
    for row in FILTERS.values():
        assert row.wavemin < row.wavecen < row.wavemax


def test_lines_agree_with_the_published_list(real_data: object) -> None:
    from pathlib import Path

    published = {}
    for line in (Path(str(real_data)) / "linelists" / "NIRSPEC-ArNeKrXe.dat").read_text().splitlines()[1:]:
        cells = [cell.strip() for cell in line.split("|")]
        published[cells[1].split()[0], round(float(cells[2]), 2)] = float(cells[2])
    for species, micron, _ in LINES:
        assert published[species, round(micron * 1e4, 2)] == pytest.approx(micron * 1e4, abs=2e-4)


def test_the_target_is_where_astropy_says() -> None:
    from astropy import units
    from astropy.coordinates import AltAz, EarthLocation, SkyCoord
    from astropy.time import Time
    from astropy.utils import iers

    start = "2026-03-11T14:04:00"
    cards = {key: value for key, (value, _) in on_sky(start).items()}
    place = EarthLocation.from_geodetic(LONGITUDE * units.deg, LATITUDE * units.deg, 4000 * units.m)
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "ignore"):
        time = Time(start, scale="utc", location=place)
        time.delta_ut1_utc = 0.0
        seen = SkyCoord(cards["RA"], cards["DEC"], unit="deg").transform_to(AltAz(obstime=time, location=place))
        lst = time.sidereal_time("mean").hour
    # precession since 2000 moves the target by up to 0.4 degrees
    assert cards["EL"] == pytest.approx(seen.alt.deg, abs=0.5)
    assert cards["AZ"] == pytest.approx(seen.az.deg, abs=1.0)
    assert cards["LST"] == pytest.approx(lst, abs=0.001)
    assert cards["AIRMASS"] == pytest.approx(float(seen.secz), abs=0.02)
    assert 1.0 < cards["AIRMASS"] < 1.5


def test_the_parallactic_angle_turns_at_the_meridian() -> None:
    east, west = (on_sky(f"2026-03-11T{hour}:00:00") for hour in ("12", "16"))
    assert east["HA"][0] < 0 < west["HA"][0]
    # a target south of the zenith: north turns from one side to the other through 180 degrees from the pole
    assert east["PARANG"][0] < 0 < west["PARANG"][0]


@pytest.mark.parametrize("size", [128, 512, 4096])
def test_traces_stay_on_the_detector_and_apart(size: int) -> None:
    spectra = traces(Scene(size, 1))
    columns = np.arange(size, dtype=float)
    rows = np.array([trace.rows(columns) for trace in spectra])
    assert rows.min() > 4 + 3
    assert rows.max() < size - 4 - 3
    assert np.diff(rows, axis=0).min() > 10
    waves = np.array([1.5, 1.6, 1.75])
    np.testing.assert_allclose(spectra[0].wavelengths(spectra[0].columns(waves)), waves, atol=1e-12)


def test_chance_depends_on_seed_and_label_only() -> None:
    one, other = Scene(128, 5), Scene(128, 5)
    other.rng("something else").normal()
    assert one.rng("a").normal() == other.rng("a").normal()
    assert one.rng("a").normal() != one.rng("b").normal()
    assert one.rng("a").normal() != Scene(128, 6).rng("a").normal()


def test_mapping_text_in_the_form_of_crds() -> None:
    text = mapping_text({"name": "a.rmap"}, match_selector({("IRIS1",): {"2026-01-01 00:00:00": "f.fits"}, (): {}}))
    assert "    'IRIS1' : UseAfter({\n        '2026-01-01 00:00:00' : 'f.fits',\n    }),\n" in text
    assert text.startswith("header = {\n    'name' : 'a.rmap',\n    'sha1sum' : '")
