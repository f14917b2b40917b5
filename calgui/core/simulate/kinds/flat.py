"""Flats of the white-light lamp, and their references."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.frames import dq
from calgui.core.simulate.detector import READ_NOISE, Detector, FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    PUPIL,
    SECOND,
    SEES_LIGHT,
    image_exposure,
    image_reference,
    measured_planes,
)
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import (
    IMAGER,
    NIGHT,
    SPECTROGRAPH,
    Entries,
    Exposure,
    Image,
    Kind,
    Reference,
    Rules,
    Scene,
)

LAMP_RATE = 2000.0  # e-/s in the brightest pixel
SECONDS = 10.0
LAMP_ON = {1: "K", 2: "K", 3: "K", 4: "KN3", 5: "KN3"}
LAMP_OFF = 6
#: number -> detector, filter of its rule, date, frames, FILTER keyword
_MADE: dict[int, tuple[str, str, str, int]] = {
    1: (IMAGER, "K", FIRST, 5),
    2: (IMAGER, "KN1|KN2|KN3", FIRST, 5),
    3: (IMAGER, "J", FIRST, 5),
    4: (SPECTROGRAPH, "*", FIRST, 5),
    5: (IMAGER, "K", SECOND, 15),
}


def thermal_rate(filter: str) -> float:
    """Glow of the warm unit behind the lamp, e-/s per pixel.

    Parameters
    ----------
    filter : str
        As in FILTER.

    Returns
    -------
    float
        Only K sees it.
    """
    return 6.0 * (FILTERS[filter].wavecen > 2.0) * (FILTERS[filter].wavemax - FILTERS[filter].wavemin) / 0.4


def lamp(filter: str, scene: Scene) -> FloatMap:
    """Light of the lamp and of the warm unit.

    Parameters
    ----------
    filter : str
        As in FILTER.
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    width = FILTERS[filter].wavemax - FILTERS[filter].wavemin
    rate = LAMP_RATE * width / 0.4 * vignetting(scene.size) + thermal_rate(filter)
    return np.asarray(rate, np.float32)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for number, filter in LAMP_ON.items():
        name = f"iris_{NIGHT}_flat_{number:04d}.fits"
        start = f"2026-03-11T02:{number:02d}:00"
        header = exposure(scene, name, "FLAT", start, seconds=SECONDS, filter=filter, lamp="WHITE")
        made.append(image_exposure(header, lambda scene, filter=filter: lamp(filter, scene)))  # type: ignore[misc]
    name = f"iris_{NIGHT}_flat_{LAMP_OFF:04d}.fits"
    header = exposure(scene, name, "FLAT", "2026-03-11T02:06:00", seconds=SECONDS, filter="K")
    made.append(image_exposure(header, lambda scene: np.full((scene.size,) * 2, thermal_rate("K"), np.float32)))
    return made


def true_flat(scene: Scene, detector: Detector) -> FloatMap:
    """Illumination times response, median 1 over working pixels; 0 where there is none.

    Parameters
    ----------
    scene : Scene
        The night.
    detector : Detector
        Whose.

    Returns
    -------
    ndarray of float32
    """
    flat = vignetting(scene.size) * detector.response
    return np.asarray(flat / np.median(flat[flat > 0]), np.float32)


def _reference(number: int, scene: Scene) -> Reference:
    detector, filter, useafter, frames = _MADE[number]

    def make(scene: Scene) -> tuple[Image, Image, Image]:
        chip = scene.detector(detector)
        flat = true_flat(scene, chip)
        electrons = flat * np.float32(LAMP_RATE * SECONDS)
        variance = flat**2 * (electrons + 2 * READ_NOISE**2) / np.maximum(electrons, 1) ** 2 / frames
        flags = np.where(flat > 0, 0, dq.NO_FLAT_FIELD | dq.DO_NOT_USE).astype(np.uint32)
        flags[~chip.active] = dq.REFERENCE_PIXEL | dq.NON_SCIENCE | dq.DO_NOT_USE
        planes = measured_planes(scene, flat, variance, f"flat reference {number}", flags)
        planes[0].data[flat == 0] = 0
        return planes

    return image_reference(
        number,
        "FLAT",
        useafter,
        f"Flat of {frames} frames, {detector}, filter {filter}",
        make,
        detector=detector,
        unit="1",
        extra={
            "FILTER": ("ANY" if filter == "*" else filter, "filter, or those that it serves"),
            "PUPIL": ("CLEAR", "pupil element"),
            "NCOMBINE": (frames, "number of frames combined"),
        },
        history=(f"Mean of {frames} lamp frames, each less the lamp off, divided by the median.",),
    )


def _name(number: int) -> str:
    return f"tmt_iris_flat_{number:04d}.fits"


def _rules(scene: Scene) -> Sequence[Rules]:
    first: Entries = {(_MADE[n][0], _MADE[n][1], "CLEAR"): {_MADE[n][2]: _name(n)} for n in (1, 2, 3, 4)}
    later: Entries = {**first, (IMAGER, "K", "CLEAR"): {FIRST: _name(1), SECOND: _name(5)}}
    return (Rules("FLAT", (DETECTOR, FILTER, PUPIL), (first, first, later), SEES_LIGHT),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "lamp_rate_e_per_s": {
            name: LAMP_RATE * (FILTERS[name].wavemax - FILTERS[name].wavemin) / 0.4 for name in ("K", "KN3")
        },
        "thermal_rate_e_per_s": {name: thermal_rate(name) for name in ("K", "KN3")},
        "vignetting": "1 - 0.06 ((v - 0.1)² + u²), u and v from -1 to 1 across the detector",
        "response_scatter": 0.012,
        "lamp_on": [f"iris_{NIGHT}_flat_{n:04d}.fits" for n in LAMP_ON],
        "lamp_off": [f"iris_{NIGHT}_flat_{LAMP_OFF:04d}.fits"],
    }


KIND = Kind("flat", _exposures, lambda scene: [_reference(n, scene) for n in _MADE], _rules, _truth)
