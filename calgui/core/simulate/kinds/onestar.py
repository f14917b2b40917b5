"""One star near the middle of the imager: its light through the optics, image, exposure, and what is true of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import NIGHT, Exposure, Scene
from calgui.core.simulate.starlight import StarLight, add_light, measures, star_light
from calgui.core.simulate.telescope import on_sky


@dataclass(frozen=True)
class Star:
    """One exposure of a star.

    Attributes
    ----------
    key : str
        Of the catalogue, such as ``psfstar``.
    number : int
        In the file's name.
    start : str
        UTC.
    filter : str
        As in FILTER.
    magnitude : float
        Vega, through that filter.
    strehl : float
        Ratio that is aimed at.
    seconds : float
        Exposure time.
    offset : tuple of float
        From the middle of the detector, pixels.
    """

    key: str
    number: int
    start: str
    filter: str
    magnitude: float
    strehl: float
    seconds: float
    offset: tuple[float, float]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f"iris_{NIGHT}_{self.key}_{self.number:04d}.fits"

    @property
    def light(self) -> StarLight:
        """Its light through the optics."""
        return light_through(self.filter, self.strehl, self.start)


def light_through(filter: str, strehl: float, start: str) -> StarLight:
    """A star's light through the air and the optics.

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


def star_picture(
    scene: Scene, filter: str, magnitude: float, offset: tuple[float, float], light: StarLight, *, sky: bool = True
) -> FloatMap:
    """A star near the middle of the detector.

    Parameters
    ----------
    scene : Scene
        The night.
    filter : str
        As in FILTER.
    magnitude : float
        Vega, through that filter.
    offset : tuple of float
        From the middle of the detector, pixels.
    light : StarLight
        Its image.
    sky : bool
        Whether there is the light of the sky.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    row, middle = FILTERS[filter], (scene.size - 1) / 2
    image = np.full((scene.size, scene.size), row.sky_rate if sky else 0.0, np.float32)
    add_light(image, middle + offset[0], middle + offset[1], row.electrons(magnitude), light)
    return image * vignetting(scene.size)


def star_exposure(scene: Scene, star: Star) -> Exposure:
    """The raw image.

    Parameters
    ----------
    scene : Scene
        The night.
    star : Star
        What is seen.

    Returns
    -------
    Exposure
    """
    kind = star.key.upper()
    header = exposure(scene, star.file, kind, star.start, seconds=star.seconds, filter=star.filter)
    header |= on_sky(star.start, f"DEMO {kind}")
    return image_exposure(
        header,
        lambda scene: star_picture(scene, star.filter, star.magnitude, star.offset, star.light),
        wcs=wcs(scene, *star.offset),
    )


def star_truth(scene: Scene, star: Star) -> Mapping[str, Any]:
    """What the truth file says of it.

    Parameters
    ----------
    scene : Scene
        The night.
    star : Star
        What is seen.

    Returns
    -------
    mapping
    """
    middle = (scene.size - 1) / 2
    return {
        "file": star.file,
        "filter": star.filter,
        "x_pixel": middle + star.offset[0],
        "y_pixel": middle + star.offset[1],
        "flux_e_per_s": round(FILTERS[star.filter].electrons(star.magnitude), 4),
        "mag_vega": star.magnitude,
        **measures(star.light).truth(),
    }
