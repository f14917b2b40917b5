"""A preview is the whole result's own part; the command line and the saved file say the same as the window."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from calgui.core.algorithms.inputkinds import InputKind
from calgui.core.errors import Cancelled, InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.headers import rule_header
from calgui.core.frames.statistics import Box
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job
from calgui.core.runs.command import command_line
from calgui.core.runs.preview import Examined, InputFacts, centred_box, cut_inputs, examine, fitting_side, preview
from calgui.core.runs.run import run_files
from calgui.core.runs.saving import FORM, problems, proposed, save_report

SIDE = 192


def dark(path: Path, seed: int, **header: object) -> Path:
    rng = np.random.default_rng(seed)
    data = rng.normal(3, 9, (SIDE, SIDE)).astype(np.float32)
    data[100, 90] += 3000
    cards = {
        "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "EXP_TYPE": "DARK", "BUNIT": "electron", "EXPTIME": 100.0,
        "READPATT": "FAST", "IMGDTEMP": 76.0, "SUBARRAY": "FULL", "DETXSIZE": SIDE, "DETYSIZE": SIDE,
        "DATE-OBS": "2026-03-11", "TIME-OBS": f"00:{seed:02d}:00",
    }  # fmt: skip
    return write_frame(Frame(data, np.full_like(data, 9), None, cards | header), path)


@pytest.fixture(scope="module")
def darks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("darks")
    return tuple(dark(folder / f"dark_{seed}.fits", seed) for seed in range(5))


@pytest.mark.parametrize("method", ["median", "mean", "clipped-mean"])
def test_preview_is_a_part_of_the_whole(darks: tuple[Path, ...], method: str) -> None:
    whole = run_files("master-dark", darks, {"method": method}).result.frame
    box = Box(40, 168, 30, 158)
    cut = cut_inputs(darks, (), box, Job())
    part = preview("master-dark", cut, {"method": method}, Job()).frame
    assert whole is not None
    assert part is not None
    np.testing.assert_array_equal(part.data, whole.data[box.slices])
    assert cut.text == "cut-out 128 × 128 from x 40, y 30"
    assert cut_inputs(darks, (), Box(0, SIDE, 0, SIDE), Job()).text == f"whole frame {SIDE} × {SIDE}"


def test_dark_is_cut_with_the_image(darks: tuple[Path, ...], tmp_path: Path) -> None:
    master = tmp_path / "master.fits"
    run_files("master-dark", darks, out=master)
    whole = run_files("subtract-dark", darks[:1], references={"DARK": master}).result.frame
    examined = examine("subtract-dark", darks[:1], {}, {"DARK": master}, None, None, Job())
    assert examined.problem is None
    box = centred_box((SIDE, SIDE), 64, 90, 100)
    part = preview("subtract-dark", cut_inputs(darks[:1], examined.references, box, Job()), {}, Job()).frame
    assert whole is not None
    assert part is not None
    np.testing.assert_allclose(part.data, whole.data[box.slices], rtol=1e-6)


def test_examining_says_what_headers_say(darks: tuple[Path, ...]) -> None:
    found = examine("master-dark", darks, {}, {}, None, None, Job())
    assert found.problem is None
    assert found.shape == (SIDE, SIDE)
    first = found.inputs[0]
    assert (first.detector, first.exposure, first.size) == ("IRIS1", "100 s", f"{SIDE} × {SIDE}")
    assert first.date == "2026-03-11 00:00:00"


@pytest.mark.parametrize(
    ("change", "word"),
    [({"DETECTOR": "IRIS2"}, "DETECTOR"), ({"EXPTIME": 20.0}, "EXPTIME"), ({"IMGDTEMP": 80.0}, "IMGDTEMP")],
)
def test_a_mixed_set_is_refused_by_name(
    darks: tuple[Path, ...], tmp_path: Path, change: dict[str, object], word: str
) -> None:
    odd = dark(tmp_path / "odd.fits", 9, **change)
    found = examine("master-dark", (*darks, odd), {}, {}, None, None, Job())
    assert found.problem is not None
    assert found.problem.path == odd
    assert word in found.problem.message
    assert found.problem.cure


def test_an_unreadable_input_is_told_beside_the_others(darks: tuple[Path, ...], tmp_path: Path) -> None:
    broken = tmp_path / "broken.fits"
    broken.write_bytes(b"SIMPLE  = nonsense")
    found = examine("master-dark", (*darks, broken), {}, {}, None, None, Job())
    assert [facts.error is None for facts in found.inputs] == [True] * 5 + [False]
    assert found.problem is found.inputs[-1].error


def test_too_few_and_a_missing_reference_are_told(darks: tuple[Path, ...]) -> None:
    few = examine("master-dark", darks[:2], {}, {}, None, None, Job())
    assert "3 or more" in str(few.problem)
    none = examine("subtract-dark", darks[:1], {}, {}, None, None, Job())
    assert "DARK" in str(none.problem)


def test_cutting_can_be_cancelled(darks: tuple[Path, ...]) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        cut_inputs(darks, (), Box(0, 9, 0, 9), job)


@given(
    st.integers(1, 500), st.integers(1, 500), st.integers(1, 600),
    st.none() | st.floats(-50, 600), st.none() | st.floats(-50, 600),
)  # fmt: skip
def test_the_part_lies_inside(high: int, wide: int, side: int, x: float | None, y: float | None) -> None:
    box = centred_box((high, wide), side, x, y)
    assert 0 <= box.x_start < box.x_stop <= wide
    assert 0 <= box.y_start < box.y_stop <= high
    assert box.x_stop - box.x_start == min(side, wide)
    assert box.y_stop - box.y_start == min(side, high)


def test_the_command_line_names_only_what_was_changed() -> None:
    line = command_line(
        "master-dark",
        [Path("a dark.fits"), Path("b.fits")],
        {"method": "mean", "low": 3.0, "gain": None, "iterations": 7},
        {},
        Path("/data/my cache"),
        "tmt_0003.pmap",
        Path("out.fits"),
    )
    assert shlex.split(line) == [
        "calgui", "run", "master-dark", "-p", "method=mean", "-p", "iterations=7", "--cache", "/data/my cache",
        "--context", "tmt_0003.pmap", "-o", "out.fits", "a dark.fits", "b.fits",
    ]  # fmt: skip


def test_the_command_line_runs_and_gives_the_same(darks: tuple[Path, ...], tmp_path: Path) -> None:
    from click.testing import CliRunner

    from calgui.cli.main import cli

    out = tmp_path / "cli.fits"
    options = {"method": "clipped-mean", "low": 2.0, "high": 2.0}
    words = shlex.split(command_line("master-dark", darks, options, {}, None, None, out))
    result = CliRunner().invoke(cli, words[1:])
    assert result.exit_code == 0, result.output
    report = run_files("master-dark", darks, options)
    assert report.result.frame is not None
    with fits.open(out) as file:
        np.testing.assert_array_equal(file["SCI"].data, report.result.frame.data)


def test_the_form_proposes_and_checks(darks: tuple[Path, ...]) -> None:
    report = run_files("master-dark", darks)
    cards = proposed(report)
    assert tuple(cards) == FORM
    assert cards["USEAFTER"] == "2026-03-11T00:00:00"
    assert problems(cards) == {}


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("USEAFTER", ""), ("USEAFTER", "yesterday"), ("USEAFTER", "2026-02-30T00:00:00"), ("USEAFTER", "2026-3-1"),
        ("PEDIGREE", "HEAVEN"), ("AUTHOR", " "), ("DESCRIP", "x" * 69), ("AUTHOR", "José"), ("HISTORY", "über"),
    ],
)  # fmt: skip
def test_what_crds_would_not_take_is_said(darks: tuple[Path, ...], keyword: str, text: str, tmp_path: Path) -> None:
    good = {
        "USEAFTER": "2026-03-11T00:00:00", "PEDIGREE": "INFLIGHT 2026-03-11 2026-03-12", "AUTHOR": "A. Person",
        "DESCRIP": "Master dark", "HISTORY": "one\ntwo",
    }  # fmt: skip
    assert problems(good) == {}
    assert list(problems(good | {keyword: text})) == [keyword]
    report = run_files("master-dark", darks)
    out = tmp_path / "out.fits"
    with pytest.raises(InputError, match=keyword):
        save_report(report, out, good | {keyword: text}, None, Job())
    assert not out.exists()


def test_saved_as_a_reference_with_its_provenance(darks: tuple[Path, ...], tmp_path: Path) -> None:
    report = run_files("master-dark", darks, {"method": "mean"})
    out = tmp_path / "reference.fits"
    cards = proposed(report) | {"AUTHOR": "A. Person", "HISTORY": "Made after the cool-down.\nSecond line."}
    assert save_report(report, out, cards, None, Job()) == out
    with fits.open(out) as file:
        header = file[0].header
        assert [hdu.name for hdu in file][:4] == ["PRIMARY", "SCI", "ERR", "DQ"]
        assert header["REFTYPE"] == "DARK"
        assert header["AUTHOR"] == "A. Person"
        assert header["USEAFTER"] == "2026-03-11T00:00:00"
        told = [str(line) for line in header["HISTORY"]]
        assert told[:2] == ["Made after the cool-down.", "Second line."]
        assert any("method = mean" in line for line in told)
        assert sum(line.startswith("input dark_") for line in told) == 5
        np.testing.assert_array_equal(file["SCI"].data, report.result.frame.data)  # type: ignore[union-attr]
    assert rule_header(out)["DETECTOR"] == "IRIS1"
    with pytest.raises(InputError, match="exists"):
        save_report(report, out, cards, None, Job())
    assert save_report(report, out, cards, None, Job(), overwrite=True) == out
    with pytest.raises(InputError, match="inputs"):
        save_report(report, darks[0], cards, None, Job(), overwrite=True)


def test_of_a_cube_as_few_spaxels_are_cut_out_as_can_be_had_at_once() -> None:
    def side(shape: tuple[int, ...], kind: InputKind, asked: int = 256) -> int:
        return fitting_side(asked, Examined((), shape=shape, kind=kind))

    assert side((400, 112, 128), "cube") ** 2 * 400 < 200_000
    assert 8 <= side((2000, 16, 128), "cube") <= 12
    assert side((20, 30, 30), "cube", 16) == 16
    assert side((1, 16, 512, 512), "ramp") == side((512, 512), "image") == 256


@pytest.mark.parametrize(("count", "least", "most"), [(1, 256, 256), (7, 120, 128), (100_000, 64, 64)])
def test_many_images_of_a_slow_algorithm_are_cut_smaller(count: int, least: int, most: int) -> None:
    facts = (InputFacts(Path("image.fits")),) * count
    assert least <= fitting_side(256, Examined(facts, shape=(4096, 4096), kind="image"), 115_000) <= most


def test_a_sky_of_one_spaxel_and_one_that_is_a_spectrum_are_read_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    spectrum = 100 + 2e4 * np.exp(-0.5 * ((np.arange(60) - 14.3) / 0.85) ** 2)
    axes = {"CTYPE3": "WAVE", "CUNIT3": "nm", "CRVAL3": 1600.0, "CRPIX3": 1.0, "CD3_3": 0.2, "BUNIT": "electron"}
    along = {key.replace("3", "1"): card for key, card in axes.items()}
    shape = (60, 12, 14)
    light = np.broadcast_to(spectrum[:, None, None], shape)
    error = np.sqrt(light).astype(np.float32)
    frame = Frame((light + error * rng.standard_normal(shape)).astype(np.float32), error, None, axes)
    science = write_frame(frame, tmp_path / "science.fits")
    line = spectrum.astype(np.float32)
    small = write_frame(Frame(line.reshape(60, 1, 1).copy(), None, None, axes), tmp_path / "small.fits")
    flat = write_frame(Frame(line.copy(), None, None, along), tmp_path / "flat.fits")
    box = centred_box(shape[1:], 8)
    for inputs, references in (((science, small), {}), ((science,), {"SKY": flat})):
        examined = examine("subtract-sky", inputs, {}, references, None, None, Job())
        assert examined.problem is None
        result = preview("subtract-sky", cut_inputs(inputs, examined.references, box, Job()), {}, Job())
        assert result.frame is not None
        assert result.frame.shape == (60, 8, 8)
        assert abs(result.frame.data.mean()) < 5
