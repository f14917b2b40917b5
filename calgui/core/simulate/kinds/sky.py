"""Skies: empty fields, a sky ramp, and the references made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.keywords import exposure, wcs
from calgui.core.simulate.kinds.common import (
    DETECTOR,
    FILTER,
    FIRST,
    SEES_LIGHT,
    from_second,
    image_exposure,
    image_reference,
    mean_planes,
    reference_name,
)
from calgui.core.simulate.kinds.dark import ramp_hdus
from calgui.core.simulate.kinds.flat import true_flat
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import IMAGER, NIGHT, SPECTROGRAPH, Exposure, Image, Kind, Reference, Rules, Scene
from calgui.core.simulate.telescope import on_sky

SKIES = tuple(f"iris_{NIGHT}_sky_{n:04d}.fits" for n in range(1, 4))
RAMP = f"iris_{NIGHT}_skyramp_0001.fits"
RAMP_READS, RAMP_GROUP = 8, 6.0
_FILTERS = {1: "K", 2: "KN3", 3: "H"}


def sky_light(scene: Scene, filter: str, factor: float = 1.0) -> FloatMap:
    """The sky through telescope and instrument.

    Parameters
    ----------
    scene : Scene
        The night.
    filter : str
        As in FILTER.
    factor : float
        The sky varies.

    Returns
    -------
    ndarray of float32
        e-/s.
    """
    return np.float32(FILTERS[filter].sky_rate * factor) * vignetting(scene.size)


#: how bright the sky of each exposure was, relative to the table's
FACTORS = (1.00, 1.03, 0.98)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for index, (name, factor) in enumerate(zip(SKIES, FACTORS, strict=True)):
        start = f"2026-03-11T13:{3 * index:02d}:00"
        header = exposure(scene, name, "SKY", start, seconds=100.0, filter="K")
        header |= on_sky(start, "DEMO SKY")
        made.append(
            image_exposure(
                header,
                lambda scene, factor=factor: sky_light(scene, "K", factor),  # type: ignore[misc]
                wcs=wcs(scene, dx=20000.0 + 60.0 * index),
                note={"sky_rate_e_per_s": round(FILTERS["K"].sky_rate * factor, 6)},
            )
        )
    made.append(_ramp(scene))
    return made


def _ramp(scene: Scene) -> Exposure:
    header = exposure(
        scene,
        RAMP,
        "SKY",
        "2026-03-11T13:20:00",
        seconds=RAMP_READS * RAMP_GROUP,
        filter="K",
        window=scene.ramp,
        groups=(RAMP_READS, RAMP_GROUP),
    )
    header |= on_sky("2026-03-11T13:20:00", "DEMO SKY")

    def make(scene: Scene) -> Any:
        light = sky_light(scene, "K")[scene.ramp.slices]
        return ramp_hdus(scene, RAMP, light, RAMP_READS, RAMP_GROUP)

    return Exposure(RAMP, header, make)


def _reference(number: int) -> Reference:
    filter = _FILTERS[number]

    def make(scene: Scene) -> tuple[Image, Image, Image]:
        chip = scene.detector(IMAGER)
        rate = FILTERS[filter].sky_rate * (true_flat(scene, chip) > 0).astype(np.float32)
        return mean_planes(scene, rate, 100.0, 9, f"sky reference {number}", chip.mask())

    return image_reference(
        number,
        "SKY",
        FIRST,
        f"Sky of 9 frames of 100 s, filter {filter}",
        make,
        unit="electron/s",
        extra={"FILTER": (filter, "filter"), "NCOMBINE": (9, "number of frames combined")},
        history=("Dark subtracted, divided by the flat, then the median of 9 dithered frames.",),
    )


def _rules(scene: Scene) -> Sequence[Rules]:
    entries: dict[tuple[str, ...], dict[str, str]] = {
        (IMAGER, filter): {FIRST: reference_name("SKY", n)} for n, filter in _FILTERS.items()
    }
    # the spectrograph's skies come with every science block, none from the cache
    entries[SPECTROGRAPH, "N/A"] = {FIRST: "N/A"}
    return (Rules("SKY", (DETECTOR, FILTER), from_second(entries), SEES_LIGHT),)


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "rate_e_per_s": {name: round(FILTERS[name].sky_rate, 6) for name in _FILTERS.values()},
        "files": list(SKIES),
    }


KIND = Kind("sky", _exposures, lambda scene: [_reference(n) for n in _FILTERS], _rules, _truth)
