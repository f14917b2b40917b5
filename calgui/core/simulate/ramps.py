"""Ramps: non-destructive reads up the ramp, raw, in adu."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq
from calgui.core.simulate.detector import FULL_WELL, GAIN, NONLINEARITY, Detector, FloatMap
from calgui.core.simulate.noise import Hit, Window, collected, cosmic_rays, photons, read_noise


def measured(true: npt.NDArray[np.floating[Any]]) -> FloatMap:
    """What a non-linear pixel shows: solves ``(1 + c0 + c1 x + ... + c4 x⁴) x = true`` for x.

    Parameters
    ----------
    true : ndarray of float
        Linear signal, adu.

    Returns
    -------
    ndarray of float32
        adu, by Newton's method from the linear signal.
    """
    c0, *higher = NONLINEARITY
    slope = np.polynomial.Polynomial([0.0, 1.0 + c0, *higher])
    derivative = slope.deriv()
    x = true.astype(np.float64)
    for _ in range(4):
        x -= (slope(x) - true) / derivative(x)
    return x.astype(np.float32)


def make_ramp(
    detector: Detector,
    window: Window,
    light: FloatMap | None,
    reads: int,
    group_time: float,
    rng: np.random.Generator,
    check: Callable[[], None] = lambda: None,
) -> tuple[FloatMap, npt.NDArray[np.uint32], npt.NDArray[np.uint8], list[Hit]]:
    """One integration read ``reads`` times, the first one group time after the reset.

    Parameters
    ----------
    detector : Detector
        What collects.
    window : Window
        The part that is read.
    light : ndarray of float32, shape (ny, nx), optional
        e-/s that a perfect pixel would collect; None for the dark.
    reads : int
        Number of reads.
    group_time : float
        Seconds between reads.
    rng : numpy.random.Generator
        Where chance comes from.
    check : callable
        Called while it goes on; raises to stop.

    Returns
    -------
    sci : ndarray of float32, shape (1, reads, ny, nx)
        adu, bias included.
    pixeldq : ndarray of uint32, shape (ny, nx)
        What is known of the pixels beforehand: reference pixels.
    groupdq : ndarray of uint8, shape (1, reads, ny, nx)
        SATURATED where the well was full.
    hits : list of Hit
        Cosmic rays.
    """
    rate = collected(detector, window, light)
    hits = cosmic_rays(detector.active[window.slices], reads * group_time, rng)
    shape = rate.shape
    sci = np.empty((1, reads, *shape), np.float32)
    groupdq = np.zeros(sci.shape, np.uint8)
    charge = np.zeros(shape, np.float32)
    for read in range(reads):
        charge += photons(rate, group_time, rng, check)
        for hit in hits:
            if int(hit.time * reads) == read:
                charge[hit.y, hit.x] += hit.electrons.astype(np.float32)
        full = charge >= FULL_WELL
        groupdq[0, read][full] = dq.SATURATED
        held = np.minimum(charge, np.float32(FULL_WELL))
        sci[0, read] = measured(held / np.float32(GAIN)) + detector.bias[window.slices]
        sci[0, read] += read_noise(shape, 1.0, rng) / np.float32(GAIN)
    pixeldq = np.where(detector.active[window.slices], 0, dq.REFERENCE_PIXEL).astype(np.uint32)
    return sci, pixeldq, groupdq, hits
