"""What one exposure adds to the light: photon noise, read noise, rows, amplifiers and cosmic rays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import CHANNEL, FULL_WELL, READ_NOISE, Detector, FloatMap

ROW_NOISE = 1.5  # e- rms of one read, over rows, 1/f
CHANNEL_NOISE = 0.4  # e- rms of one read, offset of each amplifier
COSMIC_RATE = 0.1  # hits per cm² and second: muons, and the betas of the surroundings
PIXEL_CM = 10e-4  # as the algorithms take it, too
_BAND = 256  # rows worked on at a time


@dataclass(frozen=True)
class Window:
    """The part of the detector that is read, in its pixels from 0."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(frozen=True)
class Hit:
    """One cosmic ray.

    Attributes
    ----------
    y, x : ndarray of int
        Pixels of the frame that it touched, from 0.
    electrons : ndarray of float
        What it left in each.
    time : float
        When it came, as a fraction of the exposure.
    """

    y: npt.NDArray[np.intp]
    x: npt.NDArray[np.intp]
    electrons: npt.NDArray[np.float64]
    time: float

    def truth(self) -> dict[str, Any]:
        """As it stands in the truth file."""
        return {
            "electrons": round(float(self.electrons.sum()), 1),
            "time_fraction": round(self.time, 4),
            "pixels": [
                [int(x), int(y), round(float(e), 1)] for x, y, e in zip(self.x, self.y, self.electrons, strict=True)
            ],
        }


def photons(
    rate: FloatMap, seconds: float, rng: np.random.Generator, check: Callable[[], None] = lambda: None
) -> FloatMap:
    """Electrons collected, with photon noise.

    Parameters
    ----------
    rate : ndarray of float32, shape (ny, nx)
        e-/s.
    seconds : float
        How long.
    rng : numpy.random.Generator
        Where chance comes from.
    check : callable
        Called for every band of rows; raises to stop.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Electrons.
    """
    out = np.empty(rate.shape, np.float32)
    for start in range(0, rate.shape[0], _BAND):
        check()
        out[start : start + _BAND] = rng.poisson(rate[start : start + _BAND] * seconds)
    return out


def read_noise(shape: tuple[int, int], reads: float, rng: np.random.Generator) -> FloatMap:
    """Noise of reading: white, 1/f along rows, and an offset of each amplifier.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    reads : float
        Variance in units of one read's: 2 for a difference of two reads.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Electrons.
    """
    noise = rng.standard_normal(shape, dtype=np.float32)
    noise *= np.float32(READ_NOISE * np.sqrt(reads))
    noise += np.float32(ROW_NOISE * np.sqrt(reads)) * _one_over_f(shape[0], rng)[:, None]
    channels = -(-shape[1] // CHANNEL)
    offsets = CHANNEL_NOISE * np.sqrt(reads) * rng.standard_normal(channels)
    noise += np.repeat(offsets, CHANNEL)[: shape[1]].astype(np.float32)
    return noise


def _one_over_f(count: int, rng: np.random.Generator) -> FloatMap:
    """A series of power 1/f, mean 0 and rms 1."""
    spectrum = rng.standard_normal(count // 2 + 1) + 1j * rng.standard_normal(count // 2 + 1)
    frequency = np.arange(count // 2 + 1)
    spectrum[1:] /= np.sqrt(frequency[1:])
    spectrum[0] = 0
    series = np.fft.irfft(spectrum, count)
    return np.asarray(series / series.std(), np.float32)


def cosmic_rays(active: npt.NDArray[np.bool_], seconds: float, rng: np.random.Generator) -> list[Hit]:
    """Tracks of cosmic rays.

    Parameters
    ----------
    active : ndarray of bool, shape (ny, nx)
        Pixels that collect charge.
    seconds : float
        Exposure time.
    rng : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    list of Hit
    """
    ny, nx = active.shape
    hits = []
    for _ in range(int(rng.poisson(COSMIC_RATE * seconds * ny * nx * PIXEL_CM**2))):
        x, y, angle = rng.uniform(-0.5, nx - 0.5), rng.uniform(-0.5, ny - 0.5), rng.uniform(0, 2 * np.pi)
        length = min(rng.exponential(4.0), 60.0)  # pixels; most come steeply
        density = 600 * np.exp(0.6 * rng.standard_normal())  # e- per pixel of path
        steps = np.arange(0, length + 1e-9, 0.2)
        ix = np.rint(x + steps * np.cos(angle)).astype(np.intp)
        iy = np.rint(y + steps * np.sin(angle)).astype(np.intp)
        inside = (ix >= 0) & (ix < nx) & (iy >= 0) & (iy < ny)
        inside[inside] = active[iy[inside], ix[inside]]
        time = float(rng.uniform())
        cells, count = np.unique(iy[inside] * nx + ix[inside], return_counts=True)
        if cells.size:
            charge = density * np.maximum(count * 0.2, 0.2) * max(1.0, 1.0 / max(length, 0.25))
            hits.append(Hit(cells // nx, cells % nx, np.round(charge, 1), time))
    return hits


def collected(detector: Detector, window: Window, light: FloatMap | None) -> FloatMap:
    """What the pixels of a window collect: dark current, and light by their response.

    Parameters
    ----------
    detector : Detector
        What collects.
    window : Window
        The part that is read.
    light : ndarray of float32, shape (ny, nx), optional
        e-/s that a perfect pixel would collect in the window; None for the dark.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        e-/s.
    """
    rate: FloatMap = detector.dark_rate[window.slices].copy()
    if light is not None:
        rate += light * detector.response[window.slices]
    return rate


def expose(
    detector: Detector,
    window: Window,
    light: FloatMap | None,
    seconds: float,
    rng: np.random.Generator,
    check: Callable[[], None] = lambda: None,
) -> tuple[FloatMap, list[Hit]]:
    """One exposure as the difference of its last and first read, in electrons per second.

    Parameters
    ----------
    detector : Detector
        What collects.
    window : Window
        The part that is read.
    light : ndarray of float32, shape (ny, nx), optional
        e-/s that a perfect pixel would collect in the window; None for the dark.
    seconds : float
        Time between the two reads.
    rng : numpy.random.Generator
        Where chance comes from.
    check : callable
        Called while it goes on; raises to stop.

    Returns
    -------
    rate : ndarray of float32, shape (ny, nx)
        e-/s.
    hits : list of Hit
        The cosmic rays in it.
    """
    rate = collected(detector, window, light)
    electrons = photons(rate, seconds, rng, check)
    hits = cosmic_rays(detector.active[window.slices], seconds, rng)
    for hit in hits:
        electrons[hit.y, hit.x] += hit.electrons.astype(np.float32)
    np.minimum(electrons, np.float32(FULL_WELL), out=electrons)
    electrons += read_noise(electrons.shape, 2.0, rng)
    electrons /= np.float32(seconds)
    return electrons, hits
