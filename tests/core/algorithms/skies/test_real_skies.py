"""The running sky of five dithered exposures of Keck NIRC2: raw frames with stars, galaxies, and a sky that drifts."""

from pathlib import Path

import numpy as np
import pytest

from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.skies.subtracting import SubtractSkyConfig, subtract_sky
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame


@pytest.fixture(scope="module")
def frames(real_data: Path) -> list[Frame]:
    return [read_frame(real_data / "nirc2" / f"n00{number}.fits.gz") for number in range(31, 36)]


@pytest.fixture(scope="module")
def made(frames: list[Frame]) -> Result:
    return subtract_sky(frames, None, SubtractSkyConfig())


def test_the_pattern_of_flat_and_vignetting_is_gone(frames: list[Frame], made: Result) -> None:
    assert made.frame is not None
    raw, rest = frames[0].data[8:-8, 8:-8], made.frame.data[8:-8, 8:-8]
    # 4 electrons per count; 5,880 counts of sky; what the flat of one per cent leaves in a raw frame is 200 counts
    photons = np.sqrt(5880 / 4)
    assert 1.4826 * np.median(np.abs(raw - np.median(raw))) > 4 * photons
    assert made.metrics["residual_rms"].value == pytest.approx(photons * np.sqrt(1 + 1.16**2 / 4), rel=0.15)
    assert abs(np.nanmedian(rest)) < 0.1 * photons


def test_a_sky_that_drifts_is_said_and_does_not_cover_the_frame_with_sources(made: Result) -> None:
    assert made.verdict == "doubtful"
    assert any("changes its shape" in reason for reason in made.reasons)
    assert made.metrics["source_fraction"].value < 0.1
    assert made.metrics["n_holes"].value < 1e-3 * 1024**2


def test_stars_keep_their_light(frames: list[Frame], made: Result, real_data: Path) -> None:
    """Against photometry with the sky of an annulus in the frame after dark and flat, which needs no sky frame."""
    assert made.frame is not None
    dark, flat = (
        read_frame(real_data / "nirc2" / f"{name}.fits.gz").data for name in ("drk_80_1_16_11apr", "flat_Ks_W_11apr")
    )
    flat = np.where(flat > 0.3, flat, np.nan)
    images = [(frames[0].data - dark) / flat, made.frame.data / flat]
    places = np.loadtxt(real_data / "nirc2" / "n0031.stars.txt")[:, :2] - 1
    y, x = np.mgrid[:1024, :1024]
    fluxes = []
    for cx, cy in places:
        if 40 < cx < 984 and 40 < cy < 984:
            away = np.hypot(x - cx, y - cy)
            inside, around = away < 4, (away > 8) & (away < 16)
            fluxes.append([float(np.nansum(image[inside] - np.nanmedian(image[around]))) for image in images])
    before, after = np.array(fluxes).T
    assert len(before) > 30
    brightest = before > 1e5
    assert (after / before)[brightest] == pytest.approx(1, abs=0.015)
    assert (after / before)[before > 1e4] == pytest.approx(1, abs=0.08)
    lost = (before - after)[~brightest]
    assert abs(np.mean(lost)) < 3 * np.std(lost) / np.sqrt(lost.size)
    assert abs(np.mean(lost)) < 0.1 * np.mean(before[~brightest])
