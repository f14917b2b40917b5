"""Frames with an answer: planes whose difference, ratio and place on the sky are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from calgui.core.frames.dq import HOT
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.views.compare.pictures import PicturesPage
from calgui.views.compare.place import ComparePlace
from calgui.views.session import Session

SIZE = (60, 80)


def plane(offset: float = 0.0, size: tuple[int, int] = SIZE) -> np.ndarray:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    return (2.0 * x + 3.0 * y + 10.0 + offset).astype(np.float32)


def sky(scale: float = 1e-6, turn: float = 0.0, crpix: tuple[float, float] = (40.5, 30.5)) -> dict[str, object]:
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 266.4, "CRVAL2": -29.0,
        "CRPIX1": crpix[0], "CRPIX2": crpix[1], "CD1_1": -scale * cos, "CD1_2": scale * sin,
        "CD2_1": scale * sin, "CD2_2": scale * cos,
    }  # fmt: skip


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def saved(name: str, data: np.ndarray, dq: np.ndarray | None = None, **header: object) -> Path:
        header = {"BUNIT": "electron/s", **header}
        return write_frame(Frame(data, np.full(data.shape, 3.0, np.float32), dq, header), tmp_path / name)

    return saved


@pytest.fixture
def place(qtbot: QtBot, session: Session) -> ComparePlace:
    made = ComparePlace(session)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def ready(page: PicturesPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.busy)
    qtbot.waitUntil(lambda: all(cell.view.drawing is not None for cell in page.cells))
    qtbot.waitUntil(lambda: not page.session.tasks.running)


@pytest.fixture
def page(place: ComparePlace, session: Session, save: Callable[..., Path], qtbot: QtBot) -> PicturesPage:
    dq = np.zeros(SIZE, np.uint32)
    dq[20, 30] = HOT
    session.select([save("a.fits", plane()), save("b.fits", plane(5.0), dq), save("c.fits", 2 * plane())])
    ready(place.pictures, qtbot)
    return place.pictures


def seen(page: PicturesPage, place: int) -> QRectF:
    return page.cells[place].view.canvas.box_view.viewRect()
