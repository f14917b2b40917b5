"""`Spectrum`: numbers along one axis, with what is known of that axis."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.errors import UsageError

Floats = npt.NDArray[np.float64]
Smoothing = Literal["boxcar", "gaussian", "median"]


@dataclass(frozen=True)
class Spectrum:
    """A spectrum; immutable, as are its arrays.

    Attributes
    ----------
    flux : ndarray of float64, shape (n,)
        NaN where there is none.
    error : ndarray of float64 or None
        One standard deviation, in the unit of ``flux``.
    wavelength : ndarray of float64 or None
        In vacuum, in nm, of the middle of each pixel; rising or falling. None where only pixels are known.
    unit : str
        Of ``flux``, as in a header; may be empty.
    name : str
        What it is.
    path : pathlib.Path or None
        Where it was read from.
    header : mapping
        Of the HDU.
    """

    flux: Floats
    error: Floats | None = None
    wavelength: Floats | None = None
    unit: str = ""
    name: str = ""
    path: Path | None = None
    header: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("flux", "error", "wavelength"):
            values = getattr(self, name)
            if values is None:
                continue
            values = np.array(values, np.float64)
            if values.ndim != 1 or len(values) != len(self.flux):
                raise UsageError(f"A spectrum's {name} needs the shape ({len(self.flux)},); it has {values.shape}.")
            values.flags.writeable = False
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.flux)

    @property
    def pixels(self) -> Floats:
        """0, 1, 2 … one for each value."""
        return np.arange(len(self.flux), dtype=np.float64)

    def wavelength_at(self, pixel: float) -> float | None:
        """The wavelength at a place between pixels.

        Parameters
        ----------
        pixel : float
            0 is the middle of the first.

        Returns
        -------
        float or None
            In vacuum, in nm, linear between pixels; None outside, or where no wavelengths are known.
        """
        if self.wavelength is None or not 0 <= pixel <= len(self.flux) - 1:
            return None
        return float(np.interp(pixel, self.pixels, self.wavelength))

    def smoothed(self, kind: Smoothing, width: float) -> "Spectrum":
        """A smoother spectrum; what is missing is bridged, and does not spread.

        Parameters
        ----------
        kind : str
            ``boxcar`` and ``gaussian``: weighted means with these weights. ``median``: running median.
        width : float
            In pixels: of the box, or the full width at half maximum; 1 and less change nothing.

        Returns
        -------
        Spectrum
            Errors as of independent pixels; neighbours are correlated afterwards.
        """
        if width <= 1 or not len(self.flux):
            return self
        if kind == "median":
            from scipy.ndimage import generic_filter

            flux = generic_filter(self.flux, np.nanmedian, size=int(width) // 2 * 2 + 1, mode="reflect")
            return replace(self, flux=np.where(np.isfinite(self.flux), flux, np.nan))
        weights = _weights(kind, width, len(self.flux))
        good = np.isfinite(self.flux)
        total = np.convolve(good.astype(np.float64), weights, "same")
        with np.errstate(invalid="ignore", divide="ignore"):
            flux = np.convolve(np.where(good, self.flux, 0.0), weights, "same") / total
            error = None
            if self.error is not None:
                variance = np.where(good, self.error, 0.0) ** 2
                error = np.where(good, np.sqrt(np.convolve(variance, weights**2, "same")) / total, np.nan)
        return replace(self, flux=np.where(good, flux, np.nan), error=error)


def _weights(kind: Smoothing, width: float, length: int) -> Floats:
    """Symmetric, an odd number of them, not more than the spectrum has pixels."""
    half = int(np.ceil(width / 2 - 0.5)) if kind == "boxcar" else int(np.ceil(1.7 * width))
    half = min(half, (length - 1) // 2)
    apart = np.abs(np.arange(-half, half + 1, dtype=np.float64))
    if kind == "boxcar":  # a box of 4.0 pixels takes half of each of its outermost
        return np.clip(width / 2 + 0.5 - apart, 0.0, 1.0)
    sigma = width / 2.3548200450309493
    return np.exp(-0.5 * (apart / sigma) ** 2)
