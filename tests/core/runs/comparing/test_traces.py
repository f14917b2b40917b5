"""Two dispersions of the instrument, one beside the other."""

from collections.abc import Sequence

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.runs.comparing.traces import compare
from calgui.core.runs.headerframes import table_frame


def _table(
    places: Sequence[tuple[float, float]], slope: float, first: float = 1.5, last: float = 1.8, step: float = 0.0
) -> Frame:
    """Fibers that move along x with the wavelength, and the more the higher they stand."""
    wave = np.linspace(first, last, 30)
    along = [slope * (1 + step * y) * wave for _, y in places]
    parts = [(np.full(30, k + 1.0), wave, x + along[k], np.full(30, y)) for k, (x, y) in enumerate(places)]
    fiber, waves, x, y = (np.concatenate(column) for column in zip(*parts, strict=True))
    return table_frame({"fiber": fiber, "wavelength": waves, "x": x, "y": y}, {}, None)


def test_each_fiber_against_the_nearest_one() -> None:
    places = [(10.0, 10.0), (40.0, 30.0)]
    # in another order, and 3 pixels off
    made = compare(_table(places, 10.0, step=0.01), _table([(43.0, 30.0), (13.0, 10.0)], 10.0, step=0.01))
    assert made.metrics["max_difference_pixel"].value == pytest.approx(0, abs=1e-4)
    assert made.metrics["distance_pixel"].value == pytest.approx(3.0, abs=0.01)
    assert made.metrics["new_shift_pixel"].value == pytest.approx(0.3 * 13, rel=1e-3)
    assert made.difference is not None
    assert made.difference.shape[0] == 4
    assert "2 fibers" in made.message


def test_a_change_over_the_common_wavelengths() -> None:
    made = compare(_table([(10.0, 10.0)], 12.0), _table([(20.0, 10.0)], 10.0, 1.4, 1.7))
    # 2 pixels for each µm, over 0.2 µm
    assert made.metrics["max_difference_pixel"].value == pytest.approx(0.4, rel=1e-3)
    assert "stands" in made.message
    assert [curve.title for curve in made.curves][:2] == ["Shift along x", "Shift along y"]


def test_what_cannot_be_compared() -> None:
    new = _table([(10.0, 10.0)], 1.0)
    with pytest.raises(InputError, match="tells of"):
        compare(new, _table([(10.0, 10.0)], 1.0, 2.0, 2.4))
    with pytest.raises(InputError, match="no column x and y"):
        compare(new, table_frame({"wavelength": np.array([1.0, 2.0])}, {}, None))
    of_traces, of_planes = (
        table_frame({"wavelength": np.array([1.0, 2.0]), "x": np.ones(2), "y": np.ones(2)}, {"INSFROM": kind}, None)
        for kind in ("traces", "planes")
    )
    with pytest.raises(InputError, match="of the planes of cubes, the new ones of traces"):
        compare(of_traces, of_planes)
