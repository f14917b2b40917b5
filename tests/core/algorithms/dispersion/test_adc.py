"""The residual of the ADC: computed, measured on a star, and both together, against truth from another formula."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import CalguiError, InputError, UsageError
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import Header
from calgui.core.jobs import Job
from tests.core.algorithms.dispersion.starcubes import header, raised, star_cube
from tests.core.atmosphere.updatededlen import edlen

HOW = algorithm("adc-residual")


def _run(frame: Frame, **options: Any) -> Result:
    config = parse(HOW.config, options)
    assert HOW.check is not None
    HOW.check([frame], config)
    return HOW.run([frame], {}, config, Job())


def _columns(result: Result) -> dict[str, Any]:
    (table,) = result.extensions
    assert table.name == "ADC"
    assert isinstance(table.data, dict)
    return table.data


def _bare(**more: Any) -> Frame:
    """A header without pixels."""
    values = {
        "PRESSURE": 615.0, "AIRTEMP": 2.0, "HUMIDITY": 20.0, "EL": 45.0, "PARANG": 30.0, "WAVEMIN": 1.0,
        "WAVEMAX": 1.5, "SCALE": 0.004, **more,
    }  # fmt: skip
    made = Header({key: value for key, value in values.items() if value is not None})
    made.comments = {"PRESSURE": "[hPa]", "AIRTEMP": "[deg_C]", "HUMIDITY": "[%]"}
    return Frame(np.zeros(0, np.float32), None, None, made)


def test_computed_from_a_header_alone() -> None:
    result = _run(_bare())
    columns = _columns(result)
    truth = raised(columns["wavelength"], 1.25, 615.0, 2.0, 0.2, 45.0)
    assert np.abs(columns["shift_along"] - truth).max() < 0.3
    assert np.all(columns["shift_across"] == 0)
    assert np.all(np.isnan(columns["shift_x"]))  # without a position angle the picture is not known
    assert result.metrics["max_shift_mas"].value == pytest.approx(float(np.ptp(truth)), abs=0.5)
    assert result.verdict == "bad"
    assert "Nothing says what the corrector took out" in " ".join(result.reasons)
    assert result.keywords["ZENITH"][0] == 45.0


def test_full_band_at_45_degrees() -> None:
    """A ray traced through an atmosphere with the joined index says 170.6 mas between 1 and 2.4 µm."""
    result = _run(_bare(WAVEMAX=2.4))
    assert result.metrics["max_shift_mas"].value == pytest.approx(170.6, abs=0.3)


@pytest.mark.parametrize(
    ("more", "comments"),
    [
        ({"PRESSURE": 61500.0}, {"PRESSURE": ""}),
        ({"PRESSURE": 61.5}, {"PRESSURE": "[kPa]"}),
        ({"PRESSURE": 461.28}, {"PRESSURE": "[mmHg]"}),
        ({"AIRTEMP": 275.15}, {"AIRTEMP": "[K]"}),
        ({"AIRTEMP": 275.15}, {"AIRTEMP": ""}),
        ({"HUMIDITY": 0.2}, {"HUMIDITY": ""}),
        ({"EL": None, "AIRMASS": math.sqrt(2)}, {}),
        ({"EL": None, "ZD": 45.0}, {}),
    ],
)
def test_units_of_headers(more: dict[str, Any], comments: dict[str, str]) -> None:
    frame = _bare(**more)
    frame.header.comments.update(comments)  # type: ignore[attr-defined]
    expected = _run(_bare()).metrics["max_shift_mas"].value
    assert expected is not None
    assert _run(frame).metrics["max_shift_mas"].value == pytest.approx(float(expected), rel=2e-4)


def test_options_stand_in_for_keywords() -> None:
    bare = _bare(PRESSURE=None, AIRTEMP=None, HUMIDITY=None, EL=None, WAVEMIN=None, WAVEMAX=None)
    found = _run(bare, pressure=615, temperature=2, humidity=20, zenith_angle=45, wavemin_um=1.0, wavemax_um=1.5)
    assert found.metrics["max_shift_mas"].value == _run(_bare()).metrics["max_shift_mas"].value


@pytest.mark.parametrize(
    ("more", "options", "says", "cure"),
    [
        ({"PRESSURE": None}, {}, "PRESSURE", "options"),
        ({"HUMIDITY": None, "AIRTEMP": None}, {}, "option humidity", "options"),
        ({"EL": None}, {}, "EL or AIRMASS", "options"),
        ({"EL": -5.0}, {}, "below the horizon", "EL"),
        ({"EL": 0.0}, {}, "horizon", "EL"),
        ({}, {"zenith_angle": 100}, "below the horizon", "zenith_angle"),
        ({"EL": 5.0}, {}, "two terms", "EL"),
        ({"EL": None, "AIRMASS": 0.5}, {}, "AIRMASS", "AIRMASS"),
        ({"PRESSURE": 12.0}, {}, "pressure", "PRESSURE"),
        ({"HUMIDITY": 140.0}, {}, "humidity", "HUMIDITY"),
        ({"WAVEMIN": None}, {}, "WAVEMIN", "wavemin_um"),
        ({"WAVEMIN": 1000.0, "WAVEMAX": 1500.0}, {}, "index of air", "µm"),
        ({}, {"adc": "fraction"}, "part", "adc_fraction"),
        ({}, {"adc_prism_a": 10.0}, "adc_prism_b", "adc=none"),
        ({}, {"adc_prism_a": 10, "adc_prism_b": 20, "adc_prism_mas": 5}, "position angle", "options"),
    ],
)
def test_what_is_missing_is_asked_for(more: dict[str, Any], options: dict[str, Any], says: str, cure: str) -> None:
    with pytest.raises(InputError) as caught:
        _run(_bare(**more), **options)
    assert says in caught.value.message
    assert cure in caught.value.cure


def test_el_and_airmass_that_contradict_each_other() -> None:
    result = _run(_bare(AIRMASS=2.0))
    assert any("do not fit together" in reason for reason in result.reasons)


def test_the_part_that_the_corrector_took_out() -> None:
    whole = _columns(_run(_bare()))
    result = _run(_bare(), adc_fraction=0.995)
    columns = _columns(result)
    assert np.allclose(columns["shift_along"], 0.005 * whole["shift_along"])
    assert np.allclose(columns["air_along"], whole["air_along"])
    assert result.verdict == "good"


def test_prisms() -> None:
    """Two prisms at the zenith undo the air; one against the other they do nothing; turned away they move it across."""
    air = float(_run(_bare(WAVEMIN=1.0, WAVEMAX=2.4)).metrics["air_shift_mas"].value or 0)
    # PARANG 30 on a picture with north up: the zenith is 30 degrees left of y, at 120 degrees from x
    told = {"position_angle": 0, "adc_prism_mas": air / 2}
    band = {"WAVEMIN": 1.0, "WAVEMAX": 2.4}
    undone = _run(_bare(**band), adc_prism_a=120, adc_prism_b=120, **told)
    assert float(undone.metrics["max_shift_mas"].value or 0) < 0.02 * air
    nothing = _run(_bare(**band), adc_prism_a=120 + 90, adc_prism_b=120 - 90, **told)
    assert nothing.metrics["max_shift_mas"].value == pytest.approx(air, rel=1e-6)
    twice = _run(_bare(**band), adc_prism_a=-60, adc_prism_b=-60, **told)
    assert twice.metrics["max_shift_mas"].value == pytest.approx(2 * air, rel=0.02)
    away = _columns(_run(_bare(**band), adc_prism_a=120 + 60, adc_prism_b=120 + 60, **told))
    # prisms 60 degrees from x towards y past the zenith: half of it undone, the rest thrown across
    assert np.ptp(away["shift_along"]) == pytest.approx(0.5 * air, rel=0.02)
    assert np.ptp(away["shift_across"]) == pytest.approx(math.sin(math.radians(60)) * air, rel=0.02)


GEOMETRIES = [(45.0, 35.0, 0.0), (60.0, -70.0, 40.0), (30.0, 170.0, -120.0)]


@pytest.mark.parametrize(("zenith", "parallactic", "turn"), GEOMETRIES)
def test_star_and_air_agree(zenith: float, parallactic: float, turn: float) -> None:
    cube, (x, y) = star_cube(zenith, parallactic, turn, seed=int(zenith), flux=700.0)
    result = _run(cube, adc_fraction=0)
    columns = _columns(result)
    assert 0.5 < float(result.metrics["chi2"].value or 0) < 1.6
    assert float(result.metrics["chance"].value or 0) > 0.01
    assert float(result.metrics["difference_max_mas"].value or 9) < 0.15
    assert result.metrics["seen_fraction"].value == pytest.approx(1, abs=0.01)
    # measured on the picture against where the star was put
    for name, truth in (("x", x), ("y", y)):
        off = columns[f"measured_{name}"] - 4 * truth
        assert np.std((off - off.mean()) / columns[f"error_{name}"]) == pytest.approx(0.85, abs=0.4)
    assert np.ptp(columns["shift_x"]) == pytest.approx(4 * np.ptp(x), abs=0.15)
    assert np.ptp(columns["shift_y"]) == pytest.approx(4 * np.ptp(y), abs=0.15)


def test_pulls_over_many_stars() -> None:
    """Errors of the places are right: chi² of measured less truth over 12 cubes."""
    pulls = []
    for seed in range(12):
        cube, (x, _) = star_cube(seed=100 + seed, flux=600.0, shape=(12, 40, 40))
        columns = _columns(_run(cube, adc_fraction=0, order=2, floor=0))
        off = columns["measured_x"] / 4 - x
        pulls.append((off - off.mean()) / (columns["error_x"] / 4))
    assert np.std(np.concatenate(pulls)) == pytest.approx(0.95, abs=0.15)


def test_what_the_corrector_took_out_is_seen_by_the_star() -> None:
    cube, _ = star_cube(left=0.3, seed=4)
    result = _run(cube)
    assert result.metrics["seen_fraction"].value == pytest.approx(0.3, abs=0.01)
    assert any("adc_fraction=0.70" in reason for reason in result.reasons)
    told = _run(cube, adc_fraction=0.7)
    assert float(told.metrics["chance"].value or 0) > 0.01
    assert not any("differ" in reason for reason in told.reasons)


def test_the_wrong_sign_of_the_parallactic_angle_is_told() -> None:
    cube, _ = star_cube(seed=5)
    result = _run(cube, parallactic_angle=-35)
    assert any("sign of the parallactic angle" in reason for reason in result.reasons)
    assert result.metrics["seen_angle_deg"].value == pytest.approx(70, abs=0.5)


def test_a_good_corrector() -> None:
    cube, _ = star_cube(left=0.01, seed=6)
    result = _run(cube, adc_fraction=0.99)
    assert result.verdict == "good", result.reasons


def test_measured_alone_needs_no_air() -> None:
    cube, _ = star_cube(seed=7)
    less = Header({key: value for key, value in cube.header.items() if key not in {"PRESSURE", "EL", "AIRMASS"}})
    bare = Frame(cube.data, cube.err, cube.dq, less)
    with pytest.raises(InputError, match="pressure"):
        _run(bare)
    result = _run(bare, use="measured")
    assert result.metrics["computed_shift_mas"].value is None
    assert result.metrics["measured_shift_mas"].value == pytest.approx(33.5, abs=0.3)


def test_computed_alone_reads_no_pixels() -> None:
    cube, _ = star_cube(seed=7)
    empty = Frame(np.full_like(cube.data, np.nan), None, None, cube.header)
    assert _run(empty, use="computed").metrics["computed_shift_mas"].value == pytest.approx(33.5, abs=0.3)


def test_outliers_are_rejected_and_wavelengths_excluded() -> None:
    cube, _ = star_cube(seed=8)
    data = cube.data.copy()
    data[5] = np.roll(data[5], 1, axis=1)  # one plane is a pixel off
    data[20] = np.roll(data[20], -1, axis=0)
    result = _run(Frame(data, cube.err, cube.dq, cube.header), adc_fraction=0)
    assert result.metrics["n_rejected"].value == 2
    assert float(result.metrics["chance"].value or 0) > 0.01
    columns = _columns(result)
    assert not columns["used"][5]
    wave = 1000 * columns["wavelength"][5]
    excluded = _run(Frame(data, cube.err, cube.dq, cube.header), adc_fraction=0, exclude=f"{wave:.1f}; 1320-1335")
    assert excluded.metrics["n_rejected"].value == 1
    assert int(excluded.metrics["n_used"].value or 0) < 24 - 3


def test_an_option_of_the_fit_is_answered_without_measuring() -> None:
    cube, _ = star_cube(seed=9)
    config = parse(HOW.config, {"adc_fraction": 0})
    assert HOW.measure is not None
    assert HOW.refit is not None
    seen = HOW.measure([cube], {}, config, Job())
    for options in ({"order": 1}, {"pressure": 700.0}, {"parallactic_angle": 0.0}, {"adc_fraction": 0.5}):
        assert set(options) <= set(HOW.refits)
        made = HOW.refit(seen, parse(HOW.config, {"adc_fraction": 0} | options), Job())
        whole = _run(cube, **({"adc_fraction": 0} | options))
        assert {k: m.value for k, m in made.metrics.items()} == {k: m.value for k, m in whole.metrics.items()}


def test_planes_are_averaged_by_their_light() -> None:
    """A range whose light is at one end has its star where that end is."""
    cube, _ = star_cube(seed=10, shape=(96, 40, 40))
    data, err = cube.data.copy(), cube.err.copy()  # type: ignore[union-attr]
    data[::6], err[::6] = 5 * data[::6], 5 * err[::6]
    result = _run(Frame(data, err, cube.dq, cube.header), adc_fraction=0, slices=16)
    columns = _columns(result)
    middle = np.linspace(1.17, 1.33, 96).reshape(16, 6).mean(axis=1)
    assert np.all(columns["wavelength"] < middle - 0.0015)
    assert float(result.metrics["chance"].value or 0) > 0.01


def _dark(shape: tuple[int, int, int]) -> Frame:
    waves = np.linspace(1.17, 1.33, shape[0])
    data = np.random.default_rng(1).normal(0.1, 1.0, shape).astype(np.float32)
    return Frame(data, np.ones(shape, np.float32), None, header(45, 30, 0, 4.0, waves, (20, 20)))


def test_a_dark_is_no_star() -> None:
    with pytest.raises(InputError, match="no star") as caught:
        _run(_dark((16, 40, 40)))
    assert "dark" in caught.value.cure


def test_a_star_at_the_edge() -> None:
    cube, _ = star_cube(seed=11, middle=(2.0, 30.0))
    with pytest.raises(InputError, match="edge"):
        _run(cube)


def test_a_saturated_star() -> None:
    cube, _ = star_cube(seed=12)
    from calgui.core.frames import dq

    bits = np.where(cube.data > 1000, np.uint32(dq.SATURATED), np.uint32(0)).astype(np.uint32)
    with pytest.raises(InputError, match="saturated"):
        _run(Frame(cube.data, cube.err, bits, cube.header))


def test_a_cube_without_wavelengths_or_sky() -> None:
    cube, _ = star_cube(seed=13)
    less = Header({key: value for key, value in cube.header.items() if key not in {"CRVAL3", "CD3_3"}})
    with pytest.raises(InputError, match="wavelengths"):
        _run(Frame(cube.data, cube.err, cube.dq, less))
    blind = Header(
        {key: value for key, value in cube.header.items() if not key.startswith(("CTYPE1", "CTYPE2", "CD1"))}
    )
    with pytest.raises(InputError, match="position angle of the y axis") as caught:
        _run(Frame(cube.data, cube.err, cube.dq, blind))
    assert "use=measured" in caught.value.cure
    told = _run(Frame(cube.data, cube.err, cube.dq, blind), position_angle=0, adc_fraction=0)
    assert float(told.metrics["chance"].value or 0) > 0.01


def test_too_few_places_for_the_order() -> None:
    cube, _ = star_cube(seed=14, shape=(5, 40, 40))
    with pytest.raises(InputError, match="order 4"):
        _run(cube, order=4)


@pytest.mark.parametrize("text", ["abc", "1200-", "-5"])
def test_what_cannot_be_excluded(text: str) -> None:
    with pytest.raises(UsageError, match="exclude"):
        _run(_bare(), exclude=text)


def test_errors_are_for_people() -> None:
    with pytest.raises(CalguiError) as caught:
        _run(_bare(PRESSURE=None))
    assert caught.value.message.endswith(".")


def test_the_truth_of_these_tests_is_another_formula() -> None:
    # a truth made by the code under test would prove nothing
    assert edlen(np.array([0.633]), 1013.25, 20.0, 0.0)[0] == pytest.approx(271.8e-6, abs=0.1e-6)


@pytest.mark.parametrize(("mas", "flux", "known"), [(4.0, 3000.0, 0.15), (9.0, 3000.0, 0.25), (25.0, 3000.0, 8.0)])
def test_stars_of_the_telescope_in_spaxels_of_all_sizes(mas: float, flux: float, known: float) -> None:
    """Diffraction, wavefront errors and pixels of the simulation: no Gaussians, and too few pixels."""
    from calgui.core.simulate.starlight import add_light, star_light

    waves = np.linspace(1.17, 1.33, 10)
    kept = header(50, 35, 20, mas, waves, (24.3, 25.1))
    along = raised(waves, 1.25, 615, 2, 0.2, 50) / mas
    angle = math.radians(35 - 20)
    x, y = 24.3 - along * math.sin(angle), 25.1 + along * math.cos(angle)
    cube = np.zeros((10, 52, 50), np.float32)
    for plane, wave, a, b in zip(cube, waves.tolist(), x.tolist(), y.tolist(), strict=True):
        strehl = math.exp(-((2 * math.pi * 0.19 / wave) ** 2))
        add_light(plane, a, b, flux, star_light((wave, wave), strehl, 0.0, pixel_mas=mas, pixels=256))
    err = np.sqrt(cube / 100 + 0.05**2).astype(np.float32)
    data = cube + err * np.random.default_rng(1).standard_normal(cube.shape)
    result = _run(Frame(data.astype(np.float32), err, None, kept), adc="none")
    assert float(result.metrics["chance"].value or 0) > 1e-3
    assert float(result.metrics["difference_max_mas"].value or 99) < known
    assert any("smaller than a pixel" in reason for reason in result.reasons) == (mas == 25.0)


def test_the_rotation_of_the_pupil_tells_how_the_picture_lies() -> None:
    cube, _ = star_cube(45.0, 35.0, 25.0, seed=31)
    kept = {key: value for key, value in cube.header.items() if not key.startswith(("CTYPE1", "CTYPE2", "CD1", "CD2"))}
    for more in ({"PA": 25.0}, {"PROTANG": 25.0 - 35.0}):
        result = _run(Frame(cube.data, cube.err, cube.dq, Header({**kept, **more})), adc="none")
        assert float(result.metrics["chance"].value or 0) > 0.01
        assert result.metrics["seen_angle_deg"].value == pytest.approx(0, abs=0.1)


def test_a_cube_that_was_corrected_before_is_told() -> None:
    cube, _ = star_cube(seed=32, left=0.01)
    again = Frame(cube.data, cube.err, cube.dq, Header({**cube.header, "S_ADC": "COMPLETE"}))
    assert any("corrected before" in reason for reason in _run(again, use="measured").reasons)


def test_planes_without_values() -> None:
    cube, _ = star_cube(seed=33)
    data = cube.data.copy()
    data[8:16] = np.nan  # as in a band of water
    result = _run(Frame(data, cube.err, cube.dq, cube.header), adc="none")
    assert result.metrics["n_used"].value == 16
    assert float(result.metrics["chance"].value or 0) > 0.01
    assert any("8 not seen" in reason for reason in result.reasons)
    with pytest.raises(InputError, match="NaN"):
        _run(Frame(np.full_like(data, np.nan), None, None, cube.header), adc="none")


def test_a_cube_without_errors_or_noise() -> None:
    cube, (x, _) = star_cube(seed=34)
    result = _run(Frame(cube.data, None, None, cube.header), adc="none")
    assert np.ptp(_columns(result)["shift_x"]) == pytest.approx(4 * np.ptp(x), abs=0.15)
    clean = np.clip(cube.data - 0.2, 0, None)
    assert _run(Frame(np.round(clean), None, None, cube.header), adc="none").metrics["n_used"].value == 24


def test_air_colder_than_the_infrared_formula_was_fitted_to() -> None:
    """At 1 °C Mathar's vapour is on a line that has come to zero: over K that is some mas at 60 %."""
    band = {"WAVEMIN": 1.95, "WAVEMAX": 2.4, "HUMIDITY": 60.0}
    cold = _run(_bare(**band, AIRTEMP=1.0), adc="none")
    assert 1.2 < float(cold.metrics["air_error_mas"].value or 0) < 2.2
    (said,) = [reason for reason in cold.reasons if "Mathar 2007" in reason]
    assert "1.0 °C" in said
    assert "10 to 25 °C" in said
    mild = _run(_bare(**band, AIRTEMP=11.0), adc="none")
    assert float(mild.metrics["air_error_mas"].value or 0) < 0.1
    assert not any("Mathar" in reason for reason in mild.reasons)
    below = _run(_bare(AIRTEMP=1.0), adc="none")  # up to 1.5 µm it is not asked
    assert not any("Mathar" in reason for reason in below.reasons)


@pytest.mark.parametrize("percent", [5.0, 20.0, 60.0])
def test_that_error_keeps_star_and_air_together(percent: float) -> None:
    """A star in K on a cold night, where another formula puts it: the air is not known well enough to disagree."""
    from calgui.core.simulate.spectro.air import Weather, refraction

    cube, (x, y) = star_cube(seed=40, first=1.95, last=2.35, flux=700.0)
    truth = refraction(np.linspace(1.95, 2.35, 24), Weather(615.0, 1.0, percent), 45.0) / 4.0
    truth -= truth.mean()
    angle, data = math.radians(35.0), cube.data.copy()
    for k, (dx, dy) in enumerate(zip(-truth * math.sin(angle), truth * math.cos(angle), strict=True)):
        data[k] = ndimage.shift(data[k], (31 + dy - y[k], 33 + dx - x[k]), order=3, mode="nearest")
    header = Header({**cube.header, "HUMIDITY": percent, "AIRTEMP": 1.0})
    frame = Frame(data, cube.err, cube.dq, header)
    result = _run(frame, adc="none")
    assert float(result.metrics["difference_max_mas"].value or 0) > 0.5
    assert any("Mathar 2007" in reason for reason in result.reasons)
    assert not any("differ by" in reason for reason in result.reasons)
    # what is larger is told as before
    for options in ({"parallactic_angle": -35.0}, {"adc_fraction": 0.5, "adc": "fraction"}):
        assert any("differ by" in reason for reason in _run(frame, **{"adc": "none"} | options).reasons)


def test_nothing_is_told_of_wavelengths_where_the_star_was_not_seen() -> None:
    cube, (x, _) = star_cube(seed=35)
    data = cube.data.copy()
    data[16:] = np.nan
    result = _run(Frame(data, cube.err, cube.dq, cube.header), adc="none", order=5)
    columns = _columns(result)
    assert np.isfinite(columns["shift_x"][:16]).all()
    assert np.isnan(columns["shift_x"][18:]).all()
    assert np.isfinite(columns["computed_along"]).all()
    assert np.nanmax(columns["shift_x"]) - np.nanmin(columns["shift_x"]) == pytest.approx(4 * np.ptp(x[:16]), abs=0.5)
    assert float(result.metrics["chance"].value or 0) > 0.01
    assert result.metrics["seen_fraction"].value == pytest.approx(1, abs=0.02)
    assert result.marks is not None
    assert result.marks.vectors is not None
    assert np.isfinite(result.marks.vectors[0]).all()
