"""Pasted options of the command line."""

import pytest

from calgui.core.errors import UsageError
from calgui.views.rules.whatif.options import pasted_case


@pytest.mark.parametrize(
    "text",
    [
        "--set FILTER=K --set 'OBJECT=a b=c'",
        "--set=FILTER=K --set='OBJECT=a b=c'",
        "FILTER=K 'OBJECT=a b=c'",
        "calgui explain --cache /some/A=B --type flat --set FILTER=K \\\n  --set 'OBJECT=a b=c' night.fits",
    ],
)
def test_options_in_every_form(text: str) -> None:
    assert pasted_case(text).changes == (("FILTER", "K"), ("OBJECT", "a b=c"))


@pytest.mark.parametrize("text", ["", "  ", "--set", "words without sense", "--set 'FILTER=K", "--set FILTER"])
def test_what_holds_no_options_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        pasted_case(text)
