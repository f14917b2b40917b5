"""Darks of three times read sixteen times at each end, in which the reads themselves glow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate import detector as chip
from calgui.core.simulate.detector import FloatMap
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.noise import photons, read_noise
from calgui.core.simulate.scene import IMAGER, NIGHT, Exposure, Hdu, Image, Kind, Scene

TIMES = (60.0, 240.0, 960.0)
FRAMES = 3
ENDS = 16
GLOW = 0.2  # e- of each read over the detector
CORNER_GLOW = 1.5  # e- of each read in the corner of the output amplifiers, above that


def names() -> tuple[str, ...]:
    """The files, from short to long."""
    return tuple(f"iris_{NIGHT}_glowdark_{number:04d}.fits" for number in range(1, len(TIMES) * FRAMES + 1))


def glow(scene: Scene) -> FloatMap:
    """What one read adds.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    ndarray of float32
        e-, 0 on reference pixels.
    """
    axis = np.arange(scene.size, dtype=np.float32) / scene.size
    corner = np.exp(-(axis[:, None] + axis[None, :]) / 0.08)
    return np.where(scene.detector(IMAGER).active, GLOW + CORNER_GLOW * corner, 0).astype(np.float32)


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    for place, name in enumerate(names()):
        seconds = TIMES[place // FRAMES]
        start = (
            f"2026-03-11T13:{20 + 3 * place:02d}:00"
            if seconds < 900
            else f"2026-03-11T15:{18 * (place % FRAMES):02d}:00"
        )
        header = exposure(scene, name, "DARK", start, seconds=seconds, ends=ENDS)

        def make(scene: Scene, name: str = name, seconds: float = seconds) -> tuple[Sequence[Hdu], Mapping[str, Any]]:
            rng = scene.rng(name)
            detector = scene.detector(IMAGER)
            counts = photons(
                detector.dark_rate + 2 * ENDS * glow(scene) / np.float32(seconds), seconds, rng, scene.check
            )
            np.minimum(counts, np.float32(chip.FULL_WELL), out=counts)
            counts += read_noise(counts.shape, 2.0 / ENDS, rng)
            return (Image("SCI", counts / np.float32(seconds), {"BUNIT": ("electron/s", "unit of the image")}),), {}

        made.append(Exposure(name, header, make))
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "files": list(names()),
        "times_s": list(TIMES),
        "reads": 2 * ENDS,
        "glow_e_per_read": GLOW,
        "corner_glow_e_per_read": CORNER_GLOW,
        "median_glow_e_per_read": round(float(np.median(glow(scene)[scene.detector(IMAGER).active])), 5),
        "dark_rate_e_per_s": chip.DARK_RATE,
        "read_noise_e": chip.READ_NOISE,
    }


KIND = Kind("glow", _exposures, truth=_truth)
