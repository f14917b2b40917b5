"""Pictures of pinhole masks whose truth is known: light is integrated over pixels by adding fine samples."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from calgui.core.frames.frame import Frame

#: samples of a pixel along each axis
FINE = 10


@dataclass(frozen=True)
class Picture:
    """A picture and what is in it."""

    frame: Frame
    places: np.ndarray  # x, y of the open pinholes, (n, 2)
    index: np.ndarray  # their column and row in the mask, (n, 2)
    false: np.ndarray  # x, y of dust

    def truth_of(self, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Distance to, and number of, the nearest pinhole."""
        from scipy.spatial import cKDTree

        return cKDTree(self.places).query(np.column_stack([x, y]))


def gaussian(x: np.ndarray, y: np.ndarray, fwhm: float) -> np.ndarray:
    """Light of a round Gaussian of area 1."""
    sigma = fwhm / np.sqrt(8 * np.log(2))
    return np.exp(-(x**2 + y**2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)


def disc(x: np.ndarray, y: np.ndarray, fwhm: float) -> np.ndarray:
    """Light of a pinhole that is resolved: a disc smeared out, flat on top; area 1 nearly."""
    from scipy.special import expit

    radius, soft = fwhm / 2, 0.18 * fwhm
    light = expit((radius - np.hypot(x, y)) / soft)
    return light / (np.pi * (radius**2 + np.pi**2 / 3 * soft**2))


def stamp(image: np.ndarray, x: float, y: float, flux: float, fwhm: float, shape: Any = gaussian) -> None:
    """Add a spot to an image."""
    half = int(np.ceil(4 * fwhm))
    left, low = round(x) - half, round(y) - half
    fine = (np.arange((2 * half + 1) * FINE) + 0.5) / FINE - 0.5
    u, v = np.meshgrid(left + fine - x, low + fine - y)
    light = shape(u, v, fwhm).reshape(2 * half + 1, FINE, 2 * half + 1, FINE).sum(axis=(1, 3)) / FINE**2
    rows, columns = slice(max(low, 0), low + 2 * half + 1), slice(max(left, 0), left + 2 * half + 1)
    part = image[rows, columns]
    start_y, start_x = rows.start - low, columns.start - left
    part += flux * light[start_y : start_y + part.shape[0], start_x : start_x + part.shape[1]]


def grid(
    rng: np.random.Generator, size: int, pitch: float, angle: float, *, bend: float = 2.0, missing: float = 0.1,
    steps: tuple[tuple[float, float], tuple[float, float]] = ((1, 0), (0, 1)), margin: float = 8.0,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Places and indices of the open pinholes of a mask that is turned, cut off by the picture, and distorted."""
    reach = int(size / pitch) + 3
    index = np.stack(np.meshgrid(*(np.arange(-reach, reach + 1),) * 2), axis=-1).reshape(-1, 2)
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    ideal = pitch * index @ np.array(steps) @ rotation + rng.uniform(-0.5, 0.5, 2) * pitch
    u, v = (ideal / (size / 2)).T
    # keystone, curvature, and a barrel
    places = ideal + size / 2 + bend * np.stack([u * v + 0.4 * v**2 + 0.5 * u**3, u**2 - 0.3 * u * v - 0.4 * v**3], 1)
    seen = ((places > margin) & (places < size - 1 - margin)).all(axis=1) & (rng.random(len(places)) > missing)
    return places[seen], index[seen]


def picture(
    seed: int, size: int = 320, pitch: float = 16.0, angle: float = 17.0, fwhm: float = 2.4, flux: float = 20_000.0,
    *, false: float = 0.05, noise: float = 9.0, shape: Any = gaussian, hot: float = 0.0, **kwargs: Any,
) -> Picture:  # fmt: skip
    """A mask, lit unevenly, with dust and noise; electrons."""
    rng = np.random.default_rng(seed)
    places, index = grid(rng, size, pitch, angle, **kwargs)
    image = np.full((size, size), 20.0)
    for x, y in places:
        stamp(image, x, y, flux * (1 - 0.3 * ((x / size - 0.3) ** 2 + (y / size - 0.6) ** 2)), fwhm, shape)
    dust = rng.uniform(10, size - 11, (round(false * len(places)), 2))
    for x, y in dust:
        stamp(image, x, y, flux * 10 ** rng.uniform(-1, 0.2), fwhm * rng.uniform(0.9, 2.5))
    image = rng.poisson(image) + noise * rng.standard_normal(image.shape)
    chosen = rng.random(image.shape) < hot
    image[chosen] += 10 ** rng.uniform(1, 4, int(chosen.sum()))
    return Picture(Frame(image.astype(np.float32), header={"BUNIT": "electron"}), places, index, dust)


def wrong(found: np.ndarray, true: np.ndarray) -> int:
    """Indices that do not follow the one map of whole numbers that most follow."""
    design = np.column_stack([true, np.ones(len(true))])
    solved = np.rint(np.linalg.lstsq(design, found, rcond=None)[0])
    return int((design @ solved != found).any(axis=1).sum()) if abs(np.linalg.det(solved[:2])) == 1 else len(found)
