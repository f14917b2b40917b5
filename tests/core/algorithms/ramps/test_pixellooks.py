"""What is drawn of a pixel: kinds of reads, lines that step at jumps, residuals about the chosen line."""

import numpy as np
import pytest

from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.pixel import METHODS, PixelFits, pixel_of
from calgui.core.algorithms.ramps.pixellooks import drawing_of, kinds_of, level_of
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

X, Y = 20, 10


@pytest.fixture
def fits() -> PixelFits:
    """Two integrations: in the second, a jump of 3000 e- before read 5, a flagged read 2, saturated from 8 on."""
    rng = np.random.default_rng(3)
    charge = np.cumsum(rng.poisson(200.0, (2, 10, 24, 40)), axis=1) + rng.normal(0, 9.0, (2, 10, 24, 40))
    dq = np.zeros(charge.shape, np.uint32)
    charge[1, 5:, Y, X] += 3000
    dq[1, 2, Y, X] = flags.DO_NOT_USE
    dq[1, 8:, Y, X] = flags.SATURATED
    header = {"TGROUP": 5.0, "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu", "INSTRUME": "IRIS"}
    frame = Frame((charge / 2 + 4000).astype(np.float32), None, dq, header)
    return pixel_of(frame, {}, FitRampConfig(ends=3), X, Y)


def test_every_read_says_what_became_of_it(fits: PixelFits) -> None:
    assert kinds_of(fits, 0, "optimal") == ("used",) * 10
    assert kinds_of(fits, 0, "cds") == ("used", *("unused",) * 8, "used")
    assert kinds_of(fits, 0, "mcds") == (*("used",) * 3, *("unused",) * 4, *("used",) * 3)
    jumped = ("used", "used", "flagged", "used", "used", "jump", "used", "used", "saturated", "saturated")
    assert kinds_of(fits, 1, "optimal") == jumped
    # a plain line takes the jump for light
    assert kinds_of(fits, 1, "utr") == (*jumped[:5], "used", *jumped[6:])


def test_reads_beyond_the_coefficients_are_told_apart_from_saturated_ones() -> None:
    charge = np.cumsum(np.full((1, 8, 4, 4), 1000.0), axis=1)
    header = {"TGROUP": 5.0, "GAIN": 1.0, "READNOIS": 9.0, "BUNIT": "electron", "INSTRUME": "IRIS"}
    known = {"LINFORM": "FACTOR", "LINUNIT": "electron", "LINMAX": 5500.0}
    reference = Frame(np.array([0, 1e-7, 0], np.float32)[:, None, None], header=known)
    found = pixel_of(Frame(charge.astype(np.float32), header=header), {"NONLINCOEFF": reference}, FitRampConfig(), 1, 1)
    assert kinds_of(found, 0, "utr")[-2:] == ("beyond", "beyond")
    assert "saturated" not in kinds_of(found, 0, "utr")


def test_the_optimal_line_steps_at_a_jump_by_its_size(fits: PixelFits) -> None:
    level, starts = level_of(fits, 1, "optimal")
    assert np.flatnonzero(starts).tolist() == [6]
    rate = fits.lines[1]["optimal"].rate
    steps = np.diff(level) - rate * np.diff(np.r_[0.0, fits.seconds])
    assert steps[5] == pytest.approx(3000, abs=60)
    np.testing.assert_allclose(np.delete(steps, 5), 0, atol=1e-6)
    for stretch in (slice(0, 5), slice(5, 8)):
        used = fits.lines[1]["optimal"].used[stretch]
        assert np.mean((fits.straight[1][stretch] - level[1:][stretch])[used]) == pytest.approx(0, abs=1e-6)
    assert not level_of(fits, 1, "utr")[1].any()


def test_what_is_drawn_is_of_the_chosen_integrations(fits: PixelFits) -> None:
    both, one = drawing_of(fits, (0, 1), "optimal"), drawing_of(fits, (1,), "optimal")
    assert both.counts["used"] == 16
    assert {kind: count for kind, count in one.counts.items() if count} == {
        "used": 6, "jump": 1, "saturated": 2, "flagged": 1,
    }  # fmt: skip
    assert both.unit == "e-"
    assert tuple(both.lines) == METHODS
    seconds, values = one.lines["optimal"]
    # interrupted at the jump and at the end
    assert np.flatnonzero(np.isnan(values)).tolist() == [6, 12]
    assert np.isnan(seconds[6])
    np.testing.assert_array_equal(one.points["saturated"][1], fits.straight[1][8:])
    # the reads as they were read begin where the corrected ones do
    assert one.raw[1][0] == pytest.approx(fits.straight[1][0])
    np.testing.assert_allclose(np.diff(one.raw[1]), 2 * np.diff(fits.raw[1]), rtol=1e-6)


def test_residuals_are_about_the_chosen_line_and_leave_out_what_it_cannot_use(fits: PixelFits) -> None:
    drawn = drawing_of(fits, (1,), "optimal", "residuals")
    own = drawn.lines["optimal"][1]
    np.testing.assert_allclose(own[np.isfinite(own)], 0, atol=1e-9)
    assert np.abs(drawn.points["used"][1]).max() < 100
    assert drawn.points["saturated"][0].size == 0
    assert drawn.counts["saturated"] == 2
    assert np.nanmax(np.abs(drawn.lines["utr"][1])) > 300


def test_reads_as_read_have_no_lines(fits: PixelFits) -> None:
    drawn = drawing_of(fits, (0,), "optimal", "raw")
    assert drawn.lines == {}
    assert drawn.unit == "adu"
    np.testing.assert_array_equal(drawn.points["used"][1], fits.raw[0])
