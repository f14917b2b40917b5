"""Cosmic rays: injected hits are found, the cores of adaptive-optics stars stay, and what was taken is shown."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_dilation
from scipy.special import j1

from calgui.core.algorithms.cosmicrays.clean import clean_cosmic_rays
from calgui.core.algorithms.cosmicrays.config import CosmicConfig, check_clean
from calgui.core.algorithms.cosmicrays.lacosmic import filled, least_beside
from calgui.core.algorithms.registry import Result, algorithm
from calgui.core.errors import AlgorithmError, Cancelled, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

pytest.importorskip("astroscrappy")

SIZE, NOISE, SKY, SECONDS = 160, 9.0, 30.0, 100.0
CARDS: dict[str, Any] = {
    "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "FILTER": "K", "SUBARRAY": "FULL", "BUNIT": "electron",
    "EXPTIME": SECONDS, "READNOIS": NOISE,
}  # fmt: skip


def star(x: float, y: float, width: float, strehl: float = 0.5, halo: float = 25.0) -> Any:
    """An Airy disc of this many pixels for λ/D with a seeing halo around it, integrated over pixels; sum about 1."""
    over = 5
    grid = (np.arange(SIZE * over) + 0.5) / over - 0.5
    radius = np.hypot(*np.meshgrid(grid - x, grid - y))
    angle = np.maximum(math.pi * radius / width, 1e-9)
    core = (2 * j1(angle) / angle) ** 2 * math.pi / 4 / width**2
    around = (1 + (radius / halo) ** 2) ** -2.5 / (2 * math.pi * halo**2 / 3)
    return (strehl * core + (1 - strehl) * around).reshape(SIZE, over, SIZE, over).mean(axis=(1, 3))


def sky(seed: int, stars: Any = 0.0) -> Any:
    rng = np.random.default_rng(seed)
    return (rng.poisson(SKY + stars + np.zeros((SIZE, SIZE))) + rng.normal(0, NOISE, (SIZE, SIZE))).astype(np.float32)


def rays(seed: int, count: int = 25) -> Any:
    """Single pixels and tracks of up to six, 300 to 5000 e- in each pixel."""
    rng = np.random.default_rng(seed)
    made = np.zeros((SIZE, SIZE), np.float32)
    for _ in range(count):
        x, y, angle = rng.uniform(12, SIZE - 12), rng.uniform(12, SIZE - 12), rng.uniform(0, math.pi)
        level = 10 ** rng.uniform(2.5, 3.7)
        for step in range(rng.integers(1, 7)):
            made[int(y + step * math.sin(angle)), int(x + step * math.cos(angle))] = level
    return made


def frame(data: Any, bits: Any = None, err: Any = None, name: str = "image.fits", **cards: Any) -> Frame:
    header = {key: value for key, value in (CARDS | cards).items() if value is not None}
    return Frame(np.array(data, np.float32), err, bits, header, Path(name))


def inner(plane: Any) -> Any:
    return plane[4:-4, 4:-4]


def number(result: Result, name: str) -> Any:
    return result.metrics[name].value


# -- one image ---------------------------------------------------------------------------------------------------------


def test_hits_are_found_taken_out_and_shown() -> None:
    hits, clean = rays(1), sky(2)
    result = clean_cosmic_rays([frame(clean + hits)], CosmicConfig())
    assert result.frame is not None
    assert result.frame.dq is not None
    mask = result.planes["CRMASK"] != 0
    assert mask[hits > 0].mean() > 0.97
    assert np.count_nonzero(mask & (hits == 0)) < 12
    assert (((result.frame.dq & np.uint32(flags.JUMP_DET)) != 0) == mask).all()
    np.testing.assert_allclose(result.frame.data + result.planes["CRDIFF"], clean + hits, atol=1e-2)
    np.testing.assert_array_equal(result.frame.data[~mask], (clean + hits)[~mask])
    assert np.abs(result.frame.data[mask] - SKY).mean() < 8  # neighbours' mean, not the hit
    assert number(result, "n_pixels") == np.count_nonzero(mask)
    rate = number(result, "n_hits") / ((SIZE - 8) ** 2 * 1e-6) / SECONDS
    assert number(result, "hit_rate_per_cm2_s") == pytest.approx(rate)
    (biggest,) = result.tables
    assert len(biggest.rows) == min(25, number(result, "n_hits"))
    name, x, y, pixels, charge = biggest.rows[0]
    assert name == "image.fits"
    assert hits[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].max() > 1000
    assert pixels >= 1
    assert charge == pytest.approx(number(result, "largest_hit_e"), abs=0.1)


@pytest.mark.parametrize("width", [1.5, 2.15, 2.8, 3.8])
def test_cores_of_stars_are_not_eaten(width: float) -> None:
    """λ/D of 1.5 (Z) to 3.8 pixels (K), from faint to bright, at different phases; the first two are undersampled."""
    rng = np.random.default_rng(3)
    places = [(x + rng.uniform(-0.5, 0.5), y + rng.uniform(-0.5, 0.5)) for x in (30, 80, 130) for y in (30, 80, 130)]
    fluxes = 10 ** np.linspace(3.5, 6.3, len(places))
    light = sum(flux * star(x, y, width) for flux, (x, y) in zip(fluxes, places, strict=True))
    hits = rays(4, 15)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    away = np.min([np.hypot(xx - x, yy - y) for x, y in places], axis=0)
    hits[away < 12] = 0
    image = sky(5, light) + hits
    mask = clean_cosmic_rays([frame(image)], CosmicConfig()).planes["CRMASK"] != 0
    assert np.count_nonzero(mask & (away < 1.2 * width)) == 0
    assert mask[hits > 0].mean() > 0.95
    if width < 2:  # without the protection they are eaten: the test is one
        bare = clean_cosmic_rays([frame(image)], CosmicConfig(star_fwhm=0)).planes["CRMASK"] != 0
        assert np.count_nonzero(bare & (away < 1.2 * width)) > 20


def test_a_star_on_the_edge_of_a_pixel_still_shows_beside_its_peak() -> None:
    grid = (np.arange(110) + 0.5) / 10
    for fwhm in (1.5, 2.5):
        profile = np.exp(-4 * math.log(2) * ((grid - 5.0) / fwhm) ** 2).reshape(11, 10).mean(axis=1)
        assert least_beside(fwhm) == pytest.approx(profile[6] / profile[5], rel=0.02)


@pytest.mark.parametrize(
    ("unit", "cards", "factor"),
    [("electron/s", {}, 1 / SECONDS), ("adu", {"GAIN": 2.5}, 1 / 2.5), ("adu/s", {"GAIN": 2.5}, 1 / 2.5 / SECONDS)],
)
def test_units_do_not_matter(unit: str, cards: dict[str, Any], factor: float) -> None:
    image = sky(6) + rays(7)
    known = clean_cosmic_rays([frame(image)], CosmicConfig())
    other = clean_cosmic_rays([frame(image * np.float32(factor), BUNIT=unit, **cards)], CosmicConfig())
    different = known.planes["CRMASK"] != other.planes["CRMASK"]
    assert np.count_nonzero(different) <= 1  # rounding
    assert other.frame is not None
    assert other.frame.unit == unit
    assert number(other, "largest_hit_e") == pytest.approx(number(known, "largest_hit_e"), rel=1e-3)


def test_noise_is_taken_from_the_error_plane_where_there_is_one() -> None:
    image = sky(8) + rays(9)
    err = np.full(image.shape, math.sqrt(SKY + NOISE**2), np.float32)
    result = clean_cosmic_rays([frame(image, err=err, READNOIS=None)], CosmicConfig())
    assert result.planes["CRMASK"][rays(9) > 0].astype(bool).mean() > 0.97
    assert result.frame is not None
    np.testing.assert_array_equal(result.frame.err, err)
    quiet = clean_cosmic_rays([frame(image, err=err * 40, READNOIS=None)], CosmicConfig())
    assert number(quiet, "n_pixels") < 0.5 * number(result, "n_pixels")


def test_bad_and_saturated_pixels_are_left_alone_and_so_is_the_border() -> None:
    image = sky(10)
    bits = np.zeros(image.shape, np.uint32)
    image[50, 50], bits[50, 50] = 60000, flags.HOT
    image[80:83, 80:83], bits[80:83, 80:83] = 100000, flags.SATURATED
    image[79, 84] = 9000  # what the saturated core spills over
    image[100, 100] = np.nan
    image[2, 60] = 50000  # a reference pixel
    image[120, 120] = 5000
    result = clean_cosmic_rays([frame(image, bits)], CosmicConfig())
    assert result.frame is not None
    mask = result.planes["CRMASK"] != 0
    assert mask[120, 120]
    assert not any(part.any() for part in (mask[50, 50], mask[100, 100], mask[:4], mask[77:87, 77:87]))
    assert np.count_nonzero(mask) < 4
    assert np.isnan(result.frame.data[100, 100])
    assert result.frame.data[50, 50] == 60000


def test_dead_pixels_without_a_flag_do_not_make_hits_of_their_neighbours() -> None:
    image = sky(14) + 5000
    hits = rays(15, 10)
    dead = np.zeros(image.shape, bool)
    dead[30, 40] = dead[60:62, 70:72] = dead[100, 20:60] = True  # one, a block, part of a row
    dead[np.arange(120, 150), np.arange(60, 90)] = True  # and a scratch
    dead &= hits == 0
    image[dead] = 3
    result = clean_cosmic_rays([frame(image + hits, READNOIS=70.0)], CosmicConfig())
    mask = result.planes["CRMASK"] != 0
    beside = binary_dilation(dead, iterations=2)
    assert not mask[beside & (hits == 0)].any()
    assert number(result, "n_dead") == np.count_nonzero(dead)
    assert "dead pixels carry no flag" in " ".join(result.reasons)
    assert mask[(hits > 1500) & ~beside].mean() > 0.95


def test_holes_are_filled_from_around_them() -> None:
    image = np.add.outer(np.arange(9.0), np.arange(9.0)).astype(np.float32)
    bad = np.zeros((9, 9), bool)
    bad[4, 4] = bad[0, 0] = True
    image[bad] = np.nan
    made = filled(image, bad)
    assert made[4, 4] == 8
    assert 1 <= made[0, 0] <= 2.5
    assert np.isnan(image[4, 4])
    np.testing.assert_array_equal(made[~bad], image[~bad])


def test_the_image_is_not_changed() -> None:
    image = sky(11) + rays(12)
    given = frame(image)
    clean_cosmic_rays([given], CosmicConfig())
    np.testing.assert_array_equal(given.data, image)


def test_it_can_be_cancelled() -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        clean_cosmic_rays([frame(sky(13))], CosmicConfig(), job)


# -- three or more -----------------------------------------------------------------------------------------------------


def _exposures(count: int, light: Any = 0.0, **cards: Any) -> tuple[list[Frame], list[Any]]:
    hits = [rays(20 + index) for index in range(count)]
    return [frame(sky(40 + k, light) + hits[k], name=f"image_{k}.fits", **cards) for k in range(count)], hits


@pytest.mark.parametrize("count", [3, 5])
def test_outliers_of_exposures_are_left_out(count: int) -> None:
    frames, hits = _exposures(count)
    result = clean_cosmic_rays(frames, CosmicConfig())
    twice = binary_dilation(np.sum([hit > 0 for hit in hits], axis=0) > count // 2, iterations=2)
    for index, hit in enumerate(hits):
        found = (result.planes["CRMASK"] >> np.uint32(index)) & 1 != 0
        assert found[(hit > 0) & ~twice].mean() > 0.99
        assert np.count_nonzero(found & (hit == 0)) < 8
    assert result.frame is not None
    assert result.frame.dq is not None
    assert result.frame.err is not None
    data = inner(np.where(twice, np.nan, result.frame.data))
    assert np.nanmean(data) == pytest.approx(SKY, abs=0.3)
    pull = (data - SKY) / inner(result.frame.err)
    assert np.nanstd(pull) == pytest.approx(1, abs=0.05)
    assert (((result.frame.dq & np.uint32(flags.OUTLIER)) != 0) == (result.planes["CRMASK"] != 0))[4:-4, 4:-4].all()
    # what was taken is all that was added: together they are the plain mean, but for the levels that were matched
    plain = np.mean([one.data for one in frames], axis=0)
    np.testing.assert_allclose(inner(result.frame.data + result.planes["CRDIFF"]), inner(plain), atol=0.5)
    assert len(result.tables[0].rows) == 25
    assert {row[0] for row in result.tables[0].rows} <= {f"image_{k}.fits" for k in range(count)}


def test_stars_that_move_by_a_part_of_a_pixel_are_no_outliers() -> None:
    moves = [(0.0, 0.0), (0.3, -0.2), (-0.25, 0.3), (0.1, 0.25)]
    frames, yy_xx = [], np.mgrid[:SIZE, :SIZE]
    for index, (dx, dy) in enumerate(moves):
        light = 3e5 * star(60.2 + dx, 70.4 + dy, 1.5) + 2e4 * star(110 + dx, 40 + dy, 1.5)
        frames.append(frame(sky(60 + index, light), name=f"{index}.fits"))
    near = np.hypot(yy_xx[1] - 60, yy_xx[0] - 70) < 8
    mask = clean_cosmic_rays(frames, CosmicConfig()).planes["CRMASK"] != 0
    assert np.count_nonzero(mask & near) == 0
    strict = clean_cosmic_rays(frames, CosmicConfig(shift=0)).planes["CRMASK"] != 0
    assert np.count_nonzero(strict & near) > 3


def test_the_level_of_the_sky_may_change_and_errors_may_be_given() -> None:
    hits = [rays(20 + index) for index in range(3)]
    frames = []
    for k in range(3):
        image = sky(40 + k) + np.float32(100 * k) + hits[k]
        frames.append(frame(image, err=np.sqrt(image + NOISE**2), name=f"{k}.fits", READNOIS=None))
    result = clean_cosmic_rays(frames, CosmicConfig())
    twice = binary_dilation(np.sum([hit > 0 for hit in hits], axis=0) > 1, iterations=2)
    assert result.frame is not None
    data = inner(np.where(twice, np.nan, result.frame.data))
    assert np.nanmean(data) == pytest.approx(SKY + 100, abs=0.3)
    assert np.nanstd(data) == pytest.approx(math.sqrt((SKY + NOISE**2) / 3), rel=0.05)
    for index, hit in enumerate(hits):
        found = (result.planes["CRMASK"] >> np.uint32(index)) & 1 != 0
        assert found[(hit > 0) & ~twice].mean() > 0.97
        assert np.count_nonzero(found & (hit == 0)) < 8


# -- the verdict, and refusals -----------------------------------------------------------------------------------------


def test_the_number_of_hits_is_judged() -> None:
    usual = CosmicConfig(rate_high=50)
    assert clean_cosmic_rays([frame(sky(2) + rays(1))], usual).verdict == "good"
    many = clean_cosmic_rays([frame(sky(2) + rays(1))], CosmicConfig(rate_high=1))
    assert many.verdict == "doubtful"
    assert "more than the 1 expected" in many.reasons[0]
    few = clean_cosmic_rays([frame(sky(2))], CosmicConfig(rate_low=40, rate_high=50))
    assert "fewer than the 40 expected" in few.reasons[0]
    loud = clean_cosmic_rays([frame(sky(2) * 20)], CosmicConfig(read_noise=0.1, sigma=2))
    assert loud.verdict == "bad"
    unknown = clean_cosmic_rays([frame(sky(2), EXPTIME=None)], usual)
    assert number(unknown, "hit_rate_per_cm2_s") is None
    assert "not known" in unknown.reasons[0]
    again = clean_cosmic_rays([frame(sky(2) + rays(1), S_CRAY="COMPLETE")], usual)
    assert "S_CRAY" in again.reasons[0]


def test_an_understated_noise_is_told() -> None:
    right = clean_cosmic_rays([frame(sky(2) + rays(1))], CosmicConfig(rate_high=50))
    assert number(right, "scatter_over_noise") == pytest.approx(1, abs=0.03)
    wrong = clean_cosmic_rays([frame(sky(2) + rays(1))], CosmicConfig(rate_high=50, read_noise=3))
    assert wrong.verdict == "doubtful"
    assert "scatter 1.7 times" in wrong.reasons[0]


@pytest.mark.parametrize(
    ("cards", "config", "words"),
    [
        ({"BUNIT": None}, {}, "BUNIT"),
        ({"BUNIT": "adu"}, {}, "GAIN"),
        ({"BUNIT": "electron/s", "EXPTIME": None}, {}, "exposure time is missing"),
        ({"READNOIS": None}, {}, "READNOIS.*read_noise"),
        ({}, {"noise": "error"}, "no ERR"),
        ({}, {"method": "stack"}, "3 or more"),
    ],
)
def test_what_is_missing_is_asked_for_by_name(cards: dict[str, Any], config: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        clean_cosmic_rays([frame(sky(2), **cards)], CosmicConfig(**config))
    assert caught.value.cure


def test_exposures_that_do_not_belong_together_are_refused() -> None:
    frames, _ = _exposures(3)
    with pytest.raises(InputError, match="3 or more"):
        check_clean(frames[:2])
    with pytest.raises(InputError, match="takes one image"):
        check_clean(frames, CosmicConfig(method="lacosmic"))
    for cards, words in (
        ({"DETECTOR": "IRIS2"}, "DETECTOR"),
        ({"EXPTIME": 5.0}, "EXPTIME"),
        ({"FILTER": "H"}, "FILTER"),
    ):
        with pytest.raises(InputError, match=words):
            check_clean([*frames[:2], frame(sky(2), name="other.fits", **cards)])
    with pytest.raises(InputError, match="size is"):
        check_clean([*frames[:2], frame(sky(2)[:50], name="other.fits")])
    with pytest.raises(InputError, match="4 axes"):
        check_clean([frame(np.zeros((1, 2, 8, 8)))])


def test_nothing_but_nan_gives_no_answer() -> None:
    empty = np.full((SIZE, SIZE), np.nan)
    with pytest.raises(AlgorithmError, match="all are NaN"):
        clean_cosmic_rays([frame(empty)], CosmicConfig())
    with pytest.raises(AlgorithmError, match="all are NaN"):
        clean_cosmic_rays([frame(empty, name=f"{k}.fits") for k in range(3)], CosmicConfig())


@pytest.mark.parametrize("how", ["nan", "flagged"])
def test_an_exposure_without_pixels_is_left_out_and_told(how: str) -> None:
    frames, _ = _exposures(5)
    dark = np.zeros((SIZE, SIZE), np.uint32)
    lost = frame(np.full((SIZE, SIZE), np.nan) if how == "nan" else frames[1].data, dark if how == "nan" else dark + 1)
    four = [frames[0], *frames[2:]]
    alone = clean_cosmic_rays(four, CosmicConfig())
    result = clean_cosmic_rays([frames[0], replace(lost, path=Path("lost.fits")), *frames[2:]], CosmicConfig())
    assert result.reasons[-1] == "lost.fits was left out: all of its pixels are NaN or flagged."
    assert result.verdict == "doubtful"
    assert alone.frame is not None
    assert result.frame is not None
    np.testing.assert_array_equal(result.frame.data, alone.frame.data)
    for name in ("n_pixels", "hit_fraction", "exposure_time_s", "hit_rate_per_cm2_s"):
        assert number(result, name) == number(alone, name)
    # bits stay those of the exposures that were given
    mask, before = result.planes["CRMASK"], alone.planes["CRMASK"]
    assert not np.any(mask & 2)
    np.testing.assert_array_equal(mask & 1, before & 1)
    np.testing.assert_array_equal(mask >> 2, before >> 1)


def test_without_it_too_few_may_be_left() -> None:
    frames, _ = _exposures(3)
    lost = replace(frame(np.full((SIZE, SIZE), np.nan)), path=Path("lost.fits"))
    with pytest.raises(InputError, match="2 are left, and 3 are needed") as caught:
        clean_cosmic_rays([frames[0], lost, frames[2]], CosmicConfig())
    assert caught.value.path == Path("lost.fits")
    assert caught.value.cure


def test_it_is_registered() -> None:
    assert algorithm("clean-cosmic-rays").check is check_clean


def _mask(bits: np.ndarray[Any, Any], **header: Any) -> Frame:
    return Frame(bits.astype(np.float32), dq=bits, header={"DETECTOR": "IRIS1"} | header)


def test_a_map_keeps_hot_pixels_from_being_taken_for_hits() -> None:
    data = np.random.default_rng(4).normal(200, 14, (64, 64)).astype(np.float32)
    data[20, 30] += 3000
    data[40, 10] += 3000
    header = {"DETECTOR": "IRIS1", "BUNIT": "electron", "EXPTIME": 100.0, "READNOIS": 9.0, "SUBARRAY": "CUSTOM"}
    image = Frame(data, header=header | {"SUBSTRT1": 33, "SUBSTRT2": 17, "DETXSIZE": 128, "DETYSIZE": 128})
    bits = np.zeros((128, 128), np.uint32)
    bits[20 + 16, 30 + 32] = flags.HOT
    made = clean_cosmic_rays([image], CosmicConfig(), mask=_mask(bits, SUBARRAY="FULL")).frame
    assert made is not None
    assert made.dq is not None
    assert made.dq[20, 30] == flags.HOT
    assert made.data[20, 30] == data[20, 30]
    assert made.dq[40, 10] & flags.JUMP_DET
    three = [image, Frame(data + np.float32(1), header=image.header), Frame(data - np.float32(1), header=image.header)]
    several = clean_cosmic_rays(three, CosmicConfig(), mask=_mask(bits, SUBARRAY="FULL")).frame
    assert several is not None
    assert several.dq is not None
    assert several.dq[20, 30] == flags.HOT
    assert np.isfinite(several.data[20, 30])


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (_mask(np.zeros((32, 32), np.uint32)), "does not cover"),
        (_mask(np.zeros((64, 64), np.uint32), DETECTOR="IRIS2"), "IRIS2"),
        (Frame(np.zeros((64, 64), np.float32)), "no data-quality bits"),
        (Frame(np.zeros((2, 64, 64), np.float32)), "does not cover"),
    ],
    ids=["size", "detector", "bits", "axes"],
)
def test_a_map_that_does_not_fit_is_refused(mask: Frame, words: str) -> None:
    header = {"DETECTOR": "IRIS1", "BUNIT": "electron", "EXPTIME": 100.0, "READNOIS": 9.0}
    with pytest.raises(InputError, match=words) as caught:
        clean_cosmic_rays([Frame(np.ones((64, 64), np.float32), header=header)], CosmicConfig(), mask=mask)
    assert caught.value.cure
