"""Subarrays are outlined in the picture of the full frame that has their map."""

import numpy as np
from pytestqt.qtbot import QtBot

from calgui.core.frames.frame import Frame
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds.multi import FULL, PARTS
from calgui.views.image import ImageView
from calgui.views.theme import theme


def test_a_full_frame_shows_where_its_subarrays_lie(view: ImageView, demo_night: DemoNight, qtbot: QtBot) -> None:
    view.show_file(demo_night.raw / FULL)
    qtbot.waitUntil(lambda: len(view.outlines.found) == 2)
    assert [one.id for one in view.outlines.found] == [1, 2]
    drawn = view.outlines._item.path().boundingRect()
    x, y = (min(getattr(one, name) for one in view.outlines.found) for name in ("x", "y"))
    assert (drawn.left(), drawn.top()) == (x - 1.5, y - 1.5)
    texts = [label.text() for label in view.outlines._labels]
    assert texts == ["1", "1", "2", "2"]
    theme().apply(True)
    theme().apply(False)
    # a file without a map has none
    view.show_file(demo_night.raw / PARTS[1])
    qtbot.waitUntil(lambda: not view.outlines.found and view.drawing is not None)
    assert not view.outlines._labels
    assert view.outlines._item.path().isEmpty()


def test_a_map_that_is_none_is_not_drawn(view: ImageView, qtbot: QtBot) -> None:
    odd = Frame(np.ones((40, 50), np.float32), planes={"SUBARR_MAP": np.full((40, 50), 1.5, np.float32)})
    view.show_frame(odd)
    qtbot.waitUntil(lambda: view.drawing is not None)
    qtbot.wait(100)
    assert not view.outlines.found
    view.clear()
    assert view.outlines._item.path().isEmpty()
