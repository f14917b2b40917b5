"""``subtract-sky``: which way serves, what is refused, and what every product says of itself."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.skies.subtracting import SubtractSkyConfig, check_subtract, nearest, subtract_sky
from calgui.core.errors import AlgorithmError, InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

SIZE = 128
HEADER = {
    "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "FULL", "FILTER": "K", "PUPIL": "CLEAR",
    "EXP_TYPE": "IRIS_IMAGE", "BUNIT": "electron", "EXPTIME": 100.0, "DATE-OBS": "2026-03-11", "TIME-OBS": "10:00:00",
}  # fmt: skip


def frame(level: float = 500.0, seed: int = 1, name: str = "image.fits", noise: float = 25.0, **cards: Any) -> Frame:
    rng = np.random.default_rng(seed)
    data = rng.normal(level, noise, (SIZE, SIZE)).astype(np.float32)
    header = {key: value for key, value in (HEADER | cards).items() if value is not None}
    return Frame(data, np.full(data.shape, noise, np.float32), np.zeros(data.shape, np.uint32), header, Path(name))


def sky(level: float = 500.0, seed: int = 9, name: str = "sky.fits", **cards: Any) -> Frame:
    return frame(level, seed, name, **({"EXP_TYPE": "IRIS_SKY"} | cards))


def reference(level: float = 5.0, seed: int = 9, **cards: Any) -> Frame:
    cards = {"REFTYPE": "SKY", "EXP_TYPE": None, "BUNIT": "electron/s"} | cards
    return frame(level, seed, "tmt_iris_sky_0001.fits", noise=0.05, **cards)


def run(*frames: Frame, sky: Frame | None = None, **options: Any) -> Result:
    return subtract_sky(frames, sky, SubtractSkyConfig(**options))


def value(made: Result, name: str) -> Any:
    return made.metrics[name].value


def test_a_reference_in_another_unit_is_scaled_to_the_image() -> None:
    made = run(frame(560.0), sky=reference(5.0))
    assert made.frame is not None
    assert value(made, "scale") == pytest.approx(1.12, abs=0.002)
    assert value(made, "sky_level") == pytest.approx(560.0, abs=1.0)
    assert value(made, "residual_rms") == pytest.approx(np.hypot(25, 5 * 1.12), rel=0.03)
    assert abs(np.median(made.frame.data[4:-4, 4:-4])) < 0.02 * 25
    assert made.frame.header["BUNIT"] == "electron"
    assert made.keywords["S_BKDSUB"][0] == "COMPLETE"
    assert made.keywords["SKYSCALE"][0] == value(made, "scale")
    assert made.verdict == "good", made.reasons


def test_counts_of_two_times_are_scaled_unless_one_time_is_given_for_both() -> None:
    half = sky(280.0, EXPTIME=50.0)
    made = run(frame(560.0), half, scaling=False)
    assert value(made, "residual_level") == pytest.approx(0.0, abs=1.0)
    given = run(frame(560.0), half, scaling=False, exposure_time=100.0)
    assert value(given, "residual_level") == pytest.approx(280.0, abs=1.0)


def test_without_scaling_the_sky_is_subtracted_as_it_is() -> None:
    made = run(frame(560.0), sky=reference(5.0), scaling=False)
    assert value(made, "scale") == 1.0
    assert value(made, "residual_level") == pytest.approx(60.0, abs=1.0)
    constant = run(frame(560.0), sky=reference(5.0), scaling=False, offset=True)
    assert value(constant, "offset") == pytest.approx(60.0, abs=1.0)
    assert value(constant, "residual_level") == pytest.approx(0.0, abs=0.5)


def test_errors_add_in_quadrature_and_flags_by_or() -> None:
    one, other = frame(), reference()
    bits = np.zeros(one.shape, np.uint32)
    bits[40, 40] = flags.HOT
    made = run(dataclasses.replace(one, dq=bits), sky=dataclasses.replace(other, dq=bits[::-1] * 2))
    assert made.frame is not None
    assert made.frame.err is not None
    assert made.frame.dq is not None
    np.testing.assert_allclose(made.frame.err[10:-10, 10:-10], np.hypot(25, 5 * value(made, "scale")), rtol=1e-5)
    assert made.frame.dq[40, 40] == flags.HOT
    assert made.frame.dq[SIZE - 41, 40] == flags.WARM


def test_reference_pixels_are_left_as_they_are() -> None:
    one = frame()
    made = run(one, sky=reference())
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data[:4], one.data[:4])


def test_where_the_sky_is_not_known_it_is_that_around_and_flagged() -> None:
    unknown = reference()
    data = unknown.data.copy()
    data[60:64, 60:64] = np.nan
    estimated = flags.BY_NAME["FLUX_ESTIMATED"].value
    made = run(frame(), sky=dataclasses.replace(unknown, data=data))
    assert made.frame is not None
    assert made.frame.dq is not None
    assert (made.frame.dq[60:64, 60:64] == estimated).all()
    assert abs(made.frame.data[60:64, 60:64].mean()) < 4 * 25 / 4
    assert value(made, "n_holes") == 16
    empty = run(frame(), sky=dataclasses.replace(unknown, data=data), holes="nan")
    assert empty.frame is not None
    assert empty.frame.dq is not None
    assert np.isnan(empty.frame.data[60:64, 60:64]).all()
    assert (empty.frame.dq[60:64, 60:64] == flags.DO_NOT_USE).all()


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ({"FILTER": "H"}, r"FILTER, the filter, is K.*is H"),
        ({"DETECTOR": "IRIS2"}, r"DETECTOR is IRIS1.*IRIS2"),
        ({"PUPIL": "LYOT"}, r"PUPIL.*CLEAR.*LYOT"),
    ],
)
def test_a_sky_of_something_else_is_refused(cards: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as told:
        run(frame(), sky=reference(**cards))
    assert told.value.cure
    with pytest.raises(InputError, match=said):
        check_subtract([frame(), sky(**cards)])


def test_what_is_no_sky_is_refused() -> None:
    with pytest.raises(InputError, match="REFTYPE is DARK"):
        run(frame(), sky=reference(REFTYPE="DARK"))
    with pytest.raises(InputError, match="EXP_TYPE is IRIS_DARK"):
        check_subtract([frame(), frame(name="dark.fits", EXP_TYPE="IRIS_DARK")])
    with pytest.raises(InputError, match="dark"):
        check_subtract([frame(), frame(name="dark.fits", EXP_TYPE="IRIS_DARK")], SubtractSkyConfig(skies="dark*"))


def test_without_a_sky_the_cure_is_said() -> None:
    with pytest.raises(InputError, match="no sky") as told:
        run(frame())
    assert "--reference SKY=FILE" in told.value.cure
    with pytest.raises(InputError, match="nothing to subtract from"):
        run(sky())


def test_a_sky_that_is_too_old_is_doubted_or_refused() -> None:
    old = reference(**{"DATE-OBS": "2026-03-10", "TIME-OBS": "22:00:00"})
    made = run(frame(), sky=old)
    assert made.verdict == "doubtful"
    assert value(made, "age_h") == pytest.approx(12.0)
    assert any("12 h apart; the limit is 2 h" in reason for reason in made.reasons)
    with pytest.raises(InputError, match="12 h apart; the limit is 3 h"):
        run(frame(), sky=old, old="refused", max_age=3.0)
    assert run(frame(), sky=old, max_age=13.0).verdict == "good"
    several = [sky(500.0, seed, f"sky_{seed}.fits", **{"TIME-OBS": "22:00:00"}) for seed in (11, 12, 13)]
    told = " ".join(run(frame(), *several).reasons)
    assert told.startswith("The 3 skies and ")
    assert "h apart" in told


def test_a_sky_without_a_date_is_as_old_as_its_use() -> None:
    undated = reference(**{"DATE-OBS": None, "TIME-OBS": None, "USEAFTER": "2026-03-01T00:00:00"})
    assert value(run(frame(), sky=undated), "age_h") == pytest.approx(10 * 24 + 10, abs=0.1)
    nothing = reference(**{"DATE-OBS": None, "TIME-OBS": None})
    assert any("cannot be told" in reason for reason in run(frame(), sky=nothing).reasons)


def test_skies_among_the_inputs_are_told_by_exp_type_or_by_name() -> None:
    skies = [sky(500.0 * part, seed, f"sky_{seed}.fits") for seed, part in ((11, 1.0), (12, 1.1), (13, 0.9))]
    made = run(*skies, frame(550.0))
    assert value(made, "n_skies") == 3
    assert value(made, "scale") == pytest.approx(1.1, abs=0.01)
    named = [dataclasses.replace(one, header={**one.header, "EXP_TYPE": "IRIS_IMAGE"}) for one in skies]
    again = run(frame(550.0), *named, skies="sky_*.fits")
    assert value(again, "scale") == pytest.approx(value(made, "scale"))
    with pytest.raises(UsageError, match=r"No input is named 'night\*'"):
        run(frame(), *named, skies="night*")


def test_one_sky_is_told_to_be_one() -> None:
    made = run(frame(), sky())
    assert made.verdict == "doubtful"
    assert any("Of one sky" in reason for reason in made.reasons)


def test_the_product_is_the_frame_that_was_chosen_and_all_are_there_on_request() -> None:
    science = [frame(500.0 + 10 * n, n, f"image_{n}.fits") for n in (1, 2, 3)]
    made = run(*science, sky=reference(), method="scaled", frame="image_3.fits", output="all")
    assert made.frame is not None
    assert made.frame.path == Path("image_3.fits")
    assert value(made, "scale") == pytest.approx(530 / 500, abs=0.003)
    other = run(*science, sky=reference(), method="scaled", frame="1")
    assert other.frame is not None
    np.testing.assert_array_equal(made.planes["SCI_2"], other.frame.data)
    assert {"SCI_2", "ERR_2", "DQ_2", "SCI_3", "ERR_3", "DQ_3"} <= set(made.planes)
    with pytest.raises(UsageError, match="numbered '4'"):
        run(*science, sky=reference(), method="scaled", frame="4")


def test_what_was_done_before_or_to_one_alone_is_told() -> None:
    made = run(frame(S_BKDSUB="COMPLETE", S_DARK="COMPLETE"), sky=reference(S_DARK="SKIPPED"))
    assert made.verdict == "doubtful"
    assert any("a sky was subtracted" in reason for reason in made.reasons)
    assert any("S_DARK" in reason for reason in made.reasons)


def test_a_frame_or_a_sky_without_good_pixels_is_refused() -> None:
    lost = np.full((SIZE, SIZE), flags.DO_NOT_USE, np.uint32)
    with pytest.raises(AlgorithmError, match="all are masked"):
        run(frame(), sky=dataclasses.replace(reference(), data=np.full((SIZE, SIZE), np.nan, np.float32)))
    with pytest.raises(AlgorithmError, match="No pixel of this frame can be used"):
        run(dataclasses.replace(frame(), dq=lost), sky=reference())


def test_flagged_pixels_of_the_sky_do_not_tell_its_level() -> None:
    one = reference()
    data, bits = np.array(one.data), np.zeros(one.shape, np.uint32)
    data[:, : SIZE // 2 + 10] = 9.0
    bits[:, : SIZE // 2 + 10] = flags.DO_NOT_USE | flags.HOT
    made = run(frame(560.0), sky=dataclasses.replace(one, data=data, dq=bits))
    assert value(made, "scale") == pytest.approx(1.12, abs=0.003)
    assert made.frame is not None
    assert made.frame.dq is not None
    assert (made.frame.dq[20, 20] & flags.HOT) != 0
    assert (made.frame.dq[20, 20] & flags.DO_NOT_USE) != 0


def test_a_sky_whose_level_is_lost_gives_a_constant() -> None:
    made = run(frame(30.0), sky=reference(0.0))
    assert value(made, "scale") == 1.0
    assert value(made, "offset") == pytest.approx(30, abs=1)
    assert any("lost in its noise" in reason for reason in made.reasons)


def test_a_full_sky_is_cut_to_the_subarray() -> None:
    whole = reference()
    data = whole.data.copy()
    data[32:96, 16:80] *= 1.5
    whole = dataclasses.replace(whole, data=data, err=None, dq=None)
    cards = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 17, "SUBSTRT2": 33, "DETXSIZE": SIZE, "DETYSIZE": SIZE}
    part = frame(750.0, **cards)
    part = Frame(part.data[:64, :64].copy(), None, None, part.header, part.path)
    made = run(part, sky=whole)
    assert value(made, "scale") == pytest.approx(1.0, abs=0.003)
    outside = Frame(part.data, part.err, None, {**part.header, "SUBSTRT1": 100}, part.path)
    with pytest.raises(InputError, match="outside the detector"):
        run(outside, sky=whole)


def test_the_nearest_sky_in_time_serves_a_cube() -> None:
    skies = [sky(name=f"{hour}.fits", **{"TIME-OBS": f"{hour}:00:00"}) for hour in ("08", "11", "13")]
    assert nearest(frame(), skies) is skies[1]
    assert nearest(frame(**{"TIME-OBS": None, "DATE-OBS": None}), skies) is skies[0]


def cube(name: str, exp_type: str) -> Frame:
    """Forty planes of ten by ten spaxels, one line of OH in them."""
    wave = np.linspace(2.19e-6, 2.21e-6, 40)
    line = 300 * np.exp(-0.5 * ((wave - 2.1996e-6) / 1e-9) ** 2)
    rng = np.random.default_rng(len(name))
    data = (line[:, None, None] + rng.normal(100, 3, (40, 10, 10))).astype(np.float32)
    step = float(wave[1] - wave[0])
    axes = {"CTYPE3": "WAVE", "CUNIT3": "m", "CRVAL3": float(wave[0]), "CRPIX3": 1.0, "CDELT3": step, "CD3_3": step}
    header = HEADER | axes | {"DETECTOR": "IFS", "EXP_TYPE": exp_type, "GRATING": "K"}
    return Frame(data, np.full(data.shape, 3, np.float32), None, header, Path(name))


def test_a_cube_is_given_to_the_way_of_cubes() -> None:
    one, other = cube("science.fits", "IRIS_CUBE"), cube("sky.fits", "IRIS_SKY")
    for made in (run(one, other), run(one, sky=other)):
        assert made.frame is not None
        assert made.frame.shape == one.shape
        assert abs(np.median(made.frame.data)) < 1
    with pytest.raises(InputError, match="no sky"):
        run(one)
    with pytest.raises(InputError, match="one cube at a time"):
        run(one, cube("other.fits", "IRIS_CUBE"), other)


def test_a_sky_that_was_chosen_serves_a_set_and_one_of_the_rules_gives_way_to_it() -> None:
    science = [frame(500.0, n, f"image_{n}.fits", **{"TIME-OBS": f"10:0{n}:00"}) for n in (1, 2, 3)]
    assert value(run(*science, sky=reference()), "method") == "scaled"
    config = SubtractSkyConfig()
    made = subtract_sky(science, reference(), config, by_hand=False)
    assert value(made, "method") == "iterative"
    assert made.keywords["R_SKY"][0] == "N/A"
    assert subtract_sky(science[:1], reference(), config, by_hand=False).metrics["method"].value == "scaled"


def test_why_there_is_no_reference_is_said() -> None:
    with pytest.raises(InputError, match=r"no SKY reference\. The rules select one that is not there\."):
        subtract_sky([frame()], None, SubtractSkyConfig(), why="The rules select one that is not there.")
