"""The algorithms of the detector on the demo night, on the command line, held to the truth that was put in.

Tolerances are those of the physics: errors of the products themselves, or what the number of frames allows.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from calgui.core.simulate.detector import Detector
from calgui.core.simulate.kinds.sky import sky_light
from calgui.core.simulate.scene import IMAGER, Scene
from tests.cli.nights import ACTIVE, exposures, run

NIGHT = "iris_20260311"


def hits(truth: Mapping[str, Any], name: str, shape: tuple[int, int], least: float = 0.0) -> np.ndarray[Any, Any]:
    """Pixels that cosmic rays hit, with so many electrons or more."""
    made = np.zeros(shape, bool)
    for hit in truth["frames"][name]["cosmic_rays"]:
        for x, y, electrons in hit["pixels"]:
            made[y, x] |= electrons >= least
    return made


def pulls(path: Path, rate: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    with fits.open(path) as hdus:
        good = (hdus["DQ"].data[ACTIVE] & dq.DO_NOT_USE) == 0
        return ((hdus["SCI"].data - rate) / hdus["ERR"].data)[ACTIVE][good]


@pytest.fixture(scope="module")
def derived(demo_night: DemoNight, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Coefficients from the night's own ramps of the lamp."""
    out = folder / "nonlinearity.fits"
    lamp = exposures(demo_night, "lampramp", 1, 2, 3, 4)
    return out, run("derive-nonlinearity", *lamp, "--cache", demo_night.cache, "-o", out)


def test_the_non_linearity_is_derived(derived: tuple[Path, dict[str, Any]], truth: Mapping[str, Any]) -> None:
    """Corrected to 0.2 % up to 80 % of saturation, and pixels that do not differ are not made to."""
    path, document = derived
    assert document["verdict"] == "good"
    assert document["metrics"]["saturation_adu"] == pytest.approx(
        truth["kinds"]["lampramp"]["saturation_e"] / 2, rel=0.03
    )
    with fits.open(path) as hdus:
        planes = hdus["COEFFS"].data[:, 4:-4, 4:-4].astype(np.float64)
    true = truth["kinds"]["pipeline"]["nonlinearity"]
    for part in (0.1, 0.3, 0.5, 0.7, 0.8):
        x = part * truth["noise"]["full_well_e"] / truth["noise"]["gain_e_per_adu"]
        found = sum(plane * x**power for power, plane in enumerate(planes))
        wrong = (1 + found) / (1 + sum(value * x**power for power, value in enumerate(true))) - 1
        assert abs(np.median(wrong)) < 4e-4
        assert np.quantile(np.abs(wrong), 0.999) < 1e-3
        assert np.std(wrong) < 3.5e-4


@pytest.mark.parametrize("source", ["selected", "derived", "none"])
def test_bright_ramps_give_the_true_rate(
    demo_night: DemoNight, detector: Detector, derived: tuple[Path, dict[str, Any]], folder: Path, source: str
) -> None:
    """By the coefficients that the rules select, and by those that were derived; without any it shows, and is said."""
    out = folder / f"bright-{source}.fits"
    using = {
        "selected": ("--cache", demo_night.cache),
        "derived": ("--reference", f"NONLINCOEFF={derived[0]}"),
        "none": (),
    }
    document = run("fit-ramp", *exposures(demo_night, "lampramp", 1), *using[source], "-o", out)
    pull = pulls(out, 4500.0 * detector.response + detector.dark_rate)
    with fits.open(out) as hdus:
        worst = np.median(hdus["SCI"].data[ACTIVE] / (4500.0 * detector.response + detector.dark_rate)[ACTIVE]) - 1
    if source == "none":
        assert worst < -0.01
        assert document["verdict"] == "doubtful"
        assert "bend" in " ".join(document["reasons"])
        return
    assert len(document["references"]) == 1
    assert abs(worst) < (2e-4 if source == "selected" else 1e-3)
    assert np.std(pull) == pytest.approx(1, abs=0.03)
    assert "bend" not in " ".join(document["reasons"])


@pytest.mark.parametrize("method", ["optimal", "utr", "cds", "mcds"])
def test_ramps_of_the_sky_give_the_true_rate(
    demo_night: DemoNight, scene: Scene, detector: Detector, truth: Mapping[str, Any], folder: Path, method: str
) -> None:
    out = folder / f"sky-{method}.fits"
    (path,) = exposures(demo_night, "skyramp", 1)
    document = run("fit-ramp", path, "-p", f"method={method}", "--cache", demo_night.cache, "-o", out)
    light = sky_light(scene, "K")[scene.ramp.slices]
    pull = pulls(out, light * detector.response + detector.dark_rate)
    # amplifiers and rows share noise of their own beside that of the pixels
    assert abs(np.mean(pull)) < 0.05
    assert 1.4826 * np.median(np.abs(pull - np.median(pull))) == pytest.approx(1, abs=0.03)
    assert document["metrics"]["read_noise_e"] == pytest.approx(9.13, rel=0.03)
    if method == "optimal":
        with fits.open(out) as hdus:
            jumps = (hdus["DQ"].data & dq.JUMP_DET) != 0
        true = hits(truth, path.name, jumps.shape)
        assert jumps[hits(truth, path.name, jumps.shape, 100.0)].all()
        assert np.count_nonzero(jumps & ~true) < 1e-4 * jumps.size * document["metrics"]["n_reads"]


def test_gain_and_read_noise_by_photon_transfer(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    document = run("photon-transfer", *exposures(demo_night, "lampramp", *range(1, 8)), "--cache", demo_night.cache)
    metrics, noise = document["metrics"], truth["noise"]
    assert metrics["gain_e_per_adu"] == pytest.approx(noise["gain_e_per_adu"], rel=0.01)
    assert abs(metrics["gain_e_per_adu"] - noise["gain_e_per_adu"]) < 3 * metrics["gain_error_e_per_adu"]
    # of all that makes two neighbours differ: the pixels' noise alone, for rows and amplifiers are shared
    every = np.hypot(noise["read_noise_e"], noise["row_noise_e"])
    assert noise["read_noise_e"] * 0.99 < metrics["read_noise_e"] < every * 1.01
    assert document["verdict"] == "good"


def test_dark_current_and_glow(
    demo_night: DemoNight, detector: Detector, truth: Mapping[str, Any], folder: Path
) -> None:
    out = folder / "series.fits"
    document = run(
        "dark-series", *exposures(demo_night, "glowdark", *range(1, 10)), "--cache", demo_night.cache, "-o", out
    )
    metrics, glow = document["metrics"], truth["kinds"]["glow"]
    assert document["verdict"] == "good"
    assert metrics["median_rate_e_per_s"] == pytest.approx(np.median(detector.dark_rate[detector.active]), abs=4e-4)
    assert metrics["glow_e"] == pytest.approx(glow["median_glow_e_per_read"], rel=0.03)
    # rows share noise, and few of them at the low frequencies: a percent from night to night
    noise = truth["noise"]
    every = np.sqrt(noise["read_noise_e"] ** 2 + noise["row_noise_e"] ** 2 + noise["channel_noise_e"] ** 2)
    assert metrics["read_noise_e"] == pytest.approx(every, rel=0.015)
    pull = pulls(out, detector.dark_rate)
    assert abs(np.mean(pull)) < 0.08
    assert np.std(pull) == pytest.approx(1, abs=0.05)
    with fits.open(out) as hdus:
        corner = hdus["GLOW"].data[4:20, 4:20]
    axis = (np.arange(4, 20) + 0.0) / truth["size"]
    true = glow["glow_e_per_read"] + glow["corner_glow_e_per_read"] * np.exp(-(axis[:, None] + axis) / 0.08)
    assert np.median(corner - true) == pytest.approx(0, abs=0.03)


def test_the_bad_pixel_map_finds_what_is_bad(demo_night: DemoNight, truth: Mapping[str, Any], folder: Path) -> None:
    out = folder / "mask.fits"
    frames = exposures(demo_night, "dark", *range(1, 10)) + exposures(demo_night, "flat", *range(1, 6))
    document = run("bad-pixel-map", *frames, "--cache", demo_night.cache, "-o", out)
    with fits.open(out) as hdus:
        bits = hdus["DQ"].data
    sigma = np.sqrt(2 * 9.0**2 + 2.5) / 100 / 3  # of nine darks of 100 s, two reads each
    excess = np.zeros(bits.shape)
    for x, y, rate in truth["detectors"][IMAGER]["hot"]:
        excess[y, x] = rate
    found = (bits & (dq.HOT | dq.WARM)) != 0
    assert found[excess > 10 * sigma].mean() > 0.99
    assert (excess[found] > 5 * sigma).mean() > 0.99
    assert ((bits & dq.HOT) != 0)[excess > 15 * sigma].mean() > 0.99
    dead = {(y, x) for x, y in truth["detectors"][IMAGER]["dead"]}
    assert {tuple(place) for place in np.argwhere((bits & dq.DEAD) != 0).tolist()} == dead
    assert document["comparison"]["status"] == "compared"
    assert document["metrics"]["n_dead"] == len(dead)


def test_the_map_in_use_is_converted_and_stays_as_it_is(demo_night: DemoNight, folder: Path) -> None:
    mask = demo_night.cache / "references" / "tmt" / "iris" / "tmt_iris_mask_0001.fits"
    out = folder / "converted.fits"
    document = run("convert-mask", mask, "-o", out)
    assert document["verdict"] == "good"
    np.testing.assert_array_equal(fits.getdata(out, "DQ"), fits.getdata(mask, "DQ"))


def test_cosmic_rays_of_one_image(demo_night: DemoNight, truth: Mapping[str, Any], folder: Path) -> None:
    """The map that the rules select keeps hot pixels from being taken for hits."""
    found = []
    for number in (1, 2):
        out = folder / f"cosmic-{number}.fits"
        (path,) = exposures(demo_night, "image", number)
        document = run("clean-cosmic-rays", path, "--cache", demo_night.cache, "-o", out)
        assert [item["type"] for item in document["references"]] == ["mask"]
        with fits.open(out) as hdus, fits.open(path) as before:
            cleaned = (hdus["DQ"].data & dq.JUMP_DET) != 0
            changed = hdus["SCI"].data != before["SCI"].data
            bad = (hdus["DQ"].data & (dq.HOT | dq.DEAD)) != 0
        np.testing.assert_array_equal(cleaned, changed & cleaned)
        found.append(cleaned[hits(truth, path.name, cleaned.shape, 150.0) & ~bad])
        assert np.count_nonzero(cleaned & ~hits(truth, path.name, cleaned.shape)) <= 15
        assert document["verdict"] == "good"
    assert np.concatenate(found).mean() >= 0.8  # a small image may have no hit at all


def test_cosmic_rays_of_several_exposures(demo_night: DemoNight, truth: Mapping[str, Any], folder: Path) -> None:
    out = folder / "stack.fits"
    paths = exposures(demo_night, "dark", *range(1, 10))
    document = run("clean-cosmic-rays", *paths, "--cache", demo_night.cache, "-o", out)
    with fits.open(out) as hdus:
        mask = hdus["CRMASK"].data
    missed = found = false = 0
    for place, path in enumerate(paths):
        flagged = (mask >> place) & 1 != 0
        strong, any_hit = (hits(truth, path.name, mask.shape, least)[ACTIVE] for least in (120.0, 0.0))
        found += np.count_nonzero(flagged[ACTIVE] & strong)
        missed += np.count_nonzero(~flagged[ACTIVE] & strong)
        false += np.count_nonzero(flagged[ACTIVE] & ~any_hit)
    assert found > 0.95 * (found + missed)
    assert false < 1e-4 * mask.size * len(paths)
    assert document["metrics"]["n_pixels"] == np.count_nonzero(np.unpackbits(mask.astype(">u4").view(np.uint8)))


def test_the_trend_of_the_darks_in_the_cache(demo_night: DemoNight) -> None:
    folder = demo_night.cache / "references" / "tmt" / "iris"
    document = run("dark-trend", *(folder / f"tmt_iris_dark_{number:04d}.fits" for number in (1, 4, 5)))
    assert document["metrics"]["median_rate_e_per_s"] == pytest.approx(0.025, abs=0.002)
