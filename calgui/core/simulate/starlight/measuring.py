"""What a star without noise is: its Strehl ratio, width and energy, from its transfer function and pixels alone."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.starlight.light import StarLight

Floats = npt.NDArray[np.float64]
_FINE, _CORE = 0.5, 30.0  # mas: samples about the middle, and how far they go
_RADII = (5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


@dataclass(frozen=True)
class Measures:
    """A star's truth.

    Attributes
    ----------
    peak : float
        Part of all its light in a pixel that is centred on it.
    strehl : float
        Peak over flux within the radius, over the same of the star without wavefront error.
    fwhm_mas : float
        Diameter of the circle as large as what is brighter than half of the peak, as pixels see it.
    ee50_mas, ee80_mas : float
        Radii that hold these parts of the light within the radius.
    energy : tuple of float
        Part of all light within the radii that `truth` tells as ``energy_mas``.
    radius_mas : float
        Within which flux is counted.
    """

    peak: float
    strehl: float
    fwhm_mas: float
    ee50_mas: float
    ee80_mas: float
    energy: tuple[float, ...]
    radius_mas: float

    def truth(self) -> dict[str, Any]:
        """As it stands in the truth file."""
        radii = [radius for radius in _RADII if radius <= self.radius_mas]
        return {
            "strehl": round(self.strehl, 5),
            "radius_mas": self.radius_mas,
            "peak_fraction": round(self.peak, 7),
            "fwhm_mas": round(self.fwhm_mas, 4),
            "ee50_mas": round(self.ee50_mas, 4),
            "ee80_mas": round(self.ee80_mas, 4),
            "energy_mas": radii,
            "energy": [round(value, 5) for value in self.energy],
        }


def measures(light: StarLight, radius_mas: float = 1000.0) -> Measures:
    """Measure a star.

    Parameters
    ----------
    light : StarLight
        The star.
    radius_mas : float
        Within which flux is counted.

    Returns
    -------
    Measures
    """
    radius, grown, middle = _growth(light, radius_mas)
    peak, flux = float(middle[middle.shape[0] // 2, middle.shape[1] // 2]), float(grown[-1])
    # a whole pixel of the star without wavefront error lies on its middle
    ideal = light.image(perfect=True).astype(np.float64)
    within = np.clip((radius_mas - _away(light)) / light.pixel_mas + 0.5, 0, 1)
    best = float(ideal[light.field // 2, light.field // 2] / (ideal * within).sum())
    radii = [radius for radius in _RADII if radius <= radius_mas]
    return Measures(
        peak,
        peak / flux / best,
        2 * math.sqrt(_brighter(middle, peak / 2) / math.pi) * _FINE,
        float(np.interp(0.5 * flux, grown, radius)),
        float(np.interp(0.8 * flux, grown, radius)),
        tuple(np.interp(radii, radius, grown).tolist()),
        radius_mas,
    )


def _away(light: StarLight) -> Floats:
    axis = (np.arange(light.field) - light.field // 2) * light.pixel_mas
    return np.asarray(np.hypot(axis[:, None], axis[None, :]))


def _growth(light: StarLight, last: float) -> tuple[Floats, Floats, Floats]:
    """Radii, the light within each, the middle on fine samples."""
    middle = _middle(light)
    image = light.image().astype(np.float64)
    pixel, away = light.pixel_mas, _away(light)
    core = np.arange(0, _CORE - 2 * _FINE, _FINE)
    near = np.arange(middle.shape[0]) * _FINE
    near -= near.mean()
    apart = np.hypot(near[:, None], near[None, :])
    density = middle * (_FINE / pixel) ** 2
    inner = [(density * np.clip((r - apart) / _FINE + 0.5, 0, 1)).sum() if r else 0.0 for r in core]
    near_enough = away < last + 2 * pixel
    away, image = away[near_enough], image[near_enough]
    order = np.argsort(away)
    # a pixel's light comes in evenly while the circle crosses it
    radii = np.arange(core[-1], last + pixel / 2, pixel / 2)
    radii[-1] = last
    sorted_ = away[order]
    summed = np.concatenate([[0], np.cumsum(image[order])])
    first = np.concatenate([[0], np.cumsum((image * away)[order])])
    low, high = (np.searchsorted(sorted_, radii + side * pixel / 2) for side in (-1, 1))
    crossing = (radii / pixel + 0.5) * (summed[high] - summed[low]) - (first[high] - first[low]) / pixel
    outer = summed[low] + crossing
    grown = np.maximum.accumulate(np.concatenate([inner, outer[1:]]))
    return np.concatenate([core, radii[1:]]), grown, middle


def _middle(light: StarLight) -> Floats:
    """The star about its middle on fine samples, a sum of all its waves."""
    count = light.transfer.shape[0]
    place = np.arange(-round(_CORE / _FINE), round(_CORE / _FINE) + 1) * _FINE / light.pixel_mas * light.over
    rows = np.exp(2j * np.pi * np.outer(place, np.fft.fftfreq(count))).astype(np.complex64)
    columns = np.exp(2j * np.pi * np.outer(np.fft.rfftfreq(count), place)).astype(np.complex64)
    columns[1:] *= 2  # the other half of the plane
    return np.asarray(((rows @ light.transfer) @ columns).real / count**2 * light.over**2, np.float64)


def _brighter(middle: Floats, level: float) -> float:
    """Samples that are brighter than a level, those on its line in part."""
    slope = np.hypot(*np.gradient(middle))
    return float(np.clip((middle - level) / np.maximum(slope, 1e-12) + 0.5, 0, 1).sum())
