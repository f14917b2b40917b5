"""Numbers as they are read, and clouds of single measurements."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Curve
from calgui.views.workbench.plots import CurvePlot
from calgui.views.workbench.results import figure


@pytest.mark.parametrize(
    ("value", "text"),
    [(194460.4, "194,460"), (-123456.0, "-123,456"), (0.00889853, "0.0088985"), (1.5e9, "1.5e+09"), (12.5, "12.5")],
)
def test_large_numbers_are_written_out_with_their_thousands_parted(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_cloud_of_points_has_no_line_between_them(qtbot: QtBot) -> None:
    def pen(count: int) -> object:
        at = np.arange(count, dtype=float)
        plot = CurvePlot(Curve("Residuals", "x", "y", {"along x": (at, at)}, points=("along x",)))
        qtbot.addWidget(plot)
        return plot._items[0].opts["pen"]

    assert pen(20) is not None
    assert pen(2000) is None
