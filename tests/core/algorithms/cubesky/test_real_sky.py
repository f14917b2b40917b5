"""The sky of cubes on spectra of the real sky: lines that no list holds, profiles that are no Gaussians."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from scipy.interpolate import CubicSpline, make_interp_spline
from scipy.ndimage import gaussian_filter1d

from calgui.core.algorithms.cubesky import CubeSkyConfig, subtract_cube_sky
from calgui.core.frames.frame import Frame
from tests.core.algorithms.cubesky.skycubes import SkyOf

Floats = npt.NDArray[np.float64]
#: step of the model of Mauna Kea's sky in nm; its header says 0.0200195
STEP = 0.02


@pytest.fixture(scope="module")
def mauna_kea(real_data: Path) -> tuple[Floats, Floats]:
    with fits.open(real_data / "sky" / "mk_skybg_zm_16_15_ph.fits") as hdus:
        light = np.nan_to_num(hdus[0].data.astype(np.float64).ravel())
    return 900 + STEP * np.arange(len(light)), light


def exposed(spectrum: Floats, first: float, step: float, seed: int, side: int = 12) -> Frame:
    light = np.broadcast_to(spectrum[:, None, None], (len(spectrum), side, side))
    error = np.sqrt(light + 15**2)
    noise = np.random.default_rng(seed).standard_normal(light.shape)
    header = SkyOf(first=first, step=step).header()
    return Frame((light + error * noise).astype(np.float32), error.astype(np.float32), None, header)


def pixels_of(wavelength: Floats, light: Floats, first: float, step: float, count: int) -> Callable[[float], Floats]:
    """Light in pixels, for a shift: seen through a Gaussian of 2.1 pixels, integrated exactly."""
    near = (wavelength > first - 20) & (wavelength < first + step * count + 20)
    seen = gaussian_filter1d(light[near], 0.9 * step / STEP)
    total = CubicSpline(wavelength[near] + STEP / 2, np.cumsum(seen) * STEP)
    edges = first + step * (np.arange(count + 1) - 0.5)
    return lambda shift: np.asarray(np.diff(total(edges - shift * step)))


BANDS = {"5 % in H": (1600, 0.2, 300), "Hbb": (1474, 0.163, 2000), "K": (1990, 0.22, 1900), "J": (1170, 0.13, 1230),
         "Y": (1000, 0.1, 1200)}  # fmt: skip


@pytest.mark.parametrize("band", BANDS)
def test_the_sky_of_mauna_kea_leaves_its_noise(mauna_kea: tuple[Floats, Floats], band: str) -> None:
    first, step, count = BANDS[band]
    seen = pixels_of(*mauna_kea, first, step, count)
    unit = 4e4 / seen(0.0).max()
    wavelength = first + step * np.arange(count)
    warm = np.exp(-1.4387769e7 / 280 * (1 / wavelength - 1 / 2400.0))
    science = unit * 1.15 * seen(0.09) + 60 * warm
    result = subtract_cube_sky(
        exposed(science, first, step, 1), exposed(unit * seen(0.0), first, step, 2), CubeSkyConfig()
    )
    assert result.metrics["residual_ratio"].value < 1.15, result.metrics  # type: ignore[operator]
    assert result.metrics["residual_ratio_before"].value > 5  # type: ignore[operator]
    assert result.metrics["shift_pixel"].value == pytest.approx(0.09, abs=0.003)
    assert result.metrics["scale"].value == pytest.approx(1.15, abs=0.01)
    assert result.verdict == "good", result.reasons


def test_a_sky_that_mosfire_saw_leaves_little_more_than_its_noise(real_data: Path) -> None:
    """Lines of a slit: boxes, three pixels wide, with steep sides."""
    table = fits.getdata(real_data / "arcs" / "keck_mosfire_OH_H.fits")
    near = (table["wave"] > 15000) & (table["wave"] < 17800)
    wavelength, light = table["wave"][near].astype(np.float64) / 10, table["flux"][near].astype(np.float64)
    between = make_interp_spline(wavelength, light, 5)
    axis = np.linspace(wavelength[0], wavelength[-1], len(wavelength))
    step = float(axis[1] - axis[0])

    def seen(shift: float, scale: float) -> Floats:
        inside = np.clip(axis - shift * step, wavelength[0], wavelength[-1])
        return np.clip(np.asarray(between(inside)), 0, None) / light.max() * 1e4 * scale + 60

    result = subtract_cube_sky(
        exposed(seen(0.08, 1.2), axis[0], step, 3), exposed(seen(0, 1), axis[0], step, 4), CubeSkyConfig()
    )
    assert result.metrics["residual_ratio"].value < 1.3  # type: ignore[operator]
    assert result.metrics["shift_pixel"].value == pytest.approx(0.08, abs=0.005)
    assert result.metrics["scale"].value == pytest.approx(1.2, abs=0.01)
    assert result.metrics["lsf_fwhm_pixel"].value == pytest.approx(2.9, abs=0.3)
    families = {name for name in result.metrics if name.startswith("scale_") and not name.endswith("error")}
    assert {"scale_3_1", "scale_4_2", "scale_5_3", "scale_6_4"} <= families
