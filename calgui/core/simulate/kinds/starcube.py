"""A reduced cube of a PSF star through lenslets of 4 mas: its image grows with wavelength, its Strehl ratio too."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import DARK_RATE, READ_NOISE
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import cube_axes, exposure
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER
from calgui.core.simulate.starlight import Measures, add_light, measures, star_light
from calgui.core.simulate.telescope import on_sky

CUBE = f"iris_{NIGHT}_starcube_0001.fits"
START, SECONDS = "2026-03-11T12:40:00", 300.0
SHAPE = (16, 60, 64)  # wavelengths, y, x
FIRST_UM, STEP_UM = 1.49, 0.02
SPAXEL_MAS, KNOWN = 4.0, 512
#: where the star is, in spaxels from 0, and how it moves from the first plane to the last: air before the ADC
MIDDLE, DRIFT = (31.3, 28.6), (0.42, -0.25)
RESIDUAL_NM = 190.0
RATE = 6000.0  # e-/s and plane over all
#: within which flux is counted for the Strehl ratio: the cube is 240 mas high
RADIUS_MAS = 100.0
_EXTRACTED = 3
#: part of the sky that was subtracted
_SKY_TAKEN = 0.97


def wavelengths() -> list[float]:
    """Of the planes, µm."""
    return [round(FIRST_UM + STEP_UM * plane, 4) for plane in range(SHAPE[0])]


def places() -> list[tuple[float, float]]:
    """Where the star is in each plane: x, y in spaxels from 0."""
    along = np.linspace(0, 1, SHAPE[0])
    return [(round(MIDDLE[0] + DRIFT[0] * t, 4), round(MIDDLE[1] + DRIFT[1] * t, 4)) for t in along.tolist()]


@cache
def _planes() -> tuple[npt.NDArray[np.float32], tuple[Measures, ...]]:
    """Part of the star's light in each spaxel, and what it is in each plane."""
    turn = on_sky(START)["PROTANG"][0]
    cube, made = np.zeros(SHAPE, np.float32), []
    for plane, wave, (x, y) in zip(cube, wavelengths(), places(), strict=True):
        strehl = float(np.exp(-((2 * np.pi * RESIDUAL_NM / (wave * 1e3)) ** 2)))
        light = star_light((wave, wave), strehl, turn, pixel_mas=SPAXEL_MAS, pixels=KNOWN)
        add_light(plane, x, y, 1.0, light)
        made.append(measures(light, RADIUS_MAS))
    cube.flags.writeable = False
    return cube, tuple(made)


def _sky() -> float:
    """e-/s of one spaxel and plane."""
    row = FILTERS[BAND]
    return row.sky_rate * (SPAXEL_MAS / 4) ** 2 * STEP_UM / (row.wavemax - row.wavemin)


def _make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    rng = scene.rng(CUBE)
    light = RATE * _planes()[0] + np.float32(_sky())
    variance = (light + _EXTRACTED * DARK_RATE) / SECONDS + _EXTRACTED * 2 * READ_NOISE**2 / SECONDS**2
    error = np.sqrt(variance).astype(np.float32)
    # a sky of the same night was subtracted, which is known to some per cent
    light -= np.float32(_SKY_TAKEN * _sky())
    data = light + error * rng.standard_normal(SHAPE, dtype=np.float32)
    unit = {"BUNIT": ("electron/s", "in one spaxel and one plane")}
    hdus = (
        Image("SCI", data.astype(np.float32), unit | cube_axes(MIDDLE, SPAXEL_MAS / 1000, FIRST_UM, STEP_UM, "um")),
        Image("ERR", error, unit),
        Image("DQ", np.zeros(SHAPE, np.uint32)),
    )
    return hdus, {}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(
        scene, CUBE, "PSFSTAR", START, seconds=SECONDS, filter=BAND, detector=SPECTROGRAPH, grating=DISPERSER
    )
    header["SCALE"] = (SPAXEL_MAS / 1000, "[arcsec] per pixel or spaxel")
    header |= {
        "S_BKDSUB": ("COMPLETE", "sky subtraction"),
        "SKYSCALE": (_SKY_TAKEN, "factor that the sky was multiplied by"),
        "SKYOFFS": (0.0, "[electron/s] constant subtracted"),
        "SKYLEVEL": (round(_SKY_TAKEN * _sky(), 8), "[electron/s] median of what was subtracted"),
    }
    return (Exposure(CUBE, header | on_sky(START, "DEMO PSFSTAR"), _make),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    rows = zip(wavelengths(), places(), _planes()[1], strict=True)
    return {
        "file": CUBE,
        "unit": "electron/s in one spaxel and one plane",
        "flux_e_per_s": RATE,
        "residual_wavefront_nm": RESIDUAL_NM,
        "sky_e_per_s": round(_sky(), 6),
        "sky_subtracted_e_per_s": round(_SKY_TAKEN * _sky(), 6),
        "planes": [{"wavelength_um": wave, "x_pixel": x, "y_pixel": y, **one.truth()} for wave, (x, y), one in rows],
    }


KIND = Kind("starcube", _exposures, truth=_truth)
