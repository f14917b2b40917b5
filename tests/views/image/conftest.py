"""A view with a session of its own."""

import pytest
from pytestqt.qtbot import QtBot

from calgui.views.image import ImageView
from calgui.views.session import Session


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> ImageView:
    made = ImageView(session)
    qtbot.addWidget(made)
    made.resize(640, 640)
    made.show()
    qtbot.waitExposed(made)
    return made
