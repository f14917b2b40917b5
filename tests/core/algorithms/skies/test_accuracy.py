"""Sky subtraction against skies that are known: unbiased among stars, sparing galaxies, with right errors."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.skies.subtracting import SubtractSkyConfig, subtract_sky
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.skies.fields import Exposed, Field, expose

ESTIMATED = flags.BY_NAME["FLUX_ESTIMATED"].value


def run(frames: list[Frame], sky: Frame | None = None, **options: Any) -> tuple[Result, Frame]:
    made = subtract_sky(frames, sky, SubtractSkyConfig(**options))
    assert made.frame is not None
    return made, made.frame


def crowded(**more: Any) -> Field:
    return Field(**({"stars": 900, "vignetting": 0.12} | more))


def skies(what: Field, count: int = 5, **more: Any) -> Exposed:
    empty = Field(size=what.size, vignetting=what.vignetting, sky=what.sky * 0.93)
    return expose(empty, count, **({"EXP_TYPE": "IRIS_SKY", "name": "sky", "seed": 77} | more))


@pytest.mark.parametrize("fwhm", [1.6, 3.8])
@pytest.mark.parametrize("stars", [100, 900])
def test_a_scaled_sky_is_unbiased_among_stars(stars: int, fwhm: float) -> None:
    what = crowded(stars=stars, fwhm=fwhm)
    science, sky = expose(what, 1), skies(what)
    _, product = run([*science.frames, *sky.frames])
    assert abs(science.bias(0, product)) < 0.1
    # the median of all pixels, which a field as crowded as this pulls up
    data, one = science.frames[0].data[4:-4, 4:-4], science.skies[0][4:-4, 4:-4]
    if stars == 900 and fwhm > 2:
        assert np.median(data - one) > 0.2 * science.noise


@pytest.mark.parametrize("on_sky", [False, True])
@pytest.mark.parametrize("stars", [100, 600])
def test_the_running_sky_is_unbiased_among_stars(stars: int, on_sky: bool) -> None:
    science = expose(crowded(stars=stars), 7, step=25, on_sky=on_sky)
    for frame in ("1", "5"):
        made, product = run(science.frames, frame=frame)
        assert made.metrics["method"].value == "iterative"
        assert abs(science.bias(int(frame) - 1, product)) < 0.1
    naive = np.median([f.data / s.mean() for f, s in zip(science.frames, science.skies, strict=True)], axis=0)
    bias = np.mean(naive - what_shape(science)) * science.skies[0].mean() / science.noise
    if stars == 600:
        assert bias > 0.2  # a median without masks


def what_shape(science: Exposed) -> Any:
    return science.skies[0] / science.skies[0].mean()


@pytest.mark.parametrize("vignetting", [0.0, 0.1])
@pytest.mark.parametrize("surface", [30.0, 200.0, 3000.0])
@pytest.mark.parametrize("step", [15.0, 60.0])
def test_a_galaxy_on_a_tenth_of_the_field_is_not_eaten(surface: float, step: float, vignetting: float) -> None:
    """From the noise of a pixel to five times the sky, with dithers smaller and larger than the galaxy."""
    science = expose(Field(stars=20, galaxy=surface, vignetting=vignetting), 7, step=step)
    _, product = run(science.frames)
    # 0.06 of the noise of a pixel, and one part in fifty
    allowed = 0.02 + 0.06 * science.noise / (0.39 * surface)
    assert science.kept(0, product) == pytest.approx(1, abs=allowed)
    assert abs(science.bias(0, product)) < 0.1


@pytest.mark.parametrize("surface", [30.0, 1000.0])
def test_a_galaxy_does_not_pull_a_scaled_sky(surface: float) -> None:
    science = expose(Field(stars=20, galaxy=surface, vignetting=0.1), 1)
    sky = skies(Field(vignetting=0.1))
    _, product = run([*science.frames, *sky.frames])
    # the level is known to 0.02 of the noise of a pixel
    assert science.kept(0, product) == pytest.approx(1, abs=0.01 + 0.02 * science.noise / (0.39 * surface))
    assert abs(science.bias(0, product)) < 0.1


def test_errors_are_those_of_the_difference() -> None:
    what = Field(stars=100, vignetting=0.1)
    science, sky = expose(what, 7, step=30), skies(what)
    for frames in (science.frames, [science.frames[0], *sky.frames]):
        _, product = run(frames)
        assert product.dq is not None
        pull = science.pulls(0, product)[(product.dq[4:-4, 4:-4] & ESTIMATED) == 0]
        assert abs(np.mean(pull)) < 0.05
        assert np.std(pull) == pytest.approx(1, abs=0.05)
    one = science.frames[0].err
    assert one is not None
    assert product.err is not None
    assert (product.err[4:-4, 4:-4] > one[4:-4, 4:-4]).all()


def test_a_constant_beside_the_scale_is_told_apart_by_the_shape_of_the_sky() -> None:
    what = Field(stars=60, vignetting=0.25)
    science, sky = expose(what, 1), skies(what, 9)
    warm = Frame(science.frames[0].data + 200, science.frames[0].err, None, science.frames[0].header)
    made, product = run([warm, *sky.frames], offset=True)
    true = float(science.skies[0].mean() / np.median([one.mean() for one in sky.skies]))
    error = made.metrics["scale_error"].value
    assert made.metrics["scale"].value == pytest.approx(true, abs=max(5 * error, 0.01))
    assert made.metrics["offset"].value == pytest.approx(200, abs=12)
    empty = science.objects[0][4:-4, 4:-4] < 1
    assert abs(np.mean(product.data[4:-4, 4:-4][empty])) < 0.1 * science.noise


def test_an_even_sky_tells_no_scale_beside_a_constant() -> None:
    what = Field(stars=60)
    science, sky = expose(what, 1), skies(what)
    for rounds in (8, 1):
        made, _ = run([*science.frames, *sky.frames], offset=True, iterations=rounds)
        assert made.metrics["scale"].value == 1.0
        assert any("too even" in reason for reason in made.reasons)
        assert made.metrics["residual_level"].value == pytest.approx(0, abs=1 if rounds > 1 else 3)


def test_a_sky_without_light_is_subtracted_without_a_factor() -> None:
    """A narrow filter in a dark part of the spectrum: levels of nothing but noise are no factors."""
    science = expose(Field(stars=30, sky=0.01), 5, airglow=0.0)
    shifted = [
        Frame(frame.data + constant, frame.err, None, frame.header, frame.path)
        for frame, constant in zip(science.frames, (0, 3, -2, 1, -1), strict=True)
    ]
    made, product = run(shifted)
    assert made.metrics["scale"].value == 1.0
    assert abs(np.mean(product.data[4:-4, 4:-4][science.objects[0][4:-4, 4:-4] < 0.01])) < 0.1 * 12.7


def test_the_frame_itself_is_not_in_its_sky() -> None:
    """A star that stays in place on one frame alone leaves no trace in that frame's sky."""
    science = expose(Field(), 3, airglow=0.0)
    data = np.array(science.frames[1].data)
    data[100:104, 100:104] += 60  # too faint for the search
    frames = list(science.frames)
    frames[1] = Frame(data, frames[1].err, None, frames[1].header, frames[1].path)
    _, with_star = run(frames, frame="2")
    _, without = run(science.frames, frame="2")
    difference = with_star.data[100:104, 100:104] - without.data[100:104, 100:104]
    np.testing.assert_allclose(difference, 60, atol=2)


def test_neighbours_in_time_follow_a_sky_that_changes_its_shape() -> None:
    """A gradient that grows during the night: the nearest frames know it best."""
    science = expose(Field(stars=20), 9, step=25, airglow=0.0)
    slope = np.linspace(-1, 1, 256)[None, :] * np.ones((256, 1))
    frames = [
        Frame((frame.data + slope * 4 * index).astype(np.float32), frame.err, None, frame.header, frame.path)
        for index, frame in enumerate(science.frames)
    ]
    left = []
    for neighbours in (2, 8):
        _, product = run(frames, frame="8", neighbours=neighbours)
        rest = (product.data - science.objects[7])[4:-4, 4:-4]
        left.append(float(np.polyfit(slope[4:-4, 4:-4].ravel(), rest.ravel(), 1)[0]))
    assert abs(left[0]) < 2
    assert left[1] > 8


def test_sources_at_last_appear_no_more() -> None:
    science = expose(crowded(stars=300), 7, step=25)
    made, _ = run(science.frames)
    assert made.metrics["iterations"].value < 8
    assert not any("New sources" in reason for reason in made.reasons)
    hurried, _ = run(science.frames, iterations=1)
    assert any("New sources" in reason for reason in hurried.reasons)
