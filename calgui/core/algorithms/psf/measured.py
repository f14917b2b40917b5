"""What is measured once on a picture or a cube, and then judged as often as an option changes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.psf.building import Aligned
from calgui.core.algorithms.psf.setting import Setting
from calgui.core.algorithms.psf.stars import Stars
from calgui.core.frames.frame import Frame

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Slice:
    """A star at one range of wavelengths of a cube.

    Attributes
    ----------
    wavelength_um : float
        Middle of the range, vacuum.
    setting : Setting
        At that wavelength.
    perfect : PerfectStar or None
        The diffraction limit there.
    stars : Stars or None
        The star; None where it could not be measured.
    planes : tuple of int
        First and last plane, from 0.
    """

    wavelength_um: float
    setting: Setting
    perfect: "PerfectStar | None"
    stars: Stars | None
    planes: tuple[int, int]


@dataclass(frozen=True)
class Measured:
    """A picture with its stars, as measured.

    Attributes
    ----------
    frame : Frame
        The picture, in memory; of a cube the mean of its planes.
    setting : Setting
        Plate scale and wavelength.
    perfect : PerfectStar or None
        The diffraction limit.
    stars : Stars
        Of the picture.
    aligned : Aligned
        Stars shifted onto one another.
    errors_known : bool
        Whether errors are those of ERR.
    per_electron : float or None
        Electrons in one unit of the picture.
    noise : float
        Of its empty pixels.
    n_speckles : int
        Peaks that were taken for structure of brighter stars.
    clicked : bool
        Whether the stars were given.
    slices : tuple of Slice
        Of a cube: its brightest star by wavelength.
    notes : tuple of str
        Sentences for the result.
    """

    frame: Frame
    setting: Setting
    perfect: "PerfectStar | None"
    stars: Stars
    aligned: Aligned
    errors_known: bool
    per_electron: float | None
    noise: float
    n_speckles: int = 0
    clicked: bool = False
    slices: tuple[Slice, ...] = ()
    notes: tuple[str, ...] = ()
