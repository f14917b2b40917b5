"""Two distortions beside each other: what differs is found, what only a mask's freedom is, is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import ExtraHdu
from calgui.core.runs.comparing import comparer_of
from calgui.core.runs.comparing.distortions import compare

MIDDLE = 255.5


def header(name: str = "new.fits", **terms: Any) -> Frame:
    said = {"CRPIX1": MIDDLE + 1, "CRPIX2": MIDDLE + 1, "A_ORDER": 3, "B_ORDER": 3, "DISTNX": 512, "DISTNY": 512}
    return Frame(np.zeros(1, np.float32), None, None, said | terms, Path(name))


def value(made: Any, name: str) -> float:
    found = made.metrics[name].value
    assert isinstance(found, float)
    return found


def test_a_difference_is_that_of_the_mappings() -> None:
    made = compare(header(A_2_0=1e-5), header("old.fits", A_2_0=1e-5, A_0_2=2e-6))
    # 2e-6 v² less its mean: v² over ±256 has the scatter 256² sqrt(4/45)
    assert value(made, "rms_pixel") == pytest.approx(2e-6 * 256**2 * np.sqrt(4 / 45) / np.sqrt(2), rel=0.03)
    assert value(made, "shift_pixel") == pytest.approx(2e-6 * 256**2 / 3, rel=0.03)
    assert value(made, "max_pixel") == pytest.approx(2e-6 * 256**2 * 2 / 3, rel=0.03)
    assert made.difference is not None
    assert made.difference.shape == (512, 512)
    assert float(made.difference.data[0, 255]) == pytest.approx(value(made, "max_pixel"), rel=0.02)
    assert "more than the astrometric budget" in made.message
    assert made.curves


def test_the_same_distortion_of_another_part_is_the_same() -> None:
    new = header(A_2_0=1e-5, B_1_1=2e-5, SUBSTRT1=101, SUBSTRT2=51, CRPIX1=MIDDLE + 1 - 100, CRPIX2=MIDDLE + 1 - 50)
    made = compare(new, header("old.fits", A_2_0=1e-5, B_1_1=2e-5, SUBSTRT1=1, SUBSTRT2=1))
    assert value(made, "with_linear_max_pixel") < 1e-9
    assert "less than the astrometric budget" in made.message


def test_the_linear_part_stands_by_itself() -> None:
    # about another pixel the same quadratic distortion has another linear part
    new = header(A_2_0=1e-5)
    old = header("old.fits", A_2_0=1e-5, CRPIX1=MIDDLE + 1 + 40)
    made = compare(new, old)
    assert value(made, "rms_pixel") < 1e-9
    assert value(made, "with_linear_max_pixel") > 0.1
    assert value(made, "shear_difference") == pytest.approx(2 * 1e-5 * 40, rel=1e-6)


def test_others_are_refused() -> None:
    for new, old in (({"FILTER": "K"}, {"FILTER": "H"}), ({"DETECTOR": "A"}, {"DETECTOR": "B"})):
        with pytest.raises(InputError):
            compare(header(**new), header("old.fits", **old))
    compare(header(FILTER="K"), header("old.fits", FILTER="N/A"))


def test_what_is_compared_is_the_header_of_the_product() -> None:
    how = comparer_of("DISTORTION")
    assert how is not None
    product = Result(
        None,
        {},
        keywords={"DISTNX": (512, "columns")},
        extensions=(ExtraHdu("DISTORTION", None, header={"A_ORDER": (2, "order"), "CRPIX1": 5.0}),),
        picture=Frame(np.zeros((4, 4), np.float32), None, None, {"FILTER": "K"}),
    )
    frame = how.compared(product)
    assert frame is not None
    assert {key: frame.header[key] for key in ("A_ORDER", "CRPIX1", "DISTNX", "FILTER")} == {
        "A_ORDER": 2, "CRPIX1": 5.0, "DISTNX": 512, "FILTER": "K",
    }  # fmt: skip
    assert how.compared(Result(None, {})) is None
