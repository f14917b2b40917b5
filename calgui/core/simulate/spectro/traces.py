"""Spectra on the demo's detector: traces along x, wavelength along each, lines of its lamps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from calgui.core.simulate.detector import BORDER, FloatMap
from calgui.core.simulate.filters import FILTERS
from calgui.core.simulate.scene import Scene
from calgui.core.simulate.spectro.dispersion import Dispersion
from calgui.core.simulate.spectro.forward import on_pixels
from calgui.core.simulate.spectro.light import Light
from calgui.core.simulate.spectro.spread import LineSpread

FILTER, GRATING = "Hbb", "H4000"
SPACING = 12  # pixels between traces
SIGMA = 0.9  # pixels, along and across
SPREAD = LineSpread((SIGMA,), 0.0)

#: species, vacuum wavelength in µm (NIST Atomic Spectra Database; Ar 1.79209 of the University of Kentucky's
#: list), relative intensity: the strong lines of argon and krypton in H
LINES: tuple[tuple[str, float, float], ...] = (
    ("Kr", 1.496598, 24.0),
    ("Ar", 1.517684, 13.0),
    ("Kr", 1.521370, 15.0),
    ("Ar", 1.530606, 13.0),
    ("Ar", 1.533353, 8.3),
    ("Kr", 1.5376242, 39.0),
    ("Kr", 1.5478261, 49.0),
    ("Kr", 1.568528, 7.7),
    ("Ar", 1.599386, 11.0),
    ("Ar", 1.652437, 15.3),
    ("Kr", 1.673110, 9.9),
    ("Kr", 1.67897178, 230.0),
    ("Kr", 1.68581016, 73.0),
    ("Kr", 1.71034495, 18.0),
    ("Kr", 1.73723574, 28.6),
    ("Kr", 1.7847617, 9.5),
    ("Ar", 1.792090, 7.55),
)


@dataclass(frozen=True)
class Trace:
    """One spectrum on the detector.

    Attributes
    ----------
    index : int
        From 0 at the bottom.
    row : tuple of float
        Polynomial in the column's place u from -1 to 1, lowest order first: row of the middle, from 0.
    wave : tuple of float
        The same for the wavelength in µm, vacuum.
    size : int
        Columns.
    """

    index: int
    row: tuple[float, ...]
    wave: tuple[float, ...]
    size: int

    def _place(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 2 * x / (self.size - 1) - 1

    def rows(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Row of the trace's middle at columns x, from 0."""
        return np.asarray(np.polynomial.polynomial.polyval(self._place(x), np.array(self.row)))

    @cached_property
    def dispersion(self) -> Dispersion:
        """Wavelengths along it."""
        series = 1e3 * np.polynomial.legendre.poly2leg(np.array(self.wave))
        return Dispersion(np.asarray(series)[None, :], self.size)

    def wavelengths(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Wavelength at columns x, µm."""
        return np.asarray(self.dispersion.wavelengths(x)[0] / 1e3)

    def columns(self, wavelengths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Columns of wavelengths in µm."""
        return np.asarray(self.dispersion.pixels_of(1e3 * wavelengths)[0])


def traces(scene: Scene) -> list[Trace]:
    """All spectra of the demo's spectrograph.

    Parameters
    ----------
    scene : Scene
        The night.

    Returns
    -------
    list of Trace
        From the bottom up.
    """
    rng = scene.rng("traces")
    row = FILTERS[FILTER]
    half = (row.wavemax - row.wavemin) / 2
    pixel = 2 * half / scene.size
    first, last = BORDER + SPACING, scene.size - BORDER - SPACING
    made = []
    for index, middle in enumerate(range(first, last + 1, SPACING)):
        shift, jitter = rng.uniform(-3, 3), rng.uniform(-0.3, 0.3)
        tilt = 0.5 * (middle / scene.size - 0.5)
        made.append(
            Trace(
                index,
                (middle + jitter, 0.8 + tilt, -0.3),
                (row.wavecen + shift * pixel, half, 0.012 * half, -0.002 * half),
                scene.size,
            )
        )
    return made


def trace_light(scene: Scene, chosen: Sequence[Trace], light: Light, per_column: float) -> FloatMap:
    """Spectra on the detector, spread along and across their traces.

    Parameters
    ----------
    scene : Scene
        The night.
    chosen : sequence of Trace
        Those that are lit.
    light : Light
        The same for all, e-/s.
    per_column : float
        Continuum beside that of the light, e-/s per column.

    Returns
    -------
    ndarray of float32, shape (size, size)
        e-/s.
    """
    from scipy.special import ndtr

    image = np.zeros((scene.size, scene.size), np.float32)
    columns = np.arange(scene.size, dtype=np.float64)
    for trace in chosen:
        along = on_pixels(light, trace.dispersion, SPREAD)[0] + per_column
        middle = trace.rows(columns)
        low = max(0, math.floor(float(middle.min()) - 6 * SIGMA))
        high = min(scene.size, math.ceil(float(middle.max()) + 6 * SIGMA) + 1)
        edges = np.arange(low, high + 1)[:, None] - 0.5
        across = np.diff(ndtr((edges - middle[None, :]) / SIGMA), axis=0)
        image[low:high] += (across * along[None, :]).astype(np.float32)
    return image
