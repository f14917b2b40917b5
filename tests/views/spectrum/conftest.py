"""A session of its own for each test."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from calgui.views.session import Session


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """Without files or caches; its work is stopped in the end."""
    made = Session()
    yield made
    made.close()
