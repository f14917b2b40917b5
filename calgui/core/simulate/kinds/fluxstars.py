"""More exposures of the flux calibration star: a short one that the detector is linear in, and one that saturates."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import COLLECTING_AREA_M2, FILTERS, THROUGHPUT
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import NIGHT, Exposure, Kind, Scene
from calgui.core.simulate.starlight import StarLight, add_light, measures, star_light
from calgui.core.simulate.telescope import on_sky


@dataclasses.dataclass(frozen=True)
class FluxExposure:
    """One exposure.

    Attributes
    ----------
    number : int
        In its name.
    start : str
        UTC.
    filter : str
        As in FILTER.
    magnitude : float
        Vega, through that filter.
    seconds : float
        Exposure time.
    offset : tuple of float
        From the middle of the detector, pixels.
    """

    number: int
    start: str
    filter: str
    magnitude: float
    seconds: float
    offset: tuple[float, float]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"iris_{NIGHT}_fluxstar_{self.number:04d}.fits"


#: the first one is that of `calgui.core.simulate.kinds.stars`
EXPOSURES = (
    FluxExposure(2, "2026-03-11T13:50:00", "K", 15.8, 6.0, (-2.71, 4.36)),
    FluxExposure(3, "2026-03-11T13:55:00", "K", 12.8, 4.0, (2.44, 1.83)),
)
#: Strehl ratio that is aimed at
_STREHL = 0.62


def light_of(one: FluxExposure) -> StarLight:
    """Its light through the optics.

    Parameters
    ----------
    one : FluxExposure
        The exposure.

    Returns
    -------
    StarLight
    """
    row = FILTERS[one.filter]
    return star_light((row.wavemin, row.wavemax), _STREHL, on_sky(one.start)["PROTANG"][0])


def _light(scene: Scene, one: FluxExposure) -> FloatMap:
    row = FILTERS[one.filter]
    image = np.full((scene.size, scene.size), row.sky_rate, np.float32)
    middle = (scene.size - 1) / 2
    flux = row.electrons(one.magnitude)
    add_light(image, middle + one.offset[0], middle + one.offset[1], flux, light_of(one))
    image *= vignetting(scene.size)
    return image


def _exposure(scene: Scene, one: FluxExposure) -> Exposure:
    header = exposure(scene, one.file, "FLUXSTAR", one.start, seconds=one.seconds, filter=one.filter)
    header |= on_sky(one.start, "DEMO FLUXSTAR")
    return image_exposure(header, lambda scene: _light(scene, one), wcs=wcs(scene, *one.offset))


def _truth(scene: Scene) -> Mapping[str, Any]:
    middle = (scene.size - 1) / 2
    return {
        "meaning": "flux_e_per_s where the flat is 1; magnitudes are Vega, through the filter of the exposure",
        "collecting_area_m2": COLLECTING_AREA_M2,
        "throughput": THROUGHPUT,
        "exposures": [
            {
                "file": one.file,
                "filter": one.filter,
                "x_pixel": middle + one.offset[0],
                "y_pixel": middle + one.offset[1],
                "mag_vega": one.magnitude,
                "flux_e_per_s": round(FILTERS[one.filter].electrons(one.magnitude), 4),
                **measures(light_of(one)).truth(),
            }
            for one in EXPOSURES
        ],
    }


KIND = Kind(
    "fluxstars",
    lambda scene: tuple(_exposure(scene, one) for one in EXPOSURES),
    lambda _scene: (),
    lambda _scene: (),
    _truth,
)
