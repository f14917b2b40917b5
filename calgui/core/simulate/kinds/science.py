"""Science images of a field of stars: dithered, other filters, a subarray, and one from before every reference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, used, wcs
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.optics import add_star, vignetting
from calgui.core.simulate.scene import CONTEXTS, NIGHT, Exposure, Kind, Scene
from calgui.core.simulate.telescope import on_sky

STREHL = {"K": 0.65, "KN3": 0.65, "H": 0.45}
_STARS_AT_512 = 40


@dataclass(frozen=True)
class Pose:
    """One science exposure: when, through what, shifted by how much, and what it says was used."""

    name: str
    start: str
    filter: str
    dither: tuple[float, float] = (0.0, 0.0)
    subarray: bool = False
    used: tuple[str, Mapping[str, str]] | None = None


_NOW = (CONTEXTS[2], {"R_DARK": "tmt_iris_dark_0004.fits", "R_FLAT": "tmt_iris_flat_0005.fits"})
_EARLIER = (CONTEXTS[0], {"R_DARK": "tmt_iris_dark_0001.fits", "R_FLAT": "tmt_iris_flat_0001.fits"})
_SUBARRAY = (CONTEXTS[2], {"R_DARK": "tmt_iris_dark_0002.fits", "R_FLAT": "tmt_iris_flat_0005.fits"})
_MASK = {"R_MASK": "tmt_iris_mask_0001.fits"}

POSES: tuple[Pose, ...] = (
    Pose(f"iris_{NIGHT}_image_0001.fits", "2026-03-11T14:00:00", "K", (0.0, 0.0), used=(_NOW[0], _NOW[1] | _MASK)),
    Pose(f"iris_{NIGHT}_image_0002.fits", "2026-03-11T14:02:00", "K", (12.5, 4.25), used=(_NOW[0], _NOW[1] | _MASK)),
    Pose(
        f"iris_{NIGHT}_image_0003.fits",
        "2026-03-11T14:04:00",
        "K",
        (-7.75, 9.5),
        used=(_EARLIER[0], _EARLIER[1] | _MASK),
    ),
    Pose(f"iris_{NIGHT}_image_0004.fits", "2026-03-11T14:06:00", "K", (3.5, -11.25)),
    Pose(f"iris_{NIGHT}_image_0005.fits", "2026-03-11T14:10:00", "KN3"),
    Pose(f"iris_{NIGHT}_image_0006.fits", "2026-03-11T14:14:00", "H"),
    Pose(f"iris_{NIGHT}_image_0007.fits", "2026-03-11T14:18:00", "K", subarray=True, used=_SUBARRAY),
    Pose("iris_20250618_image_0001.fits", "2025-06-18T08:00:00", "K"),
)
#: which observation lacks what: a filter that no flat serves, and a night before every reference
NO_FLAT, TOO_EARLY = POSES[5].name, POSES[7].name


def stars(scene: Scene) -> list[tuple[float, float, float]]:
    """The field: x, y at no dither (from 0), and K magnitude.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    list of tuple
        Brightest first.
    """
    rng = scene.rng("stars")
    count = max(8, round(_STARS_AT_512 * scene.size / 512))
    x, y = rng.uniform(0.04, 0.96, (2, count)) * scene.size
    # counts double with every magnitude; the brightest stay below the full well in 100 s
    magnitude = np.sort(24.0 + np.log2(rng.uniform(2.0**-5.5, 1.0, count)))
    return [
        (round(float(a), 3), round(float(b), 3), round(float(m), 3)) for a, b, m in zip(x, y, magnitude, strict=True)
    ]


def field(scene: Scene, filter: str, dither: tuple[float, float] = (0.0, 0.0), sky: float = 1.0) -> FloatMap:
    """The stars and the sky on the whole detector, through telescope and instrument.

    Parameters
    ----------
    scene : Scene
        The night.
    filter : str
        As in FILTER.
    dither : tuple of float
        Pixels by which the field is shifted, x and y.
    sky : float
        Its brightness relative to the table's.

    Returns
    -------
    ndarray of float32
        e-/s that perfect pixels would collect.
    """
    row = FILTERS[filter]
    image = np.full((scene.size, scene.size), row.sky_rate * sky, np.float32)
    for x, y, magnitude in stars(scene):
        flux = row.electrons(magnitude)
        add_star(image, x + dither[0], y + dither[1], flux, row.wavecen, STREHL[filter])
    image *= vignetting(scene.size)
    return image


def _light(scene: Scene, pose: Pose) -> FloatMap:
    image = field(scene, pose.filter, pose.dither)
    return image[scene.custom.slices] if pose.subarray else image


def _exposure(scene: Scene, index: int, pose: Pose) -> Exposure:
    window = scene.custom if pose.subarray else scene.full
    seconds = 20.0 if pose.subarray else 100.0
    header = exposure(scene, pose.name, "IMAGE", pose.start, seconds=seconds, filter=pose.filter, window=window)
    header |= on_sky(pose.start)
    if pose.used is not None:
        header |= used(pose.used[0], **pose.used[1])
    return image_exposure(
        header,
        lambda scene: _light(scene, pose),
        window=window,
        wcs=wcs(scene, *pose.dither, window),
        note={"dither_pixel": list(pose.dither)},
    )


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "columns": ["x_pixel", "y_pixel", "k_mag_vega", "flux_K_e_per_s"],
        "stars": [[x, y, m, round(FILTERS["K"].electrons(m), 4)] for x, y, m in stars(scene)],
        "positions": "on the full detector at no dither, from 0 at the centre of the first pixel; add the dither",
        "fluxes": "at other filters of the same Vega magnitude; before the response of the pixels",
        "strehl": STREHL,
        "sky_rate_e_per_s": {name: round(FILTERS[name].sky_rate, 6) for name in STREHL},
        "says_what_the_newest_rules_select": [pose.name for pose in POSES if pose.used and pose.used[0] == CONTEXTS[2]],
        "says_something_else": [pose.name for pose in POSES if pose.used and pose.used[0] != CONTEXTS[2]],
        "no_flat": NO_FLAT,
        "before_every_reference": TOO_EARLY,
    }


KIND = Kind(
    "science",
    exposures=lambda scene: [_exposure(scene, index, pose) for index, pose in enumerate(POSES)],
    truth=_truth,
)
