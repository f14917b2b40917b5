"""Undo and redo."""

import pytest

from calgui.views.history import History


@pytest.fixture
def history(qapp):
    return History()


def test_a_step_is_taken_back_and_done_again(history):
    values = [1]

    def put(value):
        values[0] = value

    put(2)
    history.did("change the value", lambda: put(1), lambda: put(2))
    assert values == [2]  # noting a step does not do it again
    history.undo()
    assert values == [1]
    history.redo()
    assert values == [2]
    assert history.undoText() == "change the value"


def test_steps_of_one_key_are_one(history):
    values = [0]

    def put(value):
        values[0] = value

    for value in (1, 2, 3):
        before = values[0]
        put(value)
        history.did("drag", lambda old=before: put(old), lambda new=value: put(new), key="slider")
    assert history.count() == 1
    history.undo()
    assert values == [0]
    history.redo()
    assert values == [3]


def test_what_undoing_itself_changes_is_not_noted(history):
    seen = []

    def undo():
        seen.append("undone")
        history.did("an echo", lambda: None, lambda: None)

    history.did("a step", undo, lambda: None)
    history.undo()
    assert seen == ["undone"]
    assert history.count() == 1
    assert history.canRedo()
