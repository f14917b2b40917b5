"""A reference that the rules select and that cannot be used is told on the page, in its row and among the reasons."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace

FILE = "tmt_iris_mask_0001.fits"


@pytest.fixture
def page(qtbot: QtBot, session: Session, demo_night: DemoNight, tmp_path: Path) -> AlgorithmPage:
    folder = tmp_path / "cache"
    shutil.copytree(demo_night.cache, folder, ignore=shutil.ignore_patterns("*.fits"))
    (folder / "references/tmt/iris" / FILE).write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 99\n"
    )
    session.open_cache(folder)
    qtbot.waitUntil(lambda: session.cache is not None)
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    qtbot.waitExposed(place)
    return place.show_algorithm("clean-cosmic-rays")


def test_it_is_told_in_its_row_and_among_the_reasons(
    qtbot: QtBot, page: AlgorithmPage, demo_night: DemoNight, tmp_path: Path
) -> None:
    page.inputs.set_paths([demo_night.raw / "iris_20260311_image_0001.fits"])
    qtbot.waitUntil(lambda: page.output._preview is not None)
    assert page.references._files["MASK"].text() == FILE
    assert page.references._how["MASK"].text().startswith("not used: in the cache there is only a Git LFS pointer")
    assert "git lfs pull" in page.references._how["MASK"].toolTip()
    told = page.output.banner.reasons.text().splitlines()
    assert told[-1].startswith(f"No MASK was used: the rules select {FILE}")
    assert told[-1].endswith("or give another file as reference.")
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.report is not None)
    assert page.output.banner.reasons.text().splitlines()[-1] == told[-1]
    # a file of one's own takes its place, and the note goes
    page.references.give("MASK", demo_night.cache / "references/tmt/iris" / FILE)
    qtbot.waitUntil(lambda: "No MASK" not in page.output.banner.reasons.text())
    assert page.references._how["MASK"].text() == "optional, chosen by hand"
