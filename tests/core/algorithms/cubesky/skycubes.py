"""Cubes of sky made from the list of lines, apart from the solver: each line a Gaussian over the pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calgui.core.frames.frame import Frame
from calgui.core.spectra.airglow import sky_lines

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SkyOf:
    """What a sky is made of; electrons of one exposure in one spaxel and step."""

    first: float = 1600.0
    step: float = 0.2
    planes: int = 300
    ny: int = 16
    nx: int = 16
    sigma: float = 0.85
    #: electrons of the strongest line of the range
    brightest: float = 2e4
    families: Mapping[str, float] = field(default_factory=dict)
    #: planes towards larger numbers
    shift: float = 0.0
    #: the same across the field along x
    shift_across: float = 0.0
    level: float = 100.0
    #: electrons at 2400 nm of a black body of this temperature
    thermal: float = 0.0
    kelvin: float = 280.0
    read_noise: float = 15.0
    #: relative differences of the lines from the list, the same in all skies
    unlike: float = 0.15

    @property
    def wavelength(self) -> Floats:
        return self.first + self.step * np.arange(self.planes)

    def lines(self) -> Floats:
        """Light of all lines, (planes, nx): the shift may vary along x."""
        known = sky_lines().within(self.first - 3, self.first + self.step * self.planes + 3)
        strength = known.intensity * np.random.default_rng(5).lognormal(0, self.unlike, len(known.intensity))
        strength = strength / strength.max() * self.brightest
        strength = strength * np.array([self.families.get(name, 1.0) for name in known.family])
        across = self.shift + self.shift_across * (np.arange(self.nx) / max(self.nx - 1, 1) - 0.5)
        columns = across if self.shift_across else across[:1]
        edges = np.arange(self.planes + 1) - 0.5
        made = np.zeros((self.planes, len(columns)))
        for wave, light in zip(known.wavelength, strength, strict=True):
            place = (wave - self.first) / self.step + columns
            made += light * np.diff(ndtr((edges[:, None] - place) / self.sigma), axis=0)
        return np.broadcast_to(made, (self.planes, self.nx))

    def light(self) -> Floats:
        """All light, (planes, ny, nx)."""
        wave = self.wavelength
        body = (wave / 2400.0) ** -4 / np.expm1(1.4387769e7 / (wave * self.kelvin))
        body = body * np.expm1(1.4387769e7 / (2400.0 * self.kelvin))
        smooth = self.level + self.thermal * body
        return np.broadcast_to((self.lines() + smooth[:, None])[:, None, :], (self.planes, self.ny, self.nx))

    def header(self) -> dict[str, Any]:
        return {
            "INSTRUME": "IRIS", "DETECTOR": "IFS", "FILTER": "Hbb", "GRATING": "H4000", "BUNIT": "electron",
            "EXPTIME": 900.0, "DATE-OBS": "2026-03-11", "TIME-OBS": "12:00:00", "SCALE": 0.009,
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CTYPE3": "WAVE", "CUNIT3": "nm",
            "CRVAL3": self.first, "CRPIX3": 1.0, "CD3_3": self.step,
        }  # fmt: skip

    def frame(self, seed: int, objects: Floats | None = None, **cards: Any) -> Frame:
        """With noise of photons and detector."""
        light = self.light() if objects is None else self.light() + objects
        error = np.sqrt(light + self.read_noise**2)
        data = light + error * np.random.default_rng(seed).standard_normal(light.shape)
        quality = np.zeros(light.shape, np.uint32)
        return Frame(data.astype(np.float32), error.astype(np.float32), quality, self.header() | cards)

    def changed(self, **what: Any) -> "SkyOf":
        return replace(self, **what)
