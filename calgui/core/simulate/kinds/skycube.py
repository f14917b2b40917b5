"""A cube of empty sky, taken after the galaxy: other families of OH are brighter, and all lines stand elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.cube import CUBE, SECONDS, SHAPE, expose_cube, sky_light
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Hdu, Kind, Scene
from calgui.core.simulate.spectro.traces import FILTER as BAND
from calgui.core.simulate.spectro.traces import GRATING as DISPERSER
from calgui.core.simulate.telescope import on_sky

SKYCUBE = f"iris_{NIGHT}_skycube_0001.fits"
START = "2026-03-11T12:20:00"
#: light of the families relative to that in the galaxy's cube
FAMILIES: Mapping[str, float] = {"4-2": 0.88, "5-3": 1.12}
#: how far the galaxy's lines stand towards larger planes from those of this cube, in planes
SHIFT = 0.06
CONTINUUM, THERMAL = 1.3, 0.02


def empty_sky() -> Any:
    """The sky of this cube on one spaxel.

    Returns
    -------
    ndarray of float64, shape (n,)
        e-/s.
    """
    return sky_light(FAMILIES, -SHIFT, CONTINUUM, THERMAL)


def _make(scene: Scene) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
    return expose_cube(scene, SKYCUBE, np.broadcast_to(empty_sky()[:, None, None], SHAPE))


def _exposures(scene: Scene) -> Sequence[Exposure]:
    header = exposure(
        scene, SKYCUBE, "SKY", START, seconds=SECONDS, filter=BAND, detector=SPECTROGRAPH, grating=DISPERSER
    )
    return (Exposure(SKYCUBE, header | on_sky(START, "DEMO SKY"), _make),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "file": SKYCUBE,
        "science": CUBE,
        "unit": "electron/s in one spaxel and one step of wavelength",
        "sky_e_per_s": np.round(empty_sky(), 7).tolist(),
        "scale_of_families": {name: round(1 / factor, 6) for name, factor in FAMILIES.items()},
        "scale_meaning": "what the lines of this cube are multiplied by to be those of the science's sky",
        "shift_pixel": SHIFT,
        "shift_meaning": "how far the lines of this cube are moved towards larger planes to stand as the science's",
        "continuum_factor": CONTINUUM,
        "thermal_e_per_s": THERMAL,
        "sky_source": "Rousselot et al. 2000, A&A 354, 1134",
    }


KIND = Kind("skycube", exposures=_exposures, truth=_truth)
