"""What becomes of single pixels: saturated, flagged, NaN; the noise that is measured; and verdicts."""

from pathlib import Path

import numpy as np
import pytest

from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.errors import AlgorithmError, Cancelled
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job

STEP, GAIN, RATE = 5.0, 2.0, 100.0
#: the rounds of the optimal fit begin by blocks of pixels, and end that close together wherever they began
SAME = {"optimal": 2e-5, "utr": 3e-7}


def straight(reads: int = 8, size: int = 24, **header: object) -> Frame:
    """A ramp without noise: 100 e-/s."""
    cards = {"TGROUP": STEP, "GAIN": GAIN, "READNOIS": 9.0, "BUNIT": "adu", "SUBARRAY": "CUSTOM", "SUBSTRT1": 100}
    cards |= {"SUBSTRT2": 100, "DETXSIZE": 4096, "DETYSIZE": 4096}
    data = np.empty((1, reads, size, size), np.float32)
    data[...] = (5000 + RATE * STEP / GAIN * np.arange(1, reads + 1))[None, :, None, None]
    return Frame(data, header=cards | header)


def fit(frame: Frame, data: np.ndarray | None = None, dq: np.ndarray | None = None, **options: object):  # type: ignore[no-untyped-def, type-arg]
    options = {"method": "utr"} | options
    given = Frame(frame.data if data is None else data, None, dq, frame.header, frame.path)
    return fit_ramp([given], {}, FitRampConfig(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["optimal", "utr", "cds", "mcds"])
@pytest.mark.parametrize("reads", [2, 3, 5, 8])
def test_a_ramp_without_noise_gives_its_rate(method: str, reads: int) -> None:
    made = fit(straight(reads), method=method)
    np.testing.assert_allclose(made.frame.data, RATE, rtol=1e-5)
    assert made.frame.unit == "electron/s"
    assert (made.planes["NREADS"] == reads).all()
    assert (made.frame.dq == 0).all()


def test_electrons_need_no_gain() -> None:
    frame = straight(BUNIT="electron", GAIN=None)
    np.testing.assert_allclose(fit(frame).frame.data, RATE / GAIN, rtol=1e-5)


def test_the_header_is_that_of_a_picture() -> None:
    frame = straight(4, CTYPE1="RA---TAN", CRVAL1=10.0, CTYPE3="", CRPIX3=1.0, CD3_3=1.0, WCSAXES=4, FILTER="K")
    header = fit(frame).frame.header
    assert (header["CTYPE1"], header["CRVAL1"], header["WCSAXES"], header["FILTER"]) == ("RA---TAN", 10.0, 2, "K")
    assert not {"CTYPE3", "CRPIX3", "CD3_3"} & set(header)
    assert header["BUNIT"] == "electron/s"


def test_single_pixels() -> None:
    frame = straight(8)
    data, dq = frame.data.copy(), np.zeros(frame.shape, np.uint32)
    dq[0, :, 0, 0] = flags.SATURATED  # from the first read
    dq[0, 1:, 0, 1] = flags.SATURATED  # one read is left
    dq[0, 3, 0, 2] = flags.SATURATED  # what follows is not used though it has no flag
    data[0, 4:, 0, 2] = 9
    dq[0, :, 0, 3] = flags.DO_NOT_USE
    dq[0, 2, 0, 4] = flags.DO_NOT_USE
    data[0, 2, 0, 4] = -1e9
    data[0, :, 0, 5] = np.nan
    data[0, 6, 0, 6] = np.inf
    dq[0, 5, 0, 7] = flags.JUMP_DET  # five reads before, three after
    data[0, 5:, 0, 7] += 4000
    dq[0, :, 0, 8] = flags.HOT
    made = fit(frame, data, dq)
    rate, bits, used = made.frame.data[0], made.frame.dq[0], made.planes["NREADS"][0]
    lost = flags.DO_NOT_USE | flags.SATURATED
    assert np.isnan(rate[[0, 1, 3, 5]]).all()
    assert np.isnan(made.frame.err[0, [0, 1, 3, 5]]).all()
    np.testing.assert_allclose(rate[[2, 4, 6, 7, 8, 9]], RATE, rtol=1e-5)
    assert bits[:10].tolist() == [
        lost, lost, flags.SATURATED, flags.DO_NOT_USE, 0, flags.DO_NOT_USE, 0, flags.JUMP_DET, flags.HOT, 0,
    ]  # fmt: skip
    assert used[:10].tolist() == [0, 0, 3, 0, 7, 0, 7, 5, 8, 8]
    assert made.metrics["saturated_fraction"].value == pytest.approx(3 / 576)
    assert made.metrics["jump_fraction"].value == pytest.approx(1 / 576)
    assert made.metrics["unusable_fraction"].value == pytest.approx(4 / 576)


def test_single_pixels_with_optimal_weights() -> None:
    frame = straight(8)
    data, dq = frame.data.copy(), np.zeros(frame.shape, np.uint32)
    dq[0, :, 0, 0] = flags.SATURATED
    dq[0, 1:, 0, 1] = flags.SATURATED
    dq[0, 3, 0, 2] = flags.SATURATED
    data[0, 4:, 0, 2] = 9
    dq[0, :, 0, 3] = flags.DO_NOT_USE
    dq[0, 2, 0, 4] = flags.DO_NOT_USE
    data[0, 2, 0, 4] = -1e9
    data[0, :, 0, 5] = np.nan
    data[0, 6, 0, 6] = np.nan
    dq[0, 5, 0, 7] = flags.JUMP_DET
    data[0, 5:, 0, 7] += 40
    data[0, 4:, 0, 8] += 4000  # a jump without a flag
    made = fit(frame, data, dq, method="optimal")
    rate, bits = made.frame.data[0], made.frame.dq[0]
    lost = flags.DO_NOT_USE | flags.SATURATED
    assert np.isnan(rate[[0, 1, 3, 5]]).all()
    np.testing.assert_allclose(rate[[2, 4, 6, 7, 8, 9]], RATE, rtol=1e-5)
    assert bits[:10].tolist() == [
        lost, lost, flags.SATURATED, flags.DO_NOT_USE, 0, flags.DO_NOT_USE, 0, flags.JUMP_DET, flags.JUMP_DET, 0,
    ]  # fmt: skip
    assert (made.planes["NREADS"][0, [0, 1, 3, 5]] == 0).all()
    assert made.planes["NREADS"][0, 9] == 8


@pytest.mark.parametrize("method", ["optimal", "utr"])
def test_the_full_well_ends_a_ramp(method: str) -> None:
    frame = straight(8)
    data = frame.data.copy()
    bright = 5000 + np.minimum(20_000.0 * np.arange(1, 9), 55_000) / GAIN
    data[0, :, 3, 3] = bright
    made = fit(frame, data, saturation=50_000.0, method=method)
    assert made.frame.data[3, 3] == pytest.approx(20_000 / STEP, rel=1e-5)
    assert made.frame.dq[3, 3] == flags.SATURATED
    assert made.planes["NREADS"][3, 3] == 2
    assert made.frame.data[3, 4] == pytest.approx(RATE, rel=1e-5)
    assert int((made.frame.dq != 0).sum()) == 1


@pytest.mark.parametrize("method", ["optimal", "utr"])
def test_reference_pixels_tell_what_is_full_from_the_first_read_on(method: str) -> None:
    frame = straight(6, 24, SUBARRAY="FULL", SUBSTRT1=1, SUBSTRT2=1, DETXSIZE=24, DETYSIZE=24)
    data = frame.data.copy()
    light = np.zeros((24, 24), bool)
    light[4:-4, 4:-4] = True
    data[..., ~light] = 5000
    data[0, :, 10, 10] = 5000 + 100_000 / GAIN
    made = fit(frame, data, saturation=100_000.0, method=method)
    assert np.isnan(made.frame.data[10, 10])
    assert made.frame.dq[10, 10] == flags.DO_NOT_USE | flags.SATURATED
    assert made.frame.dq[0, 0] == flags.REFERENCE_PIXEL
    np.testing.assert_allclose(made.frame.data[4:9, 4:-4], RATE, rtol=1e-5)
    assert made.metrics["saturated_fraction"].value == pytest.approx(1 / 256)


def test_all_nan_and_all_saturated_have_no_answer() -> None:
    frame = straight(4)
    with pytest.raises(AlgorithmError, match="No pixel"):
        fit(frame, np.full(frame.shape, np.nan, np.float32))
    with pytest.raises(AlgorithmError, match="saturated from the start"):
        fit(frame, dq=np.full(frame.shape, flags.SATURATED, np.uint32))


@pytest.mark.parametrize("method", ["optimal", "utr"])
def test_inputs_are_not_changed_and_threads_change_nothing(  # type: ignore[no-untyped-def]
    make_ramp, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    frame = make_ramp(30.0, 8, 96)
    before = frame.data.copy()
    one = fit(frame, method=method)
    np.testing.assert_array_equal(frame.data, before)
    monkeypatch.setattr("calgui.core.algorithms.ramps.fitting._BANDS_IN_MEMORY", 96)
    monkeypatch.setattr("calgui.core.algorithms.ramps.fitting._AT_ONCE", 1)
    monkeypatch.setattr("calgui.core.algorithms.ramps.lines.workers", lambda: 1)
    other = fit(frame, method=method)
    np.testing.assert_allclose(one.frame.data, other.frame.data, rtol=SAME[method])
    np.testing.assert_allclose(one.frame.err, other.frame.err, rtol=10 * SAME[method])


def test_files_in_bands_give_the_same(make_ramp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    from calgui.core.frames.fits import open_frame

    frame = make_ramp(30.0, 8, 64)
    dq = np.zeros(frame.shape, np.uint32)
    dq[0, 5:, 40, 20] = flags.SATURATED
    given = Frame(frame.data, None, dq, frame.header)
    path = write_frame(given, tmp_path / "ramp.fits")
    expected = fit_ramp([given], {}, FitRampConfig())
    monkeypatch.setattr("calgui.core.algorithms.ramps.fitting._BAND_BYTES", 8 * 64 * 8 * 7)
    with open_frame(path) as source:
        made = fit_ramp([source], {}, FitRampConfig())
    assert made.frame is not None
    assert expected.frame is not None
    np.testing.assert_allclose(made.frame.data, expected.frame.data, rtol=SAME["optimal"])
    np.testing.assert_array_equal(made.frame.dq, expected.frame.dq)
    assert made.metrics["read_noise_e"].value == expected.metrics["read_noise_e"].value


def test_cancel_is_heard() -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        fit_ramp([straight()], {}, FitRampConfig(), job)


@pytest.mark.parametrize(("noise", "rate"), [(9.0, 0.02), (25.0, 5.0), (9.0, 60.0)])
def test_the_noise_of_a_read_is_measured(make_ramp, noise: float, rate: float) -> None:  # type: ignore[no-untyped-def]
    made = fit(make_ramp(rate, 10, 256, noise=noise))
    assert made.metrics["read_noise_e"].value == pytest.approx(noise, rel=0.02)
    assert made.verdict == ("doubtful" if noise > 13.5 else "good")
    if noise > 13.5:
        assert "times the read noise" in made.reasons[0]


def test_a_noiseless_ramp_has_no_noise_of_reads_to_measure() -> None:
    made = fit(straight(8, 64))
    assert made.metrics["read_noise_e"].value is None


def test_two_reads_measure_no_noise(make_ramp) -> None:  # type: ignore[no-untyped-def]
    made = fit(make_ramp(5.0, 2))
    assert made.metrics["read_noise_e"].value is None
    assert made.verdict == "good"


def test_verdicts(make_ramp) -> None:  # type: ignore[no-untyped-def]
    frame = make_ramp(5.0, 6)
    dq = np.zeros(frame.shape, np.uint32)
    dq[..., :5] = flags.SATURATED
    wide = dq.copy()
    wide[..., :40] = flags.SATURATED
    assert "saturate" in " ".join(fit(frame, dq=dq).reasons)
    assert fit(frame, dq=wide).verdict == "bad"
    jumps = np.zeros(frame.shape, np.uint32)
    jumps[:, 2, :, :30] = flags.JUMP_DET
    assert "jump" in fit(frame, dq=jumps).reasons[0]
    assert "given as 0" in fit(frame, read_noise=0.0).reasons[0]
    wrong = fit(Frame(frame.data, header=dict(frame.header) | {"NGROUPS": 9}))
    assert wrong.verdict == "doubtful"
    assert "NGROUPS" in wrong.reasons[0]
    assert "group_time" in " ".join(fit(frame, group_time=2.0).reasons)


def test_curves_are_there_and_hold_numbers(make_ramp) -> None:  # type: ignore[no-untyped-def]
    made = fit(make_ramp(20.0, 8))
    titles = [curve.title for curve in made.curves]
    assert titles == ["Distribution of the rates", "Reads about the line"]
    for curve in made.curves:
        for x, y in curve.lines.values():
            assert np.isfinite(np.asarray(y)).all()
            assert len(x) == len(y) + (curve.style == "histogram")


def test_what_was_done_before_is_not_said_to_be_undone(make_ramp) -> None:  # type: ignore[no-untyped-def]
    """A ramp that was straightened elsewhere; straightened once more it is doubted."""
    ramp = make_ramp(50.0)
    done = Frame(ramp.data, ramp.err, ramp.dq, {**ramp.header, "S_LINEAR": "COMPLETE"})
    assert fit_ramp([ramp], {}, FitRampConfig()).keywords["S_LINEAR"][0] == "SKIPPED"
    assert "S_LINEAR" not in fit_ramp([done], {}, FitRampConfig()).keywords
    terms = Frame(np.array([0, 1, 0], np.float32)[:, None, None], header={"LINFORM": "POLYNOMIAL", "LINUNIT": "adu"})
    twice = fit_ramp([done], {"NONLINCOEFF": terms}, FitRampConfig())
    assert twice.verdict == "doubtful"
    assert any("now twice" in reason for reason in twice.reasons)
