"""Persistence: bright stars, darks after them in which their traps let go of charge, and a faint field after those."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from calgui.core.frames import dq
from calgui.core.simulate import detector as chip
from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import OPAQUE, exposure, wcs
from calgui.core.simulate.noise import expose
from calgui.core.simulate.optics import add_star, vignetting
from calgui.core.simulate.scene import IMAGER, NIGHT, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.telescope import on_sky

TAU, FRACTION, SCATTER = 400.0, 0.006, 0.1  # s; part of the electrons that is trapped; by which part pixels differ
BRIGHT_SECONDS, SECONDS, PAUSE, DARKS = 20.0, 60.0, 10.0, 5
START = datetime(2026, 3, 11, 14, 40, 0)
STREHL = 0.65
#: bright stars: place as part of the side of what is read, and e-/s in K
STARS = ((0.30, 0.62, 3.0e6), (0.71, 0.34, 1.2e6), (0.55, 0.80, 5.0e5))
#: the faint star of the field behind them, and of no other frame
FAINT = (0.45, 0.45, 2.0e4)


def name_of(number: int) -> str:
    """File of an exposure.

    Parameters
    ----------
    number : int
        1 the stars, then the darks, the last one the faint field.

    Returns
    -------
    str
    """
    return f"iris_{NIGHT}_persist_{number:04d}.fits"


def seconds_of(number: int) -> tuple[float, float]:
    """Start of an exposure, from the end of the bright stars, and its length.

    Parameters
    ----------
    number : int
        As in its name.

    Returns
    -------
    tuple of float
        Seconds.
    """
    if number == 1:
        return -BRIGHT_SECONDS, BRIGHT_SECONDS
    return PAUSE + (number - 2) * (SECONDS + PAUSE), SECONDS


def afterglow(scene: Scene, number: int) -> FloatMap:
    """What the traps of each pixel let go of during an exposure.

    Parameters
    ----------
    scene : Scene
        The night.
    number : int
        As in its name, from 2.

    Returns
    -------
    ndarray of float32
        Mean rate, e-/s; electrons come by chance.
    """
    start, length = seconds_of(number)
    filled = np.minimum(_light(scene, STARS) * _response(scene) * BRIGHT_SECONDS, chip.FULL_WELL)
    filled = filled * FRACTION * np.exp(SCATTER * scene.rng("traps").standard_normal(filled.shape))
    left, later = (filled * 2.0 ** (-time / (TAU * np.log(2))) for time in (start, start + length))
    return np.asarray((left - later) / length, np.float32)


def _side(scene: Scene) -> int:
    return scene.ramp.width


def _response(scene: Scene) -> FloatMap:
    return scene.detector(IMAGER).response[scene.ramp.slices]


def _light(scene: Scene, stars: Sequence[tuple[float, float, float]]) -> FloatMap:
    """Light of some stars and their sky, e-/s."""
    side, row = _side(scene), FILTERS["K"]
    image = np.full((side, side), row.sky_rate, np.float32)
    for x, y, flux in stars:
        add_star(image, x * side, y * side, flux, row.wavecen, STREHL)
    return image


def _faint(scene: Scene) -> FloatMap:
    return _light(scene, [FAINT]) * vignetting(scene.size)[scene.ramp.slices]


def _exposures(scene: Scene) -> Sequence[Exposure]:
    return [_exposure(scene, number) for number in range(1, DARKS + 3)]


def _exposure(scene: Scene, number: int) -> Exposure:
    name = name_of(number)
    start, seconds = seconds_of(number)
    dark = 1 < number <= DARKS + 1
    begin = START + timedelta(seconds=BRIGHT_SECONDS + start)
    header = exposure(
        scene,
        name,
        "DARK" if dark else "IMAGE",
        begin.isoformat(),
        seconds=seconds,
        filter=OPAQUE if dark else "K",
        window=scene.ramp,
    )
    if not dark:
        header |= on_sky(begin.isoformat())

    def make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
        light = _light(scene, STARS) if number == 1 else None if dark else _faint(scene)
        rate, hits = expose(scene.detector(IMAGER), scene.ramp, light, seconds, scene.rng(name), scene.check)
        truth: dict[str, Any] = {"cosmic_rays": [hit.truth() for hit in hits]}
        place = {} if dark else wcs(scene, window=scene.ramp)
        hdus: list[Hdu] = [Image("SCI", rate, {"BUNIT": ("electron/s", "unit of the image"), **place})]
        if number == 1:
            full = rate * seconds > chip.FULL_WELL - 100
            hdus.append(Image("DQ", np.where(full, np.uint32(dq.SATURATED), np.uint32(0))))
        else:
            glow = afterglow(scene, number)
            rate += scene.rng(f"{name} glow").poisson(glow * seconds).astype(np.float32) / np.float32(seconds)
            truth["afterglow_e_per_s"] = {"largest": round(float(glow.max()), 6), "sum": round(float(glow.sum()), 4)}
        return hdus, truth

    return Exposure(name, header, make)


def _truth(scene: Scene) -> Mapping[str, Any]:
    side = _side(scene)
    return {
        "bright": name_of(1),
        "darks": [name_of(number) for number in range(2, DARKS + 2)],
        "faint_field": name_of(DARKS + 2),
        "columns": ["x_pixel", "y_pixel", "flux_e_per_s"],
        "stars": [[round(x * side, 3), round(y * side, 3), flux] for x, y, flux in STARS],
        "faint_star": [round(FAINT[0] * side, 3), round(FAINT[1] * side, 3), FAINT[2]],
        "tau_s": TAU,
        "amplitude_fraction": FRACTION,
        "scatter": SCATTER,
        "full_well_e": chip.FULL_WELL,
        "law": "electrons at the end of the bright exposure, up to a full well, times fraction, decay as exp(-t / tau)",
    }


KIND = Kind("persistence", _exposures, truth=_truth)
