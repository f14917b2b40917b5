"""The light of a star through telescope and adaptive optics, as its transfer function.

A long exposure is the mean over all moments of the residual wavefront, for which the transfer function of the
telescope is multiplied with that of the turbulence, exp(-D/2) (Roddier 1981, Progress in Optics 19, 281). Fixed
aberrations are in the wave itself.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.starlight.aperture import aperture
from calgui.core.simulate.starlight.residual import decorrelation, near

#: pixels on a side of what is known of a star: 4.1 arcsec of 4 mas
FIELD = 1024
_RAD_PER_MAS = math.pi / 180 / 3600e3
_MODES, _MODES_SEED = 80, 11
#: the halo beyond the field: fields that are looked at, samples on a side of each, and length in the pupil, m, that
#: blurs it (0.07 arcsec at 2.2 µm)
_FIELDS, _SAMPLES, _BLUR_M = 5, 64, 1.5


@dataclass(frozen=True, eq=False)
class StarLight:
    """A star's transfer function and that of the same without any wavefront error.

    Attributes
    ----------
    pixel_mas : float
        Side of a pixel.
    over : int
        Samples in a pixel's side.
    transfer, perfect : ndarray of complex64 or float32, shape (n, n // 2 + 1)
        In the order of an FFT; pixels and the size of the source are in it. Real where nothing in it is lopsided.
    """

    pixel_mas: float
    over: int
    transfer: npt.NDArray[Any] = field(repr=False)
    perfect: npt.NDArray[Any] = field(repr=False)

    @property
    def field(self) -> int:
        """Pixels on a side of what is known."""
        return int(self.transfer.shape[0]) // self.over

    def mixed(self, other: "StarLight", part: float) -> "StarLight":
        """Light that came in part through other air.

        Parameters
        ----------
        other : StarLight
            Of the same band, pixels and pupil.
        part : float
            Of it, from 0 to 1.

        Returns
        -------
        StarLight
        """
        transfer = np.float32(1 - part) * self.transfer + np.float32(part) * other.transfer
        return StarLight(self.pixel_mas, self.over, transfer, self.perfect)

    def image(self, dx: float = 0.0, dy: float = 0.0, perfect: bool = False) -> npt.NDArray[np.float32]:
        """What pixels see.

        Parameters
        ----------
        dx, dy : float
            By how much of a pixel the star is off the middle pixel, ``field // 2`` on both axes.
        perfect : bool
            The same star without any wavefront error.

        Returns
        -------
        ndarray of float32, shape (field, field)
            Part of the star's light in each pixel; some of it, scattered by gaps, lies beyond.
        """
        from scipy import fft

        count = self.transfer.shape[0]
        middle = self.field // 2
        rows = np.exp(-2j * np.pi * np.fft.fftfreq(count) * (middle + dy) * self.over).astype(np.complex64)
        columns = np.exp(-2j * np.pi * np.fft.rfftfreq(count) * (middle + dx) * self.over).astype(np.complex64)
        moved = (self.perfect if perfect else self.transfer) * rows[:, None]
        moved *= columns[None, :]  # complex by now, in single precision
        seen = fft.irfft2(moved, (count, count), workers=2)
        # rounding leaves some 1e-10 below 0 between the rings
        return np.asarray(np.maximum(seen[:: self.over, :: self.over] * np.float32(self.over**2), 0), np.float32)


def star_light(
    wavelengths_um: tuple[float, float],
    strehl: float,
    rotation_deg: float = 0.0,
    *,
    pixel_mas: float = 4.0,
    pixels: int = FIELD,
    source_mas: float = 0.0,
    fixed_nm: float = 0.0,
) -> StarLight:
    """The light of a star in one filter.

    Parameters
    ----------
    wavelengths_um : tuple of float
        Edges of the filter, µm; equal for one wavelength.
    strehl : float
        Ratio that is aimed at in the filter's middle; `measures` tells what it is. 1 for no turbulence.
    rotation_deg : float
        Of the pupil, from x towards y.
    pixel_mas : float
        Side of a pixel.
    pixels : int
        On a side of what is known of the star, even.
    source_mas : float
        Diameter of the source, a disk.
    fixed_nm : float
        rms of aberrations that stay, nm.

    Returns
    -------
    StarLight
    """
    middle = sum(wavelengths_um) / 2
    residual = middle * 1e3 / (2 * math.pi) * math.sqrt(-math.log(strehl))
    rotation = round(rotation_deg % 360, 1)
    # a cube's planes are many and each is wanted once
    make = _made if pixels == FIELD else _made.__wrapped__
    return make(wavelengths_um, residual, rotation, pixel_mas, pixels, source_mas, fixed_nm)


@lru_cache(maxsize=12)
def _made(
    band: tuple[float, float],
    residual_nm: float,
    rotation: float,
    pixel_mas: float,
    pixels: int,
    source_mas: float,
    fixed_nm: float,
) -> StarLight:
    # an image holds frequencies up to D / λ, and half of a step of samples is to hold them
    over = 1 if band[0] * 1e-6 / (pixel_mas * _RAD_PER_MAS) >= 60.5 else 2
    if over == 2 and band[0] * 1e-6 / (pixel_mas * _RAD_PER_MAS) < 30.25:
        over = 2 * math.ceil(30.25 * pixel_mas * _RAD_PER_MAS / (band[0] * 1e-6))
    count = pixels * over
    step = pixel_mas / over
    total = np.zeros((count, count // 2 + 1), np.complex64 if fixed_nm else np.float32)
    perfect = np.zeros(total.shape, np.float32)
    for wavelength, weight in _nodes(band):
        cell = wavelength * 1e-6 / (count * step * _RAD_PER_MAS)
        pupil = aperture(cell, rotation)
        without = _telescope(pupil, count)
        with_ = _telescope(pupil, count, cell, fixed_nm / wavelength / 1e3) if fixed_nm else without
        perfect += np.float32(weight) * without
        if residual_nm:
            variance = (2 * math.pi * residual_nm / (wavelength * 1e3)) ** 2
            with_ = with_ * np.exp(-np.float32(variance) * decorrelation(count, cell))
            with_ -= _folded(count, variance, wavelength * 1e-6 / (pixels * pixel_mas * _RAD_PER_MAS))
        total += np.float32(weight) * with_
    seen = _pixels(count, step, pixel_mas, source_mas)
    return StarLight(pixel_mas, over, total * seen, perfect * seen)


def _nodes(band: tuple[float, float]) -> list[tuple[float, float]]:
    """Wavelengths and weights; polynomials of the fifth order are exact."""
    if band[0] == band[1]:
        return [(band[0], 1.0)]
    middle, half = (band[0] + band[1]) / 2, (band[1] - band[0]) / 2
    off = half * math.sqrt(0.6)
    return [(middle - off, 5 / 18), (middle, 4 / 9), (middle + off, 5 / 18)]


def _telescope(pupil: npt.NDArray[np.float32], count: int, cell_m: float = 0.0, waves: float = 0.0) -> npt.NDArray[Any]:
    """Transfer function of the telescope: the correlation of its pupil with itself."""
    from scipy import fft

    wave = np.zeros((count, count), np.complex64 if waves else np.float32)
    side = pupil.shape[0]
    wave[:side, :side] = pupil * np.exp(2j * np.pi * waves * _aberration(pupil, cell_m)) if waves else pupil
    if waves:
        light = np.abs(fft.fft2(wave, workers=2)) ** 2
        transfer = fft.rfft2(light, workers=2) / np.float32(count**2)
    else:
        half = np.abs(fft.rfft2(wave, workers=2)) ** 2
        transfer = fft.irfft2(half, (count, count), workers=2)[:, : count // 2 + 1]
    return np.asarray(transfer / np.float32(pupil.sum()))


def _aberration(pupil: npt.NDArray[np.float32], cell_m: float) -> npt.NDArray[np.float64]:
    """A fixed surface of rms 1 over the pupil: waves of 2 to 30 m, their power falling with frequency."""
    rng = np.random.default_rng(_MODES_SEED)
    frequency, angle, phase = 1 / 30 * 15 ** rng.uniform(size=_MODES), *rng.uniform(0, 2 * np.pi, (2, _MODES))
    axis = (np.arange(pupil.shape[0]) + 0.5 - pupil.shape[0] / 2) * cell_m
    along_x = np.exp(2j * np.pi * np.outer(axis, frequency * np.cos(angle)))
    along_y = np.exp(2j * np.pi * np.outer(axis, frequency * np.sin(angle)))
    surface = ((along_y * (np.exp(1j * phase) / frequency)) @ along_x.T).real
    weights = pupil / pupil.sum()
    surface = surface - (surface * weights).sum()
    return np.asarray(surface / math.sqrt((surface**2 * weights).sum()))


def _folded(count: int, variance: float, step_m: float) -> npt.NDArray[np.float32]:
    """What a transform folds back of the halo beyond the field, as a transfer function.

    The halo there is wide and smooth: it is that of the middle of the transfer function, and known in steps.
    """
    from scipy import fft

    whole, step = _FIELDS * _SAMPLES, step_m / _FIELDS
    axis = np.fft.fftfreq(whole, 1 / whole) * step
    taper = np.exp(-((axis[:, None] ** 2 + axis[None, :] ** 2) / _BLUR_M**2))
    halo = taper * (np.exp(-variance * near(whole, step)) - math.exp(-variance))
    light = np.fft.fftshift(fft.fft2(halo).real) / whole**2
    # the field's middle is the middle of the plane; its last line is another field's first
    light = np.pad(light, ((0, 1), (0, 1)), mode="wrap")
    own = slice((_FIELDS // 2) * _SAMPLES, (_FIELDS // 2 + 1) * _SAMPLES + 1)
    beyond = -light[own, own]
    for row in range(_FIELDS):
        for column in range(_FIELDS):
            beyond += light[row * _SAMPLES :, column * _SAMPLES :][: _SAMPLES + 1, : _SAMPLES + 1]
    # linear between the steps; the transform of a sum of products is that of the factors
    at = np.arange(count) * _SAMPLES / count
    low = at.astype(np.intp)
    weights = np.zeros((count, _SAMPLES + 1))
    weights[np.arange(count), low] = 1 - (at - low)
    weights[np.arange(count), low + 1] += at - low
    # both edges are one and the same place
    weights[0, [0, -1]] = 0.5
    waves = fft.fft(np.fft.ifftshift(weights, axes=0), axis=0).astype(np.complex64)
    made = waves @ (beyond * (_SAMPLES / count) ** 2).astype(np.complex64) @ waves[: count // 2 + 1].T
    return np.asarray(made.real, np.float32)


def _pixels(count: int, step_mas: float, pixel_mas: float, source_mas: float) -> npt.NDArray[np.float32]:
    fy, fx = np.fft.fftfreq(count, step_mas)[:, None], np.fft.rfftfreq(count, step_mas)[None, :]
    seen = np.sinc(pixel_mas * fy) * np.sinc(pixel_mas * fx)
    if source_mas:
        from scipy.special import j1

        turns = np.pi * source_mas * np.hypot(fx, fy)
        turns[0, 0] = 1e-6
        seen = seen * 2 * j1(turns) / turns
    return np.asarray(seen, np.float32)
