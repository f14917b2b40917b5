"""Moves spectra along wavelength by parts of a pixel, or to other wavelengths, and keeps their flux."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError

Floats = npt.NDArray[np.float64]

#: samples on each side that a value is made of, and the fall of their weights (Kaiser's window)
_HALF, _BETA = 5, 5.0
#: weights below this do not matter to float32
_SMALLEST = 1e-7
#: operators that are kept
_KEPT = 8


@cache
def _window() -> tuple[Floats, Floats]:
    """Kaiser's window from its middle to its end; looked up, because Bessel's function takes long."""
    place = np.linspace(0, 1, 4001)
    return place, np.i0(_BETA * np.sqrt(1 - place**2))


@dataclass(frozen=True, eq=False)
class Resampler:
    """From the wavelengths of the sky to those of the science.

    Attributes
    ----------
    position : ndarray of float64, shape (n,)
        Place of each plane of the science on the axis of the sky, in its planes, from 0.
    length : int
        Planes of the sky.
    ratio : ndarray of float64, shape (n,)
        What a value is multiplied by: the step of the science over that of the sky; 1 for values per wavelength.
    """

    position: Floats
    length: int
    ratio: Floats
    _made: dict[float, Any] = field(default_factory=dict, repr=False)

    @property
    def covered(self) -> npt.NDArray[np.bool_]:
        """Which planes of the science the sky reaches."""
        return (self.position > -0.51) & (self.position < self.length - 0.49)

    @property
    def identical(self) -> bool:
        """Whether both axes are the same."""
        n = len(self.position)
        return n == self.length and bool(np.allclose(self.position, np.arange(n), atol=1e-4))

    def plane_of(self, place: Floats) -> Floats:
        """Planes of the science where places on the axis of the sky are.

        Parameters
        ----------
        place : ndarray of float64
            In planes of the sky.

        Returns
        -------
        ndarray of float64
            Beyond the ends the last steps go on.
        """
        index = np.arange(len(self.position), dtype=np.float64)
        order = np.argsort(self.position)
        along, at = self.position[order], index[order]
        found = np.interp(place, along, at)
        for end, beyond in ((0, place < along[0]), (-1, place > along[-1])):
            inner = 1 if end == 0 else -2
            pace = (at[inner] - at[end]) / (along[inner] - along[end])
            found = np.where(beyond, at[end] + (place - along[end]) * pace, found)
        return np.asarray(found)

    def matrix(self, shift: float) -> Any:
        """The operator that shifts and resamples.

        Parameters
        ----------
        shift : float
            How far the lines of the sky are moved towards larger plane numbers, in planes of the sky.

        Returns
        -------
        scipy.sparse.csr_array of float32, shape (n, length)
            Windowed sinc, ten samples wide. Each row adds up to the ratio of the steps, so that flux is kept; beyond
            an end of the sky its last value stands.
        """
        if shift in self._made:
            return self._made[shift]
        while len(self._made) >= _KEPT:
            self._made.pop(next(iter(self._made)))
        made = self._made[shift] = self._operator(shift)
        return made

    def _operator(self, shift: float) -> Any:
        from scipy.sparse import csr_array

        place = np.clip(self.position - shift, -0.5, self.length - 0.5)
        first = np.floor(place).astype(np.int64)
        offsets = np.arange(1 - _HALF, _HALF + 1)
        apart = offsets[None] - (place - first)[:, None]
        weights = np.sinc(apart) * np.interp(np.abs(apart) / _HALF, *_window())
        weights *= (self.ratio / weights.sum(axis=1))[:, None]
        weights[np.abs(weights) < _SMALLEST] = 0
        columns = np.clip(first[:, None] + offsets[None], 0, self.length - 1)
        starts = np.arange(len(place) + 1) * len(offsets)
        made = csr_array((weights.ravel().astype(np.float32), columns.ravel(), starts), shape=(len(place), self.length))
        # beyond an end the same column comes several times
        made.sum_duplicates()
        return made


def resampler(science: Floats, sky: Floats, unit: str) -> Resampler:
    """How the wavelengths of a sky lie to those of a science cube.

    Parameters
    ----------
    science, sky : ndarray of float64
        Wavelengths of the planes, nm, rising or falling.
    unit : str
        Of the values; where it is per wavelength they are not multiplied by the ratio of the steps.

    Returns
    -------
    Resampler

    Raises
    ------
    InputError
        Where the sky covers less than half of the science, or its steps are too different.
    """
    falling = sky[-1] < sky[0]
    rising = sky[::-1] if falling else sky
    index = np.arange(len(sky), dtype=np.float64)
    place = np.interp(science, rising, index)
    # beyond the ends the last step goes on
    low, high = science < rising[0], science > rising[-1]
    place[low] = (science[low] - rising[0]) / (rising[1] - rising[0])
    place[high] = index[-1] + (science[high] - rising[-1]) / (rising[-1] - rising[-2])
    ratio = np.abs(np.gradient(place))
    if falling:
        place = index[-1] - place
    if not np.all((ratio > 0.5) & (ratio < 2.0)):
        raise InputError(
            f"A step of wavelength is {_step(science):.4g} nm in the science cube and {_step(sky):.4g} nm in the sky.",
            cure="Choose a sky of the same grating, assembled with the same steps.",
        )
    per_wavelength = any(part in unit.replace(" ", "").lower() for part in ("/nm", "/um", "/micron", "/angstrom", "/a"))
    if np.allclose(ratio, 1, atol=1e-4) or per_wavelength:
        ratio = np.ones(len(science))
    made = Resampler(place, len(sky), ratio)
    covered = float(made.covered.mean())
    if covered < 0.5:
        raise InputError(
            f"The sky is of {sky.min():.1f} to {sky.max():.1f} nm and covers {covered:.0%} of the science cube, "
            f"{science.min():.1f} to {science.max():.1f} nm.",
            cure="Choose a sky of the same filter and grating.",
        )
    return made


def _step(wavelength: Floats) -> float:
    return float(np.median(np.abs(np.diff(wavelength))))
