"""A cube moved back plane by plane: stars at one place, light, errors and flags kept."""

import math
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.dispersion.shifting import moved, weights
from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import Header
from calgui.core.jobs import Job
from calgui.core.runs.headerframes import table_frame
from tests.core.algorithms.dispersion.starcubes import raised, star_cube

HOW = algorithm("correct-dispersion")


def _table(wave: Any, along: Any, across: Any = None, **header: Any) -> Frame:
    columns = {"wavelength": wave, "shift_along": along}
    if across is not None:
        columns["shift_across"] = across
    return table_frame(columns, {"REFTYPE": "ADC", **header}, None)


def _run(cube: Frame, table: Frame, **options: Any) -> Result:
    config = parse(HOW.config, options)
    assert HOW.check is not None
    HOW.check([cube], config)
    return HOW.run([cube], {"ADC": table}, config, Job())


def _centres(data: Any) -> tuple[Any, Any]:
    """Centres by the moments of bright pixels, which are of round stars that are well sampled."""
    light = np.clip(np.nan_to_num(data) - 0.2, 0, None)
    light[light < 0.01 * light.max(axis=(1, 2))[:, None, None]] = 0
    total = light.sum(axis=(1, 2))
    y, x = np.mgrid[: data.shape[1], : data.shape[2]]
    return (light * x).sum(axis=(1, 2)) / total, (light * y).sum(axis=(1, 2)) / total


@pytest.mark.parametrize(("parallactic", "turn"), [(35.0, 0.0), (-70.0, 40.0)])
def test_a_star_stays_where_it_is(parallactic: float, turn: float) -> None:
    cube, (x, y) = star_cube(45.0, parallactic, turn, seed=2)
    wave = np.linspace(1.16, 1.34, 40)
    result = _run(cube, _table(wave, raised(wave, 1.25, 615.0, 2.0, 0.2, 45.0)))
    assert result.frame is not None
    found = _centres(result.frame.data)
    for at, truth in zip(found, (x, y), strict=True):
        assert np.abs(at - np.interp(0.5, [0, 1], truth[11:13])).max() < 0.05
    assert result.metrics["max_shift_pixel"].value == pytest.approx(float(np.hypot(np.ptp(x), np.ptp(y))), abs=0.02)
    assert result.keywords["S_ADC"][0] == "COMPLETE"
    assert result.frame.err is not None
    assert result.frame.dq is not None


def test_light_is_kept() -> None:
    yy, xx = np.mgrid[:41, :43]
    star = (1000 * np.exp(-0.5 * ((xx - 21.2) ** 2 + (yy - 19.7) ** 2) / 1.3**2)).astype(np.float32)
    for dx, dy in ((0.5, 0.5), (-0.31, 3.7), (7.25, -6.9)):
        made = moved(star, None, None, dx, dy)
        assert float(np.nansum(made.data)) == pytest.approx(float(star.sum()), rel=2e-5)
        truth = 1000 * np.exp(-0.5 * ((xx + dx - 21.2) ** 2 + (yy + dy - 19.7) ** 2) / 1.3**2)
        assert np.nanmax(np.abs(made.data - truth)) < 12


def test_weights_sum_to_one() -> None:
    for part in (0.0, 0.2, 0.5, 0.99):
        assert weights(part).sum() == pytest.approx(1, abs=1e-12)
    assert weights(0.0)[12] == pytest.approx(1, abs=1e-12)


def test_errors_are_those_of_the_noise() -> None:
    rng = np.random.default_rng(5)
    noise = rng.standard_normal((200, 200)).astype(np.float32)
    made = moved(noise, np.ones_like(noise), None, 0.4, 0.3)
    assert made.err is not None
    inner = (slice(20, -20), slice(20, -20))
    assert np.std(made.data[inner]) == pytest.approx(float(np.median(made.err[inner])), rel=0.02)


def test_holes_and_flags_move_along() -> None:
    data = np.ones((30, 30), np.float32)
    bits = np.zeros((30, 30), np.uint32)
    data[10, 10] = np.nan
    bits[20, 20], bits[15, 5] = flags.DO_NOT_USE, flags.HOT
    made = moved(data, None, bits, 3.0, -2.0)
    assert math.isnan(made.data[12, 7])
    assert made.dq[12, 7] & flags.DO_NOT_USE
    assert made.dq[22, 17] & flags.DO_NOT_USE
    assert made.dq[17, 2] & flags.HOT
    kept = np.isfinite(made.data)
    assert np.allclose(made.data[kept], 1)
    # what came from beyond the edge has no value
    assert not kept[:, -3:].any()
    assert kept[5:25, 5:6].all()


def test_a_picture_without_values() -> None:
    made = moved(np.full((5, 5), np.nan, np.float32), None, None, 0.5, 0.5)
    assert np.isnan(made.data).all()


def test_measured_table_on_the_cube_itself() -> None:
    """What adc-residual saw is what is undone, whatever made it."""
    cube, _ = star_cube(seed=21, left=0.6)
    adc = algorithm("adc-residual")
    made = adc.run([cube], {}, parse(adc.config, {"use": "measured"}), Job())
    (extension,) = made.extensions
    assert isinstance(extension.data, dict)
    header = {key: value[0] for key, value in made.keywords.items()}
    fixed = _run(cube, table_frame(extension.data, header, None)).frame
    assert fixed is not None
    again = adc.run([fixed], {}, parse(adc.config, {"use": "measured"}), Job())
    assert float(made.metrics["measured_shift_mas"].value or 0) > 15
    assert float(again.metrics["measured_shift_mas"].value or 9) < 0.2
    with pytest.raises(InputError, match="computed_along"):
        _run(cube, table_frame(extension.data, header, None), shift="computed")


def test_a_table_of_another_band() -> None:
    cube, _ = star_cube(seed=22)
    with pytest.raises(InputError, match="spans") as caught:
        _run(cube, _table(np.linspace(2.0, 2.4, 10), np.linspace(0, 1, 10)))
    assert "adc-residual" in caught.value.cure


def test_a_table_without_columns() -> None:
    cube, _ = star_cube(seed=22)
    with pytest.raises(InputError, match="shift_along"):
        _run(cube, table_frame({"wavelength": np.linspace(1, 2, 5), "x": np.ones(5)}, {}, None))


def test_a_cube_that_does_not_say_where_the_zenith_is() -> None:
    cube, _ = star_cube(seed=22)
    less = Header({key: value for key, value in cube.header.items() if key != "PARANG"})
    table = _table(np.linspace(1.1, 1.4, 10), np.linspace(5, -5, 10))
    with pytest.raises(InputError, match="PARANG"):
        _run(Frame(cube.data, cube.err, cube.dq, less), table)
    assert _run(Frame(cube.data, cube.err, cube.dq, less), table, parallactic_angle=10).frame is not None


def test_twice_and_another_zenith_angle_are_told() -> None:
    cube, _ = star_cube(seed=22)
    again = Header({**cube.header, "S_ADC": "COMPLETE"})
    table = _table(np.linspace(1.1, 1.4, 10), np.linspace(0.5, -0.5, 10), ZENITH=30.0)
    result = _run(Frame(cube.data, cube.err, cube.dq, again), table)
    assert result.verdict == "doubtful"
    assert any("S_ADC" in reason for reason in result.reasons)
    assert any("30.00°" in reason for reason in result.reasons)
