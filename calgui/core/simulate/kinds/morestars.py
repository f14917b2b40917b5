"""PSF stars through other filters, down to a Strehl ratio of 0.1, and a field of stars far from the guide stars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import NIGHT, Exposure, Kind, Scene
from calgui.core.simulate.starlight import StarLight, add_light, measures, star_light
from calgui.core.simulate.telescope import on_sky

SECONDS = 10.0


@dataclass(frozen=True)
class Single:
    """One star in one filter.

    Attributes
    ----------
    number : int
        In the file's name; the first is in `calgui.core.simulate.kinds.stars`.
    filter : str
        As in FILTER.
    magnitude : float
        Vega.
    strehl : float
        Ratio that is aimed at.
    offset : tuple of float
        From the middle of the detector, pixels.
    """

    number: int
    filter: str
    magnitude: float
    strehl: float
    offset: tuple[float, float]

    @property
    def file(self) -> str:
        """Name of its exposure."""
        return f"iris_{NIGHT}_psfstar_{self.number:04d}.fits"

    @property
    def start(self) -> str:
        """UTC."""
        return f"2026-03-11T13:{48 + self.number}:00"


SINGLES = (
    Single(2, "H", 16.4, 0.5, (-4.38, 2.73)),
    Single(3, "J", 15.8, 0.3, (1.16, 7.44)),
    Single(4, "Z", 14.9, 0.1, (-6.71, -1.92)),
)

FIELD = f"iris_{NIGHT}_starfield_0001.fits"
FIELD_START = "2026-03-11T13:56:00"
#: stars of the field, its ratios in the middle and in the corners, fluxes in e-/s
STARS, NEAR, FAR = 30, 0.65, 0.40
_FAINTEST, _BRIGHTEST, _SATURATED = 2.0e3, 1.1e5, 1.5e6
#: companions: pixels from the star before them, and their flux beside its
_COMPANIONS = ((9.0, 0.5), (14.0, 0.2), (22.0, 1.0))


def light_of(filter: str, strehl: float, start: str) -> StarLight:
    """A star's light.

    Parameters
    ----------
    filter : str
        As in FILTER.
    strehl : float
        Ratio that is aimed at.
    start : str
        UTC, which tells how the pupil is turned.

    Returns
    -------
    StarLight
    """
    row = FILTERS[filter]
    return star_light((row.wavemin, row.wavemax), strehl, on_sky(start)["PROTANG"][0])


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
    return light_of("K", NEAR, FIELD_START), light_of("K", FAR, FIELD_START)


def _field_light(scene: Scene) -> FloatMap:
    near, far = _airs()
    image = np.full((scene.size, scene.size), FILTERS["K"].sky_rate, np.float32)
    for x, y, flux, part in field(scene):
        add_light(image, x, y, flux, near.mixed(far, part))
    return image * vignetting(scene.size)


def _single_light(scene: Scene, star: Single) -> FloatMap:
    row, middle = FILTERS[star.filter], (scene.size - 1) / 2
    image = np.full((scene.size, scene.size), row.sky_rate, np.float32)
    light = light_of(star.filter, star.strehl, star.start)
    add_light(image, middle + star.offset[0], middle + star.offset[1], row.electrons(star.magnitude), light)
    return image * vignetting(scene.size)


def _single(scene: Scene, star: Single) -> Exposure:
    header = exposure(scene, star.file, "PSFSTAR", star.start, seconds=SECONDS, filter=star.filter)
    header |= on_sky(star.start, "DEMO PSFSTAR")
    return image_exposure(header, lambda scene: _single_light(scene, star), wcs=wcs(scene, *star.offset))


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(scene, FIELD, "PSFSTAR", FIELD_START, seconds=SECONDS, filter="K")
    header |= on_sky(FIELD_START, "DEMO STAR FIELD")
    crowd = image_exposure(header, _field_light, wcs=wcs(scene))
    return [*(_single(scene, star) for star in SINGLES), crowd]


def _truth(scene: Scene) -> Mapping[str, Any]:
    middle = (scene.size - 1) / 2
    singles = [
        {
            "file": star.file,
            "filter": star.filter,
            "x_pixel": middle + star.offset[0],
            "y_pixel": middle + star.offset[1],
            "flux_e_per_s": round(FILTERS[star.filter].electrons(star.magnitude), 4),
            "mag_vega": star.magnitude,
            **measures(light_of(star.filter, star.strehl, star.start)).truth(),
        }
        for star in SINGLES
    ]
    near, far = (measures(air) for air in _airs())
    # light adds up, and so do peak and flux of the two airs
    flux = near.energy[-1], far.energy[-1]
    ideal = near.peak / flux[0] / near.strehl

    def strehl(part: float) -> float:
        peak = (1 - part) * near.peak + part * far.peak
        return peak / ((1 - part) * flux[0] + part * flux[1]) / ideal

    return {
        "singles": singles,
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
