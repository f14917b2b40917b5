"""Flats at the bench: options followed, planes apart, detectors together, and the flat in use beside the new one."""

import numpy as np
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace

NIGHT = "iris_20260311"


def bench(qtbot: QtBot, session: Session, night: DemoNight, name: str) -> AlgorithmPage:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    session.open_cache(night.cache)
    qtbot.waitUntil(lambda: session.cache is not None)
    page: AlgorithmPage = place.show_algorithm(name)
    return page


def run(qtbot: QtBot, page: AlgorithmPage) -> None:
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    page.actions_bar.run.click()
    qtbot.waitUntil(lambda: page.report is not None, timeout=20_000)


def test_a_flat_is_made_and_compared(qtbot: QtBot, session: Session, demo_night: DemoNight) -> None:
    page = bench(qtbot, session, demo_night, "normalize-flat")
    page.inputs.set_paths([demo_night.raw / f"{NIGHT}_flat_{number:04d}.fits" for number in (1, 2, 3, 6)])
    qtbot.waitUntil(lambda: page.output.shown_of is not None)
    page.options.put_values({"split": True})
    run(qtbot, page)
    assert page.report is not None
    assert page.report.verdict == "good"
    # there are lamp-off frames: the dark that the rules select is not used, and not said to be
    assert page.report.references == ()
    assert set(page.report.result.planes) == {"ILLUM", "PIXFLAT", "NSAMP"}
    panel = page.output.comparison
    assert panel.message.text().startswith("Against tmt_iris_flat_0005.fits the pixels scatter by")
    shown = {panel.metrics.item(row, 0).text() for row in range(panel.metrics.rowCount())}
    assert {"level ratio", "changed pixels"} <= shown, shown
    page.output.tabs.setCurrentIndex(page.output.tabs.indexOf(panel))
    assert panel.picture.content is not None
    assert abs(np.nanmedian(panel.picture.content.values) - 1) < 0.01


def test_the_detector_is_an_option(qtbot: QtBot, session: Session, demo_night: DemoNight) -> None:
    page = bench(qtbot, session, demo_night, "normalize-flat")
    page.inputs.set_paths(sorted(demo_night.raw.glob(f"{NIGHT}_mosaicflat_*.fits")))
    page.options.put_values({"detector": "IRIS3"})
    run(qtbot, page)
    assert page.report is not None
    frame = page.report.result.frame
    assert frame is not None
    assert frame.header["DETECTOR"] == "IRIS3"
    assert page.report.metrics["n_detectors"].value == 4
    # the rules are asked for the detector whose flat it is
    assert page.output.comparison.message.text().startswith("The rules select no flat for these frames")
