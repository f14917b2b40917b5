"""What a spectrum has under the cursor, in words."""

from typing import Any

import numpy as np

from calgui.core.spectra.spectrum import Spectrum
from calgui.core.spectra.wavelength import UNIT_SIGNS, Medium, shown
from calgui.views.spectrum.trace import PIXEL, Axis

_MEDIA: tuple[Medium, Medium] = ("vacuum", "air")
#: decimals of a wavelength
_DIGITS = {"nm": 4, "um": 7, "Angstrom": 3}


def read_out(spectrum: Spectrum, pixel: float, axis: Axis) -> str:
    """Tell pixel, wavelength and value at a place.

    Parameters
    ----------
    spectrum : Spectrum
        Any.
    pixel : float
        Where, within it.
    axis : Axis
        Whose unit a wavelength has; nm on an axis of pixels.

    Returns
    -------
    str
    """
    place = round(pixel)
    value = spectrum.flux[place]
    error = f" ± {spectrum.error[place]:.3g}" if spectrum.error is not None else ""
    parts = [f"{value:.6g}{error} {spectrum.unit}".rstrip() if np.isfinite(value) else "no value"]
    wave = spectrum.wavelength_at(pixel)
    if wave is not None:
        unit: Any = axis.unit if axis.unit != PIXEL else "nm"
        places = [f"{shown(wave, unit, medium):.{_DIGITS[unit]}f} {UNIT_SIGNS[unit]} {medium}" for medium in _MEDIA]
        # what the axis has stands before the value, which is still seen where there is little room
        parts = [places.pop(_MEDIA.index(axis.medium)), *parts, *places]
    return "    ".join([f"pixel {pixel:.2f}", *parts])
