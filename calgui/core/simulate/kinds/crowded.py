"""A crowded field with a nebula, dithered, and dithered skies beside it: calibrated but for the sky, with errors."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from calgui.core.frames import dq
from calgui.core.simulate.detector import READ_NOISE, FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.noise import expose
from calgui.core.simulate.optics import add_star, vignetting
from calgui.core.simulate.scene import IMAGER, NIGHT, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.telescope import on_sky

SECONDS, STREHL = 100.0, 0.65
START = datetime(2026, 3, 11, 14, 52, 0)
#: dithers in pixels, and how bright the sky was beside the table's
FIELD = ((0, 0, 1.00), (17, -11, 1.04), (-14, 16, 0.97), (9, 19, 1.02), (-18, -13, 1.06))
SKIES = ((0, 0, 1.05), (31, 12, 1.03), (-24, 29, 1.08), (13, -35, 1.01), (-37, -19, 1.04))
#: stars of the field and of the skies on 256 pixels, and their K magnitudes (Vega)
_STARS, _FEW, _BRIGHTEST, _FAINTEST = 130, 9, 24.0, 27.5
#: the nebula: e-/s at its middle, where it is, and the part of what is read within two sigma of it
NEBULA, _PLACE, COVERS = 0.8, (0.4, 0.58), 0.1


def name_of(kind: str, number: int) -> str:
    """File of an exposure.

    Parameters
    ----------
    kind : str
        ``field`` or ``fieldsky``.
    number : int
        From 1.

    Returns
    -------
    str
    """
    return f"iris_{NIGHT}_{kind}_{number:04d}.fits"


def stars(scene: Scene, kind: str) -> list[tuple[float, float, float]]:
    """Stars at no dither: x, y from 0 in what is read, K magnitude.

    Parameters
    ----------
    scene : Scene
        The night.
    kind : str
        As in `name_of`.

    Returns
    -------
    list of tuple
    """
    rng, side = scene.rng(f"stars of {kind}"), scene.lamp.width
    count = round((_STARS if kind == "field" else _FEW) * (side / 256) ** 2)
    # beyond the edge, too: a dither brings some of them in
    places = rng.uniform(-0.15, 1.15, (count, 2)) * side
    magnitudes = rng.uniform(_BRIGHTEST, _FAINTEST, count)
    rows = zip(places[:, 0], places[:, 1], magnitudes, strict=True)
    return [(round(float(x), 3), round(float(y), 3), round(float(m), 3)) for x, y, m in rows]


def objects(scene: Scene, kind: str, dx: float, dy: float) -> FloatMap:
    """Light of stars and nebula through telescope and instrument.

    Parameters
    ----------
    scene : Scene
        The night.
    kind : str
        As in `name_of`.
    dx, dy : float
        Dither, pixels.

    Returns
    -------
    ndarray of float32
        e-/s in what is read.
    """
    side, row = scene.lamp.width, FILTERS["K"]
    image = np.zeros((side, side), np.float32)
    for x, y, magnitude in stars(scene, kind):
        add_star(image, x + dx, y + dy, row.electrons(magnitude), row.wavecen, STREHL)
    if kind == "field":
        y, x = np.mgrid[:side, :side].astype(np.float32)
        away = (x - _PLACE[0] * side - dx) ** 2 + (y - _PLACE[1] * side - dy) ** 2
        image += np.float32(NEBULA) * np.exp(-0.5 * away / np.float32(_sigma(side) ** 2))
    return image * vignetting(scene.size)[scene.lamp.slices]


def sky(scene: Scene, factor: float) -> FloatMap:
    """The sky alone.

    Parameters
    ----------
    scene : Scene
        The night.
    factor : float
        It varies.

    Returns
    -------
    ndarray of float32
        e-/s in what is read.
    """
    return np.float32(FILTERS["K"].sky_rate * factor) * vignetting(scene.size)[scene.lamp.slices]


def _sigma(side: int) -> float:
    return float(np.sqrt(COVERS / np.pi) * side / 2)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for kind, rows, first in (("field", FIELD, 0), ("fieldsky", SKIES, 10)):
        for index, (dx, dy, factor) in enumerate(rows):
            start = (START + timedelta(minutes=first + 2 * index)).isoformat()
            made.append(_exposure(scene, kind, index + 1, start, (dx, dy), factor))
    return made


def _exposure(scene: Scene, kind: str, number: int, start: str, dither: tuple[float, float], factor: float) -> Exposure:
    name, window = name_of(kind, number), scene.lamp
    header = exposure(
        scene, name, "IMAGE" if kind == "field" else "SKY", start, seconds=SECONDS, filter="K", window=window
    )
    header |= on_sky(start, "DEMO FIELD" if kind == "field" else "DEMO SKY")
    header |= {
        "S_DARK": ("COMPLETE", "dark subtraction"),
        "S_FLAT": ("COMPLETE", "flat field division"),
    }
    off = 0.0 if kind == "field" else 30000.0

    def make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
        chip = scene.detector(IMAGER)
        light = sky(scene, factor) + objects(scene, kind, *dither)
        raw, hits = expose(chip, window, light, SECONDS, scene.rng(name), scene.check)
        dark, response = chip.dark_rate[window.slices], chip.response[window.slices]
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(response > 0, (raw - dark) / response, np.float32(0)).astype(np.float32)
            variance = (light * response + dark) / SECONDS + 2 * READ_NOISE**2 / SECONDS**2
            error = np.where(response > 0, np.sqrt(variance) / response, np.float32(0)).astype(np.float32)
        bits = chip.mask()[window.slices]
        for hit in hits:
            bits[hit.y, hit.x] |= np.uint32(dq.JUMP_DET | dq.DO_NOT_USE)
        unit = {"BUNIT": ("electron/s", "unit of the image")}
        place = wcs(scene, dither[0] + off, dither[1], window)
        truth = {
            "dither_pixel": list(dither),
            "sky_rate_e_per_s": round(FILTERS["K"].sky_rate * factor, 6),
            "cosmic_rays": [hit.truth() for hit in hits],
        }
        return (Image("SCI", rate, unit | place), Image("ERR", error, unit), Image("DQ", bits)), truth

    return Exposure(name, header, make)


def _truth(scene: Scene) -> Mapping[str, Any]:
    side = scene.lamp.width
    return {
        "columns": ["x_pixel", "y_pixel", "k_mag_vega", "flux_K_e_per_s"],
        "stars": [[x, y, m, round(FILTERS["K"].electrons(m), 4)] for x, y, m in stars(scene, "field")],
        "stars_of_the_skies": [[x, y, m, round(FILTERS["K"].electrons(m), 4)] for x, y, m in stars(scene, "fieldsky")],
        "positions": "in what is read at no dither, from 0 at the centre of the first pixel; add the dither",
        "nebula": {
            "x_pixel": round(_PLACE[0] * side, 3),
            "y_pixel": round(_PLACE[1] * side, 3),
            "sigma_pixel": round(_sigma(side), 3),
            "peak_e_per_s": NEBULA,
        },
        "strehl": STREHL,
        "fluxes": "before the illumination by the optics, 1 at its brightest; dark and flat are taken out already",
        "science": [name_of("field", number + 1) for number in range(len(FIELD))],
        "skies": [name_of("fieldsky", number + 1) for number in range(len(SKIES))],
    }


KIND = Kind("field", _exposures, truth=_truth)
