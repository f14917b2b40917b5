"""What goes wrong is told with what to do about it: in every place of the program that tells it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import calgui

#: errors that a user meets by what was opened or computed; a wrong call is told by its own words
_NEED_A_CURE = ("InputError", "AlgorithmError", "CalguiError")


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    root = Path(calgui.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield f"{path.relative_to(root)}:{node.lineno}", name, node


def _says_cure(call: ast.Call) -> bool:
    # keywords that are handed on as a whole may hold it
    return any(keyword.arg in ("cure", None) for keyword in call.keywords)


def test_every_warning_and_error_of_the_window_has_a_cure() -> None:
    bare = [
        where
        for where, name, call in _calls()
        if name == "notice"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value in ("warning", "error")
        and len(call.args) < 3
        and not _says_cure(call)
    ]
    assert bare == []


def test_every_error_of_an_input_or_algorithm_has_a_cure() -> None:
    bare = [where for where, name, call in _calls() if name in _NEED_A_CURE and not _says_cure(call)]
    assert bare == []
