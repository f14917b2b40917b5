"""Solutions of made-up pinholes, held to a truth that is no polynomial of the fit."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.distortion.algorithm import refit
from calgui.core.algorithms.distortion.config import DistortionConfig
from calgui.core.algorithms.distortion.measuring import Measured, assemble, check_pictures
from calgui.core.algorithms.distortion.polynomials import n_terms
from calgui.core.algorithms.distortion.solving import Solved, solve
from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from tests.core.algorithms.distortion.madeup import ERROR, PITCH, Truth, brown, grids, off_truth, waves

#: some 1,050 pinholes
WIDE = 112.0


def measured(seed: int, **of: Any) -> tuple[Measured, Truth]:
    spots, truth = grids(seed, **of)
    size = truth.size
    picture = Frame(np.broadcast_to(np.float32(0), (size, size)), None, None, {"FILTER": "K"})
    names = [f"pinhole_{number}.fits" for number in range(len(spots))]
    return assemble(spots, DistortionConfig(), names, picture), truth


def solve_with(made: Measured, **options: Any) -> Solved:
    return solve(made, DistortionConfig(**options), Job("Solve"))


def result(made: Measured, **options: Any) -> Result:
    return refit(made, DistortionConfig(**options), Job("Solve"))


@pytest.fixture(scope="module")
def usual() -> tuple[Measured, Truth]:
    return measured(1)


@pytest.mark.parametrize(("mapping", "order"), [(brown, "5"), (waves, "6")])
@pytest.mark.parametrize("basis", ["legendre", "chebyshev"])
def test_the_field_is_known_to_the_astrometric_budget(mapping: Any, order: str, basis: Any) -> None:
    for seed in (1, 2):
        made, truth = measured(seed, mapping=mapping, pitch=WIDE)
        found = solve_with(made, order=order, basis=basis)
        count = int(found.fit.used.sum())
        assert 1000 < count < 1200
        off = off_truth(truth, found.solution.sip)
        assert off < 0.0025
        assert off < 1.3 * math.sqrt(n_terms(int(order)) / count) * ERROR
        # what the covariance says is what happened
        assert 0.5 < found.solution.error / off < 2


def test_spots_in_wrong_places_are_told_whatever_the_order(usual: tuple[Measured, Truth]) -> None:
    made, truth = usual
    wrong = truth.false[0]
    assert 0.03 < wrong.mean() < 0.07
    for order in ("2", "5", "9"):
        found = solve_with(made, order=order)
        assert not (found.fit.used & wrong).any()
        assert (found.rejected & ~wrong).sum() <= 3


def test_residuals_are_not_made_small_by_rejecting(usual: tuple[Measured, Truth]) -> None:
    made, _ = usual
    low, right = (solve_with(made, order=order) for order in ("3", "5"))
    assert low.fit.used.sum() == right.fit.used.sum()
    look = {one.order: one for one in right.orders}
    assert look[3].rms > 10 * look[5].rms
    assert look[5].rms == pytest.approx(ERROR, rel=0.04)


def test_linear_terms_stand_by_themselves(usual: tuple[Measured, Truth]) -> None:
    made, truth = usual
    linear = solve_with(made).solution.linear[0]
    # the truth's own derivative at the middle, through which a perfect mask was drawn
    middle, step = (truth.size - 1) / 2, 1e-3
    x, y = np.array([step, -step, 0, 0]) + middle, np.array([0, 0, step, -step]) + middle
    at = truth.ideal(x, y)
    du, dv = (at[0] - at[1]) / (2 * step), (at[2] - at[3]) / (2 * step)
    jacobian = np.array([[du.real, dv.real], [du.imag, dv.imag]])
    turn = math.radians(7.3)
    mask = PITCH * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    expected = np.linalg.inv(np.linalg.inv(jacobian) @ mask)
    np.testing.assert_allclose(linear.cd, expected, rtol=0, atol=3e-5 / PITCH)
    assert linear.rotation == pytest.approx(7.3, abs=0.01)
    assert linear.scale == pytest.approx(PITCH, rel=1e-3)


def test_a_mask_without_distortion_has_none() -> None:
    made, _ = measured(3, mapping=lambda u, v: (u, v), rotation=-20.0, pitch=WIDE)
    found = solve_with(made, order="auto")
    assert found.order == 1
    assert found.solution.shift == 0
    linear = found.solution.linear[0]
    assert linear.rotation == pytest.approx(-20, abs=1e-4)
    assert linear.scale == pytest.approx(WIDE, abs=1e-4)
    assert linear.shear < 1e-5
    said = result(made, order="1", mask_pitch_mas=448.0)
    assert said.metrics["plate_scale_mas"].value == pytest.approx(4.0, abs=1e-5)
    assert said.metrics["plate_scale_mas"].unit == "mas"


def test_cross_validation_finds_the_order(usual: tuple[Measured, Truth]) -> None:
    made, _ = usual
    found = solve_with(made, order="auto")
    assert found.order == found.best == 5
    look = {one.order: one for one in found.orders}
    assert set(look) == set(range(1, 10))
    # what is fitted follows the noise ever closer, what is left out does not
    assert look[9].rms < look[7].rms < look[5].rms
    assert look[9].cross_validated > look[5].cross_validated


def test_leaving_out_one_by_one_gives_the_same(usual: tuple[Measured, Truth]) -> None:
    """PRESS by leverages against solving anew without each of some pinholes."""
    spots, truth = grids(4, pitch=400.0, false=0.0)
    picture = Frame(np.broadcast_to(np.float32(0), (truth.size, truth.size)))
    made = assemble(spots, DistortionConfig(), ["a.fits"], picture)
    whole = solve_with(made, order="3")
    look = whole.look
    assert look is not None
    far = []
    seen = made.seen
    for at in np.flatnonzero(whole.fit.used):
        place = f"{seen.x[at]:.2f},{seen.y[at]:.2f}"
        without = solve_with(made, order="3", exclude=place)
        assert without.excluded.sum() == 1
        far.append(abs(without.solution.residual[at]) ** 2)
    # its own weights are those of the whole, which the scatter makes hardly differ
    assert look.cross_validated == pytest.approx(math.sqrt(np.mean(far) / 2), rel=0.02)


def test_a_pinhole_is_excluded_by_its_place(usual: tuple[Measured, Truth]) -> None:
    made, _ = usual
    at = int(np.flatnonzero(solve_with(made).fit.used)[100])
    x, y = made.seen.x[at], made.seen.y[at]
    found = result(made, exclude=f"{x + 3:.1f},{y - 2:.1f}")
    assert found.metrics["n_excluded"].value == 1
    assert found.marks is not None
    excluded = found.marks.states.index("excluded")
    (place,) = np.flatnonzero(found.marks.state == excluded)
    assert (found.marks.x[place], found.marks.y[place]) == (x, y)
    assert found.marks.toggles == "exclude"
    stray = result(made, exclude="-500,-500")
    assert stray.verdict == "doubtful"
    assert stray.reasons == ("There is no pinhole to exclude at -500.0, -500.0 of input 1.",)


def test_too_few_pinholes_for_the_order_say_how_many_are_needed() -> None:
    made, _ = measured(5, pitch=650.0, false=0.0, missing=0.0)
    count = made.seen.size
    assert 30 < count < 50
    with pytest.raises(
        InputError, match=rf"Order 7 has 36 terms for each axis and takes 72 .* there are {count}"
    ) as why:
        solve_with(made, order="7")
    assert "Choose order 4 or lower" in why.value.cure
    solve_with(made, order="3")
    few = result(made, order="4")
    assert few.verdict == "doubtful"
    assert any("terms of each axis" in reason for reason in few.reasons)


def test_verdicts_say_why(usual: tuple[Measured, Truth]) -> None:
    made, _ = usual
    good = result(made)
    assert (good.verdict, good.reasons) == ("good", ())
    low = result(made, order="4")
    assert low.verdict == "bad"
    text = " ".join(low.reasons)
    assert "Order 4 is too low" in text
    assert "Residuals of neighbours agree" in text


def test_a_corner_without_pinholes_is_told() -> None:
    spots, truth = grids(6, false=0.0)
    (one,) = spots
    gone = (one.x > 2800) & (one.y > 2800)
    names = ("x", "y", "x_error", "y_error", "flux", "flux_error", "fwhm", "chi2", "i", "j", "state")
    cut: Any = replace(one, **{name: getattr(one, name)[~gone] for name in names})
    picture = Frame(np.broadcast_to(np.float32(0), (truth.size, truth.size)))
    found = result(assemble([cut], DistortionConfig(), ["a.fits"], picture))
    assert found.verdict == "doubtful"
    assert any("extrapolated" in reason for reason in found.reasons)


def test_a_few_rows_of_pinholes_bear_a_low_order() -> None:
    spots, truth = grids(6, false=0.0)
    (one,) = spots
    names = ("x", "y", "x_error", "y_error", "flux", "flux_error", "fwhm", "chi2", "i", "j", "state")
    picture = Frame(np.broadcast_to(np.float32(0), (truth.size, truth.size)))

    def rows(half: float) -> Measured:
        keep = np.abs(one.y - truth.size / 2) < half
        cut: Any = replace(one, **{name: getattr(one, name)[keep] for name in names})
        return assemble([cut], DistortionConfig(), ["a.fits"], picture)

    ten, five = rows(400), rows(200)
    # what the rows do not tell is neither chosen nor made up
    found = solve_with(ten, order="auto")
    assert found.order == 5
    residual = found.solution.residual[found.fit.used]
    assert math.sqrt(np.mean(np.abs(residual) ** 2) / 2) == pytest.approx(ERROR, rel=0.1)
    assert solve_with(five, order="2").order == 2
    with pytest.raises(InputError, match="do not determine the solution"):
        solve_with(five, order="7")


def test_the_product_has_what_is_promised(usual: tuple[Measured, Truth]) -> None:
    made, _ = usual
    found = result(made)
    assert found.frame is None
    assert found.has_product
    hdus = {one.name: one for one in found.extensions}
    assert list(hdus) == ["DISTORTION", "PINHOLES", "FRAMES", "TERMS"]
    header = hdus["DISTORTION"].header
    assert hdus["DISTORTION"].data is None
    assert {"CRPIX1", "CD1_1", "A_ORDER", "AP_ORDER", "A_2_0", "BP_1_0"} <= set(header)
    table: Any = hdus["PINHOLES"].data
    count = made.spots[0].x.size + made.spots[0].missing_x.size
    assert {len(column) for column in table.values()} == {count}
    used = table["used"]
    assert used.sum() == found.metrics["n_pinholes"].value
    assert not (used & (table["excluded"] | table["missing"])).any()
    assert table["missing"].sum() == found.metrics["n_missing"].value
    rms = math.sqrt(np.mean(table["residual_x"][used] ** 2 + table["residual_y"][used] ** 2) / 2)
    assert rms == pytest.approx(found.metrics["rms_pixel"].value)
    curves = {curve.title for curve in found.curves}
    assert {"RMS by order", "Residuals against x", "Residuals against y", "Residuals against radius"} <= curves


def test_several_pictures_tell_the_errors_of_the_mask() -> None:
    moves = ((0.0, 0j), (90.0, 180 + 0j), (0.0, 150j), (37.0, 30 + 10j))
    made, truth = measured(7, mask_error=0.006, moves=moves)
    # which pinhole is which was found by their errors alone
    assert all(way.sigma > 6 for way in made.identity[1:])
    for way, (turned, _) in zip(made.identity, moves, strict=True):
        assert math.degrees(math.atan2(way.turn.imag, way.turn.real)) == pytest.approx(turned, abs=0.01)
    found, plain = solve_with(made), solve_with(made, mask_errors=False)
    assert found.fit.mask_scatter == pytest.approx(0.006, rel=0.05)
    assert found.fit.intrinsic < 0.002
    assert plain.fit.intrinsic == pytest.approx(0.006, rel=0.06)
    assert min(found.told_apart.values()) > 0.01
    assert off_truth(truth, found.solution.sip) < 0.8 * 0.0025
    # the errors themselves; the lattice of the first picture is that of the mask, turned and counted from its middle
    first = made.spots[0].lattice
    places = {
        tuple(place): error
        for place, error in zip(made.places.tolist(), found.fit.solved.mask_error[made.seen.pinhole], strict=True)
    }
    best, spread = 9.0, 0.0
    for shift_i in range(-3, 4):
        for shift_j in range(-3, 4):
            both = [(error, truth.mask_error[i + shift_i, j + shift_j]) for (i, j), error in places.items()
                    if (i + shift_i, j + shift_j) in truth.mask_error]  # fmt: skip
            mine, wanted = np.array(both).T
            wanted = wanted * np.exp(1j * math.radians(first.rotation))
            left = math.sqrt(np.mean(np.abs(mine - wanted) ** 2) / 2)
            if left < best:
                best, spread = left, math.sqrt(np.mean(np.abs(wanted) ** 2) / 2)
    assert spread == pytest.approx(0.006, rel=0.05)
    assert best == pytest.approx(float(np.nanmedian(found.solution.mask_error_error)), rel=0.15)


def test_what_steps_cannot_tell_apart_is_said() -> None:
    made, _ = measured(8, mask_error=0.006, moves=((0.0, 0j), (0.0, 310 + 20j)), pitch=WIDE)
    found = solve_with(made)
    assert found.told_apart[2] < 1e-3
    said = result(made)
    assert said.verdict == "good"
    assert "look alike in these pictures" in said.reasons[-1]
    assert "MASK" in {one.name for one in said.extensions}


def test_a_move_that_pinholes_do_not_tell_can_be_given() -> None:
    spots, truth = grids(9, moves=((0.0, 0j), (0.0, 3 * WIDE + 5 + 0j)), pitch=WIDE, rotation=0.0)
    picture = Frame(np.broadcast_to(np.float32(0), (truth.size, truth.size)))

    def ways(**options: Any) -> Any:
        return assemble(spots, DistortionConfig(**options), ["a.fits", "b.fits"], picture).identity[1]

    least, given = ways(), ways(mask_moves=f"2:{3 * WIDE + 4:.0f},0")
    assert math.isnan(least.sigma)
    assert int(least.shift[0] - given.shift[0]) == 3


def test_pictures_that_do_not_belong_together_are_refused() -> None:
    def picture(size: int = 64, **header: Any) -> Frame:
        data = np.zeros((size, size), np.float32)
        return Frame(data, None, None, {"DETECTOR": "IRIS1", "FILTER": "K", "SUBSTRT1": 1} | header)

    check_pictures([picture(), picture()])
    for other, word in (
        (picture(32), "32 × 32 pixels"),
        (picture(FILTER="H"), "FILTER, the filter, is H"),
        (picture(DETECTOR="IRIS2"), "DETECTOR"),
        (picture(SUBSTRT1=65), "SUBSTRT1"),
    ):
        with pytest.raises(InputError, match=word):
            check_pictures([picture(), other])
    with pytest.raises(UsageError, match="exclude"):
        check_pictures([picture()], DistortionConfig(exclude="here"))
