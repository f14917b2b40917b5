"""Values between pixels: the function that is laid through them, and peaks and widths that it gives."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: pixels on each side that a value between pixels is made of, and steps between two pixels in the table
REACH, PHASES = 12, 64
_BETA = 5.0
#: half the width of the edge of the pass band, cycles per pixel, of that length and shape
_EDGE = 0.06
DIRECTIONS = 32


@lru_cache(maxsize=32)
def interpolator(core_pixel: float) -> Floats:
    """The function that is laid through pixels: it passes what the telescope passes, and little of the noise beside.

    Parameters
    ----------
    core_pixel : float
        λ/D in pixels. Frequencies up to its inverse pass.

    Returns
    -------
    ndarray of float64, shape (PHASES + 1, 2 REACH)
        Weights of the pixels from REACH - 1 before to REACH behind, by the place between two of them. Kaiser's window
        on the cardinal sine.
    """
    cut = min(0.5, 1 / max(core_pixel, 1e-9) + _EDGE)
    places = np.arange(1 - REACH, REACH + 1)[None, :] - (np.arange(PHASES + 1) / PHASES)[:, None]
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (places / REACH) ** 2, 0, None))) / np.i0(_BETA)
    table = 2 * cut * np.sinc(2 * cut * places) * window
    return np.ascontiguousarray(table / table.sum(axis=1, keepdims=True))


def shift_matrix(length: int, first: float, step: float, count: int, core_pixel: float) -> Floats:
    """Weights of the pixels of one axis for values at evenly spaced places.

    Parameters
    ----------
    length : int
        Pixels of the axis.
    first, step : float
        Of the places, in pixels.
    count : int
        Places.
    core_pixel : float
        See `interpolator`.

    Returns
    -------
    ndarray of float64, shape (count, length)
    """
    table = interpolator(core_pixel)
    made = np.zeros((count, length))
    for line, place in enumerate(first + step * np.arange(count)):
        low = math.floor(place)
        at = (place - low) * PHASES
        phase, part = int(at), at - int(at)
        weights = (1 - part) * table[phase] + part * table[min(phase + 1, PHASES)]
        start = low - REACH + 1
        inside = slice(max(start, 0), min(start + 2 * REACH, length))
        if inside.stop > inside.start:
            made[line, inside] = weights[inside.start - start : inside.stop - start]
    return made


@dataclass(frozen=True)
class Shapes:
    """Peaks and half maxima of stars.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Of the peak, pixels of the cut-out.
    peak, peak_error : ndarray of float64, shape (n,)
        In a pixel that is centred there.
    major, minor : ndarray of float64, shape (n,)
        Widths at half maximum along the axes of the ellipse through it, pixels.
    angle : ndarray of float64, shape (n,)
        Of the long axis, degrees from x towards y, -90 to 90.
    """

    x: Floats
    y: Floats
    peak: Floats
    peak_error: Floats
    major: Floats
    minor: Floats
    angle: Floats

    @property
    def width(self) -> Floats:
        """Geometric mean of the two widths, pixels."""
        return np.sqrt(self.major * self.minor)

    @property
    def ellipticity(self) -> Floats:
        """1 - b/a."""
        return 1 - self.minor / self.major


def shapes_of(
    cuts: npt.NDArray[np.float32],
    variances: npt.NDArray[np.float32],
    x: Floats,
    y: Floats,
    core_pixel: float,
    width: float,
) -> Shapes:
    """Peaks and half maxima.

    Parameters
    ----------
    cuts, variances : ndarray of float32, shape (n, side, side)
        Without background and without holes, and their variance.
    x, y : ndarray of float64, shape (n,)
        Centres to begin with, pixels of the cut-out.
    core_pixel : float
        λ/D in pixels.
    width : float
        At half maximum, about, pixels.

    Returns
    -------
    Shapes
    """
    from calgui.core.algorithms.kernels.psf import half_maxima

    angles = np.linspace(0, 2 * math.pi, DIRECTIONS, endpoint=False, dtype=np.float64)
    top, radii = np.empty((len(x), 4)), np.empty((len(x), DIRECTIONS))
    half_maxima(cuts, variances, x, y, interpolator(core_pixel), angles, max(width, 1.5) / 2, top, radii)
    major, minor, angle = ellipses(radii, angles)
    return Shapes(top[:, 0], top[:, 1], top[:, 2], np.sqrt(top[:, 3]), 2 * major, 2 * minor, angle)


def ellipses(radii: Floats, angles: Floats) -> tuple[Floats, Floats, Floats]:
    """The ellipse through points around a centre.

    Parameters
    ----------
    radii : ndarray of float64, shape (n, m)
        Their distances; a row with NaN has no ellipse.
    angles : ndarray of float64, shape (m,)
        Their directions, evenly spread, radian from x towards y.

    Returns
    -------
    tuple of ndarray of float64, shape (n,)
        Half axes a and b, and the angle of a in degrees, from -90 to 90. ``r^-2 = A + B cos 2φ + C sin 2φ``.
    """
    with np.errstate(all="ignore"):
        curve = radii**-2.0
    a = curve.mean(axis=1)
    b, c = 2 * (curve * np.cos(2 * angles)).mean(axis=1), 2 * (curve * np.sin(2 * angles)).mean(axis=1)
    bend = np.hypot(b, c)
    with np.errstate(all="ignore"):
        major, minor = 1 / np.sqrt(a - bend), 1 / np.sqrt(a + bend)
    turned = 0.5 * np.degrees(np.arctan2(-c, -b))
    return major, minor, turned
