"""The horizontal axis of one spectrum: its pixels, or its wavelengths as the user wants to read them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.spectra.spectrum import Spectrum
from calgui.core.spectra.wavelength import UNIT_SIGNS, read
from calgui.core.spectra.wavelength import shown as in_unit
from calgui.views.settings import remember, remembered
from calgui.views.spectrum.controls import AXES
from calgui.views.spectrum.trace import PIXEL, Axis
from calgui.views.workbench.spectra.shown import Shown

Floats = npt.NDArray[np.float64]

_KEY = "spectra/axis"
_USUAL = "nm vacuum"
#: decimals of a wavelength
DIGITS = {"nm": 3, "um": 6, "Angstrom": 2}


def chosen_axis() -> str:
    """The axis that the user chose last, of `AXES`."""
    name = str(remembered(_KEY, _USUAL))
    return name if name in AXES else _USUAL


def choose_axis(name: str) -> None:
    """Remember an axis."""
    remember(_KEY, name)


def read_unit(axis: Axis) -> Axis:
    """The unit in which wavelengths are written and typed: on an axis of pixels nm in vacuum."""
    return axis if axis.unit != PIXEL else Axis("nm")


def written(vacuum_nm: float, axis: Axis) -> str:
    """A wavelength as text, without its unit."""
    own: Any = read_unit(axis)
    if not np.isfinite(vacuum_nm):
        return "–"
    return f"{float(in_unit(np.float64(vacuum_nm), own.unit, own.medium)):.{DIGITS[own.unit]}f}"


def unit_words(axis: Axis) -> str:
    """The unit with its medium: ``nm vacuum``."""
    own = read_unit(axis)
    return f"{UNIT_SIGNS[own.unit]} {own.medium}"


def typed(text: str, axis: Axis) -> float | None:
    """A wavelength that was typed, in vacuum, in nm; None where it is none."""
    own: Any = read_unit(axis)
    try:
        value = float(text.replace(",", ".").strip())
    except ValueError:
        return None
    if not np.isfinite(value) or value <= 0:
        return None
    return float(read(np.float64(value), own.unit, own.medium))


@dataclass(frozen=True)
class Scale:
    """Places of one spectrum on an axis; pixels where it has no solution.

    Attributes
    ----------
    shown : Shown
        All spectra.
    spectrum : int
        Which.
    wanted : Axis
        What the user chose.
    """

    shown: Shown
    spectrum: int
    wanted: Axis

    @cached_property
    def waves(self) -> Floats | None:
        """Wavelength of each pixel, in vacuum, in nm; None where they neither rise nor fall."""
        waves = self.shown.spectra.wavelengths(self.spectrum)
        steps = np.diff(waves)
        good = bool(waves.size > 1 and np.isfinite(waves).all() and ((steps > 0).all() or (steps < 0).all()))
        return waves if good and waves.min() > 0 else None

    @property
    def axis(self) -> Axis:
        """What is drawn."""
        return self.wanted if self.waves is not None else Axis(PIXEL)

    @cached_property
    def value(self) -> Spectrum:
        """The spectrum with its wavelengths."""
        return Spectrum(self.shown.spectra.flux[self.spectrum].astype(np.float64), None, self.waves)

    @cached_property
    def places(self) -> Floats:
        """Of each pixel."""
        return self.axis.of(self.value)

    def of_pixel(self, pixel: Floats | float) -> Floats:
        """Places of pixels and parts of them.

        Parameters
        ----------
        pixel : float or ndarray
            From 0.

        Returns
        -------
        ndarray of float64
        """
        if self.axis.unit == PIXEL:
            return np.asarray(pixel, np.float64)
        own: Any = self.axis
        return np.asarray(in_unit(self.shown.wavelength_at(self.spectrum, pixel), own.unit, own.medium), np.float64)

    def to_pixel(self, place: float) -> float:
        """The pixel at a place; of places beyond the spectrum by the slope at its end."""
        places, pixels = self.places, np.arange(self.places.size, dtype=np.float64)
        if places.size < 2:
            return 0.0
        if places[0] > places[-1]:
            places, pixels = places[::-1], pixels[::-1]
        for end, inner in ((0, 1), (-1, -2)):
            beyond = place < places[0] if end == 0 else place > places[-1]
            if beyond:
                slope = (pixels[end] - pixels[inner]) / (places[end] - places[inner])
                return float(pixels[end] + (place - places[end]) * slope)
        return float(np.interp(place, places, pixels))
