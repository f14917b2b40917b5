"""Dithered fields with a known sky: stars, a galaxy, photon and read noise, made with numpy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.frame import Frame

Image = npt.NDArray[np.float64]

READ_NOISE = 12.7


@dataclass(frozen=True)
class Field:
    """What is seen; electrons of one exposure."""

    size: int = 256
    stars: int = 0
    #: electrons of a star, between these powers of ten
    faintest: float = 2.5
    brightest: float = 5.0
    fwhm: float = 3.8
    #: electrons of a galaxy's middle, and the part of the field within two of its sigma
    galaxy: float = 0.0
    covers: float = 0.1
    sky: float = 585.0
    #: darker in the corners by this part
    vignetting: float = 0.0
    seed: int = 1

    def objects(self, dy: float, dx: float) -> Image:
        """Light of all objects, moved."""
        rng = np.random.default_rng(self.seed)
        n, sigma = self.size, self.fwhm / 2.3548
        y, x = np.mgrid[:n, :n].astype(float)
        image = np.zeros((n, n))
        margin = 0.25 * n
        for _ in range(self.stars):
            flux = 10 ** rng.uniform(self.faintest, self.brightest)
            cx, cy = rng.uniform(-margin, n + margin, 2) + np.array([dx, dy])
            reach = int(6 * sigma) + 1
            rows = slice(max(0, int(cy) - reach), max(0, min(n, int(cy) + reach)))
            columns = slice(max(0, int(cx) - reach), max(0, min(n, int(cx) + reach)))
            away = (x[rows, columns] - cx) ** 2 + (y[rows, columns] - cy) ** 2
            image[rows, columns] += flux * np.exp(-0.5 * away / sigma**2) / (2 * np.pi * sigma**2)
        return image + self.extended(dy, dx)

    def extended(self, dy: float, dx: float) -> Image:
        """Light of the galaxy alone."""
        n = self.size
        y, x = np.mgrid[:n, :n].astype(float)
        wide = np.sqrt(self.covers / np.pi) * n / 2
        away = (x - 0.45 * n - dx) ** 2 + (y - 0.55 * n - dy) ** 2
        made: Image = self.galaxy * np.exp(-0.5 * away / wide**2)
        return made

    def shape(self) -> Image:
        axis = np.linspace(-1, 1, self.size)
        return 1 - self.vignetting * (axis[:, None] ** 2 + axis[None, :] ** 2) / 2


@dataclass(frozen=True)
class Exposed:
    """Frames with their truth."""

    frames: list[Frame]
    skies: list[Image]
    objects: list[Image]
    galaxies: list[Image]
    dithers: list[tuple[int, int]]

    @property
    def noise(self) -> float:
        """Of a pixel of the sky."""
        return float(np.sqrt(np.median(self.skies[0]) + READ_NOISE**2))

    def bias(self, index: int, product: Frame) -> float:
        """Of what was subtracted, where no object is, in noise of the sky."""
        taken = np.asarray(self.frames[index].data, np.float64) - product.data
        empty = np.zeros(taken.shape, bool)
        empty[4:-4, 4:-4] = True
        empty &= self.objects[index] < 1
        return float(np.nanmean((taken - self.skies[index])[empty]) / self.noise)

    def pulls(self, index: int, product: Frame) -> Image:
        assert product.err is not None
        made: Image = ((product.data - self.objects[index]) / product.err)[4:-4, 4:-4]
        return made

    def kept(self, index: int, product: Frame) -> float:
        """Part of the galaxy's light that is left, down to a tenth of its middle."""
        galaxy = self.galaxies[index]
        bright = galaxy > 0.1 * galaxy.max()
        wrongly = self.frames[index].data.astype(np.float64) - product.data - self.skies[index]
        return float(1 - wrongly[bright].sum() / galaxy[bright].sum())


HEADER: Mapping[str, Any] = {
    "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "FULL", "FILTER": "K", "PUPIL": "CLEAR", "BUNIT": "electron",
    "EXPTIME": 100.0, "EXP_TYPE": "IRIS_IMAGE", "DATE-OBS": "2026-03-11",
}  # fmt: skip


def coordinates(size: int, dy: float, dx: float) -> dict[str, Any]:
    """The target lies so many pixels above and right of the middle."""
    degrees = 0.004 / 3600
    return {
        "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg", "CRVAL1": 229.6, "CRVAL2": 2.1,
        "CRPIX1": (size + 1) / 2 + dx, "CRPIX2": (size + 1) / 2 + dy, "CD1_1": -degrees, "CD1_2": 0.0, "CD2_1": 0.0,
        "CD2_2": degrees,
    }  # fmt: skip


def expose(
    what: Field,
    count: int = 7,
    step: float = 15.0,
    *,
    airglow: float = 0.05,
    seed: int = 5,
    on_sky: bool = False,
    name: str = "frame",
    dithers: list[tuple[int, int]] | None = None,
    **cards: Any,
) -> Exposed:
    """Expose a field, dithered at random within ``step`` pixels, each under another sky."""
    rng = np.random.default_rng(seed)
    made = Exposed([], [], [], [], [])
    for index in range(count):
        dy, dx = dithers[index] if dithers else tuple(int(one) for one in np.round(rng.uniform(-step, step, 2)))
        objects = what.objects(dy, dx)
        sky = what.sky * (1 + airglow * rng.standard_normal()) * what.shape()
        light = sky + objects
        data = rng.poisson(light) + rng.normal(0, READ_NOISE, light.shape)
        header = {**HEADER, "TIME-OBS": f"10:{2 * index:02d}:00", **cards}
        if on_sky:
            header |= coordinates(what.size, dy, dx)
        error = np.sqrt(light + READ_NOISE**2).astype(np.float32)
        made.frames.append(Frame(data.astype(np.float32), error, None, header, Path(f"{name}_{index + 1}.fits")))
        made.skies.append(sky)
        made.objects.append(objects)
        made.galaxies.append(what.extended(dy, dx))
        made.dithers.append((dy, dx))
    return made
