"""Persistence against traps that are simulated one electron at a time, and what is refused."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.persistence.config import PersistenceConfig
from calgui.core.algorithms.persistence.estimate import check_night, find_persistence
from calgui.core.algorithms.registry import Result
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.persistence.night import FULL, READ, SIZE, Camera, Traps, star

PERSISTENCE = flags.BY_NAME["PERSISTENCE"].value
ONE = ((0.01,), (300.0,))
TWO = ((0.01, 0.01), (60.0, 1500.0))
MANY = ([0.002] * 24, list(np.geomspace(1, 1e5, 24)))  # in sum t^-1 between seconds and hours


def night(
    families: Any = ONE, darks: int = 4, seed: int = 1, scatter: float = 0.0, unit: str = "electron/s", **header: Any
) -> tuple[list[Frame], Camera]:
    """Two stars, one of which saturates, darks, and the dark that is judged."""
    camera = Camera(Traps(*families, np.random.default_rng(seed), scatter), 100 + seed, unit)
    frames = [camera.take(30.0, star(2e4, 40, 50) + star(3e3, 90, 80, 8) + 1.0, **header)]
    for _ in range(darks):
        camera.wait(10)
        frames.append(camera.take(100.0, **header))
    camera.wait(20)
    frames.append(camera.take(100.0, **header))
    return frames, camera


def value(made: Result, name: str) -> Any:
    return made.metrics[name].value


def pulls(made: Result, camera: Camera, seconds: float = 100.0) -> Any:
    """Against what the traps released in the judged frame; those electrons come by chance."""
    estimate, error = made.planes["PERSIST"], made.planes["PERSIST_ERR"]
    on = estimate > 0
    return (estimate - camera.left[-1])[on] / np.sqrt(error[on] ** 2 + estimate[on] / seconds)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("scatter", [0.0, 0.2])
def test_one_family_of_traps(seed: int, scatter: float) -> None:
    frames, camera = night(seed=seed, scatter=scatter)
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "good"
    assert value(made, "model") == "exponential"
    assert value(made, "tau_s") == pytest.approx(300, abs=20)
    assert abs(value(made, "tau_s") - 300) < 5 * value(made, "tau_error_s")
    assert value(made, "amplitude_fraction") == pytest.approx(0.01, rel=0.08)
    pull = pulls(made, camera)
    assert abs(pull.mean()) < 0.6
    assert pull.std() == pytest.approx(1, abs=0.2)
    assert made.frame is not None
    assert made.frame.dq is not None
    on = made.planes["PERSIST"] > 0
    np.testing.assert_array_equal((made.frame.dq & PERSISTENCE) != 0, on)
    true = np.mean(camera.left[-1][on])
    assert abs(made.planes["PERSIST"][on].mean() / true - 1) < 0.08
    assert true > 0.3
    # what is left after subtraction is the dark, to a tenth of what was there
    assert abs(made.frame.data[on].mean() - np.median(made.frame.data)) < 0.1 * true + 3 * 0.15 / np.sqrt(on.sum())


def test_two_families_of_traps() -> None:
    frames, camera = night(TWO, darks=7)
    made = find_persistence(frames, PersistenceConfig())
    assert value(made, "model") == "two-exponentials"
    assert value(made, "tau_s") == pytest.approx(1500, rel=0.5)
    assert abs(pulls(made, camera).mean()) < 0.6
    alone = find_persistence(frames, PersistenceConfig(model="exponential"))
    assert alone.verdict == "doubtful"
    assert any("chi²" in reason for reason in alone.reasons)


def test_a_spread_of_time_constants_is_a_power_law() -> None:
    """The sum of many families goes as 1/t, as measured in these detectors."""
    frames, camera = night(MANY, darks=5)
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "good"
    assert value(made, "model") == "power-law"
    assert value(made, "index") == pytest.approx(1, abs=0.03)
    # a family for each factor 1.65 in time: 0.002 / ln 1.65 of the electrons, over 1000 s
    assert value(made, "level_e_per_s") == pytest.approx(FULL * 0.002 / np.log(1e5 ** (1 / 23)) / 1000, rel=0.06)
    assert abs(pulls(made, camera).mean()) < 0.4
    assert pulls(made, camera).std() == pytest.approx(1, abs=0.2)


def test_two_frames_do_not_tell_one_law_from_another() -> None:
    """Both go through two points; where they part, that is told, and is in the error."""
    camera = Camera(Traps(*MANY, np.random.default_rng(2)), 9)
    frames = [camera.take(30.0, star(2e4, 40, 50) + star(3e3, 90, 80, 8) + 1.0)]
    frames += [camera.take(100.0), camera.take(100.0)]
    camera.wait(1500)
    frames.append(camera.take(100.0))
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "doubtful"
    assert any("Another law fits as well (rate" in reason for reason in made.reasons)
    told = find_persistence(frames, PersistenceConfig(model="power-law"))
    assert not any("Another law" in reason for reason in told.reasons)
    assert abs(pulls(told, camera).mean()) < 0.5


def test_stars_that_came_one_after_the_other_in_the_same_pixels_add_up() -> None:
    camera = Camera(Traps(*ONE, np.random.default_rng(4)), 5)
    frames = []
    for light in (star(3e3, 60, 60, 6), star(2e3, 63, 60, 6), star(2.5e3, 60, 66, 6)):
        frames.append(camera.take(30.0, light + 1.0))
        camera.wait(60)
    for _ in range(4):
        frames.append(camera.take(100.0))
        camera.wait(10)
    frames.append(camera.take(100.0))
    made = find_persistence(frames, PersistenceConfig())
    assert value(made, "n_bright_frames") == 3
    assert value(made, "tau_s") == pytest.approx(300, rel=0.1)
    assert abs(pulls(made, camera).mean()) < 0.5


def test_units_do_not_matter() -> None:
    rates, _ = night()
    counts, _ = night(unit="electron")
    by_rate, by_counts = (find_persistence(frames, PersistenceConfig()) for frames in (rates, counts))
    np.testing.assert_allclose(by_counts.planes["PERSIST"], 100 * by_rate.planes["PERSIST"], rtol=1e-3, atol=1e-3)
    assert by_counts.frame is not None
    assert by_counts.frame.unit == "electron"


def test_times_may_be_modified_julian_dates_and_frames_in_any_order() -> None:
    frames, _ = night()
    expected = find_persistence(frames, PersistenceConfig())
    turned = []
    for frame in reversed(frames):
        header = dict(frame.header)
        moment = dt.datetime.fromisoformat(f"{header.pop('DATE-OBS')}T{header.pop('TIME-OBS')}")
        header["MJD-OBS"] = (moment - dt.datetime(1858, 11, 17)) / dt.timedelta(days=1)
        turned.append(Frame(frame.data, frame.err, frame.dq, header, frame.path))
    made = find_persistence(turned, PersistenceConfig())
    assert value(made, "tau_s") == pytest.approx(value(expected, "tau_s"), rel=1e-3)
    np.testing.assert_allclose(made.planes["PERSIST"], expected.planes["PERSIST"], rtol=1e-3)


def test_a_frame_in_the_middle_may_be_judged_by_those_behind_it() -> None:
    frames, camera = night()
    made = find_persistence(frames, PersistenceConfig(judge="frame_3.fits"))
    assert made.frame is not None
    assert made.frame.path == Path("frame_3.fits")
    camera.left = camera.left[:3]
    assert value(made, "n_frames_fitted") == 4
    assert abs(pulls(made, camera).mean()) < 0.5


def test_no_bright_light_is_good_and_said() -> None:
    camera = Camera(Traps(*ONE, np.random.default_rng(1)))
    frames = [camera.take(30.0, star(900, 40, 50)), camera.take(100.0), camera.take(100.0)]
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "good"
    assert made.reasons == ("No pixel held 40000 electrons or was saturated in the 2 frames before: no persistence.",)
    assert value(made, "n_flagged") == 0
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data, frames[-1].data)
    assert made.keywords["S_PERSIS"][0] == "SKIPPED"


def test_bright_light_that_leaves_nothing_is_flagged_and_nothing_is_subtracted() -> None:
    frames, _ = night(((0.0,), (300.0,)))
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "good"
    assert "no afterglow is seen" in made.reasons[0]
    assert value(made, "n_flagged") == value(made, "n_bright") > 100
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data, frames[-1].data)


def test_one_frame_before_does_not_tell_the_decay() -> None:
    frames, camera = night(darks=0)
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "doubtful"
    assert "The decay cannot be fitted: no frame between" in made.reasons[0]
    assert "tau" in made.reasons[0]
    assert value(made, "n_flagged") > 100
    assert value(made, "tau_s") is None
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data, frames[-1].data)
    by_hand = find_persistence(frames, PersistenceConfig(tau=300.0, fraction=0.01))
    assert by_hand.verdict == "doubtful"
    assert "given by hand" in by_hand.reasons[0]
    pull = pulls(by_hand, camera)
    assert abs(pull).max() < 4
    on = by_hand.planes["PERSIST"] > 0
    assert np.median(by_hand.planes["PERSIST_ERR"][on] / by_hand.planes["PERSIST"][on]) == pytest.approx(0.3, rel=0.01)
    # mean over the exposure, from 20 to 120 s after, of 1 % of a full well
    expected = 0.01 * FULL * (np.exp(-20 / 300) - np.exp(-120 / 300)) / 100
    assert by_hand.planes["PERSIST"].max() == pytest.approx(expected, rel=1e-4)


def test_a_power_law_by_hand() -> None:
    frames, _ = night(darks=0)
    made = find_persistence(frames, PersistenceConfig(index=1.0, level=0.3))
    expected = 0.3 * 1000 * np.log(120 / 20) / 100
    assert made.planes["PERSIST"].max() == pytest.approx(expected, rel=1e-4)


def test_with_tau_given_one_frame_tells_the_amplitude() -> None:
    frames, camera = night(darks=1)
    assert find_persistence(frames, PersistenceConfig()).verdict == "doubtful"
    made = find_persistence(frames, PersistenceConfig(tau=300.0))
    assert made.verdict == "good"
    assert value(made, "amplitude_fraction") == pytest.approx(0.01, rel=0.1)
    assert abs(pulls(made, camera).mean()) < 0.6


@pytest.mark.parametrize("seconds", [0.2, 1.0, 10.0])
def test_a_star_that_is_still_there_is_no_afterglow(seconds: float) -> None:
    camera = Camera(Traps(*ONE, np.random.default_rng(1)))
    light = star(5e3, 60, 60, 6)
    frames = [camera.take(60.0, light + 1)]
    frames += [camera.take(seconds, light + 1) for _ in range(5)]
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict != "good"
    assert "nothing is subtracted" in made.reasons[0] or "cannot be fitted" in made.reasons[0]
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data, frames[-1].data)
    assert made.keywords["S_PERSIS"][0] == "SKIPPED"


def test_science_frames_with_stars_of_their_own_may_follow() -> None:
    camera = Camera(Traps(*ONE, np.random.default_rng(6)), 8)
    frames = [camera.take(30.0, star(2e4, 40, 50) + star(3e3, 90, 80, 8) + 1.0)]
    for turn in range(4):
        camera.wait(10)
        frames.append(camera.take(100.0, 2.0 + star(3.0, 44, 52, 1.5) + star(50.0, 20 + 9 * turn, 90, 2)))
    camera.wait(20)
    frames.append(camera.take(100.0, 2.0 + star(20.0, 40, 52, 1.5)))
    made = find_persistence(frames, PersistenceConfig())
    assert value(made, "tau_s") == pytest.approx(300, rel=0.15)
    assert np.median(pulls(made, camera)) == pytest.approx(0, abs=0.5)


def test_a_hot_pixel_does_not_spoil_the_estimate_of_itself() -> None:
    camera = Camera(Traps(*ONE, np.random.default_rng(9)), 3)
    camera.hot[50, 41] = 20.0
    frames = [camera.take(30.0, star(2e4, 40, 50) + 1.0)]
    for _ in range(5):
        camera.wait(10)
        frames.append(camera.take(100.0))
    plain = find_persistence(frames, PersistenceConfig())
    near = plain.planes["PERSIST"][50, 40]
    assert plain.planes["PERSIST"][50, 41] == pytest.approx(near, rel=0.5)
    assert any("differ from the others" in reason for reason in plain.reasons)
    dark = Frame(camera.hot.astype(np.float32), None, None, {"BUNIT": "electron/s", "REFTYPE": "DARK"}, Path("d.fits"))
    with_dark = find_persistence(frames, PersistenceConfig(), dark)
    assert with_dark.planes["PERSIST"][50, 41] == pytest.approx(near, rel=0.3)
    assert not with_dark.reasons


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ({"REFTYPE": "FLAT"}, "no dark"),
        ({"DETECTOR": "IRIS4"}, "DETECTOR"),
        ({"SUBSTRT1": 900, "SUBSTRT2": 900}, "from column 900"),
        ({"BUNIT": ""}, "unit"),
    ],
)
def test_what_is_no_dark_of_the_frames_is_refused(cards: dict[str, Any], said: str) -> None:
    frames, camera = night()
    header = {"BUNIT": "electron/s", "REFTYPE": "DARK", **cards}
    dark = Frame(camera.hot.astype(np.float32), None, None, header, Path("d.fits"))
    with pytest.raises(InputError, match=said):
        find_persistence(frames, PersistenceConfig(), dark)


def test_flags_may_be_all_that_is_wanted() -> None:
    frames, _ = night()
    made = find_persistence(frames, PersistenceConfig(subtract=False, do_not_use=True, flag_above=0.4))
    assert made.frame is not None
    assert made.frame.dq is not None
    np.testing.assert_array_equal(made.frame.data, frames[-1].data)
    on = made.planes["PERSIST"] >= 0.4
    np.testing.assert_array_equal((made.frame.dq & PERSISTENCE) != 0, on)
    np.testing.assert_array_equal((made.frame.dq & flags.DO_NOT_USE) != 0, on)
    assert 0 < on.sum() < value(made, "n_bright")


def test_light_that_is_older_than_the_window_is_not_looked_at() -> None:
    frames, _ = night()
    made = find_persistence(frames, PersistenceConfig(window=0.1))
    assert value(made, "n_bright") == 0


def test_the_error_of_the_estimate_is_added() -> None:
    frames, _ = night()
    made = find_persistence(frames, PersistenceConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    assert frames[-1].err is not None
    np.testing.assert_allclose(made.frame.err, np.hypot(frames[-1].err, made.planes["PERSIST_ERR"]), rtol=1e-6)


def test_a_lamp_over_the_whole_detector_leaves_its_trace_in_darks() -> None:
    camera = Camera(Traps(*ONE, np.random.default_rng(12)), 4)
    frames = [camera.take(30.0, np.full((SIZE, SIZE), 2500.0))]
    for _ in range(5):
        camera.wait(10)
        frames.append(camera.take(100.0))
    made = find_persistence(frames, PersistenceConfig())
    assert made.verdict == "doubtful"
    assert "of the detector was bright" in made.reasons[0]
    assert value(made, "tau_s") == pytest.approx(300, rel=0.08)
    assert made.planes["PERSIST"].max() > 0
    assert not made.planes["PERSIST"][:4].any()


@pytest.mark.parametrize(
    ("cards", "match"),
    [
        ({"TIME-OBS": None}, r"frame_1\.fits.*does not say when.*DATE-OBS with TIME-OBS, or MJD-OBS"),
        ({"DATE-OBS": "long ago"}, r"does not say when"),
        ({"EXPTIME": None}, r"exposure time is missing"),
        ({"BUNIT": None}, r"BUNIT"),
        ({"BUNIT": "adu"}, r"GAIN"),
    ],
)
def test_what_a_header_must_say(cards: dict[str, Any], match: str) -> None:
    frames, _ = night(darks=0, **cards)
    with pytest.raises(InputError, match=match):
        check_night(frames)


def test_frames_that_do_not_belong_together_are_refused() -> None:
    frames, camera = night(darks=0)
    with pytest.raises(InputError, match="DETECTOR"):
        check_night([*frames, camera.take(10.0, DETECTOR="IRIS2")])
    with pytest.raises(InputError, match=r"did: which came first"):
        check_night([*frames, Frame(frames[0].data, None, None, frames[0].header, Path("copy.fits"))])
    with pytest.raises(InputError, match="twice"):
        check_night([*frames, frames[0]])
    check_night([*frames, camera.take(10.0, READMODE="RAMP", NGROUPS=9)])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"tau": 5.0, "index": 1.0}, "two laws"),
        ({"fraction": 0.1}, "needs 'tau'"),
        ({"level": 0.1}, "needs 'index'"),
        ({"judge": "nothing"}, "No input is named"),
        ({"judge": "frame*"}, "2 inputs are named"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], match: str) -> None:
    frames, _ = night(darks=0)
    with pytest.raises(UsageError, match=match):
        check_night(frames, PersistenceConfig(**options))


def test_the_first_frame_of_a_night_has_nothing_before_it() -> None:
    frames, _ = night(darks=0)
    made = find_persistence(frames, PersistenceConfig(judge="frame_1.fits"))
    assert made.verdict == "doubtful"
    assert "no frame before" in made.reasons[0]


def test_read_noise_is_that_of_two_reads() -> None:
    """The simulation itself: its dark frames have the noise that their errors say."""
    frames, _ = night(((0.0,), (1.0,)))
    assert frames[-1].data.std() * 100 == pytest.approx(np.sqrt(2 * READ**2 + 2), rel=0.02)
