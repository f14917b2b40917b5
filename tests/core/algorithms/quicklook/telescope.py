"""A telescope and a detector of the tests' own: raw ramps and references with known truth.

It shares nothing with the demo night: charge comes in photon by photon between the reads, and what a bent pixel shows
is found by bisection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calgui.core.algorithms.given import References
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame

SIDE, BORDER = 200, 4
READS, STEP = 10, 8.0  # s
GAIN, NOISE = 1.8, 7.0  # e-/adu, e- of a read
HEADER = {
    "INSTRUME": "IRIS", "DETECTOR": "IRIS2", "FILTER": "H", "SUBARRAY": "FULL", "SUBSTRT1": 1, "SUBSTRT2": 1,
    "SUBSIZE1": SIDE, "SUBSIZE2": SIDE, "DETXSIZE": SIDE, "DETYSIZE": SIDE, "TGROUP": STEP, "GAIN": GAIN,
    "READNOIS": NOISE, "NGROUPS": READS, "EXPTIME": READS * STEP,
}  # fmt: skip


@dataclass
class Night:
    """One exposure and its references, drawn from a seed.

    Attributes
    ----------
    science : ndarray
        True light of the objects alone, e-/s of a perfect pixel.
    ramp : Frame
        As it was read, adu.
    references : References
        With errors as large as their ERR say.
    good : ndarray of bool
        Light-sensitive pixels that are in order.
    """

    science: np.ndarray[Any, Any]
    ramp: Frame
    references: References
    good: np.ndarray[Any, Any]
    drift: np.ndarray[Any, Any] = field(default_factory=lambda: np.zeros(0))


def shown(charge: np.ndarray[Any, Any], bend: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What a pixel shows of a charge (adu): x of (1 + b x + 1e-11 x²) x = charge, by bisection."""
    low, high = np.zeros_like(charge), charge + 1
    for _ in range(45):
        middle = 0.5 * (low + high)
        over = (1 + bend * middle + 1e-11 * middle**2) * middle > charge
        high, low = np.where(over, middle, high), np.where(over, low, middle)
    return 0.5 * (low + high)


def night(seed: int, sky: float = 12.0, header: Mapping[str, Any] | None = None) -> Night:
    """Draw one.

    Parameters
    ----------
    seed : int
        Of all chance.
    sky : float
        Its light, e-/s.
    header : mapping, optional
        Further keywords of the ramp.

    Returns
    -------
    Night
    """
    rng = np.random.default_rng(seed)
    shape = (SIDE, SIDE)
    active = np.zeros(shape, bool)
    active[BORDER:-BORDER, BORDER:-BORDER] = True
    y, x = np.indices(shape)
    dark = 0.3 + 0.2 * rng.random(shape)
    response = (1 - 0.1 * ((x / SIDE - 0.4) ** 2 + (y / SIDE - 0.6) ** 2)) * rng.normal(1, 0.02, shape)
    bend = rng.normal(1.5e-6, 3e-7, shape)
    science = np.zeros(shape)
    for _ in range(12):
        cx, cy, flux, width = rng.uniform(10, SIDE - 10), rng.uniform(10, SIDE - 10), rng.uniform(100, 3000), 1.8
        science += flux / (2 * np.pi * width**2) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2))
    broken = active & (rng.random(shape) < 0.01)
    dark[broken] += rng.uniform(20, 500, np.count_nonzero(broken))
    rate = np.where(active, (science + sky) * response + dark, 0)
    # what the electronics add to all pixels of an amplifier, and to the whole row
    amplifier = np.repeat(np.cumsum(rng.normal(0, 6, (READS, -(-SIDE // 64))), axis=0), 64, axis=1)[:, :SIDE]
    bias = 4000 + rng.normal(0, 20, shape)
    charge, reads, flags = np.zeros(shape), np.empty((1, READS, *shape)), np.zeros((1, READS, *shape), np.uint32)
    struck = active & (rng.random(shape) < 0.005)
    when = rng.integers(1, READS, shape)
    for read in range(READS):
        charge += rng.poisson(rate * STEP)
        charge[struck & (when == read)] += 4000
        reads[0, read] = shown(charge / GAIN, bend) + bias + (amplifier[read] + rng.normal(0, NOISE, shape)) / GAIN
    ramp = Frame(reads.astype(np.float32), None, flags, {**HEADER, "BUNIT": "adu", **(header or {})})
    flat = np.where(active, response / np.median(response[active]), 0)
    scale = float(np.median(response[active]))
    known = HEADER | {"EXPTIME": READS * STEP}
    bits = np.where(active, 0, dq.REFERENCE_PIXEL | dq.NON_SCIENCE | dq.DO_NOT_USE).astype(np.uint32)

    def reference(kind: str, truth: Any, error: Any, unit: str) -> Frame:
        error = np.broadcast_to(np.asarray(error, np.float64), shape)
        data = truth + error * rng.standard_normal(shape)
        return Frame(
            data.astype(np.float32), error.astype(np.float32), bits.copy(), {**known, "REFTYPE": kind, "BUNIT": unit}
        )

    terms = np.zeros((4, *shape), np.float32)
    terms[1], terms[2] = bend, 1e-11
    mask = bits | np.where(broken, dq.HOT | dq.DO_NOT_USE, 0).astype(np.uint32)
    references = References(
        {
            "NONLINCOEFF": Frame(
                terms,
                header={**known, "REFTYPE": "NONLINCOEFF", "LINFORM": "FACTOR", "LINUNIT": "adu", "SATURATE": 9e4},
            ),
            "MASK": Frame(np.zeros(shape, np.float32), None, mask, {**known, "REFTYPE": "MASK"}),
            "DARK": reference("DARK", np.where(active, dark, 0), 0.06, "electron/s"),
            "FLAT": reference("FLAT", flat, 0.012 * flat, ""),
            "SKY": reference("SKY", np.where(active, sky * scale, 0), 0.15, "electron/s"),
        }
    )
    return Night(science * scale, ramp, references, active & ~broken)
