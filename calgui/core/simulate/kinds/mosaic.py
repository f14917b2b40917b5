"""Flats of all four detectors of the imager, lit by one drifting lamp; and flats of the slicer.

They read no more than 512 pixels on a side, so that a night of large detectors does not grow by gigabytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.common import image_exposure
from calgui.core.simulate.kinds.flat import SECONDS, lamp, thermal_rate
from calgui.core.simulate.scene import NIGHT, SPECTROGRAPH, Exposure, Kind, Scene

FILTER = "K"
#: quantum efficiency of each detector, relative to that of the first
EFFICIENCY: Mapping[str, float] = {"IRIS1": 1.0, "IRIS2": 0.93, "IRIS3": 1.06, "IRIS4": 0.97}
#: brightness of the lamp in each exposure; the last one is without it
LAMP = (1.0, 1.02, 0.985, 0.0)

SLICER_FILTER, SLICER_GRATING = "Hbb", "H4000"
SLICER_RATE = 2000.0  # e-/s in the brightest pixel
#: rows of a slice, and from one to the next
HEIGHT, STEP, FIRST = 22, 26, 8


def mosaic_name(detector: int, number: int) -> str:
    """File of an exposure.

    Parameters
    ----------
    detector : int
        Place in `EFFICIENCY`, from 0.
    number : int
        Place in `LAMP`, from 0.

    Returns
    -------
    str
    """
    return f"iris_{NIGHT}_mosaicflat_{len(LAMP) * detector + number + 1:04d}.fits"


def slicer_name(number: int) -> str:
    """File of an exposure of the slicer; ``number`` as above."""
    return f"iris_{NIGHT}_slicerflat_{number + 1:04d}.fits"


def slicer_spectrum(scene: Scene, shift: float = 0.0) -> FloatMap:
    """Lamp, filter and grating along the wavelengths.

    Parameters
    ----------
    scene : Scene
        The night.
    shift : float
        To longer wavelengths, as a part of the detector.

    Returns
    -------
    ndarray of float32, shape (n,)
        1 at most.
    """
    x = np.arange(scene.ramp.width) / scene.ramp.width + shift
    edges = 1 / (1 + np.exp(-(x - 0.07) / 0.008)) / (1 + np.exp((x - 0.94) / 0.008))
    return np.asarray(edges * (1 - 1.1 * (x - 0.52) ** 2) * (1 + 0.02 * np.sin(20 * x)) / 1.02, np.float32)


def slicer_light(scene: Scene) -> FloatMap:
    """Light of the lamp behind the slicer, before the pixels.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float32
        e-/s in the window that is read; 0 between the slices.
    """
    made = np.zeros((scene.ramp.height, scene.ramp.width), np.float32)
    along = 1 - 0.12 * np.linspace(-1, 1, HEIGHT, dtype=np.float32) ** 2
    for number, row in enumerate(range(FIRST, scene.ramp.height - HEIGHT - 4, STEP)):
        bright, shift = 0.95 + 0.05 * np.sin(1.7 * number), 0.004 * np.cos(2.3 * number)
        made[row : row + HEIGHT] = bright * along[:, None] * slicer_spectrum(scene, float(shift))
    return made * np.float32(SLICER_RATE)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for place, (detector, efficiency) in enumerate(EFFICIENCY.items()):
        for number, factor in enumerate(LAMP):
            header = exposure(
                scene, mosaic_name(place, number), "FLAT", f"2026-03-11T02:{40 + number}:00", seconds=SECONDS,
                filter=FILTER, window=scene.ramp, lamp="WHITE" if factor else "NONE",
            )  # fmt: skip
            header["DETECTOR"] = (detector, "detector")

            def light(scene: Scene, efficiency: float = efficiency, factor: float = factor) -> FloatMap:
                glow = np.float32(thermal_rate(FILTER))
                bright = (lamp(FILTER, scene) - glow) * np.float32(factor) + glow
                return np.asarray(bright * np.float32(efficiency), np.float32)[scene.ramp.slices]

            made.append(image_exposure(header, light, detector=detector, window=scene.ramp))
    for number, factor in enumerate(LAMP):
        header = exposure(
            scene, slicer_name(number), "FLAT", f"2026-03-11T02:{45 + number}:00", seconds=SECONDS,
            filter=SLICER_FILTER, detector=SPECTROGRAPH, window=scene.ramp, grating=SLICER_GRATING,
            lamp="WHITE" if factor else "NONE",
        )  # fmt: skip
        header |= {"INSTMODE": ("SLICER", "imager, lenslets or slicer"), "SCALE": (0.025, "[arcsec] per spaxel")}
        header["DISPAXIS"] = (1, "axis of the wavelengths: 1 x, 2 y")

        def slit(scene: Scene, factor: float = factor) -> FloatMap:
            return slicer_light(scene) * np.float32(factor)

        made.append(image_exposure(header, slit, detector=SPECTROGRAPH, window=scene.ramp))
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "mosaic": {name: [mosaic_name(place, n) for n in range(len(LAMP))] for place, name in enumerate(EFFICIENCY)},
        "slicer": [slicer_name(number) for number in range(len(LAMP))],
        "efficiency": dict(EFFICIENCY),
        "lamp": list(LAMP),
        "slices": {"first_row": FIRST, "rows": HEIGHT, "step": STEP},
        "detectors_without_references": [name for name in EFFICIENCY if name != "IRIS1"],
    }


KIND = Kind("mosaic", _exposures, truth=_truth)
