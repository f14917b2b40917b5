"""Units and times: every spelling in use, and nothing guessed."""

import numpy as np
import pytest

from calgui.core.algorithms.exposure import canonical_unit, exposure_time, number, read_variance, scale_of
from calgui.core.frames.frame import Frame


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("electron", "electron"),
        ("ELECTRONS", "electron"),
        ("e-", "electron"),
        ("electron/s", "electron/s"),
        ("electron / s", "electron/s"),
        ("electron s-1", "electron/s"),
        ("electron.s-1", "electron/s"),
        ("e-/s", "electron/s"),
        ("e-/sec", "electron/s"),
        ("adu", "adu"),
        ("DN", "adu"),
        ("counts", "adu"),
        ("DN/s", "adu/s"),
        ("adu s**-1", "adu/s"),
        ("MJy/sr", None),
        ("s", None),
        ("", None),
        ("electron/pixel", None),
    ],
)
def test_spellings_of_bunit(text: str, unit: str | None) -> None:
    assert canonical_unit(text) == unit


def test_the_time_is_the_first_keyword_that_holds_one() -> None:
    assert exposure_time({"EFFEXPTM": 30.0, "EXPTIME": 20.0, "EFFINTTM": 10.0}) == (10.0, "EFFINTTM")
    assert exposure_time({"EFFEXPTM": 30.0, "EXPTIME": "", "EFFINTTM": 0}) == (30.0, "EFFEXPTM")
    assert exposure_time({"ITIME": 80.0}) is None


@pytest.mark.parametrize("value", [None, True, "much", float("nan"), float("inf")])
def test_what_is_no_number(value: object) -> None:
    assert number({"GAIN": value}, "GAIN") is None


def test_factors() -> None:
    frame = Frame(np.ones((2, 2), np.float32), header={"BUNIT": "adu", "EXPTIME": 10.0, "GAIN": 4.0})
    scale = scale_of([frame])
    assert scale.to_rate == pytest.approx(0.4)
    assert scale.to_counts == pytest.approx(4.0)
    rate = scale_of([frame], unit="adu/s")
    assert rate.to_rate == pytest.approx(4.0)
    assert rate.to_counts == pytest.approx(40.0)


@pytest.mark.parametrize("reads", [3, 9, 40])
def test_reading_of_a_line_through_reads(reads: int) -> None:
    """Against the covariance of a straight line that is fitted to the reads."""
    times = np.arange(reads, dtype=float)
    matrix = np.stack([np.ones(reads), times], axis=1)
    slope = np.linalg.inv(matrix.T @ matrix)[1, 1] * 5.0**2
    header = {"READNOIS": 5.0, "READMODE": "UTR", "NGROUPS": reads}
    assert read_variance(header) == pytest.approx(slope * times[-1] ** 2)


@pytest.mark.parametrize(
    ("cards", "variance"),
    [
        ({"READMODE": "CDS"}, 50.0),
        ({}, 50.0),
        ({"NFRAMES": 4}, 12.5),
        ({"READMODE": "MCDS-8"}, 6.25),
        ({"READPATT": "FOWLER16", "NGROUPS": 32}, 3.125),
    ],
)
def test_reading_of_the_difference_of_reads(cards: dict[str, object], variance: float) -> None:
    assert read_variance({"READNOIS": 5.0, **cards}) == pytest.approx(variance)
    assert read_variance({"READNOIS": 1.0, **cards}, 5.0) == pytest.approx(variance)
    assert read_variance(cards) is None
