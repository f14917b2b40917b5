"""The page that somebody with these files most probably wants."""

from typing import Any

import pytest

from calgui.core.algorithms.registry import registry
from calgui.core.runs.suggesting import USUAL, fitting_algorithm


def image(kind: str = "", seconds: float = 100.0, **cards: Any) -> dict[str, Any]:
    return {"NAXIS": 2, "EXPTIME": seconds} | ({"EXP_TYPE": f"IRIS_{kind}"} if kind else {}) | cards


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ([], "master-dark"),
        ([{}], "master-dark"),
        ([image()], "master-dark"),
        ([image("DARK")], "master-dark"),
        ([image("DARK")] * 9, "master-dark"),
        ([image("DARK"), image("DARK", 300.0)], "dark-series"),
        ([image("DARK"), image("DARK", EXPTIME=None)], "master-dark"),
        ([image("DARK"), image("FLAT", 10.0)], "bad-pixel-map"),
        ([image("DARK", NAXIS=4)], "fit-ramp"),
        ([{"NAXIS": 4}], "fit-ramp"),
        ([{"NAXIS": 3}], "fit-ramp"),
        ([{"NAXIS": 3, "CTYPE3": "WAVE", "EXP_TYPE": "IRIS_CUBE"}], "master-dark"),
        ([{"NAXIS": 4}, image("DARK")], "master-dark"),
        ([image("IMAGE")], "subtract-dark"),
        ([image("IMAGE"), image("PSFSTAR")], "subtract-dark"),
        ([image(REFTYPE="MASK")], "convert-mask"),
        ([image(REFTYPE="DARK")] * 3, "dark-trend"),
        ([image(REFTYPE="DARK")], "master-dark"),
        ([image(REFTYPE="DARK"), image("DARK")], "master-dark"),
    ],
)
def test_what_fits(headers: list[dict[str, Any]], name: str) -> None:
    assert fitting_algorithm(headers) == name


def test_a_calibration_with_its_own_algorithm_has_it() -> None:
    """Whatever the catalogue says of a type, once the registry has it."""
    found = fitting_algorithm([image("FLAT")])
    assert found in registry()
    assert USUAL in registry()
