"""PSF stars through other filters, down to a Strehl ratio of 0.1, and a field of stars far from the guide stars."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.kinds.onestar import Star, light_through, star_exposure, star_truth
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import NIGHT, Exposure, Kind, Scene
from calgui.core.simulate.starlight import StarLight, add_light, measures
from calgui.core.simulate.telescope import on_sky

SECONDS = 10.0
#: the first is in `calgui.core.simulate.kinds.stars`
SINGLES = (
    Star("psfstar", 2, "2026-03-11T13:50:00", "H", 16.4, 0.5, SECONDS, (-9.38, 2.73)),
    Star("psfstar", 3, "2026-03-11T13:51:00", "J", 15.8, 0.3, SECONDS, (-4.84, 7.44)),
    Star("psfstar", 4, "2026-03-11T13:52:00", "Z", 14.9, 0.1, SECONDS, (-8.71, -1.92)),
)

FIELD = f"iris_{NIGHT}_starfield_0001.fits"
FIELD_START = "2026-03-11T13:56:00"
#: stars of the field, its ratios in the middle and in the corners, fluxes in e-/s
STARS, NEAR, FAR = 30, 0.65, 0.40
_FAINTEST, _BRIGHTEST, _SATURATED = 2.0e3, 1.1e5, 1.5e6
#: companions: pixels from the star before them, and their flux beside its
_COMPANIONS = ((9.0, 0.5), (14.0, 0.2), (22.0, 1.0))


def field(scene: Scene) -> list[tuple[float, float, float, float]]:
    """The stars of the field.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    list of tuple
        x, y from 0, e-/s, and the part of its light that came through the corner's air.
    """
    rng, size = scene.rng("star field"), scene.size
    flux = np.exp(rng.uniform(np.log(_FAINTEST), np.log(_BRIGHTEST), STARS))
    flux[0] = _SATURATED
    x, y = rng.uniform(0.07, 0.93, (2, STARS)) * size
    for index, (apart, relative) in enumerate(_COMPANIONS, start=1):
        star, turn = 2 * index, rng.uniform(0, 2 * np.pi)
        flux[star] = 0.6 * _BRIGHTEST
        flux[star + 1] = relative * flux[star]
        x[star] = np.clip(x[star], 0.15 * size, 0.85 * size)
        y[star] = np.clip(y[star], 0.15 * size, 0.85 * size)
        x[star + 1], y[star + 1] = x[star] + apart * np.cos(turn), y[star] + apart * np.sin(turn)
    middle = (size - 1) / 2
    part = np.hypot(x - middle, y - middle) / (np.sqrt(2) * middle)
    rows = zip(x, y, flux, part, strict=True)
    return [(round(float(a), 3), round(float(b), 3), round(float(f), 2), round(float(p), 5)) for a, b, f, p in rows]


def _airs() -> tuple[StarLight, StarLight]:
    return light_through("K", NEAR, FIELD_START), light_through("K", FAR, FIELD_START)


def _field_light(scene: Scene) -> FloatMap:
    near, far = _airs()
    image = np.full((scene.size, scene.size), FILTERS["K"].sky_rate, np.float32)
    for x, y, flux, part in field(scene):
        add_light(image, x, y, flux, near.mixed(far, part))
    return image * vignetting(scene.size)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(scene, FIELD, "PSFSTAR", FIELD_START, seconds=SECONDS, filter="K")
    header |= on_sky(FIELD_START, "DEMO STAR FIELD")
    crowd = image_exposure(header, _field_light, wcs=wcs(scene))
    return [*(star_exposure(scene, star) for star in SINGLES), crowd]


def _truth(scene: Scene) -> Mapping[str, Any]:
    near, far = (measures(air) for air in _airs())
    # light adds up, and so do peak and flux of the two airs
    flux = near.energy[-1], far.energy[-1]
    ideal = near.peak / flux[0] / near.strehl

    def strehl(part: float) -> float:
        peak = (1 - part) * near.peak + part * far.peak
        return peak / ((1 - part) * flux[0] + part * flux[1]) / ideal

    return {
        "singles": [star_truth(scene, star) for star in SINGLES],
        "field": {
            "file": FIELD,
            "filter": "K",
            "columns": ["x_pixel", "y_pixel", "flux_e_per_s", "strehl"],
            "stars": [[x, y, light, round(strehl(part), 5)] for x, y, light, part in field(scene)],
            "saturated": [0],
            "companions": [[2 * n, 2 * n + 1] for n in range(1, len(_COMPANIONS) + 1)],
            "middle": near.truth(),
            "corner": far.truth(),
        },
        "meaning": "Strehl ratio: peak over flux within radius_mas, over the same without wavefront error; fluxes "
        "are before the illumination by the optics, 1 at its brightest, and the response of the pixels",
    }


KIND = Kind("psfstars", _exposures, truth=_truth)
