"""A box to tick is seen, ticked or not, in both looks."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton
from pytestqt.qtbot import QtBot

from calgui.views.theme import theme


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest, qapp: object) -> Iterator[str]:
    theme().apply(request.param == "dark")
    yield request.param
    theme().apply(None)


def luminance(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance of sRGB, WCAG 2."""
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    found: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return found


def drawn(qtbot: QtBot, state: Qt.CheckState) -> NDArray[np.float64]:
    """Luminance of the box alone and a pixel about it."""
    box = QCheckBox("and DO_NOT_USE")
    qtbot.addWidget(box)
    box.setTristate(True)
    box.setCheckState(state)
    box.resize(200, 30)
    option = QStyleOptionButton()
    box.initStyleOption(option)
    place = box.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, box).adjusted(-1, -1, 1, 1)
    image = box.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return luminance(pixels[..., 2::-1].astype(float))


def contrast(one: float, other: float) -> float:
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("state", [Qt.CheckState.Unchecked, Qt.CheckState.Checked, Qt.CheckState.PartiallyChecked])
def test_it_stands_out_from_the_window(qtbot: QtBot, look: str, state: Qt.CheckState) -> None:
    """WCAG 2.1, 1.4.11: parts that are needed to know a control have a contrast of 3."""
    found = drawn(qtbot, state)
    window = float(luminance(np.array(QColor(theme().colour("window")).getRgb()[:3], float)))
    row = found[found.shape[0] // 2]
    assert max(contrast(float(value), window) for value in row) >= 3


def test_ticked_or_not_is_told_apart(qtbot: QtBot, look: str) -> None:
    """By the tick in it, not by a colour alone."""
    pictures = [drawn(qtbot, state) for state in (Qt.CheckState.Unchecked, Qt.CheckState.Checked,
                                                  Qt.CheckState.PartiallyChecked)]  # fmt: skip
    for one in (0, 1):
        for other in range(one + 1, 3):
            assert np.count_nonzero(np.abs(pictures[one] - pictures[other]) > 0.1) >= 6
    inside = pictures[1][4:-4, 4:-4]
    assert contrast(float(inside.min()), float(inside.max())) >= 3
