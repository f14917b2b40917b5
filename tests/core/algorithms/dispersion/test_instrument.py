"""Traces of white-light fibers against injected ones."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import Header
from calgui.core.jobs import Job
from tests.core.algorithms.dispersion.starcubes import columns_of

HOW = algorithm("instrument-dispersion")
Floats = NDArray[np.float64]


def _shift(u: Floats, x: float, y: float) -> tuple[Floats, Floats]:
    """Injected: bends with the wavelength, and changes over the field."""
    return 0.5 * u + 0.2 * u**2 + 0.004 * x * u, -0.3 * u - 0.05 * u**3 - 0.002 * y * u


def _cube(
    places: list[tuple[float, float]], seed: int = 1, flux: float = 3000.0, planes: int = 30, radius: float = 1.2
) -> Frame:
    """Round fibers with sharp edges, blurred: no Gaussians."""
    rng = np.random.default_rng(seed)
    u = np.linspace(-1, 1, planes)
    fine = 5
    axis = (np.arange(60 * fine) + 0.5) / fine - 0.5
    cube = np.full((planes, 60, 60), 1.0)
    for x, y in places:
        dx, dy = _shift(u, x, y)
        for k in range(planes):
            distance = np.hypot(axis[None, :] - x - dx[k], axis[:, None] - y - dy[k])
            soft = 1 / (1 + np.exp((distance - radius) / 0.25))
            cube[k] += flux * soft.reshape(60, fine, 60, fine).mean(axis=(1, 3)) / 5
    error = np.sqrt(cube / 20 + 0.5**2)
    header = Header(
        {"CTYPE3": "WAVE", "CRVAL3": 1.5, "CDELT3": 0.3 / (planes - 1), "CRPIX3": 1.0, "CUNIT3": "um",
         "EXP_TYPE": "IRIS_FIBER", "WAVECEN": 1.65}
    )  # fmt: skip
    data = cube + error * rng.standard_normal(cube.shape)
    return Frame(data.astype(np.float32), error.astype(np.float32), None, header)


def _run(*cubes: Frame, **options: Any) -> Result:
    config = parse(HOW.config, options)
    assert HOW.check is not None
    HOW.check(cubes, config)
    return HOW.run(cubes, {}, config, Job())


def test_one_fiber() -> None:
    result = _run(_cube([(28.3, 31.6)]))
    trace = columns_of(result, "TRACE")
    u = (trace["wavelength"] - 1.65) / 0.15
    dx, dy = _shift(u, 28.3, 31.6)
    middle = len(u) // 2
    assert np.abs(trace["x"] - 28.3 - dx).max() < 0.02
    assert np.abs(trace["shift_x"] - (dx - dx[middle])).max() < 0.02
    assert np.abs(trace["shift_y"] - (dy - dy[middle])).max() < 0.02
    apart = np.hypot(dx[:, None] - dx, dy[:, None] - dy).max()
    assert result.metrics["max_shift_pixel"].value == pytest.approx(float(apart), abs=0.015)
    assert result.metrics["n_fibers"].value == 1
    assert result.verdict == "good", result.reasons
    assert HOW.product == "INSDISP"


def test_errors_over_many_fibers() -> None:
    """Errors of the shift from first to last wavelength, over 20 faint fibers."""
    pulls = []
    for seed in range(20):
        x, y = 27 + 6 * math.sin(seed), 30 + 5 * math.cos(3 * seed)
        fibers = columns_of(_run(_cube([(x, y)], seed=50 + seed, flux=150.0, planes=20), floor=0.0), "FIBERS")
        (a, b), (c, d) = _shift(np.array([-1.0, 1.0]), x, y)
        pulls += [(fibers["end_x"][0] - (b - a)) / fibers["end_error"][0]]
        pulls += [(fibers["end_y"][0] - (d - c)) / fibers["end_error"][0]]
    assert np.std(pulls) == pytest.approx(1.0, abs=0.35)
    assert abs(np.mean(pulls)) < 0.6


def test_a_field_of_fibers_is_a_map() -> None:
    places = [(12.0 + 12 * i, 12.5 + 12 * j) for i in range(4) for j in range(4)]
    result = _run(_cube(places, flux=2000.0))
    assert result.metrics["n_fibers"].value == 16
    fibers = columns_of(result, "FIBERS")
    for x, y, end_x, end_y in zip(fibers["x"], fibers["y"], fibers["end_x"], fibers["end_y"], strict=True):
        (a, b), (c, d) = _shift(np.array([-1.0, 1.0]), float(x), float(y))
        assert end_x == pytest.approx(b - a, abs=0.02)
        assert end_y == pytest.approx(d - c, abs=0.02)
    marks = result.marks
    assert marks is not None
    assert marks.vectors is not None
    assert len(marks.x) == 16
    assert "largest shift (pixel)" in marks.values
    assert float(result.metrics["field_spread_pixel"].value or 0) > 0.1


def test_several_cubes() -> None:
    result = _run(_cube([(15.0, 15.0)], seed=2), _cube([(45.0, 44.0)], seed=3))
    assert result.metrics["n_fibers"].value == 2
    assert sorted(columns_of(result, "FIBERS")["input"]) == [1, 2]
    left = _run(_cube([(15.0, 15.0)], seed=2), _cube([(45.0, 44.0)], seed=3), leave_out="2:45,44")
    assert left.metrics["n_fibers"].value == 1
    assert left.verdict == "good"


def test_fits_are_answered_without_measuring() -> None:
    cube = _cube([(15.0, 15.0), (40.0, 42.0)])
    assert HOW.measure is not None
    assert HOW.refit is not None
    config = parse(HOW.config, {})
    measured = HOW.measure([cube], {}, config, Job())
    for options in ({"order": 1}, {"exclude": "1500-1560"}, {"leave_out": "15,15"}, {"reference_um": 1.5}):
        assert set(options) <= set(HOW.refits)
        made, whole = HOW.refit(measured, parse(HOW.config, options), Job()), _run(cube, **options)
        assert {k: m.value for k, m in made.metrics.items()} == {k: m.value for k, m in whole.metrics.items()}


def test_an_order_that_is_too_low_is_told() -> None:
    result = _run(_cube([(28.3, 31.6)], flux=20000.0), order=0, limit=100)
    assert result.verdict == "doubtful"
    assert any("higher order" in reason for reason in result.reasons)


def test_a_large_shift_is_told() -> None:
    assert _run(_cube([(28.3, 31.6)]), limit=0.5).verdict == "doubtful"
    assert _run(_cube([(28.3, 31.6)]), limit=0.1).verdict == "bad"


def test_a_dark_is_no_fiber() -> None:
    with pytest.raises(InputError, match="no fiber") as caught:
        _run(_cube([]))
    assert "dark" in caught.value.cure


def test_a_fiber_at_the_edge() -> None:
    with pytest.raises(InputError, match="edge"):
        _run(_cube([(1.5, 30.0)]))


def test_cubes_of_different_bands() -> None:
    one, other = _cube([(20.0, 20.0)]), _cube([(20.0, 20.0)])
    moved = Frame(other.data, other.err, None, Header({**other.header, "CRVAL3": 2.0}))
    with pytest.raises(InputError, match="spans"):
        _run(one, moved)


def test_too_few_planes() -> None:
    with pytest.raises(InputError, match="order 3"):
        _run(_cube([(20.0, 20.0)], planes=4))


def test_a_place_on_an_input_that_is_not_there() -> None:
    with pytest.raises(InputError, match="input 2"):
        _run(_cube([(20.0, 20.0)]), fibers="2:20,20")


def test_nothing_is_told_of_wavelengths_where_the_fiber_was_not_seen() -> None:
    cube = _cube([(28.3, 31.6)])
    trace = columns_of(_run(cube, exclude="1660-1900"), "TRACE")
    seen = trace["wavelength"] < 1.65
    for name in ("x", "y", "shift_x", "shift_y", "error_x", "error_y"):
        assert np.isfinite(trace[name][seen]).all()
        assert np.isnan(trace[name][trace["wavelength"] > 1.69]).all()
