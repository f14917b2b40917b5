"""Cubes of a fiber in white light: the instrument's own dispersion draws its image out along a smooth curve."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import DARK_RATE, READ_NOISE
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.optics import add_spot
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER

Floats = npt.NDArray[np.float64]

SECONDS = 20.0
SHAPE = (32, 40, 48)  # wavelengths, y, x
FIRST_UM, STEP_UM = 1.48, 0.01
SPAXEL_MAS = 9.0
#: where the fiber stands in each cube at the middle of the planes, spaxels from 0
PLACES = ((23.6, 19.3), (9.2, 8.4), (38.5, 9.7), (24.8, 31.2))
#: spaxels of prisms, whose index goes with the inverse square of the wavelength, along x and y; of a lens, whose
#: lateral color goes with its fourth power, along x; of a grating that bends, along y
PRISM, LENS, BEND = (8.4, -3.2), 0.9, 42.0
#: relative change of the curve from the middle of the field to its edge in x
SPREADS = 0.12
RATE = 900.0  # e-/s and plane at the lamp's brightest
SIGMA = 1.15  # spaxels at the middle wavelength, growing with it
_EXTRACTED = 3


def wavelengths() -> Floats:
    """Of the planes, µm."""
    return np.round(FIRST_UM + STEP_UM * np.arange(SHAPE[0]), 6)


def places(number: int) -> tuple[Floats, Floats]:
    """Where the fiber's image is.

    Parameters
    ----------
    number : int
        Index into `PLACES`.

    Returns
    -------
    tuple of ndarray of float64
        x, y in each plane, spaxels from 0.
    """
    x, y = PLACES[number]
    factor = 1 + SPREADS * (2 * x / (SHAPE[2] - 1) - 1)
    waves = wavelengths()
    ratio = waves / waves.mean()
    along_x = PRISM[0] * (1 - ratio**-2) + LENS * (ratio**4 - 1)
    along_y = PRISM[1] * (1 - ratio**-2) + BEND * (ratio - 1) ** 2
    return np.asarray(x + factor * along_x), np.asarray(y + factor * along_y)


def name_of(number: int) -> str:
    """File of one cube.

    Parameters
    ----------
    number : int
        Index into `PLACES`.

    Returns
    -------
    str
    """
    return f"iris_{NIGHT}_fibercube_{number + 1:04d}.fits"


def _make(scene: Scene, number: int) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    rng, waves = scene.rng(name_of(number)), wavelengths()
    middle = float(waves.mean())
    light = np.zeros(SHAPE, np.float32)
    for plane, wave, x, y in zip(light, waves.tolist(), *(one.tolist() for one in places(number)), strict=True):
        # a lamp of 3,000 K is fainter at the blue end, and the coating at the red one
        add_spot(plane, x, y, RATE * (1 - 4.0 * (wave - middle) ** 2), SIGMA * wave / middle)
    variance = (light + _EXTRACTED * DARK_RATE) / SECONDS + _EXTRACTED * 2 * READ_NOISE**2 / SECONDS**2
    error = np.sqrt(variance).astype(np.float32)
    data = light + error * rng.standard_normal(SHAPE, dtype=np.float32)
    unit = {"BUNIT": ("electron/s", "in one spaxel and one plane")}
    axis = {
        "CTYPE3": ("WAVE", "wavelength in vacuum"),
        "CUNIT3": ("um", "unit"),
        "CRVAL3": (FIRST_UM, "[um] of the first plane"),
        "CRPIX3": (1.0, "first plane"),
        "CD3_3": (STEP_UM, "[um] per plane"),
    }
    hdus = (
        Image("SCI", data.astype(np.float32), unit | axis),
        Image("ERR", error, unit),
        Image("DQ", np.zeros(SHAPE, np.uint32)),
    )
    return hdus, {}


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for number in range(len(PLACES)):
        name = name_of(number)
        header = exposure(
            scene,
            name,
            "FIBER",
            f"2026-03-11T02:{44 + 2 * number}:00",
            seconds=SECONDS,
            filter=BAND,
            detector=SPECTROGRAPH,
            lamp="WHITE",
            grating=DISPERSER,
        )
        header["SCALE"] = (SPAXEL_MAS / 1000, "[arcsec] per pixel or spaxel")
        made.append(Exposure(name, header, lambda scene, number=number: _make(scene, number)))  # type: ignore[misc]
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    cubes = []
    for number in range(len(PLACES)):
        x, y = places(number)
        shift = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :]).max()
        cubes.append(
            {
                "file": name_of(number),
                "x_pixel": np.round(x, 6).tolist(),
                "y_pixel": np.round(y, 6).tolist(),
                "largest_shift_pixel": round(float(shift), 6),
            }
        )
    row = FILTERS[BAND]
    return {
        "cubes": cubes,
        "wavelength_um": wavelengths().tolist(),
        "band_um": [row.wavemin, row.wavemax],
        "sigma_pixel": SIGMA,
        "sigma_meaning": "at the middle of the planes; it grows as the wavelength does",
        "rate_e_per_s": RATE,
    }


KIND = Kind("fibercube", _exposures, truth=_truth)
