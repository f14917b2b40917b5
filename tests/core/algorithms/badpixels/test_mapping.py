"""Bad pixels that were put into a structured detector, found again: recall and precision of every kind."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.badpixels.mapping import bad_pixel_map
from calgui.core.algorithms.registry import Result
from calgui.core.errors import AlgorithmError, Cancelled, InputError, UsageError
from calgui.core.frames import dq
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.simulate import DemoNight


@pytest.fixture(scope="session")
def made(chip: Any, make_darks: Any, make_flats: Any) -> Result:
    return bad_pixel_map([*make_darks(chip), *make_flats(chip)], MaskConfig())


def bits(result: Result) -> Any:
    assert result.frame is not None
    assert result.frame.dq is not None
    return result.frame.dq


def true_sigma(chip: Any, frames: int = 9, factor: float = 1.223) -> Any:
    """Noise of the median, from the truth: read noise and photons of the dark current around a pixel."""
    variance = chip.noise**2 + (chip.rate - chip.excess) * 100
    return factor * np.sqrt(variance) / np.sqrt(frames) / 100


def elsewhere(chip: Any, kinds: str) -> Any:
    """Pixels of other kinds than these, which may stand out in more than one way."""
    found = np.zeros(chip.rate.shape, bool)
    for kind in set(chip.places) - set(kinds.split()):
        found |= chip.which(kind)
    return found


def test_hot_pixels_are_found_beside_amplifiers_glow_and_gradients(chip: Any, made: Result, mark: Any) -> None:
    sigma = true_sigma(chip)
    found = mark(bits(made), "HOT|WARM")
    assert found[chip.excess > 10 * sigma].mean() > 0.99
    alone = found & ~elsewhere(chip, "hot warm")
    assert (chip.excess > 5 * sigma)[alone].mean() > 0.99
    hot = mark(bits(made), "HOT")
    assert hot[chip.excess > 12.5 * sigma].mean() > 0.99
    assert (chip.excess > 7 * sigma)[hot & alone].mean() > 0.99
    # between the two cuts, and flagged but usable
    warm = mark(bits(made), "WARM")
    assert warm[chip.which("warm")].mean() > 0.7
    assert not mark(bits(made)[warm & alone], "DO_NOT_USE").any()


def test_one_sigma_for_the_whole_detector_would_not_do(chip: Any, made: Result) -> None:
    """The classic mistake, on the same master: it takes structure for hot pixels, and misses real ones."""
    assert made.frame is not None
    master = made.frame.data[4:-4, 4:-4]
    level = np.median(master)
    sigma = 1.4826 * np.median(abs(master - level))
    naive = master > level + 10 * sigma
    truly = (chip.excess > 10 * true_sigma(chip))[4:-4, 4:-4]
    assert naive[truly].mean() < 0.8


def test_dead_weak_and_open_pixels_are_found_in_flats(chip: Any, made: Result, mark: Any) -> None:
    plane = bits(made)
    dead = mark(plane, "DEAD")
    assert dead[chip.which("dead")].all()
    assert dead[chip.which("frozen")].all()
    assert not (dead & ~chip.which("dead") & ~chip.which("frozen")).any()
    np.testing.assert_array_equal(mark(plane, "LOW_QE"), chip.which("low"))
    np.testing.assert_array_equal(mark(plane, "OPEN"), chip.which("open"))
    row, column = chip.places["open"][0]
    assert mark(plane[row, column - 1 : column + 2], "ADJ_OPEN").tolist() == [True, False, True]
    assert mark(plane, "ADJ_OPEN").sum() == 4 * len(chip.places["open"])


def test_two_state_and_noisy_pixels_are_told_apart(chip: Any, made: Result, mark: Any) -> None:
    plane = bits(made)
    two, noisy = mark(plane, "TELEGRAPH"), mark(plane, "UNRELIABLE_DARK")
    assert two[chip.which("telegraph")].mean() > 0.97
    assert (noisy | two)[chip.which("noisy")].mean() > 0.9
    assert noisy[chip.which("noisy")].mean() > 0.85
    # cosmic rays hit four of a thousand pixels in each of nine frames, some of them twice
    false = (two | noisy) & ~chip.which("telegraph") & ~chip.which("noisy")
    assert false.sum() <= 10


@pytest.mark.parametrize("frames", [5, 25])
def test_other_numbers_of_darks(chip: Any, make_darks: Any, make_flats: Any, mark: Any, frames: int) -> None:
    plane = bits(bad_pixel_map([*make_darks(chip, frames), *make_flats(chip, 1)], MaskConfig()))
    sigma = true_sigma(chip, frames, {5: 1.198, 25: 1.24}[frames])
    found = mark(plane, "HOT|WARM")
    assert found[chip.excess > 10 * sigma].mean() > 0.99
    assert (chip.excess > 5 * sigma)[found & ~elsewhere(chip, "hot warm")].mean() > 0.99
    assert mark(plane, "TELEGRAPH|UNRELIABLE_DARK")[chip.which("telegraph")].mean() > {5: 0.85, 25: 0.97}[frames]
    assert mark(plane, "DEAD")[chip.which("dead")].all()


def test_a_detector_without_bad_pixels_has_none(clean: Any, make_darks: Any, make_flats: Any) -> None:
    made = bad_pixel_map([*make_darks(clean), *make_flats(clean)], MaskConfig())
    border = (bits(made) & dq.REFERENCE_PIXEL) != 0
    assert border.sum() == 256**2 - 248**2
    # of 61504 pixels those that two cosmic rays hit with nearly the same charge
    assert np.count_nonzero(bits(made)[~border]) <= 8
    assert made.verdict == "good"
    assert made.reasons == ()


def test_an_amplifier_without_bad_pixels_keeps_its_edges(clean: Any, make_darks: Any) -> None:
    """Steps of twenty sigma between amplifiers are no hot pixels, on either side of the edge."""
    stepped = replace(clean, rate=clean.rate + np.where(np.arange(256) // 64 % 2, 1.2, 0.0))
    made = bad_pixel_map(make_darks(stepped), MaskConfig())
    assert made.metrics["n_hot"].value == 0
    assert made.metrics["n_warm"].value <= 2  # type: ignore[operator]


def test_a_bad_column_is_no_structure(clean: Any, make_darks: Any, mark: Any) -> None:
    bad = clean.rate.copy()
    bad[:, 100] += 3.0
    made = bad_pixel_map(make_darks(replace(clean, rate=bad)), MaskConfig())
    assert mark(bits(made)[4:-4, 100], "HOT").mean() > 0.99
    assert any("column 100" in reason for reason in made.reasons)


def test_metrics_product_and_evidence(chip: Any, made: Result) -> None:
    plane = bits(made)
    light = (plane & dq.REFERENCE_PIXEL) == 0
    assert made.metrics["n_hot"].value == np.count_nonzero(light & ((plane & dq.HOT) != 0))
    assert made.metrics["bad_fraction"].value == pytest.approx(((plane & dq.DO_NOT_USE) != 0)[light].mean())
    assert made.frame is not None
    assert made.frame.unit == "electron/s"
    assert "EXP_TYPE" not in made.frame.header
    np.testing.assert_allclose(np.median(made.planes["RESPONSE"][light]), 1, atol=0.01)
    assert made.planes["DQ_DEF"]["NAME"].tolist() == [
        flag.name.encode() for flag in dq.FLAGS if plane.any() and np.any(plane & flag.value)
    ]
    assert [curve.title for curve in made.curves][2] == "Response to light"
    assert made.tables[0].columns[0] == "Flag"


def test_without_flats_the_map_says_what_it_lacks(chip: Any, make_darks: Any, mark: Any) -> None:
    made = bad_pixel_map(make_darks(chip), MaskConfig())
    assert made.verdict == "doubtful"
    assert "No flat" in made.reasons[0]
    # what never changes is found all the same
    np.testing.assert_array_equal(mark(bits(made), "DEAD"), chip.which("frozen"))


def test_rates_give_the_same_map_as_counts(chip: Any, make_darks: Any, make_flats: Any, made: Result) -> None:
    def rate(frame: Frame) -> Frame:
        seconds = frame.header["EXPTIME"]
        return Frame(frame.data / np.float32(seconds), None, None, {**frame.header, "BUNIT": "electron/s"}, frame.path)

    again = bad_pixel_map([rate(frame) for frame in (*make_darks(chip), *make_flats(chip))], MaskConfig())
    differ = bits(again) != bits(made)
    # a stuck value is no rate, and so no unchanged one: it is known by its lack of noise
    assert np.count_nonzero(differ & ~chip.which("frozen")) <= 2


def test_counts_of_the_converter_with_coarse_steps(chip: Any, make_darks: Any, make_flats: Any, mark: Any) -> None:
    def digitised(frame: Frame) -> Frame:
        return Frame(np.round(frame.data / 5), None, None, {**frame.header, "BUNIT": "adu", "GAIN": 5.0}, frame.path)

    frames = [digitised(frame) for frame in (*make_darks(chip), *make_flats(chip))]
    plane = bits(bad_pixel_map(frames, MaskConfig()))
    assert mark(plane, "HOT|WARM")[chip.excess > 10 * true_sigma(chip)].mean() > 0.99
    # two steps to one sigma: samples that are alike by chance are not taken for frozen ones
    assert not mark(plane, "DEAD")[~chip.which("dead") & ~chip.which("frozen")].any()
    assert mark(plane, "DEAD")[chip.which("frozen")].all()


def test_saturated_pixels_are_hot_and_their_neighbours_can_be_flagged(clean: Any, make_darks: Any, mark: Any) -> None:
    frames = []
    for frame in make_darks(clean):
        plane, data = np.zeros(frame.shape, np.uint32), frame.data.copy()
        plane[100, 120], data[100, 120] = dq.SATURATED, np.nan
        frames.append(Frame(data, None, plane, frame.header, frame.path))
    alone = bits(bad_pixel_map(frames, MaskConfig()))
    assert dq.decode(alone[100, 120]) == ("DO_NOT_USE", "SATURATED", "HOT")
    assert not mark(alone, "OTHER_BAD_PIXEL").any()
    for which, number in (("4", 4), ("8", 8)):
        plane = bits(bad_pixel_map(frames, MaskConfig(hot_neighbours=which)))  # type: ignore[arg-type]
        assert mark(plane[99:102, 119:122], "OTHER_BAD_PIXEL").sum() == mark(plane, "OTHER_BAD_PIXEL").sum() == number


def test_which_kinds_must_not_be_used_is_an_option(chip: Any, make_darks: Any, mark: Any) -> None:
    plane = bits(bad_pixel_map(make_darks(chip), MaskConfig(do_not_use="DEAD")))
    inner = (plane & dq.REFERENCE_PIXEL) == 0
    np.testing.assert_array_equal(mark(plane, "DO_NOT_USE")[inner], mark(plane, "DEAD")[inner])


def test_a_subarray_has_no_border_of_its_own(chip: Any, make_darks: Any) -> None:
    where = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 513, "SUBSTRT2": 1025, "SUBSIZE1": 256, "SUBSIZE2": 256}
    made = bad_pixel_map([replace(f, header={**f.header, **where}) for f in make_darks(chip, 5)], MaskConfig())
    assert made.metrics["n_reference"].value == 0


# -- inputs that are not fit ----------------------------------------------------------------------------------------


def refused(frames: list[Frame], config: MaskConfig | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        bad_pixel_map(frames, config or MaskConfig())
    assert caught.value.cure
    return caught.value


def changed(frame: Frame, **header: Any) -> Frame:
    return replace(frame, header={key: value for key, value in {**frame.header, **header}.items() if value is not None})


def test_inputs_that_do_not_belong_together_are_named(clean: Any, make_darks: Any, make_flats: Any) -> None:
    darks, flats = make_darks(clean, 3), make_flats(clean, 1)
    assert "2 darks and 1 flats" in refused([*darks[:2], *flats]).message
    for wrong in (changed(flats[0], DETECTOR="IRIS2"), changed(flats[0], SUBARRAY="CUSTOM")):
        error = refused([*darks, wrong])
        assert error.path == Path("flat_0.fits")
        assert "dark_0.fits" in error.message
    assert refused([*darks[:2], changed(darks[2], DETECTOR="IRIS2")]).path == Path("dark_2.fits")
    small = Frame(flats[0].data[:100], None, None, flats[0].header, flats[0].path)
    assert "256 × 100" in refused([*darks, small]).message
    assert "EXP_TYPE is IRIS_ARC" in refused([*darks, changed(flats[0], EXP_TYPE="IRIS_ARC")]).message
    assert "EXP_TYPE does not say" in refused([*darks, changed(flats[0], EXP_TYPE=None)]).message
    assert "EXPTIME" in refused([*darks, changed(flats[0], EXPTIME=None)]).message
    ramp = Frame(np.zeros((2, 256, 256), np.float32), None, None, flats[0].header, flats[0].path)
    assert "3 axes" in refused([*darks, ramp]).message


def test_names_say_what_headers_do_not(clean: Any, make_darks: Any, make_flats: Any) -> None:
    frames = [changed(frame, EXP_TYPE=None) for frame in (*make_darks(clean, 3), *make_flats(clean, 1))]
    made = bad_pixel_map(frames, MaskConfig(darks="dark_*", flats="flat_0.fits"))
    assert made.metrics["n_flats"].value == 1
    assert "both name" in refused(frames, MaskConfig(darks="*", flats="flat_*")).message
    with pytest.raises(UsageError, match=r"lamp\.fits"):
        bad_pixel_map(frames, MaskConfig(darks="dark_*", flats="lamp.fits"))


def test_flats_that_are_darks_and_saturated_flats(clean: Any, make_darks: Any, make_flats: Any) -> None:
    darks = make_darks(clean, 3)
    unlit = make_flats(clean, 2, lamp=0.0)
    error = refused([*darks, *unlit])
    assert error.path == Path("flat_0.fits")
    assert "holds no light" in error.message
    lit = changed(make_flats(clean, 1)[0])
    lit = replace(lit, path=Path("lit.fits"))
    made = bad_pixel_map([*darks, unlit[0], lit], MaskConfig())
    assert made.metrics["n_flats"].value == 1
    assert any("flat_0.fits was left out" in reason for reason in made.reasons)
    full = Frame(lit.data, None, np.full(lit.shape, dq.SATURATED, np.uint32), lit.header, lit.path)
    assert "saturated" in refused([*darks, full]).message


def test_darks_with_light(clean: Any, make_darks: Any, make_flats: Any) -> None:
    leak = make_darks(clean, 5)
    leak[2] = Frame(leak[2].data + np.float32(30), None, None, leak[2].header, leak[2].path)
    made = bad_pixel_map([*leak, *make_flats(clean, 1)], MaskConfig())
    assert made.verdict == "doubtful"
    assert any("dark_2.fits stands out" in reason for reason in made.reasons)
    lit = [changed(frame, EXP_TYPE="IRIS_DARK", EXPTIME=10.0) for frame in make_flats(clean, 3)]
    assert any("light, a warm detector" in reason for reason in bad_pixel_map(lit, MaskConfig()).reasons)
    # flats among as much light in the "darks" have none of their own
    more = [replace(frame, path=Path(f"more_{number}.fits")) for number, frame in enumerate(make_flats(clean, 1))]
    assert "holds no light" in refused([*lit, *more]).message


def test_darks_without_a_pixel(clean: Any, make_darks: Any) -> None:
    darks = make_darks(clean, 4)
    empty = Frame(np.full(darks[0].shape, np.nan, np.float32), None, None, darks[0].header, Path("empty.fits"))
    assert refused([*darks, empty]).path == Path("empty.fits")
    with pytest.raises(AlgorithmError, match="NaN or flagged"):
        bad_pixel_map([replace(empty, path=Path(f"{n}.fits")) for n in range(3)], MaskConfig())


def test_copies_of_one_frame_are_no_darks(clean: Any, make_darks: Any) -> None:
    dark = make_darks(clean, 1)[0]
    made = bad_pixel_map([replace(dark, path=Path(f"{n}.fits")) for n in range(3)], MaskConfig())
    assert made.verdict == "bad"
    assert "copies of one another" in made.reasons[0]


def test_it_can_be_cancelled(clean: Any, make_darks: Any) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        bad_pixel_map(make_darks(clean, 3), MaskConfig(), job)


def test_inputs_stay_as_they_were(clean: Any, make_darks: Any, make_flats: Any) -> None:
    frames = [*make_darks(clean, 3), *make_flats(clean, 1)]
    before = [frame.data.copy() for frame in frames]
    bad_pixel_map(frames, MaskConfig())
    for frame, data in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame.data, data)


def test_the_demo_night(demo_night: DemoNight, mark: Any) -> None:
    names = [f"dark_{n:04d}" for n in range(1, 10)] + [f"flat_{n:04d}" for n in range(1, 6)]
    made = bad_pixel_map([read_frame(demo_night.raw / f"iris_20260311_{name}.fits") for name in names], MaskConfig())
    truth = json.loads(demo_night.truth.read_text())["detectors"]["IRIS1"]
    plane = bits(made)
    x, y, excess = (np.array(column) for column in zip(*truth["hot"], strict=True))
    true = np.zeros(plane.shape)
    true[y.astype(int), x.astype(int)] = excess
    sigma = 0.052
    found = mark(plane, "HOT|WARM")
    assert found[true > 10 * sigma].mean() > 0.99
    assert (true > 5 * sigma)[found].mean() > 0.99
    dead = np.zeros(plane.shape, bool)
    dead[tuple(np.array(truth["dead"]).T[::-1])] = True
    np.testing.assert_array_equal(mark(plane, "DEAD"), dead)
    assert made.metrics["n_telegraph"].value == made.metrics["n_low"].value == 0
    assert made.verdict == "good"


@pytest.mark.parametrize("high", [2, 4, 6, 9])
@pytest.mark.parametrize("unit", ["electron", "electron/s"])
def test_photon_noise_of_the_upper_level_is_no_noise(high: int, unit: str) -> None:
    """On 4,000 e- the photons of the upper level scatter five times as much as the reads: still two levels."""
    rng = np.random.default_rng(17)
    level = np.full((12, 96, 96), 2.5)
    places = [(y, x) for y in range(16, 90, 12) for x in range(16, 90, 12)]
    for y, x in places:
        level[rng.choice(12, high, replace=False), y, x] += 4000
    data = rng.poisson(level) + 9 * np.sqrt(2) * rng.standard_normal(level.shape)
    header = {"BUNIT": unit, "EXPTIME": 100.0, "EXP_TYPE": "IRIS_DARK"}
    per = 100 if unit.endswith("/s") else 1
    frames = [Frame((one / per).astype(np.float32), None, None, header) for one in data]
    bits = bad_pixel_map(frames, MaskConfig()).frame.dq  # type: ignore[union-attr]
    two = [bool(bits[place] & dq.BY_NAME["TELEGRAPH"].value) for place in places]  # type: ignore[index]
    assert sum(two) >= len(places) - 1
