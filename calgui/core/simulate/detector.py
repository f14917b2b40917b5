"""A simulated H4RG-like detector: what each of its pixels is, before any exposure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq

FloatMap = npt.NDArray[np.float32]
DqMap = npt.NDArray[np.uint32]

BORDER = 4  # reference pixels on each side
CHANNEL = 64  # columns read by one amplifier (H4RG with 64 outputs: 4096 / 64)
DARK_RATE = 0.025  # e-/s
READ_NOISE = 9.0  # e-, one read
GAIN = 2.0  # e-/adu
FULL_WELL = 100_000.0  # e-
NONLINEAR_FROM = 45_000.0  # e-
TEMPERATURE = 76.0  # K
HOT_FRACTION = 0.004
DEAD_FRACTION = 0.0008
RESPONSE_SCATTER = 0.012
#: corrected = (1 + c0 + c1 x + ... + c4 x⁴) x, x in adu: the multiplicative form of the tmt pipeline
NONLINEARITY = (0.0, 1.5e-7, 4.0e-12, 0.0, 0.0)


@dataclass(frozen=True)
class Detector:
    """One detector of the demo night.

    Attributes
    ----------
    name : str
        As in DETECTOR.
    active : ndarray of bool, shape (n, n)
        False on reference pixels.
    dark_rate : ndarray of float32, shape (n, n)
        True dark current in e-/s, hot pixels included; 0 on reference pixels.
    response : ndarray of float32, shape (n, n)
        Quantum efficiency of each pixel relative to the detector's, dead pixels 0; 0 on reference pixels.
    bias : ndarray of float32, shape (n, n)
        Level of the first read after reset, adu.
    hot_y, hot_x : ndarray of int
        Hot pixels, from 0.
    hot_excess : ndarray of float
        Their rate above the dark current, e-/s.
    dead_y, dead_x : ndarray of int
        Pixels without response, from 0.
    """

    name: str
    active: npt.NDArray[np.bool_]
    dark_rate: FloatMap
    response: FloatMap
    bias: FloatMap
    hot_y: npt.NDArray[np.intp]
    hot_x: npt.NDArray[np.intp]
    hot_excess: npt.NDArray[np.float64]
    dead_y: npt.NDArray[np.intp]
    dead_x: npt.NDArray[np.intp]

    @property
    def size(self) -> int:
        """Pixels on a side."""
        return int(self.active.shape[0])

    def mask(self) -> DqMap:
        """The true bad-pixel map.

        Returns
        -------
        ndarray of uint32, shape (n, n)
            HOT from 0.5 e-/s of excess, WARM below, DEAD, and REFERENCE_PIXEL; what must not be used says so.
        """
        flags = np.zeros(self.active.shape, np.uint32)
        hot = self.hot_excess >= 0.5
        flags[self.hot_y[hot], self.hot_x[hot]] = dq.HOT | dq.DO_NOT_USE
        flags[self.hot_y[~hot], self.hot_x[~hot]] = dq.WARM
        flags[self.dead_y, self.dead_x] = dq.DEAD | dq.DO_NOT_USE
        flags[~self.active] = dq.REFERENCE_PIXEL | dq.NON_SCIENCE | dq.DO_NOT_USE
        return flags


def make_detector(name: str, size: int, rng: np.random.Generator) -> Detector:
    """Draw the pixels of one detector.

    Parameters
    ----------
    name : str
        As in DETECTOR.
    size : int
        Pixels on a side.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    Detector
    """
    active = np.zeros((size, size), bool)
    active[BORDER:-BORDER, BORDER:-BORDER] = True
    inner = size - 2 * BORDER
    n_hot, n_dead = round(HOT_FRACTION * inner**2), round(DEAD_FRACTION * inner**2)
    chosen = rng.choice(inner**2, n_hot + n_dead, replace=False)
    y, x = chosen // inner + BORDER, chosen % inner + BORDER
    # three decades, log-uniform: few detectors have one kind of hot pixel
    excess = np.round(10 ** rng.uniform(-1.0, 2.0, n_hot), 4)
    dark_rate = DARK_RATE * _channel_factor(size, rng) * _slope(size)
    dark_rate[y[:n_hot], x[:n_hot]] += excess.astype(np.float32)
    dark_rate[y[n_hot:], x[n_hot:]] = DARK_RATE
    dark_rate[~active] = 0
    response = 1 + RESPONSE_SCATTER * rng.standard_normal((size, size), dtype=np.float32)
    np.clip(response, 0.8, 1.2, out=response)
    response *= _dust(size, rng)
    response[y[n_hot:], x[n_hot:]] = 0
    response[~active] = 0
    return Detector(
        name, active, dark_rate, response, _bias(size, rng), y[:n_hot], x[:n_hot], excess, y[n_hot:], x[n_hot:]
    )


def _channel_factor(size: int, rng: np.random.Generator) -> FloatMap:
    """Each amplifier's own 2 % on the dark current (self-heating), one row."""
    factors = 1 + 0.02 * rng.standard_normal(-(-size // CHANNEL))
    return np.repeat(factors, CHANNEL)[None, :size].astype(np.float32)


def _slope(size: int) -> FloatMap:
    """A gradient of 6 % from bottom to top, one column: the side of the electronics is warmer."""
    return (1.03 - 0.06 * np.linspace(0, 1, size))[:, None].astype(np.float32)


def _dust(size: int, rng: np.random.Generator) -> FloatMap:
    """Out-of-focus dust: soft spots of a few per cent."""
    spots = np.ones((size, size), np.float32)
    for _ in range(8):
        cx, cy = rng.uniform(0, size, 2)
        radius, depth = size * rng.uniform(0.015, 0.05), rng.uniform(0.02, 0.06)
        low_y, high_y = max(0, int(cy - 4 * radius)), min(size, int(cy + 4 * radius) + 1)
        low_x, high_x = max(0, int(cx - 4 * radius)), min(size, int(cx + 4 * radius) + 1)
        wide = np.exp(-(((np.arange(low_x, high_x) - cx) / radius) ** 2)).astype(np.float32)
        high = np.exp(-(((np.arange(low_y, high_y) - cy) / radius) ** 2)).astype(np.float32)
        spots[low_y:high_y, low_x:high_x] *= 1 - np.float32(depth) * high[:, None] * wide[None, :]
    return spots


def _bias(size: int, rng: np.random.Generator) -> FloatMap:
    """Pedestal of each amplifier, its ramp along the columns, kTC of each pixel; adu."""
    channels = -(-size // CHANNEL)
    level = np.repeat(5000 + 120 * rng.standard_normal(channels), CHANNEL)[:size]
    within = np.tile(np.linspace(-8, 8, CHANNEL), channels)[:size]
    bias = 15 * rng.standard_normal((size, size), dtype=np.float32)
    bias += (level + within).astype(np.float32)[None, :]
    bias += np.float32(10) * np.exp(-np.arange(size, dtype=np.float32) / (0.05 * size))[:, None]
    return bias
