"""New coefficients of non-linearity at the bench, beside those that the rules select."""

from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.place import BenchPlace


def test_derived_and_compared(qtbot: QtBot, session: Session, demo_night: DemoNight) -> None:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    session.open_cache(demo_night.cache)
    qtbot.waitUntil(lambda: session.cache is not None)
    page = place.show_algorithm("derive-nonlinearity")
    output = page.output
    tab = output.tabs.indexOf(output.comparison)
    assert output.tabs.isTabVisible(tab)
    page.inputs.set_paths(sorted(demo_night.raw.glob("iris_20260311_lampramp_000[1-4].fits")))
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    page.actions_bar.run.click()
    qtbot.waitUntil(lambda: page.report is not None)
    panel = output.comparison
    assert panel.message.text().startswith("Against tmt_iris_nonlincoeff_0001.fits the median correction differs")
    output.tabs.setCurrentIndex(tab)
    assert panel.picture.content is not None
    assert panel.picture.content.values.shape == page.report.result.frame.shape
    shown = {panel.metrics.item(row, 0).text() for row in range(panel.metrics.rowCount())}
    assert {"median difference", "gained pixels", "lost pixels"} <= shown, shown
    assert panel.side.isTabVisible(panel.side.indexOf(panel.curves))
    panel.side.setCurrentWidget(panel.curves)
    assert "Correction" in panel.curves._plots[0].heading.text()
