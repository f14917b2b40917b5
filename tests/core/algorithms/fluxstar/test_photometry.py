import math
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.fluxstar.config import ExtractConfig, ZeroPointConfig
from calgui.core.algorithms.fluxstar.growth import grow, weights
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import CalguiError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, FrameLike
from calgui.core.jobs import Job

from .scenes import HEADER, SKY, exposed, gaussian, star_light

SIZE, FLUX = 121, 2e4
PLACE = (60.3, 59.6)


def scene(seed: int = 1, flux: float = FLUX, extra: Any = 0.0, **more: Any) -> Frame:
    return exposed(star_light(SIZE, *PLACE, flux) + SKY + extra, seed, **more)


def extract(frame: FrameLike, references: dict[str, FrameLike] | None = None, **options: Any) -> Result:
    return algorithm("extract-star").run([frame], references or {}, ExtractConfig(**options), Job("test"))


def zero(frame: FrameLike, **options: Any) -> Result:
    given = {"magnitude": 16.0, "magnitude_system": "AB", "filter": "K"} | options
    return algorithm("zero-point").run([frame], {}, ZeroPointConfig(**given), Job("test"))


def value(result: Result, name: str) -> float:
    found = result.metrics[name].value
    assert isinstance(found, int | float)
    return float(found)


def test_apertures_are_exact() -> None:
    """As photutils' documentation has it: an image of ones gives the area of the circle, π r²."""
    ones = np.ones((41, 41))
    growth = grow(ones, ones, 20.3, 19.8, np.array([0.3, 3.0, 12.7]), 0.5)
    np.testing.assert_allclose(growth.flux, math.pi * growth.radius**2, rtol=1e-12)
    _, parts = weights(ones.shape, 20.3, 19.8, 3.0)
    assert growth.pixel_variance[1] == pytest.approx((parts**2).sum())
    assert growth.error[1] == pytest.approx(math.hypot(math.sqrt((parts**2).sum()), 0.5 * math.pi * 9))


def test_the_flux_is_that_of_the_formula_and_its_error_tells_how_well() -> None:
    pulls, places = [], []
    for seed in range(40):
        found = extract(scene(seed), flux_radius=160)
        pulls.append((value(found, "flux_e_per_s") - FLUX) / value(found, "flux_error_e_per_s"))
        places.append((value(found, "x_pixel") - PLACE[0], value(found, "y_pixel") - PLACE[1]))
    assert abs(np.mean(pulls)) < 3 / math.sqrt(40)
    assert np.std(pulls) == pytest.approx(1, abs=0.3)
    assert np.abs(np.mean(places, axis=0)).max() < 0.01


def test_the_aperture_is_that_of_the_best_signal_to_noise() -> None:
    found = extract(scene(), flux_radius=160)
    best = value(found, "snr")
    for factor in (0.8, 1.25):
        other = extract(scene(), flux_radius=160, radius=factor * value(found, "aperture_mas"))
        assert value(other, "snr") < best
        # another aperture, another correction, and the same star
        assert value(other, "flux_e_per_s") == pytest.approx(value(found, "flux_e_per_s"), rel=1e-9)
    # 0.6 and 0.4 of Gaussians of sigma 1.6 and 7, pixels blur them a little
    r = value(found, "aperture_mas") / 4
    inside = sum(part * (1 - math.exp(-(r**2) / 2 / s**2)) for part, s in ((0.6, 1.63), (0.4, 7.01)))
    assert value(found, "aperture_correction") == pytest.approx(1 / inside, rel=0.02)


@pytest.mark.parametrize("slope", [0.0, 0.05])
def test_neighbours_and_slopes_do_not_change_it(slope: float) -> None:
    tilt = slope * (np.arange(SIZE) - SIZE / 2)[None, :]
    pulls = []
    for seed in range(12):
        turn = seed * 0.6
        x, y = PLACE[0] + 24 * math.cos(turn), PLACE[1] + 24 * math.sin(turn)
        found = extract(scene(seed, extra=tilt + 1500 * gaussian(SIZE, x, y, 1.6)), flux_radius=160)
        assert found.metrics["n_neighbours"].value == 1
        assert any("neighbors" in reason for reason in found.reasons)
        pulls.append((value(found, "flux_e_per_s") - FLUX) / value(found, "flux_error_e_per_s"))
    assert abs(np.mean(pulls)) < 1.2
    assert np.std(pulls) < 1.5


def test_bad_pixels_in_the_aperture_are_filled_in_and_told() -> None:
    clean = scene()
    data, quality = clean.data.copy(), np.zeros(clean.shape, np.uint32)
    data[61, 64] = np.nan
    quality[57, 61], data[57, 61] = flags.DO_NOT_USE, 9e4
    data[40, 90] = 4000.0  # hot, and flagged by nobody
    found = extract(Frame(data, clean.err, quality, HEADER), flux_radius=160)
    assert found.metrics["n_filled"].value == 2
    expected = value(extract(clean, flux_radius=160), "flux_e_per_s")
    assert value(found, "flux_e_per_s") == pytest.approx(expected, rel=0.005)


def test_few_lost_pixels_of_the_core_are_filled_from_those_around_them() -> None:
    pulls = []
    for seed, places in enumerate((((60, 60),), ((60, 60), (60, 61)), ((59, 60), (59, 61), (60, 61))) * 3):
        clean = scene(seed)
        data, quality = clean.data.copy(), np.zeros(clean.shape, np.uint32)
        for at in places:
            data[at], quality[at] = (np.nan, 0.0, 9e5)[seed % 3], flags.DO_NOT_USE
        found = extract(Frame(data, clean.err, quality, HEADER), flux_radius=160)
        assert found.metrics["n_filled"].value == len(places)
        assert any("filled in" in reason for reason in found.reasons)
        pulls.append((value(found, "flux_e_per_s") - FLUX) / value(found, "flux_error_e_per_s"))
    assert abs(np.mean(pulls)) < 1
    assert np.std(pulls) < 1.5


def test_a_core_that_is_lost_is_refused() -> None:
    clean = scene()
    data = clean.data.copy()
    data[58:63, 58:63] = np.nan
    with pytest.raises(CalguiError, match=r"core of the star|no star") as caught:
        extract(Frame(data, clean.err, None, HEADER))
    assert caught.value.cure


def test_saturation_is_bad_and_what_is_not_linear_doubtful() -> None:
    found = extract(scene(flux=1.5e5), flux_radius=160)
    assert found.verdict == "doubtful"
    assert "linear to 45000" in found.reasons[0]
    assert extract(scene(flux=1.5e5, S_LINEAR="COMPLETE"), flux_radius=160).verdict == "good"
    found = extract(scene(flux=5e5), flux_radius=160)
    assert found.verdict == "bad"
    assert "saturated" in found.reasons[0]
    clean = scene()
    quality = np.zeros(clean.shape, np.uint32)
    quality[60, 60] = flags.SATURATED
    assert extract(Frame(clean.data, clean.err, quality, HEADER)).verdict == "bad"
    # clipped, and scaled since
    cut = Frame(np.minimum(clean.data, 200), clean.err, None, HEADER)
    assert any("flat top" in reason for reason in extract(cut, flux_radius=160).reasons)


def test_what_is_missing_is_asked_for_by_name() -> None:
    frame = scene()
    for keyword, word in (("SCALE", "pixel_scale_mas"), ("BUNIT", "unit")):
        header = {key: held for key, held in HEADER.items() if key != keyword}
        with pytest.raises(InputError, match=keyword) as caught:
            extract(Frame(frame.data, frame.err, None, header))
        assert word in str(caught.value.cure)
    for options, word in (
        ({"magnitude": None}, "magnitude"),
        ({"magnitude_system": None}, "magnitude_system"),
        ({"filter": ""}, "FILTER"),
        ({"extinction": 0.1}, "AIRMASS"),
        ({"magnitude_filter": "2MASS Ks"}, "color"),
    ):
        with pytest.raises(InputError, match=word):
            zero(frame, **options)


def test_what_is_no_star_is_refused() -> None:
    empty = exposed(np.full((SIZE, SIZE), SKY), 3)
    with pytest.raises(InputError, match="No star"):
        extract(empty)
    hot = empty.data.copy()
    hot[50, 70] = 5000
    with pytest.raises(CalguiError, match=r"[Nn]o star"):
        extract(Frame(hot, empty.err, None, HEADER))
    edge = exposed(star_light(SIZE, 3.2, 60.0, FLUX) + SKY, 4)
    with pytest.raises(InputError, match="edge"):
        extract(edge)
    with pytest.raises(InputError, match="outside"):
        extract(scene(), star="500,20")


def test_a_click_names_the_star() -> None:
    frame = scene(extra=3000 * gaussian(SIZE, 90.0, 30.0, 1.6))
    found = extract(frame, star="92,29", flux_radius=80)
    assert (value(found, "x_pixel"), value(found, "y_pixel")) == (
        pytest.approx(90, abs=0.1),
        pytest.approx(30, abs=0.1),
    )
    assert found.marks is not None
    assert found.marks.adds == "star"
    assert found.marks.x.size == 3  # stars alone: circles are lines, not marks
    x, y = found.marks.lines[1]
    radius = np.hypot(x - value(found, "x_pixel"), y - value(found, "y_pixel"))
    assert np.unique(np.round(radius[np.isfinite(radius)], 6)).size == 3
    assert int(np.isnan(x).sum()) == 3


def test_a_psf_star_corrects_a_faint_one_better_than_its_own_growth() -> None:
    psf = exposed(star_light(SIZE, 58.0, 61.2, 3e5) + SKY, 9, S_LINEAR="COMPLETE")
    pulls = []
    for seed in range(12):
        faint = scene(seed, flux=1000)
        own = extract(faint, flux_radius=160)
        by_psf = extract(faint, {"PSFSTAR": psf}, flux_radius=160, correction="psf")
        assert value(by_psf, "flux_error_e_per_s") < 0.3 * value(own, "flux_error_e_per_s")
        pulls.append((value(by_psf, "flux_e_per_s") - 1000) / value(by_psf, "flux_error_e_per_s"))
    assert abs(np.mean(pulls)) < 1
    with pytest.raises(InputError, match="PSF star"):
        extract(scene(), correction="psf")


def test_the_zero_point_is_what_was_put_in() -> None:
    found = zero(scene(), flux_radius=160, extinction=0.08, airmass=1.5, magnitude_error=0.01, extinction_error=0.02)
    expected = 16 + 2.5 * math.log10(FLUX) + 0.12
    assert value(found, "zero_point_ab_mag") == pytest.approx(expected, abs=3 * value(found, "error_mag"))
    own = 2.5 / math.log(10) * value(found, "flux_error_e_per_s") / value(found, "flux_e_per_s")
    assert value(found, "error_mag") == pytest.approx(math.sqrt(own**2 + 0.01**2 + 0.03**2))
    assert not found.has_product
    vega = zero(scene(), flux_radius=160, magnitude_system="Vega")
    plain = zero(scene(), flux_radius=160)
    assert value(vega, "zero_point_ab_mag") - value(plain, "zero_point_ab_mag") == pytest.approx(
        value(vega, "ab_minus_vega_mag")
    )
    assert any("no extinction" in reason for reason in plain.reasons)
    # more electrons than photons: a magnitude that cannot be
    assert zero(scene(), flux_radius=160, magnitude=22.0).verdict == "bad"


def test_changed_options_of_the_magnitude_are_answered_at_once() -> None:
    how = algorithm("zero-point")
    assert how.measure is not None
    assert how.refit is not None
    config = ZeroPointConfig(magnitude=16.0, magnitude_system="AB", filter="K", flux_radius=160)
    measured = how.measure([scene()], {}, config, Job("test"))
    for magnitude, radius in ((15.0, 20.0), (17.0, 30.0)):
        other = ZeroPointConfig(magnitude=magnitude, magnitude_system="AB", filter="K", flux_radius=160, radius=radius)
        assert how.refit(measured, other, Job("test")).metrics == how.run([scene()], {}, other, Job("test")).metrics
