"""Flagged pixels in the core of a star: filled from those around them, with an honest error; null where too many."""

import math

import numpy as np
import pytest

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.measuring import measure_psf
from calgui.core.algorithms.registry import Result
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.psf.starlight import exposed, star

#: pixels from the brightest one, (row, column)
HOLES = (((0, 0),), ((0, 0), (0, 1)), ((0, 0), (1, 0), (1, 1)), ((1, -2),), ((-1, 1), (0, 1), (1, 1)))
HOW = PsfConfig(flux_radius=300.0, background="none")


def lost(frame: Frame, x: float, y: float, places: tuple[tuple[int, int], ...], value: float = np.nan) -> Frame:
    data, bits = np.array(frame.data), np.zeros(frame.shape, np.uint32)
    for row, column in places:
        data[round(y) + row, round(x) + column] = value
        bits[round(y) + row, round(x) + column] = flags.DO_NOT_USE
    return Frame(data, frame.err, bits, frame.header)


def strehl(result: Result) -> tuple[float, float]:
    made = result.metrics["strehl"].value, result.metrics["strehl_error"].value
    assert isinstance(made[0], float), result.reasons
    assert isinstance(made[1], float)
    return made[0], made[1]


@pytest.mark.parametrize("wavelength", [1.25, 1.63, 2.2])
def test_few_lost_pixels_bias_no_strehl_ratio(wavelength: float) -> None:
    rng = np.random.default_rng(3)
    off, pulls = [], []
    for r0, inner in ((0.7, 0.4), (4.0, 1.0)):
        one = star(wavelength, r0, inner)
        x, y = 130 + rng.uniform(-0.5, 0.5, 2)
        frame = exposed(1e6 * one.image(260, x, y), 3, background=0.0, WAVECEN=wavelength)
        whole, own = strehl(measure_psf([frame], HOW))
        for number, places in enumerate(HOLES):
            result = measure_psf([lost(frame, x, y, places, (np.nan, 0.0, 1e6)[number % 3])], HOW)
            value, error = strehl(result)
            assert error >= own * 0.99
            assert any("filled" in reason for reason in result.reasons)
            assert result.verdict != "bad"
            assert abs(result.metrics["x_pixel"].value - x) < 0.02
            off.append(value - whole)
            pulls.append((value - whole) / math.sqrt(max(error**2 - own**2, 0.25 * own**2)))
    assert abs(np.mean(off)) < 0.005
    assert np.abs(off).max() < 0.02
    assert math.sqrt(np.mean(np.square(pulls))) < 1.3


def test_a_core_of_which_too_much_is_lost_has_none() -> None:
    frame = exposed(1e6 * star(2.2, 1.0, 0.3).image(260, 130.3, 129.8), 3, background=0.0)
    many = tuple((row, column) for row in range(-2, 3) for column in range(-2, 3))
    result = measure_psf([lost(frame, 130.3, 129.8, many)], HOW)
    assert result.metrics["strehl"].value is None
    assert result.verdict == "bad"
    assert any("bad pixels in the core" in reason for reason in result.reasons)


def test_undersampled_cores_are_not_filled() -> None:
    frame = exposed(1e6 * star(0.88, 1.0, 0.1).image(260, 130.3, 129.8), 3, background=0.0, WAVECEN=0.88)
    result = measure_psf([lost(frame, 130.3, 129.8, ((0, 1),))], HOW)
    assert result.metrics["strehl"].value is None
    assert any("bad pixels in the core" in reason for reason in result.reasons)


def test_filled_pixels_are_told_and_not_shown_as_seen() -> None:
    frame = exposed(1e6 * star(2.2, 1.0, 0.3).image(260, 130.3, 129.8), 3, background=0.0)
    result = measure_psf([lost(frame, 130.3, 129.8, ((0, 0),))], HOW)
    tables = {extra.name: extra.data for extra in result.extensions}
    stars, cuts = tables["STARS"], tables["CUTOUTS"]
    assert isinstance(stars, dict)
    assert isinstance(cuts, np.ndarray)
    assert stars["flags"][0] == "filled"
    assert stars["n_filled"][0] == 1
    assert np.isnan(cuts[0]).sum() == 1
    assert result.frame is not None
    assert np.isfinite(result.frame.data).all()
