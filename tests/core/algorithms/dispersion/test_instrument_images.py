"""Fibers on images, through filters and drawn out into traces, against injected places."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import Header
from calgui.core.jobs import Job
from tests.core.algorithms.dispersion.starcubes import columns_of

HOW = algorithm("instrument-dispersion")
Floats = NDArray[np.float64]
SIDE = 160


def _run(*frames: Frame, references: dict[str, Frame] | None = None, **options: Any) -> Result:
    config = parse(HOW.config, options)
    assert HOW.check is not None
    HOW.check(frames, config)
    return HOW.run(frames, references or {}, config, Job())


def _noisy(light: Floats, seed: int, header: dict[str, Any]) -> Frame:
    error = np.sqrt(np.clip(light, 0, None) / 5 + 1.0)
    data = light + error * np.random.default_rng(seed).standard_normal(light.shape)
    return Frame(data.astype(np.float32), error.astype(np.float32), None, Header(header))


def _filter(wave: float, x: float, y: float, seed: int, **header: Any) -> Frame:
    edges = np.arange(SIDE + 1) - 0.5
    across, along = (np.diff(ndtr((edges - at) / 1.4)) for at in (y, x))
    return _noisy(2e5 * across[:, None] * along, seed, {"WAVECEN": wave, "EXP_TYPE": "IRIS_FIBER", **header})


WAVES = (1.02, 1.25, 1.64, 1.95, 2.2)


def _moved(wave: float) -> tuple[float, float]:
    return 70.3 + 2.0 * (wave - 1.6) + 0.8 * (wave - 1.6) ** 2, 81.6 - 1.5 * (wave - 1.6)


def test_a_fiber_through_filters() -> None:
    # in any order of files
    frames = [_filter(wave, *_moved(wave), k) for k, wave in enumerate(WAVES)]
    result = _run(*frames[::-1], order=2)
    trace = columns_of(result, "TRACE")
    x, y = (np.array(one) for one in _moved(trace["wavelength"]))
    assert np.abs(trace["x"] - x).max() < 0.02
    assert np.abs(trace["y"] - y).max() < 0.02
    assert result.metrics["n_fibers"].value == 1
    assert result.verdict == "good", result.reasons
    assert result.keywords["INSFROM"][0] == "filters"
    with pytest.raises(InputError, match="takes 7 places"):
        _run(*frames, order=5)


def test_images_of_other_parts_are_refused() -> None:
    frames = [_filter(wave, *_moved(wave), k) for k, wave in enumerate(WAVES[:3])]
    odd = _filter(2.2, *_moved(2.2), 9, SUBSTRT1=101, SUBSTRT2=1, SUBARRAY="CUSTOM")
    with pytest.raises(InputError, match="another part"):
        _run(*frames, odd)


def _rows(columns: Floats, row: float) -> Floats:
    u = 2 * columns / (SIDE - 1) - 1
    return np.asarray(row + 1.2 * u - 0.5 * u**2)


def _traced(rows: tuple[float, ...], seed: int = 1, bright: float = 2000.0, **header: Any) -> Frame:
    """White light along x, brighter towards the red, from 1.5 to 1.8 µm."""
    columns = np.arange(SIDE, dtype=np.float64)
    edges = np.arange(SIDE + 1)[:, None] - 0.5
    light = np.full((SIDE, SIDE), 2.0)
    for row in rows:
        light += bright * (0.7 + 0.6 * columns / SIDE) * np.diff(ndtr((edges - _rows(columns, row)) / 1.1), axis=0)
    return _noisy(light, seed, {"WAVEMIN": 1.5, "WAVEMAX": 1.8, **header})


@pytest.mark.parametrize("axis", ["x", "y"])
def test_traces_of_white_light(axis: str) -> None:
    frame = _traced((31.2, 60.7, 110.4))
    if axis == "y":
        assert frame.err is not None
        frame = Frame(frame.data.T.copy(), frame.err.T.copy(), None, frame.header)
    result = _run(frame, order=4)
    assert result.metrics["n_fibers"].value == 3
    assert result.verdict == "good", result.reasons
    assert result.keywords["INSAXIS"][0] == axis
    assert "WAVEMIN to WAVEMAX" in result.reasons[-1]
    trace = columns_of(result, "TRACE")
    across, along = (trace["y"], trace["x"]) if axis == "x" else (trace["x"], trace["y"])
    columns = (trace["wavelength"] - 1.5) / 0.3 * (SIDE - 1)
    for number, row in enumerate((31.2, 60.7, 110.4), 1):
        mine = trace["fiber"] == number
        assert np.nanmax(np.abs(across[mine] - _rows(columns[mine], row))) < 0.03
    # wavelengths were taken for even
    assert np.nanmax(np.abs(along - (SIDE - 1) / 2)) < 0.01


def test_wavelengths_along_a_trace_by_wavecal() -> None:
    u = np.linspace(-1, 1, SIDE)
    wave = 1.65 + 0.15 * u + 0.004 * u**2
    wavecal = Frame(np.array([wave, wave + 0.001], np.float32), None, None, Header({"REFTYPE": "WAVECAL"}))
    result = _run(_traced((31.2, 110.4)), references={"WAVECAL": wavecal}, order=4)
    trace, fibers = columns_of(result, "TRACE"), columns_of(result, "FIBERS")
    for number, more in ((1, 0.0), (2, 0.001)):
        mine = trace["fiber"] == number
        told = trace["wavelength"][mine]
        columns = np.interp(told, wave + more, np.arange(SIDE))
        # the place of a wavelength on the detector, put together again
        step = fibers["dispersion"][number - 1]
        found = trace["x"][mine] + (told - wave.mean() - more) / step
        there = (told > wave[2] + more) & (told < wave[-3] + more) & np.isfinite(found)
        assert np.abs(found - columns)[there].max() < 0.05
    assert result.reasons[-1].endswith("by WAVECAL.")
    # one more than there are traces, which are not the rows of the detector either
    other = Frame(np.array([wave] * 3, np.float32), None, None, Header({"REFTYPE": "WAVECAL"}))
    assert "3 spectra" in _run(_traced((31.2, 110.4)), references={"WAVECAL": other}).reasons[-1]


def test_a_hit_and_a_bad_column_do_no_harm() -> None:
    frame = _traced((60.7,))
    data = frame.data.copy()
    data[62, 40] += 5000
    data[57:66, 100] = np.nan
    result = _run(Frame(data, frame.err, None, frame.header), order=4)
    trace = columns_of(result, "TRACE")
    columns = (trace["wavelength"] - 1.5) / 0.3 * (SIDE - 1)
    assert np.nanmax(np.abs(trace["y"] - _rows(columns, 60.7))) < 0.05


def test_images_without_traces_are_refused() -> None:
    flat = _noisy(np.full((SIDE, SIDE), 100.0), 3, {"WAVEMIN": 1.5, "WAVEMAX": 1.8})
    for frame in (flat, _filter(1.6, 80.0, 80.0, 4)):
        with pytest.raises(InputError, match="no traces of white light"):
            _run(frame)
    lost = _traced((60.0,), WAVEMIN="", WAVEMAX="")
    with pytest.raises(InputError, match="wavelengths along the traces"):
        _run(lost)


def test_what_an_even_dispersion_leaves_is_not_drawn() -> None:
    result = _run(_traced((31.2, 60.7, 110.4)), order=4)
    assert [curve.title for curve in result.curves] == ["Shift along y", "Residuals", "Shift over the field"]
    assert result.metrics["end_shift_x_pixel"].value == 0
    assert set(result.curves[0].lines) == {"fit", "80,31", "80,61", "80,110"}
