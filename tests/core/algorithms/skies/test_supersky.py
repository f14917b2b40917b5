"""``super-sky`` against skies that are known: level, noise, objects, and what is refused."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.noise import median_noise_factor
from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.skies.config import SuperSkyConfig
from calgui.core.algorithms.skies.supersky import check_skies, super_sky
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.skies.fields import READ_NOISE, Exposed, Field, expose

ACTIVE = (slice(4, -4), slice(4, -4))


def skies(what: Field | None = None, count: int = 5, **more: Any) -> Exposed:
    return expose(what or Field(), count, **({"EXP_TYPE": "IRIS_SKY", "name": "sky"} | more))


def run(made: Exposed, **options: Any) -> Result:
    return super_sky(made.frames, SuperSkyConfig(**options))


def frame_of(result: Result) -> Frame:
    assert result.frame is not None
    return result.frame


@pytest.mark.parametrize("count", [3, 5, 9])
def test_level_and_noise_are_those_of_a_median(count: int) -> None:
    exposed = skies(count=count)
    made = run(exposed)
    assert made.verdict == "good", made.reasons
    level = float(np.median([sky[0, 0] for sky in exposed.skies])) / 100
    assert made.metrics["median_e_per_s"].value == pytest.approx(level, rel=2e-3)
    one = np.sqrt(585 + READ_NOISE**2) / 100
    expected = one * median_noise_factor(count) / np.sqrt(count)
    assert made.metrics["noise_e_per_s"].value == pytest.approx(expected, rel=0.03)
    frame = frame_of(made)
    assert frame.err is not None
    pull = (frame.data / level - 1)[ACTIVE] / (frame.err / level)[ACTIVE]
    assert np.std(pull) == pytest.approx(1, abs=0.03)
    assert frame.header["BUNIT"] == "electron/s"


def test_objects_that_a_plain_median_would_keep_are_gone() -> None:
    what = Field(stars=250, vignetting=0.1)
    exposed = skies(what, 5)
    made = run(exposed)
    truth = what.shape() * float(np.median([sky.max() for sky in exposed.skies])) / what.shape().max() / 100
    rest = (frame_of(made).data - truth)[ACTIVE]
    level = np.nanmedian(rest)
    noise = exposed.noise / 100
    plain = np.median([f.data / s.max() for f, s in zip(exposed.frames, exposed.skies, strict=True)], axis=0)
    plain_rest = (plain - what.shape() / what.shape().max())[ACTIVE] * float(np.median(exposed.skies[0])) / 100
    assert abs(np.nanmean(rest) - level) < 0.03 * noise
    assert np.mean(plain_rest) > 0.1 * noise  # so that the test could fail
    assert np.nanpercentile(rest - level, 99.9) < 5 * noise


def test_pixels_that_are_masked_in_all_frames_are_nan_and_flagged() -> None:
    exposed = skies(Field(galaxy=2000.0, covers=0.1), dithers=[(0, 0), (3, 2), (-3, 1), (1, -3), (-2, -2)])
    made = run(exposed)
    frame = frame_of(made)
    assert frame.dq is not None
    unknown = np.isnan(frame.data[ACTIVE])
    assert 0.02 < unknown.mean() < 0.5
    assert ((frame.dq[ACTIVE] & flags.DO_NOT_USE) != 0)[unknown].all()
    assert (made.planes["NSAMP"][ACTIVE] == 0)[unknown].all()
    assert made.metrics["unknown_fraction"].value == pytest.approx(unknown.mean())
    assert made.verdict != "good"
    middle = np.abs(frame.data[ACTIVE] * 100 - np.median([sky[0, 0] for sky in exposed.skies]))
    assert np.nanmax(middle) < 6 * exposed.noise  # nothing of a galaxy of 2000 e-


def test_the_variation_of_the_airglow_is_shown() -> None:
    exposed = skies(count=6, airglow=0.08)
    made = run(exposed)
    curve = next(curve for curve in made.curves if "time" in curve.title)
    minutes, levels = curve.lines["level"]
    np.testing.assert_allclose(minutes, [0, 2, 4, 6, 8, 10])
    np.testing.assert_allclose(levels, [sky[0, 0] / 100 for sky in exposed.skies], rtol=3e-3)


def test_frames_that_were_not_moved_are_told() -> None:
    made = run(skies(Field(stars=20), dithers=[(0, 0)] * 5, on_sky=True))
    assert made.verdict == "doubtful"
    assert any("without dithers" in reason for reason in made.reasons)
    assert any("stand out like sources" in reason for reason in made.reasons)


@pytest.mark.parametrize(
    ("cards", "said"),
    [
        ({"FILTER": "H"}, "FILTER, the filter, is H"),
        ({"DETECTOR": "IRIS3"}, "DETECTOR, the detector, is IRIS3"),
        ({"READMODE": "MCDS-8"}, "READMODE, the read mode, is MCDS-8"),
        ({"EXPTIME": 60.0}, "the exposure time, is 60 s"),
        ({"EXP_TYPE": "IRIS_DARK"}, "no light of the sky"),
        ({"EXP_TYPE": "IRIS_IMAGE"}, "EXP_TYPE, the kind of exposure"),
    ],
)
def test_skies_of_something_else_are_refused(cards: dict[str, Any], said: str) -> None:
    frames = skies(count=4).frames
    frames[2] = dataclasses.replace(frames[2], header={**frames[2].header, **cards})
    with pytest.raises(InputError, match=said) as told:
        check_skies(frames)
    assert told.value.path == frames[2].path
    assert told.value.cure


def test_too_few_and_all_masked_are_refused() -> None:
    exposed = skies(count=3)
    with pytest.raises(InputError, match="3 or more"):
        check_skies(exposed.frames[:2])
    lost = np.full(exposed.frames[0].shape, flags.DO_NOT_USE, np.uint32)
    bad = [dataclasses.replace(frame, dq=lost) for frame in exposed.frames]
    with pytest.raises(AlgorithmError, match="No pixel"):
        super_sky(bad, SuperSkyConfig())


def test_a_sky_of_many_stars_is_used_as_far_as_it_is_empty() -> None:
    made = run(skies(Field(stars=600, brightest=4.5), 9, step=40))
    assert made.metrics["source_fraction"].value == pytest.approx(0.5, abs=0.3)
    assert made.metrics["unknown_fraction"].value < 0.1


def test_steps_that_were_done_to_all_are_kept() -> None:
    made = run(skies(S_DARK="COMPLETE"))
    assert frame_of(made).header["S_DARK"] == "COMPLETE"


def test_the_way_of_levelling_is_chosen() -> None:
    exposed = skies(count=3, airglow=0.2)
    levels = [sky[0, 0] / 100 for sky in exposed.skies]
    for scaling in ("scale", "offset", "none"):
        made = run(exposed, scaling=scaling)
        assert made.metrics["median_e_per_s"].value == pytest.approx(float(np.median(levels)), rel=0.01), scaling
    spread = run(exposed, scaling="none").metrics["error_e_per_s"].value
    measured = run(exposed, scaling="none", error="measured").metrics["error_e_per_s"].value
    assert measured > 2 * spread  # the frames at their own levels scatter more than their noise


def test_frames_that_are_no_skies_are_told_in_one_sentence() -> None:
    made = run(skies(count=4, EXP_TYPE="IRIS_IMAGE"))
    assert made.verdict == "doubtful"
    (told,) = (reason for reason in made.reasons if "no sky" in reason)
    assert "and 3 more" in told
