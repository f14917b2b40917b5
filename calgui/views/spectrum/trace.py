"""`Trace`: one spectrum on the plot, and how it is drawn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.spectra.spectrum import Smoothing, Spectrum
from calgui.core.spectra.wavelength import UNIT_SIGNS, Medium, Unit, shown

Floats = npt.NDArray[np.float64]

#: roles of the theme, in turn
ROLES = ("accent", "warning", "good", "error", "text", "muted")
PIXEL = "pixel"


@dataclass(frozen=True)
class Axis:
    """What the horizontal axis shows.

    Attributes
    ----------
    unit : str
        ``pixel``, ``nm``, ``um`` or ``Angstrom``.
    medium : str
        ``vacuum`` or ``air``.
    """

    unit: str = PIXEL
    medium: Medium = "vacuum"

    @property
    def title(self) -> str:
        """With its unit."""
        if self.unit == PIXEL:
            return "pixel"
        return f"wavelength in {self.medium} ({UNIT_SIGNS[self.unit]})"

    def of(self, spectrum: Spectrum) -> Floats:
        """Places of a spectrum's values; pixels where it has no wavelengths."""
        if self.unit == PIXEL or spectrum.wavelength is None:
            return spectrum.pixels
        return shown(spectrum.wavelength, self._unit, self.medium)

    def of_wavelength(self, vacuum_nm: Floats, spectrum: Spectrum | None) -> Floats:
        """Places of wavelengths; on a pixel axis those of the spectrum, NaN outside of it."""
        if self.unit != PIXEL:
            return shown(vacuum_nm, self._unit, self.medium)
        if spectrum is None or spectrum.wavelength is None or len(spectrum) < 2:
            return np.full(len(vacuum_nm), np.nan)
        wave, pixels = spectrum.wavelength, spectrum.pixels
        if wave[0] > wave[-1]:
            wave, pixels = wave[::-1], pixels[::-1]
        return np.interp(vacuum_nm, wave, pixels, left=np.nan, right=np.nan)

    @property
    def _unit(self) -> Unit:
        return self.unit  # type: ignore[return-value]


@dataclass(frozen=True)
class Trace:
    """One spectrum as it is drawn.

    Attributes
    ----------
    number : int
        Counts up; tells traces of one name apart, and gives the colour.
    spectrum : Spectrum
        As it was read.
    visible : bool
        Whether it is drawn.
    key : str
        What it is for the view that shows it, while its spectrum changes; may be empty.
    """

    number: int
    spectrum: Spectrum
    visible: bool = True
    key: str = ""

    @property
    def role(self) -> str:
        """Its colour in the theme."""
        return ROLES[self.number % len(ROLES)]

    def drawn(self, smoothing: Smoothing | None, width: float) -> Spectrum:
        """The spectrum as it is seen.

        Parameters
        ----------
        smoothing : str or None
            See `Spectrum.smoothed`.
        width : float
            In pixels.

        Returns
        -------
        Spectrum
        """
        return self.spectrum if smoothing is None else self.spectrum.smoothed(smoothing, width)
