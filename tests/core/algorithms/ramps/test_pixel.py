"""One pixel has the same numbers as the picture, and its lines go through its reads."""

import numpy as np
import pytest

from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.ramps.pixel import METHODS, pixel_of
from calgui.core.errors import UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame


@pytest.fixture
def ramp(make_ramp) -> Frame:  # type: ignore[no-untyped-def]
    frame = make_ramp(60.0, 10, 48, nint=2, SUBARRAY="FULL", SUBSTRT1=1, SUBSTRT2=1, DETXSIZE=48, DETYSIZE=48)
    dq = np.zeros(frame.shape, np.uint32)
    dq[0, 6:, 20, 21] = flags.SATURATED
    dq[:, 4, 20, 22] = flags.JUMP_DET
    dq[:, :, 20, 23] = flags.DO_NOT_USE
    return Frame(frame.data, None, dq, frame.header)


REFERENCE = Frame(np.array([0, 1e-6, 0], np.float32)[:, None, None], header={"LINFORM": "FACTOR", "LINUNIT": "adu"})


@pytest.mark.parametrize("x", [20, 21, 22])
@pytest.mark.parametrize("method", METHODS)
def test_the_pixel_is_that_of_the_picture(ramp: Frame, x: int, method: str) -> None:
    config = FitRampConfig(method=method)  # type: ignore[arg-type]
    one = Frame(ramp.data[:1].copy(), None, ramp.dq[:1].copy(), ramp.header)  # type: ignore[index]
    whole = fit_ramp([one], {"NONLINCOEFF": REFERENCE}, config).frame
    found = pixel_of(one, {"NONLINCOEFF": REFERENCE}, config, x, 20)
    assert whole is not None
    assert whole.err is not None
    line = found.lines[0][method]
    assert line.rate == pytest.approx(float(whole.data[20, x]), rel=1e-5)
    # three rounds of the optimal fit bring its photon noise that close, wherever they begin
    assert line.error == pytest.approx(float(whole.err[20, x]), rel=1e-4)


def test_reads_as_they_are_and_straightened(ramp: Frame) -> None:
    found = pixel_of(ramp, {}, FitRampConfig(reference_pixels="off"), 30, 20)
    assert found.raw.shape == found.straight.shape == (2, 10)
    np.testing.assert_array_equal(found.raw, ramp.data[:, :, 20, 30])
    # one constant apart, the level at time zero
    np.testing.assert_allclose(np.ptp(found.raw * 2.0 - found.straight, axis=1), 0, atol=0.02)
    np.testing.assert_allclose(found.seconds, 5.0 * np.arange(1, 11))
    for lines, straight in zip(found.lines, found.straight, strict=True):
        for line in lines.values():
            assert abs(np.mean(straight[line.used] - line.at(found.seconds[line.used]))) < 1e-6
        assert lines["utr"].used.all()
        assert np.flatnonzero(lines["cds"].used).tolist() == [0, 9]
        assert np.flatnonzero(lines["mcds"].used).tolist() == [0, 1, 2, 3, 6, 7, 8, 9]


def test_flags_of_reads(ramp: Frame) -> None:
    full = pixel_of(ramp, {}, FitRampConfig(), 21, 20)
    assert full.usable[0].tolist() == [True] * 6 + [False] * 4
    assert full.usable[1].all()
    jump = pixel_of(ramp, {}, FitRampConfig(), 22, 20)
    assert np.flatnonzero(jump.jumps[0]).tolist() == [4]
    assert np.flatnonzero(jump.lines[0]["utr"].used).tolist() == [4, 5, 6, 7, 8, 9]
    lost = pixel_of(ramp, {}, FitRampConfig(), 23, 20)
    assert np.isnan(lost.lines[0]["utr"].rate)
    assert not lost.lines[0]["utr"].used.any()


def test_there_must_be_such_a_pixel(ramp: Frame) -> None:
    with pytest.raises(UsageError, match="no pixel 48, 0"):
        pixel_of(ramp, {}, FitRampConfig(), 48, 0)
