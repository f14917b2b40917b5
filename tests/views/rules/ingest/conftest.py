"""References for the demo night, and the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from calgui.core.rules.certify import Certified
from calgui.core.rules.ingest.certifying import Asked
from calgui.core.rules.ingest.values import Proposal
from calgui.core.simulate import DemoNight
from calgui.views.rules.ingest import certifying
from calgui.views.rules.ingest.page import IngestPage
from calgui.views.window import MainWindow

LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
ODD = "iris_20260311_image_0006.fits"


def drop(widget: Any, *paths: Path) -> None:
    """As from a file manager."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    for event in (
        QDragEnterEvent(QPoint(9, 9), COPY, data, LEFT, NONE),
        QDropEvent(QPointF(9, 9), COPY, data, LEFT, NONE),
    ):
        QApplication.sendEvent(widget, event)
        assert event.isAccepted()


@pytest.fixture
def relabelled(demo_night: DemoNight, tmp_path: Path) -> Callable[..., Path]:
    """Writes a copy of the night's first flat with other keywords; None takes one out."""

    def make(name: str, /, **cards: Any) -> Path:
        folder = tmp_path / "new"
        folder.mkdir(exist_ok=True)
        with fits.open(next(demo_night.cache.rglob("tmt_iris_flat_0001.fits"))) as hdus:
            for key, value in cards.items():
                if value is None:
                    del hdus[0].header[key]
                else:
                    hdus[0].header[key] = value
            hdus.writeto(folder / name)
        return folder / name

    return make


@pytest.fixture
def crds_says(monkeypatch: pytest.MonkeyPatch) -> Certified:
    """Stands for crds certify, which takes seconds; tests of whole tasks ask itself. It finds nothing."""
    good = Certified()

    def answer(_cache: object, proposal: Proposal, _job: object) -> tuple[Asked, ...]:
        return tuple(Asked(rule.source.name, rule.source.path, good) for rule in proposal.rules)

    monkeypatch.setattr(certifying, "certify_proposal", answer)
    return good


@pytest.fixture
def opened(window: MainWindow, demo_night: DemoNight, settled: Callable[[MainWindow], None]) -> MainWindow:
    """The window with the night's cache and a few observations, the odd one among them."""
    images = sorted(demo_night.raw.glob("iris_20260311_image_000?.fits"))
    window.open_paths([demo_night.cache, *images])
    settled(window)
    return window


@pytest.fixture
def page(opened: MainWindow, settled: Callable[[MainWindow], None]) -> IngestPage:
    """The page, shown."""
    opened.resize(1100, 700)
    opened.session.ask_page("ingest")
    settled(opened)
    made: IngestPage = opened.place("rules").page("ingest")  # type: ignore[attr-defined]
    return made
