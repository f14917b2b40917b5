"""More exposures of the flux calibration star: a short one that the detector is linear in, and one that saturates."""

from collections.abc import Mapping, Sequence
from typing import Any

from calgui.core.simulate.filters import COLLECTING_AREA_M2, THROUGHPUT
from calgui.core.simulate.kinds.onestar import Star, star_exposure, star_truth
from calgui.core.simulate.scene import Exposure, Kind, Scene

#: the first one is that of `calgui.core.simulate.kinds.stars`
EXPOSURES = (
    Star("fluxstar", 2, "2026-03-11T13:50:00", "K", 15.8, 0.62, 6.0, (-2.71, 4.36)),
    Star("fluxstar", 3, "2026-03-11T13:55:00", "K", 12.8, 0.62, 4.0, (2.44, 1.83)),
)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    return tuple(star_exposure(scene, star) for star in EXPOSURES)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "meaning": "flux_e_per_s where the flat is 1; magnitudes are Vega, through the filter of the exposure",
        "collecting_area_m2": COLLECTING_AREA_M2,
        "throughput": THROUGHPUT,
        "exposures": [star_truth(scene, star) for star in EXPOSURES],
    }


KIND = Kind("fluxstars", _exposures, truth=_truth)
