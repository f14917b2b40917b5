"""Cubes of a fiber in white light: the instrument's own dispersion draws its image out along a smooth curve."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import FIRST, cube_hdus, image_reference, reference_name
from calgui.core.simulate.kinds.spectra import MODE, spectrograph_rules
from calgui.core.simulate.optics import add_spot
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Columns, Exposure, Hdu, Kind, Reference, Scene
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
#: how strong the prisms were when the reference in the cache was made
BEFORE = 0.97
RATE = 900.0  # e-/s and plane at the lamp's brightest
SIGMA = 1.15  # spaxels at the middle wavelength, growing with it


def wavelengths() -> Floats:
    """Of the planes, µm."""
    return np.round(FIRST_UM + STEP_UM * np.arange(SHAPE[0]), 6)


def places(number: int, prism: float = 1.0) -> tuple[Floats, Floats]:
    """Where the fiber's image is.

    Parameters
    ----------
    number : int
        Index into `PLACES`.
    prism : float
        How strong the prisms are, against what they are tonight.

    Returns
    -------
    tuple of ndarray of float64
        x, y in each plane, spaxels from 0.
    """
    x, y = PLACES[number]
    factor = 1 + SPREADS * (2 * x / (SHAPE[2] - 1) - 1)
    waves = wavelengths()
    ratio = waves / waves.mean()
    along_x = prism * PRISM[0] * (1 - ratio**-2) + LENS * (ratio**4 - 1)
    along_y = prism * PRISM[1] * (1 - ratio**-2) + BEND * (ratio - 1) ** 2
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
    axis = {
        "CTYPE3": ("WAVE", "wavelength in vacuum"),
        "CUNIT3": ("um", "unit"),
        "CRVAL3": (FIRST_UM, "[um] of the first plane"),
        "CRPIX3": (1.0, "first plane"),
        "CD3_3": (STEP_UM, "[um] per plane"),
    }
    return cube_hdus(light, SECONDS, rng, axis), {}


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
            spaxel_arcsec=SPAXEL_MAS / 1000,
        )
        made.append(Exposure(name, header, lambda scene, number=number: _make(scene, number)))  # type: ignore[misc]
    return made


def _before(scene: Scene) -> tuple[Columns, Columns]:
    """What the reference says: the places of another day, without noise."""
    waves = wavelengths()
    middle = float(waves.mean())
    parts: dict[str, list[Any]] = {
        name: [] for name in ("input", "fiber", "wavelength", "x", "y", "shift_x", "shift_y", "error_x", "error_y")
    }
    ends, at = [], []
    for number in range(len(PLACES)):
        x, y = places(number, BEFORE)
        here = [float(np.interp(middle, waves, one)) for one in (x, y)]
        one = np.full(len(waves), number + 1, np.int32)
        error = np.full(len(waves), 0.002)
        values = (one, one, waves, x, y, x - here[0], y - here[1], error, error)
        for name, value in zip(parts, values, strict=True):
            parts[name].append(value)
        at.append(here)
        ends.append((x[-1] - x[0], y[-1] - y[0]))
    index = np.arange(1, len(PLACES) + 1, dtype=np.int32)
    (x0, y0), (end_x, end_y) = np.transpose(at), np.transpose(ends)
    pixels = dict.fromkeys(("x", "y", "shift_x", "shift_y", "error_x", "error_y", "end_x", "end_y"), "pixel")
    fibers = {"fiber": index, "input": index, "x": x0, "y": y0, "end_x": end_x, "end_y": end_y}
    return (
        Columns(
            "TRACE",
            {name: np.concatenate(values) for name, values in parts.items()},
            {name: unit for name, unit in pixels.items() if name in parts} | {"wavelength": "um"},
        ),
        Columns("FIBERS", fibers, {name: unit for name, unit in pixels.items() if name in fibers}),
    )


def _references(scene: Scene) -> Sequence[Reference]:
    extra = {
        **MODE,
        "INSREFW": (round(float(wavelengths().mean()), 6), "[um] wavelength that shifts are counted from"),
        "INSFROM": ("planes", "wavelengths: planes, filters or traces"),
    }
    return (
        image_reference(
            1,
            "INSDISP",
            FIRST,
            "Places of four white-light fibers by wavelength",
            _before,
            detector=SPECTROGRAPH,
            extra=extra,
        ),
    )


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
        "reference": reference_name("INSDISP", 1),
        "reference_meaning": f"places of another day, with prisms {BEFORE} times as strong, from the middle wavelength",
    }


KIND = Kind("fibercube", _exposures, _references, lambda scene: spectrograph_rules("INSDISP"), _truth)
