"""Lamp-off subtraction: which frame is which, what is refused, and numbers with a known truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.lampoff import is_thermal, lacks_lamp_off, lamp_state, sort_lamps
from calgui.core.algorithms.lampsubtraction import LampOffConfig, check_lamp_frames, subtract_lamp_off
from calgui.core.errors import AlgorithmError, InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

LAMP, GLOW, DARK, SECONDS, READ = 200.0, 40.0, 0.05, 10.0, 9.0
SIZE = 64


def frame(name: str, data: Any, err: Any = None, bits: Any = None, **header: Any) -> Frame:
    shape = (SIZE, SIZE)
    cards: dict[str, Any] = {
        "DETECTOR": "IRIS1",
        "FILTER": "K",
        "EXP_TYPE": "IRIS_FLAT",
        "BUNIT": "electron/s",
        "EXPTIME": SECONDS,
        "READNOIS": READ,
    }
    cards = {key: value for key, value in (cards | header).items() if value is not None}
    return Frame(
        np.array(np.broadcast_to(data, shape), np.float32),
        None if err is None else np.array(np.broadcast_to(err, shape), np.float32),
        None if bits is None else np.array(np.broadcast_to(bits, shape), np.uint32),
        cards,
        Path(f"{name}.fits"),
    )


def on(name: str = "on", data: Any = 10.0, **more: Any) -> Frame:
    return frame(name, data, **{"LAMP": "WHITE", **more})


def off(name: str = "off", data: Any = 4.0, **more: Any) -> Frame:
    return frame(name, data, **{"LAMP": "NONE", **more})


def exposures(count: int, rate: Any, make: Any, seed: int, seconds: float = SECONDS) -> list[Frame]:
    rng = np.random.default_rng(seed)
    shape = (SIZE, SIZE)
    made = []
    for number in range(count):
        electrons = rng.poisson(np.broadcast_to(rate, shape) * seconds)
        electrons = electrons + rng.normal(0, READ, shape) - rng.normal(0, READ, shape)
        made.append(make(f"{make.__name__}_{number}", electrons / seconds, EXPTIME=seconds))
    return made


@pytest.mark.parametrize(
    ("cards", "state"),
    [
        ({"LAMP": "WHITE"}, "on"),
        ({"LAMP": "Ar,Kr"}, "on"),
        ({"LAMP": True}, "on"),
        ({"LAMP": "NONE"}, "off"),
        ({"LAMP": " off "}, "off"),
        ({"LAMP": False}, "off"),
        ({"LAMP": None}, None),
        ({"LAMP": "WHITE", "EXP_TYPE": "IRIS_LAMP_OFF"}, "off"),
    ],
)
def test_the_header_says_whether_the_lamp_was_on(cards: dict[str, Any], state: str | None) -> None:
    assert lamp_state(frame("x", 1, **cards)) == state


@pytest.mark.parametrize(
    ("cards", "thermal"),
    [
        ({"FILTER": "K"}, True),
        ({"FILTER": "KN3"}, True),
        ({"FILTER": "J"}, False),
        ({"FILTER": "odd", "WAVECEN": 2.2}, True),
        ({"FILTER": "odd", "WAVEMIN": 1.5, "WAVEMAX": 1.8}, False),
        ({}, False),
    ],
)
def test_filters_from_two_microns_on_are_thermal(cards: dict[str, Any], thermal: bool) -> None:
    assert is_thermal(cards) is thermal


def test_a_lamp_in_k_without_lamp_off_is_told() -> None:
    assert "K is thermal" in lacks_lamp_off(sort_lamps([on()]))
    assert not lacks_lamp_off(sort_lamps([on(FILTER="J")]))
    assert not lacks_lamp_off(sort_lamps([on(), off()]))


def test_the_difference_its_error_and_its_flags() -> None:
    lit = on(data=10.0, err=3.0, bits=flags.JUMP_DET)
    unlit = off(data=4.0, err=4.0, bits=flags.HOT)
    made = subtract_lamp_off([unlit, lit], LampOffConfig())
    assert made.verdict == "good"
    assert made.frame is not None
    assert made.frame.err is not None
    assert made.frame.dq is not None
    np.testing.assert_allclose(made.frame.data, 6)
    np.testing.assert_allclose(made.frame.err, 5)
    assert (made.frame.dq[4:-4, 4:-4] == flags.JUMP_DET | flags.HOT).all()
    assert (made.frame.dq[:4] & flags.REFERENCE_PIXEL).all()
    assert made.keywords["S_LAMPOF"][0] == "COMPLETE"
    assert made.metrics["off_fraction"].value == pytest.approx(0.4)
    np.testing.assert_allclose(lit.data, 10)


def test_where_lamp_off_has_no_value_there_is_none() -> None:
    data = np.full((SIZE, SIZE), 4.0)
    data[20, 30] = np.nan
    bits = np.zeros((SIZE, SIZE))
    bits[21, 30] = flags.DO_NOT_USE
    made = subtract_lamp_off([on(), off(data=data, bits=bits)], LampOffConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    assert np.isnan(made.frame.data[[20, 21], [30, 30]]).all()
    assert (made.frame.dq[[20, 21], [30, 30]] & flags.DO_NOT_USE).all()
    assert np.isfinite(made.frame.data).sum() == SIZE**2 - 2


@pytest.mark.parametrize(("n_on", "n_off", "method"), [(1, 1, "median"), (5, 3, "median"), (4, 4, "mean")])
def test_the_model_of_noise_gives_the_scatter_that_is_there(n_on: int, n_off: int, method: str) -> None:
    """Pulls against the light that was put in, of frames that bring no error."""
    lamp = LAMP * (1 + 0.2 * np.linspace(-1, 1, SIZE))[:, None]
    lit = exposures(n_on, lamp + GLOW + DARK, on, 1)
    unlit = exposures(n_off, GLOW + DARK, off, 2)
    made = subtract_lamp_off([*lit, *unlit], LampOffConfig(method=method))  # type: ignore[arg-type]
    assert made.verdict == "good"
    assert made.frame is not None
    assert made.frame.err is not None
    pulls = ((made.frame.data - lamp) / made.frame.err)[4:-4, 4:-4]
    assert abs(pulls.mean()) < 4 / SIZE
    assert pulls.std() == pytest.approx(1, abs=0.04)


def test_measured_errors_agree_with_the_scatter() -> None:
    lit, unlit = exposures(9, LAMP + GLOW, on, 3), exposures(9, GLOW, off, 4)
    made = subtract_lamp_off([*lit, *unlit], LampOffConfig(method="mean", error="measured"))
    assert made.frame is not None
    assert made.frame.err is not None
    true = np.sqrt(((LAMP + 2 * GLOW) * SECONDS + 4 * READ**2) / 9) / SECONDS
    assert made.frame.err[4:-4, 4:-4].mean() == pytest.approx(true, rel=0.02)


def test_rates_of_other_times_are_subtracted_and_told() -> None:
    lit = exposures(3, LAMP + GLOW, on, 5)
    unlit = exposures(3, GLOW, off, 6, seconds=30.0)
    made = subtract_lamp_off([*lit, *unlit], LampOffConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    assert np.median(made.frame.data) == pytest.approx(LAMP, abs=0.5)
    pulls = ((made.frame.data - LAMP) / made.frame.err)[4:-4, 4:-4]
    assert pulls.std() == pytest.approx(1, abs=0.04)
    assert any("10 s" in reason and "30 s" in reason for reason in made.reasons)
    counts = [on(BUNIT="electron"), off(BUNIT="electron", EXPTIME=30.0)]
    with pytest.raises(InputError, match=r"EXPTIME.*30 s.*on\.fits.*10 s"):
        check_lamp_frames(counts, LampOffConfig())


def test_lines_of_an_arc_are_light_though_the_median_is_none() -> None:
    rng = np.random.default_rng(7)
    light = np.zeros((SIZE, SIZE))
    light[:, 10::16] = 500.0
    lit = on(data=light + GLOW * 0.99 + rng.normal(0, 1, light.shape), LAMP="Kr, Ar")
    unlit = off(data=GLOW + rng.normal(0, 1, light.shape))
    made = subtract_lamp_off([lit, unlit], LampOffConfig())
    assert made.verdict == "good"
    assert made.frame is not None
    assert made.frame.header["LAMP"] == "Kr, Ar"
    with pytest.raises(InputError, match=r"Lamp-off is brighter"):
        subtract_lamp_off([lit, unlit], LampOffConfig(on="off.fits", off="on.fits"))


def test_frames_that_are_mixed_up_are_refused() -> None:
    with pytest.raises(InputError, match=r"off\.fits: Lamp-off is brighter than lamp-on.*mixed up"):
        subtract_lamp_off([on(data=4.0), off(data=10.0)], LampOffConfig())


def test_a_lamp_that_gives_no_light_is_bad() -> None:
    made = subtract_lamp_off([*exposures(1, GLOW, on, 8), *exposures(1, GLOW, off, 9)], LampOffConfig())
    assert made.verdict == "bad"
    assert "no light of the lamp" in made.reasons[0]


def test_lamp_off_that_is_nearly_as_bright_is_doubtful() -> None:
    made = subtract_lamp_off([on(data=10.0), off(data=9.5)], LampOffConfig())
    assert made.verdict == "doubtful"
    assert "95%" in made.reasons[0]


def test_without_any_error_the_result_is_doubtful() -> None:
    made = subtract_lamp_off([on(READNOIS=None), off(READNOIS=None)], LampOffConfig())
    assert made.frame is not None
    assert made.frame.err is None
    assert made.verdict == "doubtful"
    assert "READNOIS" in made.reasons[0]


@pytest.mark.parametrize(
    ("frames", "match"),
    [
        ([on(), on("two")], r"no lamp-off frame: all 2 are lamp-on.*option off"),
        ([off(), off("two")], r"no lamp-on frame"),
        ([on(), off(), on("other", LAMP="Ar")], r"other\.fits: LAMP is AR; in on\.fits it is WHITE"),
        ([on(), off(FILTER="J")], r"off\.fits: FILTER.*J; in on\.fits it is K"),
        ([on(), off(DETECTOR="IRIS2")], r"DETECTOR"),
        ([on(), off(LAMP=None)], r"off\.fits: LAMP.*missing.*option on or off"),
        ([on(), off(EXP_TYPE="IRIS_DARK")], r"off\.fits: This is a dark"),
        ([on(), off(FILTER="OPAQUE")], r"off\.fits: This is a dark"),
        ([on(), off(BUNIT="electron")], r"BUNIT"),
        ([on(), off("on")], r"given twice"),
        ([on(IMGDTEMP=76.0), off(IMGDTEMP=77.0)], r"IMGDTEMP"),
    ],
)
def test_frames_that_do_not_belong_together_are_refused(frames: list[Frame], match: str) -> None:
    with pytest.raises(InputError, match=match):
        check_lamp_frames(frames, LampOffConfig())


def test_names_say_what_headers_do_not() -> None:
    silent = [on(LAMP=None), off(LAMP=None)]
    made = subtract_lamp_off(silent, LampOffConfig(on="on*", off="off*"))
    assert made.frame is not None
    np.testing.assert_allclose(made.frame.data, 6)
    with pytest.raises(UsageError, match="No input is named 'flat"):
        check_lamp_frames(silent, LampOffConfig(on="flat*"))
    with pytest.raises(InputError, match=r"both name this file"):
        check_lamp_frames(silent, LampOffConfig(on="on*", off="*"))


def test_frames_without_a_good_pixel_are_refused() -> None:
    with pytest.raises(AlgorithmError, match="No pixel"):
        subtract_lamp_off([on(), off(bits=flags.DO_NOT_USE)], LampOffConfig())


def test_the_measured_error_takes_three_frames() -> None:
    with pytest.raises(InputError, match=r"3 or more"):
        check_lamp_frames([on(), off()], LampOffConfig(error="measured"))
