"""Diagnostics follow the preview: drawn where they are seen, and redrawn without losing where the user looks."""

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Curve, Metric, Result
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.runs.flagged import Flagged
from calgui.core.runs.report import RunReport
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.workbench.output import OutputPanel
from calgui.views.workbench.plots import CurvePlot, CurvesPanel, _roles


def _curves(seed: int, count: int = 3) -> tuple[Curve, ...]:
    random = np.random.default_rng(seed)
    counts, edges = np.histogram(random.normal(size=1000), bins=20)
    made = [Curve("Distribution", "e-/s", "Pixels", {f"pixels of {seed}": (edges, counts)}, "histogram")]
    for name in ("Rows", "Columns"):
        made.append(Curve(name, "pixel", "e-/s", {"median": (np.arange(50), random.normal(size=50))}))
    return tuple(made[:count])


def _drawn(panel: CurvesPanel) -> list[CurvePlot]:
    return [plot for plot in panel.widget().findChildren(CurvePlot) if plot.isVisible()]


def test_plots_take_new_values_and_keep_the_zoom(qtbot: QtBot) -> None:
    panel = CurvesPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    panel.show_curves(_curves(1))
    assert panel.findChildren(CurvePlot) == [], "nothing is drawn that cannot be seen"
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.waitUntil(lambda: len(_drawn(panel)) == 3)
    before = _drawn(panel)
    before[1].plot.getPlotItem().setXRange(10, 20, padding=0)
    panel.show_curves(_curves(2))
    assert _drawn(panel) == before
    for plot, curve in zip(before, _curves(2), strict=True):
        ((_x, y),) = curve.lines.values()
        np.testing.assert_array_equal(plot.plot.getPlotItem().listDataItems()[0].getOriginalDataset()[1], y)
    assert before[1].plot.getPlotItem().viewRange()[0] == [10, 20]
    # another kind of result has plots of its own
    panel.show_curves(_curves(3, 2))
    qtbot.waitUntil(lambda: len(_drawn(panel)) == 2)
    panel.show_curves(())
    assert _drawn(panel) == []
    qtbot.waitUntil(lambda: panel.findChild(QLabel, "bench_no_plots").isVisible())


def test_what_came_while_the_plots_were_hidden_is_there_when_they_are_seen(qtbot: QtBot) -> None:
    panel = CurvesPanel()
    qtbot.addWidget(panel)
    panel.show_curves(_curves(1))
    panel.show()
    qtbot.waitExposed(panel)
    qtbot.waitUntil(lambda: len(_drawn(panel)) == 3)
    panel.hide()
    panel.show_curves(_curves(2))
    theme().apply(dark=True)
    try:
        panel.show()
        qtbot.waitExposed(panel)
        qtbot.waitUntil(lambda: len(_drawn(panel)) == 3)
        plots = _drawn(panel)
        assert plots[0].plot.backgroundBrush().color() == theme().colour("surface")
        assert plots[0].heading.text().startswith("<b>Distribution</b>")
        ((_x, y),) = _curves(2)[1].lines.values()
        np.testing.assert_array_equal(plots[1].plot.getPlotItem().listDataItems()[0].getOriginalDataset()[1], y)
    finally:
        theme().apply(dark=False)


def test_a_result_without_a_picture_shows_its_plots(qtbot: QtBot, session: Session) -> None:
    output = OutputPanel(session, "")
    qtbot.addWidget(output)
    output.show()
    result = Result(None, {"noise_e": Metric(9.0, "e-")}, curves=_curves(1))
    report = RunReport("photon-transfer", {}, (Path("ramp.fits"),), (), None, result)
    output.show_whole(report, Flagged(), "Photon transfer", outdated=False)
    assert output.tabs.currentWidget() is output.curves
    assert output.picture.content is None
    assert not output.tabs.isTabVisible(output.tabs.indexOf(output.comparison))
    assert not output.side.isTabVisible(output.side.indexOf(output.hot))
    assert output.metrics.rowCount() == 1
    assert output.shown_of is report
    output.show_problem(InputError("There is no light in it."))
    assert not output.side.isTabVisible(output.side.indexOf(output.hot)), "no flagged pixels, and no tab of them"


def test_plots_that_tell_more_than_the_picture_are_shown_first_and_once(qtbot: QtBot, session: Session) -> None:
    output = OutputPanel(session, "")
    qtbot.addWidget(output)
    output.show()
    frame = Frame(np.zeros((8, 8), np.float32))
    result = Result(frame, {"noise_e": Metric(9.0, "e-")}, curves=_curves(1), first="plots")
    report = RunReport("adc-residual", {}, (Path("cube.fits"),), (), None, result)
    output.show_whole(report, Flagged(), "Residual of the ADC", outdated=False)
    assert output.tabs.currentWidget() is output.curves
    output.tabs.setCurrentIndex(0)
    output.show_whole(report, Flagged(), "Residual of the ADC", outdated=False)
    assert output.tabs.currentIndex() == 0, "from then on the tab is the user's choice"


def test_single_measurements_are_seen_as_points(qtbot: QtBot) -> None:
    """Above a line that goes through them, a line between them would say nothing."""

    def series(level: float) -> Curve:
        x = np.array([60.0, 240.0, 960.0])
        lines = {f"measured, to {level:g}": (x, level * x), "line": (x, level * x)}
        return Curve("Darks", "time (s)", "median (e-)", lines, points=(f"measured, to {level:g}",))

    plot = CurvePlot(series(1.0))
    qtbot.addWidget(plot)
    measured, line = plot.plot.getPlotItem().listDataItems()
    assert (measured.opts["symbol"], line.opts["symbol"]) == ("o", None)
    assert measured.opts["pen"].color().alpha() < 255
    # another name of the same line is no other plot
    assert plot.take(series(2.0))
    assert measured.opts["symbol"] == "o"
    assert not plot.take(Curve("Darks", "time (s)", "median (e-)", series(2.0).lines))


def test_many_lines_have_colours_of_their_own_and_a_limit_has_none() -> None:
    x = np.arange(3.0)
    curve = Curve("t", "x", "y", dict.fromkeys(("9-7", "8-6", "limit 1.3", "7-5", "6-4", "5-3", "O2"), (x, x)))
    roles = _roles(curve)
    assert roles.pop(2) == "muted"
    assert len({theme().colour(role).name() for role in roles}) == 6
    assert "muted" not in roles


def test_values_over_decades_have_an_axis_of_logarithms(qtbot: QtBot) -> None:
    x = np.arange(1.0, 5.0)
    curve = Curve(
        "RMS by order", "order", "RMS (pixel)", {"in sample": (x, np.array([10.0, 1.0, 0.0, 0.01]))}, log_y=True
    )
    plot = CurvePlot(curve)
    qtbot.addWidget(plot)
    drawn = plot._items[0].getData()[1]
    assert np.allclose(drawn[[0, 1, 3]], [1, 0, -2])
    assert np.isnan(drawn[2])
    assert not plot.take(Curve(curve.title, curve.x_label, curve.y_label, curve.lines))
    assert plot.take(curve)
