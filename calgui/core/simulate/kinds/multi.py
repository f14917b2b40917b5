"""A full frame with two subarrays that were read beside it: the map of where they lie, and their own files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.kinds.science import STREHL
from calgui.core.simulate.noise import Window
from calgui.core.simulate.optics import add_star, vignetting
from calgui.core.simulate.scene import NIGHT, Exposure, Hdu, Image, Kind, Scene
from calgui.core.simulate.telescope import on_sky

FULL = f"iris_{NIGHT}_multi_0001.fits"
PARTS = {1: f"iris_{NIGHT}_multi_0002.fits", 2: f"iris_{NIGHT}_multi_0003.fits"}
SECONDS, START = 40.0, "2026-03-11T14:30:00"
#: bright stars, one in each subarray: e-/s in K
FLUX = {1: 6.0e4, 2: 3.0e4}


def window_of(scene: Scene, number: int) -> Window:
    """Where a subarray lies.

    Parameters
    ----------
    scene : Scene
        The night.
    number : int
        SUBARRID.

    Returns
    -------
    Window
    """
    side = scene.size
    if number == 1:
        return Window(side // 2 - side // 16, side // 2 - side // 16, side // 8, side // 8)
    return Window(side // 5, side // 4, side // 6, side // 12)


def light(scene: Scene) -> FloatMap:
    """Sky and stars on the whole detector.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    row = FILTERS["K"]
    image = np.full((scene.size, scene.size), row.sky_rate, np.float32)
    for number, flux in FLUX.items():
        window = window_of(scene, number)
        x, y = window.x + 0.45 * window.width, window.y + 0.55 * window.height
        add_star(image, x, y, flux, row.wavecen, STREHL["K"])
    return image * vignetting(scene.size)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    return [_full(scene), *(_part(scene, number) for number in PARTS)]


def _full(scene: Scene) -> Exposure:
    header = exposure(scene, FULL, "IMAGE", START, seconds=SECONDS, filter="K") | on_sky(START)
    whole = image_exposure(header, light, wcs=wcs(scene))

    def make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
        hdus, truth = whole.make(scene)
        image = hdus[0]
        assert isinstance(image, Image)
        ids = np.zeros(image.data.shape, np.int16)
        for number in PARTS:
            spot = window_of(scene, number).slices
            ids[spot] = number
            image.data[spot] = np.nan
        return (image, Image("SUBARR_MAP", ids)), truth

    return Exposure(FULL, header, make)


def _part(scene: Scene, number: int) -> Exposure:
    window = window_of(scene, number)
    header = exposure(scene, PARTS[number], "IMAGE", START, seconds=SECONDS, filter="K", window=window)
    header |= on_sky(START) | {"SUBARRID": (number, "subarray number, 0 the full detector")}
    return image_exposure(
        header, lambda scene: light(scene)[window.slices], window=window, wcs=wcs(scene, window=window)
    )


def _truth(scene: Scene) -> Mapping[str, Any]:
    windows = {number: window_of(scene, number) for number in PARTS}
    return {
        "full": FULL,
        "subarrays": {str(number): name for number, name in PARTS.items()},
        "columns": ["subarrid", "substrt1", "substrt2", "subsize1", "subsize2"],
        "map": [[number, one.x + 1, one.y + 1, one.width, one.height] for number, one in windows.items()],
        "sky_rate_e_per_s": round(FILTERS["K"].sky_rate, 6),
        "flux_e_per_s": {str(number): flux for number, flux in FLUX.items()},
    }


KIND = Kind("multi", _exposures, truth=_truth)
