"""Options declared on a dataclass become forms and command-line options, and refuse what does not fit."""

from dataclasses import dataclass
from typing import Literal

import pytest

from calgui.core.algorithms.options import describe, option, parse
from calgui.core.errors import UsageError


@dataclass(frozen=True)
class Example:
    method: Literal["median", "mean"] = option("median", "How frames are combined")
    low: float = option(3.0, "Lower threshold", unit="sigma", minimum=0.5, maximum=20)
    iterations: int = option(5, "Most passes", minimum=1)
    use_dq: bool = option(True, "Leave out flagged pixels")
    hot: float | None = option(None, "Cut for hot pixels", unit="electron/s", minimum=0)


def test_describe_gives_type_range_and_default() -> None:
    by_name = {info.name: info for info in describe(Example)}
    assert by_name["method"].choices == ("median", "mean")
    assert (by_name["low"].type, by_name["low"].unit, by_name["low"].maximum) == ("float", "sigma", 20)
    assert by_name["use_dq"].type == "bool"
    assert by_name["hot"].optional
    assert by_name["hot"].default is None


def test_parse_reads_texts() -> None:
    made = parse(Example, {"method": "mean", "low": "2.5", "iterations": "3", "use_dq": "no", "hot": "0.1"})
    assert made == Example("mean", 2.5, 3, False, 0.1)
    assert parse(Example, {"hot": "none"}) == Example()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"method": "mode"}, "median, mean"),
        ({"low": "0.1"}, "from 0.5 up to 20 sigma"),
        ({"low": "nan"}, "from 0.5"),
        ({"low": "many"}, "a number"),
        ({"iterations": "2.5"}, "a whole number"),
        ({"iterations": "inf"}, "a whole number"),
        ({"use_dq": "perhaps"}, "true or false"),
        ({"colour": "red"}, "The options are: method"),
        ({"low": None}, "a number"),
    ],
)
def test_parse_refuses_with_the_cure(values: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(Example, values)
    assert named in str(caught.value)
