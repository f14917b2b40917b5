"""What a perfect telescope would show of a star: no curve of growth rises faster."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.fluxstar.inputs import Floats
from calgui.core.algorithms.fluxstar.synthetic import known_filter
from calgui.core.optics.band import Band, curve_band, flat_band

if TYPE_CHECKING:
    from calgui.core.optics.perfect import PerfectStar

#: enough for light within circles
_WAVELENGTHS = 5
ACTUATORS_M = 0.5


def band_of(header: Mapping[str, Any]) -> Band | None:
    """Wavelengths of an image.

    Parameters
    ----------
    header : mapping
        FILTER, else WAVEMIN and WAVEMAX.

    Returns
    -------
    Band or None
        None where neither says them.
    """
    row = known_filter(str(header.get("FILTER") or ""))
    if row is not None and row.measured:
        return curve_band(row.wavelength_um, row.transmission, _WAVELENGTHS)
    edges = (
        (row.wavemin_um, row.wavemax_um) if row is not None else (number(header, "WAVEMIN"), number(header, "WAVEMAX"))
    )
    low, high = edges
    if low is None or high is None or not 0.1 <= low <= high <= 100:
        return None
    return flat_band(low, high, _WAVELENGTHS)


def _of_tmt(header: Mapping[str, Any]) -> bool:
    return str(header.get("TELESCOP") or "TMT").strip().upper() == "TMT"


def control_radius(header: Mapping[str, Any], pixel_mas: float) -> float | None:
    """How far adaptive optics corrects the halo of a star.

    Parameters
    ----------
    header : mapping
        Of the image.
    pixel_mas : float
        Plate scale.

    Returns
    -------
    float or None
        λ/2d in pixels, with NFIRAOS' actuators 0.5 m apart on the pupil; None where the header does not say the
        wavelength, or the telescope is not TMT.
    """
    band = band_of(header)
    if band is None or not _of_tmt(header):
        return None
    return band.mean_um * 1e-6 / (2 * ACTUATORS_M) / (math.pi / 180 / 3600e3) / pixel_mas


def perfect_star(header: Mapping[str, Any], pixel_mas: float, radius_mas: float) -> "PerfectStar | None":
    """What pixels see of a perfect star.

    Parameters
    ----------
    header : mapping
        Of the image.
    pixel_mas : float
        Plate scale.
    radius_mas : float
        How far it must be known.

    Returns
    -------
    PerfectStar or None
        None where the header does not say the wavelength, or the telescope is not TMT.
    """
    band = band_of(header)
    if band is None or not _of_tmt(header):
        return None
    from calgui.core.optics.perfect import diffraction_limit
    from calgui.core.optics.pupil import load_pupil
    from calgui.core.optics.response import Response

    # the same for all stars of a night, so that it is computed once
    known = 1000.0 * math.ceil(radius_mas / 1000)
    return diffraction_limit(load_pupil("tmt"), band, Response(pixel_mas), 0.0, known)


def perfect_growth(header: Mapping[str, Any], pixel_mas: float, radius_px: Floats) -> Floats | None:
    """Light of a perfect star within circles over that within the last one.

    Parameters
    ----------
    header : mapping
        Of the image.
    pixel_mas : float
        Plate scale.
    radius_px : ndarray of float64
        Pixels, growing.

    Returns
    -------
    ndarray of float64, or None
        None where the header does not say the wavelength, or the telescope is not TMT.
    """
    star = perfect_star(header, pixel_mas, float(radius_px[-1]) * pixel_mas)
    if star is None:
        return None
    energy = star.encircled_energy(radius_px * pixel_mas)
    return np.asarray(energy / energy[-1])
