"""A ramp from its file to a rate image: references by the rules, the form by the observatory, preview on a part."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames.frame import Frame
from calgui.core.frames.statistics import Box
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job
from calgui.core.runs.preview import cut_inputs, examine, preview
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight

SIDE, READS = 96, 6
HEADER = {
    "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "CUSTOM", "SUBSTRT1": 17, "SUBSTRT2": 33,
    "DETXSIZE": 256, "DETYSIZE": 256, "TGROUP": 5.0, "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu",
}  # fmt: skip


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(1)
    charge = np.cumsum(rng.poisson(200.0, (1, READS, SIDE, SIDE)), axis=1) + rng.normal(0, 9, (1, READS, SIDE, SIDE))
    frame = Frame((charge / 2 + 5000).astype(np.float32), header=HEADER)
    return write_frame(frame, tmp_path_factory.mktemp("ramp") / "ramp.fits")


def coefficients(path: Path, **header: object) -> Path:
    scale = np.random.default_rng(2).uniform(0.5, 1.5, (256, 256))
    planes = np.stack([0 * scale, 1e-6 * scale, 0 * scale]).astype(np.float32)
    cards = {"DETECTOR": "IRIS1", "SUBARRAY": "FULL", "LINUNIT": "adu"} | header
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(cards.items())), fits.ImageHDU(planes, name="COEFFS")]).writeto(
        path
    )
    return path


def test_the_preview_is_the_whole_result_s_own_part(ramp: Path, tmp_path: Path) -> None:
    reference = coefficients(tmp_path / "lin.fits")
    whole = run_files("fit-ramp", [ramp], references={"NONLINCOEFF": reference})
    straight = run_files("fit-ramp", [ramp], {"linearity": False})
    examined = examine("fit-ramp", [ramp], {}, {"NONLINCOEFF": reference}, None, None, Job())
    assert examined.problem is None
    assert examined.shape == (1, READS, SIDE, SIDE)
    assert examined.inputs[0].size == f"{SIDE} × {SIDE} × {READS} × 1"
    box = Box(20, 60, 10, 40)
    part = preview("fit-ramp", cut_inputs([ramp], examined.references, box, Job()), {}, Job()).frame
    assert whole.result.frame is not None
    assert straight.result.frame is not None
    assert part is not None
    np.testing.assert_allclose(part.data, whole.result.frame.data[box.slices], rtol=1e-6)
    assert not np.allclose(straight.result.frame.data, whole.result.frame.data, rtol=1e-5)


def test_the_observatory_knows_the_form(ramp: Path, tmp_path: Path) -> None:
    """The file does not say LINFORM; TELESCOP is TMT, whose coefficients are a factor."""
    silent = run_files("fit-ramp", [ramp], references={"NONLINCOEFF": coefficients(tmp_path / "lin.fits")})
    said = coefficients(tmp_path / "said.fits", LINFORM="FACTOR")
    spoken = run_files("fit-ramp", [ramp], references={"NONLINCOEFF": said})
    assert silent.result.frame is not None
    assert spoken.result.frame is not None
    np.testing.assert_array_equal(silent.result.frame.data, spoken.result.frame.data)


def test_the_demo_night_s_ramp(demo_night: DemoNight, tmp_path: Path) -> None:
    """The rules select the coefficients; the rates are the true dark current, within the errors."""
    path = next(demo_night.raw.glob("*_darkramp_0001.fits"))
    out = tmp_path / "rate.fits"
    report = run_files("fit-ramp", [path], cache=demo_night.cache, out=out)
    assert [item.type for item in report.references] == ["NONLINCOEFF"]
    assert report.metrics["read_noise_e"].value == pytest.approx(9.0, rel=0.05)
    assert report.metrics["median_rate_e_per_s"].value == pytest.approx(0.025, abs=0.02)
    with fits.open(out) as hdus:
        assert [hdu.name for hdu in hdus][:5] == ["PRIMARY", "SCI", "ERR", "DQ", "NREADS"]
        assert hdus[0].header["S_RAMP"] == "COMPLETE"
        assert hdus["SCI"].header["BUNIT"] == "electron/s"
        assert "R_NONLIN" in hdus[0].header
        assert hdus["SCI"].data.ndim == 2
