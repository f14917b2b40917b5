"""Pixels of a cut-out and of whole files are the same, and those of the fitted picture."""

from pathlib import Path

import numpy as np
import pytest

from calgui.core.errors import Cancelled, UsageError
from calgui.core.frames.frame import Frame
from calgui.core.frames.statistics import Box
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job
from calgui.core.runs.preview import cut_inputs
from calgui.core.runs.ramppixels import RampPixels
from calgui.core.runs.run import run_files

SIDE = 96


@pytest.fixture
def ramps(tmp_path: Path) -> list[Path]:
    made = []
    for number in range(2):
        rng = np.random.default_rng(number)
        noise = rng.normal(0, 9, (1, 6, SIDE, SIDE))
        charge = np.cumsum(rng.poisson(60.0, (1, 6, SIDE, SIDE)), axis=1) + noise
        drift = rng.normal(0, 30, (1, 6, 1, 1)) + rng.normal(0, 10, (1, 6, SIDE, 1))
        dark = np.ones((SIDE, SIDE), bool)
        dark[4:-4, 4:-4] = False
        charge[..., dark] = noise[..., dark]
        header = {
            "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "FULL", "SUBSTRT1": 1, "SUBSTRT2": 1,
            "DETXSIZE": SIDE, "DETYSIZE": SIDE, "TGROUP": 3.0, "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu",
        }  # fmt: skip
        frame = Frame(((charge + drift) / 2 + 5000).astype(np.float32), header=header)
        made.append(write_frame(frame, tmp_path / f"ramp_{number}.fits"))
    return made


@pytest.mark.parametrize("options", [{}, {"method": "utr", "reference_pixels": "rows"}, {"reference_pixels": "off"}])
def test_cut_out_file_and_picture_agree(ramps: list[Path], options: dict[str, str]) -> None:
    box = Box(24, 72, 30, 78)
    cut = RampPixels.of_cut(cut_inputs(ramps, (), box, Job("cut")))
    files = RampPixels.of_files(ramps, ())
    method = options.get("method", "optimal")
    try:
        for number, path in enumerate(ramps):
            picture = run_files("fit-ramp", [path], options).result.frame
            assert picture is not None
            for x, y in ((24, 30), (50, 61), (71, 77)):
                one, other = cut.at(options, number, x, y), files.at(options, number, x, y)
                assert (one.x, one.y) == (other.x, other.y) == (x, y)
                np.testing.assert_allclose(one.straight, other.straight, atol=1e-3)
                np.testing.assert_array_equal(one.raw, other.raw)
                assert one.lines[0][method].rate == pytest.approx(float(picture.data[y, x]), rel=1e-5)
                assert other.lines[0][method].rate == pytest.approx(float(picture.data[y, x]), rel=1e-5)
    finally:
        files.close()


def test_a_pixel_outside_of_the_cut_out_is_refused_with_a_cure(ramps: list[Path]) -> None:
    cut = RampPixels.of_cut(cut_inputs(ramps, (), Box(24, 72, 30, 78), Job("cut")))
    with pytest.raises(UsageError, match="x 72, y 40 is not in this cut-out"):
        cut.at({}, 0, 72, 40)


def test_closed_files_answer_no_more(ramps: list[Path]) -> None:
    files = RampPixels.of_files(ramps, ())
    files.at({}, 0, 5, 5)
    files.close()
    with pytest.raises(Cancelled):
        files.at({}, 0, 5, 5)
