"""Two residuals of the ADC, one beside the other."""

from typing import Any

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.runs.comparing.dispersions import compare
from calgui.core.runs.headerframes import table_frame


def _table(first: float, last: float, slope: float, across: float = 0.0, **header: Any) -> Frame:
    wave = np.linspace(first, last, 40)
    columns = {"wavelength": wave, "shift_along": slope * (wave - 1.6), "shift_across": across * (wave - 1.6)}
    return table_frame(columns, header, None)


def test_difference_over_common_wavelengths() -> None:
    made = compare(_table(1.5, 1.8, -20.0, 4.0), _table(1.4, 1.7, -10.0, 1.0))
    assert made.status == "compared"
    # from 1.5 to 1.7 µm, counted from 1.6
    assert made.metrics["max_difference_mas"].value == pytest.approx(np.hypot(1.0, 0.3), rel=1e-3)
    assert made.metrics["new_shift_mas"].value == pytest.approx(0.2 * np.hypot(20, 4), rel=1e-3)
    assert made.metrics["old_shift_mas"].value == pytest.approx(0.2 * np.hypot(10, 1), rel=1e-3)
    assert made.difference is not None
    assert made.difference.shape[0] == 2
    assert [curve.title for curve in made.curves] == ["Shift towards the zenith", "Shift across"]


def test_where_each_counts_from_does_not_matter() -> None:
    new = _table(1.5, 1.8, -20.0)
    shifted = table_frame(
        {"wavelength": np.linspace(1.5, 1.8, 40), "shift_along": -20 * (np.linspace(1.5, 1.8, 40) - 1.7)}, {}, None
    )
    assert compare(new, shifted).metrics["max_difference_mas"].value == pytest.approx(0, abs=1e-4)


def test_another_zenith_angle_is_told() -> None:
    made = compare(_table(1.5, 1.8, -20.0, ZENITH=30.0), _table(1.5, 1.8, -20.0, ZENITH=60.0))
    assert "zenith angle of 30.0°" in made.message


def test_bands_that_do_not_meet() -> None:
    with pytest.raises(InputError, match="tells of"):
        compare(_table(1.5, 1.8, 1.0), _table(2.0, 2.4, 1.0))
