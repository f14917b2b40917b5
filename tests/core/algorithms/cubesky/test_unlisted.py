"""Skies whose lines are in no list: moved and scaled all the same."""

import numpy as np
import pytest
from scipy.special import ndtr

from calgui.core.algorithms.cubesky.config import CubeSkyConfig
from calgui.core.algorithms.cubesky.subtract import subtract_cube_sky
from calgui.core.frames.frame import Frame

PLANES, SIDE, FIRST, STEP = 400, 12, 1500.0, 0.19


def sky(seed: int, places: np.ndarray, light: np.ndarray, shift: float, scale: float) -> tuple[Frame, np.ndarray]:
    """A cube of lines at places in planes, and its mean spectrum without noise."""
    rng = np.random.default_rng(seed)
    edges = np.arange(PLANES + 1) - 0.5
    profile = np.diff(ndtr((edges[:, None] - places - shift) / 0.95), axis=0)
    spectrum = scale * profile @ light + 40
    cube = np.broadcast_to(spectrum[:, None, None], (PLANES, SIDE, SIDE))
    data = rng.poisson(cube) + rng.normal(0, 10, cube.shape)
    header = {
        "INSTRUME": "IRIS", "DETECTOR": "IFS", "FILTER": "Hbb", "GRATING": "H4000", "BUNIT": "electron",
        "EXPTIME": 300.0, "DATE-OBS": "2026-03-11", "TIME-OBS": "12:00:00", "CTYPE3": "WAVE", "CUNIT3": "nm",
        "CRVAL3": FIRST, "CRPIX3": 1.0, "CDELT3": STEP,
    }  # fmt: skip
    return Frame(data.astype(np.float32), np.sqrt(cube + 100).astype(np.float32), None, header), spectrum


@pytest.mark.parametrize(
    ("seed", "count", "shift", "brightest"), [(1, 25, 0.1, 1e5), (2, 60, -0.1, 3e4), (3, 3, 0.05, 3e3)]
)
def test_lines_of_no_list_are_moved_and_scaled(seed: int, count: int, shift: float, brightest: float) -> None:
    rng = np.random.default_rng(seed)
    places, light = rng.uniform(0, PLANES, count), brightest * 10 ** rng.uniform(-2, 0, count)
    science, truth = sky(seed + 10, places, light, shift, 1.15)
    other, theirs = sky(seed + 20, places, light, 0.0, 1.0)
    result = subtract_cube_sky(science, other, CubeSkyConfig())
    assert result.frame is not None
    error = result.metrics["shift_error_pixel"].value
    assert isinstance(error, float)
    assert error < 0.015
    assert result.metrics["shift_pixel"].value == pytest.approx(shift, abs=max(4 * error, 0.002))
    assert result.metrics["scale_rest"].value == pytest.approx(1.15, abs=0.02)
    on_line = truth > 40 + 0.05 * truth.max()
    expected = np.sqrt(truth + 100 + 1.15**2 * (theirs + 100))[:, None, None]
    assert np.sqrt(np.mean((result.frame.data / expected)[on_line] ** 2)) < 1.1
    assert "no list" in " ".join(result.reasons)
    assert len(result.keywords["SKY_REST"]) == 2


def test_two_lines_closer_than_their_width_do_not_run_away() -> None:
    """Two that cannot be told apart have strengths without end, of opposite sign."""
    places = np.array([60.0, 60.8, 150.0, 151.9, 240.0, 330.0, 331.0])
    light = np.array([3e4, 2e4, 1e4, 3e4, 5e3, 2e4, 3e4])
    science, _ = sky(5, places, light, 0.08, 1.0)
    other, _ = sky(6, places, light, 0.0, 1.0)
    result = subtract_cube_sky(science, other, CubeSkyConfig())
    assert result.metrics["shift_pixel"].value == pytest.approx(0.08, abs=0.003)
    ratio = result.metrics["residual_ratio"].value
    assert isinstance(ratio, float)
    assert ratio < 1.1


def test_a_hot_plane_is_no_line() -> None:
    places, light = np.array([60.2, 150.7, 240.0, 330.4]), np.full(4, 2e4)
    science, _ = sky(7, places, light, 0.08, 1.0)
    other, _ = sky(8, places, light, 0.0, 1.0)
    data = other.data.copy()
    data[200] += 500
    hot = Frame(data, other.err, None, other.header)
    result = subtract_cube_sky(science, hot, CubeSkyConfig())
    assert result.frame is not None
    assert result.metrics["shift_pixel"].value == pytest.approx(0.08, abs=0.003)
    assert "its 4 lines" in " ".join(result.reasons)
