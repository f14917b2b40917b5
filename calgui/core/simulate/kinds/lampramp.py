"""Ramps of the white-light lamp: bright ones into saturation, and faint ones, for gain, noise and non-linearity."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.simulate import detector as chip
from calgui.core.simulate.keywords import exposure
from calgui.core.simulate.kinds.dark import ramp_hdus
from calgui.core.simulate.scene import NIGHT, Exposure, Kind, Scene

READS, GROUP = 16, 1.5  # s
BRIGHT, FAINT = 4500.0, 60.0  # e-/s
NUMBER = {BRIGHT: 4, FAINT: 3}


def names(rate: float) -> tuple[str, ...]:
    """The files of one level of light.

    Parameters
    ----------
    rate : float
        `BRIGHT` or `FAINT`.

    Returns
    -------
    tuple of str
    """
    first = 1 if rate == BRIGHT else NUMBER[BRIGHT] + 1
    return tuple(f"iris_{NIGHT}_lampramp_{number:04d}.fits" for number in range(first, first + NUMBER[rate]))


def _exposures(scene: Scene) -> Sequence[Exposure]:
    made = []
    window = scene.lamp
    for rate in NUMBER:
        for name in names(rate):
            minute = int(name[-7:-5])
            header = exposure(
                scene,
                name,
                "FLAT",
                f"2026-03-11T02:{20 + minute:02d}:00",
                seconds=READS * GROUP,
                filter="K",
                window=window,
                lamp="WHITE",
                groups=(READS, GROUP),
            )
            light = np.full((window.height, window.width), rate, np.float32)
            made.append(
                Exposure(
                    name,
                    header,
                    lambda scene, name=name, light=light: ramp_hdus(scene, name, light, READS, GROUP, window),  # type: ignore[misc]
                )
            )
    return made


def _truth(scene: Scene) -> Mapping[str, Any]:
    return {
        "bright": list(names(BRIGHT)),
        "faint": list(names(FAINT)),
        "rate_e_per_s": {"bright": BRIGHT, "faint": FAINT},
        "gain_e_per_adu": chip.GAIN,
        "read_noise_e": chip.READ_NOISE,
        "nonlinearity": list(chip.NONLINEARITY),
        "saturation_e": chip.FULL_WELL,
    }


KIND = Kind("lampramp", _exposures, truth=_truth)
