"""The image view shows frames and files of every shape, reads in the background, and says what it shows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.views.image import ImageView
from calgui.views.session import Session


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    yield made
    made.close()


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> ImageView:
    made = ImageView(session)
    qtbot.addWidget(made)
    made.resize(640, 640)
    made.show()
    qtbot.waitExposed(made)
    return made


def frame(shape: tuple[int, ...] = (64, 48), seed: int = 1) -> Frame:
    rng = np.random.default_rng(seed)
    data = rng.normal(10, 2, shape).astype(np.float32)
    dq = np.zeros(shape, np.uint32)
    dq[..., 5, 7] = 2048 + 1
    return Frame(data, np.full(shape, 2, np.float32), dq, {"BUNIT": "electron/s"}, Path("dark_0001.fits"))


def test_a_frame_is_shown_with_its_name_and_unit(view: ImageView) -> None:
    view.show_frame(frame())
    assert "dark_0001.fits" in view.title.text()
    assert "electron/s" in view.title.text()
    assert "48 × 64" in view.title.text()


def test_a_file_is_read_in_the_background(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    path = write_frame(frame(), tmp_path / "dark.fits")
    view.show_file(path)
    qtbot.waitUntil(lambda: view.content is not None)
    assert view.title.text().startswith("dark.fits  ·  SCI [1]")
    assert view.content is not None
    assert np.array_equal(view.content.values, frame().data)
