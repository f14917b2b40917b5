"""Flats of the lamp in H, of which nobody made a reference yet: what the night's image in H waits for."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.kinds.flat import LAMP_RATE, SECONDS, lamp, thermal_rate
from calgui.core.simulate.scene import NIGHT, Exposure, Kind, Scene

FILTER = "H"
NAMES = tuple(f"iris_{NIGHT}_hflat_{number:04d}.fits" for number in (1, 2, 3))


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for number, name in enumerate(NAMES):
        start = f"2026-03-11T02:{50 + number}:00"
        header = exposure(scene, name, "FLAT", start, seconds=SECONDS, filter=FILTER, lamp="WHITE")
        made.append(image_exposure(header, partial(lamp, FILTER)))
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    brightest = float(lamp(FILTER, scene).max())
    return {
        "lamp_on": list(NAMES),
        "lamp_off": [],  # in H the unit behind the lamp does not glow: a dark does
        "filter": FILTER,
        "lamp_rate_e_per_s": round(brightest, 3),
        "thermal_rate_e_per_s": thermal_rate(FILTER),
        "as_in_k": f"vignetting and response are those of the flats in K, whose lamp has {LAMP_RATE:g} e-/s",
    }


KIND = Kind("hflat", _exposures, truth=_truth)
