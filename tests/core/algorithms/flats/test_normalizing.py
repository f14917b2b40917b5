"""Flats of known pixels: response, illumination and ratios recovered, bad pixels flagged, bad input refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.flats.config import NormalizeConfig
from calgui.core.algorithms.flats.normalizing import check_flats, normalize_flat
from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.flats.light import (
    READ_NOISE,
    SECONDS,
    SIZE,
    active,
    exposure,
    night,
    response,
    vignetting,
)

LEVEL = 20_000.0
TRUE = vignetting() * response()
GOOD = active() & (TRUE > 0.1)
LOW_QE, UNRELIABLE = (flags.BY_NAME[name].value for name in ("LOW_QE", "UNRELIABLE_FLAT"))


def data(result: Result) -> "np.ndarray[Any, Any]":
    assert result.frame is not None
    return result.frame.data


def bits(result: Result) -> "np.ndarray[Any, Any]":
    assert result.frame is not None
    assert result.frame.dq is not None
    return result.frame.dq


def limit(count: int, off: int = 3, glow: float = 60.0) -> "np.ndarray[Any, Any]":
    """Photon and read noise of a mean of frames less a mean of lamp-off frames, as a part of the flat."""
    counts = LEVEL * TRUE
    variance = (counts + glow + 2 * READ_NOISE**2) / count + (glow + 2 * READ_NOISE**2) / off
    return np.asarray(np.sqrt(variance) / LEVEL / np.median(TRUE[GOOD]))


def assert_common_number(made: Result) -> None:
    """Divided by nothing else than its median, to the noise that a median has."""
    wrong = (data(made) - TRUE / np.median(TRUE[GOOD]))[GOOD]
    assert abs(np.mean(wrong)) < 3 * 1.2533 * np.std(TRUE[GOOD]) / np.sqrt(np.count_nonzero(GOOD))


@pytest.mark.parametrize(("method", "most"), [("mean", 1.03), ("clipped-mean", 1.1), ("median", 1.3)])
@pytest.mark.parametrize("count", [3, 5, 9])
def test_the_response_is_recovered_to_the_limit_of_photons_and_reads(method: Any, most: float, count: int) -> None:
    made = normalize_flat(night(LEVEL * TRUE, count), NormalizeConfig(method=method))
    wrong = (data(made) - TRUE / np.median(TRUE[GOOD]))[GOOD] / limit(count)[GOOD]
    assert 0.97 < np.std(wrong) < most
    assert_common_number(made)
    assert made.verdict == "good", made.reasons
    assert made.metrics["noise_over_limit"].value == pytest.approx(np.std(wrong), rel=0.03)


@pytest.mark.parametrize("error", ["measured", "expected"])
def test_the_error_is_the_scatter_about_the_truth(error: Any) -> None:
    made = normalize_flat(night(LEVEL * TRUE, 9), NormalizeConfig(method="mean", error=error))
    assert made.frame is not None
    assert made.frame.err is not None
    wrong = (data(made) - TRUE / np.median(TRUE[GOOD]))[GOOD]
    assert np.std(wrong) / np.mean(made.frame.err[GOOD]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("drift", [0.3, [1.0, 0.5, 0.8, 1.2, 0.9]])
def test_a_drifting_lamp_does_not_enter_and_is_told(drift: Any) -> None:
    made = normalize_flat(night(LEVEL * TRUE, 5, drift=drift), NormalizeConfig(method="mean"))
    wrong = (data(made) - TRUE / np.median(TRUE[GOOD]))[GOOD] / limit(5)[GOOD]
    assert np.std(wrong) < 1.25
    assert_common_number(made)
    levels = np.linspace(1, 1.3, 5) if isinstance(drift, float) else np.array(drift)
    assert made.metrics["lamp_drift_fraction"].value == pytest.approx(levels.max() / levels.min() - 1, rel=0.01)
    assert made.verdict == "doubtful"
    assert "lamp drifts" in made.reasons[0]


def test_the_glow_beside_the_lamp_is_taken_out() -> None:
    """A glow of another shape than the light: without lamp-off frames it stays in the flat, and is told."""
    rng = np.random.default_rng(2)
    glow = 4000 * np.linspace(0, 1, SIZE)[:, None] * np.ones((SIZE, SIZE))
    on = [exposure(LEVEL * TRUE + glow, number, rng) for number in range(5)]
    off = [exposure(glow, 30 + number, rng, **{"LAMP": "NONE"}) for number in range(5)]
    made = normalize_flat([*on, *off], NormalizeConfig(method="mean"))
    wrong = (data(made) - TRUE / np.median(TRUE[GOOD]))[GOOD]
    assert np.std(wrong) < 1.4 * limit(5)[GOOD].mean()
    assert made.verdict == "good"
    alone = normalize_flat(on, NormalizeConfig(method="mean"))
    assert np.std((data(alone) - TRUE / np.median(TRUE[GOOD]))[GOOD]) > 5 * np.std(wrong)
    assert alone.verdict == "doubtful"
    assert "thermal" in " ".join(alone.reasons)
    assert "Nothing was subtracted" in " ".join(alone.reasons)


def test_each_frame_may_take_its_nearest_lamp_off_frame() -> None:
    """A glow that grows during the night."""
    rng = np.random.default_rng(2)
    frames = []
    for number in range(6):
        glow = 3000.0 * (1 + number)
        frames.append(exposure(LEVEL * TRUE, 4 * number, rng, glow=glow))
        frames.append(exposure(LEVEL * TRUE, 4 * number + 1, rng, on=False, glow=glow))
    near = normalize_flat(frames, NormalizeConfig(method="mean", lamp_off="nearest"))
    wrong = (data(near) - TRUE / np.median(TRUE[GOOD]))[GOOD]
    assert np.std(wrong) < 0.012
    assert near.metrics["lamp_drift_fraction"].value < 0.01
    whole = normalize_flat(frames, NormalizeConfig(method="mean"))
    assert whole.metrics["lamp_drift_fraction"].value > 0.5


def test_the_flags_and_errors_of_the_nearest_lamp_off_frame_count() -> None:
    """A pixel that one lamp-off frame lost is made of the others; the error is that of both exposures."""
    rng = np.random.default_rng(7)
    frames = []
    for number in range(4):
        for on in (True, False):
            one = exposure(LEVEL * TRUE, 4 * number + (not on), rng, on=on)
            err = np.full(one.shape, 3.0 if on else 4.0, np.float32)
            values, dq = one.data.copy(), np.zeros(one.shape, np.uint32)
            if number == 1 and not on:
                values[60, 70], dq[60, 70] = 1e4, flags.DO_NOT_USE
            frames.append(Frame(values, err, dq, one.header, one.path))
    config = NormalizeConfig(method="mean", lamp_off="nearest", error="propagated")
    made = normalize_flat(frames, config)
    level = made.metrics["divisor"].value
    assert made.planes["NSAMP"][60, 70] == 3
    assert data(made)[60, 70] == pytest.approx(TRUE[60, 70] / np.median(TRUE[GOOD]), abs=0.05)
    assert made.frame is not None
    assert made.frame.err is not None
    # each of the four is 3 and 4 in quadrature
    assert np.median(made.frame.err[GOOD]) == pytest.approx(5 / np.sqrt(4) / level, rel=0.01)


def test_the_noise_of_its_own_lamp_off_frame_is_expected() -> None:
    """Bright glow, and for each frame one exposure without the lamp: both have its photons, and both are read."""
    glow, light, count = 30_000.0, 5_000.0, 6
    flat = np.where(active(), 1.0, 0.0)
    rng = np.random.default_rng(11)
    frames = [
        exposure(light * flat, 4 * number + (not on), rng, on=on, glow=glow)
        for number in range(count)
        for on in (True, False)
    ]
    made = normalize_flat(frames, NormalizeConfig(method="mean", lamp_off="nearest", error="expected"))
    assert made.frame is not None
    assert made.frame.err is not None
    expected = np.sqrt((light + 2 * glow + 4 * READ_NOISE**2) / count) / light
    assert np.median(made.frame.err[active()]) == pytest.approx(expected, rel=0.03)
    assert np.std(data(made)[active()]) == pytest.approx(expected, rel=0.05)


def test_a_dark_is_subtracted_where_there_is_no_lamp_off_frame() -> None:
    frames = night(LEVEL * TRUE, 5, off=0, WAVECEN=1.2, FILTER="J")
    rate = np.full((SIZE, SIZE), 60 / SECONDS, np.float32)
    dark = Frame(rate, None, None, {"REFTYPE": "DARK", "BUNIT": "electron/s", "DETECTOR": "IRIS1"}, Path("dark.fits"))
    made = normalize_flat(frames, NormalizeConfig(method="mean"), dark)
    assert made.verdict == "good", made.reasons
    assert made.keywords["UNLIT"][0] == "dark"
    expected = LEVEL / SECONDS * np.median(TRUE[GOOD])
    assert made.metrics["median_before"].value == pytest.approx(expected, rel=2e-4)
    counts = Frame(rate * 10, None, None, {**dark.header, "BUNIT": "electron", "EXPTIME": 10.0}, Path("dark.fits"))
    np.testing.assert_allclose(
        data(normalize_flat(frames, NormalizeConfig(method="mean"), counts)), data(made), rtol=1e-5
    )
    other = Frame(rate, None, None, {**counts.header, "EXPTIME": 20.0}, Path("dark.fits"))
    with pytest.raises(InputError, match="exposure time is 10 s, that of the dark"):
        normalize_flat(frames, NormalizeConfig(), other)


@pytest.mark.parametrize("normalization", ["median", "mode"])
def test_it_is_divided_by_its_median_or_mode(normalization: Any) -> None:
    """A lamp spot in a tenth of the field moves the median, and not the mode."""
    spot = np.ones((SIZE, SIZE))
    spot[20:140, 20:60] = 1.3
    light = spot * response()
    made = normalize_flat(night(LEVEL * light, 5), NormalizeConfig(normalization=normalization))
    good = active() & (light > 0.1)
    divided_by = np.median((light / data(made))[good])
    expected = np.median(light[good]) if normalization == "median" else 1.0
    assert divided_by == pytest.approx(expected, abs=5e-4)


def test_illumination_and_pixel_response_are_told_apart() -> None:
    frames = night(LEVEL * TRUE, 9)
    smooth = normalize_flat(frames, NormalizeConfig(normalization="smooth", method="mean"))
    shape = vignetting() / np.median(vignetting()[GOOD])
    assert np.std((data(smooth) / response().clip(0.01))[GOOD]) < 1.1 * limit(9)[GOOD].mean()
    np.testing.assert_allclose(smooth.planes["ILLUM"][GOOD], shape[GOOD], atol=2e-3)
    both = normalize_flat(frames, NormalizeConfig(split=True, method="mean"))
    np.testing.assert_allclose((both.planes["ILLUM"] * both.planes["PIXFLAT"])[GOOD], data(both)[GOOD], rtol=1e-5)
    np.testing.assert_allclose(both.planes["PIXFLAT"][GOOD], data(smooth)[GOOD], rtol=2e-3)
    assert set(normalize_flat(frames, NormalizeConfig()).planes) == {"NSAMP"}


@pytest.mark.parametrize("normalization", ["median", "mode", "smooth"])
def test_the_ratio_of_the_detectors_survives(normalization: Any) -> None:
    """Also where the lamp drifts, and an exposure of one of them is missing."""
    factors = {"IRIS1": 1.0, "IRIS2": 0.9, "IRIS3": 1.07, "IRIS4": 0.96}
    drift = [1.0, 1.3, 0.8]
    frames = []
    for seed, (name, factor) in enumerate(factors.items()):
        made = night(LEVEL * factor * TRUE, 3, drift=drift, seed=seed, DETECTOR=name)
        frames += [made[0], *made[2:]] if name == "IRIS3" else made
    levels, divisors = {}, set()
    for name in factors:
        made = normalize_flat(frames, NormalizeConfig(detector=name.lower(), normalization=normalization))
        assert made.frame is not None
        assert made.frame.header["DETECTOR"] == name
        levels[name] = np.median((data(made) / TRUE.clip(0.01) if normalization != "smooth" else data(made))[GOOD])
        divisors.add(made.metrics["divisor"].value)
        assert made.metrics["n_detectors"].value == 4
    assert len(divisors) == 1
    for name, factor in factors.items():
        assert levels[name] / levels["IRIS1"] == pytest.approx(factor, rel=1e-3)
    if normalization == "median":
        assert np.mean(list(levels.values())) == pytest.approx(1 / np.median(TRUE[GOOD]), rel=1e-3)


def test_detectors_that_share_no_exposure_are_told() -> None:
    frames = night(LEVEL * TRUE, 3) + [
        Frame(
            one.data, None, None, {**one.header, "DETECTOR": "IRIS2", "DATE-OBS": "2026-03-12"}, Path(f"b_{one.name}")
        )
        for one in night(LEVEL * TRUE, 3, seed=5)
    ]
    made = normalize_flat(frames, NormalizeConfig())
    assert made.verdict == "doubtful"
    assert "share no exposure" in " ".join(made.reasons)


def test_what_cannot_be_divided_by_is_flagged() -> None:
    light = LEVEL * TRUE.copy()
    light[30, 30], light[30, 40] = 0.3 * LEVEL, 0.02 * LEVEL
    frames = night(light, 5)
    spoilt = []
    for frame in frames[:5]:
        values, quality = frame.data.copy(), np.zeros(frame.shape, np.uint32)
        values[50, 50] = np.nan
        quality[60, 60] = flags.DO_NOT_USE
        spoilt.append(Frame(values, None, quality, frame.header, frame.path))
    made = normalize_flat([*spoilt, *frames[5:]], NormalizeConfig())
    none = flags.NO_FLAT_FIELD | flags.DO_NOT_USE
    for place in ((30, 40), (50, 50), (60, 60)):
        assert bits(made)[place] & none == none
    assert bits(made)[30, 30] & (LOW_QE | none) == LOW_QE
    dead = active() & (TRUE == 0)
    assert (bits(made)[dead] & none == none).all()
    flagged = active() & (bits(made) & flags.NO_FLAT_FIELD != 0)
    assert np.count_nonzero(flagged) == np.count_nonzero(dead) + 3 == made.metrics["n_no_flat"].value
    assert np.isnan(data(made)[50, 50])
    border = ~active()
    assert (bits(made)[border] == flags.REFERENCE_PIXEL | flags.NON_SCIENCE | flags.DO_NOT_USE).all()
    assert (data(made)[border] == 1).all()


def test_saturated_and_bent_pixels_are_flagged_and_the_level_judged() -> None:
    frames = night(60_000 * vignetting() * (1 + 0.8 * (response(seed=9) > 1.03)), 5, glow=0.0)
    made = normalize_flat(frames, NormalizeConfig())
    full = active() & (bits(made) & flags.SATURATED != 0)
    assert 10 < np.count_nonzero(full) == made.metrics["n_saturated"].value
    assert (bits(made)[full] & flags.DO_NOT_USE != 0).all()
    assert (bits(made)[active()] & flags.NONLINEAR != 0).mean() > 0.99
    assert made.verdict in {"doubtful", "bad"}
    assert "bends from 45000 e-" in " ".join(made.reasons)
    linear = [Frame(one.data, None, None, {**one.header, "S_LINEAR": "COMPLETE"}, one.path) for one in frames]
    corrected = normalize_flat(linear, NormalizeConfig())
    assert corrected.metrics["n_nonlinear"].value == 0
    assert "bends" not in " ".join(corrected.reasons)
    with pytest.raises(InputError, match=r"Too much light.*saturated"):
        normalize_flat(frames, NormalizeConfig(saturation=30_000))


def test_too_little_light_is_told() -> None:
    made = normalize_flat(night(1000 * TRUE, 5), NormalizeConfig())
    assert made.verdict == "doubtful"
    assert "Too little light" in made.reasons[0]


def test_cosmic_rays_are_left_out_by_the_median() -> None:
    frames = night(LEVEL * TRUE, 5)
    hit = frames[2].data.copy()
    hit[40:120, 80] += 800
    frames[2] = Frame(hit, None, None, frames[2].header, frames[2].path)
    for method in ("median", "clipped-mean"):
        made = normalize_flat(frames, NormalizeConfig(method=method))  # type: ignore[arg-type]
        column = (data(made) - TRUE / np.median(TRUE[GOOD]))[40:120, 80]
        assert np.abs(np.median(column)) < 0.5 * limit(5)[GOOD].mean()


def test_the_frame_that_differs_is_named() -> None:
    frames = night(LEVEL * TRUE, 5)
    leak = frames[3].data + 40 * np.linspace(0, 1, SIZE, dtype=np.float32)[:, None] ** 8
    frames[3] = Frame(leak, None, None, frames[3].header, frames[3].path)
    made = normalize_flat(frames, NormalizeConfig())
    assert made.verdict == "doubtful"
    assert "on_iris1_03.fits stands out" in " ".join(made.reasons)
    assert made.tables[0].flagged == (3,)


@pytest.mark.parametrize("count", [1, 2])
def test_of_one_or_two_frames_the_error_is_what_is_expected(count: int) -> None:
    made = normalize_flat(night(LEVEL * TRUE, count), NormalizeConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    ratio = made.frame.err[GOOD] / limit(count)[GOOD]
    assert np.median(ratio) == pytest.approx(1, abs=0.02)
    assert np.quantile(ratio, 0.01) > 0.9
    assert made.keywords["ERRKIND"][0] == "expected"
    assert "cosmic rays stay" in " ".join(made.reasons)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"LAMP": "Ar"}, "LAMP is AR; in .* it is WHITE"),
        ({"FILTER": "J"}, "FILTER, the filter, is J"),
        ({"PUPIL": "MASK"}, "PUPIL, the pupil element, is MASK"),
        ({"EXP_TYPE": "IRIS_DARK"}, "This is a dark, not a flat"),
        ({"FILTER": "OPAQUE"}, "This is a dark, not a flat"),
        ({"REFTYPE": "DARK"}, "REFTYPE is DARK: this is no flat"),
        ({"IMGDTEMP": 80.0}, "IMGDTEMP"),
        ({"SUBARRAY": "CUSTOM", "SUBSTRT1": 4000, "SUBSTRT2": 1}, "outside the detector"),
        ({"SUBSIZE1": 12}, "SUBSIZE1 is 12, but the picture has 160 columns"),
        ({"LAMP": "NONE"}, None),
    ],
)
def test_frames_that_do_not_belong_together_are_refused(header: dict[str, Any], said: str | None) -> None:
    frames = night(LEVEL * TRUE, 3, off=1)
    frames[1] = Frame(frames[1].data, None, None, {**frames[1].header, **header}, frames[1].path)
    if said is None:
        # a lamp-off frame with light in it
        with pytest.raises(InputError, match=r"no light.*times the noise of a pixel; light is above 5"):
            normalize_flat([frames[1], frames[0]], NormalizeConfig())
        return
    with pytest.raises(InputError, match=said):
        check_flats(frames)
    with pytest.raises(InputError, match=said):
        normalize_flat(frames, NormalizeConfig())


def test_lamp_off_frames_alone_are_refused() -> None:
    with pytest.raises(InputError, match="All frames are lamp-off"):
        check_flats(night(LEVEL * TRUE, 0))


def test_a_frame_without_light_is_named() -> None:
    frames = night(LEVEL * TRUE, 4)
    frames[1] = Frame(frames[-1].data, None, None, frames[1].header, frames[1].path)
    with pytest.raises(InputError, match=r"no light of the lamp in on_iris1_01\.fits"):
        normalize_flat(frames, NormalizeConfig())


def test_a_detector_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="IRIS9"):
        normalize_flat(night(LEVEL * TRUE, 3), NormalizeConfig(detector="IRIS9"))


def test_where_headers_say_little_options_say_it() -> None:
    """Counts of a camera with other keywords."""
    frames = []
    for one in night(LEVEL * TRUE, 4, off=0):
        frames.append(Frame(one.data * np.float32(SECONDS / 4), None, None, {"CURRINST": "NIRC2"}, one.path))
    with pytest.raises(InputError, match="LAMP"):
        check_flats(frames)
    config = NormalizeConfig(on="on_*.fits", unit="adu", gain=4.0, exposure_time=SECONDS, read_noise=READ_NOISE)
    made = normalize_flat(frames, config)
    assert made.metrics["frame_electrons_e"].value == pytest.approx(LEVEL * np.median(TRUE[GOOD]) + 60, rel=0.01)
    assert made.verdict == "doubtful"
    assert "no header says it: DETECTOR; FILTER; LAMP" in " ".join(made.reasons)


def test_copies_and_a_wrong_gain_are_known_by_their_noise() -> None:
    frames = night(LEVEL * TRUE, 3)
    copies = [Frame(frames[0].data, None, None, frame.header, frame.path) for frame in frames[:3]]
    made = normalize_flat([*copies, *frames[3:]], NormalizeConfig(method="mean"))
    assert made.verdict == "bad"
    assert "copies" in " ".join(made.reasons)
    constant = [Frame(np.full_like(frame.data, 2000), None, None, frame.header, frame.path) for frame in frames[:3]]
    dark = Frame(np.zeros_like(frames[0].data), None, None, frames[3].header, frames[3].path)
    assert normalize_flat([*constant, dark], NormalizeConfig()).verdict == "bad"
    doubled = [
        Frame(frame.data, None, None, {**frame.header, "BUNIT": "adu/s", "GAIN": 0.1}, frame.path) for frame in frames
    ]
    made = normalize_flat(doubled, NormalizeConfig(method="mean", read_noise=0.9))
    assert made.verdict == "doubtful"
    assert "gain" in made.reasons[0]


def test_the_inputs_are_not_changed() -> None:
    frames = night(LEVEL * TRUE, 3)
    before = [frame.data.copy() for frame in frames]
    normalize_flat(frames, NormalizeConfig())
    for frame, then in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame.data, then)
