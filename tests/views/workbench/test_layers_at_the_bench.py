"""What a result holds beside its image can be looked at; what there is no room for says so."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Metric, Result
from calgui.core.frames.frame import Frame
from calgui.core.runs.flagged import Flagged
from calgui.core.runs.report import RunReport
from calgui.views.image.controls import ViewBar
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.elided import ElidedLabel
from calgui.views.workbench.output import OutputPanel
from calgui.views.workbench.results import MetricsTable, readable

SHAPE = (48, 64)


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> OutputPanel:
    made = OutputPanel(session, "")
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown(panel: OutputPanel, **planes: object) -> OutputPanel:
    data = np.arange(SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)
    result = Result(Frame(data, None, np.zeros(SHAPE, np.uint32), {"BUNIT": "electron/s"}), {}, planes=planes)
    report = RunReport("clean-cosmic-rays", {}, (Path("image.fits"),), (), None, result)
    panel.show_whole(report, Flagged(), "Cosmic rays", outdated=False)
    return panel


def layers(panel: OutputPanel) -> list[str]:
    box = panel.picture.source_bar.layer
    return [box.itemText(number) for number in range(box.count())]


def test_planes_of_the_result_are_layers_of_its_picture(qtbot: QtBot, panel: OutputPanel) -> None:
    taken = np.zeros(SHAPE, np.float32)
    taken[10, 20] = 500
    table = np.zeros(3, [("BIT", "i4")])
    shown(panel, CRMASK=(taken > 0).astype(np.uint32), CRDIFF=taken, DQ_DEF=table, COEFFS=np.zeros((5, *SHAPE)))
    assert layers(panel) == ["SCI", "DQ", "CRMASK", "CRDIFF"]
    panel.picture._choose_layer("CRDIFF")
    qtbot.waitUntil(lambda: panel.picture.content is not None and panel.picture.content.layer == "CRDIFF")
    content = panel.picture.content
    assert content is not None
    np.testing.assert_array_equal(content.values, taken)
    assert "CRDIFF" in content.title
    assert "electron" not in content.title
    assert content.unit == ""
    # another result of the same size keeps what is looked at; one without that layer goes back to the image
    shown(panel, CRDIFF=2 * taken)
    assert panel.picture.content is not None
    assert panel.picture.content.layer == "CRDIFF"
    shown(panel)
    assert panel.picture.content.layer == "SCI"


@pytest.mark.parametrize(
    ("name", "unit", "words"),
    [
        ("drift_error_e_per_s_per_month", "e-/s per month", "drift error"),
        ("span_days", "day", "span"),
        ("noise_e_per_s", "e-/s", "noise"),
        ("noise_e_per_s", "", "noise e per s"),
    ],
)
def test_a_name_does_not_repeat_the_unit(name: str, unit: str, words: str) -> None:
    assert readable(name, unit) == words


def test_words_of_a_metric_have_the_room_of_their_unit(qtbot: QtBot) -> None:
    table = MetricsTable()
    qtbot.addWidget(table)
    table.show_metrics({"noise": Metric(1.0, "e-", "Noise."), "noise_from": Metric("photons and 9 e-", "", "From.")})
    assert [table.columnSpan(row, 1) for row in (0, 1)] == [1, 2]
    table.show_metrics({"method": Metric("stack", "", "How."), "noise": Metric(1.0, "e-", "Noise.")})
    assert [table.columnSpan(row, 1) for row in (0, 1)] == [2, 1]


def test_a_label_without_room_ends_in_dots(qtbot: QtBot) -> None:
    label = ElidedLabel(Qt.TextElideMode.ElideMiddle)
    qtbot.addWidget(label)
    label.setText("tmt_iris_nonlincoeff_0001.fits")
    label.resize(label.fontMetrics().horizontalAdvance(label.text()) + 8, 20)
    assert label.seen() == label.text()
    label.resize(label.width() // 2, 20)
    assert "…" in label.seen()
    assert label.seen().endswith(".fits")
    assert label.text() == "tmt_iris_nonlincoeff_0001.fits"
    assert label.minimumSizeHint().width() == 0


@pytest.mark.parametrize("dark", [False, True])
def test_the_sign_for_further_tools_is_seen(qtbot: QtBot, dark: bool) -> None:
    theme().apply(dark)
    try:
        bar = ViewBar()
        qtbot.addWidget(bar)
        bar.resize(330, 34)
        bar.show()
        qtbot.waitExposed(bar)
        rest = bar.findChild(QToolButton, "qt_toolbar_ext_button")
        qtbot.waitUntil(rest.isVisible)
        image = rest.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        grey = [[QColor(image.pixel(x, y)).lightness() for x in range(image.width())] for y in range(image.height())]
        window = theme().colour("window").lightness()
        assert sum(abs(value - window) > 60 for row in grey for value in row) >= 6
    finally:
        theme().apply(None)
