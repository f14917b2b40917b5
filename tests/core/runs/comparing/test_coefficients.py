"""New coefficients of non-linearity against those in use: what they do to a signal, spelled out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.linearity.derive import NonlinearityConfig, derive_nonlinearity
from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import rule_header
from calgui.core.rules.cache import Cache
from calgui.core.runs.comparing import as_document, compare_with_selected, comparer_of
from calgui.core.runs.comparing.coefficients import compare
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight

FULL = 50_000.0  # adu
TOP = 0.8 * FULL
HEADER = {"LINFORM": "MULTIPLY", "LINUNIT": "adu", "GAIN": 2.0, "SATURATE": 2 * FULL, "LINMAX": FULL}


def planes(c1: float, c2: float = 0.0, size: int = 32, name: str = "lin.fits", **header: Any) -> Frame:
    """A factor (1 + c1 x + c2 x²), the same everywhere."""
    data = np.zeros((4, size, size), np.float32)
    data[1], data[2] = c1, c2
    return Frame(data, None, None, HEADER | header, Path(name))


def value(made: Any, name: str) -> Any:
    return made.metrics[name].value


def test_a_difference_is_that_of_the_corrections() -> None:
    made = compare(planes(1.5e-7, 4e-12), planes(1.0e-7, 0.0, name="old.fits"))
    expected = 0.5e-7 * TOP + 4e-12 * TOP**2
    assert value(made, "median_difference") == pytest.approx(expected, rel=1e-4)
    assert value(made, "at_signal_adu") == pytest.approx(TOP)
    assert value(made, "pixel_difference") == pytest.approx(expected, rel=1e-4)
    assert value(made, "new_correction") == pytest.approx(1.5e-7 * TOP + 4e-12 * TOP**2, rel=1e-4)
    assert value(made, "old_correction") == pytest.approx(1.0e-7 * TOP, rel=1e-4)
    assert value(made, "differing_fraction") == 1.0
    assert made.difference is not None
    # the border of reference pixels is not compared
    inner = made.difference.data[4:-4, 4:-4]
    np.testing.assert_allclose(inner, expected, rtol=1e-4)
    assert np.isnan(made.difference.data[:4]).all()
    curve = made.curves[0]
    x, y = curve.lines["in use"]
    np.testing.assert_allclose(y, 1.0e-7 * np.asarray(x), rtol=1e-3)
    assert "old.fits" in made.message
    assert "+0.84 % of the signal (at 40,000 adu)" in made.message


def test_a_difference_in_the_middle_is_not_missed() -> None:
    """Equal at 80 % of saturation, and most different half way."""
    bend = 4e-12
    made = compare(planes(bend * TOP, 0.0), planes(0.0, bend, name="old.fits"))
    assert value(made, "median_difference") == pytest.approx(bend * TOP**2 / 4, rel=0.01)
    assert value(made, "at_signal_adu") == pytest.approx(TOP / 2, rel=0.06)
    assert made.difference is not None
    assert np.nanmax(np.abs(made.difference.data)) < 1e-6


def test_pixels_that_gained_and_lost_a_correction() -> None:
    new, old = planes(1e-7), planes(1e-7, name="old.fits")
    now, before = np.array(new.data), np.array(old.data)
    now[:, 10, 11] = 0
    now[:, 12, 13] = np.nan
    before[:, 20, 21] = 0
    before[:, 2, 2] = 0  # a reference pixel
    made = compare(Frame(now, None, None, new.header), Frame(before, None, None, old.header, old.path))
    assert made.places("gone").tolist() == [[10, 11], [12, 13]]
    assert made.places("new").tolist() == [[20, 21]]
    assert (value(made, "n_gained"), value(made, "n_lost")) == (1, 2)
    assert value(made, "pixel_difference") == 0
    assert made.difference is not None
    assert made.difference.dq is not None
    assert np.isnan(made.difference.data[10, 11])
    assert made.difference.dq[10, 11] == dq.NO_LIN_CORR
    assert made.difference.dq[15, 15] == 0


def test_one_pixel_that_differs_is_told_beside_the_median() -> None:
    new = planes(1e-7)
    data = np.array(new.data)
    data[1, 15, 16] += 1e-7
    made = compare(Frame(data, None, None, new.header), planes(1e-7))
    assert value(made, "median_difference") == 0
    assert value(made, "worst_pixel_difference") == pytest.approx(1e-7 * TOP, rel=1e-3)
    assert value(made, "differing_fraction") == pytest.approx(1 / 24**2)


def test_forms_units_and_one_set_for_all_mean_the_same() -> None:
    new = planes(1.5e-7, 4e-12)
    one = np.zeros((5, 1, 1), np.float32)
    one[1, 0, 0], one[2, 0, 0] = 1.5e-7, 4e-12
    polynomial = np.zeros((4, 32, 32), np.float32)
    polynomial[1], polynomial[2], polynomial[3] = 1, 1.5e-7 / 2, 4e-12 / 4
    electrons = HEADER | {"LINFORM": "POLYNOMIAL", "LINUNIT": "electron", "LINMAX": 2 * FULL}
    for old in (Frame(one, None, None, HEADER), Frame(polynomial, None, None, electrons)):
        made = compare(new, old)
        assert abs(value(made, "median_difference")) < 1e-8
        assert value(made, "worst_pixel_difference") < 1e-7
        assert (value(made, "n_gained"), value(made, "n_lost")) == (0, 0)


def test_the_part_of_a_subarray_is_cut_out() -> None:
    whole = planes(0.0, size=64, name="whole.fits", SUBARRAY="FULL", DETXSIZE=64, DETYSIZE=64)
    data = np.array(whole.data)
    data[1] = 1e-9 * np.arange(64)[None, :]
    old = Frame(data, None, None, whole.header, whole.path)
    cards = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 33, "SUBSTRT2": 25, "DETXSIZE": 64, "DETYSIZE": 64}
    new = planes(0.0, size=16, **cards)
    made = compare(new, old)
    assert made.difference is not None
    # the new ones have no correction at all: every pixel lost one
    assert value(made, "n_lost") == 16 * 16
    new = planes(1e-9 * 39, size=16, **cards)
    made = compare(new, old)
    assert made.difference is not None
    # column 33 + 7 of the detector, from 1, is 39 from 0
    np.testing.assert_allclose(made.difference.data[:, 7], 0, atol=1e-9)
    np.testing.assert_allclose(made.difference.data[:, 9], -2e-9 * TOP, rtol=1e-3)
    with pytest.raises(InputError, match=r"whole\.fits.*columns 60 to 75"):
        compare(planes(1e-9, size=16, **{**cards, "SUBSTRT1": 60}), old)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"LINFORM": ""}, "LINFORM"),
        ({"LINFORM": "SPLINE"}, "SPLINE"),
        ({"LINUNIT": "electron", "GAIN": None}, "GAIN"),
    ],
)
def test_what_is_not_known_is_asked_for(header: dict[str, Any], words: str) -> None:
    new = planes(1e-7, **({"GAIN": None} if "GAIN" in header else {}))
    with pytest.raises(InputError, match=words) as caught:
        compare(new, planes(1e-7, name="old.fits", **header))
    assert caught.value.cure


def test_without_saturation_the_valid_range_counts() -> None:
    bare = {"SATURATE": None}
    made = compare(planes(1e-7, **bare), planes(1e-7, LINMAX=20_000.0, **bare))
    assert value(made, "at_signal_adu") <= 0.8 * 20_000
    with pytest.raises(InputError, match="SATURATE nor LINMAX"):
        compare(planes(1e-7, LINMAX=None, **bare), planes(1e-7, LINMAX=None, **bare))
    short = compare(planes(1e-7), planes(1e-7, LINMAX=20_000.0))
    assert "valid up to 20,000 adu only" in short.message


def test_coefficients_of_the_night_meet_those_that_the_rules_select(demo_night: DemoNight, tmp_path: Path) -> None:
    paths = [demo_night.raw / f"iris_20260311_lampramp_000{number}.fits" for number in range(1, 5)]
    result = derive_nonlinearity([read_frame(path) for path in paths], NonlinearityConfig())
    comparer = comparer_of("NONLINCOEFF")
    assert comparer is not None
    product = comparer.compared(result)
    assert product is not None
    cache = Cache.open(demo_night.cache)
    made = compare_with_selected(product, rule_header(paths[0]), cache, product="NONLINCOEFF")
    assert made.status == "compared", made.message
    # those in use are the truth, to which derived ones come as near as issue and page say
    c = json.loads(demo_night.truth.read_text())["kinds"]["lampramp"]["nonlinearity"]
    top = 0.8 * result.metrics["saturation_adu"].value  # type: ignore[operator]
    truth = c[1] * top + c[2] * top**2
    assert value(made, "old_correction") == pytest.approx(truth, rel=0.01)
    assert abs(value(made, "median_difference")) < 0.001
    assert value(made, "pixel_difference") < 0.002
    document = as_document(made)
    assert document["file"] == "tmt_iris_nonlincoeff_0001.fits"
    assert json.dumps(document)


def test_derived_coefficients_straighten_ramps(demo_night: DemoNight, tmp_path: Path) -> None:
    """What was written serves as the reference that it is."""
    raw = demo_night.raw
    bright = [raw / f"iris_20260311_lampramp_000{number}.fits" for number in range(1, 5)]
    out = tmp_path / "coefficients.fits"
    run_files("derive-nonlinearity", bright, out=out)
    faint = raw / "iris_20260311_lampramp_0005.fits"
    ours = run_files("fit-ramp", [faint], references={"NONLINCOEFF": out})
    theirs = run_files("fit-ramp", [faint], cache=demo_night.cache)
    rates = [report.metrics["median_rate_e_per_s"].value for report in (ours, theirs)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-3)
