"""A view with a session of its own."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

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
