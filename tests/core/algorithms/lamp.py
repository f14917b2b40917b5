"""Ramps of a lamp for tests, drawn apart from the program's own simulator."""

from typing import Any

import numpy as np

from calgui.core.frames.frame import Frame


def lamp_ramps(
    count: int,
    reads: int,
    shape: tuple[int, int],
    flux: float,
    *,
    gain: float = 2.0,
    noise: float = 9.0,
    bend: float = 0.0,
    coupling: float = 0.0,
    averaged: int = 1,
    drift: float = 0.0,
    seed: int = 1,
    header: dict[str, Any] | None = None,
) -> list[Frame]:
    """Raw ramps in adu: charge with Poisson noise, coupled, bent as ``x (1 - bend x)``, read with Gaussian noise."""
    rng = np.random.default_rng(seed)
    response = 1 + 0.05 * rng.standard_normal(shape)
    short = 0.1 if averaged > 1 else 0.0
    frames = []
    for number in range(count):
        charge = np.zeros(shape)
        groups = []
        for _ in range(reads):
            group = np.zeros(shape)
            for place in range(averaged):
                step = short if place else 1 - (averaged - 1) * short
                charge += rng.poisson(flux * response * step * (1 + drift * number))
                seen = charge * (1 - 4 * coupling)
                for axis in (0, 1):
                    seen += coupling * (np.roll(charge, 1, axis) + np.roll(charge, -1, axis))
                x = seen / gain
                group += x * (1 - bend * x) + noise / gain * rng.standard_normal(shape)
            groups.append(5000 + group / averaged)
        cards = {
            "INSTRUME": "TEST", "DETECTOR": "H2RG", "EXP_TYPE": "FLAT", "BUNIT": "adu", "NGROUPS": reads,
            "NFRAMES": averaged, "GROUPGAP": 0, "TFRAME": 1.0 if averaged == 1 else 0.1, "TGROUP": 1.0,
            "SUBARRAY": "CUSTOM", "SUBSTRT1": 65, "SUBSTRT2": 65, "DETXSIZE": 2048, "DETYSIZE": 2048,
            "GAIN": gain, "READNOIS": noise,
        }  # fmt: skip
        frames.append(Frame(np.array([groups], np.float32), None, None, cards | (header or {})))
    return frames
