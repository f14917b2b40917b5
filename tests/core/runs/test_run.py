"""Running on files: provenance, references, and that nothing is left behind where something fails."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import AlgorithmError, Cancelled, InputError, UsageError
from calgui.core.jobs import Job
from calgui.core.runs.product import summing
from calgui.core.runs.report import as_document
from calgui.core.runs.run import run_files


def write_dark(path: Path, seed: int, **cards: Any) -> Path:
    header = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "READPATT": "CDS", "IMGDTEMP": 76.0, "EXPTIME": 100.0}
    header |= {"DATE-OBS": "2026-03-11", "TIME-OBS": f"05:{seed:02d}:00.5", "EXP_TYPE": "IRIS_DARK"} | cards
    primary = fits.PrimaryHDU(header=fits.Header(header.items()))
    data = np.random.default_rng(seed).normal(2.5, 9, (64, 64)).astype(np.float32)
    sci = fits.ImageHDU(data, name="SCI")
    sci.header["BUNIT"] = "electron"
    fits.HDUList([primary, sci]).writeto(path)
    return path


@pytest.fixture
def darks(tmp_path: Path) -> list[Path]:
    return [write_dark(tmp_path / f"dark_{index}.fits", index) for index in (3, 1, 2)]


def test_a_master_dark_says_where_it_comes_from(darks: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "master.fits"
    before = [path.read_bytes() for path in darks]
    report = run_files("master-dark", darks, {"method": "mean"}, out=out, keywords={"AUTHOR": "A. Person"})
    assert report.outputs == (out,)
    assert [path.read_bytes() for path in darks] == before
    with fits.open(out) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SCI", "ERR", "DQ", "NSAMP"]
        header = hdus[0].header
        assert header["REFTYPE"] == "DARK"
        assert header["USEAFTER"] == "2026-03-11T05:01:00"
        assert header["AUTHOR"] == "A. Person"
        assert header["DESCRIP"] == "Master dark of 3 frames of 100 s"
        assert header["PEDIGREE"] == "GROUND"
        assert (header["INSTRUME"], header["DETECTOR"]) == ("IRIS", "IRIS1")
        assert hdus["SCI"].header["BUNIT"] == "electron/s"
        assert hdus["DQ"].data.dtype == np.uint32
        history = "\n".join(header["HISTORY"])
        for path in darks:
            assert path.name in history
            assert hashlib.sha1(path.read_bytes()).hexdigest() in history
        assert "option method = mean" in history
        stack = np.array([fits.getdata(path, "SCI") for path in darks], float)
        np.testing.assert_allclose(hdus["SCI"].data, stack.mean(axis=0) / 100, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("keyword", ["HISTORY", "history"])
def test_a_history_that_is_given_stands_before_that_of_the_run(darks: list[Path], tmp_path: Path, keyword: str) -> None:
    out = tmp_path / "master.fits"
    run_files("master-dark", darks, out=out, keywords={keyword: "Made after the cool-down."})
    history = [str(line) for line in fits.getheader(out)["HISTORY"]]
    assert history[0] == "Made after the cool-down."
    assert any("dark_1.fits" in line for line in history[1:])


def test_the_document_has_what_the_contract_promises(darks: list[Path]) -> None:
    document = as_document(run_files("master-dark", darks))
    assert {"algorithm", "options", "references", "metrics", "verdict", "reasons", "outputs"} <= set(document)
    assert {"median_rate_e_per_s", "noise_e_per_s", "hot_fraction", "n_frames"} <= set(document["metrics"])
    assert document["outputs"] == []
    assert document["verdict"] == "good"


def test_a_given_dark_is_subtracted_and_named(darks: list[Path], tmp_path: Path) -> None:
    master, out = tmp_path / "master.fits", tmp_path / "out.fits"
    run_files("master-dark", darks, out=master)
    report = run_files("subtract-dark", darks[:1], references={"DARK": master}, out=out)
    assert report.references[0].path == master
    with fits.open(out) as hdus:
        assert hdus[0].header["R_DARK"] == "master.fits"
        assert hdus[0].header["S_DARK"] == "COMPLETE"
        assert hdus[0].header.comments["EXPTIME"] == ""
        expected = fits.getdata(darks[0], "SCI") - 100 * fits.getdata(master, "SCI")
        np.testing.assert_allclose(hdus["SCI"].data, expected, rtol=1e-4, atol=1e-4)
        history = "\n".join(hdus[0].header["HISTORY"])
        assert hashlib.sha1(master.read_bytes()).hexdigest() in history


@pytest.mark.parametrize("out", ["dark_1.fits", "there.fits", "absent/out.fits"])
def test_an_output_that_must_not_be_written_is_refused_before_anything_is_computed(
    darks: list[Path], tmp_path: Path, out: str
) -> None:
    (tmp_path / "there.fits").write_bytes(b"old")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=out.split("/")[0]):
        run_files("master-dark", darks, out=tmp_path / out)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_input_is_not_overwritten_even_if_told(darks: list[Path]) -> None:
    with pytest.raises(InputError, match="one of the inputs"):
        run_files("master-dark", darks, out=darks[1], overwrite=True)


def test_nothing_is_left_where_it_fails(darks: list[Path], tmp_path: Path) -> None:
    names = sorted(path.name for path in tmp_path.iterdir())
    out = tmp_path / "out.fits"
    odd = write_dark(tmp_path / "odd.fits", 9, EXPTIME=50.0)
    with pytest.raises(InputError, match=r"odd\.fits.*EXPTIME"):
        run_files("master-dark", [*darks, odd], out=out)
    odd.unlink()
    with pytest.raises(UsageError, match="hot"):
        run_files("master-dark", darks, {"hot": 3}, out=out)
    with pytest.raises(UsageError, match="FLAT"):
        run_files("master-dark", darks, references={"FLAT": darks[0]}, out=out)
    with pytest.raises(UsageError, match="--reference DARK"):
        run_files("subtract-dark", darks[:1], out=out)
    job = Job("Run")
    job.cancel()
    with pytest.raises(Cancelled):
        run_files("master-dark", darks, out=out, job=job)
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_frames_without_a_usable_pixel_give_no_answer(tmp_path: Path) -> None:
    paths = []
    for index in range(3):
        path = tmp_path / f"nan_{index}.fits"
        cards = fits.Header([("BUNIT", "electron"), ("EXPTIME", 1.0)])
        fits.PrimaryHDU(np.full((16, 16), np.nan, np.float32), cards).writeto(path)
        paths.append(path)
    with pytest.raises(AlgorithmError, match="No pixel"):
        run_files("master-dark", paths)


def test_a_real_dark_of_another_instrument_is_asked_what_it_lacks(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "nirc2" / "drk_80_1_16_11apr.fits.gz"
    paths = [Path(shutil.copy(source, tmp_path / f"nirc2_{index}.fits.gz")) for index in range(3)]
    with pytest.raises(InputError, match=r"nirc2_0\.fits\.gz.*BUNIT"):
        run_files("master-dark", paths)
    with pytest.raises(InputError, match="EXPTIME"):
        run_files("master-dark", paths, {"unit": "adu"})
    options = {"unit": "adu", "exposure_time": "80"}
    report = run_files("master-dark", paths, options)
    level = np.median(fits.getdata(source)[4:-4, 4:-4]) * 4 / 80  # GAIN is 4 in its header
    assert report.metrics["median_rate_e_per_s"].value == pytest.approx(level, rel=1e-4)
    assert report.verdict != "good"
    assert any("DETECTOR" in reason for reason in report.reasons)


def test_sums_made_beside_the_work_are_those_of_the_files(tmp_path: Path) -> None:
    """Also of a file that was changed since it was summed."""
    path = tmp_path / "some.fits"
    for content in (b"one", b"another"):
        path.write_bytes(content)
        with summing([path]) as sums:
            made = sums.of([path], (), Job())
        assert made.inputs == {path: hashlib.sha1(content, usedforsecurity=False).hexdigest()}


@pytest.mark.parametrize("has_error", [True, False])
def test_a_product_without_errors_says_so(tmp_path: Path, has_error: bool) -> None:
    rng = np.random.default_rng(3)
    cards = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "BUNIT": "electron/s", "EXPTIME": 10.0, "FILTER": "H"}
    planes = {"image": rng.normal(50, 1, (32, 32)), "flat": rng.normal(1, 0.01, (32, 32))}
    for name, plane in planes.items():
        header = fits.Header((cards | ({"BUNIT": "", "REFTYPE": "FLAT"} if name == "flat" else {})).items())
        hdus = [fits.PrimaryHDU(header=header), fits.ImageHDU(plane.astype(np.float32), name="SCI")]
        if has_error or name == "flat":
            hdus.append(fits.ImageHDU(np.full((32, 32), 0.01, np.float32), name="ERR"))
        fits.HDUList(hdus).writeto(tmp_path / f"{name}.fits")
    report = run_files("flat-field", [tmp_path / "image.fits"], references={"FLAT": tmp_path / "flat.fits"})
    assert any("no errors" in reason for reason in as_document(report)["reasons"]) is not has_error
    assert report.verdict == report.result.verdict


def test_a_product_has_sci_err_and_dq_whatever_its_input_had(darks: list[Path], tmp_path: Path) -> None:
    """As the command line promises; what is not known is NaN, and is not taken for an error by the next step."""
    master, out = tmp_path / "master.fits", tmp_path / "less.fits"
    run_files("master-dark", darks, out=master)
    run_files("subtract-dark", [darks[0]], references={"DARK": master}, out=out)
    with fits.open(out) as hdus:
        assert {"SCI", "ERR", "DQ"} <= {hdu.name for hdu in hdus}
        assert np.isnan(hdus["ERR"].data).all()
    again = tmp_path / "flat.fits"
    fits.HDUList(
        [fits.PrimaryHDU(header=fits.Header({"REFTYPE": "FLAT"})), fits.ImageHDU(np.ones((64, 64)), name="SCI")]
    ).writeto(again)
    report = run_files("flat-field", [out], references={"FLAT": again})
    assert report.result.frame is not None
    assert report.result.frame.err is None
