"""Lines of the night sky with the transitions that make them: the families that brighten and fade together."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from calgui.core.spectra.lines import columns_of

Floats = npt.NDArray[np.float64]

#: family of the lines of molecular oxygen
O2 = "O2"
#: wavelengths in vacuum, nm, of the a-X (0-0) band of molecular oxygen, which the list of lines does not hold
O2_BAND = (1255.0, 1284.0)


@dataclass(frozen=True)
class SkyLines:
    """Lines of the night sky by increasing wavelength.

    Attributes
    ----------
    wavelength : ndarray of float64
        In vacuum, in nm.
    intensity : ndarray of float64
        Photons per second, m² and arcsec² of a usual night; families differ from it by some 20 %.
    family : tuple of str
        Vibrational levels of the transition, ``4-2``; ``O2``; empty where a line is not identified.
    branch : tuple of str
        Rotational transition by the lower level, ``P1(2.5)``; empty where it is not known.
    rotational : ndarray of float64
        Rotational energy of the upper level, 1/cm; NaN where it is not known.
    """

    wavelength: Floats
    intensity: Floats
    family: tuple[str, ...]
    branch: tuple[str, ...]
    rotational: Floats

    def within(self, low: float, high: float) -> "SkyLines":
        """The lines of a range.

        Parameters
        ----------
        low, high : float
            In vacuum, in nm.

        Returns
        -------
        SkyLines
        """
        first, last = np.searchsorted(self.wavelength, [low, high])
        part = slice(int(first), int(last))
        return SkyLines(
            self.wavelength[part], self.intensity[part], self.family[part], self.branch[part], self.rotational[part]
        )


@cache
def sky_lines() -> SkyLines:
    """All known lines of the night sky from 0.8 to 2.6 µm.

    Returns
    -------
    SkyLines
        Wavelengths and intensities of Rousselot et al. (2000, A&A 354, 1134) and Hanuschik (2003, A&A 407, 1157). The
        list does not say which transitions they are: these were found from the term values of OH, see
        ``resources/lines/oh.ecsv``.
    """
    table = columns_of("oh.ecsv")
    family = tuple(
        f"{upper}-{lower}" if int(upper) >= 0 else O2 if branch == O2 else ""
        for upper, lower, branch in zip(table["upper"], table["lower"], table["branch"], strict=True)
    )
    return SkyLines(
        np.array(table["wavelength"], np.float64),
        np.array(table["intensity"], np.float64),
        family,
        tuple(table["branch"]),
        np.array(table["rotational"], np.float64),
    )
