"""The page of the documentation names every check as the table has it."""

from pathlib import Path

import pytest

from calgui.core.rules.lint.table import CHECKS
from calgui.core.rules.lint.telling import WORDS

_PAGE = Path(__file__).resolve().parents[4] / "docs" / "views" / "rules-lint.md"


@pytest.mark.parametrize("code", CHECKS)
def test_each_check_stands_in_the_documentation(code: str) -> None:
    check = CHECKS[code]
    row = f"| `{code}` | {WORDS[check.severity]} | {check.title} | {check.why} | {check.cure} |"
    assert row in _PAGE.read_text(encoding="utf-8")
