"""Syntax trees are made by one thread at a time, whoever comes in between."""

import gc
import re
import threading
from pathlib import Path

import calgui
from calgui.core.rules.files.mapping_file import parse
from calgui.core.rules.files.syntax import MAKING, literal

TEXT = "header = {'mapping': 'reference', 'parkey': (('A', 'B'), ('C',))}\nselector = Match({('a', 'b'): 'c.fits'})\n"


def test_another_thread_that_comes_in_with_the_collector_waits() -> None:
    others: list[threading.Thread] = []
    held: list[bool] = []

    def come_in(phase: str, _: object) -> None:
        if phase == "stop" and len(others) < 400 and not any(held) and threading.current_thread() is main:
            others.append(threading.Thread(target=parse, args=(TEXT, "other.rmap")))
            others[-1].start()
            others[-1].join(0.1)
            held.append(others[-1].is_alive())

    main, before = threading.current_thread(), gc.get_threshold()
    gc.callbacks.append(come_in)
    try:
        gc.set_threshold(1)
        for _ in range(5):
            parse(TEXT, "ours.rmap")
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(come_in)
        for other in others:
            other.join()
    assert any(held), "nobody came in while the tree was made"


def test_texts_of_plain_values() -> None:
    assert literal("{'a': (1, 2.5, None)}") == {"a": (1, 2.5, None)}
    with MAKING:
        assert literal("[1]") == [1]


def test_no_other_module_makes_trees() -> None:
    root = Path(calgui.__file__).parent
    found = [
        path.name
        for path in root.rglob("*.py")
        if re.search(r"\bast\.parse\(|literal_eval\((text|str|\")", path.read_text(encoding="utf-8"))
    ]
    assert found == ["syntax.py"]
